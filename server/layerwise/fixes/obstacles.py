"""Whether a COPY may move below a step that stands behind it, and if not, why.

The table of what commutes is §6 of the BuildKit notes that ``ARCHITECTURE.md`` cites; a real builder was asked.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from layerwise.commands.registry import installs_of
from layerwise.commands.shell.neutral import is_neutral
from layerwise.context.image_files import Arrival, Link
from layerwise.effects.places import clash
from layerwise.effects.system import is_of_the_hierarchy
from layerwise.fixes.moves import Move
from layerwise.fixes.withheld import Message, shown
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, overlap, relative, upwards
from layerwise.semantics.scope import arg_names
from layerwise.syntax.expansion import mentioned
from layerwise.text.wording import code

_NEVER_MATTER: Final = frozenset(
    {"LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "MAINTAINER", "ONBUILD", "USER", "SHELL"}
)
_MOST_FILES: Final = 1_000
_MAY_NEED: Final = " stands in between and may need the copied files"
_OF_FOLDERS: Final = ("chown", "chmod")
"""Flags that folders get too which a COPY finds missing (fsutil ``copy/mkdir.go:MkdirAll``)."""
_MAKES_FOLDER: Final = " would make a folder that the COPY makes now, perhaps with another owner"


def obstacle(step: Placed, moves: Sequence[Move], arrivals: Sequence[Arrival], links: Sequence[Link]) -> Message | None:
    """Return why the COPYs that move can't go below ``step``: a clause.

    ``arrivals`` are those up to ``step``, with its own if it is a COPY that stays; ``links`` are those of the image.
    """
    keyword = step.keyword
    moved = [it.arrival for it in moves]
    if keyword in _NEVER_MATTER:
        return None
    if keyword in ("ENV", "ARG"):
        return _redefines(step, moved)
    if keyword == "WORKDIR":
        return _changes_folder(step, moves, arrivals)
    if keyword in ("COPY", "ADD"):
        own = next((it for it in arrivals if it.placed is step), None)
        if own is None or any(_overwrites(it, own) or clash(it, own, links) for it in moved):
            return ("the COPY on line ", step, " puts files in the same place, and the order counts")
        others = [it for it in moves if _flags(it.arrival, _OF_FOLDERS) != _flags(own, _OF_FOLDERS)]
        made = [it for move in others if (it := _first_made(move, _before(move, arrivals))) is not None]
        is_first = any(relative(own.copy.target, it) is not None for it in made)
        return (f"{keyword} on line ", step, _MAKES_FOLDER) if is_first else None
    if keyword == "RUN":
        return _may_need_files(step, [first_owned(it, _before(it, arrivals)) or it.arrival.copy.target for it in moves])
    return (f"{keyword} on line ", step, " stands in between")


def _redefines(step: Placed, moved: Sequence[Arrival]) -> Message | None:
    instruction = step.instruction
    names = arg_names(instruction) if step.keyword == "ARG" else {it.name for it in instruction.pairs}
    used = {name for it in moved for name in mentioned(it.placed.instruction.text, escape=it.placed.instruction.escape)}
    shared = sorted(names & used)
    return (f"{step.keyword} on line ", step, f" sets {shared[0]}, which the COPY uses") if shared else None


def _changes_folder(step: Placed, moves: Sequence[Move], arrivals: Sequence[Arrival]) -> Message | None:
    expansion = step.scope.expand(step.instruction.arguments.text, step.instruction.escape)
    folder = join(step.scope.directory, expansion.text, known=expansion.known)
    if folder == step.scope.directory:
        return None
    staying = [it for it in arrivals if all(it is not move.arrival for move in moves)]
    for move in moves:
        arrival = move.arrival
        # Elsewhere the late COPY is written from the root (`Move.absolute`).
        if not arrival.copy.target.startswith("/"):
            return ("WORKDIR on line ", step, " changes where the COPY's relative destination leads")
        before, target = arrival.placed.scope.directory, arrival.copy.target
        # What WORKDIR makes on the way to a folder below is the COPY's own folder.
        made = target if relative(folder, target) is not None else folder
        exists = relative(before, made) is not None
        exists |= any(_makes(it, made) and _flags(it) == _flags(arrival) for it in staying)
        if overlap(target, folder) and not move.early and not exists:
            # COPY makes missing folders as root (or --chown), WORKDIR as the user.
            return ("WORKDIR on line ", step, _MAKES_FOLDER)
    return None


def _makes(arrival: Arrival, folder: str) -> bool:
    """Tell whether a COPY makes a folder that it finds missing."""
    return arrival.placed.keyword in ("COPY", "ADD") and relative(arrival.copy.target, folder) is not None


def _before(move: Move, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    return arrivals[: arrivals.index(move.arrival)]


def _first_made(move: Move, before: Sequence[Arrival]) -> str | None:
    """Return the highest folder that a COPY which moves as a whole may find missing, and make as its flags say."""
    arrival, made = move.arrival, None
    for folder in upwards(arrival.copy.target) if not move.early else ():
        is_there = is_of_the_hierarchy(folder)
        is_there |= relative(arrival.placed.scope.directory, folder) is not None
        if is_there or any(_makes(it, folder) for it in before):
            break
        made = folder
    return made


def first_owned(move: Move, before: Sequence[Arrival]) -> str | None:
    """Return that folder if it gets an owner or a mode that no command would give it."""
    return _first_made(move, before) if _flags(move.arrival, _OF_FOLDERS) else None


def _overwrites(moved: Arrival, staying: Arrival) -> bool:
    """Tell whether a COPY that moves behind another may put something else where that one puts its files."""
    if not staying.copy.from_context or not staying.is_complete or staying.unpacks or len(staying.files) > _MOST_FILES:
        return moved.might_write_below(staying.copy.target)
    if _flags(moved) != _flags(staying):
        return any(moved.find_here(path) for path, _ in staying.landings())
    written = ((path, file, moved.find_here(path)) for path, file in staying.landings())
    return any(it is not None and it.path != file for _, file, it in written)


def _flags(arrival: Arrival, which: Container[str] = ("chown", "chmod", "link")) -> list[str]:
    return sorted(it.text for it in arrival.placed.instruction.flags if it.name in which)


def _may_need_files(step: Placed, targets: Sequence[str]) -> Message | None:
    run = step.run
    if run is not None and run.script is not None and not run.script.broken and run.commands:
        if any(it.kind == "bind" and it.origin is None for it in run.mounts):
            return ("the RUN on line ", step, " mounts files of the build context")
        if all(is_neutral(it, step.scope, targets) for it in run.commands):
            return None
        installs = installs_of(run, step.scope)
        if installs:
            return (f"{code(installs[0][1].title)} on line ", step, _MAY_NEED)
    return (f"{shown(step)} on line ", step, _MAY_NEED)
