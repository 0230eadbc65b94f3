"""The scripts, keys and packages of the project that a step runs or takes in: ``sh /tmp/setup.sh``, ``gpg --import``.

A step needs these files where it stands, and what they do may be what later installs need: a repository that a script
adds, a key. That they are copied before those is no matter of order.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from layerwise.commands.kit.command_line import directory_of
from layerwise.context.image_files import Arrivals
from layerwise.semantics.paths import join, relative
from layerwise.semantics.run import Run, literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.wording import names

_TAKES: Final = names(
    "sh bash ash dash zsh ksh source . python python2 python3 perl ruby node php Rscript"
    " apt-key gpg gpg2 rpm rpmkeys dpkg debconf-set-selections patch git"
    " pip pip2 pip3 tar unzip psql cat"
)
"""Programs that run the file which they are given, or take it into the system."""


def taken_files(run: Run, scope: Scope, arrivals: Arrivals) -> frozenset[str]:
    """Return the image paths below those of COPYs that a RUN's commands name as what to run or take in."""
    targets = [it.copy.target for it in arrivals.items]
    paths = {it for command in run.commands for it in _taken(command, scope)}
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
