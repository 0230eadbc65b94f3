"""What was fixed in a file, and what is left with the reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.cli.checked import Checked
from layerwise.cli.display import printable
from layerwise.cli.paint import Paint
from layerwise.cli.render_text import count
from layerwise.fixes.fix import Applicability, Fix
from layerwise.rules.analysis import Analysis, Located, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from layerwise.text.line_index import LineIndex


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is still there: ``notes`` say why."""

    line: int
    severity: str
    message: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """What became of a file; ``text`` is without the byte order mark."""

    shown: str
    text: str
    is_changed: bool
    applied: tuple[Fix, ...]
    left: tuple[Left, ...]


def fixed(checked: Checked, *, review: bool) -> Fixed:
    """Apply the fixes of a file."""
    analysis = checked.analysis
    result = fix_all(analysis, review=review)
    after = analysis
    if result.text != analysis.text:
        after = analyse(LineIndex(result.text), parse(result.text), analysis.context, analysis.options)
    left = [_problem(after, it.span.start, it.message) for it in problems_of(after.dockerfile.tree)]
    left += [_finding(after, it) for it in after.findings]
    return Fixed(checked.shown, result.text, after is not analysis, result.applied, tuple(left))


def _problem(analysis: Analysis, offset: int, message: str) -> Left:
    return Left(analysis.lines.line(offset) + 1, "error", message)


def _finding(analysis: Analysis, located: Located) -> Left:
    fix = analysis.fix_of(located)
    notes = () if located.withheld is None else (f"no safe fix: {located.withheld}",)
    if fix is not None and fix.applicability is Applicability.REVIEW:
        notes = (f"review: {fix.title} (--review applies it)", *_check(fix))
    line = analysis.lines.line(located.span.start) + 1
    return Left(line, located.severity.value, f"{located.message} [{located.finding.rule}]", notes)


def _check(fix: Fix) -> tuple[str, ...]:
    return () if fix.check is None else (f"check: {fix.check}",)


def render_fixed(result: Fixed, paint: Paint, *, is_written: bool) -> list[str]:
    """Return the lines on one file; none if nothing was done and nothing is left."""
    if not result.applied and not result.left:
        return []
    done = "applied" if is_written else "to apply"
    lines = [f"{paint('path', f'{printable(result.shown)}:')} {count(len(result.applied), 'fix', 'fixes')} {done}"]
    for fix in result.applied:
        lines += [f"  {printable(fix.title)}", *(f"    {printable(it)}" for it in _check(fix))]
    for it in result.left:
        lines.append(f"  line {it.line}: {paint(it.severity, f'{it.severity}:')} {printable(it.message)}")
        lines += [f"    {printable(note)}" for note in it.notes]
    return lines


def render_summary(results: Sequence[Fixed], *, is_written: bool) -> str:
    """Return the last line."""
    fixes = sum(len(it.applied) for it in results)
    left = sum(len(it.left) for it in results)
    done = "applied" if is_written else "to apply"
    rest = f"{left} left" if left else "nothing left"
    return f"{count(fixes, 'fix', 'fixes')} {done} in {count(len(results), 'file')}, {rest}"
