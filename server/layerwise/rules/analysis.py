"""Everything that is known of one text in one build context: the one object that all features ask.

A pure function of (text, options, context). A previous analysis only saves work: what did not change is reused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final

from layerwise.buildcache.model import Change, Outcome, what_rebuilds
from layerwise.context.build_context import BuildContext, UnreadFileError
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.fixes.fix import Fix
from layerwise.fixes.reorder import MOST_STEPS_BETWEEN
from layerwise.rules import copy_before_install, unused_ignore
from layerwise.rules.copy_before_install import Done, Judgement, judge
from layerwise.rules.registry import NAMES, RULES
from layerwise.rules.rule import Finding, Severity
from layerwise.rules.suppression import Ignore, ignores_of
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage, read_dockerfile
from layerwise.semantics.fold import Fold, fold
from layerwise.syntax.tree import Tree
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

_log: Final = logging.getLogger(__name__)
raise_rule_errors = False
"""Set by the tests: a failing rule then fails the test instead of costing only its own findings."""


@dataclass(frozen=True)
class Options:
    """What of the settings decides about findings. ``severities`` has None for a rule that is off."""

    target: str | None = None
    build_args: Mapping[str, str] = field(default_factory=dict[str, str])
    severities: Mapping[str, Severity | None] = field(default_factory=dict[str, "Severity | None"])

    def severity(self, rule: str) -> Severity | None:
        """Return the severity of a rule's findings, None if it is off."""
        default = next((it.severity for it in RULES if it.name == rule), None)
        return self.severities.get(rule, default)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stage has seen in front of an instruction: files that arrived, and installs that are done."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    done: Done = field(default_factory=Done)


@dataclass(frozen=True, slots=True)
class _Unread:
    """A judgement that waits for a file of the context."""

    path: str


