"""Every step of a Dockerfile as text for people (its cache key, or what a change re-runs and why) and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from layerwise.buildcache.build import Builder
from layerwise.buildcache.inputs import InputKind
from layerwise.buildcache.model import Verdict
from layerwise.buildcache.step import StepKind
from layerwise.cli.columns import one_line, wrap
from layerwise.cli.display import display_width, printable
from layerwise.cli.grid import Grid, Layout, Row
from layerwise.ide.explanation import ExplainedStage, ExplainedStep, Explanation, to_json

_LATER: Final = {
    "ARG": "every later RUN, if it has a value",
    "USER": "every later RUN and WORKDIR",
    "SHELL": "every later RUN in shell form",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What to show: ``context`` in words; ``target`` if one was asked for; ``is_change``: against an earlier build.

    ``notes`` are on the options and the file, without full stops. They are for stderr, those of the explanation are
    part of the text.
    """

    explanation: Explanation
    path: str
    context: str
    target: str | None
    is_change: bool
    notes: tuple[str, ...] = ()


def render_explanation(page: Page, layout: Layout) -> list[str]:
    """Return the lines: what is explained, a tree for each stage, and what it comes to."""
    explanation = page.explanation
    # Of a stage that is not built, one line is enough.
    shown = ((it, it.steps if it.built else it.steps[:1]) for it in explanation.stages)
    stages = [[_row(page, stage, step) for step in steps] for stage, steps in shown]
    grid = Grid([row for rows in stages for row in rows], layout)
    lines = [*_header(page, layout), ""]
    for note in explanation.notes:
        lines += [*wrap(printable(note), layout.width), ""]
    for rows in stages:
        lines += [line for row in rows for line in grid.lines(row)]
        lines.append("")
    return [*lines, *wrap(_summary(page), layout.width)]


def json_page(page: Page) -> Mapping[str, object]:
    """Return the JSON of ``explain``, which has all notes as sentences."""
    notes = dict.fromkeys((*page.explanation.notes, *(f"{it}." for it in page.notes)))
    return to_json(replace(page.explanation, notes=tuple(notes)), page.path)


def _header(page: Page, layout: Layout) -> list[str]:
    builder = page.explanation.builder
    parts = [
        page.context,
        f"target {page.target}" if page.target else "",
        f"builder {builder.value}" if builder is not Builder.BUILDKIT else "",
    ]
    path = printable(page.path)
    dot = f" {layout.signs.dot} "
    rest = dot.join(printable(it) for it in parts if it)
    if display_width(f"{path}{dot}{rest}") > layout.width:
        return [layout.paint("path", path), *(layout.paint("quiet", f"  {it}") for it in wrap(rest, layout.width - 2))]
    return [f"{layout.paint('path', path)}{layout.paint('quiet', f'{dot}{rest}')}"]


def _row(page: Page, stage: ExplainedStage, step: ExplainedStep) -> Row:
    is_quiet = not stage.built or not step.inputs
    leaves = tuple(_leaves(step)) if stage.built and not page.is_change else ()
    indent = 0 if step.kind is StepKind.SOURCE else 2
    remark = "; ".join(_remarks(page, stage, step))
    return Row(step.verdict, step.line, one_line(step.instruction), indent, remark, leaves, is_quiet)


def _leaves(step: ExplainedStep) -> Iterator[str]:
    yield from (printable(it.detail) for it in step.inputs if it.kind is not InputKind.PREVIOUS)
    if step.is_step and all(it.kind is not InputKind.PREVIOUS for it in step.inputs):
        yield "not the step above it: --link"


def _remarks(page: Page, stage: ExplainedStage, step: ExplainedStep) -> Iterator[str]:
    if step.kind is StepKind.SOURCE:
        if stage.name is None and len(page.explanation.stages) > 1:
            yield stage.label
        if not stage.built:
            yield f"not built: stage {page.explanation.target} does not need it"
    elif step.onbuild:
        yield step.onbuild
    elif step.kind is StepKind.METADATA and not step.inputs:
        yield "no effect on cache"
    elif step.kind is StepKind.ENVIRONMENT and not step.inputs and not page.is_change:
        keyword = step.instruction.split(maxsplit=1)[0].upper()
        yield f"in the key of {_LATER.get(keyword, 'every later RUN')}"
    if step.reason:
        yield printable(step.reason)


def _summary(page: Page) -> str:
    steps = [step for it in page.explanation.stages if it.built for step in it.steps if step.is_step]
    total = len(steps)
    if not total:
        return "There are no steps that a build could keep in its cache."
    if not page.is_change:
        return "A step re-runs when anything in its key changes, or when the step above it does."
    sure, maybe, unknown = (
        sum(it.verdict is verdict for it in steps)
        for verdict in (Verdict.REBUILDS, Verdict.IF_CONTENT_CHANGES, Verdict.UNKNOWN)
    )
    if sure:
        said = f"The next build re-runs {_of(sure, total)}"
        said += f", {maybe:,} more only if copied content differs" if maybe else ""
    elif maybe:
        said = f"The next build re-runs {_of(maybe, total)} only if copied content differs"
    elif unknown:
        return f"Whether the next build re-runs {_of(unknown, total)} can not be told."
    else:
        return f"The next build re-runs nothing: {_of(total, total)} {'stays' if total == 1 else 'stay'} cached."
    return f"{said}; of {unknown:,} more it can not be told." if unknown else f"{said}."


def _of(number: int, total: int) -> str:
    if total == 1:
        return "the only step"
    return f"all {total:,} steps" if number == total else f"{number:,} of {total:,} steps"
