"""Code lenses and inlay hints: what depends on settings and files, and so on more than the text."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from layerwise.text.line_index import Encoding, LineIndex
from lsp.editor import StartEditor, capabilities, to_span

TEXT = """\
FROM node:24 AS "é🐳"
RUN true
FROM \\
  node:24
WORKDIR /app
COPY package.json index.js ./
RUN echo "🐳é"
LABEL a=b
"""


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", Encoding, ids=lambda it: it.value)
async def test_lenses_and_hints_in_the_units_of_the_editor(start: StartEditor, encoding: Encoding) -> None:
    editor = await start(capabilities(encodings=(encoding.value,)), options={"inlayHints": True})
    assert editor.server is not None
    assert editor.server.capabilities.code_lens_provider == types.CodeLensOptions(resolve_provider=False)
    assert editor.server.capabilities.inlay_hint_provider == types.InlayHintOptions(resolve_provider=False)
    editor.open(TEXT)
    lines = LineIndex(TEXT)
    lenses = await editor.lenses()
    # On one line each, as the protocol has it.
    assert [to_span(lines, it.range, encoding).of(TEXT) for it in lenses] == ['FROM node:24 AS "é🐳"', "FROM \\"]
    # A text, with nothing to click on.
    assert [it.command and (it.command.title, it.command.command) for it in lenses] == [
        (
            (
                "1 step · builders refuse line 1: '\"é🐳\"' can't name a stage: "
                "it must start with a letter, then letters, digits, - _ ."
            ),
            "",
        ),
        ("3 steps · editing a source file (index.js) rebuilds 2", ""),
    ]

    # Those of the lines asked for, each behind its instruction.
    hints = await editor.hints(4, 7)
    places = [to_span(lines, types.Range(it.position, it.position), encoding).start for it in hints]
    assert [TEXT[:it].rpartition("\n")[2] for it in places] == TEXT.splitlines()[4:7]
    assert [it.label for it in hints] == ["✓ no file of the context", *["↻ index.js, package.json"] * 2]
    assert all(it.padding_left and it.tooltip for it in hints)
    assert len(await editor.hints()) == 5


@pytest.mark.asyncio
async def test_settings_switch_them(start: StartEditor, project: Path) -> None:
    (project / "layerwise.toml").write_text("code-lens = false\ninlay-hints = true\n", encoding="utf-8")
    editor = await start(capabilities(refresh=True))
    assert not await editor.lenses()
    editor.open()
    assert not await editor.lenses()
    assert len(await editor.hints()) == 3
    editor.set(codeLens=True, inlayHints=False)
    await editor.until(lambda: sorted(editor.refreshed) == ["codeLens", "inlayHint"])
    assert len(await editor.lenses()) == 1
    assert not await editor.hints()


@pytest.mark.asyncio
@pytest.mark.parametrize("refresh", [True, False])
async def test_a_file_is_added_to_the_context(start: StartEditor, project: Path, refresh: bool) -> None:  # noqa: FBT001
    (project / "src").mkdir()
    editor = await start(capabilities(refresh=refresh, watching=True))
    editor.open("FROM node:24\nCOPY src src\nRUN true\n")
    (before,) = await editor.lenses()
    (project / "src" / "a.js").touch()
    editor.changed_on_disk(project / "src" / "a.js", kind=types.FileChangeType.Created)
    while (now := await editor.lenses()) == [before]:  # noqa: ASYNC110 - each round asks
        await asyncio.sleep(0.05)
    assert [it.command and it.command.title for it in (before, *now)] == [
        "2 steps · no file of the context rebuilds any",
        "2 steps · editing a source file (src/a.js) rebuilds 2",
    ]
    await editor.until(lambda: len(editor.refreshed) == refresh)
    # Hints are off if nobody wants them, and then there is nothing to refresh.
    assert not await editor.hints()
    assert set(editor.refreshed) <= {"codeLens"}


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, reason="a lens has no command, so that nothing happens on a click")
async def test_a_lens_can_be_clicked(start: StartEditor) -> None:
    editor = await start(capabilities())
    editor.open("FROM node:24\nCOPY index.js /\n")
    (lens,) = await editor.lenses()
    assert lens.command is not None
    assert lens.command.command
