"""The light bulb and the hover."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from lsp.editor import StartEditor, applied, capabilities


@pytest.mark.asyncio
async def test_a_quick_fix_makes_the_text_that_it_promises(start: StartEditor, project: Path) -> None:
    text = (project / "Dockerfile").read_text(encoding="utf-8")
    editor = await start()
    editor.open()
    (finding,) = await editor.diagnostics()
    fix, _, ignore = await editor.actions(2)
    assert (fix.kind, fix.is_preferred, fix.command) == ("quickfix", True, None)
    assert list(fix.diagnostics or []) == [finding]
    fixed = applied(text, fix)
    assert fixed.index("package-lock.json") < fixed.index("npm ci") < fixed.index("COPY . .")
    assert fix.edit is not None
    assert fix.edit.document_changes is not None
    (change,) = fix.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == (editor.uri, 1)

    # The last one switches the rule off, and is never the preferred one.
    assert not ignore.is_preferred
    ignored = applied(text, ignore)
    assert ignored == text.replace("COPY", "# layerwise: ignore[copy-before-install]\nCOPY")
    editor.type(ignored, (0, 0), (9, 0))
    assert not await editor.diagnostics(version=2)
    assert not await editor.actions(3)


@pytest.mark.asyncio
async def test_actions_by_kind(start: StartEditor, project: Path) -> None:
    """The fix of everything costs the most, so it is there only for those who ask for it, and then from any line."""
    text = (project / "Dockerfile").read_text(encoding="utf-8")
    editor = await start(capabilities(versioned=False))
    editor.open()
    (fix, *_) = await editor.actions(2, "quickfix")
    for kind in ("source", "source.fixAll", "source.fixAll.layerwise"):
        (fix_all,) = await editor.actions(0, kind)
        assert fix_all.kind == "source.fixAll.layerwise"
        assert applied(text, fix_all) == applied(text, fix)
    assert fix_all.edit is not None
    assert set(fix_all.edit.changes or {}) == {editor.uri}
    for kind in ("refactor", "refactor.rewrite", "refactor.rewrite.layerwise"):
        (rewrite,) = await editor.actions(2, kind)
        assert rewrite.kind == "refactor.rewrite.layerwise"
        assert applied(text, rewrite) == applied(text, fix)
    for kind in ("refactor.extract", "source.fixAll.other", "source.organizeImports", "quick"):
        assert not await editor.actions(2, kind)


@pytest.mark.asyncio
@pytest.mark.parametrize("disabled", [True, False])
async def test_an_entry_that_says_why_there_is_no_fix(start: StartEditor, disabled: bool) -> None:  # noqa: FBT001
    """Only in editors that show such entries; the message says it in any case."""
    editor = await start(capabilities(disabled=disabled))
    editor.open("FROM node:24 AS a\nCOPY . .\nFROM a\nRUN npm ci\n")
    (finding,) = await editor.diagnostics()
    _, reason = finding.message.split("\n\nNo safe fix: ")
    *shown, ignore = await editor.actions(1)
    assert ignore.disabled is None
    assert [(it.disabled.reason, it.edit) for it in shown if it.disabled] == ([(reason[:-1], None)] if disabled else [])
    assert len(shown) == disabled


@pytest.mark.asyncio
@pytest.mark.parametrize("markdown", [True, False], ids=["markdown", "plain"])
async def test_hover(start: StartEditor, markdown: bool) -> None:  # noqa: FBT001
    editor = await start(capabilities(markdown=markdown))
    editor.open()
    # Right behind the open: it waits for what is on the disk.
    hover = await editor.hover(2, 3)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert (hover.contents.kind is types.MarkupKind.Markdown) == markdown
    assert hover.contents.value.startswith("**COPY** · " if markdown else "COPY · ")
    assert hover.range == types.Range(types.Position(2, 0), types.Position(2, 8))
    editor.type("# a comment\n", (0, 0))
    assert await editor.hover(0) is None


@pytest.mark.asyncio
async def test_a_selection_from_its_end_to_its_start(start: StartEditor) -> None:
    editor = await start()
    editor.open()
    await editor.diagnostics()
    forward, backward = [
        types.Range(types.Position(*one), types.Position(*other)) for one, other in (((2, 3), (3, 2)), ((3, 2), (2, 3)))
    ]
    identifier, context = types.TextDocumentIdentifier(editor.uri), types.CodeActionContext([])
    expected = await editor.client.text_document_code_action_async(types.CodeActionParams(identifier, forward, context))
    assert expected
    params = types.CodeActionParams(identifier, backward, context)
    assert await editor.client.text_document_code_action_async(params) == expected
