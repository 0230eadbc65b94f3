"""Shows findings and what BuildKit would refuse: pushes them, or asks the client to pull."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Final

from layerwise.lsp.capabilities import Client
from layerwise.lsp.diagnostics import DiagnosticTexts, text_of_problem
from layerwise.workspace.session import Session

# A text with more of them is no Dockerfile, and BuildKit stops at the first.
_MOST_PROBLEMS: Final = 100


class Publisher:
    """Knows what the client was shown of each document."""

    def __init__(
        self,
        session: Session,
        send: Callable[[bytes], None],
        refresh: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Push with ``send``, which takes JSON; ``refresh`` asks the client to pull; ``failed`` hears of errors."""
        self.client = Client()
        self._session = session
        self._send = send
        self._refresh = refresh
        self._failed = failed
        self._texts: dict[str, DiagnosticTexts] = {}
        self._shown: dict[str, tuple[int, str]] = {}

    def texts(self, uri: str) -> list[bytes]:
        """Return the JSON of each diagnostic of a document; an error of ours costs those of its kind."""
        texts: list[bytes] = []
        for make in (self._of_problems, self._of_findings):
            try:
                texts += make(uri)
            except Exception as error:  # noqa: BLE001 - else what was shown of an earlier text would stay
                self._session.reject(uri)
                self._texts.pop(uri, None)
                self._failed(error)
        return texts

    def _of_problems(self, uri: str) -> list[bytes]:
        document = self._session.document(uri)
        if document is None or not self._session.settings(uri).syntax_problems:
            return []
        # Who pulls, and can't be asked to pull again, would not see later what is kept back now.
        at_once = self.client.pulls_diagnostics and not self.client.refreshes_diagnostics
        problems = islice(self._session.problems(uri, at_once=at_once), _MOST_PROBLEMS)
        return [text_of_problem(document.lines, it, self.client.encoding) for it in problems]

    def _of_findings(self, uri: str) -> list[bytes]:
        analysis = self._session.analysis(uri)
        if analysis is None:
            return []
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
        document = self._session.document(uri)
        if document is None or not self._session.was_looked_at(uri):
            return
        texts = self.texts(uri)
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
