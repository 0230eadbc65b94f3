"""Hover."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.ide.hover import hover as hover_of
from layerwise.lsp import convert
from layerwise.lsp.app import App


def register(server: LanguageServer, app: App) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        settled = await app.settled(params.text_document.uri)
        if settled is None:
            return None
        document, analysis = settled
        offset = convert.position_to_offset(document.lines, params.position, app.client.encoding)
        found = hover_of(analysis, offset)
        if found is None:
            return None
        markdown = app.client.reads_markdown
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        contents = types.MarkupContent(kind, found.markdown if markdown else found.plain)
        return types.Hover(contents, convert.span_to_range(document.lines, found.span, app.client.encoding))
