"""Documents opened, changed, saved and closed. State, so nothing here is async."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.lsp import convert
from layerwise.lsp.app import App


def register(server: LanguageServer, app: App) -> None:
    """Register the handlers."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        app.open(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        changes = convert.changes_from_lsp(params.content_changes)
        app.session.change(document.uri, document.version, changes, app.client.encoding)
        app.changed(document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        if uri in app.session:
            app.rest(uri)
            if not app.client.registers_watching:
                app.background.look(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        app.close(params.text_document.uri)
