"""What a step is expected to cost, as far as its text and the build context tell: a rough order, no build is asked.

Installs and compilers come before other commands, these before copies (by number of files), and those before folders.
"""

from __future__ import annotations

import enum
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.inputs import context_files
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.context.build_context import BuildContext
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.run import Run


class Cost(enum.IntEnum):
    """How long a step is expected to take; more is longer."""

    NONE = 0
    FOLDER = 1
    FEW_FILES = 2
    SOME_FILES = 3
    MANY_FILES = 4
    COMMAND = 5
    LONG = 6


@dataclass(frozen=True, slots=True)
class Expected:
    """The cost of one step, and in a few words what it comes from ("214 files"), "" if there is nothing to say."""

    cost: Cost
    words: str = ""


_FEW: Final = 20
_SOME: Final = 500
_GROUPS: Final = frozenset({"run", "mod", "pip", "exec"})
"""Verbs of which the next word says what is meant."""
_VERSION: Final = re.compile(r"-?\d+(\.\d+)*\Z")
_VERBS: Final = {
    program: frozenset(verbs.split())
    for programs, verbs in {
        "apk": "add upgrade",
        "apt apt-get aptitude": "install upgrade dist-upgrade full-upgrade build-dep",
        "dnf microdnf tdnf yum": "install update upgrade groupinstall builddep",
        "zypper": "install in update up",
        "pip": "install wheel download",
        "uv": "sync pip",
        "conda mamba micromamba": "install create env update",
        "poetry pipenv pdm": "install sync update",
        "npm pnpm bun": "install i ci add run build rebuild",
        "yarn": "install add build run",
        "gem": "install",
        "bundle": "install exec",
        "composer": "install update require create-project",
        "go": "build install test get mod generate",
        "cargo": "build install test fetch check chef",
        "dotnet": "restore build publish test",
        "python": "setup.py",
        "stack cabal": "build install test",
        "mix": "deps.get deps.compile compile release",
    }.items()
    for program in programs.split()
}
_COMPILERS: Final = "gcc g++ cc c++ clang clang++ rustc javac ghc tsc webpack vite xx-go xx-cargo xx-clang"
_BUILDERS: Final = "configure make cmake ninja meson mvn mvnw gradle gradlew ant sbt lein bazel bazelisk npx"
_ALWAYS: Final = frozenset(f"{_COMPILERS} {_BUILDERS} pacman rustup debootstrap".split())


def expected_cost(placed: Placed, context: BuildContext) -> Expected:
    """Return what an instruction is expected to cost."""
    if kind_of(placed) is not StepKind.LAYER:
        return Expected(Cost.NONE)
    if placed.run is not None:
        command = next(_long_commands(placed.run), "")
        return Expected(Cost.LONG, f"{command}: expected to take long") if command else Expected(Cost.COMMAND)
    if placed.copy is None:
        return Expected(Cost.FOLDER)
    if placed.copy.remote:
        return Expected(Cost.MANY_FILES, "a download")
    if not placed.copy.from_context:
        return Expected(Cost.FEW_FILES)
    files = context_files(placed, context)
    count = len(files.paths)
    if not files.complete:
        return Expected(Cost.SOME_FILES, f"at least {_files(count)}" if count else "")
    cost = Cost.FEW_FILES if count <= _FEW else Cost.SOME_FILES if count <= _SOME else Cost.MANY_FILES
    return Expected(cost, _files(count))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _long_commands(run: Run) -> Iterator[str]:
    """Yield the commands that install or compile, each as its program and what it is told to do."""
    for command in run.commands:
        words = [it.value or "" for it in command.program_words]
        if len(words) > 2 and words[0].startswith("python") and words[1] == "-m":
            words = words[2:]
        if not words:
            continue
        name = posixpath.basename(words[0])
        program = name if name in _VERBS or name in _ALWAYS else _VERSION.sub("", name)
        # Options may have values, which look like what the program is told to do; the table decides.
        said = [it for it in words[1:] if it and not it.startswith("-")]
        verb = next((it for it in said if it in _VERBS.get(program, ())), None)
        if verb is not None:
            at = said.index(verb)
            yield " ".join((name, *said[at : at + 1 + (verb in _GROUPS)]))
        elif program in _ALWAYS or (program == "yarn" and not said):
            yield name
