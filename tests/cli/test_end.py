"""How the program ends: versions, closed pipes, interrupts, bugs; and what a start costs."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from types import ModuleType

import pytest

from layerwise.cli import work
from layerwise.cli.main import main

from .conftest import Project


def test_version_is_printed_without_the_analysis(empty: Project) -> None:
    assert re.fullmatch(r"layerwise \d+\.\d+\.\d+\S*\n", empty.run("--version").out)
    code = "import sys; from layerwise.cli.main import main; main(['--version']); print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "layerwise.cli.main" in modules
    assert "layerwise.rules" not in modules


@pytest.mark.usefixtures("project")
def test_no_command_but_serve_imports_the_language_server() -> None:
    code = (
        "import sys; from layerwise.cli.main import main; main(['check']); main(['fix']); main(['rules']);"
        "main(['explain', 'web', '--since', 'web/Dockerfile']); main(['--help']); sys.exit('pygls' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


@pytest.mark.usefixtures("project")
def test_main_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert main(["check", "--fail-on", "none"]) == 0
    assert main(["check", "nowhere"]) == 2
    assert main(["chek"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "layerwise: there is no command 'chek'; did you mean check?"


def test_python_m_layerwise(project: Project) -> None:
    out, err = (process := project.start("check", PYTHONIOENCODING="ascii")).communicate(timeout=60)
    assert (process.returncode, err) == (1, b"")
    assert b"1 finding in 1 file" in out


def test_a_terminal_of_another_encoding_gets_escapes(empty: Project) -> None:
    process = empty.start("check", "-", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    out, err = process.communicate("FROM a\nCOPPY 日 b\n".encode(), timeout=60)
    assert (process.returncode, err) == (1, b"")
    assert b"2 | COPPY \\u65e5 b" in out


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_is_told_nothing(project: Project, unbuffered: str) -> None:
    process = project.start("check", PYTHONUNBUFFERED=unbuffered)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.usefixtures("project")
def test_a_full_disk_is_said(unbuffered: str) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-m", "layerwise", "check"]
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        result = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, env=env)
    assert result.returncode == 2
    assert result.stderr.startswith("layerwise: No space left on device; the results are not complete\n")
    assert "Traceback" not in result.stderr


def test_an_interrupt_ends_without_a_traceback(empty: Project) -> None:
    process = empty.start("check", "-")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, b"")


def broken(*_arguments: object) -> object:
    raise RuntimeError("what happened")


def test_a_bug_names_the_file_and_costs_no_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"b/Dockerfile": "FROM a\n"})
    right = work.analyse_now

    def sometimes(text: str, place: work.Place, *_: object) -> object:
        return right(text, place) if place.path is not None and "web" in place.path.parts else broken()

    monkeypatch.setattr(work, "analyse_now", sometimes)
    result = project.run("check")
    assert result.code == 2
    assert result.err == (
        "layerwise: b/Dockerfile: internal error (RuntimeError: what happened);"
        " this is a bug in layerwise, please report it\n"
    )
    assert "web/Dockerfile:3:1: warning" in result.out
    traced = project.run("check", env={"LAYERWISE_DEBUG": "1"}).err
    assert "Traceback (most recent call last):" in traced


def test_a_rule_that_fails_is_told_and_ends_in_2(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    right = work.analyse_now

    def failing(text: str, place: work.Place, *_: object) -> object:
        try:
            broken()
        except RuntimeError:
            logging.getLogger("layerwise.rules.analysis").exception("the rule %s failed on %s", "a-rule", "RUN x")
        return right(text, place)

    monkeypatch.setattr(work, "analyse_now", failing)
    result = project.run("check")
    assert result.code == 2
    assert result.err == (
        "layerwise: web/Dockerfile: the rule a-rule failed on RUN x; this is a bug in layerwise, please report it\n"
    )


@pytest.mark.parametrize("arguments", [("serve",), ("serve", "--stdio")])
def test_serve_ends_with_the_exit_code_of_the_server(
    empty: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    server = ModuleType("layerwise.lsp.server")
    vars(server)["run_stdio"] = lambda: 1
    monkeypatch.setitem(sys.modules, server.__name__, server)
    assert empty.run(*arguments).code == 1
