"""Applying fixes until nothing changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

from layerwise.fixes.fix import Applicability, Fix
from layerwise.rules.analysis import Analysis, Located, analyse
from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from layerwise.text.edit import Edit, apply_edits
from layerwise.text.line_index import LineIndex

MOST_ROUNDS: Final = 10


@dataclass(frozen=True, slots=True)
class FixedText:
    """The text after all rounds, and the fixes that were applied, in order."""

    text: str
    applied: tuple[Fix, ...]


def fix_all(analysis: Analysis, *, review: bool = False) -> FixedText:
    """Apply the safe fixes (with ``review`` those too) of a text and of what becomes of it.

    A fix that leaves the text with a problem that it did not have, or with the same finding, is dropped. ``analysis``
    must wait for no file.
    """
    applied: list[Fix] = []
    useless: set[object] = set()
    for _ in range(MOST_ROUNDS):
        chosen = _without_overlaps(_fixes(analysis, useless, review=review))
        if not chosen:
            break
        text = apply_edits(analysis.text, [edit for fix in chosen.values() for edit in fix.edits])
        tree = parse(text)
        if len(problems_of(tree)) > len(problems_of(analysis.dockerfile.tree)):
            break
        fixed = analyse(LineIndex(text), tree, analysis.context, analysis.options)
        if mended_nothing := chosen.keys() & _subjects(fixed).keys():
            useless |= mended_nothing
            continue
        applied += chosen.values()
        analysis = fixed
    return FixedText(analysis.text, tuple(applied))


def _subjects(analysis: Analysis) -> dict[object, Located]:
    """Return the findings by what they are about: rule, stage and subject."""
    dockerfile = analysis.dockerfile
    stages = [dockerfile.start(it.first) for it in dockerfile.stages]
    return {
        (it.finding.rule, bisect_right(stages, it.span.start), it.finding.subject): it
        for it in analysis.findings
        if it.finding.subject is not None
    }


def _fixes(analysis: Analysis, useless: Set[object], *, review: bool) -> dict[object, Fix]:
    fixes = {subject: analysis.fix_of(it) for subject, it in _subjects(analysis).items() if subject not in useless}
    return {
        subject: fix
        for subject, fix in fixes.items()
        if fix is not None and (review or fix.applicability is Applicability.SAFE)
    }


def _without_overlaps(fixes: Mapping[object, Fix]) -> dict[object, Fix]:
    chosen: dict[object, Fix] = {}
    taken: list[Edit] = []
    for subject, fix in fixes.items():
        if not any(one.span.touches(other.span) for one in fix.edits for other in taken):
            chosen[subject] = fix
            taken += fix.edits
    return chosen
