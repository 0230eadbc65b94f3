"""The package managers that are known, in the order of their files. Explicit: a new file is listed here."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from layerwise.ecosystems.go import GO
from layerwise.ecosystems.install import Ecosystem, Install
from layerwise.ecosystems.npm import NPM
from layerwise.ecosystems.pip import PIP
from layerwise.semantics.run import Run, literal
from layerwise.semantics.scope import Scope

ECOSYSTEMS: Final[tuple[Ecosystem, ...]] = (GO, NPM, PIP)


_OF_PROGRAM: Final = {
    program: tuple(it for it in ECOSYSTEMS if program in it.programs)
    for program in sorted(frozenset[str]().union(*(it.programs for it in ECOSYSTEMS)))
}
_VERSION: Final = re.compile(r"-?\d+(\.\d+)*\Z")


def installs_of(run: Run, scope: Scope) -> list[tuple[Ecosystem, Install]]:
    """Return the installs among a RUN's commands, in order."""
    found: list[tuple[Ecosystem, Install]] = []
    for command in run.commands:
        words = command.program_words
        program = posixpath.basename((literal(words[0], scope) if words else None) or "")
        for ecosystem in _OF_PROGRAM.get(program) or _OF_PROGRAM.get(_VERSION.sub("", program), ()):
            install = ecosystem.recognise(command, scope)
            if install is not None:
                found.append((ecosystem, install))
                break
    return found
