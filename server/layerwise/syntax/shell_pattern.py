r"""The patterns of ``${NAME#p}``, ``${NAME%p}`` and ``${NAME/p/new}``: ``*``, ``?`` and ``\``, no brackets.

Source of fact: BuildKit ``frontend/dockerfile/shell/lex.go`` (``convertShellPatternToRegex``, ``trimPrefix``,
``trimSuffix``, ``processDollar``).
"""

from __future__ import annotations

import re
from typing import Final

_PIECE: Final = re.compile(r"\\[*?\\}/]|.", re.DOTALL)
_ESCAPED_OR_NOT: Final = re.compile(r"\\.|.", re.DOTALL)
_TEMPLATE: Final = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>\w+)|\{(?P<braced>\w+)\})")


class PatternError(ValueError):
    r"""The pattern escapes what needs no escape; only ``\* \? \\ \} \/`` are allowed."""


def without_prefix(value: str, pattern: str, *, longest: bool) -> str:
    """Cut the shortest or longest match from the start of ``value``; raises `PatternError`."""
    match = _compiled(_pieces(pattern), longest=longest).match(value)
    return value[match.end() :] if match else value


def without_suffix(value: str, pattern: str, *, longest: bool) -> str:
    """Cut the shortest or longest match from the end of ``value``; raises `PatternError`."""
    backwards = "".join(reversed(_ESCAPED_OR_NOT.findall(pattern)))
    return without_prefix(value[::-1], backwards, longest=longest)[::-1]


def replaced(value: str, pattern: str, new: str) -> str:
    """Replace the first match, which is as long as can be, by ``new``; raises `PatternError`."""
    match = _compiled(_pieces(pattern), longest=True).search(value)
    return value[: match.start()] + new + value[match.end() :] if match else value


def all_replaced(value: str, pattern: str, template: str, *, limit: int) -> str:
    """Replace every match, or enough of them for a result longer than ``limit``; raises `PatternError`.

    Only here the replacement is a template of Go's ``regexp.ReplaceAllString``: ``$0`` stands for the match, and the
    other ``$name`` for nothing.
    """
    out: list[str] = []
    size = end = 0
    for match in _compiled(_pieces(pattern), longest=True).finditer(value):
        if out and match.start() == match.end() == end:
            continue  # Go ignores an empty match right after another match.
        out += [value[end : match.start()], _filled(template, match.group())]
        size += len(out[-1])
        end = match.end()
        if size > limit:
            break
    return "".join([*out, value[end:]])


def _filled(template: str, whole: str) -> str:
    def filling(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        return whole if (match["name"] or match["braced"]) == "0" else ""

    return _TEMPLATE.sub(filling, template)


def _pieces(pattern: str) -> list[str]:
    """Split a pattern into ``*`` and regular expressions for one character each."""
    pieces: list[str] = []
    for match in _PIECE.finditer(pattern):
        piece = match.group()
        if piece == "\\":
            raise PatternError(f"invalid pattern ({pattern}) in substitution: invalid escape")
        pieces.append({"*": "*", "?": "."}.get(piece) or re.escape(piece[-1]))
    return pieces


def _compiled(pieces: list[str], *, longest: bool) -> re.Pattern[str]:
    """Return the expression for a pattern, where each ``*`` takes as little, or with ``longest`` as much, as it can."""
    runs = [""]
    for piece in pieces:
        if piece == "*":
            runs.append("")
        else:
            runs[-1] += piece
    first, *others = runs
    if not others:
        return re.compile(first)
    *inner, last = others
    # The nearest match of an inner run is always right, so there is no need to ever come back to it: that keeps the
    # time quadratic at worst in the value's length, where Python would try all combinations.
    return re.compile(first + "".join(f"(?>.*?{run})" for run in inner) + (".*" if longest else ".*?") + last)
