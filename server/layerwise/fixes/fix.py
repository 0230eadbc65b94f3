"""A fix is data: edits against one text, plus how far it may be trusted."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from layerwise.text.edit import Edit


class Applicability(enum.Enum):
    """How a fix may be applied; the value is the name in the JSON of ``check``."""

    SAFE = "safe"
    """Proven from what is on disk: the image stays the same."""
    REVIEW = "review"
    """Likely right; ``Fix.check`` says what a person has to look at."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of the Dockerfile that belong together, with the title that menus show."""

    title: str
    applicability: Applicability
    check: str | None
    edits: tuple[Edit, ...]
