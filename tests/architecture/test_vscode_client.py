"""The VS Code extension says what the server says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from layerwise.workspace.discovery import is_dockerfile_name

CLIENT = Path(__file__).parents[2] / "vscode-client"
MANIFEST = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))


def test_version_and_settings_are_those_of_the_server() -> None:
    """If not: python vscode-client/scripts/manifest.py."""
    done = subprocess.run([sys.executable, CLIENT / "scripts" / "manifest.py", "--check"], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "dockerfile",
        "Containerfile",
        "Dockerfile.dev",
        "web.Dockerfile",
        "api.containerfile",
        "api-Dockerfile",
        "api_dockerfile",
        "Dockerfile-tilt",
        "Dockerfile_prod",
        "containerfile-x",
    ],
)
def test_vs_code_knows_the_names_that_a_search_finds(name: str) -> None:
    assert is_dockerfile_name(name)
    (language,) = (it for it in MANIFEST["contributes"]["languages"] if it["id"] == "dockerfile")
    # VS Code compares both in lower case.
    patterns = [it.lower() for it in (*language["filenames"], *language["filenamePatterns"])]
    source = (CLIENT / "src" / "extension.ts").read_text(encoding="utf-8")
    (unclaimed,) = re.findall(r"MAYBE_DOCKERFILE = /(.+)/i;", source)
    known = any(fnmatchcase(name.lower(), it) for it in patterns)
    assert known or re.search(unclaimed, f"/x/{name}", re.IGNORECASE)


@pytest.mark.parametrize("name", ["dockerfile-lint.js", "dockerfile_test.go", "Dockerfile-parse.ts"])
def test_vs_code_takes_no_program_for_a_dockerfile(name: str) -> None:
    (language,) = (it for it in MANIFEST["contributes"]["languages"] if it["id"] == "dockerfile")
    assert not any(fnmatchcase(name.lower(), it.lower()) for it in language["filenamePatterns"])


def test_every_command_is_there() -> None:
    registered = re.findall(
        r'registerCommand\("([\w.]+)"', (CLIENT / "src" / "extension.ts").read_text(encoding="utf-8")
    )
    assert sorted(registered) == sorted(it["command"] for it in MANIFEST["contributes"]["commands"])


def test_the_pictures_of_the_readme_are_those_that_the_tests_make() -> None:
    shown = set(re.findall(r"docs/images/([\w-]+)\.png", (CLIENT.parent / "README.md").read_text(encoding="utf-8")))
    tests = (CLIENT.parent / "tests" / "editors" / "vscode" / "test_window.py").read_text(encoding="utf-8")
    assert shown == set(re.findall(r'picture_of_readme\("([\w-]+)"', tests))
    kept = {it.name for it in (CLIENT.parent / "docs" / "images").iterdir()}
    assert kept == {f"{it}{kind}" for it in shown for kind in (".png", ".txt")}


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (CLIENT / "package-lock.json").read_text(encoding="utf-8")
