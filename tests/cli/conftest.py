"""A small project, and the command line run on it in its folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from layerwise.cli.main import main

DOCKERFILE = """\
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
"""
FIXED = """\
FROM node:24
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
"""
WEB = {
    "web/package.json": '{"name": "web", "version": "1.0.0", "dependencies": {}}',
    "web/package-lock.json": '{"name": "web", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}',
    "web/src/index.js": "",
    "web/src/page.js": "",
}


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A folder, which is the working folder."""

    root: Path

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def run(self, *arguments: str, stdin: str | bytes = "", env: dict[str, str] | None = None) -> Result:
        with CliRunner().isolation(stdin, env) as streams:
            code = main(arguments)
            out, err = (it.getvalue().decode() for it in streams[:2])
        return Result(code, out, err)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "layerwise", *arguments]
        server = Path(__file__).parents[2] / "server"
        env = {**os.environ, "PYTHONPATH": str(server), **environment}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE, env=env)

    def files(self) -> dict[str, bytes]:
        """Return all files with what is in them."""
        return {str(it.relative_to(self.root)): it.read_bytes() for it in self.root.rglob("*") if it.is_file()}


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "LAYERWISE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Project(tmp_path)


@pytest.fixture
def project(empty: Project) -> Project:
    """A Dockerfile with one finding that has a safe fix."""
    empty.write({**WEB, "web/Dockerfile": DOCKERFILE})
    return empty


@pytest.fixture
def dockerfile() -> str:
    return DOCKERFILE


@pytest.fixture
def fixed() -> str:
    return FIXED
