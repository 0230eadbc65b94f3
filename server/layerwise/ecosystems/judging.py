"""The judgement on an install: what its manager says of it, and what any program may read besides."""

from __future__ import annotations

from dataclasses import replace

from layerwise.ecosystems.command_line import directory_of
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.effects.implicit import Started, implied
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join


def started(install: Install, needs: Needs, run: Placed) -> Started:
    """Return an install as a program that a RUN starts."""
    return Started(install.title, install.manager, install.command, install.directory, run, needs.variables)


def needs_of(ecosystem: Ecosystem, install: Install, files: InstallFiles, run: Placed) -> Needs:
    """Judge an install of a RUN; a program of the project that runs it (``bin/yarn``) may read any file."""
    needs = ecosystem.needs(install, files, run.scope)
    if needs.source:
        return needs
    more = implied(started(install, needs, run), files.arrivals)
    blocked = [*needs.blocked, *more.blocked]
    program = install.command.program or ""
    directory = directory_of(install.command, run.scope) if "/" in program else None
    path = join(directory, program) if directory is not None else ""
    if path and path not in needs.manifests and files.exists(path):
        blocked.append(f"{program} is a file of the project, which may read others")
    # An install that reads nothing of the project starts no version manager of its own.
    read = dict.fromkeys((*needs.manifests, *more.files) if needs.manifests else ())
    folders = [it for it in read if files.is_directory(it)]
    return replace(
        needs,
        manifests=tuple(it for it in read if it not in folders),
        folders=(*needs.folders, *folders),
        blocked=tuple(dict.fromkeys(blocked)),
        anywhere=needs.anywhere and not blocked,
    )
