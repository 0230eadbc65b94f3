"""A left fold that, given its result for an earlier sequence, looks only at what changed.

An item that is equal to one of before, in front of which the state is equal, gives the output that it gave before.
Items and states that are costly to compare should be equal to themselves only; a step function then has to return the
state that it got if it changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
State = TypeVar("State")
Output = TypeVar("Output")


@dataclass(frozen=True, eq=False, slots=True)
class Fold(Generic[Item, State, Output]):
    """``states[i]`` is the state in front of ``items[i]``, ``outputs[i]`` what came of it, ``final`` the last state.

    ``notable`` are the positions of the outputs that stand out, so that nobody has to look through all of them.
    """

    items: Sequence[Item]
    states: Sequence[State]
    outputs: Sequence[Output]
    final: State
    notable: Sequence[int] = ()


def fold(
    items: Sequence[Item],
    initial: State,
    step: Callable[[State, Item], tuple[State, Output]],
    old: Fold[Item, State, Output] | None = None,
    stands_out: Callable[[Output], object] = bool,
) -> Fold[Item, State, Output]:
    """Fold ``items``; the result is the same, whatever ``old`` is, if ``step`` is a function of its arguments."""
    if old is None or not old.items or old.states[0] != initial:
        old = Fold((), (), (), initial)
    was = old.items
    if items is was:
        return old
    start = common_start(items, was)
    if start == len(items) == len(was):
        return old
    end = common_end(items, was, min(len(items), len(was)) - start)
    states, outputs = list(old.states[:start]), list(old.outputs[:start])
    notable = list(old.notable[: bisect_left(old.notable, start)])
    state = old.states[start] if start < len(was) else old.final
    for index in range(start, len(items)):
        at = index - len(items) + len(was)
        if index >= len(items) - end and old.states[at] == state:
            rest = old.notable[bisect_left(old.notable, at) :]
            notable += [it + index - at for it in rest] if index != at else rest
            return Fold(items, [*states, *old.states[at:]], [*outputs, *old.outputs[at:]], old.final, notable)
        states.append(state)
        state, output = step(state, items[index])
        outputs.append(output)
        if stands_out(output):
            notable.append(index)
    return Fold(items, states, outputs, state, notable)


def common_start(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items, from the start, are equal. Both have to be lists, or both tuples."""
    same, most = 0, min(len(one), len(other))
    # Slices are compared in C, a hundred times as fast as items in Python.
    while same < most:
        half = (same + most + 1) // 2
        if one[same:half] == other[same:half]:
            same = half
        else:
            most = half - 1
    return same


def common_end(one: Sequence[object], other: Sequence[object], most: int) -> int:
    """Return how many items, from the end and ``most`` at most, are equal. Both have to be lists, or both tuples."""
    same = 0
    while same < most:
        half = (same + most + 1) // 2
        if one[len(one) - half : len(one) - same] == other[len(other) - half : len(other) - same]:
            same = half
        else:
            most = half - 1
    return same
