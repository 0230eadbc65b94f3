"""The package managers that are known, in the order of their files. Explicit: a new file is listed here."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from layerwise.commands.beam.mix import MIX
from layerwise.commands.beam.rebar import REBAR
from layerwise.commands.dart.dart import DART
from layerwise.commands.dotnet.dotnet import DOTNET
from layerwise.commands.go.go import GO
from layerwise.commands.jvm.gradle import GRADLE
from layerwise.commands.jvm.maven import MAVEN
from layerwise.commands.jvm.sbt import SBT
from layerwise.commands.kit.command_line import UNKNOWN
from layerwise.commands.kit.install import Ecosystem, Install
from layerwise.commands.node.bun import BUN
from layerwise.commands.node.corepack import COREPACK
from layerwise.commands.node.deno import DENO
from layerwise.commands.node.npm import NPM
from layerwise.commands.node.pnpm import PNPM
from layerwise.commands.node.yarn import YARN
from layerwise.commands.php.composer import COMPOSER
from layerwise.commands.python.conda import CONDA
from layerwise.commands.python.pdm import PDM
from layerwise.commands.python.pip import PIP
from layerwise.commands.python.pipenv import PIPENV
from layerwise.commands.python.poetry import POETRY
from layerwise.commands.python.uv import UV
from layerwise.commands.ruby.bundler import BUNDLER
from layerwise.commands.ruby.gem import GEM
from layerwise.commands.rust.cargo import CARGO
from layerwise.commands.swift.swift import SWIFT
from layerwise.commands.system.packages import SYSTEM_PACKAGES
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
