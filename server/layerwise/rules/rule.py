"""What a rule is, and what it reports."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from layerwise.fixes.fix import Fix
from layerwise.fixes.withheld import Message
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.text.documentation import Documentation

SECTIONS: Final = ("What it does", "Why it matters", "Example", "Use instead", "Fix safety")
"""Of a rule's documentation."""


class Severity(enum.Enum):
    """Severity of a finding, independent of any editor protocol; ordered as in ``--fail-on``."""

    HINT = "hint"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def loudness(self) -> int:
        """How loud it is: 0 for a hint."""
        return _LOUDNESS[self]


_LOUDNESS = {it: at for at, it in enumerate(Severity)}


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One thing that a rule found, in terms of instructions: no lines, no offsets.

    ``anchor`` is the instruction it is about, ``related`` are the other instructions involved. ``withheld`` says why
    there is no safe fix, None if there is one or none is to be expected. ``fix`` makes the fix for a text,
    ``alternative`` another one to the same end, if there is one there.
    ``at_most`` is how severe it may be, whatever the rule is. ``subject`` is what it is about, apart from where that
    stands: a fix that leaves a finding with the same subject has mended nothing.
    """

    rule: str
    anchor: Placed
    message: Message
    related: tuple[tuple[Placed, str], ...] = ()
    withheld: Message | None = None
    fix: Callable[[Dockerfile], Fix] | None = None
    alternative: Callable[[Dockerfile], Fix | None] | None = None
    at_most: Severity = Severity.ERROR
    subject: object = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the registry, the settings and the documentation see it."""

    name: str
    severity: Severity
    fixable: bool
    since: str
    documentation: Documentation
