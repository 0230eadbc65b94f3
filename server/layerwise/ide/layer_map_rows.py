"""The stages as stacks of rows: how each step looks, how high its row is, and which steps share one."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from layerwise.buildcache.model import Verdict
from layerwise.buildcache.step import StepKind
from layerwise.ide.expected_cost import Cost
from layerwise.ide.explanation import ExplainedStage, ExplainedStep, Explanation, Origin

HEIGHTS: Final = {
    Cost.NONE: 20,
    Cost.FOLDER: 24,
    Cost.FEW_FILES: 38,
    Cost.SOME_FILES: 42,
    Cost.MANY_FILES: 46,
    Cost.COMMAND: 54,
    Cost.LONG: 84,
}
"""The height of a step's row by its cost, in pixels."""
_FOLD: Final = 30
_MOST_ROWS: Final = 500
_MOST_OF_STAGE: Final = 28
_LEAST_OF_STAGE: Final = 8
_MOST_STAGES: Final = 80
_HEAD, _TAIL = 2, 1


class Look(enum.Enum):
    """How a step is shown, the worst last; the value is its class in the markup."""

    UNBUILT = "unbuilt"
    PLAIN = "plain"
    """It makes no step of the build."""
    KEPT = "kept"
    MAYBE = "maybe"
    UNKNOWN = "unknown"
    REBUILDS = "rebuilds"

    @property
    def words(self) -> str:
        """What it says of a step."""
        return _WORDS[self]


_WORDS: Final = {
    Look.UNBUILT: "not built",
    Look.PLAIN: "makes no step",
    Look.KEPT: "kept",
    Look.MAYBE: "rebuilds only if copied content differs",
    Look.UNKNOWN: "can not be told",
    Look.REBUILDS: "rebuilds",
}
_RANK: Final = {look: rank for rank, look in enumerate(Look)}
_OF_VERDICT: Final = {
    Verdict.CACHED: Look.KEPT,
    Verdict.IF_CONTENT_CHANGES: Look.MAYBE,
    Verdict.UNKNOWN: Look.UNKNOWN,
    Verdict.REBUILDS: Look.REBUILDS,
}


def look_of(stage: ExplainedStage, step: ExplainedStep) -> Look:
    """Return how a step of a stage is shown."""
    if not stage.built:
        return Look.UNBUILT
    if not step.is_step and step.kind is not StepKind.SOURCE:
        return Look.PLAIN
    return _OF_VERDICT[step.verdict]


@dataclass(frozen=True)
class Row:
    """One step, or several in a row that are folded into one."""

    steps: tuple[ExplainedStep, ...]
    look: Look

    @property
    def step(self) -> ExplainedStep:
        """The step, or the first of them."""
        return self.steps[0]

    @property
    def is_folded(self) -> bool:
        """Whether there are several."""
        return len(self.steps) > 1

    @property
    def is_step(self) -> bool:
        """Whether a step is among them."""
        return any(it.is_step for it in self.steps)

    @property
    def height(self) -> int:
        """The height in pixels. What is not built costs nothing."""
        cost = Cost.NONE if self.look is Look.UNBUILT else self.step.expected.cost
        return _FOLD if self.is_folded else HEIGHTS[cost]

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """Where its steps have something from."""
        return tuple(origin for it in self.steps for origin in it.origins)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stage with its rows, of which the first is its FROM."""

    stage: ExplainedStage
    rows: tuple[Row, ...]


def stacks_of(explanation: Explanation) -> tuple[tuple[Stack, ...], int]:
    """Return the stages to draw, and how many are left out because there are too many: built ones are the last."""
    built = [it.index for it in explanation.stages if it.built]
    others = [it.index for it in explanation.stages if not it.built]
    chosen = frozenset([*others, *built][-_MOST_STAGES:])
    shown = [it for it in explanation.stages if it.index in chosen]
    most = max(_LEAST_OF_STAGE, min(_MOST_OF_STAGE, _MOST_ROWS // max(len(shown), 1)))
    return tuple(Stack(it, tuple(_rows(it, most))) for it in shown), len(explanation.stages) - len(shown)


def _rows(stage: ExplainedStage, most: int) -> Iterator[Row]:
    rows = [Row((it,), look_of(stage, it)) for it in stage.steps]
    yield from rows[:1]
    rest = rows[1:]
    if len(rest) > most:
        rest = [row for run in _runs(rest) for row in _folded(run, _HEAD, _TAIL)]
    yield from _folded(rest, most - most // 3, most // 3) if len(rest) > most else rest


def _runs(rows: Sequence[Row]) -> list[list[Row]]:
    """Cut rows into runs of one look; those that make no step belong to the run that they are in."""
    runs: list[list[Row]] = []
    look: Look | None = None
    for row in rows:
        if not runs or (row.look is not look and look is not None and row.look is not Look.PLAIN):
            runs.append([])
            look = None
        runs[-1].append(row)
        look = look if row.look is Look.PLAIN else row.look
    return runs


def _folded(rows: Sequence[Row], head: int, tail: int) -> Iterator[Row]:
    """Yield rows, all but the first and last few as one, if these are three or more."""
    inside = rows[head : len(rows) - tail]
    if len(inside) < 3:
        yield from rows
        return
    steps = tuple(step for it in inside for step in it.steps)
    yield from rows[:head]
    yield Row(steps, max((it.look for it in inside), key=lambda it: _RANK[it]))
    yield from rows[len(rows) - tail :]


def counts(explanation: Explanation) -> dict[Look, int]:
    """Return how many steps of the build look how, the worst first."""
    looks = [look_of(stage, it) for stage in explanation.stages if stage.built for it in stage.steps if it.is_step]
    return {look: looks.count(look) for look in reversed(Look) if look in looks}


def spread(steps: Sequence[ExplainedStep], stage: ExplainedStage) -> str:
    """Say how many of some steps look how: "210 kept, 2 not built"."""
    looks = sorted((look_of(stage, it) for it in steps), key=lambda it: -_RANK[it])
    return ", ".join(f"{len(list(group)):,} {look.words}" for look, group in groupby(looks))
