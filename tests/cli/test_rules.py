"""What ``rules`` prints."""

from __future__ import annotations

import json

import pytest

from layerwise.rules.registry import NAMES, RULES, rule_named

from .conftest import Project


def test_the_list_has_a_line_for_each_rule(empty: Project) -> None:
    result = empty.run("rules")
    assert result.code == 0
    lines = result.out.splitlines()
    assert [it.split()[0] for it in lines] == [it.name for it in RULES]
    for line, rule in zip(lines, RULES, strict=True):
        assert line.split(maxsplit=2)[1] == rule.severity.value
        assert (" fixable " in line.removesuffix(rule.documentation.summary)) is rule.fixable
        assert line.endswith(f"  {rule.documentation.summary}")
    # The summaries stand below each other.
    assert len({line.index(rule.documentation.summary) for line, rule in zip(lines, RULES, strict=True)}) == 1


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_documentation_is_complete_in_each_format(empty: Project, name: str) -> None:
    rule = rule_named(name)
    text = empty.run("rules", name).out
    assert all(f"\n{title}\n" in text for title in rule.documentation.sections)
    assert "```" not in text
    assert empty.run("rules", name, "--format", "markdown").out == rule.documentation.markdown(name)
    assert json.loads(empty.run("rules", name, "--format", "json").out) == {
        "version": 1,
        "rules": [
            {
                "name": name,
                "severity": rule.severity.value,
                "fixable": rule.fixable,
                "since": rule.since,
                "summary": rule.documentation.summary,
                "sections": dict(rule.documentation.sections),
            }
        ],
    }


def test_all_rules_as_json_and_markdown(empty: Project) -> None:
    names = [it["name"] for it in json.loads(empty.run("rules", "--format", "json").out)["rules"]]
    assert names == [it.name for it in RULES]
    markdown = empty.run("rules", "--format", "markdown").out
    assert [it[2:] for it in markdown.splitlines() if it.startswith("# ") and it[2:] in NAMES] == names
