"""Text in a drawing: what XML can hold, how wide it is, where it is cut. Widths are in pixels, unless they are cells.

A cell is the width of one character of a monospaced font: wide characters take two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Measure: TypeAlias = Callable[[str], float]

MORE: Final = "…"
LONGEST: Final = 4096
"""Characters of an instruction that are looked at: it may have megabytes."""
_LONG_PATH: Final = 44
# Most control characters are not in XML, not even escaped, and others would break a line or turn its order round.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]{}/\\`- ")
_BROAD: Final = frozenset("mwMWGOQ@%…—")


def printable(text: str, longest: int = LONGEST) -> str:
    """Return a text as one line that XML can hold, runs of blanks as one, cut at ``longest`` characters."""
    line = " ".join(text[: longest + 1].split())
    line = _UNPRINTABLE.sub(_visible, line)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}{MORE}"


def short(path: str) -> str:
    """Return a path in few characters: its last folders, if it is long."""
    if len(path) <= _LONG_PATH:
        return path
    end = path[1 - _LONG_PATH :]
    return f"{MORE}{end[max(end.find('/'), 0) :]}"


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    return chr(0x2400 + ord(character)) if character < " " else "\N{REPLACEMENT CHARACTER}"


def element(name: str, *children: str, **attributes: object) -> str:
    """Return an element; ``children`` are markup. An attribute that is None is left out; ``data_line`` is data-line.

    The values of attributes are escaped here, text among the children by ``text_of``.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text_of(_plain(it))}"'
        for key, it in attributes.items()
        if it is not None
    )
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def text_of(text: str) -> str:
    """Return the markup of a printable text."""
    return text.translate(_ESCAPES)


def _plain(value: object) -> str:
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)


def cells(text: str) -> int:
    """Return how many cells a printable text takes."""
    if text.isascii():
        return len(text)
    # Its tables cost a tenth of the start, and most Dockerfiles are ASCII.
    from wcwidth import wcswidth  # noqa: PLC0415

    width = wcswidth(text)
    return width if width >= 0 else 2 * len(text)


def sans_width(size: float) -> Measure:
    """Return the measure of a proportional font of ``size`` pixels: an estimate, for the widest of the usual ones."""
    return lambda text: size * sum(map(_em, text)) if text.isascii() else size * 0.6 * cells(text)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.38
    if character in _BROAD:
        return 0.92
    return 0.7 if character.isupper() else 0.6


def cut(text: str, width: float, measure: Measure = cells) -> str:
    """Return a printable text, with … for what does not fit."""
    if measure(text) <= width:
        return text
    return f"{text[: _fitting(text, width - measure(MORE), measure)].rstrip()}{MORE}"


def wrap(text: str, width: float, most: int, measure: Measure = cells) -> list[str]:
    """Return a printable text in at most so many lines, broken at blanks where that does not waste half a line."""
    return list(_lines(text, width, most, measure))


def _lines(text: str, width: float, most: int, measure: Measure) -> Iterator[str]:
    for left in range(most, 0, -1):
        if not text:
            return
        if left == 1 or measure(text) <= width:
            yield cut(text, width, measure)
            return
        end = max(_fitting(text, width, measure), 1)
        blank = text.rfind(" ", end // 2, end + 1)
        end = blank if blank > 0 else end
        yield text[:end].rstrip()
        text = text[end:].lstrip()


def _fitting(text: str, width: float, measure: Measure) -> int:
    """Return how many characters fit, by halving: a longer start is never narrower."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= width else (low, middle - 1)
    return low
