"""The recorded probes, and which paths of them do not matter."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Final, cast

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
PROBES: Final = sorted((FIXTURES / "probes").glob("*.json"))

CONTENTS: Final[Mapping[str, str]] = {
    "package.json": '{"workspaces": ["app", "packages/*"]}',
    "go.work": "go 1.19\nuse (\n\t.\n\t./app\n)\n",
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["app"]\n[tool.pdm.workspace]\nmembers = ["app"]\n',
}
"""What makes a file matter that is asked for; an empty one will do elsewhere."""

INSIDE: Final = {".mvn": "maven.config", ".cargo": "config.toml", ".git": "HEAD"}
"""Folders that are asked for by their own name: what is in them is asked for once they are there."""

WRITTEN: Final = {"PROJECT/.yarn/": "PROJECT/.yarn/install-state.gz", "HOME/.yarn/": "HOME/.yarn/berry/index/one"}
"""Folders of which a program writes a part, and that part; else a file of any name is in the way."""

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
    "pnpm: PROJECT/_tmp_*": "a name that is another each time, and gone at the end",
    "pnpm: *pnpm-workspace*": "other spellings of pnpm-workspace.yaml, with which pnpm stops",
    "pnpm: PROJECT/packages/server/.corepack.env": "of a folder whose package.json does not name the manager: not used",
    "poetry: PROJECT/-l*": "an argument of the linker, which ctypes starts to find libraries",
    "poetry: PROJECT/libgcc_s.so.1": "likewise",
    "poetry: PROJECT/six PROJECT/idna PROJECT/pytest PROJECT/flake8 PROJECT/mypy PROJECT/ruff": "the name of a dependency: only one with a slash is taken for a path",
    "yarn-classic: PROJECT/npm-shrinkwrap.json PROJECT/package-lock.json": "yarn warns that there is a lockfile of npm, and reads nothing of it",
}
"""Why it does not matter that a fix leaves a path behind: managers, and paths as globs."""


class Reached(Enum):
    """How a file of the context gets to where it is asked for."""

    AS_IT_IS = auto()
    AS_HOME = auto()
    """The image's home folder is the project."""
    IN_THE_SYSTEM = auto()
    """A COPY lays a folder over the system."""


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
    written: tuple[str, ...]
    programs: tuple[str, ...]

    @cached_property
    def context(self) -> dict[str, str]:
        """The files of the folder above the project, in which the project is ``app``, and one that nothing asks for."""
        root = FIXTURES / "projects" / self.project
        found = {str(it.relative_to(root)): it.read_text() for it in root.rglob("*") if it.is_file()}
        left_out = ("Dockerfile*", ".dockerignore", *self.without)
        found = {name: text for name, text in found.items() if not any(fnmatchcase(name, it) for it in left_out)}
        return {f"app/{name}": text for name, text in {**found, **self.files, "docs/unread.md": "one"}.items()}

    def dockerfile(self, reached: Reached) -> str:
        """The Dockerfile that people write."""
        variables = {**self.environment, **({"HOME": "/w/app"} if reached is Reached.AS_HOME else {})}
        lines = [f"ENV {name}={value}\n" for name, value in variables.items()]
        copy = "COPY rootfs /\n" if reached is Reached.IN_THE_SYSTEM else ""
        folder = f"/w/app/{self.folder}".removesuffix("/.")
        return f"FROM x\n{''.join(lines)}WORKDIR {folder}\n{copy}COPY . /w\nRUN {self.command}\n"

    def places(self) -> Iterator[tuple[str, str, Reached]]:
        """Yield (path as recorded, path in the context, what has to be for it to be asked for or written over)."""
        for it in self.written:
            folder, _, path = WRITTEN.get(it, it).partition("/")
            if folder in ("PROJECT", "HOME") and path:
                place = f"app/{path}left" if path.endswith("/") else f"app/{path}"
                yield it, place, Reached.AS_HOME if folder == "HOME" else Reached.AS_IT_IS
        for it in self.asked:
            folder, _, path = it.partition("/")
            if any(other.startswith(f"{it}/") for other in self.asked):
                continue  # a folder: what counts is what is asked for in it
            path = posixpath.join(path, INSIDE.get(posixpath.basename(path), "")).rstrip("/")
            if not folder:
                yield it, f"rootfs{it}", Reached.IN_THE_SYSTEM
            elif folder == "ABOVE" and path and path != "app":
                yield it, path, Reached.AS_IT_IS
            elif folder in ("PROJECT", "HOME") and path:
                yield it, f"app/{path}", Reached.AS_HOME if folder == "HOME" else Reached.AS_IT_IS


def read_probes(path: Path) -> list[Probe]:
    found = json.loads(path.read_text())
    return [
        Probe(
            path.stem, it["command"], it["project"], it.get("folder", "."), it.get("files", {}), tuple(it.get("without", ())),
            it.get("environment", {}), tuple(cast("list[str]", it["found"] + it["missed"])),
            tuple(cast("list[str]", it["written"])), tuple(cast("list[str]", it["programs"])),
        )
        for it in found["runs"]
    ]  # fmt: skip


def harmless(manager: str, path: str) -> str | None:
    for pattern in HARMLESS:
        managers, _, globs = pattern.partition(": ")
        if manager in managers.split() and any(fnmatchcase(path, it) for it in globs.split()):
            return pattern
    return None
