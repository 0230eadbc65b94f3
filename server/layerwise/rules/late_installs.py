"""Installs that come after files which they do not need: the judgement that `copy-before-install` reports.

The question to the cache: which files of the context does this install's key depend on, through the COPYs in front of
it, and which of them does it read?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from layerwise.context.image_files import Arrival, Arrivals, mounted
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.ecosystems.registry import installs_of
from layerwise.semantics.copy import Source
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.run import Run

_Judged: TypeAlias = tuple[Ecosystem, Install, Needs]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """An install that comes too late: ``early`` are the COPYs in front of it that it does not need, first one first.

    ``unneeded`` are the files of the context that they bring and it does not read; None if that can't be told.
    """

    installs: tuple[tuple[Install, Needs], ...]
    early: tuple[Arrival, ...]
    unneeded: frozenset[str] | None
    files: InstallFiles

    blocked: bool = field(init=False)
    """Whether the install may read more than its manifests."""

    def __post_init__(self) -> None:
        """Tell once, as every edit asks."""
        object.__setattr__(self, "blocked", any(needs.blocked for _, needs in self.installs))


@dataclass(frozen=True, slots=True)
class Done:
    """What the installs of earlier steps leave behind: managers that have downloaded, and manifests that were read.

    That a manifest of an earlier install re-runs a later one is no matter of order.
    """

    fetched: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()


def judge(run: Placed, arrivals: Arrivals, done: Done) -> tuple[Judgement | None, Done]:
    """Judge a RUN with the files before it; also return what is done behind it.

    Raises ``UnreadFileError`` if a file of the context is needed that was not read yet.
    """
    found = installs_of(run.run, run.scope) if run.run is not None else []
    if run.run is None or not found:
        return None, done
    if not arrivals.items:
        return None, Done(done.fetched | _fetched(run.run, found), done.read)
    caches = tuple(it.target for it in run.run.mounts if it.kind == "cache" and it.known)
    files = InstallFiles(mounted(arrivals.items[0].context, run, run.run.mounts, arrivals), caches)
    judged = [(ecosystem, install, ecosystem.needs(install, files, run.scope)) for ecosystem, install in found]
    listing = arrivals.items[0].context.listing
    paths = frozenset(it for _, _, needs in judged for it in context_paths(needs, files))
    # What a symbolic link leads to is read as well.
    read = paths | {target for it in paths if (target := listing.follow(it)) is not None}
    after = Done(done.fetched | _fetched(run.run, found), done.read | read)
    late = _late(judged, run.run, done)
    if not late or any(needs.source for _, _, needs in late):
        return None, after
    read = after.read | _chosen_manifests(arrivals, late)
    early = tuple(it for it in arrivals.items if _brings_more(it, read, late))
    if not early:
        return None, after
    complete = all(it.is_complete for it in early)
    unneeded = frozenset[str]().union(*{id(it.files): it.files for it in early}.values()) - read if complete else None
    if unneeded is not None and any(not it.startswith(".git/") for it in unneeded):
        # True of .git as well, but nobody edits it, and its files are no measure of the project.
        unneeded = frozenset(it for it in unneeded if not it.startswith(".git/"))
    judgement = Judgement(tuple((install, needs) for _, install, needs in late), early, unneeded, files)
    is_guess = judgement.blocked and not any(_is_broad(it, read) for it in early)
    return None if is_guess else judgement, after


def _fetched(run: Run, found: Sequence[tuple[Ecosystem, Install]]) -> frozenset[str]:
    """Return the managers whose packages a RUN leaves in the image for later steps."""
    return frozenset(install.manager for ecosystem, install in found if not _keeps_downloads(ecosystem, run))


def _late(judged: Sequence[_Judged], run: Run, done: Done) -> list[_Judged]:
    """Return the installs that have something to install: not a build that finds its modules downloaded."""
    late: list[_Judged] = []
    fetched = set(done.fetched)
    for it in judged:
        ecosystem, install, needs = it
        if not (needs.fetch and install.manager in fetched) and not _keeps_downloads(ecosystem, run):
            late.append(it)
        if not needs.fetch:
            fetched.add(install.manager)
    return late


def _keeps_downloads(ecosystem: Ecosystem, run: Run) -> bool:
    """Tell whether a RUN has what it gets in a cache mount, so that it gets nothing again."""
    return any(it.kind == "cache" and it.target.rstrip("/").endswith(ecosystem.downloads) for it in run.mounts)


def context_paths(needs: Needs, files: InstallFiles) -> list[str]:
    """Return where in the build context the files that an install reads are."""
    landings = [files.landing(it) for it in needs.reads(files)]
    return [it.path for it in landings if it is not None and it.path is not None]


def context_names(needs: Needs, files: InstallFiles) -> list[str]:
    """Return what an install reads, for a message: files of the context, and folders with a slash behind them."""
    landings = [files.landing(it) for it in needs.manifests]
    names = [it.path for it in landings if it is not None and it.path is not None]
    for folder in needs.folders:
        path = next((it for it in files.files_below(folder) if it != folder), None)
        landing = files.landing(path) if path is not None else None
        if path is not None and landing is not None and landing.path is not None:
            names.append(f"{landing.path.removesuffix(path.removeprefix(f'{folder}/')).rstrip('/')}/")
    return names


def _brings_more(arrival: Arrival, read: frozenset[str], late: Sequence[_Judged]) -> bool:
    """Tell whether a COPY of the context brings files that the installs do not read."""
    if not arrival.copy.from_context:
        return False
    if arrival.context.known and arrival.is_complete:
        # Settings of the system or the user may be meant for the install.
        return not arrival.files <= read | arrival.system_files
    return not all(_is_manifest(it, late) for it in arrival.copy.sources)


def _is_manifest(source: Source, late: Sequence[_Judged]) -> bool:
    """Tell whether a source is spelled as a manifest of one of the installs: ``package*.json``."""
    name = source.path.rstrip("/").rpartition("/")[2]
    patterns = (it for ecosystem, _, _ in late for it in ecosystem.manifest_globs)
    return any(name == it or fnmatchcase(name, it) for it in patterns)


def _chosen_manifests(arrivals: Arrivals, late: Sequence[_Judged]) -> frozenset[str]:
    """Return the files of sources that were written to bring the manifests, whatever else they match."""
    return frozenset(
        file
        for arrival in arrivals.items
        for source, match in zip(arrival.copy.sources, arrival.matches, strict=True)
        if match is not None and not any(it.is_directory for it in match.matches) and _is_manifest(source, late)
        for file in match.files
    )


def _is_broad(arrival: Arrival, read: frozenset[str]) -> bool:
    """Tell whether a COPY brings the project's folder, as against what was chosen for the install."""
    if not arrival.is_complete:
        return any("." not in it.path.strip("./") for it in arrival.copy.sources)
    return any(
        it.is_directory and (not it.path or not read.isdisjoint(match.file_set))
        for match in arrival.matches
        if match
        for it in match.matches
    )
