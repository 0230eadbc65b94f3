"""A server for each test that asks for one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from lsp.editor import Editor, StartEditor, capabilities, start_editor

DOCKERFILE = """\
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a Dockerfile that has one finding, with a safe fix."""
    package = {"name": "web", "dependencies": {"marked": "17.0.1"}}
    lock = {
        "name": "web",
        "lockfileVersion": 3,
        "packages": {"": package, "node_modules/marked": {"version": "17.0.1"}},
    }
    for name, text in {
        "Dockerfile": DOCKERFILE,
        "package.json": json.dumps(package),
        "package-lock.json": json.dumps(lock),
        "index.js": "",
        "readme.md": "",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    return tmp_path


@pytest_asyncio.fixture
async def start(project: Path) -> AsyncIterator[StartEditor]:
    """Return the function that starts an editor in the project's folder."""
    started: list[Editor] = []

    async def start_one(
        client: types.ClientCapabilities | None = None,
        *,
        options: object = None,
        configuration: Mapping[str, object] | None = None,
    ) -> Editor:
        editor = await start_editor(project, client or capabilities(), options=options, configuration=configuration)
        started.append(editor)
        return editor

    yield start_one
    for editor in started:
        await editor.client.shutdown_session()
        await editor.client.stop()
