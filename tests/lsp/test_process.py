"""The process as an editor starts it: bytes in, bytes out, and an exit code."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp.editor import COMMAND

HELLO: dict[str, object] = {"processId": None, "rootUri": None, "capabilities": {}}
REFUSED: list[tuple[str, object, int]] = [
    ("layerwise/unheardOf", {}, -32601),
    ("workspace/executeCommand", {"command": "rm"}, -32601),
    ("textDocument/hover", {"textDocument": 5}, -32602),
    ("textDocument/hover", None, -32602),
    ("textDocument/codeAction", [], -32602),
    ("initialize", HELLO, -32600),
]


class Process:
    """A server, and a client that writes what it likes."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.input, self.output, self.errors = self.process.stdin, self.process.stdout, self.process.stderr

    def write(self, data: bytes) -> None:
        self.input.write(data)
        self.input.flush()

    def send(self, **message: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def read(self) -> dict[str, Any]:
        header = b""
        while not header.endswith(b"\r\n\r\n"):
            header += self.output.read(1)
        length = re.search(rb"Content-Length: (\d+)", header)
        assert length is not None
        return json.loads(self.output.read(int(length[1])))

    def answer(self, number: object) -> dict[str, Any]:
        while (message := self.read()).get("id") != number or "method" in message:
            pass
        return message

    def initialize(self, process: int | None = None) -> None:
        self.send(id=0, method="initialize", params={**HELLO, "processId": process})
        assert "result" in self.answer(0)
        self.send(method="initialized", params={})


@pytest.fixture
def server() -> Iterator[Process]:
    server = Process()
    yield server
    server.process.kill()
    server.process.wait()
    for stream in (server.input, server.output, server.errors):
        stream.close()


def test_exit_after_shutdown(server: Process) -> None:
    server.initialize()
    server.send(id=1, method="shutdown")
    assert server.answer(1)["result"] is None
    server.send(id=2, method="textDocument/hover", params={})
    assert server.answer(2)["error"]["code"] == -32600
    server.send(method="exit")
    assert server.process.wait(10) == 0
    assert b"Traceback" not in server.errors.read()


@pytest.mark.xfail(strict=True, reason="pygls offers executeCommand, which is then refused")
def test_nothing_is_offered_that_is_not_there(server: Process) -> None:
    server.send(id=0, method="initialize", params=HELLO)
    assert "executeCommandProvider" not in server.answer(0)["result"]["capabilities"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.xfail(strict=True, reason="Ctrl+C ends the server with a traceback")
def test_an_interrupt_is_no_error_of_ours(server: Process) -> None:
    server.initialize()
    server.process.send_signal(signal.SIGINT)
    server.process.wait(10)
    assert b"Traceback" not in server.errors.read()


def test_exit_alone(server: Process) -> None:
    server.send(method="exit")
    assert server.process.wait(10) == 1


def test_the_end_of_the_input(server: Process) -> None:
    server.initialize()
    server.input.close()
    assert server.process.wait(10) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there the end of the input has to do")
def test_the_end_of_the_client(server: Process) -> None:
    client = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server.initialize(client.pid)
    time.sleep(0.1)
    assert server.process.poll() is None
    client.communicate(b"\n")
    assert server.process.wait(10) == 1


def test_junk(server: Process, project: Path) -> None:
    """Each message costs itself only, and a request is answered, whatever is wrong with it."""
    uri = (project / "Dockerfile").as_uri()
    document = {"uri": uri, "version": 2}
    hover = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 0}}
    server.send(id="early", method="textDocument/hover", params=hover)
    assert server.answer("early")["error"]["code"] == -32002
    server.initialize()

    server.write(b"Content-Length: many\r\n\r\n{}")
    server.write(b"\r\n\r\nContent-Type: x\r\n\r\n\0\xff")
    for body in (
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"id": 1}',
        b'{"jsonrpc": "1.0", "method": "exit"}',
        b"[" * 100_000,
    ):
        server.write(b"content-length:%d\r\n\r\n%s" % (len(body), body))
        assert server.answer(None)["error"]["code"] in (-32700, -32600)
    # An answer to nothing, and notifications that are unknown or wrong.
    server.send(id="nothing", result=None)
    server.send(id="nothing", error={"code": "x"})
    server.send(method="layerwise/unheardOf")
    server.send(method="$/unheardOf", params=[1])
    server.send(method="textDocument/didChange", params={"textDocument": document})
    server.send(method="textDocument/didChange", params={"textDocument": document, "contentChanges": [{"text": "x"}]})
    server.send(method="textDocument/didClose", params={"textDocument": document})
    server.send(method="workspace/didChangeConfiguration", params={"settings": [5]})
    server.send(method="workspace/didChangeWatchedFiles", params={"changes": [{"uri": "://[", "type": 2}]})
    server.send(method="$/cancelRequest", params={"id": "unheard of"})
    for number, (method, params, code) in enumerate(REFUSED, start=10):
        server.send(id=number, method=method, params=params)
        assert server.answer(number)["error"]["code"] == code
    server.send(id=30, method="textDocument/hover", params=hover)
    assert server.answer(30)["result"] is None

    text = (project / "Dockerfile").read_text(encoding="utf-8")
    item = {"uri": uri, "languageId": "x", "version": 1, "text": text}
    server.send(method="textDocument/didOpen", params={"textDocument": item})
    # Out of range: at the end.
    far = {"start": {"line": 5000, "character": 7}, "end": {"line": 4000, "character": 0}}
    changes = [{"range": far, "text": "RUN true\n"}]
    server.send(method="textDocument/didChange", params={"textDocument": document, "contentChanges": changes})
    hover["position"] = {"line": 4, "character": 2}
    server.send(id=31, method="textDocument/hover", params=hover)
    assert "RUN" in server.answer(31)["result"]["contents"]["value"]


def test_print_goes_elsewhere() -> None:
    """Whatever a library prints, it does not go between the messages."""
    code = "from layerwise.lsp import server; server.build = lambda *_: print('lost') or 1/0; server.run_stdio()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.stdout, b"lost" in done.stderr) == (b"", True)
