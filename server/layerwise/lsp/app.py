"""What the handlers share: the session, what the client can do, and the ways to the outside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pygls.exceptions import JsonRpcContentModified
from pygls.lsp.server import LanguageServer

from layerwise.lsp import convert
from layerwise.lsp.background import Background, in_thread
from layerwise.lsp.capabilities import Client
from layerwise.lsp.configuration import Configuration
from layerwise.lsp.connection import Output
from layerwise.lsp.on_disk import OnDisk
from layerwise.lsp.protocol import Json
from layerwise.lsp.publisher import Publisher
from layerwise.lsp.refreshing import Refresher
from layerwise.lsp.reports import Reports, set_trace
from layerwise.lsp.resting import Rests
from layerwise.lsp.watching import Watcher
from layerwise.rules.analysis import Analysis
from layerwise.workspace.document import Document
from layerwise.workspace.session import Session
from layerwise.workspace.surroundings import Place, evidence_of


class App:
    """One running server. State changes on the event loop only, and never across an await."""

    def __init__(self, server: LanguageServer, output: Output) -> None:
        """Start with no documents; ``folders`` and what the client can do come with initialize."""
        self.reports = Reports(server.window_show_message)
        self.session = Session(self.reports.error)
        self.folders: tuple[Path, ...] = ()
        self.configuration = Configuration(server.workspace_configuration_async)
        self.publisher = Publisher(self.session, output.send, lambda: self._refresh(server), self.reports.error)
        self.on_disk = OnDisk(lambda: self.folders, self.open_paths, self.configuration.layers)
        self._refresher = Refresher(self.session, server)
        self._turn = asyncio.Lock()
        self._changed: set[str] = set()
        self._rests = Rests(self.rest)
        asyncio.get_running_loop().set_exception_handler(lambda _, it: self.reports.error(_error_of(it)))
        self.background = Background(self.session, self.configuration.layers, self._looked, self.reports.error)

    @property
    def client(self) -> Client:
        """What the client can do."""
        return self.publisher.client

    def open(self, uri: str, text: str, version: int) -> None:
        """Open a document, or open it again."""
        self.close(uri)
        self.session.open(uri, text, version, self._place_of(uri))
        self.background.look(uri)

    def move(self, uri: str) -> None:
        """Find the place of a document anew."""
        self.session.move(uri, self._place_of(uri))
        self.background.look(uri)

    def changed(self, uri: str) -> None:
        """Show a document that was changed, once all changes that have come in already are applied."""
        self._rests.changed(uri)
        if uri not in self._changed:
            self._changed.add(uri)
            asyncio.get_running_loop().call_soon(self._show_changed, uri)

    def rest(self, uri: str) -> None:
        """Show what was kept back while somebody typed; look around if the text tells of another context by now."""
        self.session.rest(uri)
        if self.session.has_other_sources(uri):
            self.background.look(uri)
        self.publisher.show(uri)

    def watcher(self, uri: str) -> Watcher | None:
        """Return what matters to a document of what happens on the disk; None if nothing does, or nothing is known."""
        place, analysis = self.session.place(uri), self.session.analysis(uri)
        if place is None or place.path is None or analysis is None:
            return None
        sources, build_files = evidence_of(analysis.dockerfile).sources, self.session.build_files(uri)
        return Watcher(place.path, place.root, analysis.context, sources, build_files)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._rests.forget(uri)
        self.background.drop(uri)
        self.session.close(uri)
        self.publisher.forget(uri)
        self._refresher.forget(uri)

    async def settled(self, uri: str) -> tuple[Document, Analysis] | None:
        """Return a document and its analysis, with all that it waits for; None if there is no such document.

        Raises ``JsonRpcContentModified`` if the document is changed meanwhile.
        """
        document = self.session.document(uri)
        self._load_unread(uri)
        await self.background.settled(uri)
        self.check_current(uri, document)
        analysis = self.session.analysis(uri)
        return None if document is None or analysis is None else (document, analysis)

    def open_paths(self) -> frozenset[Path]:
        """Return the files of the open documents, of those that have one."""
        paths = (convert.uri_to_path(it) for it in self.session)
        return frozenset(it for it in paths if it is not None)

    async def all_settled(self) -> Mapping[str, tuple[Document, Analysis]]:
        """Return the open documents with their analyses, once nothing is being read for any of them."""
        for uri in self.session:
            await self.background.settled(uri)
        found = ((uri, self.session.document(uri), self.session.analysis(uri)) for uri in self.session)
        return {uri: (document, analysis) for uri, document, analysis in found if document and analysis}

    async def answer(self, documents: Mapping[str, Document], make: Callable[[], object]) -> Json:
        """Return what ``make`` makes of documents in a thread, as JSON; raises as ``check_current`` does.

        One at a time, so that nothing piles up while somebody types: what is old when its turn comes is not made.
        """
        async with self._turn:
            self._check_all_current(documents)
            text = await in_thread(lambda: json.dumps(make(), separators=(",", ":")).encode())
        self._check_all_current(documents)
        return Json(text)

    def check_current(self, uri: str, document: Document | None) -> None:
        """Raise ``JsonRpcContentModified`` if a document is not what it was."""
        if self.session.document(uri) is not document:
            raise JsonRpcContentModified("the document has changed")

    def _check_all_current(self, documents: Mapping[str, Document]) -> None:
        for uri, document in documents.items():
            self.check_current(uri, document)

    def _place_of(self, uri: str) -> Place:
        """Return where a document is: in the deepest workspace folder that contains it."""
        path = convert.uri_to_path(uri)
        around = [it for it in self.folders if path is not None and path.is_relative_to(it)]
        return Place(path, max(around, key=lambda it: len(it.parts), default=None))

    def _load_unread(self, uri: str) -> None:
        analysis = self.session.analysis(uri)
        if analysis is not None and analysis.unread:
            self.background.load(uri)

    def _show_changed(self, uri: str) -> None:
        self._changed.discard(uri)
        if self.session.is_lost(uri):
            self.background.look(uri)
            return
        self._load_unread(uri)
        if not self.client.pulls_diagnostics:
            self.publisher.show(uri)

    def _looked(self, uri: str) -> None:
        """Show what is different behind a look around a document."""
        set_trace(self.session.settings(uri).trace)
        for problem in self.session.settings_problems(uri):
            self.reports.warn(str(problem))
        self.publisher.show(uri)
        self._refresher.looked(uri, self.client)

    def _refresh(self, server: LanguageServer) -> None:
        if self.client.refreshes_diagnostics:
            server.workspace_diagnostic_refresh(None)


def _error_of(context: dict[str, Any]) -> BaseException:
    return context.get("exception") or RuntimeError(context["message"])
