"""Every fixture of every rule: findings, fixed text, fixed point. New cases need no Python.

A fixture is a folder `fixtures/rules/RULE/CASE/` with a Dockerfile with markers (see `markers`), the files of its build
context, and `Dockerfile.fixed` (all safe fixes applied) and `Dockerfile.review` (those for review too) iff they change it. A
`Dockerfile.mounted` is what the other form of the first finding's fix makes of it. `fixtures/withheld/CASE/` are whole
projects whose fix is withheld; tests/builder/test_withheld.py shows why.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from layerwise.rules.analysis import Analysis, Located
from layerwise.rules.fixpoint import fix_all
from layerwise.rules.registry import RULES, rule_named
from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from layerwise.text.edit import apply_edits
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from markers import Expected, parse_fixture

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
WITHHELD = FIXTURES.parent / "withheld"
CASES = sorted(it.parent for it in (*FIXTURES.glob("*/*/Dockerfile"), *WITHHELD.glob("*/Dockerfile")))

NOT_BY_MOUNTS = (
    "apt-install",
    "npm-from-a-folder-with-a-blank",
    "npm-mounts-and-a-copy-with-chmod",
    "npm-mounts-and-a-copy-with-chown",
    "npm-mounts-and-another-folder",
    "npm-mounts-behind-a-workdir",
    "npm-narrow-copy-first",
    "npm-one-file-too-many",
    "npm-patch-package",
    "npm-seven-manifests",
    "npm-tool-versions-above",
    "npm-workspaces-with-a-blank-in-a-name",
    "pip-wheels-in-the-context",
)
"""Where mounts would not do the same as the COPY."""


def analyse(folder: Path, text: str) -> Analysis:
    (folder / "Dockerfile").write_bytes(text.encode())
    return analyse_now(text, Place(folder / "Dockerfile", folder))[0]


def drawn(analysis: Analysis, located: Located) -> Expected:
    lines = analysis.lines
    start, end = lines.position(located.span.start), lines.position(located.span.end)
    column = end.column if end.line == start.line else None
    rule = rule_named(located.finding.rule)
    name = rule.name if located.severity is rule.severity else f"{rule.name}/{located.severity.value}"
    related = tuple(f"line {lines.line(span.start) + 1}: {text}" for span, text in located.related)
    return Expected(start.line, start.column, column, name, located.message, located.withheld, related)


@pytest.mark.parametrize("case", [pytest.param(it, id=f"{it.parent.name}/{it.name}") for it in CASES])
def test_fixture(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "context"
    shutil.copytree(case, folder, ignore=shutil.ignore_patterns("Dockerfile*"), symlinks=True)
    text, expected = parse_fixture((case / "Dockerfile").read_bytes().decode())
    analysis = analyse(folder, text)
    found = tuple(sorted(drawn(analysis, it) for it in analysis.findings))
    shows_related = any(it.related for it in expected)
    assert (found if shows_related else tuple(replace(it, related=()) for it in found)) == expected
    if (mounted := case / "Dockerfile.mounted").exists():
        _, other = analysis.fixes_of(analysis.findings[0])
        assert apply_edits(text, other.edits) == mounted.read_bytes().decode()
    elif case.name in NOT_BY_MOUNTS:
        assert len(analysis.fixes_of(analysis.findings[0])) == 1
    for name, review in (("Dockerfile.fixed", False), ("Dockerfile.review", True)):
        fixed = fix_all(analysis, review=review).text
        golden = case / name
        if review and (case / "Dockerfile.fixed").exists() and not golden.exists():
            assert fixed == (case / "Dockerfile.fixed").read_bytes().decode(), "needs a Dockerfile.review"
            continue
        assert fixed == (golden.read_bytes().decode() if golden.exists() else text)
        assert not golden.exists() or fixed != text, f"{name} changes nothing"
        assert len(problems_of(parse(fixed))) <= len(problems_of(parse(text)))
        again = analyse(folder, fixed)
        assert fix_all(again, review=review).text == fixed, "fixing what is fixed changes nothing"


def test_every_folder_of_fixtures_belongs_to_a_rule() -> None:
    assert {it.name for it in FIXTURES.iterdir()} == {it.name for it in RULES}
