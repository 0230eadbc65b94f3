"""With real package managers too, a safe fix leaves the image the same and the install cached.

The projects are those of fixtures/projects for Node and Python. They are built from the registries that this machine uses, as
they are and with the fix, before and after an edit of the source.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from builder.daemon import Builder, Steps, Tree
from builder.debian_base import IMAGE, on_debian
from builder.judged import as_numbered, steps
from builder.layers import tree_above
from layerwise.rules.fixpoint import fix_all
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from projects import FOLDER

pytestmark = [pytest.mark.installs, pytest.mark.xdist_group("real")]

SOURCES = {
    "bun": "src/server.ts",
    "corepack": "dice.js",
    "deno": "main.ts",
    "npm": "src/build.js",
    "pdm": "ledger/entries.py",
    "pip": "app/report.py",
    "pipenv": "hosts.py",
    "pnpm": "packages/server/index.js",
    "poetry": "notes/store.py",
    "uv": "src/planner/week.py",
    "yarn-berry": "src/index.js",
    "yarn-classic": "src/index.js",
}
"""What is edited in each project."""

TIME = r"\d+(\.\d+)?"
ALL = r"(?s).+"
COMPILED = {r".+\.pyc": r"(?s)(?<=\A.{8}).{4}"}  # bytes 8 to 11 are the time of the source (PEP 552): of unpacking it
V8 = {r"tmp/v8-compile-cache-0/.+": ALL}  # what V8 compiled of a program, with checks of its own
PNPM: dict[str, str | None] = {
    r"app/node_modules/\.modules\.yaml": r'(?<="prunedAt": ")[^"]+',
    r"app/node_modules/\.pnpm-workspace-state-v1\.json": rf'(?<="lastValidatedTimestamp": ){TIME}',
    r"root/\.cache/pnpm/metadata-v1\.3/.+/pnpm\.json": rf'(?<="cachedAt":){TIME}',  # its search for a newer pnpm
    r"root/\.local/share/pnpm/store/v10/index/.+\.json": rf'(?<="checkedAt":){TIME}',
    r"root/\.local/state/pnpm/pnpm-state\.json": r'(?<="lastUpdateCheck": ")[^"]+',
    **V8,
}

VARYING: Mapping[str, Mapping[str, str | None]] = {
    "bun": {},
    "corepack": V8,
    "deno": {},
    "npm": {
        # A log is named after the time, and tells how long each step took.
        r"root/\.npm/_logs/.+": None,
        # The download cache notes when it asked, when it was answered, and the digest of a line that tells that.
        r"root/\.npm/_cacache/index-v5/.+": r'(?<=\n)[0-9a-f]{40}(?=\t)|(?<="time":)\d+|(?<="date":")[^"]+',
    },
    "pdm": {
        # The download cache, in SQLite, notes when it was asked.
        r"root/\.cache/pdm/http/http-cache\.db": ALL,
        r"root/\.cache/pdm/self-check/.+": rf'(?<="last-check": ){TIME}',
    },
    "pip": COMPILED,
    "pipenv": COMPILED,
    "pnpm": PNPM,
    # The environment's own pip: its list of files is in no order.
    "poetry": {r".+/pip-[\d.]+\.dist-info/RECORD": ALL},
    "uv": {
        r"app/\.venv/.+/uv_cache\.json": r"\d+",
        # The digest of that.
        r"app/\.venv/.+/planner-1\.0\.0\.dist-info/RECORD": r"(?<=uv_cache\.json,sha256=)[\w-]+,\d+",
    },
    "yarn-berry": V8,
    "yarn-classic": V8,
}
"""What differs between two builds of one Dockerfile: path → what in the file, or None if it comes and goes with its name."""

SOMETIMES: Mapping[str, Mapping[str, str | None]] = {
    # What it found out of each module, in SQLite, and what it asked of packages: whether it writes that is a race.
    "deno": {r"root/\.cache/deno/((dep|node)_analysis_cache_v2(-shm|-wal)?|npm/.+/registry\.json)": None},
    # Whether a package is unpacked anew or comes from the cache mount.
    "uv": COMPILED,
    # In the order in which packages arrived.
    "yarn-berry": {r"app/\.yarn/install-state\.gz": ALL},
    "corepack": {r"app/\.yarn/install-state\.gz": ALL},
}
"""What may differ, but does not between any two."""


@dataclass(frozen=True)
class Built:
    """A project's images as it is and with the fix, and both again after an edit of the source."""

    name: str
    before: Tree
    after: Tree
    edited_before: Tree
    edited_after: Tree
    was_cached: list[bool]
    """The installs that come too late, in the second build as the project is."""
    is_cached: list[bool]
    """The same with the fix."""

    def differing(self, one: Tree, other: Tree) -> set[str]:
        """Return the paths that are not the same in both, beyond what varies."""
        return unlike(self._lasting(one), self._lasting(other))

    def _lasting(self, tree: Tree) -> Tree:
        found: Tree = {}
        varying = {**VARYING[self.name], **SOMETIMES.get(self.name, {})}
        for path, (kind, mode, user, group, content) in tree.items():
            part = next((part for it, part in varying.items() if re.fullmatch(it, path)), "")
            if part is not None:
                found[path] = (kind, mode, user, group, re.sub(part, "", content) if part else content)
        return found


