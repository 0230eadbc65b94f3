"""The model says of the other builders what tests/facts_of_builders.py says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facts import Fact
from facts_of_builders import BUILDERS_FACTS, MOVING
from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from project import build_of, marks_of

LETTERS = {Verdict.CACHED: ".", Verdict.REBUILDS: "R", Verdict.IF_CONTENT_CHANGES: "?"}
CASES = [
    pytest.param(it.of(builder), builder, id=f"{builder.value}: {it.name}")
    for builder in Builder
    if builder.is_sequential
    for it in BUILDERS_FACTS
    if it.steps[builder] is not None
]


def letters(rebuilds: Rebuilds) -> str:
    """The verdicts on all instructions of the built stages but FROM."""
    stages = rebuilds.after.stages
    indexes = (index for it in stages for index in range(it.first + 1, it.end))
    return "".join(LETTERS[rebuilds.verdicts[it]] if it in rebuilds.verdicts else "-" for it in indexes)


def moved(build: Build) -> Build:
    return replace(build, images={MOVING: "another"})


@pytest.mark.parametrize(("fact", "builder"), CASES)
def test_the_model_knows(fact: Fact, builder: Builder, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    fact.before.write(before)
    fact.after.write(after)
    marks, marks_now = marks_of((fact.before, fact.after), (before, after), folder_modes=True)
    known = record(build_of(fact.before, before, marks, builder))
    rebuilds = what_rebuilds(known, moved(build_of(fact.after, after, marks_now, builder)))
    assert letters(rebuilds) == fact.steps.replace("=", "?").replace("!", "?")
