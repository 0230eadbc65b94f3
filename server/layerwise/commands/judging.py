"""The judgement on an install: what its manager says of it, and what any program may read besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from layerwise.commands.kit.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.lockfiles import broken
from layerwise.effects.implicit import implied
from layerwise.effects.started import Started
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import relative


def started(install: Install, needs: Needs, run: Placed) -> Started:
    """Return an install as a program that a RUN starts."""
    return Started(install.title, install.manager, install.command, install.directory, run, needs.variables)


def _lacks_folder(start: Started, needs: Needs, files: InstallFiles) -> Iterator[str]:
    """Yield a clause for a folder where it runs that is there only because COPY brings what is no manifest."""
    for folder in start.folders:
        has_manifest = any(relative(it, folder) is not None for it in (*needs.manifests, *needs.folders))
        is_brought = folder != start.placed.scope.directory and any(
            it.might_write_below(folder) for it in files.arrivals.items
        )
        if is_brought and not has_manifest:
            yield f"the folder where it runs, {folder}, is not there before the COPY"


def needs_of(ecosystem: Ecosystem, install: Install, files: InstallFiles, run: Placed) -> Needs:
    """Judge an install of a RUN, with what it reads though neither its command nor its manifests name it."""
    needs = ecosystem.needs(install, files, run.scope)
    if needs.source:
        return needs
    start = started(install, needs, run)
    more = implied(start, files.arrivals, needs.manifests)
    blocked = dict.fromkeys((*(needs.blocked or _lacks_folder(start, needs, files)), *more.blocked))
    # The manager may have said it in more words.
    for it in broken(needs.manifests, install.directory, files):
        blocked |= {} if any(known.startswith(it.partition(" ")[0]) for known in blocked) else {it: None}
    # An install that reads nothing of the project starts no version manager of its own.
    read = dict.fromkeys((*needs.manifests, *more.files) if needs.manifests else ())
    folders = [it for it in read if files.is_directory(it)]
    return replace(
        needs,
        manifests=tuple(it for it in read if it not in folders),
        folders=(*needs.folders, *folders),
        blocked=tuple(blocked),
        anywhere=needs.anywhere and not blocked,
    )
