"""The findings of one file as text for people. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from layerwise.cli.checked import Checked
from layerwise.cli.display import printable
from layerwise.cli.paint import Paint
from layerwise.cli.snippet import Mark, gutter_of, snippet
from layerwise.fixes.fix import Applicability, Fix
from layerwise.rules.analysis import Located
from layerwise.syntax.problem import Problem


@dataclass(frozen=True, slots=True)
class Look:
    """How the text is laid out; ``arguments`` are the options that a suggested command needs as well."""

    paint: Paint = field(default_factory=Paint)
    width: int = 120
    arguments: Sequence[str] = ()


def render_file(checked: Checked, look: Look) -> list[str]:
    """Return the lines of all problems and findings of a file in the order of the text, an empty one after each."""
    entries = [(it.span, 0, _problem(checked, it, look)) for it in checked.problems]
    entries += [(it.span, 1, _finding(checked, it, look)) for it in checked.findings]
    return [line for *_, lines in sorted(entries, key=lambda it: it[:2]) for line in (*lines, "")]


def _problem(checked: Checked, problem: Problem, look: Look) -> list[str]:
    mark = Mark(problem.span, "", "error", is_primary=True)
    return [
        _header(checked, mark, problem.message, "", look),
        *snippet(checked.analysis.lines, [mark], look.paint, look.width),
    ]


def _finding(checked: Checked, located: Located, look: Look) -> list[str]:
    lines = checked.analysis.lines
    primary = Mark(located.span, "", located.severity.value, is_primary=True)
    marks = [primary, *(Mark(span, text, "related", is_primary=False) for span, text in located.related)]
    pad = " " * gutter_of(lines, marks)
    notes = [f"{pad} {look.paint('gutter', '=')} {it}" for it in _notes(checked, located, pad, look)]
    notes[:0] = [look.paint("gutter", f"{pad} |")] if notes else []
    header = _header(checked, primary, located.message, located.finding.rule, look)
    return [header, *snippet(lines, marks, look.paint, look.width), *notes]


def _header(checked: Checked, mark: Mark, message: str, rule: str, look: Look) -> str:
    paint = look.paint
    position = checked.analysis.lines.position(mark.span.start)
    place = paint("path", f"{printable(checked.shown)}:{position.line + 1}:{position.column + 1}:")
    suffix = f" {paint('quiet', f'[{rule}]')}" if rule else ""
    return f"{place} {paint(mark.style, f'{mark.style}:')} {printable(message)}{suffix}"


def _notes(checked: Checked, located: Located, pad: str, look: Look) -> list[str]:
    def note(label: str, text: str) -> str:
        return f"{look.paint('note', f'{label}:')} {printable(text)}"

    fix = checked.analysis.fix_of(located)
    if fix is None:
        return [] if located.withheld is None else [note("no safe fix", located.withheld)]
    is_safe = fix.applicability is Applicability.SAFE
    label = "fix" if is_safe else "review"
    command = fix_command(checked.shown, look.arguments, review=not is_safe)
    indentation = f"\n{pad}{' ' * len(f' = {label}: ')}"
    notes = [f"{note(label, fix.title)}{indentation}{look.paint('quiet', f'`{printable(command)}` applies it')}"]
    return notes if fix.check is None else [*notes, note("check", fix.check)]


def fix_command(shown: str, arguments: Sequence[str], *, review: bool) -> str:
    """Return what to type to have a file fixed."""
    path = f"./{shown}" if shown.startswith("-") and shown != "-" else shown
    return shlex.join(["layerwise", "fix", *(["--review"] if review else []), *arguments, path])


def count(number: int, noun: str, many: str | None = None) -> str:
    """Return a number with its noun, as in "1 file", "2 files", "no files"."""
    return f"{number or 'no'} {noun if number == 1 else many or f'{noun}s'}"


@dataclass(slots=True)
class Tally:
    """What the summary counts."""

    files: int = 0
    problems: int = 0
    findings: int = 0
    safe: int = 0
    review: int = 0

    def add(self, checked: Checked) -> None:
        """Count a file."""
        fixes: Iterable[Fix | None] = [checked.analysis.fix_of(it) for it in checked.findings]
        kinds = [it.applicability for it in fixes if it is not None]
        self.files += 1
        self.problems += len(checked.problems)
        self.findings += len(checked.findings)
        self.safe += kinds.count(Applicability.SAFE)
        self.review += kinds.count(Applicability.REVIEW)

    @override
    def __str__(self) -> str:
        """Return the summary."""
        problems = f"{count(self.problems, 'problem')} and " if self.problems else ""
        safe = f", {self.safe} with a safe fix" if self.safe else ""
        review = f", {self.review} with a fix to review" if self.review else ""
        return f"{problems}{count(self.findings, 'finding')} in {count(self.files, 'file')}{safe}{review}"
