"""The cache keys of all steps of one build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from layerwise.buildcache import buildkit
from layerwise.buildcache.build import Build
from layerwise.buildcache.environment import Environment, Ids, global_values
from layerwise.buildcache.sequential import Given, link_key
from layerwise.buildcache.step import StepKey
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.semantics.scope import Scope


@dataclass(frozen=True, slots=True, eq=False)
class BuildKeys:
    """The keys of the stages that are built: ``steps`` by index of the instruction.

    An instruction that makes no step has no keys; a FROM has those of its base image, and of the triggers of its base.
    """

    build: Build
    ids: Ids
    stages: tuple[Stage, ...]
    steps: Mapping[int, tuple[StepKey, ...]]


def keys_of(build: Build, ids: Ids) -> BuildKeys:
    """Return the keys of a build; ``ids`` has to be the same for builds that are to be compared."""
    dockerfile = build.dockerfile
    wanted = build.built_stages()
    stages = tuple(it for it in dockerfile.stages if it.index in wanted)
    reader = _Reader(build, ids)
    for stage in stages:
        reader.read(stage)
    return BuildKeys(build, ids, stages, reader.steps)


class _Reader:
    """Reads stage after stage."""

    def __init__(self, build: Build, ids: Ids) -> None:
        self._build = build
        dockerfile = build.dockerfile
        self._fresh = Environment(ids, dockerfile.arguments, global_values(dockerfile, ids))
        self._ends: dict[int, Environment] = {}
        self._given = Given.first(build)
        self._given_at_end: dict[int, Given] = {}
        self.steps: dict[int, tuple[StepKey, ...]] = {}

    def read(self, stage: Stage) -> None:
        environment = (self._fresh if stage.base is None else self._ends[stage.base]).inherited()
        base = None if stage.base is None else self._given_at_end[stage.base]
        self._given = self._given.entering(self._build, base)
        keys: list[StepKey] = []
        if stage.base is None:
            keys.append(buildkit.base_key(self._build, stage, self._fresh))
        scopes = [*(it.scope for it in stage.start.triggers[1:]), stage.start.entry]
        for placed, after in zip(stage.start.triggers, scopes, strict=stage.start.triggers != ()):
            keys += self._pass_over(stage, placed, after, environment)
        self._keep(stage.first, keys)
        body = stage.body
        for at, placed in enumerate(body.placed):
            after = body.placed[at + 1].scope if at + 1 < len(body.placed) else body.exit
            self._keep(stage.first + 1 + at, self._pass_over(stage, placed, after, environment))
        self._ends[stage.index] = environment
        self._given_at_end[stage.index] = self._given

    def _pass_over(self, stage: Stage, placed: Placed, after: Scope, environment: Environment) -> list[StepKey]:
        earlier = self._build.dockerfile.stages[: stage.index]
        if self._build.builder.is_sequential:
            return self._link(earlier, placed, after, environment)
        key = buildkit.step_key(self._build, earlier, placed, environment)
        environment.pass_over(placed, after)
        if placed.keyword == "WORKDIR":
            key = buildkit.workdir_key(environment)
        return [] if key is None else [key]

    def _link(self, earlier: Sequence[Stage], placed: Placed, after: Scope, environment: Environment) -> list[StepKey]:
        key = link_key(self._build, earlier, placed, environment, self._given)
        environment.pass_over(placed, after)
        self._given = self._given.behind(self._build, placed, environment)
        return [] if key is None else [key]

    def _keep(self, index: int, keys: list[StepKey]) -> None:
        edited = self._build.edited.get(index)
        if edited is not None:
            keys = [replace(it, own=(it.own, edited)) for it in keys]
        if keys:
            self.steps[index] = tuple(keys)
