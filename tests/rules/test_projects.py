"""Whole projects, one for each ecosystem: the install comes too late, and the fix is the one that is shown in the documents."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layerwise.commands.registry import installs_of
from layerwise.rules.analysis import Analysis
from layerwise.rules.fixpoint import fix_all
from layerwise.rules.late_installs import LateInstall
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from projects import ECOSYSTEMS, PROJECTS, ecosystem_of


def analyse(context: Path, text: str) -> Analysis:
    (context / "Dockerfile").write_text(text)
    return analyse_now(text, Place(context / "Dockerfile", context))[0]


def ecosystems_that_come_late(analysis: Analysis) -> set[str]:
    steps = [it for stage in analysis.dockerfile.stages for it in stage.body.placed]
    outputs = [it for scan in analysis.scans for it in scan.walk.outputs]
    late = [it for it, output in zip(steps, outputs, strict=True) if isinstance(output, LateInstall)]
    return {ecosystem.name for it in late if it.run is not None for ecosystem, _ in installs_of(it.run, it.scope)}


@pytest.mark.parametrize("project", [pytest.param(it, id=it.name) for it in PROJECTS])
def test_the_fix_is_the_expected_one(project: Path, tmp_path: Path) -> None:
    context = shutil.copytree(project, tmp_path / "context", ignore=shutil.ignore_patterns("Dockerfile*"))
    analysis = analyse(context, (project / "Dockerfile").read_text())
    ecosystem = ecosystem_of(project)
    assert ecosystem is not None
    assert ecosystem.name in ecosystems_that_come_late(analysis)

    (expected,) = project.glob("Dockerfile.*")
    is_safe = expected.name == "Dockerfile.fixed"
    fixed = fix_all(analysis, review=not is_safe).text
    assert fixed == expected.read_text()
    assert is_safe or fix_all(analysis).text == analysis.text, "nothing of it is safe"

    again = analyse(context, fixed)
    assert again.findings == ()
    assert fix_all(again, review=True).text == fixed


def test_each_ecosystem_has_a_project_and_no_project_is_of_none() -> None:
    assert [it.name for it in PROJECTS if ecosystem_of(it) is None] == []
    shown = {it.name for it in map(ecosystem_of, PROJECTS) if it is not None}
    assert shown == {it.name for it in ECOSYSTEMS.values()}