def unlike(one: Tree, other: Tree) -> set[str]:
    return {it for it in one.keys() | other.keys() if one.get(it) != other.get(it)}


@pytest.fixture(scope="module", params=sorted(SOURCES))
def built(request: pytest.FixtureRequest, debian: Builder, tmp_path_factory: pytest.TempPathFactory) -> Built:
    name = str(request.param)
    context = tmp_path_factory.mktemp(name) / "context"
    shutil.copytree(FOLDER / name, context, ignore=shutil.ignore_patterns("Dockerfile*"))
    text = (FOLDER / name / "Dockerfile").read_text()
    analysis, _ = analyse_now(text, Place(context / "Dockerfile", context))
    fixed, _ = analyse_now(fix_all(analysis).text, Place(context / "Dockerfile", context))
    early, late = steps(analysis, judged=True), steps(fixed, judged=False)
    (stage,) = {stage for stage, _ in early}

    def build(dockerfile: str, tag: str) -> tuple[Tree, Steps]:
        # What a later stage takes from this one may be little of it.
        of_stage = ("--target", stage) if stage else ()
        done = debian.build(context, on_debian(dockerfile), tag, *of_stage)
        return tree_above(debian, tag, IMAGE), done

    before, _ = build(analysis.text, "before")
    after, _ = build(fixed.text, "after")
    with (context / SOURCES[name]).open("a") as source:
        source.write("\n")
    edited_before, was = build(analysis.text, "before")
    edited_after, now = build(fixed.text, "after")
    was, now = as_numbered(was, analysis), as_numbered(now, fixed)
    was_cached, is_cached = [was[it] for it in early], [now[it] for it in late[: len(early)]]
    return Built(name, before, after, edited_before, edited_after, was_cached, is_cached)


def test_the_image_is_the_same(built: Built) -> None:
    assert built.differing(built.before, built.after) == set()
    assert built.differing(built.edited_before, built.edited_after) == set()


def test_after_an_edit_of_the_source_the_install_is_cached(built: Built) -> None:
    assert not any(built.was_cached), "before the fix, it re-runs"
    assert all(built.is_cached)


def test_between_two_builds_only_what_is_listed_varies(built: Built) -> None:
    # As the project is, the second build ran the install again.
    varied = built.differing(built.before, built.edited_before)
    assert {it for it in varied if not it.endswith(SOURCES[built.name])} == set()
    seen = unlike(built.before, built.edited_before)
    assert all(any(re.fullmatch(it, path) for path in seen) for it in VARYING[built.name]), "each is still needed"
