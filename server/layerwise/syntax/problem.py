"""What is wrong with a Dockerfile, as data: BuildKit would refuse to build it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from layerwise.text.edit import Edit
from layerwise.text.span import Span


class Pass(enum.Enum):
    """Which of BuildKit's two passes over the text refuses it."""

    PARSER = "parser"
    """`frontend/dockerfile/parser`: lines, directives, heredocs, JSON arrays, name=value words."""
    INSTRUCTIONS = "instructions"
    """`frontend/dockerfile/instructions`: keywords, flags, number and form of arguments."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason, with the span it is about (relative to whatever carries the problem).

    ``meant`` puts a known name in the place of a misspelt one, of which the message asks "did you mean …?"
    """

    message: str
    span: Span
    found_by: Pass
    meant: Edit | None = None

    def shift(self, by: int) -> Problem:
        """Return the same problem with its spans ``by`` characters further on."""
        meant = None if self.meant is None else Edit(self.meant.span.shift(by), self.meant.new_text)
        return Problem(self.message, self.span.shift(by), self.found_by, meant)
