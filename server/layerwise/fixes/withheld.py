"""Why there is no fix, in words that name steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from layerwise.semantics.dockerfile import Placed

Message: TypeAlias = Sequence[str | Placed]
"""Text in which an instruction stands for the number of its line, so that a line more above changes nothing of it."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why there is no fix: a clause. ``step`` is the one that stands in the way, if it is one."""

    reason: Message
    step: Placed | None = None

    @property
    def message(self) -> Message:
        """The clause in parts."""
        return [self.reason] if isinstance(self.reason, str) else self.reason
