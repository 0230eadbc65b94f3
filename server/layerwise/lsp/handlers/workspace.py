"""What happens around the documents: settings, files and workspace folders."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.reports import set_trace
from layerwise.lsp.watching import FileEvent
from layerwise.rules.registry import NAMES
from layerwise.workspace.settings import read_settings

# An install or a checkout changes files by the thousand.
_PAUSE: Final = 0.2


def register(server: LanguageServer, app: App) -> None:
    """Register the handlers."""
    events: set[FileEvent] = set()

    def look_where_concerned() -> None:
        happened = tuple(events)
        events.clear()
        for uri in app.session:
            watcher = app.watcher(uri)
            if watcher is not None and any(map(watcher.is_concerned, happened)):
                app.background.look(uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        if params.changes and not events:
            asyncio.get_running_loop().call_later(_PAUSE, look_where_concerned)
        events.update(_events(params.changes))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        app.configuration.push(params.settings)
        for uri in app.session:
            app.background.look(uri)
        await read_configuration(app)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = folders_of(params.event.removed)
        added = folders_of(params.event.added)
        app.folders = (*(it for it in app.folders if it not in removed), *added)
        for uri in app.session:
            app.move(uri)


async def read_configuration(app: App) -> None:
    """Take over what is set for all documents, and say what is wrong with it."""
    settings, problems = read_settings(await app.configuration.layers(), NAMES)
    set_trace(settings.trace)
    for problem in problems:
        app.reports.warn(str(problem))


def folders_of(folders: Iterable[types.WorkspaceFolder]) -> tuple[Path, ...]:
    """Return the paths of workspace folders, of those that have one."""
    paths = (convert.uri_to_path(it.uri) for it in folders)
    return tuple(it for it in paths if it is not None)


def _events(changes: Iterable[types.FileEvent]) -> Iterable[FileEvent]:
    for change in changes:
        path = convert.uri_to_path(change.uri)
        if path is not None:
            yield FileEvent(path, only_content=change.type is types.FileChangeType.Changed)
