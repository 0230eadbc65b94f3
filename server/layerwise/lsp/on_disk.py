"""Questions about Dockerfiles that are not open: answered by one thread at a time, for all who ask meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

from layerwise.lsp.background import in_thread
from layerwise.workspace.affected import Affected, affected_on_disk
from layerwise.workspace.settings import Layer

_Found: TypeAlias = Mapping[Path, Mapping[Path, Affected]]


class OnDisk:
    """Knows who waits for the next look. What was found is not kept: it depends on every file of every context."""

    def __init__(
        self,
        folders: Callable[[], tuple[Path, ...]],
        opened: Callable[[], Collection[Path]],
        layers: Callable[[str], Awaitable[tuple[Layer, ...]]],
    ) -> None:
        """Look into ``folders`` for what is not ``opened``; ``layers`` returns what is set for the URI of a folder."""
        self._folders = folders
        self._opened = opened
        self._layers = layers
        self._files: set[Path] = set()
        self._now: asyncio.Task[_Found] | None = None
        self._next: asyncio.Task[_Found] | None = None

    async def affected_by(self, file: Path) -> Mapping[Path, Affected]:
        """Return what an edit of a file touches, by Dockerfile, from a look that begins after this call."""
        self._files.add(file)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._look(self._now))
        # One request that is cancelled must not cost the others their answer.
        return (await asyncio.shield(self._next))[file]

    async def _look(self, before: asyncio.Task[_Found] | None) -> _Found:
        if before is not None:
            await asyncio.wait([before])
        files, self._files = frozenset(self._files), set()
        self._now, self._next = self._next, None
        folders = {it: await self._layers(it.absolute().as_uri()) for it in self._folders()}
        return await in_thread(partial(affected_on_disk, folders, files, self._opened()))
