from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from builder.daemon import Builder, missing, running


@pytest.fixture(scope="session")
def builder() -> Iterator[Builder]:
    reason = missing()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    with running() as it:
        yield it
