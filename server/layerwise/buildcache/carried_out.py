"""What a stage carries out, one by one: its own instructions, and behind the FROM what its base left with ONBUILD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.buildcache.keys import BuildKeys
from layerwise.buildcache.step import StepKey
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage


@dataclass(frozen=True, slots=True, eq=False)
class CarriedOut:
    """An instruction where it is carried out.

    ``index`` is the instruction of the stage that does so, for a trigger the FROM; ``written`` is the one in whose text
    it stands, for a trigger the ONBUILD of the base. ``part`` is which of the keys at ``index`` is that of its step;
    None for a FROM, and for what makes no step.
    """

    stage: Stage
    index: int
    written: int
    placed: Placed
    part: int | None

    @property
    def is_trigger(self) -> bool:
        """Whether the base of the stage left it."""
        return self.index != self.written


def carried_out(dockerfile: Dockerfile, stage: Stage, keys: BuildKeys | None = None) -> Iterator[CarriedOut]:
    """Yield what a stage carries out, FROM first; nothing has a ``part`` without ``keys``, or if it is not built."""
    steps: Mapping[int, tuple[StepKey, ...]] = keys.steps if keys is not None else {}
    first = steps.get(stage.first, ())
    makes_step = keys.triggers.get(stage.first, ()) if keys is not None else ()
    before = len(first) - len(makes_step)
    yield CarriedOut(stage, stage.first, stage.first, dockerfile.instructions[stage.first], None)
    written = dockerfile.onbuilds(stage)
    for position, (at, placed) in enumerate(zip(written, stage.start.triggers, strict=False)):
        part = before + makes_step.index(position) if position in makes_step else None
        yield CarriedOut(stage, stage.first, at, placed, part)
    for index, placed in enumerate(stage.body.placed, stage.first + 1):
        yield CarriedOut(stage, index, index, placed, 0 if index in steps else None)
