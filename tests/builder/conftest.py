from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NoReturn

import pytest

from builder.buildah import Buildah, missing_buildah, running_buildah
from builder.daemon import Builder, missing, running
from builder.newer_root import NoRootError, make


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def builder() -> Iterator[Builder]:
    if reason := missing():
        _unavailable(reason)
    with running() as it:
        yield it


@pytest.fixture(scope="session")
def newer_builder(request: pytest.FixtureRequest) -> Iterator[Builder]:
    """The next Debian's BuildKit: it knows heredocs, ``COPY --link`` and ``--exclude``, and more."""
    if reason := missing(newer=True):
        _unavailable(reason)
    root = request.config.rootpath / ".pytest_cache" / "d" / "newer-root"  # kept for the next run
    try:
        make(root)
    except NoRootError as error:
        _unavailable(str(error))
    with running(root) as it:
        yield it


@pytest.fixture(scope="session")
def buildah() -> Iterator[Sequence[Buildah]]:
    """Several, since those that share a storage wait for each other."""
    if reason := missing_buildah():
        _unavailable(reason)
    with ExitStack() as stack:
        yield [stack.enter_context(running_buildah()) for _ in range(3)]
