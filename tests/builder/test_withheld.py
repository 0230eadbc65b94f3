"""Where a fix is withheld, the split that one would make by hand fails, or makes another image.

Each folder of fixtures/withheld is a project that builds with the real package manager, its Dockerfile with the reason that
layerwise gives (tests/rules/test_fixtures.py checks it), and a ``Dockerfile.naive`` that copies what looks like the manifests
before the install. Its first line says what becomes of it: ``# fails: LOG`` or ``# changes: PATH`` of the image.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from builder.daemon import Builder
from builder.debian_base import IMAGE, on_debian
from builder.layers import tree_above
from markers import parse_fixture

pytestmark = [pytest.mark.installs, pytest.mark.xdist_group("real")]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "withheld"
CASES = sorted(it.parent for it in FIXTURES.glob("*/Dockerfile"))


@pytest.mark.parametrize("case", [pytest.param(it, id=it.name) for it in CASES])
def test_the_naive_split_fails_or_makes_another_image(case: Path, debian: Builder, tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("Dockerfile*")
    context = shutil.copytree(case, tmp_path / "context", symlinks=True, ignore=ignored)
    text, expected = parse_fixture((case / "Dockerfile").read_text())
    assert all(it.withheld for it in expected)
    naive = (case / "Dockerfile.naive").read_text()
    what, outcome = naive.splitlines()[0].removeprefix("# ").split(": ", 1)

    debian.build(context, on_debian(text), "whole")
    if what == "fails":
        with pytest.raises(RuntimeError) as failure:
            debian.build(context, on_debian(naive), "split")
        assert outcome in str(failure.value)
    else:
        assert what == "changes"
        debian.build(context, on_debian(naive), "split")
        whole, split = tree_above(debian, "whole", IMAGE), tree_above(debian, "split", IMAGE)
        assert whole.get(outcome) != split.get(outcome)
