"""Finds the build files of a workspace that build a Dockerfile, and the contexts that they give it.

Of several contexts, the likeliest first: Compose before Bake before devcontainer; files that are used by themselves
before those that add to them (``compose.override.yaml``, ``compose.prod.yaml``); the nearest folder, from that of the
Dockerfile up; then as in the file. Only if none there builds it, the other folders of the workspace are searched.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from layerwise.workspace.build_files.bake import bake_builds
from layerwise.workspace.build_files.compose import compose_builds
from layerwise.workspace.build_files.devcontainer import devcontainer_builds
from layerwise.workspace.build_files.files import DEFAULT_NAMES, Definition, Files
from layerwise.workspace.disk import Walks, folders_up, normal_path

_MOST_FOLDERS: Final = 2_000
_MOST_NAMES: Final = 20_000
_MOST_FILES: Final = 300
_MOST_LEVELS: Final = 6
_NOT_SEARCHED: Final = frozenset({"node_modules", "vendor", "venv", "__pycache__"})
DEVCONTAINER_FOLDER: Final = ".devcontainer"
_DEVCONTAINER: Final = ("devcontainer.json", ".devcontainer.json")
# In the order in which `docker compose` looks for one, and `docker buildx bake` merges what it finds.
_COMPOSE: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_BAKE: Final = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
_ENDINGS: Final = (".yaml", ".yml", ".hcl", ".json")
_ANY_COMPOSE = re.compile(r"(?:.+[._-])?compose(?:[._-].+)?\.ya?ml", re.IGNORECASE)
_ANY_BAKE = re.compile(r"(?:.+[._-])?bake(?:[._-].+)?\.(?:hcl|json)", re.IGNORECASE)


def is_build_file(name: str) -> bool:
    """Tell whether a file of this name (no folders) may say how Dockerfiles are built."""
    # Most names of a workspace go no further than this.
    if not name.lower().endswith(_ENDINGS):
        return False
    return name in _DEVCONTAINER or any(it.fullmatch(name) for it in (_ANY_COMPOSE, _ANY_BAKE))


@dataclass(frozen=True, slots=True)
class Described:
    """A build with who describes it ("service web of compose.yaml"), and why its context is taken."""

    definition: Definition
    by: str
    reason: str


class BuildFiles:
    """What is on the disk, read once in the life of this object: one look around, or one run over many Dockerfiles."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._workspaces: dict[Path, _Workspace] = {}
        self.walks = Walks()

    def builds(self, dockerfile: Path, root: Path | None) -> list[Described]:
        """Return the builds whose context exists, the likeliest first; only those in ``root`` or the repository."""
        dockerfile = normal_path(dockerfile)
        folders = folders_up(dockerfile.parent, root)
        workspace = self._workspaces.setdefault(folders[-1], _Workspace(folders[-1]))
        builds = workspace.builds_of(dockerfile, folders)
        return [Described(it, _words(it, workspace.top), _reason(it, builds, workspace.top)) for it in builds]

    def dockerfiles(self, root: Path, folders: Iterable[Path]) -> frozenset[Path]:
        """Return the Dockerfiles that build files in some folders of ``root`` name, there or not."""
        workspace = self._workspaces.setdefault(root, _Workspace(root))
        return frozenset(it for folder in folders for it in workspace.named_in(folder))

    def read(self, dockerfile: Path, root: Path | None) -> frozenset[Path]:
        """Return the files that were asked for, there or not."""
        workspace = self._workspaces.get(folders_up(normal_path(dockerfile).parent, root)[-1])
        return frozenset() if workspace is None else frozenset(workspace.files.texts)


def _reason(build: Definition, builds: Sequence[Definition], top: Path) -> str:
    other = next((it for it in builds if it.context != build.context), None)
    return _words(build, top) + ("" if other is None else f"; {_words(other, top)} has another")


def _words(build: Definition, top: Path) -> str:
    file = build.file.relative_to(top).as_posix()
    return f"{build.name} of {file}" if build.name else file


