"""The cache keys of all steps of one build."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from layerwise.buildcache import buildkit
from layerwise.buildcache.build import Build
from layerwise.buildcache.environment import Environment, global_values
from layerwise.buildcache.sequential import Given, link_key
from layerwise.buildcache.step import Aspect, StepKey
from layerwise.buildcache.variable_list import Ids
from layerwise.semantics.dockerfile import SCRATCH, Placed, Stage
from layerwise.semantics.scope import Scope


@dataclass(frozen=True, slots=True, eq=False)
class BuildKeys:
    """The keys of the stages that are built: ``steps`` by index of the instruction.

    An instruction that makes no step has no keys; a FROM has those of its base image, and of the triggers of its base.
    ``triggers`` tells by index of the FROM which of the latter make a step, by their position.
    """

    build: Build
    ids: Ids
    stages: tuple[Stage, ...]
    steps: Mapping[int, tuple[StepKey, ...]]
    triggers: Mapping[int, tuple[int, ...]]
    made: Mapping[int, Made] = field(repr=False)


Made: TypeAlias = tuple[Placed, Hashable, StepKey | None]
"""A key, with the instruction and the surroundings that it was made for: there for the next build's to build on."""


def keys_of(build: Build, ids: Ids, previous: BuildKeys | None = None) -> BuildKeys:
    """Return the keys of a build; ``ids`` has to be the same for builds that are to be compared.

    What is the same as in a ``previous`` one is taken from it.
    """
    dockerfile = build.dockerfile
    wanted = build.built_stages()
    stages = tuple(it for it in dockerfile.stages if it.index in wanted)
    reader = _Reader(
        build, ids, previous.made if previous is not None and _sees_the_same(previous.build, build) else {}
    )
    for stage in stages:
        reader.read(stage)
    return BuildKeys(build, ids, stages, reader.steps, reader.triggers, reader.made)


def _sees_the_same(before: Build, after: Build) -> bool:
    same = before.context is after.context and before.marks is after.marks and before.images is after.images
    same = same and before.named_marks is after.named_marks and before.dockerfile.named == after.dockerfile.named
    return same and before.builder is after.builder and before.unsure == after.unsure


class _Reader:
    """Reads stage after stage."""

    def __init__(self, build: Build, ids: Ids, known: Mapping[int, Made]) -> None:
        self._known = known
        self.made: dict[int, Made] = {}
        self._build = build
        dockerfile = build.dockerfile
        target = dockerfile.target(build.target)
        # A stage without a name is called so (``platform.go:defaultArgs``).
        named = {"TARGETSTAGE": target.name or "default"} if target is not None else {}
        self._fresh = Environment(ids, dockerfile.arguments, {**named, **global_values(dockerfile, ids)})
        self._ends: dict[int, Environment] = {}
        self._given = Given.first(build)
        self._given_at_end: dict[int, Given] = {}
        self.steps: dict[int, tuple[StepKey, ...]] = {}
        self.triggers: dict[int, tuple[int, ...]] = {}

    def read(self, stage: Stage) -> None:
        environment = (self._fresh if stage.base is None else self._ends[stage.base]).inherited()
        if stage.base is None and stage.opening.image == SCRATCH:
            environment = environment.empty()
        base = None if stage.base is None else self._given_at_end[stage.base]
        self._given = self._given.entering(self._build, base)
        earlier = self._build.dockerfile.stages[: stage.index]
        keys: list[StepKey] = []
        if stage.base is None:
            keys.append(buildkit.base_key(self._build, stage, self._fresh))
        scopes = [*(it.scope for it in stage.start.triggers[1:]), stage.start.entry]
        of_triggers = [
            self._pass_over(earlier, placed, after, environment)
            for placed, after in zip(stage.start.triggers, scopes, strict=stage.start.triggers != ())
        ]
        keys += [key for it in of_triggers for key in it]
        self.triggers[stage.first] = tuple(position for position, it in enumerate(of_triggers) if it)
        self._keep(stage.first, keys)
        body = stage.body
        for at, placed in enumerate(body.placed):
            after = body.placed[at + 1].scope if at + 1 < len(body.placed) else body.exit
            self._keep(stage.first + 1 + at, self._pass_over(earlier, placed, after, environment))
        self._ends[stage.index] = environment
        self._given_at_end[stage.index] = self._given

    def _pass_over(
        self, earlier: Sequence[Stage], placed: Placed, after: Scope, environment: Environment
    ) -> list[StepKey]:
        if self._build.builder.is_sequential:
            key = link_key(self._build, earlier, placed, environment, self._given)
            environment.pass_over(placed, after)
            self._given = self._given.behind(self._build, placed, environment)
        elif placed.keyword in ("RUN", "COPY", "ADD"):
            key = self._made_once(earlier, placed, environment)
        else:
            environment.pass_over(placed, after)
            key = buildkit.workdir_key(self._build, environment) if placed.keyword == "WORKDIR" else None
        return [] if key is None else [key]

    def _made_once(self, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> StepKey | None:
        around = environment.variables.number, environment.directory, environment.user
        made = self._known.get(id(placed))
        # What a reference means depends on other stages.
        if made is None or made[1] != around or placed.references:
            made = placed, around, buildkit.step_key(self._build, earlier, placed, environment)
        self.made[id(placed)] = made
        return made[2]

    def _keep(self, index: int, keys: list[StepKey]) -> None:
        edited = self._build.edited.get(index)
        if edited is not None:
            keys = [replace(it, aspects={**it.aspects, Aspect.EDIT: edited}) for it in keys]
        if keys:
            self.steps[index] = tuple(keys)
