"""What a client keeps of a document until its text changes, although it depends on more than the text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pygls.lsp.server import LanguageServer

from layerwise.lsp.capabilities import Client
from layerwise.workspace.session import Session
from layerwise.workspace.settings import Settings

# One question for all documents that are looked at at about the same time.
_PAUSE: Final = 0.1


@dataclass(slots=True)
class _Shown:
    """Lenses or hints: whether they are on, whether a client can be asked to ask anew, and what they were made of."""

    is_on: Callable[[Settings], bool]
    is_able: Callable[[Client], bool]
    ask: Callable[[], object]
    bases: dict[str, object] = field(default_factory=dict[str, object])
    pending: bool = False


class Refresher:
    """Has the client ask anew for lenses and hints, once settings or files have changed that they depend on."""

    def __init__(self, session: Session, server: LanguageServer) -> None:
        """Ask the client of ``server``."""
        self._session = session
        self._all = (
            _Shown(
                lambda settings: settings.code_lens,
                lambda client: client.refreshes_lenses,
                lambda: server.workspace_code_lens_refresh(None),
            ),
            _Shown(
                lambda settings: settings.inlay_hints,
                lambda client: client.refreshes_hints,
                lambda: server.workspace_inlay_hint_refresh(None),
            ),
        )

    def looked(self, uri: str, client: Client) -> None:
        """Take note of what is known now around a document."""
        settings, analysis = self._session.settings(uri), self._session.analysis(uri)
        # A listing equals itself only; that contents were read makes no other.
        known = None if analysis is None else (analysis.context.listing, analysis.options)
        for it in self._all:
            basis = known if it.is_on(settings) else None
            # What is asked for right behind the open waits for the first look, so it needs no refresh.
            if it.bases.setdefault(uri, basis) != basis:
                it.bases[uri] = basis
                if it.is_able(client) and not it.pending:
                    it.pending = True
                    asyncio.get_running_loop().call_later(_PAUSE, _refresh, it)

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        for it in self._all:
            it.bases.pop(uri, None)


def _refresh(shown: _Shown) -> None:
    shown.pending = False
    shown.ask()
