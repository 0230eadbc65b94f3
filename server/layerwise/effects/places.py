"""Two names of one place: links that a stage makes or a COPY brings, and folders that only the build knows.

What no link and no variable tells is taken to be apart: that is assumed of base images.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from layerwise.context.image_files import Arrival, Link
from layerwise.effects.environment import working_folder
from layerwise.effects.system import is_of_system
from layerwise.semantics.paths import BASE_DIRECTORY, join, overlap, relative
from layerwise.semantics.run import Run
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_MOST_NAMES: Final = 64


def links_of(run: Run | None, scope: Scope) -> Iterator[Link]:
    """Yield the links that a RUN makes with ``ln -s``; both places where one may be, if its last word is a folder."""
    for command in run.commands if run is not None else ():
        if posixpath.basename(command.program or "") == "ln":
            yield from _links_of(command, scope)


def _links_of(command: Command, scope: Scope) -> Iterator[Link]:
    folder = working_folder(command, scope)
    words = [scope.expand(it.text, "\\") for it in command.arguments]
    options = [it.text for it in words if it.text.startswith("-")]
    if folder is None or not any("s" in it.lstrip("-") for it in options):
        return
    into = next((it.partition("=")[2] for it in options if it.startswith("--target-directory=")), None)
    operands = [it for it in words if not it.text.startswith("-")]
    if into is None and "-t" in options and operands:
        into = operands.pop(0).text
    elif into is None and len(operands) > 1:
        last = operands.pop()
        into = last.text
        if len(operands) == 1:
            yield _link(join(folder, into, known=last.known), operands[0].text, known=operands[0].known)
    place = join(folder, into or ".", known="$" not in (into or ""))
    for it in operands:
        yield _link(join(place, posixpath.basename(it.text.rstrip("/"))), it.text, known=it.known)


def _link(path: str, target: str, *, known: bool) -> Link:
    return Link(path, join(posixpath.dirname(path), target, known=known))


def names_of(path: str, links: Sequence[Link]) -> tuple[str, ...]:
    """Return a path and what else it is, or leads to, through links at or above it."""
    names = [path]
    for name in names:
        through = [(it, relative(name, it.path)) for it in links]
        names += {join(it.target, rest) for it, rest in through if rest is not None} - {*names}
        if len(names) > _MOST_NAMES:
            break
    return tuple(names)


def clash(moved: Arrival, other: Arrival, links: Sequence[Link]) -> bool:
    """Tell whether two COPYs may write to one place by two names, so that their order counts."""
    target = other.copy.target
    if _by_unknown_start(moved, target):
        return True
    ours, theirs = _written(moved, links), _written(other, links)
    return any(overlap(a, b) for a in ours[1:] for b in theirs) or any(moved.might_write_below(it) for it in theirs[1:])


def _written(arrival: Arrival, links: Sequence[Link]) -> list[str]:
    """Return where a COPY writes: its target, and where links lead that were there before it."""
    target = arrival.copy.target
    found = list(names_of(target, links))
    for it in links:
        inside = relative(it.path, target)
        if inside and it not in arrival.links and (not arrival.copy.from_context or arrival.brings_below(it.path)):
            found += names_of(it.target, links)
    return list(dict.fromkeys(found))


def _by_unknown_start(moved: Arrival, path: str) -> bool:
    """Tell whether a COPY may reach a path by a spelling of its own: systems' links, or variables in one of the two."""
    target = moved.copy.target
    if not overlap(target, path) or relative(target, path) is not None or relative(path, target) is not None:
        return False
    if target.split("/")[0] == BASE_DIRECTORY and is_of_system(path):
        # The base image's own folder is the root, or one of the project's.
        return bool(moved.files_at(f"{BASE_DIRECTORY}{path}"))
    return True


def brings_namesake(moved: Arrival, path: str) -> bool:
    """Tell whether a COPY may bring something to an image path, or below it, by another spelling of the folder."""
    if not _by_unknown_start(moved, path):
        return False
    end = f"/{posixpath.basename(path)}/"
    return any(end in f"{it}/" for it, _ in moved.landings())
