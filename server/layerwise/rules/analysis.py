"""Everything that is known of one text in one build context: the one object that all features ask.

A pure function of (text, options, context). A previous analysis only saves work: what did not change is reused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.change import Change, after
from layerwise.buildcache.model import Rebuilds, Record, record, what_rebuilds
from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arriving
from layerwise.fixes.fix import Fix
from layerwise.rules import registry
from layerwise.rules.engine import Results, Suppressions, check_file, check_stages
from layerwise.rules.guard import guarded
from layerwise.rules.rule import Finding, LazyFix, Severity
from layerwise.rules.scan import NOTHING, Scan, scan_stage
from layerwise.rules.suppression import Ignore, ignores_of
from layerwise.rules.view import FileView, View
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
        default = next((it.severity for it in registry.RULES if it.name == rule), None)
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

    ``scans`` (one a stage), ``arriving`` and ``known`` are there for the next analysis to build on.
    """

    lines: LineIndex
    dockerfile: Dockerfile
    context: BuildContext
    options: Options
    scans: Sequence[Scan] = field(repr=False)
    arriving: Arriving = field(repr=False)
    known: Results = field(repr=False)

    @property
    def text(self) -> str:
        """The text that was analysed."""
        return self.lines.text

    @cached_property
    def unread(self) -> frozenset[str]:
        """Files of the context that findings wait for: load them, and analyse again with the new context."""
        return frozenset[str]().union(*(it.unread for it in self.scans))

    @cached_property
    def ignores(self) -> tuple[Ignore, ...]:
        """What comments switch off."""
        return ignores_of(self.dockerfile, self.text)

    @cached_property
    def findings(self) -> tuple[Located, ...]:
        """The findings that are neither off nor suppressed, in the order of the text."""
        located = (self.locate(it) for it in self.reported)
        return tuple(sorted((it for it in located if it is not None), key=lambda it: it.span))

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings that are neither off nor suppressed; where they are, ``locate`` says, which takes the time."""
        return self.results.reported

    @cached_property
    def results(self) -> Results:
        """What the rules found."""
        if self.build.foreign_frontend or not self.dockerfile.instructions:
            # Whatever a frontend of its own does, to warn would be to guess.
            return Results()
        is_on = {it.name: self.options.severity(it.name) is not None for it in registry.RULES}
        rules = [it for it in registry.RULES if is_on[it.name]]
        stages = check_stages(self._views(), rules, self.known.stages)
        found = [finding for it in stages for finding in it.findings]
        suppressions = Suppressions(self.ignores, self.dockerfile.instructions)
        hidden = suppressions.of(found)
        used = frozenset(ignore for ignores in hidden.values() for ignore in ignores)
        file = check_file(FileView(self.ignores, used, is_on, self.unread), rules, self.known.file)
        hidden |= suppressions.of(file.findings)
        reported = tuple(it for it in (*found, *file.findings) if it not in hidden)
        return Results(stages, file, reported)

    def _views(self) -> list[View]:
        """Return what rules see of each stage; if there is no such target no stage counts as left out."""
        built = self.build.built_stages()
        needed = built | self.dockerfile.needed_for_any(self.options.targets)
        skipped = {it.index: it.label for it in self.dockerfile.stages if built and it.index not in needed}
        return [View(self.build, it, self.scans, skipped.get(it.index)) for it in self.dockerfile.stages]

    def locate(self, finding: Finding) -> Located | None:
        """Put one of the ``reported`` findings into its place; None if that fails."""
        return guarded(finding.rule, finding.about, lambda: self._located(finding))

    def _located(self, finding: Finding) -> Located:
        severity = self.options.severity(finding.rule)
        if severity is None:
            raise ValueError(f"{finding.rule} is off")
        return Located(
            finding,
            min(severity, finding.at_most, key=lambda it: it.loudness),
            self._render(finding.message),
            self._span(finding.anchor),
            tuple((self._span(it), text) for it, text in finding.related),
            None if finding.withheld is None else self._render(finding.withheld),
        )

    def _span(self, anchor: Placed | Span) -> Span:
        return anchor if isinstance(anchor, Span) else self.dockerfile.span(self.dockerfile.index_of(anchor))

    def line_of(self, placed: Placed) -> int:
        """Return the 1-based line of an instruction's keyword."""
        return self.lines.line(self._span(placed).start) + 1

    def _render(self, message: Sequence[str | Placed]) -> str:
        return "".join(it if isinstance(it, str) else str(self.line_of(it)) for it in message)

    def fix_of(self, located: Located) -> Fix | None:
        """Return a finding's best fix as edits of this text."""
        return next(self._fixes(located.finding), None)

    def fixes_of(self, located: Located) -> list[Fix]:
        """Return all fixes of a finding, the best one first."""
        return list(self._fixes(located.finding))

    def _fixes(self, finding: Finding) -> Iterator[Fix]:
        for make in finding.fixes:
            if (fix := guarded(finding.rule, finding.about, partial(self._made, make))) is not None:
                yield fix

    def _made(self, make: LazyFix) -> Fix | None:
        fix = make(self.dockerfile)
        if fix is not None:
            check_edits(self.text, fix.edits)
        return fix

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
    was = previous.scans if previous is not None else ()
    of_body = {id(it.body): it for it in was}
    scans: list[Scan] = []
    for stage in dockerfile.stages:
        entry = scans[stage.base].walk.final if stage.base is not None else NOTHING
        old = of_body.get(id(stage.body)) or (was[stage.index] if stage.index < len(was) else None)
        scans.append(scan_stage(stage.body, entry, arriving, old))
    is_like = previous is not None and previous.options == options
    known = previous.results if previous is not None and is_like else Results()
    return Analysis(lines, dockerfile, context, options, scans, arriving, known)
