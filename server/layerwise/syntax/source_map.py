"""A text that was put together from pieces of another, and the way back to the pieces."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from layerwise.text.span import Span


@dataclass(frozen=True, slots=True)
class SourceMap:
    """``text`` and, for each piece of it, where it starts here and where in the raw text (both ascending)."""

    text: str
    starts: tuple[int, ...]
    raw_starts: tuple[int, ...]

    @staticmethod
    def joined(raw: str, spans: Iterable[Span]) -> SourceMap:
        """Join the given spans of ``raw``."""
        parts: list[str] = []
        starts: list[int] = []
        raw_starts: list[int] = []
        length = 0
        for span in spans:
            starts.append(length)
            raw_starts.append(span.start)
            parts.append(span.of(raw))
            length += span.end - span.start
        return SourceMap("".join(parts), tuple(starts) or (0,), tuple(raw_starts) or (0,))

    def raw(self, offset: int) -> int:
        """Return the raw offset of the character at ``offset``."""
        piece = bisect_right(self.starts, offset) - 1
        # Of pieces that start at one offset all but the last are empty, and bisect finds the last.
        return self.raw_starts[piece] + offset - self.starts[piece]

    def raw_span(self, span: Span) -> Span:
        """Return the raw span from the first to the last character of ``span``."""
        start = self.raw(span.start)
        return Span(start, start if span.end == span.start else self.raw(span.end - 1) + 1)

    def slice(self, span: Span) -> SourceMap:
        """Return the map of a part of the text."""
        if len(self.starts) == 1:
            return SourceMap(span.of(self.text), (0,), (self.raw_starts[0] + span.start,))
        first = bisect_right(self.starts, span.start) - 1
        last = max(first + 1, bisect_right(self.starts, max(span.start, span.end - 1)))
        starts = tuple(max(0, it - span.start) for it in self.starts[first:last])
        raw_starts = (self.raw(span.start), *self.raw_starts[first + 1 : last])
        return SourceMap(span.of(self.text), starts, raw_starts)
