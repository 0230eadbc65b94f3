"""Shows lines of a Dockerfile with what is meant underlined. Pure: text in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.cli.display import display_width, printable
from layerwise.cli.paint import Paint
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

_CUT: Final = "…"
_LEAST_WIDTH: Final = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to underline, with what is said of it; ``style`` of the primary one is the severity."""

    span: Span
    message: str
    style: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of one line that is shown; offsets are those of the whole text."""

    text: str
    shown: Span
    line: Span

    @property
    def before(self) -> str:
        return _CUT if self.shown.start > self.line.start else ""

    @property
    def display(self) -> str:
        after = _CUT if self.shown.end < self.line.end else ""
        return f"{self.before}{printable(self.shown.of(self.text))}{after}"

    def column(self, offset: int) -> int:
        visible = self.text[self.shown.start : max(self.shown.start, min(offset, self.shown.end))]
        return len(self.before) + display_width(printable(visible))

    def underline(self, span: Span, stroke: str) -> str:
        start, end = self.column(span.start), self.column(span.end)
        more = _CUT if span.end > self.shown.end else ""
        return " " * start + stroke * max(1, end - start) + more


def gutter_of(lines: LineIndex, marks: Iterable[Mark]) -> int:
    """Return how many digits the line numbers of a snippet have."""
    return len(str(max(lines.line(it.span.start) for it in marks) + 1))


def snippet(lines: LineIndex, marks: Sequence[Mark], paint: Paint, width: int) -> list[str]:
    """Return the lines of the marks, each underlined below, with ``...`` where lines are left out.

    Of a span over several lines the first is shown. A line that is too wide is cut on both sides of its marks.
    """
    by_line: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda it: (it.span, not it.is_primary)):
        by_line.setdefault(lines.line(mark.span.start), []).append(mark)
    gutter = gutter_of(lines, marks)
    bar = paint("gutter", f"{'':{gutter}} |")
    rows = [bar]
    last: int | None = None
    for line, here in by_line.items():
        if last is not None and line == last + 2:
            rows.append(_row(paint, gutter, line - 1, _window(lines, line - 1, (), width - gutter - 3).display))
        elif last is not None and line > last + 1:
            rows.append(paint("gutter", "..."))
        window = _window(lines, line, here, width - gutter - 3)
        rows.append(_row(paint, gutter, line, window.display))
        for mark in here:
            stroke = window.underline(mark.span, "^" if mark.is_primary else "-")
            said = f" {printable(mark.message)}" if mark.message else ""
            rows.append(f"{bar} {paint(mark.style, f'{stroke}{said}')}")
        last = line
    return rows


def _row(paint: Paint, gutter: int, line: int, text: str) -> str:
    return f"{paint('gutter', f'{line + 1:>{gutter}} |')} {text}".rstrip()


def _window(lines: LineIndex, line: int, marks: Sequence[Mark], width: int) -> _Window:
    span = lines.line_span(line)
    width = max(width, _LEAST_WIDTH)
    # A line of megabytes is not measured as a whole.
    if span.end - span.start <= width * 4 and display_width(printable(span.of(lines.text))) <= width:
        return _Window(lines.text, span, span)
    focus = min((it.span.start for it in marks), default=span.start)
    start = span.start
    if display_width(printable(lines.text[start : min(focus, start + width * 4)])) > width * 2 // 3:
        start = _end(lines.text, focus, span.start, width // 4)
    end = _end(lines.text, start, span.end, width - len(_CUT) * 2)
    return _Window(lines.text, Span(start, end), span)


def _end(text: str, offset: int, limit: int, width: int) -> int:
    """Return how far one gets from ``offset`` towards ``limit`` with ``width`` columns, by whole characters."""
    step = 1 if limit >= offset else -1
    while offset != limit:
        character = text[offset if step > 0 else offset - 1]
        width -= display_width(printable(character))
        if width < 0:
            break
        offset += step
    return offset
