"""With real package managers too, the safe fix leaves the image the same and the install cached.

Each folder of fixtures/real is a project that copies its source before it installs. It is built with npm and pip as Debian
has them, from the registries that this machine uses.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from builder import debian_base
from builder.daemon import Builder, Tree
from layerwise.rules.fixpoint import fix_all
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place

# What it needs takes long to make, so one worker makes it.
pytestmark = [pytest.mark.installs, pytest.mark.xdist_group("real")]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "real"
SOURCES = {"npm": "src/server.js", "pip": "app/main.py"}  # what is edited
INSTALL = ("", 4)  # FROM, WORKDIR, COPY and then it, before the fix and after

VARYING: dict[str, dict[str, str | None]] = {
    "npm": {
        # A log is named after the time, and tells how long each step took.
        r"root/\.npm/_logs/.+": None,
        # The download cache notes when it asked, when it was answered, and the digest of a line that tells that.
        r"root/\.npm/_cacache/index-v5/.+": r'(?<=\n)[0-9a-f]{40}(?=\t)|(?<="time":)\d+|(?<="date":")[^"]+',
    },
    "pip": {
        # Bytes 8 to 11 are the time of the source (PEP 552), which is when pip unpacked it.
        r"usr/local/lib/.+\.pyc": r"(?s)(?<=\A.{8}).{4}",
    },
}
"""What differs between two builds of one Dockerfile: path → what in the file, or None if it comes and goes with its name."""


@pytest.fixture(scope="module")
def debian(builder: Builder) -> Builder:
    """The builder with this machine's network, and with the base image."""
    reason = debian_base.missing()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    patient = replace(builder, network="host", timeout=debian_base.TIMEOUT)
    debian_base.make(patient)
    return patient


@pytest.fixture(params=sorted(SOURCES))
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a project, without its Dockerfile: what is built."""
    name = str(request.param)
    return shutil.copytree(FIXTURES / name, tmp_path / name, ignore=shutil.ignore_patterns("Dockerfile"))


def dockerfile(project: Path) -> str:
    return (FIXTURES / project.name / "Dockerfile").read_text()


def differing(one: Tree, other: Tree) -> set[str]:
    """The paths that are not the same in both."""
    return {it for it in one.keys() | other.keys() if one.get(it) != other.get(it)}


def lasting(tree: Tree, project: Path) -> Tree:
    """The tree without what varies."""
    varying = VARYING[project.name]
    found: Tree = {}
    for path, (kind, mode, user, group, content) in tree.items():
        part = next((part for it, part in varying.items() if re.fullmatch(it, path)), "")
        if part is not None:
            found[path] = (kind, mode, user, group, re.sub(part, "", content) if part else content)
    return found


def test_only_what_is_listed_varies(project: Path, debian: Builder) -> None:
    debian.build(project, dockerfile(project), "one")
    one = debian.tree("one")
    debian.build(project, dockerfile(project), "other", "--no-cache")
    other = debian.tree("other")
    assert differing(lasting(one, project), lasting(other, project)) == set()
    seen = differing(one, other)
    assert all(any(re.fullmatch(it, path) for path in seen) for it in VARYING[project.name]), "each is still needed"


def test_the_image_is_the_same_and_the_install_stays_cached(project: Path, debian: Builder) -> None:
    before = dockerfile(project)
    analysis, _ = analyse_now(before, Place(project / "Dockerfile", project))
    after = fix_all(analysis).text

    def difference() -> set[str]:
        return differing(lasting(debian.tree("before"), project), lasting(debian.tree("after"), project))

    debian.build(project, before, "before")
    debian.build(project, after, "after")
    assert difference() == set()

    with (project / SOURCES[project.name]).open("a") as source:
        source.write("\n")
    was, now = debian.build(project, before, "before"), debian.build(project, after, "after")
    assert not was[INSTALL], "before the fix, an edit of the source re-runs the install"
    assert now[INSTALL], "after it, the install is cached"
    assert difference() == set()
