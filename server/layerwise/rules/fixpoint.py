"""Applying fixes until nothing changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from layerwise.fixes.fix import Applicability, Fix
from layerwise.rules.analysis import Analysis, analyse
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

    A fix that leaves the text with a problem that it did not have is dropped. ``analysis`` must wait for no file.
    """
    applied: list[Fix] = []
    for _ in range(MOST_ROUNDS):
        chosen = _without_overlaps(_fixes(analysis, review=review))
        if not chosen:
            break
        text = apply_edits(analysis.text, [edit for it in chosen for edit in it.edits])
        tree = parse(text)
        if len(problems_of(tree)) > len(problems_of(analysis.dockerfile.tree)):
            break
        applied += chosen
        analysis = analyse(LineIndex(text), tree, analysis.context, analysis.options)
    return FixedText(analysis.text, tuple(applied))


def _fixes(analysis: Analysis, *, review: bool) -> list[Fix]:
    fixes = (analysis.fix_of(it) for it in analysis.findings)
    return [it for it in fixes if it is not None and (review or it.applicability is Applicability.SAFE)]


def _without_overlaps(fixes: list[Fix]) -> list[Fix]:
    chosen: list[Fix] = []
    taken: list[Edit] = []
    for fix in fixes:
        if not any(one.span.touches(other.span) for one in fix.edits for other in taken):
            chosen.append(fix)
            taken += fix.edits
    return chosen
