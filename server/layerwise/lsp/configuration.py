"""What is set in the editor, however it says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from layerwise.workspace.settings import SETTINGS, Layer

SECTION: Final = "layerwise"
# A client that says it answers, and does not, must not keep the findings back.
_PATIENCE: Final = 3.0
_KEYS: Final = {it.key.replace("-", "") for it in SETTINGS}
_log: Final = logging.getLogger(__name__)
Ask = Callable[[types.ConfigurationParams], Awaitable[Sequence[object]]]


class Configuration:
    """The layers of settings that come from the client: those of initialize below those of its configuration."""

    def __init__(self, ask: Ask) -> None:
        """Ask the client with ``ask``, once ``asks`` is set."""
        self._ask = ask
        self.asks = False
        self._initial: Mapping[str, object] = {}
        self._pushed: Mapping[str, object] = {}

    def start(self, options: object, *, asks: bool) -> None:
        """Take the initializationOptions; ``asks`` says whether the client answers ``workspace/configuration``."""
        self._initial = _section(options, whole=True)
        self.asks = asks

    def push(self, settings: object) -> None:
        """Take what the client sends with ``workspace/didChangeConfiguration``."""
        self._pushed = _section(settings, whole=False)

    async def layers(self, uri: str | None = None) -> tuple[Layer, ...]:
        """Return the layers for a document, or those for all."""
        current = await self._pulled(uri) if self.asks else self._pushed
        return (Layer("initializationOptions", self._initial), Layer("the settings of the editor", current))

    async def _pulled(self, uri: str | None) -> Mapping[str, object]:
        item = types.ConfigurationItem(scope_uri=uri, section=SECTION)
        try:
            answer = await asyncio.wait_for(self._ask(types.ConfigurationParams([item])), _PATIENCE)
        except (JsonRpcException, TimeoutError) as error:
            _log.warning("the client did not tell its configuration: %r", error)
            return {}
        return _section(answer[0], whole=True) if answer else {}


def _section(settings: object, *, whole: bool) -> Mapping[str, object]:
    """Return our part of what a client sends; ``whole``: what is not nested is ours, whatever it holds."""
    given = _mapping(settings)
    nested = given.get(SECTION)
    if isinstance(nested, Mapping):
        return cast("Mapping[str, object]", nested)
    is_ours = whole or any(it.partition(".")[0].replace("-", "").lower() in _KEYS for it in given)
    return given if is_ours else {}


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
