"""Projects on the disk: a Dockerfile and the files around it, at one time and at another."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layerwise.buildcache.build import Build, Builder
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

    def write(self, root: Path) -> None:
        """Put the project into an empty folder."""
        root.mkdir(parents=True)
        (root / "Dockerfile").write_bytes(self.dockerfile.encode())
        (root / "Dockerfile").chmod(0o644)
        for name, it in sorted(self.files.items()):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if it.link:
                path.symlink_to(it.link)
            elif it.content is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_text(it.content)
        for name, it in sorted(self.files.items(), reverse=True):
            _set_status(root / name, it)

    def write_over(self, before: Version, root: Path) -> None:
        """Make this of another version that is there, as a person would: what is the same is left alone."""
        if self.dockerfile != before.dockerfile:
            (root / "Dockerfile").write_bytes(self.dockerfile.encode())
        for name in sorted(before.files.keys() - self.files.keys(), reverse=True):
            (root / name).unlink() if (root / name).is_file() or (root / name).is_symlink() else (root / name).rmdir()
        for name, it in self.files.items():
            was, path = before.files.get(name), root / name
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


def build_of(
    version: Version, root: Path, marks: Mapping[str, str] | None = None, builder: Builder = Builder.BUILDKIT
) -> Build:
    """What the model knows of a version that was written to ``root``."""
    context = read_context(root, root / "Dockerfile", "the test")
    dockerfile = read_dockerfile(parse(version.dockerfile), version.build_args)
    return Build(dockerfile, context, version.target, builder, marks or {}, own_file=context.dockerfile)


def marks_of(before: Path, after: Path, *, folder_modes: bool = False) -> tuple[dict[str, str], dict[str, str]]:
    """The identities of all that differs between two folders; with the permissions of folders, if wanted."""
    old, new = _identities(before, folder_modes=folder_modes), _identities(after, folder_modes=folder_modes)
    differ = {it for it in old.keys() | new.keys() if old.get(it) != new.get(it)}
    return {it: old[it] for it in differ & old.keys()}, {it: new[it] for it in differ & new.keys()}


def _identities(root: Path, *, folder_modes: bool) -> dict[str, str]:
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
