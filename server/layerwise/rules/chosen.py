"""Which COPYs were written for the installs behind them, and which bring more than those need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from layerwise.context.image_files import Arrival, Arrivals
from layerwise.effects.system import may_be_settings, settings_of
from layerwise.semantics.copy import Source

_KEEPERS: Final = frozenset({".keep", ".gitkeep", ".gitignore"})
"""Files that are there so that git has the folder; nobody edits them."""

_FOLDER: Final = re.compile(r"[a-z0-9_/-]*")
"""A file without an ending has a capital mostly: Aptfile, Brewfile."""

_NOISE: Final = re.compile(
    r"(.+[.-])?dockerfile([.-].+)?|(docker-)?compose.*\.ya?ml|docker-bake.*\.(hcl|json)"
    r"|\.(docker|git)ignore|\.gitattributes|\.editorconfig"
)


def brings_more(arrival: Arrival, read: Set[str], taken: Set[str], globs: frozenset[str]) -> bool:
    """Tell whether a COPY of the context brings files that nothing in front of the source needs.

    ``read`` are files that installs read or steps ran, ``taken`` the image paths of the latter; ``globs`` tell
    manifests where there is no context.
    """
    if not arrival.copy.from_context:
        return False
    if arrival.is_complete:
        # Settings of the system or the user may be meant for the install.
        more = arrival.files - read - settings_of(arrival)
        return any(it.rpartition("/")[2] not in _KEEPERS for it in more)
    if may_be_settings(arrival) or arrival.lands_at(taken):
        return False
    return not all(_is_manifest(it, globs) for it in arrival.copy.sources)


def brings_tools(arrival: Arrival, taken: Iterable[str]) -> bool:
    """Tell whether a COPY brings a script that an earlier step ran, so that all of it may be what the script needs."""
    return any((landing := arrival.find_here(it)) is not None and landing.path is not None for it in taken)


def _is_manifest(source: Source, globs: frozenset[str]) -> bool:
    """Tell whether a source is spelled as a manifest of one of the installs: ``package*.json``, ``uv.lock*``."""
    return _matches(_name(source).removesuffix("*"), globs)


@lru_cache(maxsize=4096)
def _matches(name: str, globs: frozenset[str]) -> bool:
    """Tell whether a name is spelled so; kept, since each install asks it of each source in front of it."""
    return any(fnmatchcase(name, it) for it in globs)


def _name(source: Source) -> str:
    return source.path.rstrip("/").rpartition("/")[2]


def chosen_manifests(arrivals: Arrivals, globs: frozenset[str]) -> frozenset[str]:
    """Return the files of sources that were written to bring the manifests, whatever else they match.

    A folder is one of them only if it goes by the name of one that holds manifests: ``requirements``.
    """
    return frozenset(
        file
        for arrival in arrivals.items
        for source, match in zip(arrival.copy.sources, arrival.matches, strict=True)
        if match is not None and _is_manifest(source, globs)
        if _name(source) in globs or not any(it.is_directory for it in match.matches)
        for file in match.files
    )


def landed(paths: Iterable[str], arrivals: Arrivals) -> frozenset[str]:
    """Return the files of the context that are at image paths."""
    landings = (arrivals.find(it) for it in paths)
    return frozenset(it.path for it in landings if it is not None and it.path is not None)


def has_folders(arrival: Arrival) -> bool:
    """Tell whether a COPY brings more than files that were chosen one by one."""
    return not arrival.is_complete or any(it.is_directory for match in arrival.matches if match for it in match.matches)


def is_broad(arrival: Arrival, telling: Set[str]) -> bool:
    """Tell whether a COPY brings the project's folder, as against what was chosen for the install.

    ``telling`` are the files without which the install makes no sense: its folder is the project's.
    """
    if not arrival.is_complete:
        return any(_FOLDER.fullmatch(it.path.strip("./")) for it in arrival.copy.sources)
    return any(
        it.is_directory and (not it.path or not telling.isdisjoint(match.file_set))
        for match in arrival.matches
        if match
        for it in match.matches
    )


def is_noise(files: Set[str] | None) -> bool:
    """Tell whether files only describe builds or guide git and editors: what they want is a line in .dockerignore."""
    names = [it.rpartition("/")[2].lower() for it in files or ()]
    return bool(names) and all(map(_NOISE.fullmatch, names))
