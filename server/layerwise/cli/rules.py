"""``layerwise rules``: the rules and their documentation."""

from __future__ import annotations

import json
import sys

import click

from layerwise.cli.options import COLOR, DOCUMENTATION_FORMAT, unknown_rule
from layerwise.cli.paint import Paint, is_colored
from layerwise.cli.sections import section_lines
from layerwise.rules.registry import NAMES, RULES, rule_named
from layerwise.rules.rule import Rule


@click.command("rules")
@click.argument("name", required=False)
@DOCUMENTATION_FORMAT
@COLOR
def command(*, name: str | None, form: str, color: str) -> None:
    """List the rules, or print the documentation of one."""
    if name is not None and name not in NAMES:
        raise click.UsageError(unknown_rule(name))
    rules = RULES if name is None else (rule_named(name),)
    paint = Paint(is_colored(color, sys.stdout))
    if form == "json":
        text = json.dumps({"version": 1, "rules": [rule_json(it) for it in rules]}, ensure_ascii=False, indent=2)
        click.echo(text.encode())
    elif form == "markdown":
        click.echo("\n".join(it.documentation.markdown(it.name) for it in rules).encode(), nl=False)
    else:
        lines = rule_table(rules, paint) if name is None else rule_page(rules[0], paint)
        click.echo("\n".join(lines), color=True)


def rule_json(rule: Rule) -> dict[str, object]:
    """Return a rule as JSON."""
    return {
        "name": rule.name,
        "severity": rule.severity.value,
        "fixable": rule.fixable,
        "since": rule.since,
        "summary": rule.documentation.summary,
        "sections": dict(rule.documentation.sections),
    }


def rule_table(rules: tuple[Rule, ...], paint: Paint) -> list[str]:
    """Return one line for each rule."""
    name = max(len(it.name) for it in rules)
    severity = max(len(it.severity.value) for it in rules)
    return [
        f"{paint('path', it.name)}{'':{name - len(it.name)}}"
        f"  {paint(it.severity.value, it.severity.value)}{'':{severity - len(it.severity.value)}}"
        f"  {'fixable' if it.fixable else '':7}  {it.documentation.summary}"
        for it in rules
    ]


def rule_page(rule: Rule, paint: Paint) -> list[str]:
    """Return the documentation of a rule for a terminal."""
    fixable = ", with fixes" if rule.fixable else ""
    lines = [
        f"{paint('path', rule.name)} ({paint(rule.severity.value, rule.severity.value)}{fixable}, since {rule.since})",
        "",
        rule.documentation.summary,
    ]
    return lines + section_lines(rule.documentation, paint)
