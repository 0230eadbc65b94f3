"""When the process ends, and with which code."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Final

_BETWEEN_LOOKS: Final = 2.0


class Lifetime:
    """Ends with ``exit``, with the end of the input, or with the client's process."""

    def __init__(self) -> None:
        """Live."""
        self.is_shut_down = False
        self._end = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    def end(self) -> None:
        """End soon."""
        self._end.set()

    def end_with(self, process: int) -> None:
        """End when a process ends; one that can't be seen from here (in another container) is not waited for."""
        # There, a signal of 0 is no question but a kill.
        if sys.platform != "win32" and _is_alive(process):
            self._watch = asyncio.get_running_loop().create_task(self._end_with(process))

    async def _end_with(self, process: int) -> None:
        while _is_alive(process):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), _BETWEEN_LOOKS)
                return
        self.end()

    async def code(self) -> int:
        """Wait for the end, and return the exit code."""
        await self._end.wait()
        return 0 if self.is_shut_down else 1


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
