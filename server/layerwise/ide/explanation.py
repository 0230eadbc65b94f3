"""Every step of a Dockerfile: what its key depends on, and whether a change re-runs it. The form is for ``explain``."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.buildcache.build import Builder
from layerwise.buildcache.buildkit import may_leave_triggers
from layerwise.buildcache.carried_out import CarriedOut, carried_out
from layerwise.buildcache.inputs import KeyInput, inputs_of, missing_sources
from layerwise.buildcache.model import Rebuilds, Verdict
from layerwise.buildcache.reasons import Reasons
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.ide.expected_cost import Expected, expected_cost
from layerwise.ide.layer_map_text import short
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage, stage_named
from layerwise.text.wording import join_words, shortened


class How(enum.Enum):
    """How a step comes by what is in another stage."""

    FROM = "from"
    COPY = "copy"
    MOUNT = "mount"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a step has something from: the index of an earlier stage; ``what`` are the paths there, "" for all."""

    stage: int
    how: How
    what: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """One instruction of a stage, or what its base left to do with ONBUILD, which comes behind the FROM.

    ``index`` counts in its stage, FROM being 0; ``line`` is where it is written; ``reason`` is "" where nothing
    re-runs; ``onbuild`` says of an ONBUILD which stages carry it out, and of what is carried out which stage left it.
    """

    index: int
    line: int
    instruction: str
    kind: StepKind
    inputs: tuple[KeyInput, ...]
    verdict: Verdict
    reason: str
    expected: Expected
    origins: tuple[Origin, ...]
    onbuild: str = ""

    @property
    def is_step(self) -> bool:
        """Whether it is a step of its stage, with a key; a FROM is where one begins."""
        return bool(self.inputs) and self.kind is not StepKind.SOURCE


