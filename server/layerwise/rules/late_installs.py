"""Installs that come after files which they do not need: what `copy-before-install` reports.

The question to the cache: which files of the context does this install's key depend on, through the COPYs in front of
it, and which of them does it read?
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from layerwise.commands.judging import needs_of
from layerwise.commands.kit.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.registry import installs_of
from layerwise.context.image_files import Arrival, Arrivals, mounted
from layerwise.rules.chosen import brings_more, brings_tools, chosen_manifests, has_folders, is_broad, landed
from layerwise.rules.in_any_case import Others, files_kept
from layerwise.rules.scripts import taken_files
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, relative
from layerwise.semantics.run import Run

NAME: Final = "copy-before-install"
_MOST_TAKEN: Final = 200
_NO_PACKAGES: Final = re.compile(r"/bin(/|\Z)|\A/usr/(local/)?(go(/|\Z)|lib(?!.*-packages))")
"""Where COPY brings programs and libraries of the system from another stage, not the packages of an install."""

_Judged: TypeAlias = tuple[Ecosystem, Install, Needs]


@dataclass(frozen=True, slots=True, eq=False)
class LateInstall:
    """An install that comes too late: ``early`` are the COPYs in front of it that it does not need, first one first.

    ``read`` are the files of the context that it reads, or that earlier steps need.
    """

    installs: tuple[tuple[Install, Needs], ...]
    early: tuple[Arrival, ...]
    read: frozenset[str]
    files: InstallFiles
    others: Others

    kept: tuple[Arrival, ...] = field(init=False)
    """What else brings files in front of it, and what it mounts."""

    unneeded: frozenset[str] | None = field(init=False)
    """The files of the context that ``early`` alone bring and it does not read; None if that can't be told.

    If others bring all of them as well, they are those nevertheless: ``gains_nothing``.
    """

    gains_nothing: bool = field(init=False)

    blocked: bool = field(init=False)
    """Whether the install may read more than its manifests."""

    def __post_init__(self) -> None:
        """Tell once, as every edit asks."""
        object.__setattr__(self, "blocked", any(needs.blocked for _, needs in self.installs))
        arrivals = self.files.arrivals.items
        early = frozenset(self.early)
        kept = (it for it in arrivals if it not in early)
        object.__setattr__(self, "kept", (*kept, *self.others.mounts(arrivals[0].context)))
        unneeded = self._unneeded()
        gained = unneeded - files_kept(unneeded, self.kept) if unneeded else unneeded
        object.__setattr__(self, "unneeded", gained or unneeded)
        object.__setattr__(self, "gains_nothing", bool(unneeded) and not gained)

    def _unneeded(self) -> frozenset[str] | None:
        if not all(it.is_complete for it in self.early):
            return None
        unneeded = frozenset[str]().union(*{id(it.files): it.files for it in self.early}.values()) - self.read
        # True of .git as well, but nobody edits it, and its files are no measure of the project.
        return frozenset(it for it in unneeded if not it.startswith(".git/")) or unneeded


@dataclass(frozen=True, slots=True)
class History:
    """What earlier steps leave behind: managers that have downloaded, and files that were read or run.

    That a file which an earlier step needs re-runs a later one is no matter of order. ``read`` are manifests, as paths
    of the context; ``taken`` the image paths of scripts and keys; ``globs`` tell manifests where there is no context.
    ``beside`` are files of the context that a manifest names for the build of the project (``Needs.beside``),
    ``may_read`` those that the author chose for an install which may need them.
    ``installed`` are managers and the folders they ran in, ``got`` those of them that have all for a later install.
    """

    fetched: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    globs: frozenset[str] = frozenset()
    installed: frozenset[tuple[str, str]] = frozenset()
    got: frozenset[tuple[str, str]] = frozenset()
    beside: frozenset[str] = frozenset()
    may_read: frozenset[str] = frozenset()


def judge(
    run: Placed, arrivals: Arrivals, history: History, inherited: Arrivals, others: Others
) -> tuple[LateInstall | None, History]:
    """Judge a RUN with the files before it, of which other stages copied ``inherited``; also return the new history.

    Raises ``UnreadFileError`` if a file of the context is needed that was not read yet.
    """
    if run.run is None:
        return None, history
    found = installs_of(run.run, run.scope)
    taken = history.taken
    if len(taken) < _MOST_TAKEN:
        taken |= taken_files(run.run, run.scope, arrivals)
    if not found:
        return None, replace(history, taken=taken)
    globs = history.globs.union(*(ecosystem.manifest_globs for ecosystem, _ in found))
    installed = history.installed | {_place(install) for _, install in found}
    got = history.got | {_place(install) for _, install in found if install.only_gets}
    after = History(history.fetched | _fetched(run.run, found), history.read, taken, globs, installed, got)
    if not arrivals.items:
        return None, after
    caches = tuple(it.target for it in run.run.mounts if it.kind == "cache" and it.known)
    files = InstallFiles(mounted(arrivals.items[0].context, run, run.run.mounts, arrivals), caches)
    judged = [(ecosystem, install, needs_of(ecosystem, install, files, run)) for ecosystem, install in found]
    listing = arrivals.items[0].context.listing
    paths = frozenset(it for _, _, needs in judged for it in context_paths(needs, files))
    # What a symbolic link leads to is read as well.
    read = paths | {listing.follow(it) or it for it in paths}
    beside = history.beside | landed((it for _, _, needs in judged for it in needs.beside), arrivals)
    got |= {_place(install) for _, install, needs in judged if install.guessed and needs.manifests}
    after = replace(after, read=history.read | read, beside=beside, got=got, may_read=history.may_read)
    late = _late(judged, run.run, history, arrivals)
    if all(needs.prepares for _, _, needs in late) or any(needs.source for _, _, needs in late):
        return None, after
    globs = history.globs.union(*(ecosystem.manifest_globs for ecosystem, _, _ in late))
    # A stage that adds tools to a finished one would have no other place for them.
    telling = landed((join(it.directory, name) for kind, it, _ in late for name in kind.telling(it)), arrivals)
    is_apart = _has_own_files(late, files, inherited, telling) or all(ecosystem.anywhere for ecosystem, _, _ in late)
    read = after.read | after.may_read | chosen_manifests(arrivals, globs) | landed(history.taken, arrivals)
    candidates = [it for it in arrivals.items if not is_apart or it not in inherited.items]
    candidates = [it for it in candidates if is_broad(it, telling) or not brings_tools(it, history.taken)]
    early = tuple(it for it in candidates if brings_more(it, read | beside, history.taken, globs))
    if not early:
        return None, after
    late_install = LateInstall(tuple((install, needs) for _, install, needs in late), early, read, files, others)
    reads_more = any(needs.reads_more for _, needs in late_install.installs)
    if (reads_more and not any(map(has_folders, early))) or (
        late_install.blocked and not any(is_broad(it, telling) for it in early)
    ):
        # It may well need these files, which were chosen for it; then later steps are in order behind it.
        return None, replace(after, may_read=after.may_read.union(*(it.files for it in early)))
    return late_install, after


def _has_own_files(late: Sequence[_Judged], files: InstallFiles, inherited: Arrivals, telling: frozenset[str]) -> bool:
    """Tell whether a stage copies all that its installs read, and did not inherit the project in their folders."""
    landings = [files.landing(path) for _, _, needs in late for path in needs.manifests]
    projects = [it for it in inherited.items if it.copy.from_context and is_broad(it, telling)]
    covered = any(it.might_write_below(install.directory) for it in projects for _, install, _ in late)
    are_own = bool(landings) and all(it is not None and it.arrival not in inherited.items for it in landings)
    return are_own and not covered


def _fetched(run: Run, found: Sequence[tuple[Ecosystem, Install]]) -> frozenset[str]:
    """Return the managers whose packages a RUN leaves in the image for later steps."""
    known = ((ecosystem, install) for ecosystem, install in found if not install.guessed)
    return frozenset(install.manager for ecosystem, install in known if not _keeps_downloads(ecosystem, run))


def _late(judged: Sequence[_Judged], run: Run, history: History, arrivals: Arrivals) -> list[_Judged]:
    """Return the installs that have something to install: not a build that finds its modules downloaded."""
    late: list[_Judged] = []
    fetched, installed, got = set(history.fetched), set(history.installed), set(history.got)
    for it in judged:
        ecosystem, install, needs = it
        is_done = needs.fetch is not None and install.manager in fetched
        is_done |= install.lessens and _place(install) in installed
        is_done |= bool(needs.fetch or needs.blocked) and _brought(ecosystem, needs, run, arrivals)
        is_done |= not install.only_gets and _place(install) in got
        if not is_done and not _keeps_downloads(ecosystem, run):
            late.append(it)
        if not needs.fetch and not install.guessed:
            fetched.add(install.manager)
        installed.add(_place(install))
        got |= {_place(install)} if install.only_gets or (install.guessed and needs.manifests) else set()
    return late


def _place(install: Install) -> tuple[str, str]:
    return install.manager, install.directory


def _brought(ecosystem: Ecosystem, needs: Needs, run: Run, arrivals: Arrivals) -> bool:
    """Tell whether a COPY from another stage brings packages to where the install puts or finds them: ``.venv``."""
    targets = [it.copy.target for it in arrivals.items if it.copy.origin is not None]
    folders = [it for it in targets if not _NO_PACKAGES.search(it)]
    outputs = (*needs.outputs, *(f"?${it}" for it in ecosystem.homes), *_activated(run))
    homes = any(it.rstrip("/").endswith(ecosystem.downloads) for it in folders)
    return homes or any(relative(it, output) is not None for it in folders for output in outputs)


def _activated(run: Run) -> list[str]:
    """Return the virtual environments that a RUN works in: ``. /opt/venv/bin/activate``."""
    scripts = [it.arguments[0].value or "" for it in run.commands if it.program in (".", "source") and it.arguments]
    return [it.removesuffix("/bin/activate") for it in scripts if it.endswith("/bin/activate")]


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
