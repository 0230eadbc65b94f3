"""The other form of a split: the install gets its manifests by bind mounts, and no COPY brings them first.

A mounted file is in the key of the step by its content, as a copied one is. It is there during the step only, and
read-only; what was made to mount it on is taken away again if it is empty (BuildKit
``executor/stubs.go:MountStubsCleaner``). The COPY of everything, now below, brings the manifests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.context.image_files import Arrival
from layerwise.fixes.moves import Move
from layerwise.fixes.run_split import Cut, opening
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import relative

_MOST: Final = 6
"""More mounts than that are harder to read than the COPYs that they stand for."""

_PLAIN: Final = re.compile(r"[\w./@+-]+")


def bind_mounts(
    run: Placed, installs: Sequence[tuple[Install, Needs]], files: InstallFiles, moved: Sequence[Arrival]
) -> tuple[str, ...]:
    """Return the flags that mount what the installs read from the context, none where that is not the same.

    It is not where a COPY gives its files another owner or mode, as a mount shows them as they are in the context;
    where the install runs in another folder than the step, as a mount would have to make that; or where a manifest
    comes from elsewhere.
    """
    landings = {path: files.landing(path) for _, needs in installs for path in needs.manifests}
    folders = [path for _, needs in installs for path in needs.folders]
    if not landings or folders or len(landings) > _MOST or any(map(_changes_files, moved)):
        return ()
    if any(install.directory != run.scope.directory for install, _ in installs):
        return ()
    flags: list[str] = []
    for path, landing in landings.items():
        inside = relative(path, run.scope.directory)
        source = landing.path if landing is not None and landing.arrival in moved else None
        if inside is None or source is None or not (_PLAIN.fullmatch(source) and _PLAIN.fullmatch(inside)):
            return ()
        flags.append(f"--mount=type=bind,source={source},target={inside}")
    return tuple(flags)


def _changes_files(arrival: Arrival) -> bool:
    return any(it.name in ("chown", "chmod") for it in arrival.placed.instruction.flags)


def with_mounts(cut: Cut, run: Placed, flags: Sequence[str]) -> Cut:
    """Return the cut with its head, which installs, behind flags: one a line if there are several."""
    start = opening(run)
    indentation = start[: len(start) - len(start.lstrip())]
    keyword, *own = start.split()
    if not cut.head.startswith(start):
        # As it was written, with more blanks than one or flags on lines of their own.
        start = run.instruction.text[: run.instruction.arguments.raw(0)]
    gap = " " if len(flags) + len(own) == 1 else f" {run.instruction.escape}\n{indentation}    "
    return Cut(f"{indentation}{keyword} {gap.join([*own, *flags])}{gap}{cut.head[len(start) :]}", cut.tail, cut.check)


def unparted(moves: Sequence[Move]) -> tuple[Move, ...] | None:
    """Return the moves of whole COPYs, as nothing of them has to be early; None where parts of one stay."""
    if any(len(it.late_sources) < len(it.arrival.copy.sources) for it in moves):
        return None
    return tuple(Move(it.arrival, (), it.late, it.late_sources) for it in moves)
