"""What the extension for VS Code starts: with a Python that will do, from the bundle or what is installed, or not."""

from __future__ import annotations

import importlib.util
import os
import platform
import site
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

LAUNCHER: Final = Path(__file__).parents[2] / "vscode-client" / "launch.py"
NATIVE: Final = ("tree_sitter", "tree_sitter_bash", "tree_sitter_hcl")
# As the extension does it; and without what is installed in this Python.
BARE: Final = (sys.executable, "-I", "-S", "-X", "utf8")


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    """Return one with an empty bundle beside it."""
    (tmp_path / "bundled").mkdir()
    copy = tmp_path / "launch.py"
    copy.write_bytes(LAUNCHER.read_bytes())
    return copy


def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("launch", LAUNCHER)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def check(launcher: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": os.defpath}
    command = (*BARE, str(launcher), "--check")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def add_native(folder: Path) -> None:
    folder.mkdir(parents=True)
    for it in NATIVE:
        (folder / it).symlink_to(Path(sysconfig.get_path("platlib")) / it)


def test_what_is_bundled_is_enough(launcher: Path, tmp_path: Path) -> None:
    add_native(tmp_path / "bundled" / "native" / module().platform_name())
    assert check(launcher, tmp_path).returncode == 0


def test_what_the_user_has_installed_is_taken_where_none_is_bundled(
    launcher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(site, "USER_BASE", None)
    monkeypatch.setattr(site, "USER_SITE", None)
    add_native(Path(site.getusersitepackages()))
    assert check(launcher, tmp_path).returncode == 0


def test_it_says_what_is_missing_and_how_to_get_it(launcher: Path, tmp_path: Path) -> None:
    refused = check(launcher, tmp_path)
    assert refused.returncode == 3
    assert refused.stderr.splitlines()[-1] == (
        f"layerwise comes without tree-sitter for Python {platform.python_version()} on {module().platform_name()}; "
        f"install it with: {sys.executable} -m pip install tree-sitter tree-sitter-bash tree-sitter-hcl"
    )


def test_an_older_python_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12, "final", 0))
    assert module().main() == 3
    assert capsys.readouterr().err == "this is Python 3.10.12\n"


@pytest.mark.parametrize(
    ("system", "machine", "abi", "folder"),
    [
        ("linux", "x86_64", "cpython-312-x86_64-linux-gnu", "linux-x86_64"),
        ("linux", "aarch64", "cpython-312-aarch64-linux-gnu", "linux-aarch64"),
        ("linux", "x86_64", "cpython-312-x86_64-linux-musl", "musllinux-x86_64"),
        ("darwin", "arm64", "cpython-312-darwin", "macosx-arm64"),
        ("darwin", "x86_64", "cpython-312-darwin", "macosx-x86_64"),
        ("win32", "AMD64", None, "win-amd64"),
    ],
)
def test_the_folder_of_a_platform_is_one_that_is_bundled(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, abi: str | None, folder: str
) -> None:
    launch = module()
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "win-amd64")
    monkeypatch.setattr(sysconfig, "get_config_var", {"SOABI": abi}.get)
    assert launch.platform_name() == folder
    bundler = (LAUNCHER.parent / "scripts" / "bundle.py").read_text(encoding="utf-8")
    assert f'"{folder}": (' in bundler
