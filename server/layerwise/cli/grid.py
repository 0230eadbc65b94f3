"""Rows of an explanation in columns: a sign, the line's number, the instruction, and what is said of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from typing import Final

from layerwise.buildcache.model import Verdict
from layerwise.cli.columns import cut, wrap
from layerwise.cli.display import display_width
from layerwise.cli.paint import Paint

_LEAST_BESIDE: Final = 36
"""With fewer columns than that beside the instructions, remarks go below them."""
_STYLES: Final = {Verdict.REBUILDS: "warning", Verdict.IF_CONTENT_CHANGES: "info", Verdict.UNKNOWN: "hint"}


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands for verdicts, branches of a tree and the line beside them, what was cut, and between things."""

    rebuilds: str = "↻"
    maybe: str = "?"
    unknown: str = "…"
    branch: str = "├"
    last: str = "└"
    beside: str = "│"
    cut: str = "…"
    dot: str = "·"

    def of(self, verdict: Verdict) -> str:
        """Return the sign of a verdict; "" if nothing happens."""
        match verdict:
            case Verdict.REBUILDS:
                return self.rebuilds
            case Verdict.IF_CONTENT_CHANGES:
                return self.maybe
            case Verdict.UNKNOWN:
                return self.unknown
            case Verdict.CACHED:
                return ""


_ASCII: Final = Signs("*", "?", "~", "+", "`", "|", "~", "-")


def signs_for(encoding: str | None) -> Signs:
    """Return the signs that a terminal of this encoding can show."""
    signs = Signs()
    try:
        "".join(astuple(signs)).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return signs


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text is laid out."""

    paint: Paint = field(default_factory=Paint)
    width: int = 100
    signs: Signs = field(default_factory=Signs)


@dataclass(frozen=True, slots=True)
class Row:
    """An instruction on one line, with a ``remark`` to stand beside it and ``leaves`` to hang below it."""

    verdict: Verdict
    line: int
    text: str
    indent: int = 0
    remark: str = ""
    leaves: tuple[str, ...] = ()
    is_quiet: bool = False


class Grid:
    """The columns that some rows have in common."""

    def __init__(self, rows: Sequence[Row], layout: Layout) -> None:
        """Measure the rows."""
        self._layout = layout
        self._gutter = max((len(str(it.line)) for it in rows), default=1)
        self._start = self._gutter + 4
        room = layout.width - self._start
        widest = max((it.indent + display_width(it.text) for it in rows if it.remark), default=0)
        self._column = min(widest, room * 9 // 20)
        self._beside = room - self._column - 2
        self._room = room

    def lines(self, row: Row) -> Iterator[str]:
        """Yield the lines of one row."""
        paint, leaves = self._layout.paint, row.leaves
        if row.remark and self._beside >= _LEAST_BESIDE:
            first, *more = wrap(row.remark, self._beside)
            yield f"{self._head(row, self._column, pad=True)}  {paint('quiet', first)}"
            yield from (f"{'':{self._start + self._column + 2}}{paint('quiet', it)}" for it in more)
        elif row.remark and self._has_room_behind(row):
            yield f"{self._head(row, self._room)}  {paint('quiet', row.remark)}"
        else:
            yield self._head(row, self._room)
            leaves = (row.remark, *leaves) if row.remark else leaves
        yield from self._below(row, leaves)

    def _has_room_behind(self, row: Row) -> bool:
        """Tell whether the remark fits behind an instruction that stays as it is: no reason, that is."""
        width = row.indent + display_width(row.text) + 2 + display_width(row.remark)
        return row.verdict is Verdict.CACHED and width <= self._room

    def _head(self, row: Row, width: int, *, pad: bool = False) -> str:
        paint, signs = self._layout.paint, self._layout.signs
        text = cut(row.text, width - row.indent, signs.cut)
        sign = paint(_STYLES.get(row.verdict, "quiet"), signs.of(row.verdict)) or " "
        number = paint("gutter", f"{row.line:>{self._gutter}}")
        padding = " " * (width - row.indent - display_width(text)) if pad else ""
        return f"{sign} {number}  {'':{row.indent}}{self._painted(row, text)}{padding}"

    def _painted(self, row: Row, text: str) -> str:
        if row.is_quiet:
            return self._layout.paint("quiet", text)
        keyword, blank, rest = text.partition(" ")
        return f"{self._layout.paint('note', keyword)}{blank}{rest}"

    def _below(self, row: Row, leaves: Sequence[str]) -> Iterator[str]:
        paint, signs = self._layout.paint, self._layout.signs
        indent = self._start + row.indent
        for at, leaf in enumerate(leaves):
            guide, next_guide = (signs.last, " ") if at == len(leaves) - 1 else (signs.branch, signs.beside)
            for line in wrap(leaf, self._layout.width - indent - 2):
                yield f"{'':{indent}}{paint('quiet', f'{guide} {line}')}"
                guide = next_guide