@dataclass(slots=True)
class _Workspace:
    top: Path
    files: Files = field(init=False)
    _ranked: dict[Path, list[tuple[int, Definition]]] = field(default_factory=dict[Path, list[tuple[int, Definition]]])
    _all: list[Path] | None = None

    def __post_init__(self) -> None:
        self.files = Files(self.top)

    def builds_of(self, dockerfile: Path, folders: Sequence[Path]) -> list[Definition]:
        """Return the builds of a Dockerfile, the likeliest first; ``folders`` are those from its own up to the top."""
        near = [it for folder in folders for it in (folder, *_devcontainer_folders(folder))]
        if found := self._naming(dockerfile, near):
            return found
        if self._all is None:
            self._all = list(_folders_with_build_files(self.top))
        return self._naming(dockerfile, self._all)

    def named_in(self, folder: Path) -> Iterator[Path]:
        """Yield the Dockerfiles that the build files in a folder name."""
        for _, build in self._builds_in(folder):
            if build.dockerfile is not None and build.context.is_relative_to(self.top):
                yield build.dockerfile

    def _naming(self, dockerfile: Path, folders: Iterable[Path]) -> list[Definition]:
        found = [it for folder in folders for it in self._builds_in(folder) if self._builds(it[1], dockerfile)]
        return [it for _, it in sorted(found, key=lambda it: it[0])]

    def _builds(self, build: Definition, dockerfile: Path) -> bool:
        context = build.context
        if not context.is_relative_to(self.top):
            return False
        if build.dockerfile is not None:
            is_named = os.path.normcase(build.dockerfile) == os.path.normcase(dockerfile)
        else:
            is_named = context == dockerfile.parent and dockerfile.name == _default_name(context)
        return is_named and _is_real_folder(context, self.top)

    def _builds_in(self, folder: Path) -> list[tuple[int, Definition]]:
        """Return what the build files in a folder say, with their rank."""
        if folder not in self._ranked:
            self._ranked[folder] = list(self._read(folder, _names_in(folder)))
        return self._ranked[folder]

    def _read(self, folder: Path, names: Sequence[str]) -> Iterator[tuple[int, Definition]]:
        projects = [folder / it for it in _COMPOSE if it in names]
        baked = [folder / it for it in _BAKE if it in names]
        for path in projects:
            yield from ((0, it) for it in compose_builds([path], self.files))
        yield from ((2, it) for it in bake_builds(baked, self.files))
        for path in (folder / it for it in names):
            if _ANY_COMPOSE.fullmatch(path.name) and path not in projects:
                yield from ((1, it) for it in compose_builds([*projects[:1], path], self.files))
            elif _ANY_BAKE.fullmatch(path.name) and path not in baked:
                yield from ((3, it) for it in bake_builds([*baked, path], self.files))
            elif path.name in _DEVCONTAINER:
                yield from ((4, it) for it in devcontainer_builds(path, self.files))


def _default_name(context: Path) -> str | None:
    return next((it for it in DEFAULT_NAMES if (context / it).is_file()), None)


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            names = [it.name for it in islice(found, _MOST_NAMES) if is_build_file(it.name)]
    except (OSError, ValueError):
        return []
    return sorted(names)[:_MOST_FILES]


def _devcontainer_folders(folder: Path) -> Iterator[Path]:
    """Yield where a devcontainer.json may be for a folder: ``.devcontainer`` and what is right below it."""
    own = folder / DEVCONTAINER_FOLDER
    try:
        with os.scandir(own) as found:
            below = sorted(it.path for it in islice(found, _MOST_NAMES) if it.is_dir(follow_symlinks=False))
    except (OSError, ValueError):
        return
    yield own
    yield from map(Path, below)


def _folders_with_build_files(top: Path) -> Iterator[Path]:
    """Yield the folders that have some, those near the top first, until there were too many of anything."""
    ahead, seen, files = deque([(top, 0)]), 0, 0
    for _ in range(_MOST_FOLDERS):
        if not ahead or seen > _MOST_NAMES or files > _MOST_FILES:
            return
        folder, level = ahead.popleft()
        try:
            with os.scandir(folder) as found:
                entries = sorted(islice(found, _MOST_NAMES), key=lambda it: it.name)
        except (OSError, ValueError):
            continue
        seen += len(entries)
        count = sum(is_build_file(it.name) for it in entries)
        files += count
        if count:
            yield folder
        if level < _MOST_LEVELS:
            ahead += ((folder / it.name, level + 1) for it in entries if _is_searched(it))


def _is_searched(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name in _NOT_SEARCHED or (name.startswith(".") and name != DEVCONTAINER_FOLDER):
        return False
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_real_folder(folder: Path, top: Path) -> bool:
    try:
        return folder.is_dir() and folder.resolve().is_relative_to(top.resolve())
    except (OSError, RuntimeError, ValueError):
        return False
