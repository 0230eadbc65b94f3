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

from layerwise.commands.registry import installs_of
from layerwise.fixes.reorder import Plan, plan_reorder
from layerwise.fixes.withheld import Message, Withheld
from layerwise.rules.chosen import is_noise
from layerwise.rules.guard import guarded
from layerwise.rules.in_any_case import Inputs, what_remains
from layerwise.rules.late_installs import NAME, Judgement
from layerwise.rules.rule import SECTIONS, Finding, Rule, Severity
from layerwise.rules.sentence import MOST_NAMED, sentence
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import code

MOST_STEPS_BETWEEN: Final = 200
"""A plan looks no further, so that a file of thousands of steps stays as quick as a small one."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finding and what it was made of; while these are the same objects, so is the finding.

    ``between`` are the stage's steps from the first early COPY on, None if they are too many; ``skipped`` and ``ends``
    are those of its stage. There is no finding where the making of it failed.
    """

    judgement: Judgement
    between: tuple[Placed, ...] | None
    skipped: str | None
    ends: Mapping[int, Inputs]
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class OfStage:
    """What its findings depend on besides: ``late`` are its RUNs that come too late.

    ``skipped`` names the stage if the build leaves it out; ``ends`` has what those that it needs end with.
    """

    stage: Stage
    ends: Mapping[int, Inputs]
    skipped: str | None
    late: frozenset[Placed]


def make(
    dockerfile: Dockerfile,
    position: int,
    judgement: Judgement,
    known: Mapping[int, Made],
    of_stage: OfStage,
) -> Made:
    """Make the finding of the install at ``position`` of a stage, or take it from ``known`` (by judgement)."""
    stage = of_stage.stage
    placed = stage.body.placed
    first = max(0, dockerfile.index_of(judgement.early[0].placed) - stage.first - 1)
    is_far = position - first > MOST_STEPS_BETWEEN
    between = None if is_far else tuple(placed[first:position])
    inputs = (between, of_stage.skipped, of_stage.ends)
    old = known.get(id(judgement))
    if old is not None and (old.between, old.skipped, old.ends) == inputs:
        return old
    run = placed[position]
    finding = guarded(NAME, run.instruction.text, lambda: _finding(dockerfile, judgement, between, run, of_stage))
    return Made(judgement, *inputs, finding)


def _finding(
    dockerfile: Dockerfile,
    judgement: Judgement,
    between: Sequence[Placed] | None,
    run: Placed,
    of_stage: OfStage,
) -> Finding:
    """Make the finding; ``between`` is that of ``Made``."""
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
    more = judgement.early[1:MOST_NAMED]
    related += [
        (it.placed, "brings more files that it does not need" if certain else "brings more files") for it in more
    ]
    remains = () if isinstance(outcome, Withheld) else _remains(dockerfile, judgement, run, of_stage)
    made = Finding(
        NAME,
        first,
        [*sentence(judgement, run, of_stage.skipped), *remains],
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


def _remains(dockerfile: Dockerfile, judgement: Judgement, run: Placed, of_stage: OfStage) -> Message:
    values, context = judgement.others.unused(run), judgement.early[0].context
    files = judgement.unneeded or frozenset()
    return what_remains(dockerfile, of_stage.stage, context, files, judgement.kept, values, of_stage.ends)


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
    if judgement.gains_nothing:
        placed = next(it.placed for it in judgement.kept if not it.files.isdisjoint(judgement.unneeded or ()))
        verb = "mounts" if placed.keyword == "RUN" else "copies"
        return Withheld((f"{placed.keyword} on line ", placed, f" {verb} these files as well: nothing would be gained"))
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
    if part.gains_nothing:
        return False
    return whole.unneeded is None or 2 * len(part.unneeded or ()) >= len(whole.unneeded)


def _index(steps: Sequence[Placed], step: Placed) -> int | None:
    return next((index for index, it in enumerate(steps) if it is step), None)


RULE: Final = Rule(
    NAME, Severity.WARNING, fixable=True, since="0.1.0", documentation=parse_documentation(__doc__, SECTIONS)
)
