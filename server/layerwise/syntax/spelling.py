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
    """A name, with what stands in front of it in any case; without a ``span`` the two can't be replaced."""

    name: str
    span: Span | None
    prefix: str = ""


def in_flag(flag: Flag, raw: str, start: int, name: str, prefix: str = "") -> Written:
    """Return a name that stands ``start`` characters behind the start of a flag in ``raw``, unless quotes are in it."""
    is_plain = flag.span.of(raw) == flag.text
    at = flag.span.start + start
    return Written(name, Span(at, at + len(prefix) + len(name)) if is_plain else None, prefix)


def unknown(message: str, span: Span, written: Written, known: Iterable[str]) -> Problem:
    """Return the problem that a name is not one of ``known``."""
    name = written.name
    near = get_close_matches(name, sorted(known), n=1) if len(name) <= _LONGEST else []
    if not near:
        return Problem(message, span, Pass.INSTRUCTIONS)
    meant = f"{written.prefix}{near[0]}"
    edit = None if written.span is None else Edit(written.span, meant)
    return Problem(f"{message} (did you mean {meant}?)", span, Pass.INSTRUCTIONS, edit)
