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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from layerwise.commands.registry import installs_of
from layerwise.fixes.withheld import Message, Withheld
from layerwise.rules.chosen import is_noise
from layerwise.rules.in_any_case import Inputs, what_remains
from layerwise.rules.late_installs import NAME, LateInstall
from layerwise.rules.planned import planned, steps_between
from layerwise.rules.rule import SECTIONS, Finding, Rule, Severity
from layerwise.rules.sentence import MOST_NAMED, sentence
from layerwise.rules.view import View
from layerwise.semantics.dockerfile import Placed
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import code


@dataclass(frozen=True, slots=True)
class _Around:
    """What a finding on an install depends on besides.

    ``between`` are the stage's steps from the first early COPY on, None if they are too many, ``late`` those of them
    that come too late as well. The rest is of the stage and those that it needs.
    """

    between: tuple[Placed, ...] | None
    late: frozenset[Placed]
    skipped: str | None
    ends: Mapping[int, Inputs]


def check(view: View) -> Iterator[Finding]:
    """Find the installs that come too late: one finding for all that one fix mends."""
    late = frozenset(view.instructions[position] for position, _ in view.late_installs)
    groups: dict[object, list[Finding]] = {}
    for position, late_install in view.late_installs:
        between = steps_between(view.instructions, late_install.early[0].placed, position)
        around = _Around(between, late.intersection(between or ()), view.skipped, view.ends)
        finding = view.once(_finding, late_install, view.instructions[position], around)
        # Moving the COPYs behind the last install of system packages mends them all.
        alike = all(needs.anywhere for _, needs in late_install.installs)
        groups.setdefault((finding.anchor, late_install.early) if alike else finding, []).append(finding)
    for findings in groups.values():
        chosen = next((it for it in reversed(findings) if it.fixes), findings[0])
        yield view.once(_with_others, chosen, tuple(it for it in findings if it is not chosen))


def _with_others(_: View, chosen: Finding, others: Sequence[Finding]) -> Finding:
    related = tuple((it.related[0][0], "re-runs as well") for it in others)
    return replace(chosen, related=(*chosen.related, *related)) if others else chosen


def _finding(view: View, late_install: LateInstall, run: Placed, around: _Around) -> Finding:
    late_install, outcome = planned(late_install, around.between, run)
    first = late_install.early[0].placed
    certain = late_install.unneeded is not None and not late_install.blocked
    fetches = any(needs.fetch for _, needs in late_install.installs)
    needless = "does not need that file" if len(late_install.unneeded or ()) == 1 else "needs none of these files"
    effect = "gets its dependencies again" if fetches else f"re-runs although it {needless}"
    related = [(run, effect if certain else "re-runs with it")]
    more = late_install.early[1:MOST_NAMED]
    related += [
        (it.placed, "brings more files that it does not need" if certain else "brings more files") for it in more
    ]
    remains = () if isinstance(outcome, Withheld) else _remains(view, late_install, run)
    made = Finding(
        NAME,
        first,
        [*sentence(late_install, run, around.skipped), *remains],
        at_most=Severity.HINT
        if around.skipped
        else Severity.INFO
        if is_noise(late_install.unneeded)
        else Severity.ERROR,
        related=tuple(related),
        subject=_subject(late_install),
    )
    if isinstance(outcome, Withheld):
        return replace(made, withheld=_reason(outcome, around.late))
    ways = (outcome.fix, outcome.fix_with_mounts) if view.build.builder.knows_mounts else (outcome.fix,)
    return replace(
        made,
        withheld=[outcome.check] if outcome.check else None,
        fixes=tuple(partial(it, run=run) for it in ways),
    )


def _remains(view: View, late_install: LateInstall, run: Placed) -> Message:
    values, context = late_install.others.unused(run), late_install.early[0].context
    files = late_install.unneeded or frozenset()
    return what_remains(view.build.dockerfile, view.stage, context, files, late_install.kept, values, view.ends)


def _reason(withheld: Withheld, late: frozenset[Placed]) -> Message:
    """Say why there is no fix; an install in the way that comes too late itself has a finding of its own."""
    step = withheld.step
    if step is None or step.run is None or step not in late:
        return withheld.message
    title = code(installs_of(step.run, step.scope)[0][1].title)
    return (f"{title} on line ", step, " comes too late as well: mend that first")


def _subject(late_install: LateInstall) -> object:
    commands = [(it.directory, *(word.text for word in it.command.words)) for it, _ in late_install.installs]
    return tuple(commands), late_install.unneeded


RULE: Final = Rule(
    NAME,
    Severity.WARNING,
    fixable=True,
    since="0.1.0",
    documentation=parse_documentation(__doc__, SECTIONS),
    check=check,
)
