"""A left fold that, given its result for an earlier sequence, looks only at what changed.

Items are compared by identity, states by equality: an item that is the same object, in front of which the state is
equal, gives the output that it gave before. A state that is costly to compare should be equal to itself only; a step
function then has to return the state that it got if it changes nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
State = TypeVar("State")
Output = TypeVar("Output")


@dataclass(frozen=True, eq=False, slots=True)
class Fold(Generic[Item, State, Output]):
    """``states[i]`` is the state in front of ``items[i]``, ``outputs[i]`` what came of it, ``final`` the last state."""

    items: Sequence[Item]
    states: Sequence[State]
    outputs: Sequence[Output]
    final: State


def fold(
    items: Sequence[Item],
    initial: State,
    step: Callable[[State, Item], tuple[State, Output]],
    old: Fold[Item, State, Output] | None = None,
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
    end = min(common_start(reversed(items), reversed(was)), len(items) - start, len(was) - start)
    states, outputs = list(old.states[:start]), list(old.outputs[:start])
    state = old.states[start] if start < len(was) else old.final
    for index in range(start, len(items)):
        at = index - len(items) + len(was)
        if index >= len(items) - end and old.states[at] == state:
            return Fold(items, [*states, *old.states[at:]], [*outputs, *old.outputs[at:]], old.final)
        states.append(state)
        state, output = step(state, items[index])
        outputs.append(output)
    return Fold(items, states, outputs, state)


def common_start(one: Iterable[object], other: Iterable[object]) -> int:
    """Return how many items, from the start, are the same objects."""
    is_same = list(map(operator.is_, one, other))
    return is_same.index(False) if False in is_same else len(is_same)
