"""An error of ours costs the text that it met; the next good one is answered as by a server that was just started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerwise.lsp import resting
from layerwise.lsp.diagnostics import DiagnosticTexts
from layerwise.lsp.handlers import hover
from layerwise.rules import analysis
from layerwise.workspace import session
from lsp.wire import Wire

BAD = "FROM node:24\nCOPY . .\nRUN npm ci && true\n"
GOOD = "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
PLACES: list[tuple[object, str]] = [
    (session, "look_around"),
    (session, "load"),
    (session, "read_dockerfile"),
    (session, "evidence_of"),
    (session, "analyse"),
    # What is worked out only when the findings are shown, and what the next analysis builds on.
    (analysis, "check_stages"),
    (DiagnosticTexts, "of"),
    (session, "refusals"),
]
"""Where something may go wrong: in a look, a load, an analysis, or when findings or problems are shown."""


class Fault:
    """Makes a function raise as long as it is ``on``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.on = True
        right: Callable[..., object] = getattr(owner, name)

        def patched(*arguments: object, **named: object) -> object:
            if self.on:
                raise ZeroDivisionError("ours")
            return right(*arguments, **named)

        monkeypatch.setattr(owner, name, patched)


async def answers(wire: Wire, uri: str, version: int, text: str) -> list[object]:
    """Return everything that a server says of a text, once it says nothing new."""
    document = {"textDocument": {"uri": uri}}
    place = {"line": text.splitlines().index("COPY . ."), "character": 0}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("textDocument/hover", {**document, "position": place}),
        ("textDocument/codeLens", document),
        (
            "textDocument/codeAction",
            {**document, "range": {"start": place, "end": place}, "context": {"diagnostics": []}},
        ),
    ]
    told = [(await wire.answer(wire.ask(*it)))["result"] for it in asked]
    await asyncio.sleep(0.01)
    (*_, shown) = [it for it in wire.published() if it.get("version") == version]
    return [*told, shown["diagnostics"]]


async def of_a_fresh_server(uri: str, version: int) -> list[object]:
    wire = await started()
    wire.open(uri, GOOD, version)
    await wire.publish_of(version)
    found = await answers(wire, uri, version, GOOD)
    assert all(found)
    return found


async def started() -> Wire:
    wire = Wire()
    actions = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
    await wire.initialize(textDocument={"codeAction": actions})
    return wire


@pytest.mark.asyncio
@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[it[1] for it in PLACES])
async def test_opened_with_an_error(project: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    uri = (project / "Dockerfile").as_uri()
    expected = await of_a_fresh_server(uri, 2)
    wire, fault = await started(), Fault(monkeypatch, owner, name)
    wire.open(uri, BAD)
    await answers(wire, uri, 1, BAD)
    fault.on = False
    wire.change(uri, 2, {"text": GOOD})
    assert await answers(wire, uri, 2, GOOD) == expected


@pytest.mark.asyncio
@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[it[1] for it in PLACES])
async def test_edited_to_an_error_and_back(
    project: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    uri = (project / "Dockerfile").as_uri()
    expected = await of_a_fresh_server(uri, 3)
    wire = await started()
    wire.open(uri, GOOD)
    before = (await wire.publish_of(1))["diagnostics"]
    assert before
    fault = Fault(monkeypatch, owner, name)
    wire.change(uri, 2, {"text": BAD})
    # Without watching, a save looks around, and then loads.
    wire.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    # No request fails for it, and nothing that was said of the text before is left.
    *_, shown = await answers(wire, uri, 2, BAD)
    assert shown != before
    fault.on = False
    wire.change(uri, 3, {"text": GOOD})
    assert await answers(wire, uri, 3, GOOD) == expected
    # It is told once at most; not at all where nobody came along there.
    messages = [it["params"]["message"] for it in wire.sent if it.get("method") == "window/showMessage"]
    assert ["internal error" in it for it in messages] == ([] if name == "read_dockerfile" else [True])


@pytest.mark.asyncio
async def test_an_error_that_comes_of_an_earlier_text_only(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next analysis builds on may be what fails: then it is made without."""
    uri = (project / "Dockerfile").as_uri()
    wire = await started()
    wire.open(uri, BAD)
    await wire.publish_of(1)
    right: Callable[..., object] = vars(session)["analyse"]

    def fails_if_anything_is_known(*arguments: object) -> object:
        if arguments[-1] is not None:
            raise ZeroDivisionError("ours")
        return right(*arguments)

    monkeypatch.setattr(session, "analyse", fails_if_anything_is_known)
    wire.change(uri, 2, {"text": GOOD})
    assert await answers(wire, uri, 2, GOOD) == await of_a_fresh_server(uri, 2)


async def started_in(folder: Path, *, watching: bool) -> Wire:
    wire = Wire()
    folders = [{"uri": folder.as_uri(), "name": folder.name}]
    able = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": watching}}}
    await wire.answer(wire.ask("initialize", {"processId": None, "workspaceFolders": folders, "capabilities": able}))
    wire.notify("initialized", {})
    return wire


async def context_of(wire: Wire, uri: str) -> str:
    params = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    text: str = (await wire.answer(wire.ask("textDocument/hover", params)))["result"]["contents"]["value"]
    return next(it for it in text.splitlines() if it.startswith("Build context")).replace("`", "")


async def until_context_is(folder: Path, wire: Wire, uri: str) -> None:
    async with asyncio.timeout(20):
        while not (await context_of(wire, uri)).startswith(f"Build context: {folder} ("):  # noqa: ASYNC110 - it may come in any message
            await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_a_text_that_changed_during_the_first_look_is_looked_at_again(project: Path) -> None:
    """In docker/Dockerfile, `conf` speaks for that folder, and `src` for the one above."""
    for name in ("docker/conf", "src"):
        (project / name).mkdir(parents=True)
    uri = (project / "docker" / "Dockerfile").as_uri()
    wire = await started_in(project, watching=True)
    wire.open(uri, "FROM a\nCOPY conf /x\n")
    # The look has begun, with the text as it was.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wire.change(uri, 2, {"text": "FROM a\nCOPY src /x/\n"})
    await wire.publish_of(2)
    wire.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    await until_context_is(project, wire, uri)


@pytest.mark.asyncio
async def test_a_text_typed_from_nothing_gets_its_context_without_a_save(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resting, "PAUSE", 0.05)
    (project / "docker").mkdir()
    uri = (project / "docker" / "Dockerfile").as_uri()
    wire = await started_in(project, watching=False)
    wire.open(uri, "")
    await wire.publish_of(1)
    wire.change(uri, 2, {"text": GOOD.replace("COPY . .", "COPY index.js .")})
    await until_context_is(project / "docker", wire, uri)
    await until_context_is(project, wire, uri)


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, reason="the error of a hover has the name of a Python exception")
async def test_an_error_of_ours_says_what_to_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = (project / "Dockerfile").as_uri()
    wire = await started()
    wire.open(uri, GOOD)
    await wire.publish_of(1)
    Fault(monkeypatch, hover, "hover_of")
    asked = wire.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 0}})
    message = (await wire.answer(asked))["error"]["message"]
    assert "report" in message
    assert "ZeroDivisionError" not in message


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, reason="the first findings wait for the settings, for three seconds")
async def test_a_client_that_does_not_tell_its_settings(project: Path) -> None:
    wire = Wire()
    await wire.initialize(workspace={"configuration": True})
    wire.open((project / "Dockerfile").as_uri(), GOOD)
    async with asyncio.timeout(1):
        assert (await wire.publish_of(1))["diagnostics"]
