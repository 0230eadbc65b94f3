"""What BuildKit would refuse, as an editor shows it: the command line's messages, not while somebody types them."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from layerwise.lsp import resting
from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from lsp.editor import StartEditor, applied
from lsp.wire import Wire

URI = "untitled:Dockerfile"
TEXT = "FROM node:24\nCOPPY . .\nRUN npm ci\nCOPY --form=x a b\nADD c\n"
MESSAGES = [it.message for it in problems_of(parse(TEXT))]


def syntax(diagnostics: list[dict[str, Any]]) -> list[str]:
    return [it["message"] for it in diagnostics if it["code"] == "syntax"]


def at(line: int, character: int, text: str, end: tuple[int, int] | None = None) -> dict[str, Any]:
    start = {"line": line, "character": character}
    last = start if end is None else {"line": end[0], "character": end[1]}
    return {"range": {"start": start, "end": last}, "text": text}


async def opened(text: str, **capabilities: object) -> Wire:
    wire = Wire()
    await wire.initialize(**capabilities)
    wire.open(URI, text)
    if "textDocument" not in capabilities:
        await wire.publish_of(1)
    return wire


async def shown(wire: Wire, version: int) -> list[str]:
    """Return the problems that an editor shows now."""
    await wire.publish_of(version)
    await asyncio.sleep(0.01)
    return syntax(wire.published()[-1]["diagnostics"])


@pytest.mark.asyncio
async def test_the_messages_of_the_command_line(start: StartEditor) -> None:
    editor = await start()
    editor.open(TEXT)
    found = [it for it in await editor.diagnostics() if it.code == "syntax"]
    assert [it.message for it in found] == MESSAGES
    assert {(it.source, it.severity) for it in found} == {("layerwise", types.DiagnosticSeverity.Error)}
    assert (found[0].range.start, found[0].range.end) == (types.Position(1, 0), types.Position(1, 5))


@pytest.mark.asyncio
async def test_what_was_meant_is_the_preferred_quick_fix(start: StartEditor) -> None:
    editor = await start()
    editor.open(TEXT)
    found = await editor.diagnostics()
    text = TEXT
    for line, character, title in ((1, 0, "Change to `COPY`"), (3, 7, "Change to `--from`")):
        (action,) = [it for it in await editor.actions(line, "quickfix", character=character) if it.title == title]
        assert action.is_preferred
        assert list(action.diagnostics or []) == [
            it for it in found if it.code == "syntax" and it.range.start.line == line
        ]
        text = text.replace(TEXT.splitlines()[line], applied(TEXT, action).splitlines()[line])
    assert [it.message for it in problems_of(parse(text))] == MESSAGES[2:]
    # Nobody knows what is missing in the ADD.
    assert not [it for it in await editor.actions(4) if it.title.startswith("Change")]


@pytest.mark.asyncio
async def test_the_instruction_edited_last_is_quiet() -> None:
    wire = await opened(TEXT)
    assert await shown(wire, 1) == MESSAGES
    wire.change(URI, 2, at(1, 0, "X"))
    assert await shown(wire, 2) == MESSAGES[1:]
    # An edit of another one, be it good or bad, shows it.
    wire.change(URI, 3, at(4, 5, "d"))
    assert await shown(wire, 3) == ["unknown instruction XCOPPY (did you mean COPY?)", MESSAGES[1]]
    wire.change(URI, 4, at(2, 10, " "))
    assert len(await shown(wire, 4)) == 3
    # A new line, a comment or an empty line is another place, too.
    wire.change(URI, 5, at(1, 0, "Y"))
    assert await shown(wire, 5) == MESSAGES[1:]
    wire.change(URI, 6, at(1, 11, "\n"))
    assert len(await shown(wire, 6)) == 3


@pytest.mark.asyncio
@pytest.mark.parametrize("how", ["save", "pause"])
async def test_it_is_shown_after_a_save_or_a_pause(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "PAUSE", 0.1 if how == "pause" else 60)
    wire = await opened("FROM a\n")
    for version, text in enumerate(("C", "O", "P", " x"), start=2):
        wire.change(URI, version, at(1, version - 2, text))
        await asyncio.sleep(0.02)
    assert await shown(wire, 5) == []
    if how == "save":
        wire.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
    async with asyncio.timeout(20):
        while not syntax(wire.published()[-1]["diagnostics"]):  # noqa: ASYNC110 - it may come in any message
            await asyncio.sleep(0.01)
    # Of the same version, and once: each keystroke puts it off.
    assert [it["version"] for it in wire.published()] == [1, 2, 3, 4, 5, 5]
    assert await shown(wire, 5) == ["unknown instruction COP (did you mean COPY?)"]


@pytest.mark.asyncio
async def test_an_editor_that_pulls_is_told_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "PAUSE", 0.1)
    able: dict[str, object] = {
        "textDocument": {"diagnostic": {}},
        "workspace": {"diagnostics": {"refreshSupport": True}},
    }
    wire = await opened("FROM a\nCOPY x y\n", **able)

    async def pulled() -> list[str]:
        params = {"textDocument": {"uri": URI}}
        return syntax((await wire.answer(wire.ask("textDocument/diagnostic", params)))["result"]["items"])

    assert await pulled() == []
    wire.change(URI, 2, at(1, 3, "P"))
    assert await pulled() == []
    async with asyncio.timeout(20):
        while not any(it.get("method") == "workspace/diagnostic/refresh" for it in wire.sent):  # noqa: ASYNC110 - it may come in any message
            await asyncio.sleep(0.01)
    assert await pulled() == ["unknown instruction COPPY (did you mean COPY?)"]


@pytest.mark.asyncio
async def test_an_editor_that_pulls_and_does_not_refresh_sees_it_at_once() -> None:
    """Nothing would make it pull once more."""
    wire = await opened("FROM a\nCOPY x y\n", textDocument={"diagnostic": {}})
    wire.change(URI, 2, at(1, 3, "P"))
    answer = await wire.answer(wire.ask("textDocument/diagnostic", {"textDocument": {"uri": URI}}))
    assert syntax(answer["result"]["items"]) == ["unknown instruction COPPY (did you mean COPY?)"]


@pytest.mark.asyncio
async def test_they_can_be_switched_off(start: StartEditor, project: Path) -> None:
    (project / "layerwise.toml").write_text("syntax-problems = false\n", encoding="utf-8")
    editor = await start()
    editor.open(TEXT)
    assert not [it for it in await editor.diagnostics() if it.code == "syntax"]
    assert not [it for it in await editor.actions(1) if it.title.startswith("Change")]
    editor.set(syntaxProblems=True)
    assert [it.message for it in await editor.diagnostics(after=1) if it.code == "syntax"] == MESSAGES


@pytest.mark.asyncio
async def test_a_file_that_was_just_made_has_none() -> None:
    for text, messages in (("", []), ("\n \n", []), ("# x\n", ["the file has no instructions"])):
        assert await shown(await opened(text), 1) == messages


@pytest.mark.asyncio
async def test_a_text_that_is_no_dockerfile_has_not_thousands() -> None:
    assert len(await shown(await opened("x y\n" * 5_000), 1)) == 100


Typed: TypeAlias = tuple[int, int, str]
STEPS = st.one_of(
    st.sampled_from(["save", "pause"]),
    st.tuples(st.integers(0, 4), st.integers(0, 8), st.sampled_from(["x", "\n", "COPY x\n", "#", " "])),
)


@settings(max_examples=30)
@given(st.lists(STEPS, max_size=8))
def test_what_is_shown_is_never_of_another_text(steps: list[str | Typed]) -> None:
    """Nothing old, nothing that is not wrong, and in the end all that is."""
    asyncio.run(never_stale(steps))


async def never_stale(steps: list[str | Typed]) -> None:
    patched = pytest.MonkeyPatch()
    patched.setattr(resting, "PAUSE", 0.01)
    wire = await opened(TEXT)
    texts: dict[int, str] = {1: TEXT}
    for step in steps:
        version = len(texts)
        seen = len(wire.published())
        if step == "save":
            wire.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
        elif isinstance(step, str):
            await asyncio.sleep(0.02)
        else:
            line, character, text = step
            lines = texts[version].split("\n")
            line = min(line, len(lines) - 1)
            character = min(character, len(lines[line]))
            lines[line] = lines[line][:character] + text + lines[line][character:]
            texts[version + 1] = "\n".join(lines)
            wire.change(URI, version + 1, at(line, character, text))
        assert all(it["version"] in (version, version + 1) for it in wire.published()[seen:])
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    patched.undo()
    published = wire.published()
    assert [it["version"] for it in published] == sorted(it["version"] for it in published)
    for it in published:
        wrong = Counter(problem.message for problem in problems_of(parse(texts[it["version"]])))
        assert Counter(syntax(it["diagnostics"])) <= wrong
    assert published[-1]["version"] == len(texts)
    assert syntax(published[-1]["diagnostics"]) == [it.message for it in problems_of(parse(texts[len(texts)]))]
