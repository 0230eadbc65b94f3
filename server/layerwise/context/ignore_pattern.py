r"""One line of an ignore file as a test of paths: moby/patternmatcher ``patternmatcher.go:Pattern.compile``, ``match``.

A pattern has to be valid for ``filepath.Match``, but is then turned into a regular expression. That is how ``**``
crosses slashes. It also lets regular expressions shine through: in a pattern with a wildcard (and only there) ``|``
means "or" and ``{2}`` means "twice", since ``escapeBytes`` has no room for them, and ``\d`` or ``[[:alpha:]]`` are what
they are in Go's regexp.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from layerwise.context.glob import ANY, STAR, BadPatternError, first_fit, glob_regex

PathTest = Callable[[str], object]
"""Takes a path such as ``src/a.py``; the result is to be used as a truth value."""

_DEEP: Final = "(.*/)?"
_REST: Final = ".*"
_TOKEN: Final = re.compile(r"\*\*/?|\\.?|.", re.DOTALL)
_REGULAR: Final = re.compile(r"[\[\]{}|^]|\\[0-9A-Za-z]")
_DEEP_IN_A_NAME: Final = re.compile(r"[^/]\*\*|\*\*[^/]|^/")
_REPETITION: Final = re.compile(r"\{\d+(?:,\d*)?\}")
_NAMED_CLASS: Final = re.compile(r"\[:(.*?):\]")
_MOST_WILDCARDS: Final = 8
_WILD: Final = (ANY, STAR, _DEEP, _REST)
_POSIX: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_PERL: Final = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[0-9A-Za-z_]",
    "W": "[^0-9A-Za-z_]",
    "s": r"[\t\n\f\r ]",
    "S": r"[^\t\n\f\r ]",
    "b": r"\b",
    "B": r"\B",
    "A": r"\A",
    "z": r"\Z",
}
_CONTROL: Final = {"a": r"\x07", "f": r"\f", "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v"}


@lru_cache(maxsize=4096)
def ignore_test(pattern: str) -> PathTest:
    """Return the test for one cleaned ignore pattern without its ``!``; raises ``BadPatternError``.

    The test covers the path itself only: that what is below a match is matched too is for the caller.
    """
    glob_regex(pattern)
    tokens = _TOKEN.findall(pattern)
    pieces = [_piece(it, last=at == len(tokens) - 1) for at, it in enumerate(tokens)]
    deep = [at for at, it in enumerate(tokens) if it.startswith("**")]
    if any(it[0] in "?[]\\" or it == "*" for it in tokens) or len(deep) > 1:
        return _regex_test(pattern, pieces)
    if not deep:
        return pattern.__eq__
    if deep[0] == 0:
        suffix = pattern[2:]
        whole = suffix[1:] if suffix.startswith("/") else None
        return lambda path: path.endswith(suffix) or path == whole
    if deep[0] == len(tokens) - 1:
        # The slash before the `**` stays, so that `a/**` leaves the directory `a` itself alone.
        prefix = pattern[:-2]
        return lambda path: path.startswith(prefix)
    return _regex_test(pattern, pieces)


def _piece(text: str, *, last: bool) -> str:
    if text.startswith("**"):
        return _REST if last else _DEEP
    if text in ".+()$":
        return f"\\{text}"
    return {"*": STAR, "?": ANY}.get(text, text)


def _regex_test(pattern: str, pieces: list[str]) -> PathTest:
    if not _REGULAR.search(pattern) and not _DEEP_IN_A_NAME.search(pattern):
        return re.compile(_first_fit_deep([it if it in _WILD else _python(it) for it in pieces])).fullmatch
    # Python tries every way to share out a path among the wildcards. Go does not: it needs no limit.
    if sum(it in _WILD and it != ANY for it in pieces) > _MOST_WILDCARDS:
        raise BadPatternError("it has too many wildcards to be evaluated here")
    try:
        return re.compile(f"^{_python(''.join(pieces))}\\Z", re.ASCII).search
    except re.error as error:
        raise BadPatternError(f"it is read as a regular expression, and as such has a {error.msg}") from error


def _first_fit_deep(pieces: list[str]) -> str:
    # What stands between two `**` begins and ends at a slash and has a fixed number of them: its first fit will do.
    parts: list[list[str]] = [[]]
    for piece in pieces:
        if piece == _DEEP:
            parts.append([])
        else:
            parts[-1].append(piece)
    head, *rest = map(first_fit, parts)
    if not rest:
        return head
    *middle, last = rest
    return head + "".join(f"(?>(?:.*?/)??{it})" for it in middle) + _DEEP + last


def _python(go: str) -> str:
    """Translate what the pieces can hold of Go's regular expressions to Python's."""
    out: list[str] = []
    at = 0
    while at < len(go):
        character = go[at]
        if character == "\\":
            out.append(_escape(go[at + 1 : at + 2]))
            at += 2
        elif character == "[":
            piece, at = _go_class(go, at + 1)
            out.append(piece)
        elif character == "{" and (found := _REPETITION.match(go, at)):
            out.append(found[0])
            at = found.end()
        else:
            out.append(character if character in "^|()*?." else re.escape(character))
            at += 1
    return "".join(out)


def _escape(character: str) -> str:
    if character in _PERL:
        return _PERL[character]
    if character in _CONTROL:
        return _CONTROL[character]
    if not character or character.isalnum() or not character.isascii():
        raise BadPatternError(f"`\\{character}` is not an escape that the matcher knows")
    return re.escape(character)


def _go_class(go: str, at: int) -> tuple[str, int]:
    negated = go.startswith("^", at)
    at += negated
    members = ""
    first = at
    while at == first or not go.startswith("]", at):
        if named := _NAMED_CLASS.match(go, at):
            if named[1] not in _POSIX:
                raise BadPatternError(f"`{named[0]}` is not a class that the matcher knows")
            members += _POSIX[named[1]]
            at = named.end()
            continue
        low, at = _go_class_member(go, at)
        if go.startswith("-", at) and at + 1 < len(go) and go[at + 1] != "]":
            high, at = _go_class_member(go, at + 1)
            low = f"{low}-{high}"
        members += low
    return f"[{'^' if negated else ''}{members}]", at + 1


def _go_class_member(go: str, at: int) -> tuple[str, int]:
    if at >= len(go):
        raise BadPatternError("a `[` is not closed")
    if go[at] != "\\":
        return re.escape(go[at]), at + 1
    member = _escape(go[at + 1 : at + 2])
    if member.startswith("[^") or member in {r"\b", r"\B", r"\A", r"\Z"}:
        raise BadPatternError(f"`{go[at : at + 2]}` inside `[…]` is beyond what is modelled")
    return member.removeprefix("[").removesuffix("]") if go[at + 1] in _PERL else member, at + 2
