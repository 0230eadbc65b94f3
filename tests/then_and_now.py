"""A project that changes: what it was is kept as a folder or as a commit, and compared with what it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerwise.workspace.disk import read_context
from layerwise.workspace.earlier import Earlier, EarlierError, earlier

IDENTITY = {"name": "A", "email": "a@example.org", "date": "2026-01-01T00:00:00Z"}
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what.upper()}": it for who in ("AUTHOR", "COMMITTER") for what, it in IDENTITY.items()},
}


@dataclass(frozen=True)
class Project:
    """A folder, which is the working folder."""

    root: Path

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def remove(self, *paths: str) -> None:
        for path in paths:
            (self.root / path).unlink()

    def link(self, path: str, target: str) -> None:
        (self.root / path).unlink(missing_ok=True)
        (self.root / path).symlink_to(target)

    def git(self, *arguments: str, folder: str = ".") -> str:
        command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(command, cwd=self.root / folder, check=True, capture_output=True, encoding="utf-8")
        return done.stdout.strip()

    def commit(self, *options: str) -> str:
        """Commit all that is there, in a new repository if there is none."""
        if not (self.root / ".git").exists():
            self.git("init", *options)
        self.git("add", "--all")
        self.git("commit", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD")

    def keep(self, how: str) -> str:
        """Keep what there is as a ``folder`` or a ``revision``, and return the name of that."""
        if how == "revision":
            return self.commit()
        then = self.root.parent / "then"
        shutil.copytree(self.root, then, symlinks=True)
        return str(then)

    def see(self, old: str, dockerfile: str = "Dockerfile", context: str = "") -> Earlier:
        place = self.root / dockerfile
        return earlier(old, place, read_context(self.root / context, place, "the setting"))

    def changes(self, old: str, dockerfile: str = "Dockerfile", context: str = "") -> str:
        return changes(self.see(old, dockerfile, context))

    def error(self, old: str, dockerfile: str = "Dockerfile") -> str:
        with pytest.raises(EarlierError) as caught:
            self.see(old, dockerfile)
        return str(caught.value).replace(str(self.root), "ROOT")


def changes(it: Earlier) -> str:
    """Return what differs: ``~edited -gone +new``, and ``gone=new`` for what has only another path now."""
    moved = {then: now for then in it.marks for now in it.marks_now if it.marks[then] == it.marks_now[now]}
    found = [f"{then}={now}" for then, now in moved.items()]
    for path in sorted({*it.marks, *it.marks_now} - {*moved, *moved.values()}):
        sign = "~" if path in it.marks and path in it.marks_now else "-" if path in it.marks else "+"
        found.append(f"{sign}{path}")
    return " ".join(found)


def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project with a Dockerfile, and let git know of no settings but those of its repository."""
    for name in [it for it in os.environ if it.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "now"
    root.mkdir()
    monkeypatch.chdir(root)
    project = Project(root)
    project.write({"Dockerfile": "FROM a\n", ".dockerignore": ".git\n"})
    return project
