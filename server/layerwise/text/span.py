"""Offsets are indices into a Python ``str``; spans are half-open. Nothing here knows about lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters ``start <= i < end`` of one text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Reject spans that cannot exist, at the place that made them."""
        if not 0 <= self.start <= self.end:
            raise ValueError(f"invalid span {self.start}..{self.end}")

    def of(self, text: str) -> str:
        """Return the covered text."""
        return text[self.start : self.end]

    def shift(self, by: int) -> Span:
        """Return the same span, ``by`` characters further on."""
        return Span(self.start + by, self.end + by)

    def touches(self, other: Span) -> bool:
        """Tell whether the two share a character or meet at an end (an empty span touches what it stands in)."""
        return self.start <= other.end and other.start <= self.end
