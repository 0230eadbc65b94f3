"""A name that is not known, and the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from layerwise.syntax.instruction import Flag
from layerwise.syntax.problem import Pass, Problem
from layerwise.text.edit import Edit
from layerwise.text.span import Span

# More letters than any name has: to compare them with each would take long, and find nothing.
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Written:
    """A name as it stands in the text of its instruction; without a ``span`` it can't be replaced there."""

    name: str
    span: Span | None


def in_flag(flag: Flag, raw: str, start: int, name: str) -> Written:
    """Return a name that stands ``start`` characters behind the start of a flag in ``raw``, unless quotes are in it."""
    is_plain = flag.span.of(raw) == flag.text
    at = flag.span.start + start
    return Written(name, Span(at, at + len(name)) if is_plain else None)


def unknown(message: str, span: Span, written: Written, known: Iterable[str], *, shown_as: str = "{}") -> Problem:
    """Return the problem that a name is not one of ``known``; ``shown_as`` is how the question shows the name meant."""
    name = written.name
    near = get_close_matches(name, sorted(known), n=1) if len(name) <= _LONGEST else []
    if not near:
        return Problem(message, span, Pass.INSTRUCTIONS)
    question = f"{message} (did you mean {shown_as.format(near[0])}?)"
    meant = None if written.span is None else Edit(written.span, near[0])
    return Problem(question, span, Pass.INSTRUCTIONS, meant)
