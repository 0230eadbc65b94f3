"""The findings as JSON, a stable interface: lines and columns 1-based, columns in code points, ends exclusive. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from layerwise.cli.checked import Checked
from layerwise.fixes.fix import Fix
from layerwise.fixes.spelling import spelling_fix
from layerwise.rules.analysis import Located
from layerwise.syntax.problem import Problem
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

Json = dict[str, object]


def json_of(files: Sequence[Checked]) -> Json:
    """Return the JSON of ``check``."""
    return {"version": 1, "files": [_file(it) for it in files]}


def _file(checked: Checked) -> Json:
    context = checked.analysis.context
    return {
        "path": checked.shown,
        "context": context.root if context.known else None,
        "context_found_by": context.found_by,
        "problems": [_problem(checked, it) for it in checked.problems],
        "findings": [_finding(checked, it) for it in checked.findings],
    }


def _problem(checked: Checked, problem: Problem) -> Json:
    fix = spelling_fix(problem)
    return {
        "message": problem.message,
        "range": _range(checked.analysis.lines, problem.span),
        "fixes": [] if fix is None else [_fix(checked, fix)],
    }


def _finding(checked: Checked, located: Located) -> Json:
    lines = checked.analysis.lines
    return {
        "rule": located.finding.rule,
        "severity": located.severity.value,
        "message": located.message,
        "range": _range(lines, located.span),
        "related": [{"message": text, "range": _range(lines, span)} for span, text in located.related],
        "fixes": [_fix(checked, it) for it in checked.analysis.fixes_of(located)],
        "withheld": located.withheld,
    }


def _fix(checked: Checked, fix: Fix) -> Json:
    lines = checked.analysis.lines
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "check": fix.check,
        "edits": [
            {"path": checked.shown, "range": _range(lines, it.span), "new_text": it.new_text} for it in fix.edits
        ],
    }


def _range(lines: LineIndex, span: Span) -> Json:
    return {"start": _position(lines, span.start), "end": _position(lines, span.end)}


def _position(lines: LineIndex, offset: int) -> Json:
    position = lines.position(offset)
    return {"line": position.line + 1, "column": position.column + 1}
