"""The package managers that are known, in the order of their names. Explicit: a new file is listed here."""

from __future__ import annotations

from typing import Final

from layerwise.ecosystems.go import GO
from layerwise.ecosystems.install import Ecosystem, Install
from layerwise.ecosystems.npm import NPM
from layerwise.ecosystems.pip import PIP
from layerwise.semantics.run import Run
from layerwise.semantics.scope import Scope

ECOSYSTEMS: Final[tuple[Ecosystem, ...]] = (GO, NPM, PIP)


def installs_of(run: Run, scope: Scope) -> list[tuple[Ecosystem, Install]]:
    """Return the installs among a RUN's commands, in order."""
    found: list[tuple[Ecosystem, Install]] = []
    for command in run.commands:
        for ecosystem in ECOSYSTEMS:
            install = ecosystem.recognise(command, scope)
            if install is not None:
                found.append((ecosystem, install))
                break
    return found
