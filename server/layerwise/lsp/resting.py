"""When somebody has typed nothing for a while. One timer a document, which a keystroke only puts off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

PAUSE: Final = 2.0
"""Seconds."""


class Rests:
    """Tells of each document that was changed, once no other change has come for a while."""

    def __init__(self, rested: Callable[[str], None]) -> None:
        """Call ``rested`` with the document."""
        self._rested = rested
        self._due: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def changed(self, uri: str) -> None:
        """Wait from now on."""
        loop = asyncio.get_running_loop()
        self._due[uri] = loop.time() + PAUSE
        if uri not in self._timers:
            self._timers[uri] = loop.call_later(PAUSE, self._look, uri)

    def forget(self, uri: str) -> None:
        """Wait no more."""
        self._due.pop(uri, None)
        if timer := self._timers.pop(uri, None):
            timer.cancel()

    def _look(self, uri: str) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._due[uri]:
            self._timers[uri] = loop.call_at(self._due[uri], self._look, uri)
        else:
            self.forget(uri)
            self._rested(uri)
