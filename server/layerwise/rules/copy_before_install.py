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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from layerwise.ecosystems.registry import installs_of
from layerwise.fixes.reorder import MOST_STEPS_BETWEEN, Plan, plan_reorder
from layerwise.fixes.withheld import Message, Withheld
from layerwise.rules.chosen import is_noise
from layerwise.rules.guard import guarded
from layerwise.rules.late_installs import NAME, Judgement, context_names
from layerwise.rules.rule import SECTIONS, Finding, Rule, Severity
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import code, join_words, shortened

_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Made:
    """A finding and what it was made of; while these are the same objects, so is the finding.

    ``between`` is empty where nothing that stands between COPY and install can matter; ``skipped`` names the stage if
    the build leaves it out. There is no finding where the making of it failed.
    """

    judgement: Judgement
    between: tuple[Placed, ...]
    skipped: str | None
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class OfStage:
    """What its findings depend on besides: ``late`` are its RUNs that come too late; ``skipped`` as in ``Made``."""

    skipped: str | None
    late: frozenset[Placed]


def make(
    dockerfile: Dockerfile,
    stage: Stage,
    position: int,
    judgement: Judgement,
    known: Mapping[int, Made],
    of_stage: OfStage,
) -> Made:
    """Make the finding of the install at ``position`` of a stage, or take it from ``known`` (by judgement)."""
    old = known.get(id(judgement))
    old = old if old is not None and old.skipped == of_stage.skipped else None
    if old is not None and judgement.blocked:
        return old
    placed = stage.body.placed
    start = dockerfile.index_of(judgement.early[0].placed) - stage.first - 1
    is_far = start >= 0 and position - start > MOST_STEPS_BETWEEN
    first = start if start >= 0 else max(0, position - MOST_STEPS_BETWEEN)
    between = () if judgement.blocked or is_far else tuple(placed[first:position])
    if old is not None and old.between == between:
        return old
    run = placed[position]
    finding = guarded(
        NAME, run.instruction.text, lambda: _finding(judgement, None if is_far else between, run, of_stage)
    )
    return Made(judgement, between, of_stage.skipped, finding)


def _finding(judgement: Judgement, between: Sequence[Placed] | None, run: Placed, of_stage: OfStage) -> Finding:
    """Make the finding; ``between`` are the stage's steps from the first early COPY on, None if they are too many."""
    outcome = _plan(judgement, between, run)
    rest, why = judgement, outcome
    while not isinstance(why, Plan) and (rest := _behind(rest, between, why)) is not None:
        # What stands in the way of the first COPY need not be in the way of the next.
        why = _plan(rest, between, run)
        if _is_most(rest, judgement) and (isinstance(why, Plan) or rest.unneeded is not None):
            judgement, outcome = rest, why
    first = judgement.early[0].placed
    certain = judgement.unneeded is not None and not judgement.blocked
    fetches = any(needs.fetch for _, needs in judgement.installs)
    needless = "does not need that file" if len(judgement.unneeded or ()) == 1 else "needs none of these files"
    effect = "gets its dependencies again" if fetches else f"re-runs although it {needless}"
    related = [(run, effect if certain else "re-runs with it")]
    more = judgement.early[1:_MOST_NAMED]
    related += [
        (it.placed, "brings more files that it does not need" if certain else "brings more files") for it in more
    ]
    made = Finding(
        NAME,
        first,
        message(judgement, run, of_stage.skipped),
        at_most=Severity.HINT
        if of_stage.skipped
        else Severity.INFO
        if is_noise(judgement.unneeded)
        else Severity.ERROR,
        related=tuple(related),
        subject=_subject(judgement),
    )
    if isinstance(outcome, Withheld):
        return replace(made, withheld=_reason(outcome, of_stage))
    return replace(
        made,
        withheld=[outcome.check] if outcome.check else None,
        fix=partial(outcome.fix, run=run),
        alternative=partial(outcome.fix_with_mounts, run=run),
    )


def _reason(withheld: Withheld, of_stage: OfStage) -> Message:
    """Say why there is no fix; an install in the way that comes too late itself has a finding of its own."""
    step = withheld.step
    if step is None or step.run is None or step not in of_stage.late:
        return withheld.message
    title = code(installs_of(step.run, step.scope)[0][1].title)
    return (f"{title} on line ", step, " comes too late as well: mend that first")


def _subject(judgement: Judgement) -> object:
    commands = [(it.directory, *(word.text for word in it.command.words)) for it, _ in judgement.installs]
    return tuple(commands), judgement.unneeded


def _plan(judgement: Judgement, between: Sequence[Placed] | None, run: Placed) -> Plan | Withheld:
    first = judgement.early[0]
    if not first.context.known:
        return Withheld("there is no build context here to look into")
    if judgement.blocked:
        return plan_reorder((), run, judgement.installs, judgement.files, judgement.early)
    if between is None:
        return Withheld(f"there are more than {MOST_STEPS_BETWEEN} steps in between")
    start = _index(between, first.placed)
    if start is None:
        return Withheld("the COPY stands in another stage, which other stages may start from too")
    return plan_reorder(between[start:], run, judgement.installs, judgement.files, judgement.early)


def _behind(judgement: Judgement, between: Sequence[Placed] | None, why: Withheld) -> Judgement | None:
    """Return the judgement on the COPYs behind the step that is in the way, or behind those of other stages."""
    if between is None or judgement.blocked or not judgement.early[0].context.known:
        return None
    obstacle = _index(between, why.step) if why.step is not None else -1
    if obstacle is None:
        return None
    places = [_index(between, it.placed) for it in judgement.early]
    early = tuple(
        it for it, place in zip(judgement.early, places, strict=True) if place is not None and place > obstacle
    )
    return replace(judgement, early=early) if 0 < len(early) < len(judgement.early) else None


def _is_most(part: Judgement, whole: Judgement) -> bool:
    """Tell whether a part of the COPYs brings most of the files, so that it is worth a finding of its own."""
    return whole.unneeded is None or 2 * len(part.unneeded or ()) >= len(whole.unneeded)


def _index(steps: Sequence[Placed], step: Placed) -> int | None:
    return next((index for index, it in enumerate(steps) if it is step), None)


def message(judgement: Judgement, run: Placed, skipped: str | None) -> Message:
    """Say what happens in this build, with its names and numbers, or in one that needs a stage which it skips."""
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
    editing = "Editing" if skipped is None else f"When {skipped} is built, editing"
    if unneeded is None:
        start: list[str | Placed] = [f"{editing} any file copied on ", *lines]
    elif len(unneeded) == 1:
        start = [f"{editing} {min(unneeded)}, copied on ", *lines, ","]
    else:
        start = [f"{editing} any of {len(unneeded):,} files copied on ", *lines]
    titles = join_words(list(dict.fromkeys(code(install.title) for install, _ in judgement.installs)))
    return [*start, f" re-runs {titles} on line ", run, _reads(judgement)]


def _reads(judgement: Judgement) -> str:
    names = [name for _, needs in judgement.installs for name in context_names(needs, judgement.files)]
    if judgement.blocked or not names:
        return ""
    listed = join_words(shortened(list(dict.fromkeys(names))))
    if any(needs.fetch for _, needs in judgement.installs):
        return f", which gets its dependencies again; for that it reads only {listed}"
    verb = "reads" if len({install.title for install, _ in judgement.installs}) == 1 else "read"
    return f", which {verb} only {listed}"


RULE: Final = Rule(
    NAME, Severity.WARNING, fixable=True, since="0.1.0", documentation=parse_documentation(__doc__, SECTIONS)
)
