"""What the next build re-runs: the keys of two builds compared.

Inside a stage the chain is by definition: once a step's key changes, every later step of that stage re-runs, whatever
the step produced. What is taken from another stage, an image or a URL is compared by content instead, so that there a
rebuild may end. Metadata is in no key.

Source: BuildKit ``solver/edge.go``, ``solver/llbsolver/ops/exec.go:getMountDeps``, ``file.go:CacheMap``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeAlias

from layerwise.buildcache.build import Build
from layerwise.buildcache.differing import Differing, as_the_client_sends, is_the_same
from layerwise.buildcache.keys import BuildKeys, keys_of
from layerwise.buildcache.likeness import may_be_equal
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


Contents: TypeAlias = tuple[tuple[int, str | None], ...]
"""What a step compares by content: a number for each, and where it is from; what is from one place and has another
number is other content for certain. None: only the build knows."""


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
    behind: Mapping[int, Sequence[tuple[StepKey, Contents, int]]]
    """What stands behind a link: the steps there with their whole keys."""
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
    return Record(keys, frozenset(chain.whole), chain.alike, chain.behind, chain.steps)


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
    after = as_the_client_sends(after)
    keys = keys_of(after, before.keys.ids, before.keys)
    chain = _Chain(keys, before, settled or {})
    chain.run()
    ends = {index: it.verdict for index, it in chain.ends.items()}
    rebuilds = Rebuilds(before, keys, chain.verdicts, chain.parts, ends)
    return rebuilds.unknown() if rebuilds.frontend and not is_the_same(before.keys.build, after) else rebuilds


class _Chain:
    """Walks the stages of a build, against what an earlier one left in the cache (None: nothing is compared)."""

    def __init__(self, keys: BuildKeys, known: Record | None, settled: Mapping[int, bool]) -> None:
        self._keys = keys
        self._known = known
        self._settled = settled
        self._differing = Differing(known.keys.build, keys.build) if known is not None else None
        self.whole: set[int] = set()
        self.alike: dict[int, dict[Contents, int]] = {}
        self.behind: dict[int, list[tuple[StepKey, Contents, int]]] = {}
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
            self.behind.setdefault(before.key, []).append((step, content, whole))
        elif whole in self._known.whole:
            verdict = _worst(verdict, *(self._of_content(index, it.verdict) for it in origins))
        elif (match := self._same_but_for_content(partial, content)) and self._settled.get(index) is not False:
            whole = match
            origin = Verdict.UNKNOWN if any(it.platform for it in step.taken) else Verdict.REBUILDS
            verdict = _worst(verdict, self._of_content(index, origin))
        elif match := self._perhaps(step, before.key, content):
            whole, verdict = match, _worst(verdict, Verdict.UNKNOWN)
        else:
            verdict = Verdict.REBUILDS
        if self._differing is not None and any(map(self._differing.may_be_in, step.contents)):
            verdict = _worst(verdict, Verdict.UNKNOWN)
        if self._known is not None and step.always:
            verdict = Verdict.REBUILDS
        if step.follows:
            return Link(whole, verdict), verdict
        return Link(ids.of(("merge", link.key, whole)), _worst(verdict, link.verdict)), verdict

    def _content(self, step: StepKey) -> Contents:
        """Return what a step compares by content."""
        ids = self._keys.ids
        files = [
            (ids.of((it.origin, it.key())), _VERSIONED if it.versioned else f"/{it.origin}") for it in step.contents
        ]
        taken = [
            (ids.of((it.definition, self.ends[it.stage].key if it.stage is not None else None)), _certain(it))
            for it in step.taken
        ]
        return (*files, *taken)

    def _same_but_for_content(self, partial: int, content: Contents) -> int | None:
        """Return a whole key in the cache that is the same if content which only the build knows is the same."""
        if self._known is None or partial not in self._known.alike:
            return None
        alike = self._known.alike[partial]
        of_one_kind = {it: whole for it, whole in alike.items() if _kinds(it) == _kinds(content)}
        # That content comes from a stage now which came from the context before, or the other way round, is far-fetched
        # where it can have come from the same place.
        for other, whole in (of_one_kind or alike).items():
            if _may_be_the_same(content, other) and not _may_be_looked_at(content, other):
                return whole
        return None

    def _perhaps(self, step: StepKey, before: int, content: Contents) -> int | None:
        """Return a whole key in the cache that is the same, unless what only the build knows makes it another."""
        for known, other, whole in self._known.behind.get(before, ()) if self._known is not None else ():
            is_like = known.follows == step.follows and _kinds(content) == _kinds(other)
            if is_like and _may_be_the_same(content, other) and may_be_equal(known.own, step.own):
                return whole
        return None

    def _of_content(self, index: int, origin: Verdict) -> Verdict:
        """Return the verdict on a step whose key may match by content, from that on where the content comes from."""
        if origin is Verdict.CACHED or self._settled.get(index) is True:
            return Verdict.CACHED
        return Verdict.IF_CONTENT_CHANGES if origin is not Verdict.UNKNOWN else origin


_PLATFORM: Final = "platform"
_VERSIONED: Final = "versioned"


def _certain(taken: Taken) -> str | None:
    """Return where it is from, if another definition is another thing for certain: a platform that is spelled out."""
    is_spelled = taken.platform and isinstance(taken.definition, str) and taken.definition != ""
    return _PLATFORM if is_spelled else None


def _kinds(contents: Contents) -> tuple[str | None, ...]:
    return tuple(origin for _, origin in contents)


def _may_be_the_same(one: Contents, other: Contents) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a == b or a[1] != b[1] or a[1] in (None, _VERSIONED) for a, b in pairs)


def _may_be_looked_at(one: Contents, other: Contents) -> bool:
    """Tell whether there is other content that only some versions of the builder look at."""
    return any(a != b and a[1] == b[1] == _VERSIONED for a, b in zip(one, other, strict=False))
