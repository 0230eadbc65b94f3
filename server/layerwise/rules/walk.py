"""Walking the instructions of a stage: what each install finds in front of it, and the judgement on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from layerwise.context.build_context import UnreadFileError
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.effects.places import links_of
from layerwise.rules.guard import guarded
from layerwise.rules.in_any_case import Others
from layerwise.rules.late_installs import NAME, Done, Judgement, judge
from layerwise.semantics.dockerfile import Body, Placed
from layerwise.semantics.fold import Fold, fold


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stage has seen in front of an instruction: files that arrived, installs that are done, and more."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    done: Done = field(default_factory=Done)
    others: Others = field(default_factory=Others)


@dataclass(frozen=True, slots=True)
class _Unread:
    """A judgement that waits for a file of the context."""

    path: str


NOTHING: Final = Seen()
Walk = Fold[Placed, Seen, "Judgement | _Unread | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """A stage's walk, and what came of it by position in the stage's body."""

    body: Body
    walk: Walk
    judgements: tuple[tuple[int, Judgement], ...]
    unread: frozenset[str]

    @staticmethod
    def of(body: Body, walk: Walk) -> Walked:
        """Look through a walk."""
        found = [(position, walk.outputs[position]) for position in walk.notable]
        judgements = tuple((position, it) for position, it in found if isinstance(it, Judgement))
        return Walked(body, walk, judgements, frozenset(it.path for _, it in found if isinstance(it, _Unread)))


def _step(
    arriving: Arriving, inherited: Arrivals, seen: Seen, placed: Placed
) -> tuple[Seen, Judgement | _Unread | None]:
    others = seen.others.behind(placed)
    if others is not seen.others:
        seen = replace(seen, others=others)
    if placed.keyword in ("COPY", "ADD"):
        return replace(seen, arrivals=arriving.at(placed, seen.arrivals)), None
    if placed.keyword != "RUN":
        return seen, None
    if links := tuple(links_of(placed.run, placed.scope)):
        seen = replace(seen, arrivals=seen.arrivals.and_links(links))
    judged = guarded(NAME, placed.instruction.text, lambda: _judged(placed, seen, inherited))
    if judged is None or isinstance(judged, _Unread):
        return seen, judged
    judgement, done = judged
    return seen if done == seen.done else replace(seen, done=done), judgement


def _judged(placed: Placed, seen: Seen, inherited: Arrivals) -> tuple[Judgement | None, Done] | _Unread:
    try:
        return judge(placed, seen.arrivals, seen.done, inherited, seen.others)
    except UnreadFileError as error:
        return _Unread(error.path)


def walk_stage(body: Body, entry: Seen, arriving: Arriving, old: Walked | None) -> Walked:
    """Walk a stage behind ``entry``; the same as ``old`` if nothing in it or in front of it changed."""
    was = old.walk if old is not None else None
    walk = fold(body.placed, entry, partial(_step, arriving, entry.arrivals), was, _stands_out)
    return old if old is not None and old.walk is walk else Walked.of(body, walk)


def _stands_out(output: object) -> bool:
    return output is not None
