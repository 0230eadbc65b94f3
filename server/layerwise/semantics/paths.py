"""Paths inside the image.

A path starts with ``/``, or with ``?`` where its start is not known: ``?`` alone is the base image's own working
directory, ``?$APP`` a directory that only a build-arg or the base image can tell. Two equal paths are the same
directory either way.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

_BRACES: Final = re.compile(r"\$\{(\w+)\}(?=/|\Z)")

BASE_DIRECTORY: Final = "?"
"""The working directory that the base image sets."""


def join(directory: str, path: str, *, known: bool = True) -> str:
    """Return ``path`` as seen from ``directory``, normalised; ``known`` is false if it holds an unresolved variable."""
    if not known and path.startswith("$"):
        return _normalise("?" + _BRACES.sub(r"$\1", path))
    if path.startswith("/"):
        return _normalise(path)
    return _normalise(f"{directory}/{path}")


def _normalise(path: str) -> str:
    if path.startswith("?"):
        start, _, rest = path.partition("/")
        tail = posixpath.normpath(rest) if rest else "."
        if tail == ".." or tail.startswith("../"):
            return f"{start}/{tail}"
        return start if tail == "." else f"{start}/{tail}"
    normal = posixpath.normpath(path)
    return "/" + normal.lstrip("/")


def relative(path: str, directory: str) -> str | None:
    """Return ``path`` relative to ``directory`` ("" for itself), or None if it does not lie there."""
    if path == directory:
        return ""
    prefix = directory if directory.endswith("/") else f"{directory}/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def overlap(one: str, other: str) -> bool:
    """Tell whether one path is the other or lies below it; unknown starts may be anywhere."""
    if one.startswith("?") != other.startswith("?"):
        return True
    return relative(one, other) is not None or relative(other, one) is not None
