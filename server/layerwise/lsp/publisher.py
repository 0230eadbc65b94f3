"""Shows findings: pushes them, or asks the client to pull."""

from __future__ import annotations

import json
from collections.abc import Callable

from layerwise.lsp.capabilities import Client
from layerwise.lsp.diagnostics import DiagnosticTexts
from layerwise.rules.analysis import Analysis
from layerwise.workspace.session import Session


class Publisher:
    """Knows what the client was shown of each document."""

    def __init__(self, session: Session, send: Callable[[bytes], None], refresh: Callable[[], None]) -> None:
        """Push with ``send``, which takes JSON; ``refresh`` asks the client to pull."""
        self.client = Client()
        self._session = session
        self._send = send
        self._refresh = refresh
        self._texts: dict[str, DiagnosticTexts] = {}
        self._shown: dict[str, tuple[int, str]] = {}

    def texts(self, uri: str, analysis: Analysis) -> list[bytes]:
        """Return the JSON of each diagnostic of a document."""
        texts = self._texts.get(uri)
        if texts is None:
            texts = self._texts[uri] = DiagnosticTexts(uri, self.client)
        return texts.of(analysis)

    def pulled(self, uri: str, version: int, texts: list[bytes]) -> str:
        """Return a name for the diagnostics that a client has pulled: equal ones have the same."""
        name = _name(texts)
        self._shown[uri] = (version, name)
        return name

    def show(self, uri: str) -> None:
        """Show what is known now of the current version, unless it is what was shown last."""
        document, analysis = self._session.document(uri), self._session.analysis(uri)
        if document is None or analysis is None:
            return
        texts = self.texts(uri, analysis)
        shown, current = self._shown.get(uri), (document.version, _name(texts))
        if self.client.pulls_diagnostics:
            if shown is not None and shown[1] != current[1]:
                self._refresh()
        elif shown != current:
            self._shown[uri] = current
            self._push(uri, texts, document.version)

    def forget(self, uri: str) -> None:
        """Forget a document that was closed; what was pushed of it is taken back."""
        self._texts.pop(uri, None)
        if self._shown.pop(uri, None) is not None and not self.client.pulls_diagnostics:
            self._push(uri, [])

    def _push(self, uri: str, texts: list[bytes], version: int | None = None) -> None:
        of_version = b"" if version is None else b'"version":%d,' % version
        params = b'{"uri":%b,%b"diagnostics":[%b]}' % (json.dumps(uri).encode(), of_version, b",".join(texts))
        self._send(b'{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":%b}' % params)


def _name(texts: list[bytes]) -> str:
    # Python keeps the hashes of bytes, so this is quicker than a digest by two orders.
    return f"{hash(tuple(texts)):x}"
