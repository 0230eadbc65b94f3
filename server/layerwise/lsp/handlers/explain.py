"""Requests of our own: every step explained, and what an edited file re-runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pygls.lsp.server import LanguageServer

from layerwise.buildcache.change import ArgumentChanged, Change, FilesChanged
from layerwise.ide.explanation import explain as explanation_of
from layerwise.ide.explanation import to_json
from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.fields import Fields
from layerwise.lsp.protocol import NOTHING, Json
from layerwise.rules.analysis import Analysis
from layerwise.text.line_index import Encoding
from layerwise.workspace.affected import Affected, affected_by, changes_at, rebuilds_after

EXPLAIN: Final = "layerwise/explain"
AFFECTED_BY: Final = "layerwise/affectedBy"


def register(server: LanguageServer, app: App) -> None:
    """Register the handlers."""

    # The parameters are Any because pygls would pass the server as what may be any object.
    @server.feature(EXPLAIN)
    async def explain(params: Any) -> Json | None:  # noqa: ANN401
        fields = Fields(params)
        uri = fields.fields("textDocument").text("uri")
        files, arguments = fields.texts("changed"), fields.texts("changedArguments")
        settled = await app.settled(uri)
        if settled is None:
            return None
        document, analysis = settled

        def make() -> object:
            changes = [*file_changes(analysis, files), *map(ArgumentChanged, arguments)]
            rebuilds = rebuilds_after(analysis, changes) if changes else None
            return to_json(explanation_of(analysis, rebuilds), str(convert.uri_to_path(uri) or uri))

        return await app.answer({uri: document}, make)

    @server.feature(AFFECTED_BY)
    async def affected(params: Any) -> Json:  # noqa: ANN401
        file, encoding = convert.uri_to_path(Fields(params).text("uri")), app.client.encoding
        if file is None:
            return NOTHING
        closed = await app.on_disk.affected_by(file)
        opened = await app.all_settled()
        # Some may have been opened meanwhile.
        paths = app.open_paths()

        def make() -> object:
            found = {path.as_uri(): it for path, it in closed.items() if path not in paths}
            for uri, (_, analysis) in opened.items():
                if (touched := affected_by(analysis, file)) is not None:
                    found[uri] = touched
            return [_to_json(uri, found[uri], encoding) for uri in sorted(found)]

        return await app.answer({uri: document for uri, (document, _) in opened.items()}, make)


def file_changes(analysis: Analysis, uris: Iterable[str]) -> Iterator[Change]:
    """Yield the change of those files that the build can see, or might see."""
    files = [it for it in map(convert.uri_to_path, uris) if it is not None]
    yield from changes_at(analysis.context, files)
    if files and not analysis.context.known:
        # Whatever they are called in it, of no step that copies it can be told whether it copies them.
        yield FilesChanged(frozenset(it.name for it in files))


def _to_json(uri: str, affected: Affected, encoding: Encoding) -> dict[str, object]:
    steps = [
        {
            "stage": it.stage,
            "index": it.index,
            "line": it.line,
            "instruction": it.instruction,
            "rebuilds": it.verdict.value,
            "reason": it.reason,
            "range": convert.span_to_json(affected.lines, it.span, encoding),
        }
        for it in affected.steps
    ]
    return {"uri": uri, "context": affected.context, "total": affected.total, "steps": steps}
