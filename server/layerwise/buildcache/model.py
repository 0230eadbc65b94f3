"""What the next build re-runs: the keys of two builds compared.

Inside a stage the chain is by definition: once a step's key changes, every later step of that stage re-runs, whatever
the step produced. What is taken from another stage, an image or a URL is compared by content instead, so that there a
rebuild may end. Metadata is in no key.

Source: BuildKit ``solver/edge.go``, ``solver/llbsolver/ops/exec.go:getMountDeps``, ``file.go:CacheMap``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from layerwise.buildcache.build import Build
from layerwise.buildcache.keys import BuildKeys, keys_of
from layerwise.buildcache.step import StepKey, Taken
from layerwise.buildcache.variable_list import Ids


class Verdict(enum.Enum):
    """What happens to a step in the next build, the surest rebuild last; the value is that of ``explain``'s JSON."""

    CACHED = False
    IF_CONTENT_CHANGES = "if-content-changes"
    UNKNOWN = "unknown"
    REBUILDS = True

    @property
    def rank(self) -> int:
        """How much of a rebuild it is: 0 for none."""
        return _RANKS[self]


_RANKS = {it: rank for rank, it in enumerate(Verdict)}


def _worst(*verdicts: Verdict) -> Verdict:
    return max(verdicts, key=lambda it: it.rank)


Contents: TypeAlias = tuple[tuple[int, bool], ...]
"""What a step compares by content: a number for each, and whether the content is known here."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a stage's chain: the number of the whole key up to there, and the verdict on the step."""

    key: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What a build leaves in the cache: whole keys, and by all but their content those that are alike."""

    keys: BuildKeys
    whole: frozenset[int]
    alike: Mapping[int, Mapping[Contents, int]]
    steps: Mapping[int, int]
    """The whole key behind each instruction that makes a step."""

    def twins(self) -> Mapping[int, frozenset[int]]:
        """Return the instructions whose steps are the same, by each of them: the builder makes one step of them."""
        groups: dict[int, set[int]] = {}
        for index, key in self.steps.items():
            groups.setdefault(key, set()).add(index)
        return {index: frozenset(groups[key]) for index, key in self.steps.items()}


def record(build: Build, ids: Ids | None = None) -> Record:
    """Return what a build leaves in the cache."""
    keys = keys_of(build, ids or Ids())
    chain = _Chain(keys, None, {})
    chain.run()
    return Record(keys, frozenset(chain.whole), chain.alike, chain.steps)


@dataclass(frozen=True, eq=False)
class Rebuilds:
    """What a build re-runs of an earlier one's steps: verdicts by index of the instruction, in the stages it builds.

    ``after`` are its keys; ``parts`` has the verdicts one by one, for an instruction that has several steps: a FROM
    whose base left triggers. ``ends`` has the verdict on each stage's end.
    """

    before: Record
    after: BuildKeys
    verdicts: Mapping[int, Verdict]
    parts: Mapping[int, tuple[Verdict, ...]]
    ends: Mapping[int, Verdict]

    @property
    def frontend(self) -> str | None:
        """The image that reads one of the two Dockerfiles by rules of its own."""
        return self.before.keys.build.foreign_frontend or self.after.build.foreign_frontend

    def verdict(self, index: int, part: int | None) -> Verdict:
        """Return the verdict on one of an instruction's steps; of a FROM, if it is none, on what it starts from."""
        if part is not None:
            return self.parts[index][part]
        stage = self.after.build.dockerfile.stage_of(index)
        if stage is None or stage.first != index:
            return Verdict.CACHED
        whole = self.verdicts.get(index, Verdict.CACHED)
        return self.ends.get(stage.base, whole) if stage.base is not None and index in self.verdicts else whole

    def unknown(self) -> Rebuilds:
        """Return the same where nothing can be told."""
        verdicts = dict.fromkeys(self.verdicts, Verdict.UNKNOWN)
        parts = {index: (Verdict.UNKNOWN,) * len(it) for index, it in self.parts.items()}
        return replace(self, verdicts=verdicts, parts=parts, ends=dict.fromkeys(self.ends, Verdict.UNKNOWN))

    @cached_property
    def rebuilt(self) -> tuple[int, ...]:
        """The instructions whose steps certainly re-run, in order."""
        return tuple(index for index, it in self.verdicts.items() if it is Verdict.REBUILDS)


def what_rebuilds(before: Record, after: Build, settled: Mapping[int, bool] | None = None) -> Rebuilds:
    """Return what a build re-runs if the cache has what ``before`` left.

    ``settled`` tells, by index of the instruction, whether what a step takes from elsewhere has come out the same.
    """
    keys = keys_of(after, before.keys.ids, before.keys)
    chain = _Chain(keys, before, settled or {})
    chain.run()
    ends = {index: it.verdict for index, it in chain.ends.items()}
    rebuilds = Rebuilds(before, keys, chain.verdicts, chain.parts, ends)
    return rebuilds.unknown() if rebuilds.frontend and before.keys.build is not after else rebuilds


