"""How far the files of the context reach: whose edit re-runs a step, as it is in its key, or in that of one before it.

Derived from the keys that ``what_rebuilds`` compares, for all files at once. It is the same as asking about each file,
which tests/buildcache/test_reach.py does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerwise.buildcache.carried_out import CarriedOut, carried_out
from layerwise.buildcache.content import Piece
from layerwise.buildcache.keys import BuildKeys
from layerwise.buildcache.step import StepKey
from layerwise.semantics.dockerfile import Stage

_NONE = frozenset[str]()
_VERSIONED = "only some versions of BuildKit look at all that is mounted"


@dataclass(frozen=True, slots=True)
class Reach:
    """What re-runs a step: an edit of one of ``files``; other content of ``stages`` (their labels).

    ``contexts`` are the names of named contexts of which files re-run it too. ``unknown`` says why there may be more
    files, "" if there are none.
    """

    files: frozenset[str] = _NONE
    stages: tuple[str, ...] = ()
    unknown: str = ""
    contexts: tuple[str, ...] = ()

    def __or__(self, other: Reach) -> Reach:
        """Return what either has."""
        # Steps that are reached by the same files share the set.
        more = other.files is not self.files and not other.files <= self.files
        files = (self.files | other.files if self.files else other.files) if more else self.files
        stages, contexts = _both(self.stages, other.stages), _both(self.contexts, other.contexts)
        return Reach(files, stages, self.unknown or other.unknown, contexts)


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other))) if other else one


@dataclass(frozen=True, slots=True)
class ReachedStep:
    """A step of a stage that is built, and what re-runs it.

    ``new`` are the files that re-run no step of the stage before it; all of a step that does not follow those.
    """

    step: CarriedOut
    reach: Reach
    new: frozenset[str]


def reach_of(keys: BuildKeys) -> Mapping[int, tuple[ReachedStep, ...]]:
    """Return the steps of each stage that is built, by its index."""
    found: dict[int, tuple[ReachedStep, ...]] = {}
    ends: dict[int, Reach] = {}
    own_of = _Own(frozenset(keys.build.context.files_under()))
    for stage in keys.stages:
        before, seen = _start(stage, ends, own_of, keys.steps.get(stage.first, ())), _NONE
        steps: list[ReachedStep] = []
        for it in carried_out(keys.build.dockerfile, stage, keys):
            if it.part is None:
                continue
            key = keys.steps[it.index][it.part]
            own = own_of(key)
            reach = before | own if key.follows else own
            new = reach.files if not key.follows else reach.files - seen if reach.files is not seen else _NONE
            seen = reach.files if key.follows else seen
            steps.append(ReachedStep(it, reach, new))
            before = reach if key.follows else before | own
        found[stage.index], ends[stage.index] = tuple(steps), before
    return found


def _start(stage: Stage, ends: Mapping[int, Reach], own_of: _Own, keys: Sequence[StepKey]) -> Reach:
    if stage.base is not None:
        return ends[stage.base]
    if any(ends[it].files or ends[it].unknown for it in stage.maybe):
        return Reach(unknown=f"only the build knows which stage `{stage.opening.reference}` is")
    return own_of(keys[0])


class _Own:
    """What re-runs a step by its own key. Steps that select the same files share the set."""

    def __init__(self, files: frozenset[str]) -> None:
        """Take all files of the context."""
        self._files = files
        self._known: dict[tuple[Piece, ...], frozenset[str]] = {}

    def __call__(self, key: StepKey) -> Reach:
        stages = tuple(taken.label for taken in key.taken if taken.stage is not None)
        # The files of named contexts are none of those of the context.
        contents = [it for it in key.contents if not it.origin]
        unknown = next((it.unknown or _VERSIONED for it in contents if it.unknown or it.versioned), key.always)
        pieces = tuple(piece for it in contents if not it.versioned for piece in it.pieces)
        if pieces not in self._known:
            self._known[pieces] = frozenset(self._selected(pieces))
        contexts = tuple(it.origin for it in key.contents if it.origin)
        return Reach(self._known[pieces], stages, unknown, contexts)

    def _selected(self, pieces: tuple[Piece, ...]) -> Iterator[str]:
        for it in pieces:
            # Of the whole context nothing has to be put together.
            yield from (
                self._files & it.below
                if it.below is not None and not it.path
                else self._files.intersection(it.entries())
            )


def alike(steps: Iterable[ReachedStep]) -> list[frozenset[str]]:
    """Return the files that re-run any of the steps, together those that re-run the same of them."""
    told: dict[str, tuple[int, ...]] = {}
    for number, files in enumerate(dict.fromkeys(it.new for it in steps if it.new)):
        for path in files:
            told[path] = (*told.get(path, ()), number)
    groups: dict[tuple[int, ...], set[str]] = {}
    for path, numbers in told.items():
        groups.setdefault(numbers, set()).add(path)
    return [frozenset(it) for it in groups.values()]
