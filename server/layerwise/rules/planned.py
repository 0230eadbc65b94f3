"""How an install that comes too late is mended: which of the COPYs in front of it sink, and by which plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from layerwise.fixes.reorder import Plan, plan_reorder
from layerwise.fixes.withheld import Withheld
from layerwise.rules.late_installs import LateInstall
from layerwise.semantics.dockerfile import Placed

MOST_STEPS_BETWEEN: Final = 200
"""A plan looks no further, so that a file of thousands of steps stays as quick as a small one."""


def steps_between(instructions: Sequence[Placed], first: Placed, position: int) -> tuple[Placed, ...] | None:
    """Return the steps of a stage from ``first`` on to a position, None if they are too many.

    If that is in another stage, they are all in front of the position.
    """
    window = max(0, position - MOST_STEPS_BETWEEN)
    try:
        start = instructions.index(first, window, position)
    except ValueError:
        start = 0
    return tuple(instructions[start:position]) if start or window == 0 else None


def planned(
    late_install: LateInstall, between: Sequence[Placed] | None, run: Placed
) -> tuple[LateInstall, Plan | Withheld]:
    """Return the plan, or why there is none, with the install behind those of the COPYs that it is about."""
    outcome = _plan(late_install, between, run)
    rest, why = late_install, outcome
    while not isinstance(why, Plan) and (rest := _behind(rest, between, why)) is not None:
        # What stands in the way of the first COPY need not be in the way of the next.
        why = _plan(rest, between, run)
        if _is_most(rest, late_install) and (isinstance(why, Plan) or rest.unneeded is not None):
            late_install, outcome = rest, why
    return late_install, outcome


def _plan(late_install: LateInstall, between: Sequence[Placed] | None, run: Placed) -> Plan | Withheld:
    first = late_install.early[0]
    if not first.context.known:
        return Withheld("there is no build context here to look into")
    if late_install.blocked:
        return plan_reorder((), run, late_install.installs, late_install.files, late_install.early)
    if between is None:
        return Withheld(f"there are more than {MOST_STEPS_BETWEEN} steps in between")
    start = _index(between, first.placed)
    if start is None:
        return Withheld("the COPY stands in another stage, which other stages may start from too")
    if late_install.gains_nothing:
        placed = next(it.placed for it in late_install.kept if not it.files.isdisjoint(late_install.unneeded or ()))
        verb = "mounts" if placed.keyword == "RUN" else "copies"
        return Withheld((f"{placed.keyword} on line ", placed, f" {verb} these files as well: nothing would be gained"))
    return plan_reorder(between[start:], run, late_install.installs, late_install.files, late_install.early)


def _behind(late_install: LateInstall, between: Sequence[Placed] | None, why: Withheld) -> LateInstall | None:
    """Return the install with the COPYs only that are behind the step in the way, or behind those of other stages."""
    if between is None or late_install.blocked or not late_install.early[0].context.known:
        return None
    obstacle = _index(between, why.step) if why.step is not None else -1
    if obstacle is None:
        return None
    places = [_index(between, it.placed) for it in late_install.early]
    early = tuple(
        it for it, place in zip(late_install.early, places, strict=True) if place is not None and place > obstacle
    )
    return replace(late_install, early=early) if 0 < len(early) < len(late_install.early) else None


def _is_most(part: LateInstall, whole: LateInstall) -> bool:
    """Tell whether a part of the COPYs brings most of the files, so that it is worth a finding of its own."""
    if part.gains_nothing:
        return False
    return whole.unneeded is None or 2 * len(part.unneeded or ()) >= len(whole.unneeded)


def _index(steps: Sequence[Placed], step: Placed) -> int | None:
    return next((index for index, it in enumerate(steps) if it is step), None)
