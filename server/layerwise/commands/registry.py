"""The package managers that are known, and the programs that start them: a new one is a line here.

A manager is imported when a Dockerfile first starts one of its programs: a file that only runs npm pays for no Maven.
``ecosystems`` imports them all. Nothing else imports one.
"""

from __future__ import annotations

import importlib
import posixpath
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN
from layerwise.commands.kit.install import Ecosystem, Install
from layerwise.semantics.run import Run, literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Nesting

MANAGERS: Final[Mapping[str, str]] = {
    "node.bun.BUN": "bun",
    "ruby.bundler.BUNDLER": "bundle bundler",
    "rust.cargo.CARGO": "cargo",
    "php.composer.COMPOSER": "composer composer.phar php",
    "python.conda.CONDA": "conda mamba micromamba",
    "node.corepack.COREPACK": "corepack",
    "dart.dart.DART": "dart flutter pub",
    "node.deno.DENO": "deno",
    "dotnet.dotnet.DOTNET": "dotnet",
    "ruby.gem.GEM": "gem",
    "go.go.GO": "go",
    "jvm.gradle.GRADLE": "gradle gradlew",
    "jvm.maven.MAVEN": "mvn mvnw",
    "beam.mix.MIX": "mix",
    "node.npm.NPM": "corepack npm npx",
    "python.pdm.PDM": "pdm python",
    "python.pip.PIP": "pip pip-sync pypy python",
    "python.pipenv.PIPENV": "pipenv python",
    "node.pnpm.PNPM": "corepack npx pn pnpm",
    "python.poetry.POETRY": "poetry python",
    "beam.rebar.REBAR": "rebar rebar3",
    "jvm.sbt.SBT": "sbt",
    "swift.swift.SWIFT": "swift",
    "system.packages.SYSTEM_PACKAGES": "apk apt apt-get aptitude dnf dnf5 microdnf pacman tdnf xargs yum zypper",
    "python.uv.UV": "python uv",
    "node.yarn.YARN": "corepack npx yarn yarnpkg",
}
"""Where each is below ``layerwise.commands``, module and name in it, and its ``programs``.

Sorted by their names: where a program starts several, those are asked in this order."""
_OF_PROGRAM: Final[Mapping[str, list[str]]] = {
    program: [it for it, programs in MANAGERS.items() if program in programs.split()]
    for program in " ".join(MANAGERS.values()).split()
}
_VERSION: Final = re.compile(r"-?\d+(\.\d+)*\Z")


@cache
def ecosystem_at(place: str) -> Ecosystem:
    """Return the manager at a place of ``MANAGERS``."""
    module, _, name = place.rpartition(".")
    ecosystem: object = getattr(importlib.import_module(f"layerwise.commands.{module}"), name)
    if not isinstance(ecosystem, Ecosystem):
        raise TypeError(f"{place} is no package manager")
    return ecosystem


@cache
def ecosystems() -> tuple[Ecosystem, ...]:
    """Return all managers, in the order of ``MANAGERS``."""
    return tuple(map(ecosystem_at, MANAGERS))


def installs_of(run: Run, scope: Scope) -> list[tuple[Ecosystem, Install]]:
    """Return the installs among a RUN's commands, in order."""
    found: list[tuple[Ecosystem, Install]] = []
    for command in run.commands:
        words = command.program_words
        program = posixpath.basename((literal(words[0], scope) if words else None) or "")
        for place in _OF_PROGRAM.get(program) or _OF_PROGRAM.get(_VERSION.sub("", program), ()):
            ecosystem = ecosystem_at(place)
            install = ecosystem.recognise(command, scope)
            if install is not None and not _differs_each_time(install):
                found.append((ecosystem, install))
                break
    return found


def _differs_each_time(install: Install) -> bool:
    """Tell whether a loop names what is installed (``pip install -r $it/x.txt``), so that no order mends it."""
    return bool(install.command.nesting & Nesting.LOOP) and any(UNKNOWN in it for it in install.operands)
