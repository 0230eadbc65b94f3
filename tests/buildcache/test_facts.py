"""The model says of every fact what tests/facts.py says; tests/builder asks a real builder the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts import FACTS, Fact
from layerwise.buildcache.model import Verdict, record, what_rebuilds
from project import build_of, marks_of

LETTERS = {Verdict.CACHED: ".", Verdict.REBUILDS: "R", Verdict.IF_CONTENT_CHANGES: "?", Verdict.UNKNOWN: "o"}


@pytest.mark.parametrize("fact", FACTS, ids=[it.name for it in FACTS])
def test_the_model_knows(fact: Fact, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    fact.before.write(before)
    fact.after.write(after)
    marks, marks_now = marks_of((fact.before, fact.after), (before, after), folder_modes=fact.moved)
    rebuilds = what_rebuilds(record(build_of(fact.before, before, marks)), build_of(fact.after, after, marks_now))
    stages = rebuilds.after.build.dockerfile.stages
    parts = [
        (index, verdict)
        for index, verdicts in sorted(rebuilds.parts.items())
        for part, verdict in enumerate(verdicts)
        if part or not any(it.first == index and it.base is None for it in stages)
    ]
    assert "".join(LETTERS[it] for _, it in parts) == fact.steps.translate(str.maketrans("=!O", "??o"))


@pytest.mark.parametrize("fact", FACTS, ids=[it.name for it in FACTS])
def test_equal_states_are_cached(fact: Fact, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    fact.before.write(one)
    fact.before.write(other)
    rebuilds = what_rebuilds(record(build_of(fact.before, one)), build_of(fact.before, other))
    always = any(step.always for steps in rebuilds.after.steps.values() for step in steps)
    assert set(rebuilds.verdicts.values()) == {Verdict.REBUILDS if always else Verdict.CACHED}
