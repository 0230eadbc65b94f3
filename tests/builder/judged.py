"""Which steps of a build install, as the builder numbers them."""

from __future__ import annotations

from builder.daemon import Steps
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.commands.registry import installs_of
from layerwise.rules.analysis import Analysis
from layerwise.rules.late_installs import LateInstall


def steps(analysis: Analysis, *, judged: bool) -> list[tuple[str, int]]:
    """Return the steps that install, or those of them that come too late."""
    found: list[tuple[str, int]] = []
    stages = analysis.dockerfile.stages
    needed = analysis.dockerfile.needed_for(stages[-1])
    for stage, scan in zip(stages, analysis.scans, strict=True):
        if stage.index not in needed:
            continue
        label = "" if len(stages) == 1 else stage.name or f"stage-{stage.index}"
        # A FROM of another stage is no step.
        number = int(stage.base is None)
        for it, output in zip(stage.body.placed, scan.walk.outputs, strict=True):
            number += kind_of(it) is StepKind.LAYER
            installs = it.run is not None and bool(installs_of(it.run, it.scope))
            if isinstance(output, LateInstall) if judged else installs:
                found.append((label, number))
    return found


def as_numbered(seen: Steps, analysis: Analysis) -> Steps:
    """Return what was seen, with no name for a sole stage, which with a cache mount the builder calls stage-0."""
    return {("", number): it for (_, number), it in seen.items()} if len(analysis.dockerfile.stages) == 1 else seen
