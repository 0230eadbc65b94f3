"""A word behind each instruction: which files re-run it, or that it has no part in the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.reach import Reach, reach_of
from layerwise.buildcache.step import KINDS, StepKind, kind_of
from layerwise.ide.explanation import left_to
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.semantics.scope import argument_values
from layerwise.syntax.instruction import Instruction
from layerwise.text.span import Span
from layerwise.text.wording import join_words, shortened

_DASH: Final = "\N{EN DASH}"
_MOST_NAMES: Final = 3
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
    # What a base leaves with ONBUILD is hinted where it is written; stages that start from there start from the same.
    reached = {it.step.written: it.reach for steps in reach_of(analysis.record.keys).values() for it in reversed(steps)}
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
        if stage.index in built:
            label, tooltip = _hint(analysis, stage, placed, reached.get(index))
        else:
            label, tooltip = f"{_DASH} not built", "The build skips this stage."
        yield InlayHint(label, tooltip, place.start + _end_of_line(placed.instruction))


def _end_of_line(instruction: Instruction) -> int:
    """Return where the logical line ends: in front of a heredoc's body."""
    logical = instruction.logical
    return logical.raw_span(Span(0, len(logical.text))).end - instruction.span.start


def _hint(analysis: Analysis, stage: Stage, placed: Placed, reach: Reach | None) -> tuple[str, str]:
    if analysis.build.foreign_frontend:
        return "? another frontend reads this", "The frontend that # syntax= names has rules of its own."
    trigger = placed.instruction.trigger if placed.keyword == "ONBUILD" else None
    takers = left_to(analysis, stage) if trigger is not None else []
    if trigger is not None and takers:
        where = join_words(shortened([it.label for it in takers]))
        said = _files(analysis, reach) if reach is not None else _part(trigger.keyword)[0]
        return f"{said}, in {where}", f"It is carried out in {where}, which {_start(takers)} from this stage."
    if reach is not None:
        return _files(analysis, reach), _TOOLTIP
    label, tooltip = _part(placed.keyword, kind_of(placed))
    arguments = analysis.dockerfile.arguments
    if placed.keyword == "ARG" and not dict(argument_values(placed.instruction, placed.scope.variables, arguments)):
        return f"{label}, if it has a value", "With a value, in the cache key of every later RUN."
    return label, tooltip


def _start(stages: Sequence[Stage]) -> str:
    return "starts" if len(stages) == 1 else "start"


def _part(keyword: str, kind: StepKind | None = None) -> tuple[str, str]:
    """Return the part in the cache of what makes no step."""
    if (kind or KINDS.get(keyword)) is not StepKind.ENVIRONMENT:
        return f"{_DASH} no effect on cache", "In no cache key: changing it re-runs nothing."
    steps = _READERS.get(keyword, "RUN")
    return f"↻ every later {steps}", f"In the cache key of every later {steps}."


def _files(analysis: Analysis, reach: Reach) -> str:
    count = len(reach.files)
    parts = sorted(reach.files) if count <= _MOST_NAMES else []
    if count and not parts:
        parts = [f"any of {'at least ' if reach.unknown else ''}{count:,} files"]
    elif reach.unknown:
        known = analysis.context.known
        parts.append("files that only the build knows" if known else "files of a build context that is not known")
    if reach.contexts:
        parts.append(f"files of the context {join_words(reach.contexts)}")
    if reach.stages:
        parts.append(f"what {join_words(reach.stages)} {'makes' if len(reach.stages) == 1 else 'make'}")
    return f"↻ {', '.join(parts)}" if parts else "✓ no file of the context"
