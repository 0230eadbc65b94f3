"""A real BuildKit refuses what tests/refused.py says it refuses, and takes the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.daemon import BASE, Builder, steps_of
from refused import ACCEPTED, REFUSED


def refusal(text: str, folder: Path, builder: Builder) -> str:
    """Return why a builder refuses a Dockerfile before the first step; "" if it begins to build, or there is nothing to do."""
    # A flag that is in the labs version only.
    text = text.replace(" --parents=false", "")
    text = text.replace("FROM a:$V", f"FROM {BASE}").replace("FROM a", f"FROM {BASE}")
    (folder / "Dockerfile").write_bytes(text.encode())
    for name in "xy":
        (folder / name).touch()
    result = builder.run("build", "--progress", builder.progress, "--network=none", str(folder))
    log = result.stderr.decode(errors="replace")
    return "" if result.returncode == 0 or steps_of(log) else log


@pytest.mark.parametrize("text", [it[0] for it in REFUSED], ids=[it[2][:40] for it in REFUSED])
def test_a_real_builder_refuses(text: str, tmp_path: Path, newer_builder: Builder) -> None:
    assert refusal(text, tmp_path, newer_builder)


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda it: it[:40])
def test_a_real_builder_takes(text: str, tmp_path: Path, newer_builder: Builder) -> None:
    assert refusal(text, tmp_path, newer_builder) == ""
