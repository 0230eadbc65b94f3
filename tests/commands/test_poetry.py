"""Poetry: ``poetry install`` and ``sync``, what the lockfile takes from the project, and the command that gets the rest."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.python.poetry import POETRY

NAMED = '[tool.poetry]\nname = "app"\nversion = "1"\nreadme = "README.md"\n[tool.poetry.dependencies]\nidna = "3.7"\n'
LOCK = '[[package]]\nname = "idna"\nversion = "3.7"\n'
APP = {"pyproject.toml": NAMED, "poetry.lock": LOCK, "README.md": "", "app/__init__.py": ""}
NO_PACKAGE = {**APP, "pyproject.toml": "[tool.poetry]\npackage-mode = false\n"}
WITH_FOLDER = {
    **APP,
    "poetry.lock": f'{LOCK}[[package]]\nname = "lib"\n[package.source]\ntype = "directory"\nurl = "lib"\n',
    "lib/pyproject.toml": "",
}

AGAIN = "Poetry starts the environment's Python again for the project, which may leave a compiled file more of packages with a .pth file (setuptools)"  # fmt: skip


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("poetry install", "poetry install"),
        ("poetry install --no-interaction --no-ansi --only main -E 'web db'", "poetry install"),
        ("poetry -n install --without=dev,test", "poetry install"),
        ("poetry sync --no-root", "poetry sync"),
        ("/opt/poetry/bin/poetry -C api install --sync", "poetry install"),
        ("python3.12 -m poetry install", "poetry install"),
        ("POETRY_VIRTUALENVS_CREATE=false poetry install --no-dev", "poetry install"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(POETRY, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize(
    "script",
    [
        "poetry install --dry-run",
        "poetry install --only-root",
        "poetry install --frobnicate",
        "poetry add flask",
        "poetry lock",
        "poetry build",
        "poetry config virtualenvs.create false",
        "poetry run pip install -r a.txt",
        "python -m poetry_core install",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(POETRY, script) is None


@pytest.mark.parametrize(
    ("script", "files", "fetch"),
    [
        ("poetry install", APP, "poetry install --no-root"),
        ("poetry -n install --only main", APP, "poetry install -n --only main --no-root"),
        ("python -m poetry sync --without=$GROUPS", APP, "python -m poetry sync --without=$GROUPS --no-root"),
        ("poetry install", WITH_FOLDER, "poetry install --no-root --no-directory"),
        ("poetry install --no-root", WITH_FOLDER, "poetry install --no-root --no-directory"),
        ("poetry install", {**WITH_FOLDER, "pyproject.toml": NO_PACKAGE["pyproject.toml"]}, "poetry install --no-directory"),
    ],
)  # fmt: skip
def test_dependencies_first(script: str, files: dict[str, str], fetch: str) -> None:
    verdict = judge(POETRY, script, files)
    assert (verdict.blocked, verdict.check, verdict.needs.fetch) == ([], [AGAIN], fetch)
    assert verdict.manifests == ["pyproject.toml", "poetry.lock"]


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("poetry install --no-root", APP),
        ("poetry install", NO_PACKAGE),
        ("poetry install --no-root --no-directory", WITH_FOLDER),
    ],
)
def test_dependencies_alone(script: str, files: dict[str, str]) -> None:
    verdict = judge(POETRY, script, {**files, "poetry.toml": "[virtualenvs]\nin-project = true\n"})
    assert (verdict.is_safe, verdict.needs.fetch) == (True, None)
    assert verdict.manifests == ["pyproject.toml", "poetry.lock", "poetry.toml"]


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("poetry install", {"app.py": ""}, "the build context has no pyproject.toml for the folder where it runs"),
        ("poetry install", {**APP, "pyproject.toml": "[tool"}, "pyproject.toml is not valid TOML, or too large to read"),
        ("poetry install", {**APP, "poetry.lock": "<<<<<"}, "poetry.lock is not valid TOML, or too large to read"),
        ("poetry install", {**APP, "poetry.lock": '[[package]]\nname = "x"\n[package.source]\ntype = "file"\nurl = "dist/x.whl"\n'},
         "poetry.lock has archives of the project (dist/x.whl)"),
        ("poetry install", {"pyproject.toml": f'{NAMED}lib = {{path = "lib"}}\n', "lib/a.py": ""}, "pyproject.toml takes lib from a file or folder of the project"),
        ("poetry install", {"pyproject.toml": f'{NAMED}[tool.poetry.group.dev.dependencies]\nlib = [{{path = "lib"}}]\n'},
         "pyproject.toml takes lib from a file or folder of the project"),
        ("poetry install", {"pyproject.toml": '[project]\nname = "app"\ndependencies = ["lib @ file:///app/lib"]\n'},
         "pyproject.toml takes lib from a file or folder of the project"),
        ("poetry install", {**APP, "pyproject.toml": f'{NAMED}[[tool.poetry.source]]\nname = "x"\nurl = "file:///app/simple"\n'},
         "pyproject.toml takes packages from a folder (file:///app/simple)"),
        ("poetry install", {**APP, "pyproject.toml": f'{NAMED}[tool.poetry.requires-plugins]\nx = {{path = "x"}}\n'}, "pyproject.toml takes a plugin of Poetry from the project"),
        ("poetry install", {**APP, "pyproject.toml": f"{NAMED}[tool.poetry-dynamic-versioning]\nenable = true\n"}, "the plugin poetry-dynamic-versioning reads the git history"),
        ("poetry install -C app", APP, "the folder where it runs, /app/app, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(POETRY, script, files).blocked == [reason]


@pytest.mark.parametrize(
    ("script", "files", "check"),
    [
        ("poetry install --no-root", {"pyproject.toml": NAMED, "a.py": ""}, "there is no poetry.lock, so the versions of the first build stay until pyproject.toml changes"),
        ("python -m poetry install --no-root", {**APP, "types.py": ""}, "Poetry may load the project's own types in place of Python's module of that name"),
    ],
)  # fmt: skip
def test_review(script: str, files: dict[str, str], check: str) -> None:
    verdict = judge(POETRY, script, files)
    assert (verdict.blocked, verdict.check) == ([], [check])


@pytest.mark.parametrize(
    ("before", "settings", "output"),
    [
        ("", "", "/app/.venv"),
        ("ENV POETRY_VIRTUALENVS_PATH=/app/env", "", "/app/env"),
        ("ENV VIRTUAL_ENV=/venv", "", "/venv"),
        ("", '[virtualenvs]\npath = "{project-dir}/envs"\n', "/app/envs"),
        ("", 'cache-dir = ".cache"\n', "/app/.cache"),
    ],
)
def test_outputs(before: str, settings: str, output: str) -> None:
    files = {**APP, "poetry.toml": settings}
    assert output in judge(POETRY, "poetry install", files, before).needs.outputs