@dataclass(frozen=True, slots=True)
class ExplainedStage:
    """One stage; ``base`` is the image or the stage that it starts from; ``built`` is false if the build skips it."""

    name: str | None
    index: int
    label: str
    base: str
    built: bool
    steps: tuple[ExplainedStep, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A Dockerfile, stage by stage. ``context`` is "" if there is none; ``notes`` say what can't be known."""

    context: str
    builder: Builder
    target: str | None
    stages: tuple[ExplainedStage, ...]
    notes: tuple[str, ...]


def explain(analysis: Analysis, rebuilds: Rebuilds | None = None) -> Explanation:
    """Explain a Dockerfile; ``rebuilds`` is what a change re-runs of the build that it describes."""
    reasons = Reasons(rebuilds) if rebuilds is not None else None
    dockerfile = analysis.dockerfile
    built = analysis.build.built_stages()
    stages = tuple(
        ExplainedStage(
            stage.name,
            stage.index,
            stage.label,
            dockerfile.stages[stage.base].label if stage.base is not None else stage.opening.image,
            stage.index in built,
            tuple(_steps(analysis, stage, rebuilds, reasons)),
        )
        for stage in dockerfile.stages
    )
    target = dockerfile.target(analysis.options.target)
    context = analysis.context.root if analysis.context.known else ""
    name = target.name or str(target.index) if target is not None else None
    notes = (*_notes(analysis), *(_bounds(rebuilds) if rebuilds is not None else ()))
    return Explanation(context, analysis.options.builder, name, stages, notes)


def _bounds(rebuilds: Rebuilds) -> Iterator[str]:
    """Yield how far it goes that nothing re-runs."""
    if any(it is not Verdict.CACHED for it in rebuilds.verdicts.values()):
        return
    bases = (it for it in rebuilds.after.stages if it.base is None and not it.maybe)
    images = dict.fromkeys(it.opening.reference for it in bases if may_leave_triggers(it.opening.image))
    if images:
        one = len(images) == 1
        which = f"the base image {short(next(iter(images)))} has" if one else "none of the base images has"
        yield f"That nothing re-runs holds as far as {which} {'no ONBUILD' if one else 'an ONBUILD'}."


def _notes(analysis: Analysis) -> Iterator[str]:
    frontend = analysis.build.foreign_frontend
    if frontend:
        yield f"The frontend {frontend} reads this Dockerfile by rules of its own; this is what Docker's own would do."
    if analysis.options.builder is Builder.KANIKO:
        yield "kaniko carries out COPY, ADD and settings in every build; what it looks up in its cache are the RUNs."
    if analysis.options.said:
        yield analysis.options.said
    if analysis.options.builder is Builder.LEGACY and analysis.context.outside:
        yield "The Dockerfile is not in the build context, so docker adds a name to .dockerignore in each build."
    if not analysis.context.known:
        yield f"There is no build context to look at: {analysis.context.found_by}."
    if note := missing_note(analysis):
        yield note
    if analysis.options.target is not None and analysis.dockerfile.target(analysis.options.target) is None:
        yield f"There is no stage {analysis.options.target}, so nothing is built."


def missing_note(analysis: Analysis) -> str:
    """Return a sentence on the sources that a COPY or ADD of a built stage does not find, "" if there are none."""
    missing = [
        f"{short(source)} (line {analysis.line_of(placed)})"
        for index in sorted(analysis.build.built_stages())
        for placed in analysis.dockerfile.stages[index].body.placed
        for source in missing_sources(placed, analysis.context)
    ]
    root = analysis.context.root
    return f"Not in the build context {root}, so a build fails: {join_words(shortened(missing))}." if missing else ""


def _steps(
    analysis: Analysis, stage: Stage, rebuilds: Rebuilds | None, reasons: Reasons | None
) -> Iterator[ExplainedStep]:
    dockerfile = analysis.dockerfile
    keys = rebuilds.after if rebuilds is not None else None
    for number, it in enumerate(carried_out(dockerfile, stage, keys)):
        yield ExplainedStep(
            number,
            analysis.line_of(dockerfile.instructions[it.written]),
            it.placed.instruction.logical.text,
            kind_of(it.placed),
            inputs_of(analysis.build, stage, it.placed),
            rebuilds.verdict(it.index, it.part) if rebuilds is not None else Verdict.CACHED,
            reasons.reason_of(it.index, it.part) if reasons is not None else "",
            expected_cost(it.placed, analysis.context),
            tuple(_origins(analysis, stage, it.placed)),
            _onbuild(analysis, it),
        )


def _onbuild(analysis: Analysis, it: CarriedOut) -> str:
    stages = analysis.dockerfile.stages
    if it.is_trigger and it.stage.base is not None:
        return f"ONBUILD of {stages[it.stage.base].label}"
    takers = left_to(analysis, it.stage) if it.placed.keyword == "ONBUILD" else []
    return f"carried out in {join_words(shortened([it.label for it in takers]))}" if takers else ""


def left_to(analysis: Analysis, stage: Stage) -> list[Stage]:
    """Return the stages that are built and carry out what a stage leaves with ONBUILD: they start from it."""
    built = analysis.build.built_stages()
    return [it for it in analysis.dockerfile.stages if it.base == stage.index and it.index in built]


def _origins(analysis: Analysis, stage: Stage, placed: Placed) -> Iterator[Origin]:
    """Yield what an instruction has from other stages."""
    if placed.keyword == "FROM":
        bases = (stage.base,) if stage.base is not None else stage.maybe
        yield from (Origin(it, How.FROM) for it in bases)
    earlier = analysis.dockerfile.stages[: stage.index]
    for (name, by_index), what in zip(placed.references, _paths_taken(placed), strict=False):
        found = stage_named(earlier, name, by_index=by_index)
        if found is not None:
            yield Origin(found.index, How.COPY if placed.copy is not None else How.MOUNT, what)


def _paths_taken(placed: Placed) -> list[str]:
    """Return the paths that go with the ``references`` of an instruction, one by one."""
    if placed.copy is not None:
        return [join_words([it.text for it in placed.copy.sources])]
    return [it.source for it in placed.run.mounts if it.origin] if placed.run is not None else []


def to_json(explanation: Explanation, path: str) -> Mapping[str, object]:
    """Return the JSON of ``explain``, documented with the interfaces."""
    return {
        "version": 1,
        "path": path,
        "context": explanation.context or None,
        "builder": explanation.builder.value,
        "target": explanation.target,
        "notes": list(explanation.notes),
        "stages": [_stage_json(it) for it in explanation.stages],
    }


def _stage_json(stage: ExplainedStage) -> Mapping[str, object]:
    steps = [
        {
            "index": it.index,
            "line": it.line,
            "instruction": it.instruction,
            "kind": it.kind.value,
            "inputs": [{"kind": part.kind.value, "detail": part.detail} for part in it.inputs],
            "rebuilds": it.verdict.value,
            "reason": it.reason or None,
        }
        for it in stage.steps
    ]
    return {"name": stage.name, "index": stage.index, "base": stage.base, "built": stage.built, "steps": steps}
