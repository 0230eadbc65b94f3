"""A request of our own: the layer map of a document, for the page in which a client shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pygls.lsp.server import LanguageServer

from layerwise.buildcache.change import ArgumentChanged
from layerwise.context.build_context import BuildContext
from layerwise.ide.explanation import explain
from layerwise.ide.layer_map import changes_in_words, layer_map
from layerwise.ide.typical_edit import typical_edit
from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.fields import Fields
from layerwise.lsp.handlers.explain import file_changes
from layerwise.lsp.protocol import Json
from layerwise.rules.analysis import Analysis
from layerwise.text.wording import join_words
from layerwise.workspace.affected import changes_at, path_in_context, rebuilds_after

LAYER_MAP: Final = "layerwise/layerMap"


def register(server: LanguageServer, app: App) -> None:
    """Register the handler."""

    # The parameters are Any because pygls would pass the server as what may be any object.
    @server.feature(LAYER_MAP)
    async def draw(params: Any) -> Json | None:  # noqa: ANN401
        fields = Fields(params)
        uri, target = fields.fields("textDocument").text("uri"), fields.optional_text("target")
        files, arguments = fields.texts("changed"), fields.texts("changedArguments")
        settled = await app.settled(uri)
        if settled is None:
            return None
        document, analysis = settled
        if target is not None:
            analysis = replace(analysis, options=replace(analysis.options, target=target))
        return await app.answer({uri: document}, lambda: {"svg": _drawn(analysis, files, arguments)})


def _drawn(analysis: Analysis, files: tuple[str, ...], arguments: tuple[str, ...]) -> str:
    if not files and not arguments:
        typical = typical_edit(analysis)
        return layer_map(explain(analysis, typical.rebuilds), (typical.subject,), typical.remark)
    changes = [*file_changes(analysis, files), *map(ArgumentChanged, arguments)]
    rebuilds = rebuilds_after(analysis, changes) if changes else None
    names = [_name(analysis, it) for it in files]
    return layer_map(explain(analysis, rebuilds), changes_in_words(names, arguments), _remark(analysis, files))


def _remark(analysis: Analysis, files: tuple[str, ...]) -> str:
    """Return a sentence on files that are no part of the build."""
    context = analysis.context
    paths = [convert.uri_to_path(it) for it in files]
    outside = [_name(analysis, it) for it, path in zip(files, paths, strict=True) if _is_outside(context, path)]
    if not outside:
        return ""
    verb = "is" if len(outside) == 1 else "are"
    return f"{join_words(outside)} {verb} outside the build context {context.root}."


def _is_outside(context: BuildContext, path: Path | None) -> bool:
    return context.known and (path is None or not any(changes_at(context, [path])))


def _name(analysis: Analysis, uri: str) -> str:
    """Return how the picture calls a file: as the build does, if it sees it."""
    path = convert.uri_to_path(uri)
    return uri if path is None else path_in_context(analysis.context, path) or path.name
