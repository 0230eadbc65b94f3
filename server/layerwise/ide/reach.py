"""How far the files of the context reach: which of them re-run a step, its own and those before it.

One walk over a Dockerfile serves the code lenses and the inlay hints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from layerwise.buildcache.build import Builder
from layerwise.buildcache.inputs import ContextFiles, context_files
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage, stage_named

_MOST_NAMES = 3
_NO_FILES = ContextFiles(frozenset(), complete=True)


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
    the context that re-run any; ``alike`` tells whether it is the same for all of these. ``stages`` are labels of those
    whose content re-runs steps, ``taken`` is how many.
    """

    steps: int
    files: int
    rebuilt: int
    alike: bool
    complete: bool
    stages: tuple[str, ...]
    taken: int


def reach_of(analysis: Analysis) -> tuple[Mapping[int, Reach], Mapping[int, StageReach]]:
    """Return what reaches each step, by index of the instruction, and each stage, by its index."""
    walk = _Walk(analysis)
    for stage in analysis.dockerfile.stages:
        walk.pass_over(stage)
    return walk.steps, walk.stages


@dataclass(frozen=True, slots=True)
class _Group:
    """Files that re-run the same steps: all links of the chain from ``since`` on, and ``more`` beside it."""

    files: frozenset[str]
    since: int
    more: int = 0


class _Walk:
    def __init__(self, analysis: Analysis) -> None:
        self._dockerfile = analysis.dockerfile
        self._context = analysis.context
        self._builder = analysis.options.builder
        self._ends: list[tuple[frozenset[str], Reach]] = []
        self.steps: dict[int, Reach] = {}
        self.stages: dict[int, StageReach] = {}

    def pass_over(self, stage: Stage) -> None:
        before, reach = self._ends[stage.base] if stage.base is not None else (frozenset[str](), Reach())
        seen = before
        groups = [_Group(before, 0)] if before else []
        links = total = taken = 0
        first = stage.first + 1 - len(stage.start.triggers)
        for at, placed in enumerate((*stage.start.triggers, *stage.body.placed)):
            if not self._is_step(placed):
                continue
            files = self._files(placed)
            # Stages that copy the same files share the set.
            new = files.paths - seen if seen else files.paths
            seen = seen | new if seen else new
            apart = placed.copy is not None and placed.copy.is_apart and self._builder is Builder.BUILDKIT
            if apart and files.paths:
                groups = [part for group in groups for part in _split(group, files.paths)]
            groups += [_Group(new, links, int(apart))] if new else []
            links += not apart
            total += 1
            reach = self._with(reach, stage, placed, files, seen if new else None)
            own = self._with(Reach(), stage, placed, files, files.paths) if apart else reach
            taken += bool(own.stages)
            if at >= len(stage.start.triggers):
                self.steps[first + at] = own
        rebuilt: Counter[int] = Counter()
        for group in groups:
            rebuilt[links - group.since + group.more] += len(group.files)
        most = max(rebuilt.items(), key=lambda it: it[1], default=(0, 0))[0]
        self.stages[stage.index] = StageReach(
            total, len(seen), most, len(rebuilt) <= 1, reach.complete, reach.stages, taken
        )
        self._ends.append((seen, reach))

    def _is_step(self, placed: Placed) -> bool:
        if self._builder.is_sequential:
            return placed.keyword != "MAINTAINER" or self._builder is not Builder.KANIKO
        return kind_of(placed) is StepKind.LAYER

    def _files(self, placed: Placed) -> ContextFiles:
        if placed.keyword == "RUN" and self._builder in (Builder.LEGACY, Builder.KANIKO):
            # They know no mounts, or do not look at what is mounted.
            return _NO_FILES
        return context_files(placed, self._context)

    def _with(
        self, reach: Reach, stage: Stage, placed: Placed, files: ContextFiles, seen: frozenset[str] | None
    ) -> Reach:
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


def _split(group: _Group, files: frozenset[str]) -> list[_Group]:
    """Part a group into those that a step beside the chain copies as well, and the others."""
    inside = group.files & files
    if not inside:
        return [group]
    more = replace(group, files=inside, more=group.more + 1)
    outside = group.files - files
    return [more, replace(group, files=outside)] if outside else [more]
