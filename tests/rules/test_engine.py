"""A rule is one file: a check of each stage, or of the file; the engine does the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules import copy_before_install, guard, registry
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.rule import Finding, Rule, Severity
from layerwise.rules.view import FileView, View
from layerwise.semantics.dockerfile import Placed
from layerwise.syntax.tree import parse
from layerwise.text.edit import Edit, apply_edits
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

CONTEXT = BuildContext.of_texts({"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": ""})
TEXT = """\
FROM node AS one
RUN sudo true
COPY . .
RUN npm ci
FROM node
RUN true
RUN sudo make
"""
asked: list[str] = []


def check(view: View) -> Iterator[Finding]:
    yield from view.each(has_sudo)


def has_sudo(step: Placed) -> Iterator[Finding]:
    """Find the RUNs that ask for rights which they have: what a rule about one instruction takes."""
    asked.append(step.instruction.text)
    if step.run is not None and any(it.words[0].value == "sudo" for it in step.run.commands):
        yield Finding("no-sudo", step, ("a build is root already",))


SUDO = Rule(
    "no-sudo",
    Severity.INFO,
    fixable=False,
    since="0.0",
    documentation=copy_before_install.RULE.documentation,
    check=check,
)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "RULES", (*registry.RULES, SUDO))
    asked.clear()


def analysed(text: str, options: Options | None = None) -> Analysis:
    return analyse(LineIndex(text), parse(text), CONTEXT, options or Options())


def edited(before: Analysis, old: str, new: str) -> Analysis:
    start = before.text.index(old)
    edit = Edit(Span(start, start + len(old)), new)
    text = apply_edits(before.text, [edit])
    tree = before.dockerfile.tree.edited(edit, text)
    return analyse(before.lines.edited(edit), tree, CONTEXT, before.options, before)


def found(analysis: Analysis) -> list[tuple[str, int]]:
    return [(it.finding.rule, analysis.lines.line(it.span.start) + 1) for it in analysis.findings]


def sudo(analysis: Analysis) -> list[Finding]:
    return [it for it in analysis.reported if it.rule == "no-sudo"]


def test_a_rule_finds_something_wherever_it_is() -> None:
    assert found(analysed(TEXT)) == [("no-sudo", 2), ("copy-before-install", 3), ("no-sudo", 7)]


def test_its_findings_have_its_severity_and_can_be_switched_off() -> None:
    assert {it.severity for it in analysed(TEXT).findings if it.finding.rule == "no-sudo"} == {Severity.INFO}
    asked.clear()
    off = analysed(TEXT, Options(severities={"no-sudo": None}))
    assert found(off) == [("copy-before-install", 3)]
    assert asked == []


def test_a_comment_hides_them_and_is_of_use() -> None:
    text = TEXT.replace("RUN sudo", "# layerwise: ignore[no-sudo]\nRUN sudo")
    assert found(analysed(text)) == [("copy-before-install", 4)]
    whole = "# layerwise: ignore-file[no-sudo]\n" + TEXT
    assert found(analysed(whole)) == [("copy-before-install", 4)]


def test_what_did_not_change_is_the_same_and_is_not_asked_again() -> None:
    before = analysed(TEXT)
    first, second = sudo(before)
    assert len(asked) == 5
    asked.clear()
    after = edited(before, "RUN true\n", "RUN true && true\nRUN sudo ls\n")
    assert [it is first or it is second for it in sudo(after)] == [True, False, True]
    assert asked == ["RUN true && true\n", "RUN sudo ls\n"]
    assert [it for it in after.reported if it.rule == "copy-before-install"] == [
        it for it in before.reported if it.rule == "copy-before-install"
    ]


def test_a_failure_costs_its_findings_in_that_stage_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(view: View) -> Iterator[Finding]:
        yield from check(view)
        if view.stage.name == "one":
            raise RuntimeError("a rule panics")

    monkeypatch.setattr(registry, "RULES", (*registry.RULES[:-1], replace(SUDO, check=fails)))
    with pytest.raises(RuntimeError):
        _ = analysed(TEXT).findings
    monkeypatch.setattr(guard, "raise_rule_errors", False)
    assert found(analysed(TEXT)) == [("copy-before-install", 3), ("no-sudo", 7)]
    assert "the rule no-sudo failed on stage one" in caplog.text


def test_a_rule_of_the_file_sees_what_comments_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    views: list[FileView] = []

    def looks(view: FileView) -> Iterator[Finding]:
        views.append(view)
        yield Finding("no-sudo", Span(0, 4), ("here",))

    monkeypatch.setattr(registry, "RULES", (*registry.RULES[:-1], replace(SUDO, check=None, check_file=looks)))
    text = TEXT.replace("COPY", "# layerwise: ignore[copy-before-install]\nCOPY")
    before = analysed(text)
    assert found(before) == [("no-sudo", 1)]
    (view,) = views
    assert [it.rule for it in view.used] == ["copy-before-install"]
    assert view.rules == {"copy-before-install": True, "unused-ignore": True, "no-sudo": True}
    assert edited(before, "sudo make", "sudo bake").reported == before.reported
    assert views == [view]
