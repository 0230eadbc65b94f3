"""The language server on stdin and stdout: the door of this room.

The way of a keystroke: ``connection`` cuts the input into messages, ``protocol`` makes calls of them, a handler applies
the change to the session, and ``publisher`` sends what ``diagnostics`` makes of the findings. Nothing on it waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import os
import sys
import threading
from typing import Final

from pygls.lsp.server import LanguageServer

from layerwise.commands.registry import ecosystems
from layerwise.lsp.app import App
from layerwise.lsp.connection import Output, read_messages
from layerwise.lsp.handlers import (
    code_action,
    code_lens,
    explain,
    hover,
    inlay_hint,
    layer_map,
    lifecycle,
    synchronization,
    workspace,
)
from layerwise.lsp.lifetime import Lifetime
from layerwise.lsp.protocol import Protocol, converter
from layerwise.lsp.reports import log_to_stderr

_CHUNK: Final = 64 * 1024


def run_stdio() -> int:
    """Serve one client; return the exit code of the process."""
    log_to_stderr()
    # All package managers now, so that no keystroke waits for an import.
    ecosystems()
    # While another thread reads the disk, a message waits that long up to three times: a hover takes 16 ms with the
    # default of 5 ms, and 4 ms with this. (The garbage collector's thresholds make no difference that can be measured.)
    sys.setswitchinterval(0.001)
    # Not the streams but what is below them: a thread that waits in a stream holds its lock at the end of the process.
    source, target = sys.stdin.fileno(), sys.stdout.fileno()
    if sys.platform != "win32":
        os.set_blocking(source, True)
        os.set_blocking(target, True)
    with contextlib.redirect_stdout(sys.stderr):
        return asyncio.run(_serve(source, target))


def build(output: Output, lifetime: Lifetime) -> Protocol:
    """Return a server that takes messages with ``receive`` and answers to ``output``; the event loop has to run."""
    version = importlib.metadata.version("layerwise")
    server = LanguageServer("layerwise", version, protocol_cls=Protocol, converter_factory=converter)
    app = App(server, output)
    server.report_server_error = app.reports.error
    protocol = server.protocol
    if not isinstance(protocol, Protocol):
        raise TypeError("pygls did not take our protocol")
    protocol.set_writer(output)
    protocol.replace_builtins()
    lifecycle.register(server, app, lifetime)
    synchronization.register(server, app)
    workspace.register(server, app)
    hover.register(server, app)
    code_action.register(server, app)
    code_lens.register(server, app)
    inlay_hint.register(server, app)
    explain.register(server, app)
    layer_map.register(server, app)
    return protocol


async def _serve(source: int, target: int) -> int:
    loop = asyncio.get_running_loop()
    lifetime = Lifetime()
    output = Output(target, lifetime.end)
    protocol = build(output, lifetime)
    threading.Thread(target=_read, args=(source, loop, protocol, lifetime), daemon=True).start()
    try:
        return await lifetime.code()
    finally:
        output.close()


def _read(source: int, loop: asyncio.AbstractEventLoop, protocol: Protocol, lifetime: Lifetime) -> None:
    """Pass the input on to the event loop, in order. A thread of its own, so that a client never waits to be read."""

    def read() -> bytes:
        try:
            return os.read(source, _CHUNK)
        except OSError:
            return b""

    # At the end of the process the loop may be closed already.
    with contextlib.suppress(RuntimeError):
        for body in read_messages(read):
            loop.call_soon_threadsafe(protocol.receive, body)
        loop.call_soon_threadsafe(lifetime.end)
