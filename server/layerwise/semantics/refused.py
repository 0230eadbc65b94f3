"""What BuildKit would refuse to build in a text, worked out anew only for what was edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from layerwise.semantics.fold import Fold, fold
from layerwise.syntax.problem import Problem
from layerwise.syntax.tree import Block, Tree
from layerwise.syntax.validation import problems_of_all, refusals_of, starts_a_stage

Refusals: TypeAlias = Fold[Block, bool, tuple[Problem, ...]]
"""The problems of each block, with spans in its text; the state is whether there was a FROM."""


def refusals(tree: Tree, old: Refusals | None = None) -> Refusals:
    """Return the problems of a tree; ``old``, those of an earlier one, only saves work."""
    return fold(tree.blocks, initial=False, step=_step, old=old)


def problems_in(tree: Tree, found: Refusals) -> Iterator[tuple[int | None, Problem]]:
    """Yield each problem, with its span in the text of ``tree``, in order, and the index of its block, if it is of one.

    They are those that ``validation.problems_of`` returns.
    """
    for problem in problems_of_all(tree):
        yield None, problem
    for index in found.notable:
        for problem in found.outputs[index]:
            yield index, problem.shift(tree.starts[index])


def _step(started: bool, block: Block) -> tuple[bool, tuple[Problem, ...]]:  # noqa: FBT001 - what a fold calls
    return started or starts_a_stage(block), refusals_of(block, started=started)
