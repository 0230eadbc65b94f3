"""Which events on the disk are a reason to look around a document anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.lsp.watching import FileEvent, Watcher

CONTEXT = BuildContext.of_texts(
    {"package.json": "{}", "src/a.js": "", ".dockerignore": "node_modules\n"}, root="/w/app"
)
BUILD_FILES = frozenset({Path("/w/infra/web.yml")})
WATCHER = Watcher(
    Path("/w/app/docker/Dockerfile"), Path("/w"), CONTEXT, ("./package.json", "lib/x", "/bin"), BUILD_FILES
)
# Of the file with content that was read, and of one whose content nobody asked for.
CONCERNED = """\
/w/app/package.json changed
/w/app/package.json
/w/app/src/new.js
/w/app/.dockerignore changed
/w/app/docker/Dockerfile.dockerignore changed
/w/layerwise.toml changed
/w/app/docker/pyproject.toml
/w/package.json
/w/lib/y/z
/w/app/docker/bin
/w/infra/web.yml changed
/w/infra/docker-compose.ci.yml changed
/w/docker-bake.hcl
/w/app/.devcontainer/devcontainer.json changed
"""
NOT_CONCERNED = """\
/w/app/docker/Dockerfile
/w/app/docker/Dockerfile changed
/w/app/src/new.js changed
/w/app/node_modules/x
/w/app/other/layerwise.toml changed
/w/lib/y/z changed
/w/other
/package.json
/w/infra/other.yml changed
/elsewhere/compose.yaml
"""


def event(line: str) -> FileEvent:
    path, _, changed = line.partition(" ")
    return FileEvent(Path(path), only_content=bool(changed))


@pytest.mark.parametrize("line", CONCERNED.splitlines())
def test_concerned(line: str) -> None:
    assert WATCHER.is_concerned(event(line))


@pytest.mark.parametrize("line", NOT_CONCERNED.splitlines())
def test_not_concerned(line: str) -> None:
    assert not WATCHER.is_concerned(event(line))


def test_wildcards_may_match_anything_and_an_unknown_context_may_become_known() -> None:
    assert replace(WATCHER, sources=("*.txt",)).is_concerned(event("/w/other"))
    assert not replace(WATCHER, sources=("*.txt",)).is_concerned(event("/other"))
    assert replace(WATCHER, context=BuildContext.unknown()).is_concerned(event("/elsewhere"))
