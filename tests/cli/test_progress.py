"""A long run tells on a terminal how far it is, and leaves nothing of it behind."""

from __future__ import annotations

import io
import sys
import time

import pytest
from typing_extensions import override

from layerwise.cli.main import main

from .conftest import Project


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour pass between two looks at the clock."""
    now = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))


def check(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["check", "one", "two", "none"]) == 2
    return stderr.getvalue()


@pytest.fixture
def files(empty: Project) -> None:
    empty.write({"one": "FROM scratch\n", "two": "FROM scratch\n"})


@pytest.mark.usefixtures("files", "hours")
def test_each_dockerfile_is_told_in_one_line_that_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    said = check(monkeypatch, Terminal())
    steps = said.split("\r\x1b[K")
    assert steps[:5] == ["", "Dockerfile 1: one", "", "Dockerfile 2: two", ""]
    assert steps[5] == "Dockerfile 3: none"
    assert steps[6].startswith("layerwise: none: ")


@pytest.mark.usefixtures("files", "hours")
def test_only_a_terminal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, io.StringIO()).startswith("layerwise: none: ")


@pytest.mark.usefixtures("files")
def test_a_short_run_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch, Terminal()).startswith("layerwise: none: ")
