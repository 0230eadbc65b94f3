"""What is not in the text: settings from everywhere, and files that come and go."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from lsp.editor import StartEditor, capabilities

RULE = "copy-before-install"


@pytest.mark.asyncio
@pytest.mark.parametrize("nested", [True, False])
async def test_settings_of_initialize(start: StartEditor, nested: bool) -> None:  # noqa: FBT001
    settings = {"rules": {RULE: "info"}, "code-lense": True}
    editor = await start(options={"layerwise": settings} if nested else settings)
    editor.open()
    (found,) = await editor.diagnostics()
    assert found.severity is types.DiagnosticSeverity.Information
    # What is wrong is said once, and costs itself only.
    editor.open(uri=f"{editor.uri}.other")
    await editor.until(lambda: len(editor.published) == 2)
    (message,) = editor.client.messages
    assert message.type is types.MessageType.Warning
    assert "initializationOptions: unknown setting `code-lense`: did you mean `code-lens`?" in message.message


@pytest.mark.asyncio
async def test_settings_that_the_editor_is_asked_for(start: StartEditor, project: Path) -> None:
    """They are above those of initialize and of files, and may differ from document to document."""
    (project / "layerwise.toml").write_text('rules.copy-before-install = "info"\ntarget = 5\n', encoding="utf-8")
    dockerfile = (project / "Dockerfile").as_uri()
    editor = await start(
        capabilities(configuration=True),
        options={"rules": {RULE: "error"}},
        configuration={"": {"layerwise": None}, dockerfile: {"layerwise": {"rules": {RULE: "hint"}}}},
    )
    await editor.until(lambda: types.WORKSPACE_DID_CHANGE_CONFIGURATION in editor.registered)
    editor.open()
    (found,) = await editor.diagnostics()
    assert found.severity is types.DiagnosticSeverity.Hint
    editor.open(uri=editor.uri.replace("Dockerfile", "Containerfile"))
    await editor.until(lambda: len(editor.published) == 2)
    assert [it.severity for it in editor.published[1].diagnostics] == [types.DiagnosticSeverity.Error]
    assert any("layerwise.toml" in it.message and "`target`" in it.message for it in editor.client.messages)

    editor.client.set_configuration({"layerwise": {"rules": {RULE: "off"}}}, scope_uri=dockerfile)
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    assert not await editor.diagnostics(after=2)


@pytest.mark.asyncio
async def test_settings_that_the_editor_sends(start: StartEditor) -> None:
    editor = await start()
    editor.open()
    await editor.diagnostics()
    for nested in (True, False):
        settings = {"rules": {RULE: "error" if nested else "off"}}
        sent = {"layerwise": settings, "python": {}} if nested else settings
        after = len(editor.published)
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(sent))
        found = await editor.diagnostics(after=after)
        assert [it.severity for it in found] == ([types.DiagnosticSeverity.Error] if nested else [])


@pytest.mark.asyncio
async def test_a_file_that_changes_what_is_safe(start: StartEditor, project: Path) -> None:
    """With a script in the package.json, npm may read more than that file: the fix is gone, and back again."""
    editor = await start(capabilities(watching=True))
    await editor.until(lambda: types.WORKSPACE_DID_CHANGE_WATCHED_FILES in editor.registered)
    editor.open()
    await editor.diagnostics()
    assert any(it.is_preferred for it in await editor.actions(2))
    package = project / "package.json"
    before = package.read_text(encoding="utf-8")
    package.write_text(before.replace("{", '{"scripts": {"postinstall": "node x.js"}, ', 1), encoding="utf-8")
    editor.changed_on_disk(package)
    await editor.diagnostics(after=1)
    assert not any(it.is_preferred for it in await editor.actions(2))

    package.write_text(before, encoding="utf-8")
    editor.changed_on_disk(package)
    await editor.diagnostics(after=2)
    assert any(it.is_preferred for it in await editor.actions(2))

    # The Dockerfile itself, and what is no part of the context, are no reason to look around.
    (project / ".dockerignore").write_text("node_modules\n", encoding="utf-8")
    editor.changed_on_disk(project / ".dockerignore")
    await asyncio.sleep(0.5)
    count = len(editor.published)
    editor.changed_on_disk(project / "Dockerfile", project / "node_modules" / "a", project.parent / "elsewhere")
    await asyncio.sleep(0.5)
    assert len(editor.published) == count


@pytest.mark.asyncio
async def test_a_build_file_that_comes_and_changes(start: StartEditor, project: Path) -> None:
    """The hover on FROM says which context the build files give; a new one is a reason to look, unlike a keystroke."""
    editor = await start(capabilities(watching=True))
    await editor.until(lambda: types.WORKSPACE_DID_CHANGE_WATCHED_FILES in editor.registered)
    editor.open()
    await editor.diagnostics()

    async def context() -> str:
        hover = await editor.hover(0)
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        return next(it for it in hover.contents.value.splitlines() if it.startswith("Build context"))

    assert "(the Dockerfile's folder)" in await context()
    compose, variables = project / "compose.yaml", project / ".env"
    compose.write_text("services: {web: {build: {dockerfile: '${NAME:-Dockerfile}'}}}\n", encoding="utf-8")
    editor.changed_on_disk(compose, kind=types.FileChangeType.Created)
    await editor.diagnostics(after=1)
    assert "(service web of compose.yaml)" in await context()

    # What the file was read with is watched as well.
    variables.write_text("NAME=other\n", encoding="utf-8")
    editor.changed_on_disk(variables)
    await editor.diagnostics(after=2)
    assert "(the Dockerfile's folder)" in await context()


@pytest.mark.asyncio
async def test_without_watching_a_save_looks_around(start: StartEditor, project: Path) -> None:
    editor = await start()
    editor.open()
    (found,) = await editor.diagnostics()
    (project / "more.js").touch()
    editor.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri)))
    (now,) = await editor.diagnostics(after=1)
    assert now.message != found.message


@pytest.mark.asyncio
async def test_a_pulling_editor_is_told_that_files_changed(start: StartEditor, project: Path) -> None:
    editor = await start(capabilities(pull=True, refresh=True, watching=True))
    editor.open()
    before = await editor.pull()
    (project / "more.js").touch()
    editor.changed_on_disk(project / "more.js", kind=types.FileChangeType.Created)
    await editor.until(lambda: editor.client.diagnostic_refresh_count == 1)
    assert await editor.pull() != before


@pytest.mark.asyncio
async def test_a_text_that_is_no_file(start: StartEditor) -> None:
    editor = await start()
    for uri in ("untitled:Untitled-1", "file:///c%3A/Users/me/Dockerfile", "vscode-remote://host/a b", "git:/x?{", "x"):
        editor.open("FROM node:24\nCOPY . .\nRUN npm ci\n", uri)
        await editor.until(lambda uri=uri: any(it.uri == uri for it in editor.published))
