"""What a rule is, and what it reports."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from layerwise.fixes.fix import Fix
from layerwise.fixes.withheld import Message
from layerwise.rules.view import FileView, View
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.text.documentation import Documentation
from layerwise.text.span import Span

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


LazyFix: TypeAlias = Callable[[Dockerfile], Fix | None]
"""Makes a fix as edits of a text, None if there is none there; only asked if somebody wants to see it."""


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One thing that a rule found, in terms of instructions: no lines, no offsets.

    ``anchor`` is the instruction it is about, or the place in the text if it is about none; ``related`` are the other
    instructions involved. ``fixes`` are ways to the same end, the best one first. ``withheld`` says why there is no
    safe one, None if there is one or none is to be expected.
    ``at_most`` is how severe it may be, whatever the rule is. ``subject`` is what it is about, apart from where that
    stands: a fix that leaves a finding with the same subject has mended nothing.
    """

    rule: str
    anchor: Placed | Span
    message: Message
    related: tuple[tuple[Placed, str], ...] = ()
    withheld: Message | None = None
    fixes: tuple[LazyFix, ...] = ()
    at_most: Severity = Severity.ERROR
    subject: object = None

    @property
    def about(self) -> str:
        """What to call it in a log."""
        return self.anchor.instruction.text if isinstance(self.anchor, Placed) else "the file"

    @property
    def involved(self) -> tuple[Placed, ...]:
        """The instructions that it is about."""
        anchors = (self.anchor,) if isinstance(self.anchor, Placed) else ()
        return (*anchors, *(it for it, _ in self.related))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what the settings and the documentation call it, and how it finds something.

    ``check`` is asked about each stage, ``check_file`` about the file, when all that its stages have is found.
    """

    name: str
    severity: Severity
    fixable: bool
    since: str
    documentation: Documentation
    check: Callable[[View], Iterable[Finding]] | None = None
    check_file: Callable[[FileView], Iterable[Finding]] | None = None
