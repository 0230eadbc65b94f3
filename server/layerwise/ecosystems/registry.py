"""The package managers that are known, in the order of their files. Explicit: a new file is listed here."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from layerwise.ecosystems.bun import BUN
from layerwise.ecosystems.bundler import BUNDLER
from layerwise.ecosystems.cargo import CARGO
from layerwise.ecosystems.command_line import UNKNOWN
from layerwise.ecosystems.composer import COMPOSER
from layerwise.ecosystems.conda import CONDA
from layerwise.ecosystems.corepack import COREPACK
from layerwise.ecosystems.dart import DART
from layerwise.ecosystems.deno import DENO
from layerwise.ecosystems.dotnet import DOTNET
from layerwise.ecosystems.gem import GEM
from layerwise.ecosystems.go import GO
from layerwise.ecosystems.gradle import GRADLE
from layerwise.ecosystems.install import Ecosystem, Install
from layerwise.ecosystems.maven import MAVEN
from layerwise.ecosystems.mix import MIX
from layerwise.ecosystems.npm import NPM
from layerwise.ecosystems.pdm import PDM
from layerwise.ecosystems.pip import PIP
from layerwise.ecosystems.pipenv import PIPENV
from layerwise.ecosystems.pnpm import PNPM
from layerwise.ecosystems.poetry import POETRY
from layerwise.ecosystems.rebar import REBAR
from layerwise.ecosystems.sbt import SBT
from layerwise.ecosystems.swift import SWIFT
from layerwise.ecosystems.system_packages import SYSTEM_PACKAGES
from layerwise.ecosystems.uv import UV
from layerwise.ecosystems.yarn import YARN
from layerwise.semantics.run import Run, literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Nesting

ECOSYSTEMS: Final[tuple[Ecosystem, ...]] = (
    BUN,
    BUNDLER,
    CARGO,
    COMPOSER,
    CONDA,
    COREPACK,
    DART,
    DENO,
    DOTNET,
    GEM,
    GO,
    GRADLE,
    MAVEN,
    MIX,
    NPM,
    PDM,
    PIP,
    PIPENV,
    PNPM,
    POETRY,
    REBAR,
    SBT,
    SWIFT,
    SYSTEM_PACKAGES,
    UV,
    YARN,
)


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
            if install is not None and not _differs_each_time(install):
                found.append((ecosystem, install))
                break
    return found


def _differs_each_time(install: Install) -> bool:
    """Tell whether a loop names what is installed (``pip install -r $it/x.txt``), so that no order mends it."""
    return bool(install.command.nesting & Nesting.LOOP) and any(UNKNOWN in it for it in install.operands)
