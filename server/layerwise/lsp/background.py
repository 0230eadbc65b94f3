"""Reading the disk around the open documents, outside the event loop: one task a document at most."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from layerwise.workspace.session import Session
from layerwise.workspace.settings import Layer

# Each round reads all files that the last one asked for; more than a few mean that something is wrong.
_MOST_ROUNDS: Final = 50
Result = TypeVar("Result")


async def in_thread(function: Callable[[], Result]) -> Result:
    """Run a function in a thread that does not keep the process alive, unlike those of an executor."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def finish(result: Result | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType] - there is one if there is no error

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as caught:  # noqa: BLE001 - it is raised where it is waited for
            error = caught
        # At the end of the process the loop is closed before the thread is done.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await future


class Background:
    """Looks around documents, and reads the files that their analyses wait for."""

    def __init__(
        self,
        session: Session,
        layers: Callable[[str], Awaitable[tuple[Layer, ...]]],
        looked: Callable[[str], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Work for ``session``; ``looked`` is called with each document around which something may have changed."""
        self._session = session
        self._layers = layers
        self._looked = looked
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._due: set[str] = set()

    def look(self, uri: str) -> None:
        """Look around a document anew; again afterwards, if that is going on already."""
        self._due.add(uri)
        self._start(uri)

    def load(self, uri: str) -> None:
        """Read the files that the analysis of a document waits for."""
        self._start(uri)

    def drop(self, uri: str) -> None:
        """Forget a document."""
        self._due.discard(uri)
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    async def settled(self, uri: str) -> None:
        """Wait until nothing is being read for a document."""
        while (task := self._tasks.get(uri)) is not None:
            await asyncio.wait([task])

    def _start(self, uri: str) -> None:
        if uri not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._run(uri))
            self._tasks[uri] = task
            task.add_done_callback(lambda task: self._done(uri, task))

    def _done(self, uri: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(uri) is task:
            del self._tasks[uri]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed(error)

    async def _run(self, uri: str) -> None:
        for _ in range(_MOST_ROUNDS):
            try:
                if not await self._read(uri):
                    break
            except Exception as error:  # noqa: BLE001 - whatever it is, the document must not be lost with it
                self._session.lose(uri)
                self._failed(error)
        # Whatever is asked for from now on needs a task of its own.
        self._tasks.pop(uri, None)
        self._looked(uri)

    async def _read(self, uri: str) -> bool:
        """Read what is to be read next; return whether there was anything."""
        if uri in self._due:
            self._due.discard(uri)
            look = self._session.pending_look(uri, await self._layers(uri))
            if look is not None:
                self._session.accept(uri, await in_thread(look))
            return True
        pending = self._session.pending_load(uri)
        if pending is not None:
            before, load = pending
            self._session.accept_contents(uri, before, await in_thread(load))
        return pending is not None
