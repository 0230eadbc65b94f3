"""A server in the test's own process: messages in, messages out, and everything in between within reach."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from layerwise.lsp.connection import Output
from layerwise.lsp.lifetime import Lifetime
from layerwise.lsp.server import build

Message = dict[str, Any]


class _Kept(Output):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__(-1, lambda: None)
        self.messages: list[Message] = []

    @override
    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data.partition(b"\r\n\r\n")[2]))


class Wire:
    """One server; what it sends is in ``sent``."""

    def __init__(self) -> None:
        """Start it, in the running event loop."""
        output = _Kept()
        self.sent = output.messages
        self._receive = build(output, Lifetime()).receive
        self._requests = 0

    def notify(self, method: str, params: object) -> None:
        """Let the server handle a notification, now."""
        self._receive(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def ask(self, method: str, params: object) -> int:
        """Let the server start with a request; return its number."""
        self._requests += 1
        message = {"jsonrpc": "2.0", "id": self._requests, "method": method, "params": params}
        self._receive(json.dumps(message).encode())
        return self._requests

    async def answer(self, number: int) -> Message:
        """Wait for the answer to a request."""
        return await self._first(lambda it: it.get("id") == number and "method" not in it)

    async def initialize(self, **capabilities: object) -> None:
        """Say hello."""
        params = {"processId": None, "rootUri": None, "capabilities": capabilities}
        await self.answer(self.ask("initialize", params))
        self.notify("initialized", {})

    def open(self, uri: str, text: str, version: int = 1) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": "dockerfile", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Message) -> None:
        """Change a document."""
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def published(self) -> list[Message]:
        """Return what was published so far."""
        return [it["params"] for it in self.sent if it.get("method") == "textDocument/publishDiagnostics"]

    async def publish_of(self, version: int) -> Message:
        """Wait for what is published of a version."""
        message = await self._first(lambda it: it.get("params", {}).get("version") == version)
        return message["params"]

    async def _first(self, is_wanted: Callable[[Message], bool]) -> Message:
        async with asyncio.timeout(20):
            while True:
                for message in self.sent:
                    if is_wanted(message):
                        return message
                await asyncio.sleep(0)
