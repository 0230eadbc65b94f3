"""From initialize to exit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.capabilities import Client, client_of
from layerwise.lsp.configuration import SECTION
from layerwise.lsp.handlers import diagnostic, workspace
from layerwise.lsp.lifetime import Lifetime


def register(server: LanguageServer, app: App, lifetime: Lifetime) -> None:
    """Register the handlers."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        client = client_of(params.capabilities)
        app.publisher.client = client
        app.folders = _folders(params)
        app.configuration.start(params.initialization_options, asks=client.answers_configuration)
        if client.pulls_diagnostics:
            diagnostic.register(server, app)
        if params.process_id is not None:
            lifetime.end_with(params.process_id)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        registrations = list(_registrations(app.client))
        if registrations:
            server.client_register_capability(types.RegistrationParams(registrations))
        await workspace.read_configuration(app)

    @server.feature(types.SHUTDOWN)
    def shutdown(_params: None) -> None:
        lifetime.is_shut_down = True

    @server.feature(types.EXIT)
    def exit_(_params: None) -> None:
        lifetime.end()


def _folders(params: types.InitializeParams) -> tuple[Path, ...]:
    if params.workspace_folders is not None:
        return workspace.folders_of(params.workspace_folders)
    if params.root_uri is not None:
        path = convert.uri_to_path(params.root_uri)
    else:
        path = Path(params.root_path) if params.root_path else None
    return () if path is None else (path,)


def _registrations(client: Client) -> Iterator[types.Registration]:
    if client.registers_configuration:
        # VS Code says nothing of a section that nobody registered for.
        options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        yield types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
    if client.registers_watching:
        files = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        yield types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files)
