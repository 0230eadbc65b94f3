"""What is asked where nobody names a change: what an edit of a source file re-runs.

As the code lenses do, it takes the case that most files of the build context have in common.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.change import FilesChanged, after
from layerwise.buildcache.inputs import context_files, missing_sources
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from layerwise.context.build_context import BuildContext
from layerwise.ide.layer_map_text import short
from layerwise.rules.analysis import Analysis

_NEW_FILE: Final = "a-new-file"
_HOMES: Final = frozenset({"src", "app", "lib", "cmd", "pkg", "internal", "source", "server", "web"})
# What is edited less often than source.
_ASIDE: Final = re.compile(
    r"(^|/)(\.[^/]*|(docker|container)file[^/]*|readme[^/]*|license[^/]*|changelog[^/]*|[^/]*\.(md|rst|txt|dockerfile))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TypicalEdit:
    """One edit that stands for most. ``subject`` begins a sentence; ``remark`` is one, on how typical it is, or ""."""

    subject: str
    remark: str
    rebuilds: Rebuilds


def typical_edit(analysis: Analysis) -> TypicalEdit:
    """Return what the edit of a file re-runs that most files of the context have in common."""
    groups = _groups(analysis.build)
    files = max(groups, key=lambda it: (len(it), min(it)), default=frozenset[str]())
    total = sum(map(len, groups))
    if files:
        path = min(files, key=partial(_is_odd, analysis.context))
        remark = _remark(len(files), total)
        return TypicalEdit(f"an edit of {short(path)}", remark, _after_edit(analysis.build, path))
    missing = next(_missing(analysis), None)
    if missing is not None:
        return TypicalEdit(f"a new {short(missing)}", "", _after_edit(analysis.build, missing))
    rebuilds = _after_edit(analysis.build, _NEW_FILE)
    is_seen = any(it is not Verdict.CACHED for it in rebuilds.verdicts.values())
    by_new = analysis.context.known and is_seen
    return TypicalEdit("a new file in the build context" if by_new else "an edit of a source file", "", rebuilds)


def _after_edit(build: Build, path: str) -> Rebuilds:
    # Not from the record of the analysis: what it numbers keys with belongs to the thread of the session.
    return what_rebuilds(record(build), after(build, FilesChanged(frozenset({path}))))


def _remark(alike: int, total: int) -> str:
    if total == 1:
        return "No other file of the build context is in the key of a step."
    if alike == total:
        return f"The same goes for each of the {total:,} files of the build context that are in the key of a step."
    return f"The same goes for {alike:,} of the {total:,} files of the build context that are in the key of a step."


def _is_odd(context: BuildContext, path: str) -> tuple[bool, bool, bool, int, str]:
    """Order paths: first what looks like source; what is hidden, or a link, is last."""
    folders = path.split("/")[:-1]
    is_aside = _ASIDE.search(path) is not None or any(it.startswith(".") for it in folders)
    return context.listing.follow(path) != path, is_aside, _HOMES.isdisjoint(folders), len(folders), path


def _missing(analysis: Analysis) -> Iterator[str]:
    for index in sorted(analysis.build.built_stages()):
        for placed in analysis.dockerfile.stages[index].body.placed:
            yield from missing_sources(placed, analysis.context)


def _groups(build: Build) -> list[frozenset[str]]:
    """Return the files in the keys of steps, by the steps that they re-run: in each stage all from one on."""
    groups: list[frozenset[str]] = []
    seen = frozenset[str]()
    for files in dict.fromkeys(_first_uses(build)):
        groups = [part for it in groups for part in _split(it, files)]
        if new := files - seen:
            groups.append(new)
            seen |= new
    return groups


def _split(group: frozenset[str], files: Collection[str]) -> Iterator[frozenset[str]]:
    inside = group.intersection(files)
    yield from (it for it in (inside, group - inside) if it)


def _first_uses(build: Build) -> Iterator[frozenset[str]]:
    """Yield for each step that is built which files re-run it, but no step before it in its stage."""
    for index in sorted(build.built_stages()):
        stage = build.dockerfile.stages[index]
        seen = frozenset[str]()
        for placed in (*stage.start.triggers, *stage.body.placed):
            if placed.keyword == "RUN" and build.builder in (Builder.LEGACY, Builder.KANIKO):
                continue
            files = context_files(placed, build.context).paths
            is_apart = placed.copy is not None and placed.copy.is_apart and build.builder is Builder.BUILDKIT
            yield files if is_apart or not seen else files - seen
            seen = seen if is_apart else seen | files
