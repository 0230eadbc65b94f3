"""Projects on the disk: a Dockerfile and the files around it, at one time and at another."""

from __future__ import annotations

import os
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
            if not it.link:
                (root / name).chmod(it.mode)
            if it.time is not None:
                os.utime(root / name, (it.time, it.time))
            if it.owner is not None and os.geteuid() == 0:
                os.chown(root / name, it.owner, it.owner)


def build_of(
    version: Version, root: Path, marks: Mapping[str, str] | None = None, builder: Builder = Builder.BUILDKIT
) -> Build:
    """What the model knows of a version that was written to ``root``."""
    context = read_context(root, root / "Dockerfile", "the test")
    dockerfile = read_dockerfile(parse(version.dockerfile), version.build_args)
    return Build(dockerfile, context, version.target, builder, marks or {}, own_file=context.dockerfile)


def marks_of(before: Path, after: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The identities of all that differs between two folders."""
    old, new = _identities(before), _identities(after)
    differ = {it for it in old.keys() | new.keys() if old.get(it) != new.get(it)}
    return {it: old[it] for it in differ & old.keys()}, {it: new[it] for it in differ & new.keys()}


def _identities(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder) / name
            status = path.lstat()
            text = path.read_text() if path.is_file() and not path.is_symlink() else ""
            content = str(path.readlink()) if path.is_symlink() else text
            found[str(path.relative_to(root))] = f"{status.st_mode:o} {content}"
    return found
