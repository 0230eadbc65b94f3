"""The findings of each stage; what did not change is taken from the last analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from layerwise.rules import copy_before_install
from layerwise.rules.copy_before_install import Made, OfStage
from layerwise.rules.rule import Finding
from layerwise.rules.walk import Walked
from layerwise.semantics.dockerfile import Dockerfile, Stage


@dataclass(frozen=True, slots=True, eq=False)
class FindingsOfStage:
    """The findings of a stage, which are the same as long as its walk is; ``made`` by identity of the judgement.

    ``skipped`` names a stage that the build leaves out.
    """

    walked: Walked
    skipped: str | None
    made: Mapping[int, Made]
    findings: Sequence[Finding]

    @staticmethod
    def of(
        dockerfile: Dockerfile, stage: Stage, walked: Walked, skipped: str | None, known: Mapping[int, Made]
    ) -> FindingsOfStage:
        """Make the findings, or take them from ``known`` (by judgement)."""
        late = frozenset(stage.body.placed[position] for position, _ in walked.judgements)
        of_stage = OfStage(skipped, late)
        made = {
            id(judgement): copy_before_install.make(dockerfile, stage, position, judgement, known, of_stage)
            for position, judgement in walked.judgements
        }
        return FindingsOfStage(walked, skipped, made, copy_before_install.findings_of(made.values()))


def findings_of_stages(
    dockerfile: Dockerfile, walked: Sequence[Walked], skipped: Mapping[int, str], known: Sequence[FindingsOfStage]
) -> Sequence[FindingsOfStage]:
    """Return the findings of each stage; ``skipped`` names those that the build leaves out, by index."""
    same = {(id(it.walked), it.skipped): it for it in known}
    made = [same.get((id(it), skipped.get(index))) for index, it in enumerate(walked)]
    if None not in made:
        return cast("list[FindingsOfStage]", made)
    of_judgement = {judgement: it for stage in known for judgement, it in stage.made.items()}
    return [
        it or FindingsOfStage.of(dockerfile, stage, own, skipped.get(stage.index), of_judgement)
        for it, stage, own in zip(made, dockerfile.stages, walked, strict=True)
    ]
