"""What the light bulb offers for a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerwise.fixes.spelling import spelling_fix
from layerwise.ide.code_actions import QUICK_FIX, Action
from layerwise.syntax.problem import Problem
from layerwise.text.span import Span


def spelling_actions(problems: Iterable[Problem], span: Span) -> Iterator[Action]:
    """Yield the actions for those of the problems that a selection touches."""
    for problem in problems:
        fix = spelling_fix(problem) if problem.span.touches(span) else None
        if fix is not None:
            yield Action(fix.title, QUICK_FIX, fix.edits, problem=problem, preferred=True)
