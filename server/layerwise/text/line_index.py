"""Where lines start, and conversion between offsets and (line, column) in the three encodings of LSP.

Notations: an *offset* counts code points from the start of the text; a *position* has a 0-based line and a 0-based
column, counted in the code units of its encoding. A line ends after LF, CRLF or a lone CR, as LSP has it, and nowhere
else (``str.splitlines`` breaks at seven more characters).
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from layerwise.text.edit import Edit
from layerwise.text.span import Span

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class Encoding(enum.Enum):
    """The unit in which a column is counted; the value is LSP's name of it."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A 0-based line and a 0-based column in code units of an encoding known from the context."""

    line: int
    column: int


def _units(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class LineIndex:
    """The line starts of one text. Immutable: ``edited`` derives the index of the text after an edit."""

    __slots__ = ("starts", "text")

    def __init__(self, text: str, starts: list[int] | None = None) -> None:
        """Index ``text``; ``starts`` is only for ``edited``, which knows them already."""
        self.text = text
        self.starts = [0, *(it.end() for it in _LINE_END.finditer(text))] if starts is None else starts

    def edited(self, edit: Edit) -> LineIndex:
        """Return the index of the text after ``edit``, looking only at the lines that it touches."""
        span = edit.span
        text = self.text[: span.start] + edit.new_text + self.text[span.end :]
        # One line more on either side, since an edit can part or join the two characters of a \r\n.
        first = max(0, self.line(span.start) - 1)
        after = min(self.line(span.end) + 2, len(self.starts))
        delta = len(edit.new_text) - (span.end - span.start)
        stop = self.starts[after] + delta if after < len(self.starts) else len(text)
        middle = [it.end() for it in _LINE_END.finditer(text, self.starts[first], stop)]
        tail = self.starts[after:]
        if tail and middle and middle[-1] == stop:
            middle.pop()
        return LineIndex(text, [*self.starts[: first + 1], *middle, *([it + delta for it in tail] if delta else tail)])

    def line(self, offset: int) -> int:
        """Return the 0-based line that holds ``offset``."""
        return bisect_right(self.starts, offset) - 1

    def line_span(self, line: int) -> Span:
        """Return the span of a line without its line end."""
        start = self.starts[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return Span(start, end)

    def position(self, offset: int, encoding: Encoding = Encoding.UTF32) -> Position:
        """Convert an offset; one outside the text is clamped to it."""
        offset = max(0, min(offset, len(self.text)))
        line = self.line(offset)
        return Position(line, _units(self.text[self.starts[line] : offset], encoding))

    def offset(self, position: Position, encoding: Encoding = Encoding.UTF32) -> int:
        """Convert a position; one outside the text is clamped to it, a column past its line's end to that end.

        A column inside a character (the second half of a surrogate pair) counts as the character's start.
        """
        if position.line < 0:
            return 0
        if position.line >= len(self.starts):
            return len(self.text)
        span = self.line_span(position.line)
        column = max(0, position.column)
        line = span.of(self.text)
        if encoding is Encoding.UTF32 or line.isascii():
            return span.start + min(column, len(line))
        for index, character in enumerate(line):
            column -= _units(character, encoding)
            if column < 0:
                return span.start + index
        return span.end
