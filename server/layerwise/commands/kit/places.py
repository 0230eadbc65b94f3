"""Folders of the image as managers search them: from where they run up to the root."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from functools import lru_cache

from layerwise.commands.kit.install import InstallFiles
from layerwise.semantics.paths import join, relative, upwards


def found_upwards(directory: str, names: Sequence[str], files: InstallFiles) -> list[str]:
    """Return the files of the context with one of these names, in the folder and those above it, nearest first."""
    return [path for it in upwards(directory) for name in names if files.exists(path := join(it, name))]


def nearest(directory: str, names: Sequence[str], files: InstallFiles) -> str | None:
    """Return the nearest file of the context with one of these names, from the folder up."""
    return next(iter(found_upwards(directory, names, files)), None)


@lru_cache(maxsize=32)
def files_named(directory: str, ends: tuple[str, ...], files: InstallFiles) -> tuple[str, ...]:
    """Return the files of the context at any depth below a folder whose names end so, sorted.

    Kept, since there may be very many files, and each edit of an install asks again.
    """
    found: set[str] = set()
    for arrival in files.arrivals.items:
        found.update(path for path, _ in arrival.landings_below(directory) if path.endswith(ends))
    return tuple(sorted(it for it in found if files.exists(it)))


def shown(path: str, directory: str) -> str:
    """Return an image path for a message, as seen from the folder of the install: ``web/pom.xml``, ``../pom.xml``."""
    if path.startswith("/") and directory.startswith("/"):
        return posixpath.relpath(path, directory)
    return relative(path, directory) or path


def user_settings(names: Sequence[str], environment: Mapping[str, str | None], files: InstallFiles) -> list[str]:
    """Return files of the context in folders that a manager keeps for its user, such as ``.m2``, wherever home is."""
    homes = ["/root", *filter(None, (environment.get("HOME"),))]
    found = {it for home in homes for name in names for it in files.files_below(join(home, name))}
    for arrival in files.arrivals.items:
        # `COPY settings.xml /home/app/.m2/`: whose home that is, is not told.
        if any(f"/{name}" in arrival.copy.target for name in names):
            found.update(path for path, _ in arrival.landings() if any(f"/{it}" in path for it in names))
    # `COPY a /b`: /b may be the file or its folder, and then both are told.
    is_below = [it for it in found if any(relative(it, other) for other in found)]
    return sorted(it for it in found.difference(is_below) if files.exists(it))
