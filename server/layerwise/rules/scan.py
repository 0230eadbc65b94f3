"""The scan of a stage, instruction by instruction: what stands in front of each, and which installs come too late."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from layerwise.context.build_context import UnreadFileError
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.effects.places import links_of
from layerwise.rules.guard import guarded
from layerwise.rules.in_any_case import Others
from layerwise.rules.late_installs import NAME, History, LateInstall, judge
from layerwise.semantics.dockerfile import Body, Placed
from layerwise.semantics.fold import Fold, fold


@dataclass(frozen=True, slots=True)
class InFront:
    """What stands in front of an instruction: files that arrived, what earlier steps did, and more."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    history: History = field(default_factory=History)
    others: Others = field(default_factory=Others)


@dataclass(frozen=True, slots=True)
class _Unread:
    """An install that waits for a file of the context."""

    path: str


NOTHING: Final = InFront()
Walk = Fold[Placed, InFront, "LateInstall | _Unread | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The walk over a stage, and what came of it by position in the stage's body."""

    body: Body
    walk: Walk
    late_installs: tuple[tuple[int, LateInstall], ...]
    unread: frozenset[str]

    @staticmethod
    def of(body: Body, walk: Walk) -> Scan:
        """Look through a walk."""
        found = [(position, walk.outputs[position]) for position in walk.notable]
        late_installs = tuple((position, it) for position, it in found if isinstance(it, LateInstall))
        return Scan(body, walk, late_installs, frozenset(it.path for _, it in found if isinstance(it, _Unread)))


def _step(
    arriving: Arriving, inherited: Arrivals, front: InFront, placed: Placed
) -> tuple[InFront, LateInstall | _Unread | None]:
    others = front.others.behind(placed)
    if others is not front.others:
        front = replace(front, others=others)
    if placed.keyword in ("COPY", "ADD"):
        return replace(front, arrivals=arriving.at(placed, front.arrivals)), None
    if placed.keyword != "RUN":
        return front, None
    if links := tuple(links_of(placed.run, placed.scope)):
        front = replace(front, arrivals=front.arrivals.and_links(links))
    judged = guarded(NAME, placed.instruction.text, lambda: _judged(placed, front, inherited))
    if judged is None or isinstance(judged, _Unread):
        return front, judged
    late_install, history = judged
    return front if history == front.history else replace(front, history=history), late_install


def _judged(placed: Placed, front: InFront, inherited: Arrivals) -> tuple[LateInstall | None, History] | _Unread:
    try:
        return judge(placed, front.arrivals, front.history, inherited, front.others)
    except UnreadFileError as error:
        return _Unread(error.path)


def scan_stage(body: Body, entry: InFront, arriving: Arriving, old: Scan | None) -> Scan:
    """Walk a stage behind ``entry``; the same as ``old`` if nothing in it or in front of it changed."""
    was = old.walk if old is not None else None
    walk = fold(body.placed, entry, partial(_step, arriving, entry.arrivals), was, _stands_out)
    return old if old is not None and old.walk is walk else Scan.of(body, walk)


def _stands_out(output: object) -> bool:
    return output is not None
