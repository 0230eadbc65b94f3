"""Diagnostics for a client that pulls them."""

from __future__ import annotations

import json

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from pygls.lsp.server import LanguageServer

from layerwise.lsp.app import App
from layerwise.lsp.diagnostics import SOURCE
from layerwise.lsp.protocol import Json


def register(server: LanguageServer, app: App) -> None:
    """Register the handler; only for a client that pulls, as another might show everything twice."""
    options = types.DiagnosticOptions(identifier=SOURCE, inter_file_dependencies=False, workspace_diagnostics=False)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport | Json:
        uri = params.text_document.uri
        try:
            await app.settled(uri)
        except JsonRpcContentModified as error:
            raise _asked_again(error) from None
        document = app.session.document(uri)
        if document is None:
            return types.RelatedFullDocumentDiagnosticReport(items=[])
        texts = app.publisher.texts(uri)
        name = app.publisher.pulled(uri, document.version, texts)
        if name == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=name)
        return Json(b'{"kind":"full","resultId":%b,"items":[%b]}' % (json.dumps(name).encode(), b",".join(texts)))


def _asked_again(error: JsonRpcContentModified) -> JsonRpcException:
    """Return what the protocol has for this request in place of ContentModified, at which some clients show nothing."""
    return JsonRpcException(str(error), types.LSPErrorCodes.ServerCancelled.value, {"retriggerRequest": True})
