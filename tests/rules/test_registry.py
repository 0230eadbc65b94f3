"""Rules are listed in order, and their documentation is true."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.rules.registry import RULES, rule_named
from layerwise.rules.rule import Rule
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

FILES = {"package.json": "{}", "package-lock.json": '{"packages": {}}', "server.js": ""}


def analysed(text: str) -> Analysis:
    return analyse(LineIndex(text), parse(text), BuildContext.of_texts(FILES), Options())


def test_rules_are_sorted_by_name() -> None:
    names = [it.name for it in RULES]
    assert names == sorted(set(names))


def test_a_rule_is_found_by_its_name() -> None:
    assert [rule_named(it.name) for it in RULES] == list(RULES)
    with pytest.raises(KeyError):
        rule_named("copy")


@pytest.mark.parametrize("rule", RULES, ids=lambda it: it.name)
def test_the_example_is_found_and_the_alternative_is_not(rule: Rule) -> None:
    bad, good = rule.documentation.code("Example"), rule.documentation.code("Use instead")
    assert {it.finding.rule for it in analysed(bad).findings} == {rule.name}
    assert analysed(good).findings == ()
    if rule.fixable:
        assert fix_all(analysed(bad)).text == good


def test_files_of_git_are_no_measure_of_the_project() -> None:
    text = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    files = {**FILES, ".git/HEAD": "", ".git/index": "", "page.js": ""}
    analysis = analyse(LineIndex(text), parse(text), BuildContext.of_texts(files), Options())
    assert analysis.findings[0].message.startswith("Editing any of 2 files copied on line 3 ")


def test_where_there_are_only_files_of_git_they_are_counted() -> None:
    text = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    files = {"package.json": "{}", "package-lock.json": '{"packages": {}}', ".git/HEAD": "", ".git/index": ""}
    analysis = analyse(LineIndex(text), parse(text), BuildContext.of_texts(files), Options())
    assert analysis.findings[0].message.startswith("Editing any of 2 files copied on line 3 ")
