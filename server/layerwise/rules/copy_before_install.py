"""Files are copied before an install that does not need them.

## What it does
Reports a `COPY` or `ADD` that brings files into a stage before a step that installs packages, where the install needs
none of these files: only its manifests and lockfile.

## Why it matters
A step is cached as long as nothing before it changes. The content of every copied file is in the cache key of its
`COPY`, so an edit of any of them re-runs the `COPY` and everything after it, the install included: minutes, for each
edit of a source file. If the manifests are copied first, the install re-runs only when they change.

## Example
```dockerfile
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
CMD ["node", "server.js"]
```

## Use instead
```dockerfile
FROM node:24
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
CMD ["node", "server.js"]
```

## Fix safety
Safe if the project's own files show that the image stays the same: the install reads nothing but the files copied
first, the later `COPY` overwrites nothing that it wrote, and the steps between do not mind. A fix is for review where
that depends on more (an unfrozen `npm install`, a download step that is new); the finding says what to look at. There
is none where the install may read other files (workspaces, local packages, scripts); the finding says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, TypeAlias

from layerwise.context.image_files import Arrival, Arrivals, mounted
from layerwise.ecosystems.go import GO
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.ecosystems.registry import installs_of
from layerwise.fixes.reorder import Plan, plan_reorder
from layerwise.fixes.run_split import Withheld
from layerwise.fixes.wording import code, join_words
from layerwise.rules.documentation import parse_documentation
from layerwise.rules.rule import Finding, Message, Rule, Severity
from layerwise.semantics.copy import Source
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.run import Run

NAME: Final = "copy-before-install"
_MOST_NAMED: Final = 3
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

    @property
    def blocked(self) -> bool:
        """Whether the install may read more than its manifests."""
        return any(needs.blocked for _, needs in self.installs)


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
    files = InstallFiles(mounted(arrivals.items[0].context, run, run.run.mounts, arrivals))
    judged = [(ecosystem, install, ecosystem.needs(install, files, run.scope)) for ecosystem, install in found]
    listing = arrivals.items[0].context.listing
    paths = frozenset(it for _, _, needs in judged for it in _context_paths(needs, files))
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
    return frozenset(
        install.manager for _, install in found if not (install.manager == GO.name and _caches_modules(run))
    )


def _late(judged: Sequence[_Judged], run: Run, done: Done) -> list[_Judged]:
    """Return the installs that have something to install: not a build that finds its modules downloaded."""
    late: list[_Judged] = []
    fetched = set(done.fetched)
    for it in judged:
        _, install, needs = it
        if not (needs.fetch and install.manager in fetched) and not (
            install.manager == GO.name and _caches_modules(run)
        ):
            late.append(it)
        if not needs.fetch:
            fetched.add(install.manager)
    return late


def _caches_modules(run: Run) -> bool:
    return any(it.kind == "cache" and it.target.endswith(("/pkg/mod", "/pkg", "/go")) for it in run.mounts)


def _context_paths(needs: Needs, files: InstallFiles) -> list[str]:
    landings = [files.landing(it) for it in needs.manifests]
    return [it.path for it in landings if it is not None and it.path is not None]


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


def finding(judgement: Judgement, between: Sequence[Placed] | None, run: Placed, extra_check: str) -> Finding:
    """Make the finding; ``between`` are the steps from the first early COPY to ``run``, None if it is in another stage.

    ``extra_check`` is what a person has to look at before a download step of its own is added.
    """
    first = judgement.early[0].placed
    certain = judgement.unneeded is not None and not judgement.blocked
    fetches = any(needs.fetch for _, needs in judgement.installs)
    effect = "downloads its modules again" if fetches else "re-runs although it needs none of these files"
    related = [(run, effect if certain else "re-runs with it")]
    more = judgement.early[1:_MOST_NAMED]
    related += [
        (it.placed, "brings more files that it does not need" if certain else "brings more files") for it in more
    ]
    outcome = _plan(judgement, between, run)
    if isinstance(outcome, Plan):
        plan = outcome if not extra_check else outcome.with_check(extra_check)
        withheld: Message | None = [plan.check] if plan.check else None
        return Finding(
            NAME, first, message(judgement, run), None, tuple(related), withheld, lambda it: plan.fix(it, run)
        )
    reason: Message = [outcome.reason] if isinstance(outcome, Withheld) else _with_line(*outcome)
    return Finding(NAME, first, message(judgement, run), None, tuple(related), reason)


def _plan(
    judgement: Judgement, between: Sequence[Placed] | None, run: Placed
) -> Plan | Withheld | tuple[Withheld, Placed]:
    if not judgement.early[0].context.known:
        return Withheld("there is no build context here to look into")
    if between is None:
        return Withheld("the COPY stands in another stage, which other stages may start from too")
    return plan_reorder(between, run, judgement.installs, judgement.files, judgement.early)


def _with_line(withheld: Withheld, step: Placed) -> Message:
    before, _, after = withheld.reason.partition("{line}")
    return [before, step, after]


def message(judgement: Judgement, run: Placed) -> Message:
    """Say what happens in this build, with its names and numbers."""
    early = judgement.early
    lines: list[str | Placed] = ["line " if len(early) == 1 else "lines "]
    rest = len(early) - _MOST_NAMED
    named = early if rest < 1 else early[:_MOST_NAMED]
    for index, it in enumerate(named):
        separator = " and " if index == len(early) - 1 else ", "
        lines += [it.placed] if index == 0 else [separator, it.placed]
    if rest > 0:
        lines.append(f" and {rest} more")
    unneeded = judgement.unneeded
    if unneeded is None:
        start: list[str | Placed] = ["Editing any file copied on ", *lines]
    elif len(unneeded) == 1:
        start = [f"Editing {min(unneeded)}, copied on ", *lines, ","]
    else:
        start = [f"Editing any of {len(unneeded):,} files copied on ", *lines]
    titles = join_words(list(dict.fromkeys(code(install.title) for install, _ in judgement.installs)))
    return [*start, f" re-runs {titles} on line ", run, _reads(judgement)]


def _reads(judgement: Judgement) -> str:
    names = [path for _, needs in judgement.installs for path in _context_paths(needs, judgement.files)]
    if judgement.blocked or not names:
        return ""
    listed = join_words(list(dict.fromkeys(names)))
    if any(needs.fetch for _, needs in judgement.installs):
        return f", which downloads its modules again; for that it reads only {listed}"
    verb = "reads" if len({install.title for install, _ in judgement.installs}) == 1 else "read"
    return f", which {verb} only {listed}"


RULE: Final = Rule(NAME, Severity.WARNING, fixable=True, since="0.1.0", documentation=parse_documentation(__doc__))
