"""How far the files of the context reach: which of them re-run a step, its own and those before it.

One walk over a Dockerfile serves the code lenses and the inlay hints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from layerwise.buildcache.inputs import ContextFiles, context_files
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage, stage_named

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Reach:
    """The files whose edit re-runs a step for certain: ``count``, and their ``names`` if they are few.

    It is not ``complete`` if there may be more. ``stages`` are labels of stages whose content re-runs it as well.
    """

    count: int = 0
    names: tuple[str, ...] = ()
    complete: bool = True
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageReach:
    """What an edit of a file re-runs in a stage.

    ``steps`` is how many steps it has. ``rebuilt`` is how many of them an edit re-runs, for most of the ``files`` of
    the context that re-run any; ``alike`` tells whether it is the same for all of these.
    """

    steps: int
    files: int
    rebuilt: int
    alike: bool
    complete: bool


def reach_of(analysis: Analysis) -> tuple[Mapping[int, Reach], Mapping[int, StageReach]]:
    """Return what reaches each step, by index of the instruction, and each stage, by its index."""
    walk = _Walk(analysis.dockerfile, analysis.context)
    for stage in analysis.dockerfile.stages:
        walk.pass_over(stage)
    return walk.steps, walk.stages


class _Walk:
    def __init__(self, dockerfile: Dockerfile, context: BuildContext) -> None:
        self._dockerfile = dockerfile
        self._context = context
        self._ends: list[tuple[frozenset[str], Reach]] = []
        self.steps: dict[int, Reach] = {}
        self.stages: dict[int, StageReach] = {}

    def pass_over(self, stage: Stage) -> None:
        before, reach = self._ends[stage.base] if stage.base is not None else (frozenset[str](), Reach())
        seen = set(before)
        placed = (*stage.start.triggers, *stage.body.placed)
        total = sum(kind_of(it) is StepKind.LAYER for it in placed)
        first = stage.first + 1 - len(stage.start.triggers)
        rebuilt = Counter({total: len(seen)} if seen else {})
        passed = 0
        for at, it in enumerate(placed):
            if kind_of(it) is not StepKind.LAYER:
                continue
            files = context_files(it, self._context)
            new = files.paths - seen if files.paths else files.paths
            seen |= new
            if new:
                rebuilt[total - passed] += len(new)
            reach = self._with(reach, stage, it, files, seen if new else None)
            if at >= len(stage.start.triggers):
                self.steps[first + at] = reach
            passed += 1
        most = max(rebuilt.items(), key=lambda it: it[1], default=(0, 0))[0]
        self.stages[stage.index] = StageReach(total, len(seen), most, len(rebuilt) <= 1, reach.complete)
        self._ends.append((frozenset(seen), reach))

    def _with(self, reach: Reach, stage: Stage, placed: Placed, files: ContextFiles, seen: set[str] | None) -> Reach:
        if seen is not None:
            names = tuple(sorted(seen)) if len(seen) <= _MOST_NAMES else ()
            reach = replace(reach, count=len(seen), names=names)
        if not files.complete and reach.complete:
            reach = replace(reach, complete=False)
        for name, by_index in placed.references:
            found = stage_named(self._dockerfile.stages[: stage.index], name, by_index=by_index)
            if found is not None and found.label not in reach.stages:
                reach = replace(reach, stages=(*reach.stages, found.label))
        return reach
