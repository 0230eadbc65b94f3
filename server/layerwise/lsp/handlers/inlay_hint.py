"""Inlay hints: a word behind each instruction."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.ide.inlay_hints import InlayHint, inlay_hints
from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.protocol import NOTHING, Json
from layerwise.text.line_index import Encoding, LineIndex


def register(server: LanguageServer, app: App) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions(resolve_provider=False))
    async def inlay_hint(params: types.InlayHintParams) -> Json:
        uri, encoding = params.text_document.uri, app.client.encoding
        settled = await app.settled(uri)
        if settled is None or not app.session.settings(uri).inlay_hints:
            return NOTHING
        document, analysis = settled
        lines = document.lines
        span = convert.range_to_span(lines, params.range, encoding)
        return await app.answer(
            {uri: document}, lambda: [_to_json(lines, it, encoding) for it in inlay_hints(analysis, span)]
        )


def _to_json(lines: LineIndex, hint: InlayHint, encoding: Encoding) -> dict[str, object]:
    position = convert.offset_to_json(lines, hint.offset, encoding)
    return {"position": position, "label": hint.label, "tooltip": hint.tooltip, "paddingLeft": True}
