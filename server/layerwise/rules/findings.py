"""The findings of each stage; what did not change is taken from the last analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from layerwise.rules import copy_before_install
from layerwise.rules.copy_before_install import Made, OfStage
from layerwise.rules.rule import Finding
from layerwise.rules.walk import Walked
from layerwise.semantics.dockerfile import Dockerfile, Stage


@dataclass(frozen=True, slots=True, eq=False)
class FindingsOfStage:
    """The findings of a stage, which are the same as long as its walk is; ``made`` by identity of the judgement.

    ``skipped`` names a stage that the build leaves out; ``sources`` are the walks of the stages that it needs.
    """

    walked: Walked
    sources: Mapping[int, Walked]
    skipped: str | None
    made: Mapping[int, Made]
    findings: Sequence[Finding]

    @staticmethod
    def of(
        dockerfile: Dockerfile,
        stage: Stage,
        walked: Walked,
        sources: Mapping[int, Walked],
        skipped: str | None,
        known: Mapping[int, Made],
    ) -> FindingsOfStage:
        """Make the findings, or take them from ``known`` (by judgement)."""
        late = frozenset(stage.body.placed[position] for position, _ in walked.judgements)
        ends = {index: (it.walk.final.arrivals, it.walk.final.others) for index, it in sources.items()}
        of_stage = OfStage(stage, ends, skipped, late)
        made = {
            id(judgement): copy_before_install.make(dockerfile, position, judgement, known, of_stage)
            for position, judgement in walked.judgements
        }
        return FindingsOfStage(walked, sources, skipped, made, _grouped(made.values()))


def _grouped(made: Iterable[Made]) -> list[Finding]:
    """Return the findings: one for all installs of system packages behind the same COPYs, as one fix mends them all."""
    groups: dict[object, list[Finding]] = {}
    for it in made:
        if it.finding is None:
            continue
        alike = all(needs.anywhere for _, needs in it.judgement.installs)
        key = (it.finding.anchor, it.judgement.early) if alike else it.finding
        groups.setdefault(key, []).append(it.finding)
    return [_as_one(it) for it in groups.values()]


def _as_one(findings: Sequence[Finding]) -> Finding:
    """Return the last of the findings that has a fix, which moves the COPYs behind all, or the first."""
    chosen = next((it for it in reversed(findings) if it.fix is not None), findings[0])
    others = [(it.related[0][0], "re-runs as well") for it in findings if it is not chosen]
    return replace(chosen, related=(*chosen.related, *others)) if others else chosen


def findings_of_stages(
    dockerfile: Dockerfile, walked: Sequence[Walked], skipped: Mapping[int, str], known: Sequence[FindingsOfStage]
) -> Sequence[FindingsOfStage]:
    """Return the findings of each stage; ``skipped`` names those that the build leaves out, by index."""
    needed = [_sources(dockerfile, it, walked) for it in dockerfile.stages]
    old = {(id(it.walked), it.skipped): it for it in known}
    same = [old.get((id(it), skipped.get(index))) for index, it in enumerate(walked)]
    made = [it if it is not None and it.sources == own else None for it, own in zip(same, needed, strict=True)]
    of_judgement = {judgement: it for stage in known for judgement, it in stage.made.items()}
    return [
        it or FindingsOfStage.of(dockerfile, stage, own, sources, skipped.get(stage.index), of_judgement)
        for it, stage, own, sources in zip(made, dockerfile.stages, walked, needed, strict=True)
    ]


def _sources(dockerfile: Dockerfile, stage: Stage, walked: Sequence[Walked]) -> Mapping[int, Walked]:
    """Return the walks of the stages that one needs, if it has findings."""
    if not walked[stage.index].judgements:
        return {}
    return {it: walked[it] for it in dockerfile.needed_for(stage) if it != stage.index}
