"""Variables in Compose files: from their defaults and a ``.env`` file, never from the environment of this process.

https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_MOST_ROUNDS: Final = 5
# No path is longer.
_MOST_CHARACTERS: Final = 4096
_DOLLAR: Final = "\0"
# The innermost one: a default may have variables in it.
_VARIABLE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<operator>:?[-+?])(?P<word>[^{}$]*))?\})"
)
# Possessive, because a line may be a million blanks.
_LINE = re.compile(
    r"""[ \t]*+(?:export[ \t]++)?(?P<name>[A-Za-z_]\w*+)[ \t]*+=[ \t]*+
    (?:'(?P<single>[^']*+)'|"(?P<double>[^"\\]*+)"|(?P<plain>(?:[^\s#'"]|[ \t]++(?!\#)|(?<=\S)\#)*+))
    [ \t]*+(?:(?<=[ \t])\#.*+)?""",
    re.VERBOSE,
)


def read_variables(text: str | None) -> dict[str, str | None]:
    """Return the variables of a ``.env`` file; None for those whose value is more than a plain text."""
    variables: dict[str, str | None] = {}
    for line in (text or "").splitlines():
        if found := _LINE.fullmatch(line):
            quoted = found["single"]
            value = quoted if quoted is not None else found["double"] or (found["plain"] or "").strip()
            variables[found["name"]] = value if quoted is not None or "$" not in value else None
        elif named := re.match(r"\s*(?:export\s+)?([A-Za-z_]\w*)", line):
            variables[named[1]] = None
    return variables


def interpolate(text: str, variables: Mapping[str, str | None]) -> str | None:
    """Return a text with its variables filled in; None if one of them can not be known from the files alone."""
    text = text.replace("$$", _DOLLAR)
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        for _ in range(_MOST_ROUNDS):
            text, count = _VARIABLE.subn(lambda it: _value(it, variables), text)
            if not count:
                break
    except _UnknownError:
        return None
    return None if "$" in text else text.replace(_DOLLAR, "$")


class _UnknownError(Exception):
    """The value of a variable is not known."""


def _value(found: re.Match[str], variables: Mapping[str, str | None]) -> str:
    name, operator = found["plain"] or found["name"], found["operator"] or ""
    value = variables.get(name)
    if value is None or len(value) > _MOST_CHARACTERS:
        # In the environment of a build it may be set all the same; people write defaults that hold for all.
        if name in variables or not operator.endswith("-"):
            raise _UnknownError
        return str(found["word"])
    if not value and operator.startswith(":"):
        if operator == ":?":
            raise _UnknownError
        return "" if operator == ":+" else str(found["word"])
    return str(found["word"]) if operator.endswith("+") else value.replace("$", _DOLLAR)
