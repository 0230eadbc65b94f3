"""A rule that fails costs its own finding only, in whichever of its phases: it is logged, and raised in tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.fixes.fix import Applicability, Fix
from layerwise.ide.code_actions import code_actions
from layerwise.lsp.capabilities import Client
from layerwise.lsp.diagnostics import DiagnosticTexts
from layerwise.rules import copy_before_install, guard, planned, scan, unused_ignore
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.semantics.dockerfile import Placed, read_dockerfile
from layerwise.syntax.tree import parse
from layerwise.text.edit import Edit
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

FILES = {
    "package.json": "{}",
    "package-lock.json": '{"packages": {}}',
    "requirements.txt": "six\n",
    "a.py": "",
    "b": "",
}
TEXT = """\
FROM node AS one
WORKDIR /app
COPY . .
RUN npm ci
FROM python
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
FROM node
WORKDIR /web
COPY . .
RUN npm ci
COPY --from=one /app /app
# layerwise: ignore[copy-before-install]
RUN true
"""
ELSEWHERE = read_dockerfile(parse("FROM a\nRUN b\n")).instructions[1]
"""An instruction of another Dockerfile."""


def is_about_pip(arguments: Sequence[object]) -> bool:
    return any("pip install" in it.instruction.text for it in arguments if isinstance(it, Placed))


def panic(*_: object) -> NoReturn:
    raise RuntimeError("a rule panics")


def panics(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a part of the rule fail where it is asked about pip."""
    return lambda *arguments: panic() if is_about_pip(arguments) else function(*arguments)


def spoilt(**values: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let the rule make a finding of pip that fails later."""

    def spoil(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: (
            replace(function(*arguments), **values) if is_about_pip(arguments) else function(*arguments)
        )

    return spoil


def fix(*spans: Span) -> Callable[[object], Fix]:
    return lambda _: Fix("a fix", Applicability.SAFE, None, tuple(Edit(it, "") for it in spans))


LOSES_THE_FINDING = {
    "judge": (scan, "judge", panics),
    "plan": (planned, "plan_reorder", panics),
    "finding": (copy_before_install, "sentence", panics),
    "anchor": (copy_before_install, "_finding", spoilt(anchor=ELSEWHERE)),
    "related": (copy_before_install, "_finding", spoilt(related=((ELSEWHERE, "re-runs"),))),
    "message": (copy_before_install, "_finding", spoilt(message=("on line ", ELSEWHERE))),
    "withheld": (copy_before_install, "_finding", spoilt(withheld=("on line ", ELSEWHERE))),
}
LOSES_THE_FIX = {
    "fix": (copy_before_install, "_finding", spoilt(fixes=(panic,))),
    "alternative": (copy_before_install, "_finding", spoilt(fixes=(fix(), panic))),
    "edits outside the text": (copy_before_install, "_finding", spoilt(fixes=(fix(Span(10**6, 10**6 + 1)),))),
    "edits that overlap": (copy_before_install, "_finding", spoilt(fixes=(fix(Span(0, 9), Span(5, 7)),))),
}
"""Where in a rule, and how it fails there."""


def analysed() -> Analysis:
    return analyse(LineIndex(TEXT), parse(TEXT), BuildContext.of_texts(FILES), Options())


def everything(analysis: Analysis) -> list[tuple[str, str, list[str]]]:
    """Ask for all that an editor and the command line ask for."""
    texts = DiagnosticTexts("file:///Dockerfile", Client(shows_related=True)).of(analysis)
    assert len(texts) == len(analysis.findings)
    for review in (False, True):
        assert "COPY package.json package-lock.json ./\nRUN npm ci\n" in fix_all(analysis, review=review).text
    assert list(code_actions(analysis, Span(0, len(TEXT))))
    return [(it.finding.rule, it.message, [fix.title for fix in analysis.fixes_of(it)]) for it in analysis.findings]


@pytest.mark.parametrize("phase", [*LOSES_THE_FINDING, *LOSES_THE_FIX])
def test_it_costs_its_own_finding_only(
    phase: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sound = everything(analysed())
    assert [rule for rule, _, _ in sound] == [*["copy-before-install"] * 3, "unused-ignore"]
    (of_pip,) = (it for it in sound if "`pip" in it[1])
    module, name, wrap = {**LOSES_THE_FINDING, **LOSES_THE_FIX}[phase]
    monkeypatch.setattr(module, name, wrap(getattr(module, name)))
    with pytest.raises((RuntimeError, KeyError, ValueError)):
        everything(analysed())

    monkeypatch.setattr(guard, "raise_rule_errors", False)
    left = everything(analysed())
    assert [it for it in left if "`pip" not in it[1]] == [it for it in sound if it != of_pip]
    ours = [it for it in left if "`pip" in it[1]]
    assert [(rule, message) for rule, message, _ in ours] == ([of_pip[:2]] if phase in LOSES_THE_FIX else [])
    assert all(fixes != of_pip[2] for *_, fixes in ours)
    assert "the rule copy-before-install failed on " in caplog.text


def test_a_message_of_the_other_rule(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    sound = everything(analysed())
    monkeypatch.setattr(unused_ignore, "_message", panic)
    monkeypatch.setattr(guard, "raise_rule_errors", False)
    assert everything(analysed()) == sound[:-1]
    assert "the rule unused-ignore failed on the file" in caplog.text
