"""Hover."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.ide.hover import hover as hover_of
from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.protocol import Json
from layerwise.rules.analysis import Analysis
from layerwise.text.line_index import LineIndex


def register(server: LanguageServer, app: App) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> Json | None:
        uri = params.text_document.uri
        settled = await app.settled(uri)
        if settled is None:
            return None
        document, analysis = settled
        offset = convert.position_to_offset(document.lines, params.position, app.client.encoding)
        return await app.answer({uri: document}, lambda: _to_json(app, document.lines, analysis, offset))


def _to_json(app: App, lines: LineIndex, analysis: Analysis, offset: int) -> dict[str, object] | None:
    found = hover_of(analysis, offset)
    if found is None:
        return None
    kind, text = ("markdown", found.markdown) if app.client.reads_markdown else ("plaintext", found.plain)
    span = convert.span_to_json(lines, found.span, app.client.encoding)
    return {"contents": {"kind": kind, "value": text}, "range": span}
