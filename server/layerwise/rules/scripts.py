"""The scripts, keys and packages of the project that a step runs or takes in: ``sh /tmp/setup.sh``, ``gpg --import``.

A step needs these files where it stands, and what they do may be what later installs need: a repository that a script
adds, a key. That they are copied before those is no matter of order.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from layerwise.context.image_files import Arrivals
from layerwise.ecosystems.command_line import directory_of, names
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.semantics.paths import join, relative
from layerwise.semantics.run import Run, literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_TAKES: Final = names(
    "sh bash ash dash zsh ksh source . python python2 python3 perl ruby node php Rscript"
    " apt-key gpg gpg2 rpm rpmkeys dpkg debconf-set-selections patch git"
    " pip pip2 pip3 tar unzip psql cat"
)
"""Programs that run the file which they are given, or take it into the system."""


def taken_files(run: Run | None, scope: Scope, arrivals: Arrivals) -> frozenset[str]:
    """Return the image paths below those of COPYs that a RUN's commands name as what to run or take in."""
    targets = [it.copy.target for it in arrivals.items]
    paths = {it for command in (run.commands if run is not None else ()) for it in _taken(command, scope)}
    return frozenset(path for path in paths if any(relative(path, it) is not None for it in targets))


def _taken(command: Command, scope: Scope) -> Iterator[str]:
    directory = directory_of(command, scope)
    program = command.program
    if directory is None or program is None:
        return
    if "/" in program:
        yield join(directory, program)
    if posixpath.basename(program) in _TAKES:
        for word in command.arguments:
            value = literal(word, scope)
            if value and not value.startswith("-"):
                yield join(directory, value)


def _with_folders(needs: Needs, files: InstallFiles) -> Needs:
    """Return the needs with the manifests that are folders among the folders: ``.yarnclean/``."""
    folders = tuple(it for it in needs.manifests if files.is_directory(it))
    if not folders:
        return needs
    manifests = tuple(it for it in needs.manifests if it not in folders)
    return replace(needs, manifests=manifests, folders=(*needs.folders, *folders))


def needs_of(ecosystem: Ecosystem, install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install; a program of the project that runs it (``bin/yarn``) may read any file."""
    needs = _with_folders(ecosystem.needs(install, files, scope), files)
    program = install.command.program or ""
    directory = directory_of(install.command, scope) if "/" in program else None
    path = join(directory, program) if directory is not None else ""
    if not path or path in needs.manifests or not files.exists(path):
        return needs
    return replace(needs, blocked=(*needs.blocked, f"{program} is a file of the project, which may read others"))
