"""An editor for the tests: pytest-lsp's client with a server of its own, and the questions that tests ask."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from lsprotocol import types
from pygls.protocol import JsonRPCResponseMessage
from pytest_lsp import LanguageClient, make_test_lsp_client

from layerwise.text.edit import Edit, apply_edits
from layerwise.text.line_index import Encoding, LineIndex, Position
from layerwise.text.span import Span

COMMAND: Final = (
    sys.executable,
    "-c",
    "from layerwise.lsp.server import run_stdio; raise SystemExit(run_stdio())",
)
PATIENCE: Final = 20.0
"""Seconds: what takes that long will not come."""


def capabilities(
    *,
    encodings: tuple[str, ...] = (),
    pull: bool = False,
    refresh: bool = False,
    markdown: bool = True,
    configuration: bool = False,
    watching: bool = False,
    disabled: bool = True,
    versioned: bool = True,
) -> types.ClientCapabilities:
    """Return the capabilities of an editor that can do most things."""
    kinds = types.ClientCodeActionKindOptions(["quickfix", "source", "source.fixAll"])
    formats = [types.MarkupKind.Markdown, types.MarkupKind.PlainText] if markdown else [types.MarkupKind.PlainText]
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=list(encodings)) if encodings else None,
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
            hover=types.HoverClientCapabilities(content_format=formats),
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(kinds),
                is_preferred_support=True,
                disabled_support=disabled,
            ),
            diagnostic=types.DiagnosticClientCapabilities() if pull else None,
        ),
        workspace=types.WorkspaceClientCapabilities(
            configuration=configuration,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versioned),
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=configuration),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=watching),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=refresh),
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=refresh),
            inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=refresh),
        ),
    )


@dataclass(slots=True)
class Editor:
    """An editor with one folder open."""

    root: Path
    client: LanguageClient
    published: list[types.PublishDiagnosticsParams] = field(default_factory=list[types.PublishDiagnosticsParams])
    registered: list[str] = field(default_factory=list[str])
    refreshed: list[str] = field(default_factory=list[str])
    server: types.InitializeResult | None = None

    @property
    def uri(self) -> str:
        """The Dockerfile at the top of the folder."""
        return (self.root / "Dockerfile").as_uri()

    def open(self, text: str | None = None, uri: str | None = None) -> None:
        """Open a document; without a text with that of the file."""
        if text is None:
            text = (self.root / "Dockerfile").read_bytes().decode()
        item = types.TextDocumentItem(uri or self.uri, "dockerfile", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, text: str, at: tuple[int, int], end: tuple[int, int] | None = None, version: int = 2) -> None:
        """Replace what is between two positions."""
        range_ = types.Range(types.Position(*at), types.Position(*(end or at)))
        change = types.TextDocumentContentChangePartial(range=range_, text=text)
        identifier = types.VersionedTextDocumentIdentifier(version, self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def changed_on_disk(self, *paths: Path, kind: types.FileChangeType = types.FileChangeType.Changed) -> None:
        """Tell the server that files have changed."""
        events = [types.FileEvent(it.as_uri(), kind) for it in paths]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - it may depend on anything
                await asyncio.sleep(0.005)

    async def diagnostics(self, version: int = 1, after: int = 0) -> list[types.Diagnostic]:
        """Wait for what is published of a version, by a message behind the first ``after`` ones."""
        await self.until(lambda: any(it.version == version for it in self.published[after:]))
        return list(next(it for it in self.published[after:] if it.version == version).diagnostics)

    async def pull(self, previous: str | None = None) -> types.DocumentDiagnosticReport:
        """Pull diagnostics."""
        params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(self.uri), None, previous)
        return await self.client.text_document_diagnostic_async(params)

    async def hover(self, line: int, character: int = 0) -> types.Hover | None:
        """Ask what is known of a place."""
        params = types.HoverParams(types.TextDocumentIdentifier(self.uri), types.Position(line, character))
        return await self.client.text_document_hover_async(params)

    async def actions(self, line: int, *only: str, character: int = 0) -> list[types.CodeAction]:
        """Ask for the code actions at a place, the start of a line if not told otherwise."""
        place = types.Range(types.Position(line, character), types.Position(line, character))
        context = types.CodeActionContext([], list(only) or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(self.uri), place, context)
        found = await self.client.text_document_code_action_async(params)
        return [it for it in found or [] if isinstance(it, types.CodeAction)]

    async def lenses(self) -> list[types.CodeLens]:
        """Ask for the code lenses."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(self.uri))
        return list(await self.client.text_document_code_lens_async(params) or [])

    async def hints(self, first: int = 0, last: int = 1000) -> list[types.InlayHint]:
        """Ask for the inlay hints from the start of one line to that of another."""
        range_ = types.Range(types.Position(first, 0), types.Position(last, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(self.uri), range_)
        return list(await self.client.text_document_inlay_hint_async(params) or [])

    async def ask(self, method: str, params: object) -> Any:  # noqa: ANN401
        """Ask what the protocol has no types for; return the JSON."""
        return await self.client.protocol.send_request_async(method, params)

    def set(self, **settings: object) -> None:
        """Tell the server what is set."""
        params = types.DidChangeConfigurationParams({"layerwise": settings})
        self.client.workspace_did_change_configuration(params)


StartEditor = Callable[..., Awaitable[Editor]]


async def start_editor(
    root: Path,
    client_capabilities: types.ClientCapabilities,
    *,
    options: object = None,
    configuration: Mapping[str, object] | None = None,
) -> Editor:
    """Start a server, and an editor for it."""
    client = make_test_lsp_client()
    for scope, settings in (configuration or {}).items():
        client.set_configuration(settings, scope_uri=scope)
    editor = Editor(root, client)

    # pytest-lsp keeps the diagnostics without their version.
    handlers = cast("Any", client.protocol.fm).features
    handlers[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = editor.published.append

    def register(params: types.RegistrationParams) -> None:
        editor.registered.extend(it.method for it in params.registrations)

    handlers[types.CLIENT_REGISTER_CAPABILITY] = register
    for method in (types.WORKSPACE_CODE_LENS_REFRESH, types.WORKSPACE_INLAY_HINT_REFRESH):
        handlers[method] = partial(_note, editor.refreshed, method)
    # pygls makes objects of what it has no types for.
    converter = cast("Any", client.protocol.fm).converter
    converter.register_structure_hook(JsonRPCResponseMessage, lambda it, _: JsonRPCResponseMessage(**it))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    await cast("Any", client).start_io(*COMMAND)
    folders = [types.WorkspaceFolder(root.as_uri(), root.name)]
    params = types.InitializeParams(
        client_capabilities, root_uri=root.as_uri(), workspace_folders=folders, initialization_options=options
    )
    editor.server = await client.initialize_session(params)
    return editor


def _note(refreshed: list[str], method: str, _params: None) -> None:
    refreshed.append(method.split("/")[1])


def applied(text: str, action: types.CodeAction, encoding: Encoding = Encoding.UTF16) -> str:
    """Return a text after the edits of an action."""
    assert action.edit is not None
    if action.edit.document_changes:
        change = action.edit.document_changes[0]
        assert isinstance(change, types.TextDocumentEdit)
        edits = [it for it in change.edits if isinstance(it, types.TextEdit)]
    else:
        edits = [edit for it in (action.edit.changes or {}).values() for edit in it]
    lines = LineIndex(text)
    return apply_edits(text, [Edit(to_span(lines, it.range, encoding), it.new_text) for it in edits])


def to_span(lines: LineIndex, range_: types.Range, encoding: Encoding) -> Span:
    """Return the span of a range."""
    start, end = (Position(it.line, it.character) for it in (range_.start, range_.end))
    return Span(lines.offset(start, encoding), lines.offset(end, encoding))
