"""Projects on the disk: a Dockerfile and the files around it, at one time and at another."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from layerwise.buildcache.build import Build, Builder
from layerwise.context.build_context import NamedContext
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse
from layerwise.workspace.disk import read_context


@dataclass(frozen=True)
class File:
    """A file of the context; a folder if ``content`` is None, a symbolic link if there is a ``link``."""

    content: str | None = ""
    mode: int = 0o644
    link: str = ""
    time: int | None = None
    owner: int | None = None


@dataclass(frozen=True)
class Version:
    """A project at one time."""

    dockerfile: str
    files: Mapping[str, File]
    build_args: Mapping[str, str] = field(default_factory=dict[str, str])
    secret: str = "one"  # noqa: S105 - one that nothing hides behind
    target: str | None = None
    named: Mapping[str, Mapping[str, File] | str] = field(default_factory=dict[str, "Mapping[str, File] | str"])
    """Named contexts: folders, or images (``docker-image://…``)."""
    outside: bool = False
    """Whether the Dockerfile lies beside the folder of the context."""

    def place(self, root: Path) -> Path:
        """Where the Dockerfile of a project in a folder is."""
        return root.with_name(f"{root.name}.Dockerfile") if self.outside else root / "Dockerfile"

    def folders(self, root: Path) -> dict[str, Path]:
        """Where the named contexts that are folders are."""
        return {
            it: root.with_name(f"{root.name}.{it}") for it, files in self.named.items() if not isinstance(files, str)
        }

    def write(self, root: Path) -> None:
        """Put the project into an empty folder, and what belongs to it beside that."""
        _write(root, self.files)
        for name, folder in self.folders(root).items():
            _write(folder, _files(self.named[name]))
        self.place(root).write_bytes(self.dockerfile.encode())
        self.place(root).chmod(0o644)

    def write_over(self, before: Version, root: Path) -> None:
        """Make this of another version that is there, as a person would: what is the same is left alone."""
        if self.dockerfile != before.dockerfile:
            self.place(root).write_bytes(self.dockerfile.encode())
        _write_over(root, self.files, before.files)
        for name, folder in self.folders(root).items():
            _write_over(folder, _files(self.named[name]), _files(before.named[name]))


def _files(named: Mapping[str, File] | str) -> Mapping[str, File]:
    return {} if isinstance(named, str) else named


def _write(root: Path, files: Mapping[str, File]) -> None:
    root.mkdir(parents=True)
    for name, it in sorted(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if it.link:
            path.symlink_to(it.link)
        elif it.content is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_text(it.content)
    for name, it in sorted(files.items(), reverse=True):
        _set_status(root / name, it)


def _write_over(root: Path, files: Mapping[str, File], before: Mapping[str, File]) -> None:
    for name in sorted(before.keys() - files.keys(), reverse=True):
        (root / name).unlink() if (root / name).is_file() or (root / name).is_symlink() else (root / name).rmdir()
    for name, it in files.items():
        was, path = before.get(name), root / name
        if was == it:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if it.link:
            path.unlink(missing_ok=True)
            path.symlink_to(it.link)
        elif it.content is None:
            path.mkdir(exist_ok=True)
        elif was is None or was.content != it.content:
            path.write_text(it.content)
        _set_status(path, it)


def _set_status(path: Path, file: File) -> None:
    if not file.link:
        path.chmod(file.mode)
    if file.time is not None:
        os.utime(path, (file.time, file.time))
    if file.owner is not None and os.geteuid() == 0:
        os.chown(path, file.owner, file.owner)


Marks: TypeAlias = Mapping[str, Mapping[str, str]]
"""The identities of what differs, by path: of the build context ("") and of those that have a name."""


def build_of(version: Version, root: Path, marks: Marks | None = None, builder: Builder = Builder.BUILDKIT) -> Build:
    """What the model knows of a version that was written to ``root``."""
    folders = version.folders(root)
    named = {
        name: NamedContext(
            str(folders.get(name, files)), read_context(folders[name], None, name) if name in folders else None
        )
        for name, files in version.named.items()
    }
    context = replace(read_context(root, version.place(root), "the test"), named=named)
    dockerfile = read_dockerfile(parse(version.dockerfile), version.build_args, None, named)
    of = marks or {}
    named_marks = {name: of.get(name, {}) for name in named}
    return Build(dockerfile, context, version.target, builder, of.get("", {}), named_marks, own_file=context.dockerfile)


def marks_of(
    versions: tuple[Version, Version], roots: tuple[Path, Path], *, folder_modes: bool = False
) -> tuple[Marks, Marks]:
    """The identities of all that differs between two versions; with the permissions of folders, if wanted."""
    places = {"": roots}
    places |= {it: (versions[0].folders(roots[0])[it], folder) for it, folder in versions[1].folders(roots[1]).items()}
    found = {it: _marks_of(*both, folder_modes=folder_modes) for it, both in places.items()}
    return {it: marks[0] for it, marks in found.items()}, {it: marks[1] for it, marks in found.items()}


def _marks_of(before: Path, after: Path, *, folder_modes: bool) -> tuple[dict[str, str], dict[str, str]]:
    old, new = identities(before, folder_modes=folder_modes), identities(after, folder_modes=folder_modes)
    differ = {it for it in old.keys() | new.keys() if old.get(it) != new.get(it)}
    return {it: old[it] for it in differ & old.keys()}, {it: new[it] for it in differ & new.keys()}


def identities(root: Path, *, folder_modes: bool) -> dict[str, str]:
    """What is at each path of a folder: kind, permissions, content."""
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder) / name
            status = path.lstat()
            text = path.read_text() if path.is_file() and not path.is_symlink() else ""
            content = str(path.readlink()) if path.is_symlink() else text
            # BuildKit does not notice the permissions of a folder that is there already.
            mode = status.st_mode if folder_modes or not stat.S_ISDIR(status.st_mode) else stat.S_IFMT(status.st_mode)
            found[str(path.relative_to(root))] = f"{mode:o} {content}"
    return found
