"""Every sentence of a finding is what the model says: of all fixtures, for some of the files that it counts.

What it says of the install is asked of the model before and after its fix; a sentence of another form fails.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from layerwise.buildcache.build import Builder
from layerwise.buildcache.change import ArgumentChanged, FilesChanged
from layerwise.buildcache.model import Verdict
from layerwise.commands.registry import installs_of
from layerwise.rules.analysis import Analysis, Located, analyse
from layerwise.rules.late_installs import NAME, LateInstall
from layerwise.semantics.dockerfile import Placed
from layerwise.syntax.tree import parse
from layerwise.text.edit import apply_edits
from layerwise.text.line_index import LineIndex
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from markers import parse_fixture

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = sorted(it.parent for it in (*FIXTURES.glob("rules/*/*/Dockerfile"), *FIXTURES.glob("withheld/*/Dockerfile")))
MOST = 5
"""So many files of each finding are asked about."""

REMAINS = r"(a new value of \w+|new content from stage \S+) \(line \d+\)"
SENTENCE = re.compile(
    r"(When (?P<stage>stage \S+) is built, e|E)diting "
    r"((any of (?P<count>[\d,]+) files|(?P<any>any file)) copied on (?P<lines>[^`]+?)|(?P<file>\S+), copied on (?P<line>[^`]+),)"
    r" re-runs (?P<titles>`[^`]+`((, `[^`]+`)* and `[^`]+`)?) on line (?P<run>\d+)"
    r"(, which gets its dependencies again; for that it reads only (?P<gets>[^;]+?)|, which reads? only (?P<reads>[^;]+?))?"
    r"(?P<advice>; (add|leave) (it|these files) (to \.dockerignore|out of the COPY))?"
    rf"(?P<remains>; after a fix, {REMAINS}(, {REMAINS})*( and ({REMAINS}|\d+ more))? still re-runs? it)?"
)  # fmt: skip
DESCRIBES_WORK = re.compile(r"dockerfile|ignore|compose|bake|devcontainer|gitattributes|editorconfig", re.IGNORECASE)
RELATED = (
    r"re-runs although it (does not need that file|needs none of these files)"
    r"|gets its dependencies again|re-runs with it|re-runs as well|brings more files( that it does not need)?"
)


def with_stage(analysis: Analysis, stage: str | None) -> Analysis:
    """The analysis of a build that needs a stage."""
    if stage is None:
        return analysis
    name = stage.removeprefix("stage ")
    options = replace(analysis.options, **({"builder": Builder.LEGACY} if name.isdecimal() else {"target": name}))
    return analyse(analysis.lines, analysis.dockerfile.tree, analysis.context, options, analysis)


def late_install_on(analysis: Analysis, run: Placed) -> LateInstall:
    """What the rule knows of an install."""
    found = (
        late_install
        for it in analysis.scans
        for position, late_install in it.late_installs
        if it.body.placed[position] is run
    )
    return next(found)


def verdict(analysis: Analysis, step: Placed, path: str) -> Verdict:
    """What becomes of a step when a file is edited."""
    return analysis.what_rebuilds(FilesChanged(frozenset({path}))).verdicts[analysis.dockerfile.index_of(step)]


def mended(analysis: Analysis, run: Placed, edited: Analysis, late_install: LateInstall) -> Placed:
    """The first step of the same stage that does what the install did, or gets what it got."""
    stage = analysis.dockerfile.stage_of(analysis.dockerfile.index_of(run))
    assert stage is not None
    titles = {install.title for install, _ in late_install.installs}
    fetches = {needs.fetch.rpartition(" && ")[2] for _, needs in late_install.installs if needs.fetch}
    return next(
        it
        for it in edited.dockerfile.stages[stage.index].body.placed
        if it.run is not None
        and (
            any(fetch in it.instruction.text for fetch in fetches)
            or any(install.title in titles for _, install in installs_of(it.run, it.scope))
        )
    )


def listed(text: str) -> Iterator[str]:
    """The names in a list, without how many more there are."""
    yield from (it for it in re.split(r", | and ", text) if not re.fullmatch(r"\d+ more", it))


def check(analysis: Analysis, located: Located) -> None:
    said = SENTENCE.fullmatch(located.message)
    assert said is not None, located.message
    assert all(re.fullmatch(RELATED, text) for _, text in located.related)
    run = located.finding.related[0][0]
    late_install = late_install_on(analysis, run)
    fixes = analysis.fixes_of(located)
    analysis = with_stage(analysis, said["stage"])
    assert int(said["run"]) == analysis.line_of(run)
    # The COPYs that are named, which may be the later ones of those that come too early.
    named = [int(it) for it in re.findall(r"\d+(?! more)\b", said["lines"] or said["line"])]
    copies = {analysis.line_of(it.placed): it for it in late_install.early}
    assert set(named) <= copies.keys()
    for name in listed(said["gets"] or said["reads"] or ""):
        context = analysis.context
        assert context.is_directory(name.rstrip("/")) if name.endswith("/") else context.exists(name), name
    if said["any"]:
        return
    assert said["advice"] is None or all(map(DESCRIBES_WORK.search, late_install.unneeded or ()))
    more = re.search(r"(\d+) more\Z", said["lines"] or "")
    least = min(named)
    early = [it for line, it in copies.items() if line >= least]
    assert len(early) == len(named) + (int(more[1]) if more else 0)
    files = frozenset[str]().union(*(it.files for it in early)) - late_install.read
    # Where a COPY that is not named brings what nobody knows, there is no more to tell by.
    files = files if late_install.unneeded is None else files & late_install.unneeded
    kept = {path for it in late_install.early if it not in early for path in it.files}
    files = files - kept or files
    assert said["file"] in files if said["file"] else int(said["count"].replace(",", "")) == len(files)
    # Behind an edit of .dockerignore the context itself may be another.
    telling = sorted(it for it in files if it != analysis.context.ignore_file) or sorted(files)
    sample = telling[:: max(1, len(telling) // MOST)][:MOST]
    for path in sample:
        assert verdict(analysis, run, path) is Verdict.REBUILDS, path
    assert len(files) == 1 or not said["file"]
    for fix in fixes:
        text = apply_edits(analysis.text, fix.edits)
        edited = analyse(LineIndex(text), parse(text), analysis.context, analysis.options)
        step = mended(analysis, run, edited, late_install)
        remains = said["remains"] or ""
        expected = {Verdict.IF_CONTENT_CHANGES if "new content" in remains else Verdict.CACHED}
        assert {verdict(edited, step, path) for path in sample} == expected, fix.title
        for name in re.findall(r"a new value of (\w+)", remains):
            after = edited.what_rebuilds(ArgumentChanged(name))
            assert after.verdicts[edited.dockerfile.index_of(step)] is Verdict.REBUILDS


@pytest.mark.parametrize("case", [pytest.param(it, id=f"{it.parent.name}/{it.name}") for it in CASES])
def test_what_a_finding_says_is_so(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "context"
    shutil.copytree(case, folder, ignore=shutil.ignore_patterns("Dockerfile*"), symlinks=True)
    text, _ = parse_fixture((case / "Dockerfile").read_bytes().decode())
    (folder / "Dockerfile").write_bytes(text.encode())
    analysis, _ = analyse_now(text, Place(folder / "Dockerfile", folder))
    for located in analysis.findings:
        if located.finding.rule == NAME:
            check(analysis, located)
