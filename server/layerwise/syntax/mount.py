"""The value of ``--mount``: its fields, and what BuildKit refuses in them.

Source: BuildKit ``instructions/commands_runmount.go:parseMount``; Go's ``encoding/csv``, of which ``csvvalue.Fields``
reads one line. It refuses a quote inside an unquoted field, and anything between a closing quote and the comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerwise.syntax.instruction import Flag
from layerwise.syntax.problem import Pass, Problem
from layerwise.syntax.spelling import in_flag, unknown

MOUNT_TYPES: Final = ("bind", "cache", "tmpfs", "secret", "ssh")
MOUNT_KEYS: Final = frozenset(
    {"type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw"}
    | {"id", "sharing", "required", "size", "mode", "uid", "gid", "env"}
)
_SWITCH_KEYS: Final = frozenset({"readonly", "ro", "readwrite", "rw", "required"})
_FIELD: Final = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(?=,|\Z)')


def mount_fields(value: str) -> list[tuple[str, str | None]]:
    """Split a ``--mount`` value into (key in lower case, value); a bare key has None. Nothing if it is refused."""
    pairs = (it.partition("=") for it, _ in _fields(value) or ())
    return [(key.lower(), argument if equals else None) for key, equals, argument in pairs]


def _fields(text: str) -> list[tuple[str, int]] | None:
    """Return the fields of a line of CSV, each with the offset of its first character; None if Go refuses it."""
    fields: list[tuple[str, int]] = []
    at = 0
    while match := _FIELD.match(text, at) if text else None:
        quoted, plain = match.groups()
        fields.append((plain, at) if quoted is None else (quoted.replace('""', '"'), at + 1))
        at = match.end() + 1
        if at > len(text):
            return fields
    return None


def mount_problems(flag: Flag, raw: str) -> Iterator[Problem]:
    """Yield what is wrong with a ``--mount`` that has a value, in an instruction whose text is ``raw``."""
    text = flag.value or ""
    fields = _fields(text)
    if fields is None:
        yield _problem("--mount takes key=value,key=value,…; with a comma in a value, quote the whole field", flag)
        return
    kind: str | None = "bind"
    shares = False
    for field, start in fields:
        written, equals, value = field.partition("=")
        key, at = written.lower(), len("--mount=") + start
        if key not in MOUNT_KEYS:
            yield unknown(f"--mount has no key {key!r}", flag.span, in_flag(flag, raw, at, written), MOUNT_KEYS)
        elif not equals and key not in _SWITCH_KEYS:
            yield _problem(f"the --mount key {key!r} needs a value", flag)
        elif key == "type":
            kind = None if "$" in value else value.lower()
            if kind is not None and kind not in MOUNT_TYPES:
                place = in_flag(flag, raw, at + len("type="), value)
                yield unknown(f"unknown mount type {value!r}", flag.span, place, MOUNT_TYPES)
        shares = shares or key == "sharing"
    if shares and kind is not None and kind != "cache":
        yield _problem("sharing= is only for type=cache", flag)


def _problem(message: str, flag: Flag) -> Problem:
    return Problem(message, flag.span, Pass.INSTRUCTIONS)
