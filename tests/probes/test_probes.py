"""What real managers ask the disk for (fixtures/probes, see ``record``), a safe fix leaves where it is asked for.

For each path of the project, of the folder above it, and of the home folder that a recorded command asked for, there or
not: were there such a file in the build context, it is copied before the install, or the fix is not safe, or ``HARMLESS``
says why it does not matter.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Final, cast

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
PROBES: Final = sorted((FIXTURES / "probes").glob("*.json"))

CONTENTS: Final[Mapping[str, str]] = {
    "package.json": '{"workspaces": ["app", "packages/*"]}',
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["app"]\n[tool.pdm.workspace]\nmembers = ["app"]\n',
}
"""What makes a file matter that is asked for; an empty one will do elsewhere."""

INSIDE: Final = {".mvn": "maven.config", ".cargo": "config.toml", ".git": "HEAD"}
"""Folders that are asked for by their own name: what is in them is asked for once they are there."""

HARMLESS: Final[Mapping[str, str]] = {
    "npm: PROJECT/yarn.lock": "read beside package-lock.json, and kept in step by `npm install`; the same node_modules",
    "cargo rustup: PROJECT/*/README*": "named in the manifest's defaults; nothing is fetched for it",
    "cargo rustup: PROJECT/*/benches PROJECT/*/examples PROJECT/*/tests PROJECT/*/build.rs": "the kinds of targets that a build would find; nothing is fetched for them",
    "cargo rustup: PROJECT/*/src/*": "targets too: the fix makes those that have to be there",
    "composer: PROJECT/git@*": "the address of a repository, taken for a path",
    "composer: */HEAD": "of a bare repository, of which there is no work tree to build",
    "go: HOME/go/go.mod": "of the folder of downloads, with which go stops",
    "maven: PROJECT/.hotspot*": "the JVM warns of it, and reads it in debug builds only",
    "pip: HOME/.inputrc": "the keys of a terminal",
    "pipenv: HOME/.magic HOME/.magic.mgc": "how `file` tells kinds of files, of which Python asks for its own format",
    "pipenv: PROJECT/*==*": "a requirement, taken for a path of that name",
    "pipenv: PROJECT/hosts.py PROJECT/main.py PROJECT/.dockerignore": "each file of the folder is looked at for its name, to find Pipfile in any case",
    "pnpm: *pnpm-workspace*": "other spellings of pnpm-workspace.yaml, with which pnpm stops",
    "pnpm: PROJECT/packages/server/.corepack.env": "of a folder whose package.json does not name the manager: not used",
    "poetry: PROJECT/-l*": "an argument of the linker, which ctypes starts to find libraries",
    "poetry: PROJECT/libgcc_s.so.1": "likewise",
    "poetry: PROJECT/six PROJECT/idna PROJECT/pytest PROJECT/flake8 PROJECT/mypy PROJECT/ruff": "the name of a dependency: only one with a slash is taken for a path",
}
"""Why it does not matter that a fix leaves a path behind: managers, and paths as globs."""


@dataclass(frozen=True)
class Probe:
    """One recorded command."""

    manager: str
    command: str
    project: str
    folder: str
    files: Mapping[str, str]
    without: tuple[str, ...]
    environment: Mapping[str, str]
    asked: tuple[str, ...]

    @cached_property
    def context(self) -> dict[str, str]:
        """The files of the folder above the project, in which the project is ``app``, and one that nothing asks for."""
        root = FIXTURES / "projects" / self.project
        found = {str(it.relative_to(root)): it.read_text() for it in root.rglob("*") if it.is_file()}
        left_out = ("Dockerfile*", ".dockerignore", *self.without)
        found = {name: text for name, text in found.items() if not any(fnmatchcase(name, it) for it in left_out)}
        return {f"app/{name}": text for name, text in {**found, **self.files, "docs/unread.md": "one"}.items()}

    def dockerfile(self, *, home: bool) -> str:
        """The Dockerfile that people write; ``home``: of an image whose home folder is the project."""
        variables = {**self.environment, **({"HOME": "/w/app"} if home else {})}
        lines = [f"ENV {name}={value}\n" for name, value in variables.items()]
        folder = f"/w/app/{self.folder}".removesuffix("/.")
        return f"FROM x\n{''.join(lines)}WORKDIR {folder}\nCOPY . /w\nRUN {self.command}\n"

    def places(self) -> Iterator[tuple[str, str, bool]]:
        """Yield (path as recorded, path in the context, whether the home folder has to be the project)."""
        for it in self.asked:
            folder, _, path = it.partition("/")
            if any(other.startswith(f"{it}/") for other in self.asked):
                continue  # a folder: what counts is what is asked for in it
            path = posixpath.join(path, INSIDE.get(posixpath.basename(path), "")).rstrip("/")
            if folder == "ABOVE" and path and path != "app":
                yield it, path, False
            elif folder in ("PROJECT", "HOME") and path:
                yield it, f"app/{path}", folder == "HOME"


def read_probes(path: Path) -> list[Probe]:
    found = json.loads(path.read_text())
    return [
        Probe(
            path.stem, it["command"], it["project"], it.get("folder", "."), it.get("files", {}), tuple(it.get("without", ())),
            it.get("environment", {}), tuple(cast("list[str]", it["found"] + it["missed"])),
        )
        for it in found["runs"]
    ]  # fmt: skip


def analysed(text: str, files: Mapping[str, str]) -> Analysis:
    return analyse(LineIndex(text), parse(text), BuildContext.of_texts(files), Options())


def early(text: str, files: Mapping[str, str], command: str) -> Arrivals:
    """What a command of a text finds; a download that goes before it is none of its own."""
    found = analysed(text, files)
    arriving, arrivals = Arriving(found.context), Arrivals()
    at_last: Arrivals | None = None
    for it in found.dockerfile.stages[0].body.placed:
        if it.run is not None and it.instruction.arguments.text.strip() == command:
            at_last = arrivals
        arrivals = arriving.at(it, arrivals)
    assert at_last is not None, f"{command} is gone from:\n{text}"
    return at_last


def is_left_behind(probe: Probe, path: str, *, home: bool) -> bool:
    """Tell whether a safe fix lets the install run without a file that is in the context."""
    text = probe.dockerfile(home=home)
    files = {path: CONTENTS.get(posixpath.basename(path), ""), **probe.context}
    fixed = fix_all(analysed(text, files))
    return bool(fixed.applied) and early(fixed.text, files, probe.command).find(f"/w/{path}") is None


def harmless(manager: str, path: str) -> str | None:
    for pattern in HARMLESS:
        managers, _, globs = pattern.partition(": ")
        if manager in managers.split() and any(fnmatchcase(path, it) for it in globs.split()):
            return pattern
    return None


@pytest.mark.parametrize("path", [pytest.param(it, id=it.stem) for it in PROBES])
def test_what_a_manager_asks_for_is_there_before_it_runs(path: Path) -> None:
    left = [
        f"{probe.command} ({probe.folder}): {it}"
        for probe in read_probes(path)
        for it, place, home in probe.places()
        if not harmless(probe.manager, it) and is_left_behind(probe, place, home=home)
    ]
    assert left == []


@pytest.mark.parametrize("pattern", HARMLESS)
def test_each_reason_is_needed(pattern: str) -> None:
    probes = [it for path in PROBES for it in read_probes(path)]
    assert any(
        harmless(it.manager, asked) == pattern and is_left_behind(it, place, home=home)
        for it in probes
        for asked, place, home in it.places()
    )
