"""Findings as diagnostics, in JSON.

A file may have a thousand findings, and a keystroke changes one of them. lsprotocol's converter takes 50 µs for each,
so the JSON is made here, and that of a finding is kept while it is the same finding on the same lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import default_converter

from layerwise.lsp import convert
from layerwise.lsp.capabilities import Client
from layerwise.rules.analysis import Analysis, Located
from layerwise.rules.rule import Finding, Severity
from layerwise.semantics.fold import common_end, common_start
from layerwise.syntax.problem import Problem
from layerwise.text.line_index import Encoding, LineIndex
from layerwise.text.span import Span

SOURCE: Final = "layerwise"
SYNTAX: Final = "syntax"
"""The code of what BuildKit would refuse; those of findings are the names of rules."""


@dataclass(slots=True)
class DiagnosticTexts:
    """The diagnostics of one document: the JSON of each, and what it was made of."""

    uri: str
    client: Client
    _of: Analysis | None = None
    _texts: dict[Finding, bytes] = field(default_factory=dict[Finding, bytes])

    def of(self, analysis: Analysis) -> list[bytes]:
        """Return the JSON of each diagnostic, in no particular order."""
        if analysis is not self._of:
            known = self._texts if self._of is not None and _same_lines(self._of, analysis) else {}
            texts = ((it, known.get(it) or self._text(analysis, it)) for it in analysis.reported)
            self._texts = {it: text for it, text in texts if text is not None}
            self._of = analysis
        return list(self._texts.values())

    def _text(self, analysis: Analysis, finding: Finding) -> bytes | None:
        located = analysis.locate(finding)
        return _text_of(diagnostic(analysis, located, self.uri, self.client)) if located is not None else None


def diagnostic(analysis: Analysis, finding: Located, uri: str, client: Client) -> dict[str, object]:
    """Return the JSON of one diagnostic, as lsprotocol would make it."""
    made: dict[str, object] = {
        "range": convert.span_to_json(analysis.lines, finding.span, client.encoding),
        "message": "\n\n".join(_paragraphs(finding)),
        "severity": convert.SEVERITIES[finding.severity].value,
        "code": finding.finding.rule,
        "source": SOURCE,
    }
    if client.shows_related and finding.related:
        made["relatedInformation"] = [_related(analysis, span, text, uri, client) for span, text in finding.related]
    return made


def problem_diagnostic(lines: LineIndex, problem: Problem, encoding: Encoding) -> dict[str, object]:
    """Return the JSON of what BuildKit would refuse."""
    return {
        "range": convert.span_to_json(lines, problem.span, encoding),
        "message": problem.message,
        "severity": convert.SEVERITIES[Severity.ERROR].value,
        "code": SYNTAX,
        "source": SOURCE,
    }


def text_of_problem(lines: LineIndex, problem: Problem, encoding: Encoding) -> bytes:
    """Return that JSON as it is sent."""
    return _text_of(problem_diagnostic(lines, problem, encoding))


def _text_of(made: dict[str, object]) -> bytes:
    return json.dumps(made, separators=(",", ":")).encode()


def _related(analysis: Analysis, span: Span, text: str, uri: str, client: Client) -> dict[str, object]:
    location = {"uri": uri, "range": convert.span_to_json(analysis.lines, span, client.encoding)}
    return {"location": location, "message": text}


@cache
def _converter() -> Converter:
    return default_converter()


def typed(made: dict[str, object]) -> types.Diagnostic:
    """Return a diagnostic whose JSON is ``made``."""
    return _converter().structure(made, types.Diagnostic)


def _paragraphs(finding: Located) -> Iterator[str]:
    yield finding.message
    if finding.withheld is not None:
        start = "Review before applying" if finding.finding.fixes else "No safe fix"
        yield f"{start}: {finding.withheld.removesuffix('.')}."


def _same_lines(old: Analysis, new: Analysis) -> bool:
    """Tell whether every instruction that both have stands on the same lines, and severities are as they were.

    It does if as many lines as before lie between what is the same at the start and what is the same at the end, and
    nothing in between was there before. (Several edits at once may move what lies between them.)
    """
    if len(old.lines.starts) != len(new.lines.starts) or old.options != new.options:
        return False
    was, now = old.dockerfile.tree.blocks, new.dockerfile.tree.blocks
    start = common_start(now, was)
    end = common_end(now, was, min(len(now), len(was)) - start)
    between = {id(it) for it in was[start : len(was) - end]}
    return between.isdisjoint(id(it) for it in now[start : len(now) - end])
