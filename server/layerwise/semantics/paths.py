"""Paths inside the image.

A path starts with ``/``, or with ``?`` where its start is not known: ``?`` alone is the base image's own working
directory, ``?$APP`` a directory that only a build-arg or the base image can tell. Two equal paths are the same
directory either way.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator
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
    """Tell whether one path may be the other or lie below it, as far as their spelling tells.

    Two starts that are not known may be one folder, unless they are the same and what follows parts. A variable inside
    a path stands for any names. Links that systems have are followed (``canonical``).
    """
    if one.startswith("?") != other.startswith("?"):
        return True
    if "/.." in one or "/.." in other:
        return True
    parts, others = (canonical(it).split("/") for it in (one, other))
    for part, its in zip(parts, others, strict=False):
        if part == its:
            continue
        return part.startswith("?") or "$" in part or "$" in its
    return True


_LINKS: Final = (
    (re.compile(r"\A/(usr/)?s?bin(?=/|\Z)"), "/usr/bin"),
    (re.compile(r"\A/(usr/)?lib(32|64|x32)?(?=/|\Z)"), "/usr/lib"),
    (re.compile(r"\A/var/run(?=/|\Z)"), "/run"),
    (re.compile(r"\A/var/lock(?=/|\Z)"), "/run/lock"),
    (re.compile(r"\A/var/spool/mail(?=/|\Z)"), "/var/mail"),
    (re.compile(r"\A/usr/(?=tmp(/|\Z))"), "/var/"),
    (re.compile(r"\A/usr/local/man(?=/|\Z)"), "/usr/local/share/man"),
    (re.compile(r"\A/(?=(home|mnt|opt|srv)(/|\Z))"), "/var/"),
    (re.compile(r"\A/root(?=/|\Z)"), "/var/roothome"),
    (re.compile(r"\A/usr/local(?=/|\Z)"), "/var/usrlocal"),
)
"""Links that systems have, or had.

Debian's UsrMerge, Fedora's "Unify bin and sbin", FHS 3.0 on ``/var/run``, ``/var/mail`` and ``/usr/local/man``, Red Hat
on ``/usr/tmp``; and of images that start a machine (bootc, "Filesystem"): ``/opt`` and others, which lie in ``/var``.
"""


@functools.lru_cache(maxsize=1024)
def canonical(path: str) -> str:
    """Return a path with the links that systems have followed: two names that may be one folder become one name."""
    for pattern, target in _LINKS:
        path = pattern.sub(target, path, 1)
    return path.rstrip("/")


def upwards(directory: str) -> Iterator[str]:
    """Yield a folder and those above it."""
    while True:
        yield directory
        parent = posixpath.dirname(directory)
        if parent in ("", directory):
            return
        directory = parent
