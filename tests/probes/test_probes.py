"""What real managers ask the disk for (fixtures/probes, see ``record``), a safe fix leaves where it is asked for.

For each path of the project, of the folder above it, and of the home folder that a recorded command asked for, there or
not, or wrote: were there such a file in the build context, it is copied before the install, or the fix is not safe, or
``HARMLESS`` says why it does not matter.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.effects.programs import is_started
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from probes.probe import CONTENTS, HARMLESS, PROBES, Probe, Reached, harmless, read_probes


def analysed(text: str, files: Mapping[str, str]) -> Analysis:
    return analyse(LineIndex(text), parse(text), BuildContext.of_texts(files), Options())


def early(text: str, files: Mapping[str, str], command: str) -> Arrivals:
    """What a command of a text finds; a download that goes before it is none of its own."""
    found = analysed(text, files)
    arriving, arrivals = Arriving(found.context), Arrivals()
    at_last: Arrivals | None = None
    for it in found.dockerfile.stages[0].body.placed:
        if it.run is not None and it.instruction.arguments.text.strip() == command:
            at_last = arrivals
        arrivals = arriving.at(it, arrivals)
    assert at_last is not None, f"{command} is gone from:\n{text}"
    return at_last


def is_left_behind(probe: Probe, path: str, reached: Reached) -> bool:
    """Tell whether a safe fix lets the install run without a file that is in the context."""
    text = probe.dockerfile(reached)
    files = {path: CONTENTS.get(posixpath.basename(path), ""), **probe.context}
    fixed = fix_all(analysed(text, files))
    landed = path.removeprefix("rootfs") if reached is Reached.IN_THE_SYSTEM else f"/w/{path}"
    return bool(fixed.applied) and early(fixed.text, files, probe.command).find(landed) is None


@pytest.mark.parametrize("path", [pytest.param(it, id=it.stem) for it in PROBES])
def test_what_a_manager_asks_for_or_writes_is_there_before_it_runs(path: Path) -> None:
    left = [
        f"{probe.command} ({probe.folder}): {it}"
        for probe in read_probes(path)
        for it, place, reached in probe.places()
        if not harmless(probe.manager, it) and is_left_behind(probe, place, reached)
    ]
    assert left == []


@pytest.mark.parametrize("path", [pytest.param(it, id=it.stem) for it in PROBES])
def test_a_program_that_a_manager_looks_for_matters_on_path(path: Path) -> None:
    assert {name for probe in read_probes(path) for name in probe.programs if not is_started(name)} == set()


@pytest.mark.parametrize("pattern", HARMLESS)
def test_each_reason_is_needed(pattern: str) -> None:
    probes = [it for path in PROBES for it in read_probes(path)]
    assert any(
        harmless(it.manager, asked) == pattern and is_left_behind(it, place, reached)
        for it in probes
        for asked, place, reached in it.places()
    )
