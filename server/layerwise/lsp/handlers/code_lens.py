"""Code lenses: a line above each stage."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.ide.code_lens import CodeLens, code_lenses
from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.protocol import NOTHING, Json
from layerwise.text.line_index import Encoding, LineIndex
from layerwise.text.span import Span


def register(server: LanguageServer, app: App) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    async def code_lens(params: types.CodeLensParams) -> Json:
        uri, encoding = params.text_document.uri, app.client.encoding
        settled = await app.settled(uri)
        if settled is None or not app.session.settings(uri).code_lens:
            return NOTHING
        document, analysis = settled
        lines = document.lines
        return await app.answer(
            {uri: document}, lambda: [_to_json(lines, it, encoding) for it in code_lenses(analysis)]
        )


def _to_json(lines: LineIndex, lens: CodeLens, encoding: Encoding) -> dict[str, object]:
    # The protocol wants one line, and a FROM may be continued.
    end = lines.line_span(lines.line(lens.span.start)).end
    span = Span(lens.span.start, min(lens.span.end, end))
    # Without a command's name there is nothing to click on: VS Code shows a text and no link, others do it likewise.
    return {"range": convert.span_to_json(lines, span, encoding), "command": {"title": lens.title, "command": ""}}
