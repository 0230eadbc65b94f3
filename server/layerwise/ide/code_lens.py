"""A line above each stage: how many steps it has, and how many an edit of a file re-runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.ide.reach import StageReach, reach_of
from layerwise.rules.analysis import Analysis
from layerwise.text.span import Span
from layerwise.text.wording import join_words

_MOST_STAGES: Final = 3


@dataclass(frozen=True, slots=True)
class CodeLens:
    """What is shown above the FROM at ``span``."""

    title: str
    span: Span


def code_lenses(analysis: Analysis) -> Iterator[CodeLens]:
    """Yield the lens of each stage."""
    _, stages = reach_of(analysis)
    built = analysis.build.built_stages()
    for stage in analysis.dockerfile.stages:
        reach = stages[stage.index]
        parts = [_steps(reach.steps)]
        if analysis.build.foreign_frontend:
            parts.append("read by another frontend, which # syntax= names")
        elif stage.index not in built:
            target = analysis.dockerfile.target(analysis.options.target)
            parts.append(f"not built: {target.label} does not need it" if target else "not built")
        elif reach.steps:
            parts.append(_rebuilds(reach))
        yield CodeLens(" · ".join(parts), analysis.dockerfile.span(stage.first))


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def _rebuilds(reach: StageReach) -> str:
    if not reach.files and not reach.complete:
        return "what files rebuild is not known here"
    if not reach.files and reach.stages:
        makers = join_words(reach.stages) if len(reach.stages) <= _MOST_STAGES else f"{len(reach.stages)} stages"
        return f"new content from {makers} rebuilds {reach.taken:,}"
    if not reach.files:
        return "no file of the context rebuilds any"
    what = "a source file" if not reach.alike else "any file that it copies"
    return f"editing {what} rebuilds {reach.rebuilt:,}"
