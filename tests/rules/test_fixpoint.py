"""Fixes are applied until nothing changes, and one that mends nothing is not applied at all."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.fixes.fix import Applicability, Fix
from layerwise.fixes.reorder import Plan
from layerwise.rules.analysis import Options, analyse
from layerwise.rules.fixpoint import FixedText, fix_all
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.syntax.tree import parse
from layerwise.text.edit import Edit
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

NPM = {"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": "", "b.js": ""}
PIP = {"requirements.txt": "six\n"}
TEXT = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\nFROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"


def fixed(text: str) -> FixedText:
    return fix_all(analyse(LineIndex(text), parse(text), BuildContext.of_texts({**NPM, **PIP}), Options()))


def test_a_fix_that_leaves_the_same_finding_is_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Plan.fix

    def fix(plan: Plan, dockerfile: Dockerfile, run: Placed) -> Fix:
        edits = (Edit(Span(0, 0), "# better\n"),)
        return (
            Fix("", Applicability.SAFE, None, edits) if "npm" in run.instruction.text else sound(plan, dockerfile, run)
        )

    monkeypatch.setattr(Plan, "fix", fix)
    result = fixed(TEXT)
    assert [it.title for it in result.applied] == [
        "Copy only requirements.txt before `pip install -r requirements.txt`, the rest after it"
    ]
    assert result.text.startswith("FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\nFROM python\n")
