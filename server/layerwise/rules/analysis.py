"""Everything that is known of one text in one build context: the one object that all features ask.

A pure function of (text, options, context). A previous analysis only saves work: what did not change is reused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.change import Change, after
from layerwise.buildcache.model import Rebuilds, Record, record, what_rebuilds
from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arriving
from layerwise.fixes.fix import Fix
from layerwise.rules import unused_ignore
from layerwise.rules.findings import FindingsOfStage, findings_of_stages
from layerwise.rules.guard import guarded
from layerwise.rules.registry import NAMES, RULES
from layerwise.rules.rule import Finding, Severity
from layerwise.rules.suppression import Ignore, ignores_of
from layerwise.rules.walk import NOTHING, Walked, walk_stage
from layerwise.semantics.dockerfile import Dockerfile, Placed, read_dockerfile
from layerwise.syntax.tree import Tree
from layerwise.text.edit import check_edits
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span


@dataclass(frozen=True)
class Options:
    """What decides about findings; ``severities`` has None for a rule that is off.

    ``said`` is a sentence on what is as a build file has it, ``targets`` are all that build files build of this one.
    """

    target: str | None = None
    builder: Builder = Builder.BUILDKIT
    build_args: Mapping[str, str] = field(default_factory=dict[str, str])
    severities: Mapping[str, Severity | None] = field(default_factory=dict[str, "Severity | None"])
    said: str = ""
    targets: frozenset[str | None] = frozenset()

    def severity(self, rule: str) -> Severity | None:
        """Return the severity of a rule's findings, None if it is off."""
        default = next((it.severity for it in RULES if it.name == rule), None)
        return self.severities.get(rule, default)


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A finding in its place: the rendered form that lines and columns are derived from."""

    finding: Finding
    severity: Severity
    message: str
    span: Span
    related: tuple[tuple[Span, str], ...]
    withheld: str | None


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
    known: Sequence[FindingsOfStage] = field(repr=False)

    @property
    def text(self) -> str:
        """The text that was analysed."""
        return self.lines.text

    @cached_property
    def unread(self) -> frozenset[str]:
        """Files of the context that findings wait for: load them, and analyse again with the new context."""
        return frozenset[str]().union(*(it.unread for it in self.walked))

    @cached_property
    def made(self) -> Sequence[FindingsOfStage]:
        """The findings of each stage, suppressed ones too; if there is no such target no stage counts as left out."""
        built = self.build.built_stages()
        needed = built | self.dockerfile.needed_for_any(self.options.targets)
        skipped = {it.index: it.label for it in self.dockerfile.stages if built and it.index not in needed}
        return findings_of_stages(self.dockerfile, self.walked, skipped, self.known)

    @cached_property
    def ignores(self) -> tuple[Ignore, ...]:
        """What comments switch off."""
        return ignores_of(self.dockerfile, self.text)

    @cached_property
    def findings(self) -> tuple[Located, ...]:
        """The findings that are neither off nor suppressed, in the order of the text."""
        located = (self.locate(it) for it in self.reported)
        return tuple(sorted((it for it in located if it is not None), key=lambda it: it.span))

    @cached_property
    def reported(self) -> Mapping[Finding, Span | None]:
        """The findings that are neither off nor suppressed; with a span, if they are not about an instruction.

        Where they are, ``locate`` says, which is what takes the time.
        """
        if self.build.foreign_frontend:
            # Whatever it does, to warn would be to guess.
            return {}
        found = [finding for it in self.made for finding in it.findings]
        hits = {it: [ignore for ignore in self.ignores if self._hides(ignore, it)] for it in found}
        loud = {it for it in NAMES if self.options.severity(it) is not None}
        used = {ignore for ignores in hits.values() for ignore in ignores}
        reported: dict[Finding, Span | None] = {it: None for it in found if it.rule in loud and not hits[it]}
        return {**reported, **dict(self._unused_ignores(used))}

    def _hides(self, ignore: Ignore, finding: Finding) -> bool:
        if ignore.rule != finding.rule:
            return False
        if ignore.whole_file:
            return True
        involved = (finding.anchor, *(it for it, _ in finding.related))
        return bool(
            guarded(
                finding.rule,
                finding.anchor.instruction.text,
                lambda: any(self.dockerfile.index_of(it) == ignore.instruction for it in involved),
            )
        )

    def _unused_ignores(self, used: set[Ignore]) -> Iterator[tuple[Finding, Span]]:
        hidden = any(it.rule == unused_ignore.NAME and it.whole_file for it in self.ignores)
        if self.options.severity(unused_ignore.NAME) is None or hidden or not self.dockerfile.instructions:
            return
        for ignore in self.ignores:
            is_off = ignore.rule in NAMES and self.options.severity(ignore.rule) is None
            if ignore not in used and not is_off and not self.unread:
                message = guarded(unused_ignore.NAME, ignore.rule, partial(unused_ignore.message, ignore, NAMES))
                if message is not None:
                    yield Finding(unused_ignore.NAME, self.dockerfile.instructions[0], (message,)), ignore.span

    def locate(self, finding: Finding) -> Located | None:
        """Put one of the ``reported`` findings into its place; None if that fails."""
        return guarded(finding.rule, finding.anchor.instruction.text, lambda: self._located(finding))

    def _located(self, finding: Finding) -> Located:
        severity = self.options.severity(finding.rule)
        if severity is None:
            raise ValueError(f"{finding.rule} is off")
        return Located(
            finding,
            min(severity, finding.at_most, key=lambda it: it.loudness),
            self._render(finding.message),
            self.reported[finding] or self._span(finding.anchor),
            tuple((self._span(it), text) for it, text in finding.related),
            None if finding.withheld is None else self._render(finding.withheld),
        )

    def _span(self, placed: Placed) -> Span:
        return self.dockerfile.span(self.dockerfile.index_of(placed))

    def line_of(self, placed: Placed) -> int:
        """Return the 1-based line of an instruction's keyword."""
        return self.lines.line(self._span(placed).start) + 1

    def _render(self, message: Sequence[str | Placed]) -> str:
        return "".join(it if isinstance(it, str) else str(self.line_of(it)) for it in message)

    def fix_of(self, located: Located) -> Fix | None:
        """Return a finding's fix as edits of this text."""
        return self._fix(located.finding, located.finding.fix)

    def fixes_of(self, located: Located) -> list[Fix]:
        """Return a finding's fix, and another to the same end if the builder knows what that takes."""
        knows_mounts = self.options.builder in (Builder.BUILDKIT, Builder.BUILDAH)
        other = self._fix(located.finding, located.finding.alternative) if knows_mounts else None
        return [it for it in (self.fix_of(located), other) if it is not None]

    def _fix(self, finding: Finding, make: Callable[[Dockerfile], Fix | None] | None) -> Fix | None:
        def made() -> Fix | None:
            fix = make(self.dockerfile) if make is not None else None
            if fix is not None:
                check_edits(self.text, fix.edits)
            return fix

        return guarded(finding.rule, finding.anchor.instruction.text, made)

    @cached_property
    def build(self) -> Build:
        """The build that the text describes."""
        options, context = self.options, self.context
        return Build(self.dockerfile, context, options.target, options.builder, own_file=context.dockerfile)

    @cached_property
    def record(self) -> Record:
        """What that build leaves in the cache."""
        return record(self.build)

    def what_rebuilds(self, change: Change) -> Rebuilds:
        """Return what the next build re-runs after a change."""
        return what_rebuilds(self.record, after(self.build, change))


def analyse(
    lines: LineIndex,
    tree: Tree,
    context: BuildContext,
    options: Options,
    previous: Analysis | None = None,
) -> Analysis:
    """Analyse a text whose tree is ``tree``."""
    dockerfile = read_dockerfile(tree, options.build_args, previous.dockerfile if previous else None, context.named)
    # Arrivals hold their context: after a change of it nothing can be reused.
    if previous is not None and previous.context is not context:
        previous = None
    arriving = previous.arriving if previous is not None else Arriving(context)
    was = previous.walked if previous is not None else ()
    of_body = {id(it.body): it for it in was}
    walked: list[Walked] = []
    for stage in dockerfile.stages:
        entry = walked[stage.base].walk.final if stage.base is not None else NOTHING
        old = of_body.get(id(stage.body)) or (was[stage.index] if stage.index < len(was) else None)
        walked.append(walk_stage(stage.body, entry, arriving, old))
    known: Sequence[FindingsOfStage] = () if previous is None else previous.made
    return Analysis(lines, dockerfile, context, options, walked, arriving, known)
