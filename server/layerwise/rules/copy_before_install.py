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
from dataclasses import dataclass
from typing import Final

from layerwise.fixes.reorder import MOST_STEPS_BETWEEN, Plan, plan_reorder
from layerwise.fixes.run_split import Withheld
from layerwise.rules.late_installs import Judgement, context_names
from layerwise.rules.rule import SECTIONS, Finding, Message, Rule, Severity
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import code, join_words, shortened

NAME: Final = "copy-before-install"
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Made:
    """A finding and what it was made of; while these are the same objects, so is the finding.

    ``between`` is empty where nothing that stands between COPY and install can matter any more.
    """

    judgement: Judgement
    between: tuple[Placed, ...]
    finding: Finding


def make(dockerfile: Dockerfile, stage: Stage, position: int, judgement: Judgement, known: Mapping[int, Made]) -> Made:
    """Make the finding of the install at ``position`` of a stage, or take it from ``known`` (by judgement)."""
    old = known.get(id(judgement))
    if old is not None and judgement.blocked:
        return old
    placed = stage.body.placed
    start = dockerfile.index_of(judgement.early[0].placed) - stage.first - 1
    in_stage = start >= 0
    is_far = judgement.blocked or not in_stage or position - start > MOST_STEPS_BETWEEN
    between = () if is_far else tuple(placed[start:position])
    if old is not None and old.between == between:
        return old
    steps = placed[start:position] if in_stage else None
    return Made(judgement, between, _finding(judgement, steps, placed[position]))


def _finding(judgement: Judgement, between: Sequence[Placed] | None, run: Placed) -> Finding:
    """Make the finding; ``between`` are the steps from the first early COPY on, None if it is in another stage."""
    first = judgement.early[0].placed
    certain = judgement.unneeded is not None and not judgement.blocked
    fetches = any(needs.fetch for _, needs in judgement.installs)
    effect = "gets its dependencies again" if fetches else "re-runs although it needs none of these files"
    related = [(run, effect if certain else "re-runs with it")]
    more = judgement.early[1:_MOST_NAMED]
    related += [
        (it.placed, "brings more files that it does not need" if certain else "brings more files") for it in more
    ]
    outcome = _plan(judgement, between, run)
    if isinstance(outcome, Plan):
        check: Message | None = [outcome.check] if outcome.check else None
        return Finding(
            NAME,
            first,
            message(judgement, run),
            None,
            tuple(related),
            check,
            lambda it: outcome.fix(it, run),
            lambda it: outcome.fix_with_mounts(it, run),
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
