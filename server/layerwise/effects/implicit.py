"""What a program may read besides what its arguments and manifests name. This is the one home of that knowledge.

- PATH, in all spellings: a file named like a program that is started, in a folder on it.
- The shell of the RUN, and what stands in front of the program.
- HOME and XDG: settings of the user, by the program's habits (``habits``).
- The files by which shims of version managers choose a version: copied early, as manifests are.
- The values of variables: certificates are copied early, settings withhold, others are a doubt.
- Places where any program of the system looks.

``implied`` is asked when an install is judged, with all files in front of it; ``reached`` when a fix is planned, with
the COPYs that are to come later. All paths are image paths (``semantics.paths``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

from layerwise.context.image_files import Arrival, Arrivals, Link
from layerwise.effects.environment import homes_of, wrappers
from layerwise.effects.found import asks_repositories, names_more, version_files
from layerwise.effects.habits import HOME
from layerwise.effects.search_path import on_path
from layerwise.effects.shells import odd_shell
from layerwise.effects.started import Started
from layerwise.effects.system import system_files
from layerwise.effects.variables import certificates, named, steered
from layerwise.semantics.paths import join, relative
from layerwise.text.wording import code

_OF_SYSTEM: Final = re.compile(r"(/usr(/local)?)?/s?bin/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Implied:
    """What a program reads unasked: ``files`` are to be copied early, ``blocked`` says why it may read more."""

    files: tuple[str, ...]
    blocked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Something that a later COPY brings and that a program may read: ``reason`` is a clause.

    ``doubt``: only a person can tell whether it matters; else it withholds a fix.
    """

    reason: str
    doubt: bool


def implied(started: Started, arrivals: Arrivals, manifests: Sequence[str]) -> Implied:
    """Return what a program reads of the files in front of it, besides ``manifests``. Raises ``UnreadFileError``."""
    versions = tuple(version_files(started, arrivals))
    blocked = [*_odd_start(started, arrivals, manifests), *steered(started, arrivals)]
    blocked += [f"{posixpath.basename(it)} may name other files" for it in versions if names_more(it, arrivals)]
    if asks_repositories(started, arrivals, manifests):
        blocked.append("git reads .git/config for packages of repositories; add .git to .dockerignore first")
    return Implied(tuple(dict.fromkeys((*versions, *certificates(started, arrivals)))), tuple(blocked))


def reached(
    started: Started, moved: Sequence[Arrival], read: Set[str | None], links: Sequence[Link]
) -> Iterator[Reached]:
    """Yield what COPYs that are to come later bring where a program may look.

    ``read`` are the files that come early, ``links`` those that commands made in the image.
    """
    settings = (*HOME, *started.habits.home)
    homes, all_known = homes_of(started.command, started.placed.scope)
    for arrival in moved:
        places = homes if all_known else homes | {arrival.copy.target, *started.folders}
        for file in sorted(system_files(arrival, settings, places, links) - read)[:1]:
            reason = f"the COPY brings {file} to a place where any program may look for settings or code"
            yield Reached(reason, doubt=False)
        for folder, file in on_path(started, arrival):
            if file not in read:
                reason = f"{file} lies in a folder of PATH ({folder}), so {code(started.title)} may start it"
                yield Reached(reason, doubt=False)
    for name, path in named(started):
        if any(it not in read for arrival in moved for it in _strictly_below(arrival, path)):
            reason = f"{name} names {path}, which the later COPY brings: {code(started.title)} must not need it"
            yield Reached(reason, doubt=True)


def _odd_start(started: Started, arrivals: Arrivals, manifests: Sequence[str]) -> Iterator[str]:
    """Yield a clause if the shell, the program, or one in front of it, is a file of the project, or may read one."""
    odd = odd_shell(started.placed)
    if odd is not None:
        yield f"the shell of the RUN ({odd}) may be, or read, a file of the project"
    for word in (*wrappers(started.command), started.command.program or ""):
        paths = [join(it, word) for it in started.folders if "/" in word and not _OF_SYSTEM.fullmatch(word)]
        if any(arrivals.exists(it) and it not in manifests for it in paths):
            yield f"{word} is a file of the project, which may read others"


def _strictly_below(arrival: Arrival, path: str) -> list[str]:
    """Return what a COPY brings at or below ``path``, unless that is all of it."""
    return arrival.files_at(path) if relative(arrival.copy.target, path.rstrip("/") or "/") is None else []
