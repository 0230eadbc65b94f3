"""How lists, names and lines are put into sentences."""

from __future__ import annotations

from collections.abc import Sequence


def join_words(words: Sequence[str], last: str = "and") -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def shortened(words: Sequence[str], most: int = 5) -> list[str]:
    """Return the words, or the first of them and how many more there are."""
    return list(words) if len(words) <= most else [*words[: most - 2], f"{len(words) - most + 2} more"]


def code(text: str, limit: int = 60) -> str:
    """Return a command as inline code, on one line and cut at ``limit`` characters."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= limit else line[: limit - 1] + '…'}`"


def names(text: str) -> frozenset[str]:
    """Return names that are parted by blanks."""
    return frozenset(text.split())
