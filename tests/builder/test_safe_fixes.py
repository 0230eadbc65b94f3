"""A fix marked safe leaves the image the same, and afterwards an edit of the source leaves the install cached.

A real BuildKit builds each fixture before and after its fix. Package managers are stand-ins that read exactly what their
manuals say; what they read ends up in the image.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from builder.daemon import BASE, Builder
from builder.judged import as_numbered, steps
from layerwise.rules.analysis import Analysis
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from markers import parse_fixture

pytestmark = pytest.mark.installs

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules" / "copy-before-install"
ELSEWHERE = {
    "npm-a-folder-that-is-not-there-in-a-base-stage": "a COPY of what is not there does not build",
    "npm-copy-with-exclude": "COPY --exclude is of a frontend that is fetched",
    "npm-seven-manifests": "COPY --parents is of a frontend that is fetched",
    "npm-six-manifests-by-mounts": "COPY --parents is of a frontend that is fetched",
}
"""Fixtures that no builder here can build, and why."""

CASES = sorted(it.parent for it in FIXTURES.glob("*/Dockerfile.fixed") if it.parent.name not in ELSEWHERE)

NEWER = re.compile(r"<<EOF|RUN +--network=")
"""What only the newer BuildKit knows."""


LEFT = {
    "apt-several-installs-behind-a-copy": 1,
    "go-build-behind-an-install-of-another-manager": 1,
    "npm-half-of-the-files-behind-those-of-a-base-stage": 1,
}
"""How many findings have no safe fix, and stay; nothing is left of any other fixture."""


def local(text: str) -> str:
    """The Dockerfile with the local base in place of every image."""
    text = re.sub(r"(?im)^#\s*syntax=.*\n", "", text)
    return re.sub(r"(?im)^(from\s+)(?!scratch|build\b|base\b)\S+", rf"\g<1>{BASE}", text)


def unneeded(analysis: Analysis) -> str:
    """A file that no install needs, though their keys have it."""
    late_installs = [it for scan in analysis.scans for _, it in scan.late_installs]
    files = frozenset[str].intersection(*(it.unneeded or frozenset() for it in late_installs))
    return min(files, key=lambda it: (it.startswith("."), it))


@pytest.mark.parametrize("case", [pytest.param(it, id=it.name) for it in CASES])
def test_the_image_is_the_same(case: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    is_newer = NEWER.search((case / "Dockerfile").read_text()) is not None
    builder: Builder = request.getfixturevalue("newer_builder" if is_newer else "builder")
    context = tmp_path / "context"
    shutil.copytree(case, context, ignore=shutil.ignore_patterns("Dockerfile*"))
    before, _ = parse_fixture((case / "Dockerfile").read_bytes().decode())
    after = (case / "Dockerfile.fixed").read_bytes().decode()
    builder.build(context, local(before), "before")
    builder.build(context, local(after), "after")
    assert builder.tree("after") == builder.tree("before")
    if (case / "Dockerfile.mounted").exists():
        builder.build(context, local((case / "Dockerfile.mounted").read_text()), "mounted")
        assert builder.tree("mounted") == builder.tree("before"), "the other form of the fix does the same"
    analysis, _ = analyse_now(before, Place(context / "Dockerfile", context))
    edited = context / unneeded(analysis)
    edited.parent.mkdir(exist_ok=True)
    # Of its own, since builds of other fixtures may have left the same layers.
    edited.write_text(f"# edited for {case.name}\n")
    fixed, _ = analyse_now(after, Place(context / "Dockerfile", context))
    assert len(fixed.findings) == LEFT.get(case.name, 0)
    was = as_numbered(builder.build(context, local(before), "before"), analysis)
    now = as_numbered(builder.build(context, local(after), "after"), fixed)
    early, late = steps(analysis, judged=True), steps(fixed, judged=False)
    assert not any(was[it] for it in early), "before the fix, an edit of the source re-runs the install"
    assert all(now[it] for it in late[: len(early) - len(fixed.findings)]), "after it, the install is cached"
    assert builder.tree("after") == builder.tree("before")


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_left_out_does_not_build(name: str, tmp_path: Path, builder: Builder) -> None:
    context = tmp_path / "context"
    shutil.copytree(FIXTURES / name, context, ignore=shutil.ignore_patterns("Dockerfile*"))
    before, _ = parse_fixture((FIXTURES / name / "Dockerfile").read_text())

    def both() -> None:
        builder.build(context, local(before), "before")
        builder.build(context, local((FIXTURES / name / "Dockerfile.fixed").read_text()), "after")

    with pytest.raises(RuntimeError):
        both()
