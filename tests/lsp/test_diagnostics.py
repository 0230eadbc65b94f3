"""Findings as an editor sees them: pushed or pulled, in its own units, always of the text that it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from layerwise.text.line_index import Encoding, LineIndex
from lsp.editor import StartEditor, applied, capabilities, to_span


@pytest.mark.asyncio
async def test_a_finding_is_pushed_with_its_version(start: StartEditor) -> None:
    editor = await start()
    editor.open()
    (found,) = await editor.diagnostics()
    assert (found.source, found.code, found.severity) == (
        "layerwise",
        "copy-before-install",
        types.DiagnosticSeverity.Warning,
    )
    assert found.message.startswith("Editing ")
    assert "`npm ci` on line 4" in found.message
    assert (found.range.start.line, found.range.end.character) == (2, len("COPY . ."))
    assert [it.location.range.start.line for it in found.related_information or []] == [3]

    # A line more above moves it; without the install there is none.
    editor.type("# all\n", (2, 0), version=2)
    (found,) = await editor.diagnostics(version=2)
    assert found.range.start.line == 3
    assert "`npm ci` on line 5" in found.message
    editor.type("# ", (4, 0), version=3)
    assert not await editor.diagnostics(version=3)

    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri)))
    await editor.until(lambda: editor.published[-1].version is None)
    assert not editor.published[-1].diagnostics


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, reason="the name of a rule is no link yet")
async def test_the_name_of_the_rule_leads_to_its_page(start: StartEditor) -> None:
    editor = await start()
    editor.open()
    (found,) = await editor.diagnostics()
    assert found.code_description is not None
    assert found.code_description.href.endswith("copy-before-install")


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", Encoding, ids=lambda it: it.value)
async def test_columns_are_counted_in_the_units_of_the_editor(encoding: Encoding, start: StartEditor) -> None:
    """The target stands behind an emoji (4, 2 or 1 units) and an é (2, 1 or 1)."""
    order = (encoding.value, *(it.value for it in Encoding))
    editor = await start(capabilities(encodings=order))
    assert editor.server is not None
    assert editor.server.capabilities.position_encoding == encoding.value
    text = 'FROM node:24\nCOPY . .\nRUN echo "🐳é" && npm ci\n'
    editor.open(text)
    (found,) = await editor.diagnostics()
    assert found.related_information is not None
    lines = LineIndex(text)
    install = found.related_information[0].location.range
    assert to_span(lines, install, encoding).of(text) == 'RUN echo "🐳é" && npm ci'

    # An edit behind the two, and one more: "ci" becomes "install".
    units = lines.position(text.index("ci\n"), encoding)
    editor.type("install", (units.line, units.column), (units.line, units.column + 2))
    (found,) = await editor.diagnostics(version=2)
    assert "`npm install` on line 3" in found.message
    # And one whose edits are the editor's to apply.
    text = text.replace("npm ci", "npm install")
    ignore = (await editor.actions(1, "quickfix"))[-1]
    assert applied(text, ignore, encoding) == text.replace("COPY", "# layerwise: ignore[copy-before-install]\nCOPY")


@pytest.mark.asyncio
async def test_windows_line_ends(start: StartEditor, project: Path) -> None:
    text = (project / "Dockerfile").read_text(encoding="utf-8").replace("\n", "\r\n")
    editor = await start()
    editor.open(text)
    (found,) = await editor.diagnostics()
    assert found.range.end == types.Position(2, len("COPY . ."))
    # A column past the end of the line is its end, in front of the CR.
    editor.type("#", (0, 99))
    assert await editor.diagnostics(version=2)
    fix = next(it for it in await editor.actions(2) if it.is_preferred)
    fixed = applied(text.replace("24", "24#"), fix)
    assert fixed.count("\n") == fixed.count("\r\n")


@pytest.mark.asyncio
async def test_an_editor_that_pulls(start: StartEditor) -> None:
    editor = await start(capabilities(pull=True, refresh=True))
    assert editor.server is not None
    provider = editor.server.capabilities.diagnostic_provider
    assert isinstance(provider, types.DiagnosticOptions)
    assert (provider.identifier, provider.inter_file_dependencies) == ("layerwise", False)

    # Of what is not open nothing is known; a request right behind the open waits for the disk.
    assert await editor.pull() == types.RelatedFullDocumentDiagnosticReport(items=())
    editor.open()
    first = await editor.pull()
    assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
    (found,) = first.items
    assert found.code == "copy-before-install"

    # A change that changes no finding gives the same result, one that does gives another.
    editor.type("# one more", (4, 0), version=2)
    same = await editor.pull(first.result_id)
    assert same == types.RelatedUnchangedDocumentDiagnosticReport(result_id=first.result_id or "")
    editor.type("# ", (3, 0), version=3)
    other = await editor.pull(first.result_id)
    assert isinstance(other, types.RelatedFullDocumentDiagnosticReport)
    assert not other.items
    assert other.result_id != first.result_id
    assert not editor.published
