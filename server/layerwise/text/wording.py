"""How lists, names and lines are put into sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_LONGER: Final = 20
_LONGEST: Final = 300
"""Of a row of clauses."""


def join_words(words: Sequence[str], last: str = "and") -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def shortened(words: Sequence[str], most: int = 5) -> list[str]:
    """Return the words, or the first of them and how many more there are."""
    return list(words) if len(words) <= most else [*words[: most - 2], f"{len(words) - most + 2} more"]


def code(text: str, limit: int = 60) -> str:
    """Return a command as inline code, on one line and cut at about ``limit`` characters.

    It is cut behind a word, which is often the one that tells, if that is no longer than ``_LONGER`` characters more.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return f"`{line}`"
    start, more, _ = line[limit - 1 :].partition(" ")
    if len(start) <= _LONGER:
        return f"`{line[: limit - 1]}{start}{' …' if more else ''}`"
    return f"`{line[: limit - 1]}…`"


def reasons(clauses: Iterable[str]) -> str:
    """Return clauses in a row, each once; of many the first, and how many more there are."""
    left = list(dict.fromkeys(clauses))
    shown = left[:1]
    while len(shown) < len(left) and sum(map(len, left[: len(shown) + 1])) <= _LONGEST:
        shown = left[: len(shown) + 1]
    rest = len(left) - len(shown)
    return "; ".join([*shown, *([f"{rest} more reason{'s' if rest > 1 else ''}"] if rest else [])])


def names(text: str) -> frozenset[str]:
    """Return names that are parted by blanks."""
    return frozenset(text.split())
