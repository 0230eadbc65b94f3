"""A line above each stage: how many steps it has, and how many an edit of a source file re-runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.build import Builder
from layerwise.buildcache.carried_out import carried_out
from layerwise.buildcache.inputs import missing_sources
from layerwise.buildcache.reach import ReachedStep, reach_of
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.ide.layer_map_text import short
from layerwise.ide.typical_edit import Sources, TypicalFile
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.syntax.problem import Problem
from layerwise.syntax.validation import problems_of
from layerwise.text.span import Span
from layerwise.text.wording import join_words, shortened

_MOST_STAGES: Final = 3


@dataclass(frozen=True, slots=True)
class CodeLens:
    """What is shown above the FROM at ``span``."""

    title: str
    span: Span


def code_lenses(analysis: Analysis) -> Iterator[CodeLens]:
    """Yield the lens of each stage."""
    dockerfile = analysis.dockerfile
    reached = reach_of(analysis.record.keys)
    sources, problems = Sources(analysis), problems_of(dockerfile.tree)
    typical = sources.typical([it for steps in reached.values() for it in steps])
    for stage in dockerfile.stages:
        steps = reached.get(stage.index)
        parts = [_steps(len(steps) if steps is not None else sum(_may_be_steps(analysis, stage)))]
        refused = _refused(analysis, stage, problems)
        if analysis.build.foreign_frontend:
            parts.append("read by another frontend, which # syntax= names")
        elif refused is not None:
            parts.append(f"builders refuse line {analysis.lines.line(refused.span.start) + 1:,}: {refused.message}")
        elif steps is None:
            target = dockerfile.target(analysis.options.target)
            parts.append(f"not built: {target.label} does not need it" if target else "not built")
        elif steps:
            # The same file as in the layer map, if it gets as far as this stage.
            is_reached = typical is not None and any(typical.path in it.reach.files for it in steps)
            parts.append(_rebuilds(analysis, stage, steps, typical if is_reached else sources.typical(steps)))
        yield CodeLens(" · ".join(parts), dockerfile.span(stage.first))


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def _may_be_steps(analysis: Analysis, stage: Stage) -> Iterator[bool]:
    """Yield of each instruction of a stage that is not built whether it would be a step."""
    for it in carried_out(analysis.dockerfile, stage):
        yield it.placed.keyword != "FROM" and _may_be_step(analysis.options.builder, it.placed)


def _may_be_step(builder: Builder, placed: Placed) -> bool:
    if builder.is_sequential:
        return placed.keyword != "MAINTAINER" or builder is not Builder.KANIKO
    return kind_of(placed) is StepKind.LAYER


def _refused(analysis: Analysis, stage: Stage, problems: Sequence[Problem]) -> Problem | None:
    """Return the first problem in the text of a stage."""
    dockerfile = analysis.dockerfile
    start = dockerfile.start(stage.first)
    end = dockerfile.start(stage.end) if stage.end < len(dockerfile.instructions) else len(analysis.text)
    return next((it for it in problems if start <= it.span.start < end), None)


def _rebuilds(analysis: Analysis, stage: Stage, steps: Sequence[ReachedStep], typical: TypicalFile | None) -> str:
    unknown = next((it.reach.unknown for it in steps if it.reach.unknown), "")
    if typical is not None:
        path = typical.path
        number = sum(path in it.reach.files for it in steps)
        may_be_more = any(it.reach.unknown and path not in it.reach.files for it in steps)
        says = f"rebuilds {'at least ' if may_be_more else ''}{number:,}"
        if typical.is_source:
            return f"editing a source file ({short(path)}) {says}"
        return f"{'' if unknown else 'no source file rebuilds any, '}editing {short(path)} {says}"
    if not analysis.context.known:
        return f"what files rebuild is not known: there is no build context to look at ({analysis.context.found_by})"
    if unknown:
        return f"what files rebuild is not known: {unknown}"
    taking = [it for it in steps if it.reach.stages or it.reach.contexts]
    if taking:
        makers = list(dict.fromkeys(label for it in taking for label in it.reach.stages))
        named = makers if len(makers) <= _MOST_STAGES else [f"{len(makers)} stages"]
        contexts = dict.fromkeys(name for it in taking for name in it.reach.contexts)
        named = join_words([*named, *(f"the context {it}" for it in contexts)])
        return f"new content from {named} rebuilds {len(taking):,}"
    missing = [source for it in stage.body.placed for source in missing_sources(it, analysis.context)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        return f"{join_words(shortened(missing))} {verb} not in the build context, so a build fails"
    return "no file of the context rebuilds any"
