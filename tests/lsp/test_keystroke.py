"""What happens between a keystroke and its diagnostics, in one process: no disk, nothing old, nothing lost."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from layerwise.lsp import background
from layerwise.workspace import session as session_module
from layerwise.workspace.surroundings import Evidence, Place, Surroundings, look_around
from lsp.wire import Wire

TEXT = "FROM node:24\nCOPY . .\nRUN npm ci\n"


def insert(text: str, line: int, character: int = 0) -> dict[str, Any]:
    place = {"line": line, "character": character}
    return {"range": {"start": place, "end": place}, "text": text}


class Gate:
    """Holds back whoever looks around."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open = threading.Event()
        self.looks = 0
        monkeypatch.setattr(session_module, "look_around", self._look)

    def _look(self, place: Place, evidence: Evidence) -> Surroundings:
        self.looks += 1
        assert self._open.wait(20)
        return look_around(place, evidence)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


@pytest.mark.asyncio
async def test_a_keystroke_touches_no_disk_and_starts_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, TEXT)
    await wire.publish_of(1)

    def forbidden(*_args: object, **_named: object) -> NoReturn:
        raise AssertionError("not while somebody types")

    with monkeypatch.context() as patched:
        for name in ("scandir", "open", "stat", "lstat", "listdir", "readlink"):
            patched.setattr(os, name, forbidden)
        patched.setattr("builtins.open", forbidden)
        patched.setattr(background, "in_thread", forbidden)
        for version in range(2, 50):
            wire.change(uri, version, insert("npm ci && ", 2, 4) if version % 2 else insert("# x\n", 3))
            assert (await wire.publish_of(version))["diagnostics"]
    assert not [it for it in wire.sent if it.get("method") == "window/showMessage"]


@pytest.mark.asyncio
async def test_nothing_is_published_before_the_disk_was_looked_at_nor_of_an_old_version(
    project: Path, gate: Gate
) -> None:
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, TEXT)
    await asyncio.sleep(0.05)
    wire.change(uri, 2, insert("# x\n", 0))
    hover = wire.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 0}})
    await asyncio.sleep(0.05)
    assert not wire.published()
    wire.change(uri, 3, insert("# y\n", 0))
    gate.open()
    found = await wire.publish_of(3)
    assert [it["version"] for it in wire.published()] == [3]
    assert found["diagnostics"][0]["range"]["start"]["line"] == 3
    # What was asked of version 2 is not answered with version 3.
    assert (await wire.answer(hover))["error"]["code"] == -32801


@pytest.mark.asyncio
async def test_several_changes_at_once_are_published_once(project: Path) -> None:
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, TEXT)
    await wire.publish_of(1)
    # One moves the finding down, the other what is behind it up: as many lines as before.
    wire.change(uri, 2, insert("# x\n", 0), insert("\n", 4))
    lines = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    wire.change(uri, 3, {"range": lines, "text": ""}, insert("# z\n", 1))
    found = await wire.publish_of(3)
    assert [it["version"] for it in wire.published()] == [1, 3]
    assert found["diagnostics"][0]["range"]["start"]["line"] == 2


@pytest.mark.asyncio
async def test_a_request_is_cancelled_at_once(project: Path, gate: Gate) -> None:
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, TEXT)
    hover = wire.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 0}})
    await asyncio.sleep(0.05)
    wire.notify("$/cancelRequest", {"id": hover})
    assert (await wire.answer(hover))["error"]["code"] == -32800
    gate.open()
    assert await wire.publish_of(1)


@pytest.mark.asyncio
async def test_looks_around_one_document_do_not_pile_up(project: Path, gate: Gate) -> None:
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, TEXT)
    await asyncio.sleep(0.05)
    for _ in range(10):
        wire.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    gate.open()
    await wire.publish_of(1)
    assert gate.looks == 2

    # A document that is closed while somebody looks around it stays closed.
    wire.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    await asyncio.sleep(0.1)
    assert [it["diagnostics"] for it in wire.published()[1:]] == [[]]


@pytest.mark.asyncio
async def test_an_error_of_ours_is_shown_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, TEXT)
    await wire.publish_of(1)

    def broken(*_args: object) -> NoReturn:
        raise ZeroDivisionError("ours")

    with monkeypatch.context() as patched:
        patched.setattr("layerwise.lsp.convert.changes_from_lsp", broken)
        for version in range(2, 9):
            wire.change(uri, version, insert("# x\n", 0))
        patched.setattr("layerwise.lsp.convert.position_to_offset", broken)
        params = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 0}}
        assert "ours" in (await wire.answer(wire.ask("textDocument/hover", params)))["error"]["message"]
    (shown,) = [it["params"] for it in wire.sent if it.get("method") == "window/showMessage"]
    assert "ours" in shown["message"]
    wire.change(uri, 9, {"text": "FROM scratch\n"})
    assert not (await wire.publish_of(9))["diagnostics"]
