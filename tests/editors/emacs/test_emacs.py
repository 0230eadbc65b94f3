"""Emacs with eglot as its users have it: the lines of the README, and the commands that they know."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from editors.scenarios import PLAIN, SCENARIOS, Scenario, Step, write_project
from editors.session import Seen, check, run_editor
from editors.snippets import EDITORS, configuration
from unavailable import unavailable

DRIVER: Final = Path(__file__).parent / "driver.el"
HEADING: Final = "Emacs"
# In its batch mode Emacs reads no configuration and has no idle time, in which it tells the server what was typed.
IN_TERMINAL: Final = (
    sys.executable,
    "-c",
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
)


@cache
def _emacs() -> str | None:
    program = shutil.which("emacs")
    if program is None:
        return None
    needed = "(progn (require 'eglot) (require 'dockerfile-mode))"
    result = subprocess.run([program, "--batch", "--eval", needed], capture_output=True, check=False)
    return program if result.returncode == 0 else None


def _run(tmp_path: Path, configured: str, scenario: Scenario, steps: Sequence[Step]) -> tuple[Path, Seen]:
    program = _emacs()
    if program is None:
        unavailable("needs emacs with eglot and dockerfile-mode")
    path = write_project(tmp_path / "web", scenario)
    home = tmp_path / "home"
    folder = home / ".emacs.d"
    folder.mkdir(parents=True)
    (folder / "init.el").write_text(configured, encoding="utf-8")
    # In a home of its own Emacs would first compile its libraries, and be slow meanwhile.
    quick = "(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil)"
    (folder / "early-init.el").write_text(quick, encoding="utf-8")
    command = (*IN_TERMINAL, program, "-nw", path.name, "-l", str(DRIVER))
    return path, run_editor(command, home, path, steps)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda it: it.name)
def test_a_person_sees_a_finding_types_and_fixes_it(tmp_path: Path, scenario: Scenario) -> None:
    path, seen = _run(tmp_path, configuration(HEADING), scenario, scenario.steps)
    check(seen, path, scenario)


def test_the_settings_of_the_page_on_editors(tmp_path: Path) -> None:
    configured = configuration(HEADING) + configuration(HEADING, EDITORS)
    _, seen = _run(tmp_path, configured, PLAIN, [{"what": "findings", "count": 1}])
    assert [it["severity"] for it in seen.list(0)] == ["info"]