Walk = Fold[Placed, Seen, "Judgement | _Unread | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A finding in its place: the rendered form that lines and columns are derived from."""

    finding: Finding
    severity: Severity
    message: str
    span: Span
    related: tuple[tuple[Span, str], ...]
    withheld: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """A stage's walk, and what came of it by position in the stage's body."""

    walk: Walk
    judgements: tuple[tuple[int, Judgement], ...]
    unread: frozenset[str]

    @staticmethod
    def of(walk: Walk) -> Walked:
        """Look through a walk."""
        found = [(position, it) for position, it in enumerate(walk.outputs) if it is not None]
        judgements = tuple((position, it) for position, it in found if isinstance(it, Judgement))
        return Walked(walk, judgements, frozenset(it.path for _, it in found if isinstance(it, _Unread)))


@dataclass(frozen=True, slots=True)
class Made:
    """A finding and what it was made of; while these are the same objects, so is the finding.

    ``alone``: it was made of nothing but the judgement, since that rules out a fix.
    """

    judgement: Judgement
    between: tuple[Placed, ...]
    extra_check: str
    alone: bool
    finding: Finding


@dataclass(frozen=True, eq=False)
class Analysis:
    """One text, its Dockerfile, its context, and what follows from them.

    ``walked`` (one a stage), ``arriving`` and ``known`` are there for the next analysis to build on.
    """

    lines: LineIndex
    dockerfile: Dockerfile
    context: BuildContext
    options: Options
    walked: Sequence[Walked] = field(repr=False)
    arriving: Arriving = field(repr=False)
    known: Mapping[int, Made] = field(repr=False)

    @property
    def text(self) -> str:
        """The text that was analysed."""
        return self.lines.text

    @cached_property
    def unread(self) -> frozenset[str]:
        """Files of the context that findings wait for: load them, and analyse again with the new context."""
        return frozenset(path for it in self.walked if it.unread for path in it.unread)

    @cached_property
    def made(self) -> Mapping[int, Made]:
        """The findings, suppressed ones included, by identity of the judgement that each is made of."""
        made: dict[int, Made] = {}
        known = self.known
        for stage, walked in zip(self.dockerfile.stages, self.walked, strict=True):
            for position, judgement in walked.judgements:
                key = id(judgement)
                old = known.get(key)
                made[key] = old if old is not None and old.alone else self._make(stage, position, judgement)
        return made

    def _make(self, stage: Stage, position: int, judgement: Judgement) -> Made:
        placed = stage.body.placed
        index = self.dockerfile.index_of(judgement.early[0].placed) - stage.first - 1
        start = index if index >= 0 else None
        is_far = start is None or judgement.blocked or position - start > MOST_STEPS_BETWEEN
        between = () if is_far else tuple(placed[start:position])
        check = self._check_of_extras(stage, judgement)
        known = self.known.get(id(judgement))
        if known is not None and (known.between, known.extra_check) == (between, check):
            return known
        steps = None if start is None else placed[start:position]
        finding = copy_before_install.finding(judgement, steps, placed[position], check)
        return Made(judgement, between, check, judgement.blocked, finding)

    def _check_of_extras(self, stage: Stage, judgement: Judgement) -> str:
        """Say what a separate download does that the build would not."""
        if not any(needs.extras for _, needs in judgement.installs):
            return ""
        target = self.dockerfile.target(self.options.target)
        is_base = any(it.base == stage.index for it in self.dockerfile.stages)
        extras = [path for _, needs in judgement.installs for path in needs.extras]
        copied = any(
            source.path.rstrip("/") in ("", *extras)
            or any(it.startswith(f"{source.path.rstrip('/')}/") for it in extras)
            for other in self.dockerfile.stages
            if stage.index in other.sources
            for placed in other.body.placed
            if placed.copy is not None and placed.references
            for source in placed.copy.sources
        )
        if target is stage or is_base or copied:
            return "the image then holds all modules of go.mod, also those that the build does not import"
        return (
            "the download takes all modules of go.mod, also those that the build does not import, so all must be there"
        )

    @cached_property
    def ignores(self) -> tuple[Ignore, ...]:
        """What comments switch off."""
        return ignores_of(self.dockerfile, self.text)

    @cached_property
    def findings(self) -> tuple[Located, ...]:
        """The findings that are neither off nor suppressed, in the order of the text."""
        return tuple(sorted((self.locate(it) for it in self.reported), key=lambda it: it.span))

    @cached_property
    def reported(self) -> Mapping[Finding, Span | None]:
        """The findings that are neither off nor suppressed; with a span, if they are not about an instruction.

        Where they are, ``locate`` says, which is what takes the time.
        """
        found = [it.finding for it in self.made.values()]
        hits = (
            {it: [ignore for ignore in self.ignores if self._hides(ignore, it)] for it in found} if self.ignores else {}
        )
        loud = {it for it in NAMES if self.options.severity(it) is not None}
        used = {ignore for ignores in hits.values() for ignore in ignores}
        reported: dict[Finding, Span | None] = {it: None for it in found if it.rule in loud and not hits.get(it)}
        return {**reported, **dict(self._unused_ignores(used))}

    def _hides(self, ignore: Ignore, finding: Finding) -> bool:
        if ignore.rule != finding.rule or ignore.misplaced:
            return False
        if ignore.instruction is None:
            return True
        involved = (finding.anchor, *(it for it, _ in finding.related))
        return any(self.dockerfile.index_of(it) == ignore.instruction for it in involved)

    def _unused_ignores(self, used: set[Ignore]) -> Iterator[tuple[Finding, Span]]:
        hidden = any(
            it.rule == unused_ignore.NAME and it.instruction is None and not it.misplaced for it in self.ignores
        )
        if self.options.severity(unused_ignore.NAME) is None or hidden or not self.dockerfile.instructions:
            return
        for ignore in self.ignores:
            is_off = ignore.rule in NAMES and self.options.severity(ignore.rule) is None
            if ignore not in used and not is_off and not self.unread:
                message = unused_ignore.message(ignore, NAMES)
                yield Finding(unused_ignore.NAME, self.dockerfile.instructions[0], (message,)), ignore.span

    def locate(self, finding: Finding) -> Located:
        """Put one of the ``reported`` findings into its place."""
        severity = self.options.severity(finding.rule)
        if severity is None:
            raise ValueError(f"{finding.rule} is off")
        return Located(
            finding,
            severity,
            self._render(finding.message),
            self.reported[finding] or self._span(finding.anchor, finding.part),
            tuple((self._span(it), text) for it, text in finding.related),
            None if finding.withheld is None else self._render(finding.withheld),
        )

    def _span(self, placed: Placed, part: Span | None = None) -> Span:
        start = self.dockerfile.start(self.dockerfile.index_of(placed))
        return (part or placed.instruction.span).shift(start)

    def line_of(self, placed: Placed) -> int:
        """Return the 1-based line of an instruction's keyword."""
        return self.lines.line(self._span(placed).start) + 1

    def _render(self, message: Sequence[str | Placed]) -> str:
        return "".join(it if isinstance(it, str) else str(self.line_of(it)) for it in message)

    def fix_of(self, located: Located) -> Fix | None:
        """Return a finding's fix as edits of this text."""
        return located.finding.fix(self.dockerfile) if located.finding.fix is not None else None

    def what_rebuilds(self, change: Change) -> Mapping[int, Outcome]:
        """Return what a change rebuilds, by index of the instruction."""
        return what_rebuilds(self.dockerfile, self.context, change)


def analyse(
    lines: LineIndex,
    tree: Tree,
    context: BuildContext,
    options: Options,
    previous: Analysis | None = None,
) -> Analysis:
    """Analyse a text whose tree is ``tree``."""
    dockerfile = read_dockerfile(tree, options.build_args, previous.dockerfile if previous else None)
    # Arrivals hold their context: after a change of it nothing can be reused.
    if previous is not None and previous.context is not context:
        previous = None
    if previous is not None and dockerfile.stages is previous.dockerfile.stages:
        return replace(previous, lines=lines, dockerfile=dockerfile, options=options, known=previous.made)
    arriving = previous.arriving if previous is not None else Arriving(context)
    was = previous.walked if previous is not None else ()
    stages = previous.dockerfile.stages if previous is not None else ()
    of_body = {id(stage.body): it for stage, it in zip(stages, was, strict=True)}
    walked: list[Walked] = []
    for stage in dockerfile.stages:
        entry = walked[stage.base].walk.final if stage.base is not None else Seen()
        old = of_body.get(id(stage.body)) or (was[stage.index] if stage.index < len(was) else None)
        walk = fold(stage.body.placed, entry, partial(_step, arriving), old.walk if old is not None else None)
        walked.append(old if old is not None and old.walk is walk else Walked.of(walk))
    known: Mapping[int, Made] = {} if previous is None else previous.made
    return Analysis(lines, dockerfile, context, options, walked, arriving, known)


def _step(arriving: Arriving, seen: Seen, placed: Placed) -> tuple[Seen, Judgement | _Unread | None]:
    if placed.keyword in ("COPY", "ADD"):
        return replace(seen, arrivals=arriving.at(placed, seen.arrivals)), None
    if placed.keyword != "RUN":
        return seen, None
    try:
        judgement, done = judge(placed, seen.arrivals, seen.done)
    except UnreadFileError as error:
        return seen, _Unread(error.path)
    except Exception:
        if raise_rule_errors:
            raise
        _log.exception("the rule %s failed on %s", copy_before_install.NAME, placed.instruction.text[:200])
        return seen, None
    return seen if done == seen.done else replace(seen, done=done), judgement
