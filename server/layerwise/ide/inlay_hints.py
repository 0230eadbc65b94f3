"""A word behind each instruction: which files re-run it, or that it has no part in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.step import StepKind, kind_of
from layerwise.ide.reach import Reach, reach_of
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed
from layerwise.syntax.instruction import Instruction
from layerwise.text.span import Span
from layerwise.text.wording import join_words

_DASH: Final = "\N{EN DASH}"
_TOOLTIP: Final = "An edit of one of these re-runs this step: it is in its key, or in that of a step before it."
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
        if place.start >= span.end:
            return
        stage = dockerfile.stage_of(index)
        if stage is None or kind_of(placed) is StepKind.SOURCE:
            continue
        label, tooltip = _hint(analysis, placed, steps.get(index)) if stage.index in built else _not_built()
        yield InlayHint(label, tooltip, place.start + _end_of_line(placed.instruction))


def _end_of_line(instruction: Instruction) -> int:
    """Return where the logical line ends: in front of a heredoc's body."""
    logical = instruction.logical
    return logical.raw_span(Span(0, len(logical.text))).end - instruction.span.start


def _not_built() -> tuple[str, str]:
    return f"{_DASH} not built", "The build skips this stage."


def _hint(analysis: Analysis, placed: Placed, reach: Reach | None) -> tuple[str, str]:
    if analysis.build.foreign_frontend:
        return "? another frontend reads this", "The frontend that # syntax= names has rules of its own."
    if reach is None and kind_of(placed) is StepKind.METADATA:
        return f"{_DASH} no effect on cache", "In no cache key: changing it re-runs nothing."
    if reach is None:
        steps = _READERS.get(placed.keyword, "RUN")
        return f"↻ every later {steps}", f"In the cache key of every later {steps}."
    return _files(reach), _TOOLTIP


def _files(reach: Reach) -> str:
    parts = list(reach.names)
    if reach.count and not parts:
        parts = [f"any of {'at least ' if not reach.complete else ''}{reach.count:,} files"]
    elif not reach.complete:
        parts.append("files that only the build knows")
    if reach.stages:
        parts.append(f"what {join_words(reach.stages)} makes")
    return f"↻ {', '.join(parts)}" if parts else "✓ no file of the context"
