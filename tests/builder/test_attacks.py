"""A fix marked safe leaves the image of any small project the same, and says truly what the install reads.

The projects are drawn to make it fail (``attacks``). LAYERWISE_DRAWS is how many are drawn, LAYERWISE_SEED which ones they
are (``make attacks N=2000 SEED=1``). Only those with a safe fix are built, before and after it.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from builder.attacked import ATTACKED, Manager, make_base, managers
from builder.attacks import draw
from builder.conftest import Say
from builder.daemon import Builder
from builder.layers import tree_above
from layerwise.rules.analysis import Analysis
from layerwise.rules.fixpoint import fix_all
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from project import Version

pytestmark = [pytest.mark.installs, pytest.mark.xdist_group("attacks")]

DRAWS: Final = int(os.environ.get("LAYERWISE_DRAWS") or 150)
SEED: Final = int(os.environ.get("LAYERWISE_SEED") or 20261124)
AT_ONCE: Final = 4


@dataclass(frozen=True)
class Attack:
    """A drawn project that has a safe fix."""

    number: int
    version: Version
    kinds: str
    fixed: str
    claimed: frozenset[str] | None
    """The files of the context that the install reads, as the finding says; None if it speaks of the download alone."""

    def tells(self, what: str) -> str:
        files = "\n".join(f"  {name}: {it}" for name, it in sorted(self.version.files.items()))
        return f"draw {self.number} of seed {SEED} ({self.kinds}): {what}\n{self.version.dockerfile}\n{self.fixed}\n{files}"


def test_a_safe_fix_survives_any_attack(builder: Builder, tmp_path: Path, say: Say) -> None:
    known = managers()
    make_base(builder, known)
    found: list[str] = []
    kinds = Counter[str]()
    safe = refused = 0

    def build(attack: Attack) -> str | None:
        return outcome_of(builder, attack, tmp_path / str(attack.number))

    numbers = iter(range(DRAWS))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while batch := list(itertools.islice(numbers, AT_ONCE * 4)):
            attacks = [it for number in batch if (it := attacked(number, known, tmp_path)) is not None]
            safe += len(attacks)
            kinds.update(it.kinds.partition(":")[0] for it in attacks)
            for attack, outcome in zip(attacks, list(pool.map(build, attacks)), strict=True):
                failure = outcome if outcome is not None else compare(builder, attack)
                refused += failure == "refused"
                if failure and failure != "refused":
                    found.append(attack.tells(failure))
                    say(found[-1])
                builder.run("image", "rm", "-f", f"before{attack.number}", f"after{attack.number}")
                shutil.rmtree(tmp_path / str(attack.number), ignore_errors=True)
    of = ", ".join(f"{name} {count}" for name, count in kinds.most_common())
    said = f"seed {SEED}: {DRAWS} draws, {safe} with a safe fix, {refused} of them don't build as they are, {len(found)} failures"
    say(f"{said}\n{of}")
    assert not found, "\n=====\n".join(found)
    assert safe - refused > DRAWS / 4, "too few of the draws have a safe fix, so that they show little"


def attacked(number: int, known: list[Manager], folder: Path) -> Attack | None:
    """Draw a project; None if it has no safe fix."""
    version, kinds = draw(SEED, number, known)
    root = folder / str(number)
    version.write(root)
    analysis, _ = analyse_now(version.dockerfile, Place(root / "Dockerfile", root))
    fixed = fix_all(analysis)
    if fixed.applied:
        return Attack(number, version, kinds, fixed.text, claimed(analysis))
    shutil.rmtree(root)
    return None


def claimed(analysis: Analysis) -> frozenset[str] | None:
    late_installs = [it for scan in analysis.scans for _, it in scan.late_installs]
    if any(needs.fetch for it in late_installs for _, needs in it.installs):
        return None
    return frozenset[str]().union(*(it.read for it in late_installs))


def outcome_of(builder: Builder, attack: Attack, root: Path) -> str | None:
    """Build before and after; "refused" if the project does not build as it is, else what went wrong."""
    for tag, text in (("before", attack.version.dockerfile), ("after", attack.fixed)):
        path = root.with_name(f"{root.name}.{tag}")
        path.write_text(text)
        result = builder.run(
            "build", "--network=none", "--progress=plain", "-t", f"{tag}{attack.number}", "-f", str(path), str(root)
        )
        if result.returncode:
            log = result.stderr.decode(errors="replace")
            return "refused" if tag == "before" else f"it no longer builds\n{log[-1500:]}"
    return None


def compare(builder: Builder, attack: Attack) -> str | None:
    before, after = (tree_above(builder, f"{it}{attack.number}", ATTACKED) for it in ("before", "after"))
    if before != after:
        different = sorted(it for it in before.keys() | after.keys() if before.get(it) != after.get(it))
        return "\n".join(f"{it}: {str(before.get(it))[:300]} became {str(after.get(it))[:300]}" for it in different[:5])
    if attack.claimed is None:
        return None
    logs = (content for path, (*_, content) in before.items() if path.endswith("/opened"))
    opened = {it for log in logs for it in re.findall(r"^opened /w/(.*)$", log, re.MULTILINE)}
    more = sorted(it for it in map(os.path.normpath, opened) if it in attack.version.files and it not in attack.claimed)
    return f"it opened {', '.join(more)}, and said to read only {', '.join(sorted(attack.claimed))}" if more else None
