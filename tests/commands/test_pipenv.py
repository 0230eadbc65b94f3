"""Pipenv: ``pipenv install`` and ``pipenv sync``, their lockfile, local packages and the variables in .env."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.python.pipenv import PIPENV

PIPFILE = '[[source]]\nurl = "https://pypi.org/simple"\nname = "pypi"\n[packages]\nidna = "*"\n[requires]\npython_version = "3.12"\n'  # fmt: skip
LOCK = '{"_meta": {"sources": []}, "default": {"idna": {"version": "==3.7", "index": "pypi"}}, "develop": {}}'
APP = {"Pipfile": PIPFILE, "Pipfile.lock": LOCK, "app.py": ""}


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("pipenv install --system --deploy", "pipenv install --system --deploy"),
        ("pipenv install --deploy --ignore-pipfile -d", "pipenv install --deploy"),
        ("PIPENV_VENV_IN_PROJECT=1 pipenv sync --categories 'packages docs'", "pipenv sync"),
        ("pipenv --python 3.12 install", "pipenv install"),
        ("python -m pipenv sync", "pipenv sync"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(PIPENV, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize(
    "script",
    ["pipenv install flask", "pipenv install -r a.txt", "pipenv install -e .", "pipenv lock", "pipenv run x", "pipenv"],
)
def test_not_recognised(script: str) -> None:
    assert recognised(PIPENV, script) is None


@pytest.mark.parametrize(
    "script",
    [
        "pipenv sync",
        "pipenv install --system --deploy",
        "pipenv install --ignore-pipfile",
        "pipenv install --skip-lock",
    ],
)
def test_safe(script: str) -> None:
    verdict = judge(PIPENV, script, APP)
    assert (verdict.is_safe, verdict.manifests) == (True, ["Pipfile", "Pipfile.lock"])
    assert "/app/.venv" in verdict.needs.outputs


def test_variables_of_the_project_are_read_too() -> None:
    verdict = judge(PIPENV, "pipenv sync", {**APP, ".env": "DEBUG=1\n", "pylock.toml": ""})
    assert (verdict.is_safe, verdict.manifests) == (True, ["Pipfile", "Pipfile.lock", ".env", "pylock.toml"])
    steered = judge(PIPENV, "pipenv sync", {**APP, ".env": "export PIP_CONFIG_FILE='pip.conf'\n", "pip.conf": ""})
    assert steered.blocked == ["PIP_CONFIG_FILE names pip.conf, which is part of the project"]


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("pipenv sync", {"app.py": ""}, "the build context has no Pipfile for the folder where it runs"),
        ("pipenv sync", {"Pipfile": PIPFILE}, "`pipenv sync` needs Pipfile.lock, which the build context does not have"),
        ("pipenv install --deploy", {"Pipfile": PIPFILE}, "`pipenv install --deploy` needs Pipfile.lock, which the build context does not have"),
        ("pipenv sync", {**APP, "Pipfile": "[packages"}, "Pipfile is not valid TOML"),
        ("pipenv sync", {**APP, "Pipfile.lock": "<<<"}, "Pipfile.lock is not valid JSON, or too large to read"),
        ("pipenv sync", {**APP, "Pipfile": '[packages]\napp = {path = ".", editable = true}\n'}, "Pipfile takes app from a file or folder of the project"),
        ("pipenv sync", {**APP, "Pipfile": '[docs]\nx = {file = "dist/x.whl"}\ny = {file = "https://x.example/y.whl"}\n'},
         "Pipfile takes x from a file or folder of the project"),
        ("pipenv sync", {**APP, "Pipfile.lock": '{"default": {"app": {"path": ".", "editable": true}}}'},
         "Pipfile.lock takes app from a file or folder of the project"),
        ("pipenv sync", {**APP, "Pipfile": '[[source]]\nurl = "file:///app/simple"\n'}, "Pipfile takes packages from a folder (file:///app/simple)"),
        ("pipenv sync --pypi-mirror file:///app/simple", APP, "--pypi-mirror names a folder (file:///app/simple)"),
        ("pipenv sync --extra-pip-args='-c c.txt'", APP, "--extra-pip-args may name files of the project"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(PIPENV, script, files).blocked == [reason]


@pytest.mark.parametrize(
    ("files", "check"),
    [
        (APP, "`pipenv install` may rewrite Pipfile.lock, and the later COPY would put the old one back"),
        (
            {"Pipfile": PIPFILE},
            "there is no Pipfile.lock, so the versions of the first build stay until Pipfile changes",
        ),
    ],
)
def test_review(files: dict[str, str], check: str) -> None:
    verdict = judge(PIPENV, "pipenv install", files)
    assert (verdict.blocked, verdict.check) == ([], [check])


def test_clones_are_outputs() -> None:
    files = {**APP, "Pipfile": '[packages]\na = {git = "https://x.example/a", editable = true}\n'}
    assert "/app/src" in judge(PIPENV, "pipenv sync", files).needs.outputs
