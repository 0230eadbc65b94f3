"""The fix of a misspelt name. Never safe: with it the file is another one than the builder refuses."""

from __future__ import annotations

from layerwise.fixes.fix import Applicability, Fix
from layerwise.syntax.problem import Problem


def spelling_fix(problem: Problem) -> Fix | None:
    """Return the fix of a problem; None if nobody knows what was meant."""
    if problem.meant is None:
        return None
    title = f"Change to `{problem.meant.new_text}`"
    return Fix(title, Applicability.REVIEW, "that this is what was meant", (problem.meant,))
