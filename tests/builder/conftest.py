from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeAlias

import pytest

from builder import debian_base
from builder.buildah import Buildah, missing_buildah, running_buildah
from builder.daemon import Builder, missing, running
from builder.newer_root import NoRootError, make
from unavailable import unavailable

Say: TypeAlias = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]) -> Say:
    """Tell at once, as a long run may not see its end, and at the end once more, as workers are not heard."""

    def tell(text: str) -> None:
        record_property("said", text)
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")
            sys.stdout.flush()

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, text in report.user_properties:
            if name == "said" and report.when == "call":
                terminalreporter.write_line(str(text))


@pytest.fixture(scope="session")
def builder() -> Iterator[Builder]:
    if reason := missing():
        unavailable(reason)
    with running() as it:
        yield it


@pytest.fixture(scope="session")
def debian(builder: Builder) -> Builder:
    """The builder with this machine's network, and with real package managers in its base image.

    That image takes long to make: tests that need it are in the xdist group "real", so that one worker makes it.
    """
    if reason := debian_base.missing():
        unavailable(reason)
    patient = replace(builder, network="host", timeout=debian_base.TIMEOUT)
    debian_base.make(patient)
    return patient


@pytest.fixture(scope="session")
def newer_builder(request: pytest.FixtureRequest) -> Iterator[Builder]:
    """The next Debian's BuildKit: it knows heredocs, ``COPY --link`` and ``--exclude``, and more."""
    if reason := missing(newer=True):
        unavailable(reason)
    root = request.config.rootpath / ".pytest_cache" / "d" / "newer-root"  # kept for the next run
    try:
        make(root)
    except NoRootError as error:
        unavailable(str(error))
    with running(root) as it:
        yield it


@pytest.fixture(scope="session")
def buildah() -> Iterator[Sequence[Buildah]]:
    """Several, since those that share a storage wait for each other."""
    if reason := missing_buildah():
        unavailable(reason)
    with ExitStack() as stack:
        yield [stack.enter_context(running_buildah()) for _ in range(3)]
