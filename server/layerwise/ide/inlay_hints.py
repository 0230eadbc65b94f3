"""A word behind each instruction: which files re-run it, or that it has no part in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.step import StepKind, kind_of
from layerwise.ide.reach import Reach, reach_of
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed
from layerwise.text.span import Span
from layerwise.text.wording import join_words

_DASH: Final = "\N{EN DASH}"
_READERS: Final = {"USER": "RUN and WORKDIR", "SHELL": "RUN in shell form"}


@dataclass(frozen=True, slots=True)
class InlayHint:
    """What is shown behind the text at ``offset``, and more about it on hover."""

    label: str
    tooltip: str
    offset: int


def inlay_hints(analysis: Analysis, span: Span) -> Iterator[InlayHint]:
    """Yield the hints of the instructions that touch ``span``."""
    dockerfile = analysis.dockerfile
    steps, _ = reach_of(analysis)
    built = analysis.build.built_stages()
    for index, placed in enumerate(dockerfile.instructions):
        place = dockerfile.span(index)
        if place.end < span.start:
            continue
        if place.start > span.end:
            return
        stage = dockerfile.stage_of(index)
        if stage is None or kind_of(placed) is StepKind.SOURCE:
            continue
        label, tooltip = _hint(placed, steps.get(index)) if stage.index in built else _not_built()
        # A heredoc's body is not the line that is read first.
        line_end = analysis.text.find("\n", place.start, place.end)
        end = place.end if not placed.instruction.heredocs or line_end < 0 else line_end
        yield InlayHint(label, tooltip, end)


def _not_built() -> tuple[str, str]:
    return f"{_DASH} not built", "The build skips this stage."


def _hint(placed: Placed, reach: Reach | None) -> tuple[str, str]:
    kind = kind_of(placed)
    if kind is StepKind.METADATA:
        return f"{_DASH} no effect on cache", "In no cache key: changing it re-runs nothing."
    if reach is None:
        steps = (
            "RUN and WORKDIR"
            if placed.keyword == "USER"
            else "RUN in shell form"
            if placed.keyword == "SHELL"
            else "RUN"
        )
        return f"↻ every later {steps}", f"In the cache key of every later {steps}."
    return _files(
        reach
    ), "An edit of one of these re-runs this step: they are in its key, or in that of a step before it."


def _files(reach: Reach) -> str:
    parts = list(reach.names)
    if reach.count and not parts:
        parts = [f"any of {'at least ' if not reach.complete else ''}{reach.count:,} files"]
    elif not reach.complete:
        parts.append("files that only the build knows")
    if reach.stages:
        parts.append(f"what {join_words(reach.stages)} makes")
    return f"↻ {', '.join(parts)}" if parts else "✓ no file of the context"
