"""Steps that move with the COPYs behind which they stand, where the install does not mind either.

A ``WORKDIR`` is nothing to an install of system packages, nor is a ``RUN chmod +x`` of what was copied; a download can
go before all that works on the source. They keep their order among each other and to the COPYs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerwise.commands.kit.command_line import directory_of
from layerwise.commands.kit.install import InstallFiles, Needs
from layerwise.commands.registry import installs_of
from layerwise.commands.shell.written_paths import fixed_part
from layerwise.context.image_files import Arrival
from layerwise.effects.system import is_of_the_hierarchy
from layerwise.fixes.moves import Move
from layerwise.fixes.obstacles import obstacle
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, overlap, relative
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_MODES: Final = frozenset({"chmod", "chown", "chgrp"})
_MINDS: Final = frozenset({"COPY", "ADD", "USER", "SHELL"})
"""Steps for which the working folder counts, or which count for a RUN or WORKDIR that moves behind them."""
_STEERING: Final = frozenset({"add", "config", "env", "lock", "pin", "pkg", "remove", "set", "update", "use", "venv"})
_NO_STEPS: Final = frozenset({"LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "MAINTAINER"})


def steps_along(between: Sequence[Placed], run: Placed, moved: Sequence[Arrival]) -> tuple[Placed, ...]:
    """Return the steps in between that move with the COPYs, none if that would change something."""
    along = [it for it in between if it.keyword == "WORKDIR" or _sets_modes(it, moved)]
    if not along or run.run is None:
        return ()
    behind = between[next(index for index, it in enumerate(between) if it is along[0]) :]
    stay = [it for it in behind if it not in along and all(it is not copy.placed for copy in moved)]
    uses_folder = any(it.kind == "bind" for it in run.run.mounts) or any(map(_moves_on, run.run.commands))
    return () if uses_folder or any(it.keyword in _MINDS for it in stay) else tuple(along)


def _moves_on(command: Command) -> bool:
    """Tell whether a command works in another folder, which depends on the working folder."""
    return command.directory is None or (command.directory != "" and not command.directory.startswith("/"))


def steps_behind(
    between: Sequence[Placed], moves: Sequence[Move], needs: Sequence[Needs], files: InstallFiles
) -> tuple[Placed, ...]:
    """Return the steps in between that work on the source, and that a download can leave behind it with the COPYs.

    None if what they depend on would change its place too. That the download does not need them is for a person to say.
    """
    placed = [it.arrival.placed for it in moves]
    along = [
        it
        for it in between
        if all(it is not copy for copy in placed)
        and (_works_on_source(it, moves, files) if it.keyword == "RUN" else _adds_to_source(it, moves, needs, files))
    ]
    if not along:
        return ()
    behind = between[next(index for index, it in enumerate(between) if it is along[0]) :]
    early = [it.arrival.placed for it in moves if it.early]
    stay = [it for it in behind if all(it is not other for other in (*along, *placed))]
    is_mixed = any(it is copy for it in behind for copy in early) or any(it.keyword not in _NO_STEPS for it in stay)
    return () if is_mixed else tuple(along)


def _works_on_source(step: Placed, moves: Sequence[Move], files: InstallFiles) -> bool:
    """Tell whether a RUN may need what the COPYs bring; an install has an order of its own to be mended."""
    is_install = step.run is None or installs_of(step.run, step.scope)
    is_kept = is_install or step.run is None or any(_steers(it, step.scope) for it in step.run.commands)
    return not is_kept and obstacle(step, moves, files.arrivals.items, files.arrivals.links) is not None


def _steers(command: Command, scope: Scope) -> bool:
    """Tell whether a command sets what later installs do: ``poetry config --local``, ``uv lock``, ``npm pkg set``."""
    words = (literal(it, scope) or "" for it in command.arguments)
    return next((it for it in words if not it.startswith("-")), "") in _STEERING


def _adds_to_source(step: Placed, moves: Sequence[Move], needs: Sequence[Needs], files: InstallFiles) -> bool:
    """Tell whether a COPY puts files of other stages among those that the COPYs bring, and none that is read."""
    own = next((it for it in files.arrivals.items if it.placed is step), None)
    if own is None or own.copy.from_context:
        return False
    target = own.copy.target
    is_inside = any(relative(target, it.arrival.copy.target) not in (None, "") for it in moves)
    return is_inside and not any(overlap(target, it) for need in needs for it in need.outputs)


def _sets_modes(step: Placed, moved: Sequence[Arrival]) -> bool:
    """Tell whether a RUN only sets the modes or owners of what the COPYs bring."""
    run = step.run
    if run is None or run.script is None or run.script.broken or not run.commands:
        return False
    return all(_sets_mode(it, step.scope, moved) for it in run.commands)


def _sets_mode(command: Command, scope: Scope, moved: Sequence[Arrival]) -> bool:
    words = [literal(it, scope) for it in command.arguments]
    directory = directory_of(command, scope)
    if command.program not in _MODES or command.redirected or directory is None:
        return False
    paths = [it for it in words if it not in ("-R", "--recursive", "-v", "-f")][1:]
    return bool(paths) and all(it is not None and _is_copied(join(directory, it), moved) for it in paths)


def _is_copied(path: str, moved: Sequence[Arrival]) -> bool:
    """Tell whether an image path is a file that a COPY brings, or is in a folder that nothing but a COPY fills."""
    folder = fixed_part(path)
    for arrival in moved:
        target = arrival.copy.target
        is_inside = relative(folder, target) is not None and not is_of_the_hierarchy(target)
        is_brought = arrival.brings_folder(folder) and not is_of_the_hierarchy(folder)
        landing = arrival.find_here(path)
        origin = landing.path if landing is not None else None
        is_file = origin is not None and not arrival.context.is_directory(origin)
        if is_file or is_inside or is_brought:
            return True
    return False
