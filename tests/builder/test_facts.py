"""A real builder does what tests/facts.py says, step by step, and so what the model says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.daemon import BASE, Builder
from builder.pairs import predict, rebuild
from facts import FACTS, Asked, Fact

CACHED = {"=": True, ".": True, "o": True, "R": False, "!": False, "O": False}


@pytest.mark.parametrize("fact", [it for it in FACTS if it.asked is Asked.ALL], ids=lambda it: it.name)
def test_a_real_builder_agrees(fact: Fact, tmp_path: Path, builder: Builder) -> None:
    check(replace(fact, steps=fact.older or fact.steps), tmp_path, builder)


@pytest.mark.parametrize("fact", [it for it in FACTS if it.asked is Asked.NEWER or it.older], ids=lambda it: it.name)
def test_a_newer_real_builder_agrees(fact: Fact, tmp_path: Path, newer_builder: Builder) -> None:
    check(fact, tmp_path, newer_builder)


def check(fact: Fact, folder: Path, builder: Builder) -> None:
    fact = fact.salted()
    if "layerwise-other" in f"{fact.before}{fact.after}":
        (folder / "other").mkdir()
        builder.build(folder / "other", f"FROM {BASE}\nWORKDIR /other\n", "layerwise-other")
    seen = rebuild(builder, fact.before, fact.after, folder, moved=fact.moved)
    predicted = predict(builder, (fact.before, fact.after), folder, moved=fact.moved)
    instructions = predicted.rebuilds.after.build.dockerfile.instructions
    salt = f"WORKDIR /{fact.salt}"
    own = [it for it, (index, _) in predicted.steps.items() if instructions[index].instruction.logical.text != salt]
    assert {it: seen.get(it) for it in own} == {it: CACHED[letter] for it, letter in zip(own, fact.steps, strict=True)}