class _Chain:
    """Walks the stages of a build, against what an earlier one left in the cache (None: nothing is compared)."""

    def __init__(self, keys: BuildKeys, known: Record | None, settled: Mapping[int, bool]) -> None:
        self._keys = keys
        self._known = known
        self._settled = settled
        self._unsure = known is not None and _files_differ(known.keys.build, keys.build)
        self.whole: set[int] = set()
        self.alike: dict[int, dict[Contents, int]] = {}
        self.steps: dict[int, int] = {}
        self.ends: dict[int, Link] = {}
        self.verdicts: dict[int, Verdict] = {}
        self.parts: dict[int, tuple[Verdict, ...]] = {}

    def run(self) -> None:
        """Walk all stages."""
        for stage in self._keys.stages:
            link: Link = Link(-1, Verdict.CACHED) if stage.base is None else self.ends[stage.base]
            for index in range(stage.first, stage.end):
                steps = self._keys.steps.get(index, ())
                own: list[Verdict] = []
                for step in steps:
                    link, verdict = self._next(index, step, link)
                    own.append(verdict)
                    self.steps[index] = link.key
                if steps:
                    self.parts[index] = tuple(own)
                if index == stage.first:
                    if any(self.ends[it].verdict is not Verdict.CACHED for it in stage.maybe):
                        link = replace(link, verdict=_worst(link.verdict, Verdict.UNKNOWN))
                    self.verdicts[index] = link.verdict
                elif steps:
                    self.verdicts[index] = _worst(*own)
            self.ends[stage.index] = link

    def _next(self, index: int, step: StepKey, link: Link) -> tuple[Link, Verdict]:
        ids = self._keys.ids
        before = link if step.follows else Link(-1, Verdict.CACHED)
        # What is mounted or copied can be the very state that the step starts from: then it is one input, not two.
        shared = tuple(
            at for at, it in enumerate(step.taken) if it.stage is not None and self.ends[it.stage].key == before.key
        )
        partial = ids.of((step.own, before.key, shared))
        origins = [self.ends[it.stage] for it in step.taken if it.stage is not None]
        content = self._content(step)
        whole = ids.of((partial, content))
        verdict = before.verdict
        if self._known is None:
            self.whole.add(whole)
            self.alike.setdefault(partial, {})[content] = whole
        elif whole in self._known.whole:
            verdict = _worst(verdict, *(self._of_content(index, it.verdict) for it in origins))
        elif (match := self._same_but_for_content(partial, content)) and self._settled.get(index) is not False:
            whole = match
            origin = Verdict.UNKNOWN if any(it.platform for it in step.taken) else Verdict.REBUILDS
            verdict = _worst(verdict, self._of_content(index, origin))
        else:
            verdict = Verdict.REBUILDS
        if self._unsure and step.content is not None and step.content.unknown:
            verdict = _worst(verdict, Verdict.UNKNOWN)
        if step.follows:
            return Link(whole, verdict), verdict
        return Link(ids.of(("merge", link.key, whole)), _worst(verdict, link.verdict)), verdict

    def _content(self, step: StepKey) -> Contents:
        """Return what a step compares by content: numbers, with whether the content itself is known."""
        ids = self._keys.ids
        taken = [
            (ids.of((it.definition, self.ends[it.stage].key if it.stage is not None else None)), _is_certain(it))
            for it in step.taken
        ]
        return (*([(ids.of(step.content.key()), True)] if step.content is not None else []), *taken)

    def _same_but_for_content(self, partial: int, content: Contents) -> int | None:
        """Return a whole key in the cache that is the same if content which only the build knows is the same."""
        if self._known is None or partial not in self._known.alike:
            return None
        alike = self._known.alike[partial]
        of_one_kind = {it: whole for it, whole in alike.items() if _kinds(it) == _kinds(content)}
        # That content comes from a stage now which came from the context before, or the other way round, is far-fetched
        # where it can have come from the same place.
        for other, whole in (of_one_kind or alike).items():
            pairs = zip(content, other, strict=False)
            if len(content) == len(other) and all(one == two or not (one[1] and two[1]) for one, two in pairs):
                return whole
        return None

    def _of_content(self, index: int, origin: Verdict) -> Verdict:
        """Return the verdict on a step whose key may match by content, from that on where the content comes from."""
        if origin is Verdict.CACHED or self._settled.get(index) is True:
            return Verdict.CACHED
        return Verdict.IF_CONTENT_CHANGES if origin is not Verdict.UNKNOWN else origin


def _is_certain(taken: Taken) -> bool:
    """Tell whether another definition means another thing for certain: of platforms, those that are spelled out."""
    return taken.platform and isinstance(taken.definition, str) and taken.definition != ""


def _kinds(contents: Contents) -> tuple[bool, ...]:
    return tuple(is_known for _, is_known in contents)


def _files_differ(before: Build, after: Build) -> bool:
    return before.context is not after.context or before.marks != after.marks
