"""What a rule is, and what it reports."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.fixes.fix import Fix
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.text.documentation import Documentation
from layerwise.text.span import Span

SECTIONS: Final = ("What it does", "Why it matters", "Example", "Use instead", "Fix safety")
"""Of a rule's documentation."""

Message = Sequence[str | Placed]
"""Text in which an instruction stands for the number of its line, so that a line more above changes no finding."""


class Severity(enum.Enum):
    """Severity of a finding, independent of any editor protocol; ordered as in ``--fail-on``."""

    HINT = "hint"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One thing that a rule found, in terms of instructions: no lines, no offsets.

    ``anchor`` is the instruction it is about; ``part`` the span in its text, None for all of it. ``related`` are the
    other instructions involved. ``withheld`` says why there is no safe fix, None if there is one or none is to be
    expected. ``fix`` makes the fix for a text, ``alternative`` another one to the same end, if there is one there.
    """

    rule: str
    anchor: Placed
    message: Message
    part: Span | None = None
    related: tuple[tuple[Placed, str], ...] = ()
    withheld: Message | None = None
    fix: Callable[[Dockerfile], Fix] | None = None
    alternative: Callable[[Dockerfile], Fix | None] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the registry, the settings and the documentation see it."""

    name: str
    severity: Severity
    fixable: bool
    since: str
    documentation: Documentation
