"""What the light bulb offers: fixes, the fix of a stage or of everything, and a comment that switches the rule off."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from layerwise.fixes.fix import Applicability
from layerwise.rules.analysis import Analysis, Located
from layerwise.rules.fixpoint import fix_all
from layerwise.semantics.dockerfile import Dockerfile, read_dockerfile
from layerwise.syntax.problem import Problem
from layerwise.syntax.tree import parse
from layerwise.text.difference import difference
from layerwise.text.edit import Edit
from layerwise.text.span import Span

QUICK_FIX: Final = "quickfix"
FIX_ALL: Final = "source.fixAll.layerwise"
REWRITE: Final = "refactor.rewrite.layerwise"


@dataclass(frozen=True, slots=True)
class Action:
    """A menu entry. ``disabled`` says why it can't be chosen; such an entry has no edits."""

    title: str
    kind: str
    edits: tuple[Edit, ...]
    finding: Located | None = None
    problem: Problem | None = None
    preferred: bool = False
    disabled: str | None = None


def code_actions(analysis: Analysis, span: Span) -> Iterator[Action]:
    """Yield the actions for a selection: first what mends, suppression last."""
    touched = [it for it in analysis.findings if _touches(it, span)]
    for finding in touched:
        yield from _fix_action(analysis, finding)
    for finding in touched:
        yield _suppress_action(analysis, finding)


def fix_all_action(analysis: Analysis) -> Action | None:
    """Return the action that applies every safe fix of the file; None if there is none."""
    fixed = fix_all(analysis)
    if not fixed.applied:
        return None
    count = len(fixed.applied)
    title = "Apply the safe layerwise fix" if count == 1 else f"Apply all {count} safe layerwise fixes"
    return Action(title, FIX_ALL, difference(analysis.text, fixed.text))


def rewrite_action(analysis: Analysis, span: Span) -> Action | None:
    """Return the action that applies every safe fix of the stage in which a selection begins; None if there is none."""
    stages = _stage_spans(analysis.dockerfile)
    at = bisect_right(stages, span.start, key=lambda it: it.start) - 1
    fixed = fix_all(analysis)
    if at < 0 or not fixed.applied:
        return None
    # A fix stays in its stage, and none comes or goes.
    new = _stage_spans(read_dockerfile(parse(fixed.text)))[at].of(fixed.text)
    edits = difference(stages[at].of(analysis.text), new)
    stage = analysis.dockerfile.stages[at]
    title = f"Optimise stage {stage.name or stage.index} for the build cache"
    moved = tuple(Edit(_moved(it.span, stages[at].start), it.new_text) for it in edits)
    return Action(title, REWRITE, moved) if moved else None


def _stage_spans(dockerfile: Dockerfile) -> list[Span]:
    """Return from where to where each stage goes: to the next FROM."""
    starts = [dockerfile.span(it.first).start for it in dockerfile.stages]
    return [Span(*it) for it in pairwise([*starts, len(dockerfile.tree.text)])]


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _touches(finding: Located, span: Span) -> bool:
    """Tell whether a finding or another step involved in it is selected: the menu opens on any of its lines."""
    return finding.span.touches(span) or any(it.touches(span) for it, _ in finding.related)


def _fix_action(analysis: Analysis, finding: Located) -> Iterator[Action]:
    fixes = analysis.fixes_of(finding)
    for index, fix in enumerate(fixes):
        safe = fix.applicability is Applicability.SAFE
        title = fix.title if safe else f"{fix.title} (review: {fix.check})"
        yield Action(title, QUICK_FIX, fix.edits, finding, preferred=safe and index == 0)
    if not fixes and finding.withheld:
        yield Action("Reorder for the build cache", QUICK_FIX, (), finding, disabled=finding.withheld)


def _suppress_action(analysis: Analysis, finding: Located) -> Action:
    lines = analysis.lines
    line = lines.line_span(lines.line(finding.span.start))
    text = line.of(analysis.text)
    indentation = text[: len(text) - len(text.lstrip(" \t"))]
    end = "\r\n" if "\r\n" in analysis.text else "\n"
    comment = f"{indentation}# layerwise: ignore[{finding.finding.rule}]{end}"
    # A byte order mark has to stay the first character.
    start = line.start + text.startswith("\ufeff")
    return Action(f"Ignore {finding.finding.rule} here", QUICK_FIX, (Edit(Span(start, start), comment),), finding)
