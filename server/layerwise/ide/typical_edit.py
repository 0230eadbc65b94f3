"""What is asked where nobody names a change: what an edit of a source file re-runs.

A source file is one that no install reads and that is no manifest, lockfile, document or setting by its name. It is one
that stands for most: of those that re-run the same steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, lru_cache
from typing import Final

from layerwise.buildcache.change import FilesChanged, after
from layerwise.buildcache.inputs import missing_sources
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from layerwise.buildcache.reach import ReachedStep, alike, reach_of
from layerwise.commands.registry import ecosystems
from layerwise.ide.layer_map_text import short
from layerwise.rules.analysis import Analysis

_NEW_FILE: Final = "a-new-file"
_HOMES: Final = frozenset({"src", "app", "lib", "cmd", "pkg", "internal", "source", "server", "web"})
_ASIDE: Final = re.compile(
    r"(^|/)(\.[^/]*(/.*)?|(node_modules|vendor|third_party)/.*"
    r"|(docker|container)file[^/]*|(docker-)?compose[^/]*\.ya?ml|docker-bake[^/]*|readme[^/]*|license[^/]*|changelog[^/]*|[^/]*\.(md|rst|txt|lock|dockerfile))$",
    re.IGNORECASE,
)
"""What is edited less often than source."""


@dataclass(frozen=True, slots=True)
class TypicalFile:
    """A file whose edit stands for most: those ``alike`` re-run the same steps, of ``total`` that re-run any.

    If it is no source file (``is_source``), no source file re-runs any.
    """

    path: str
    is_source: bool
    alike: int
    total: int


@dataclass(frozen=True, slots=True)
class TypicalEdit:
    """One edit that stands for most. ``subject`` begins a sentence; ``remark`` is one, on how typical it is, or ""."""

    subject: str
    remark: str
    rebuilds: Rebuilds


class Sources:
    """Tells which files of a project are source, and which of them stands for most."""

    def __init__(self, analysis: Analysis) -> None:
        """Take the files that installs read from what the rules found."""
        self._listing, self._own = analysis.context.listing, analysis.context.dockerfile
        self._read = frozenset[str]().union(*(it.walk.final.history.read for it in analysis.scans))

    def is_source(self, path: str) -> bool:
        """Tell whether a file of the context is source."""
        return path not in self._read and not _is_aside(path) and self._listing.follow(path) == path

    def typical(self, steps: Iterable[ReachedStep]) -> TypicalFile | None:
        """Return the file that stands for most of those that re-run any of some steps; None if there are none."""
        groups = alike(steps)
        sources = [frozenset(filter(self.is_source, it)) for it in groups]
        found = max(zip(sources, groups, strict=True), key=_size, default=None)
        if found is None:
            return None
        path = min(found[0] or found[1], key=self._oddness)
        return TypicalFile(path, bool(found[0]), len(found[1]), sum(map(len, groups)))

    def _oddness(self, path: str) -> tuple[bool, bool, bool, bool, int, str]:
        """Order paths: first what looks like source; what is hidden, a link, or the Dockerfile is last."""
        folders = path.split("/")[:-1]
        is_last = self._listing.follow(path) != path or "/." in f"/{path}" or path == self._own
        is_odd = is_last, _is_aside(path), path.endswith("__init__.py")
        return *is_odd, _HOMES.isdisjoint(folders), len(folders), path


def _size(of: tuple[frozenset[str], frozenset[str]]) -> tuple[int, int, str]:
    sources, files = of
    return len(sources), len(files), min(files)


@lru_cache(maxsize=1 << 16)
def _is_aside(path: str) -> bool:
    return _ASIDE.search(path) is not None or _manifests().match(path.rpartition("/")[2]) is not None


@cache
def _manifests() -> re.Pattern[str]:
    globs = {it for kind in ecosystems() for it in kind.manifest_globs}
    return re.compile("|".join(sorted(map(translate, globs))))


def typical_edit(analysis: Analysis) -> TypicalEdit:
    """Return what the edit of a source file re-runs, or of another one if there are none in the keys."""
    # Not from the record of the analysis: what it numbers keys with belongs to the thread of the session.
    before = record(analysis.build)
    steps = [it for steps in reach_of(before.keys).values() for it in steps]
    typical = Sources(analysis).typical(steps)

    def edited(path: str) -> Rebuilds:
        return what_rebuilds(before, after(analysis.build, FilesChanged(frozenset({path}))))

    if typical is not None:
        is_all = not any(it.reach.unknown for it in steps)
        return TypicalEdit(f"an edit of {short(typical.path)}", _remark(typical, is_all=is_all), edited(typical.path))
    missing = next(_missing(analysis), None)
    if missing is not None:
        return TypicalEdit(f"a new {short(missing)}", "", edited(missing))
    rebuilds = edited(_NEW_FILE)
    is_seen = any(it is not Verdict.CACHED for it in rebuilds.verdicts.values())
    by_new = analysis.context.known and is_seen
    return TypicalEdit("a new file in the build context" if by_new else "an edit of a source file", "", rebuilds)


def _remark(typical: TypicalFile, *, is_all: bool) -> str:
    none = "" if typical.is_source or not is_all else " No source file is in the key of a step."
    if typical.total == 1:
        return f"No other file of the build context is in the key of a step.{none}"
    alike = "each" if typical.alike == typical.total else f"{typical.alike:,}"
    files = f"the {typical.total:,} files of the build context that are in the key of a step"
    return f"The same goes for {alike} of {files}.{none}"


def _missing(analysis: Analysis) -> Iterator[str]:
    for index in sorted(analysis.build.built_stages()):
        for placed in analysis.dockerfile.stages[index].body.placed:
            yield from missing_sources(placed, analysis.context)
