"""go.mod, go.sum and go.work as data, and where they are found.

Sources: the Go Modules Reference (go.dev/ref/mod): go.mod files, go.sum files, workspaces.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.semantics.paths import join

_BLOCK: Final = re.compile(r"([a-z]+)\s*\(\s*\Z")
_VERSION: Final = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Module:
    """What go.mod says: its name, required (module, version) pairs, and the go version.

    Replaced requirements are those that take their place; ``local`` are the folders that replace modules, which are
    ``replaced``.
    """

    name: str
    requires: tuple[tuple[str, str], ...]
    local: tuple[str, ...]
    replaced: frozenset[str]
    go: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What go.work says: the folders of the members, and the folders that replace modules, which are ``replaced``."""

    uses: tuple[str, ...]
    local: tuple[str, ...]
    replaced: frozenset[str]


def read_module(text: str) -> Module:
    """Read go.mod (grammar: go.dev/ref/mod#go-mod-file-grammar)."""
    name = ""
    requires: dict[str, str] = {}
    local: dict[str, str] = {}
    replaced: list[tuple[list[str], list[str]]] = []
    go: tuple[int, int] | None = None
    for verb, words in _directives(text):
        if verb == "module" and words:
            name = words[0]
        elif verb == "require" and len(words) > 1:
            requires[words[0]] = words[1]
        elif verb == "go" and words and (version := _VERSION.match(words[0])):
            go = int(version[1]), int(version[2])
        elif verb == "replace" and "=>" in words:
            at = words.index("=>")
            replaced.append((words[:at], words[at + 1 :]))
    for old, new in replaced:
        if len(new) == 1 and len(old) == 1:
            requires.pop(old[0], None)
        if len(new) == 1:
            local[old[0]] = new[0]
        elif len(new) > 1 and requires.get(old[0]) in old[1:] + [requires.get(old[0])] * (len(old) == 1):
            requires.pop(old[0], None)
            requires[new[0]] = new[1]
    return Module(name, tuple(requires.items()), tuple(local.values()), frozenset(local), go)


def read_workspace(text: str) -> Workspace:
    """Read go.work (go.dev/ref/mod#workspaces)."""
    uses: list[str] = []
    local: dict[str, str] = {}
    for verb, words in _directives(text):
        if verb == "use" and words:
            uses.append(words[0])
        elif verb == "replace" and "=>" in words and len(words) - words.index("=>") == 2:
            local[words[0]] = words[-1]
    return Workspace(tuple(uses), tuple(local.values()), frozenset(local))


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    block = ""
    for line in text.removeprefix("\ufeff").splitlines():
        stripped = line.partition("//")[0].strip()
        if stripped == ")":
            block = ""
        elif opening := _BLOCK.match(stripped):
            block = opening[1]
        elif stripped:
            words = [it.strip('"`') for it in stripped.split()]
            yield (block, words) if block else (words[0], words[1:])


def unsummed(module: Module, sums: str, apart: frozenset[str] = frozenset()) -> str | None:
    """Return a required module without which go.sum is not complete; those ``apart`` are folders of the project."""
    known = {tuple(it.split()[:2]) for it in sums.splitlines()}
    requires = ((it, version) for it, version in module.requires if it not in apart)
    return next((f"{it} {version}" for it, version in requires if (it, f"{version}/go.mod") not in known), None)


def find_up(directory: str, name: str, files: InstallFiles) -> str | None:
    """Return the nearest folder with such a file of the context, from ``directory`` up."""
    while True:
        if files.exists(join(directory, name)):
            return directory
        parent = posixpath.dirname(directory)
        if parent in ("", directory):
            return None
        directory = parent
