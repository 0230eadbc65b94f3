"""The model says of any change to any small project what a real builder then does.

LAYERWISE_PAIRS is how many pairs of builds are tried with each builder, LAYERWISE_SEED which ones they are
(``make prove N=5000 SEED=1``). Pairs that the builder refuses to build do not count. Of equal states the model never says
that it can not tell, and of others seldom.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from hypothesis import HealthCheck, Phase, given, seed, settings

from builder.conftest import Say
from builder.daemon import Builder
from builder.pairs import BuildFailedError, Compared, compare, is_told_to_stay
from builder.scenarios import pairs, salted
from project import Version

Pair: TypeAlias = tuple[Version, Version, bool]
PAIRS = int(os.environ.get("LAYERWISE_PAIRS") or 150)
SEED = int(os.environ.get("LAYERWISE_SEED") or 20261124)
MOST_UNKNOWN = 0.01 if PAIRS >= 1000 else 0.03
"""Few pairs can have many by chance."""
AT_ONCE = 4
"""Builds wait for the disk and for each other more than for a core."""


def test_the_model_agrees(builder: Builder, tmp_path: Path, say: Say) -> None:
    prove(builder, tmp_path, say, newer=False)


def test_the_model_agrees_with_a_newer_builder(newer_builder: Builder, tmp_path: Path, say: Say) -> None:
    prove(newer_builder, tmp_path, say, newer=True)


def prove(builder: Builder, folder: Path, say: Say, *, newer: bool) -> None:
    found: list[str] = []
    tried = refused = raced = steps = unknown = 0

    def attempt(pair: tuple[int, Pair], salt: str = "s") -> Compared | None:
        number, (before, after, moved) = pair
        name = f"{salt}{number}x{SEED}"
        try:
            return compare(builder, salted(before, name), salted(after, name), folder / name, moved=moved)
        except BuildFailedError:
            return None

    drawn = enumerate(generated(2 * PAIRS, newer=newer))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while tried < PAIRS and (batch := list(itertools.islice(drawn, AT_ONCE * 4))):
            for (number, pair), outcome in zip(batch, list(pool.map(attempt, batch)), strict=True):
                refused += outcome is None
                if outcome is None:
                    continue
                tried, steps, unknown = tried + 1, steps + outcome.steps, unknown + outcome.unknown
                if not is_told_to_stay(pair[0], folder / "equal"):
                    found.append(f"an equal state is not cached for certain:\n{pair[0].dockerfile}")
                if not outcome.disagreement:
                    continue
                # What is shown of steps that builds at the same time share is not always so: once more, alone.
                again = attempt((number, pair), "again")
                raced += again is None or not again.disagreement
                if again is not None and again.disagreement:
                    found.append(again.disagreement)
                    # At once, as a long run may not see its end.
                    say(again.disagreement)
    said = f"seed {SEED}: {tried} pairs, {len(found)} disagreements"
    said += f", {unknown} of {steps} steps ({unknown / max(steps, 1):.2%}) can not be told"
    say(f"{said} ({raced} agree only when built alone, {refused} more do not build)")
    assert not found, "\n=====\n".join(found)
    assert unknown <= steps * MOST_UNKNOWN
    assert tried >= PAIRS, "too few of the generated projects can be built"


def generated(count: int, *, newer: bool) -> Iterator[Pair]:
    """Draw pairs that differ, from each other too. They are built later, many at once, and so are not made smaller."""
    drawn: dict[str, Pair] = {}

    @seed(SEED)
    @settings(
        max_examples=3 * count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )  # fmt: skip
    @given(pairs(newer=newer))
    def draw(pair: Pair) -> None:
        before, after, _ = pair
        if before != after and repr(pair) not in drawn:
            drawn[repr(pair)] = pair

    draw()
    yield from drawn.values()
