"""A real builder does what tests/facts.py says, step by step, and so what the model says."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.daemon import BASE, Builder
from builder.pairs import observe, predict
from facts import FACTS, Fact

CACHED = {"=": True, ".": True, "R": False, "!": False}


@pytest.mark.parametrize("fact", [it for it in FACTS if not it.newer], ids=lambda it: it.name)
def test_a_real_builder_agrees(fact: Fact, tmp_path: Path, builder: Builder) -> None:
    check(fact, tmp_path, builder)


def check(fact: Fact, folder: Path, builder: Builder) -> None:
    fact = fact.salted()
    roots = folder / "before", folder / "after"
    fact.before.write(roots[0])
    fact.after.write(roots[1])
    (folder / "other").mkdir()
    builder.build(folder / "other", f"FROM {BASE}\nWORKDIR /other\n", "layerwise-other")
    observe(builder, fact.before, roots[0])
    seen = observe(builder, fact.after, roots[1])
    predicted = predict(builder, (fact.before, fact.after), roots)
    instructions = predicted.rebuilds.after.build.dockerfile.instructions
    salt = f"WORKDIR /{fact.salt}"
    own = [it for it, (index, _) in predicted.steps.items() if instructions[index].instruction.logical.text != salt]
    assert {it: seen.get(it) for it in own} == {it: CACHED[letter] for it, letter in zip(own, fact.steps, strict=True)}
