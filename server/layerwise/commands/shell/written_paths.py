"""The image paths that simple commands make or delete: ``rm``, ``mkdir``, ``useradd``, ``python -m venv``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerwise.semantics.shell import Command

ADDS_USERS: Final = ("useradd", "adduser")
_PATTERN: Final = re.compile(r"[*?\[{]")
_USER: Final = re.compile(r"[a-z_][\w.-]*")


def written_paths(command: Command) -> Iterator[str]:
    """Yield the absolute paths that a command makes or deletes; home folders of the users that it adds."""
    values = [it.value or "" for it in command.arguments]
    if command.program in ("rm", "mkdir", *ADDS_USERS):
        yield from (fixed_part(it) for it in values if it.startswith("/"))
    if values[:2] == ["-m", "venv"]:
        yield from (it for it in values if it.startswith("/"))
    if command.program in ADDS_USERS:
        yield from (f"/home/{it}" for it in values if _USER.fullmatch(it))


def fixed_part(path: str) -> str:
    """Return the folder that a glob can't leave, or the path itself."""
    found = _PATTERN.search(path)
    return path if found is None else path[: found.start()].rpartition("/")[0]
