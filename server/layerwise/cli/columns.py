"""Text that has to fit into so many columns of a terminal: cut, or broken into lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from layerwise.cli.display import display_width, printable

_LONGEST: Final = 4096
"""No terminal shows more of a line, and a line may have megabytes."""


def one_line(text: str) -> str:
    """Return a text as it is shown on one line, runs of blanks as one."""
    return printable(" ".join(text[:_LONGEST].split()))


def cut(text: str, width: int, sign: str) -> str:
    """Return a printable text, with a sign for what does not fit."""
    if display_width(text) <= width:
        return text
    return f"{text[: _fitting(text, width - display_width(sign))].rstrip()}{sign}"


def wrap(text: str, width: int) -> list[str]:
    """Return a printable text in lines, broken at blanks, and elsewhere only where a word is too wide."""
    return list(_lines(text.split(), max(width, 2))) or [""]


def _lines(words: list[str], width: int) -> Iterator[str]:
    line = ""
    for it in words:
        joined = f"{line} {it}" if line else it
        if display_width(joined) <= width:
            line = joined
            continue
        if line:
            yield line
        line = it
        while display_width(line) > width:
            at = max(_fitting(line, width), 1)
            yield line[:at]
            line = line[at:]
    if line:
        yield line


def _fitting(text: str, width: int) -> int:
    """Return how many characters fit."""
    end = min(len(text), max(width, 0))
    while end and display_width(text[:end]) > width:
        end -= 1
    # Characters without a width of their own belong to the one before.
    while end < len(text) and display_width(text[: end + 1]) <= width:
        end += 1
    return end
