"""COPY sources: Go's ``filepath.Match``, where ``*`` and ``?`` stop at a slash and ``**`` means no more than ``*``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

ANY: Final = "[^/]"
STAR: Final = "[^/]*"


class BadPatternError(ValueError):
    """A pattern that Go's matchers refuse (the build fails), or that is beyond what is modelled here."""


def has_wildcards(text: str) -> bool:
    """Tell whether a COPY source is a pattern: has a ``*``, ``?`` or ``[`` that no backslash protects.

    BuildKit ``vendor/github.com/tonistiigi/fsutil/copy/copy.go:containsWildcards``.
    """
    return re.match(r"(?:[^\\*?\[]|\\.)*+[*?\[]", text, re.DOTALL) is not None


def matches_glob(pattern: str, path: str) -> bool:
    """Tell whether ``filepath.Match`` holds for the whole of ``path``; a malformed pattern matches nothing.

    A class crosses slashes: ``a[^b]c`` matches ``a/c``, in Go and here.
    """
    return is_valid_glob(pattern) and glob_regex(pattern).fullmatch(path) is not None


def is_valid_glob(pattern: str) -> bool:
    """Tell whether ``filepath.Match`` accepts the pattern; if not, a build that has it for a COPY source fails."""
    try:
        glob_regex(pattern)
    except BadPatternError:
        return False
    return True


@lru_cache(maxsize=1024)
def glob_regex(pattern: str) -> re.Pattern[str]:
    """Translate a ``filepath.Match`` pattern, to be used with ``fullmatch``; raises ``BadPatternError``."""
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "[":
            piece, at = _read_class(pattern, at + 1)
        elif character == "\\":
            piece, at = re.escape(pattern[at + 1 : at + 2]), at + 2
            if not piece:
                raise BadPatternError("nothing follows the last backslash")
        else:
            piece, at = {"*": STAR, "?": ANY}.get(character) or re.escape(character), at + 1
        pieces.append(piece)
    return re.compile(first_fit(pieces), re.DOTALL)


def first_fit(pieces: Iterable[str]) -> str:
    """Join the pieces of a regular expression for ``fullmatch`` so that it never needs exponential time.

    What follows a ``STAR``, up to the next one, is taken at the first place where it fits and never elsewhere.
    ``filepath.Match`` is defined like that; where nothing between crosses slashes, it makes no difference.
    """
    parts = [""]
    for piece in pieces:
        if piece == STAR:
            parts.append("")
        else:
            parts[-1] += piece
    head, *rest = parts
    if not rest:
        return head
    *middle, last = rest
    return head + "".join(f"(?>[^/]*?{it})" for it in middle) + STAR + last


def _read_class(pattern: str, at: int) -> tuple[str, int]:
    negated = pattern.startswith("^", at)
    at += negated
    ranges = ""
    first = at
    while at == first or not pattern.startswith("]", at):
        low, at = _class_character(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _class_character(pattern, at + 1)
        if low <= high:
            ranges += f"{re.escape(low)}-{re.escape(high)}"
    if not ranges:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{ranges}]", at + 1


def _class_character(pattern: str, at: int) -> tuple[str, int]:
    escaped = pattern.startswith("\\", at)
    at += escaped
    if at >= len(pattern):
        raise BadPatternError("a `[` is not closed")
    if not escaped and pattern[at] in "-]":
        raise BadPatternError(f"`{pattern[at]}` inside `[…]` needs a backslash")
    return pattern[at], at + 1
