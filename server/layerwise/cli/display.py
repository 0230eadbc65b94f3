"""How text stands in a terminal: how many columns it takes, and what must not get there as it is."""

from __future__ import annotations

import os
import re
from typing import Final

TAB: Final = "    "
# Control characters would drive the terminal, line separators break the line, and bidirectional controls show
# another order of the text than the builder reads.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """Return the text as it is shown: tabs as spaces, and a visible character for each that is not to be printed."""
    return text if text.isascii() and text.isprintable() else _UNPRINTABLE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\t":
        return TAB
    if character < " ":
        return chr(0x2400 + ord(character))
    return "\u2421" if character == "\x7f" else "\ufffd"


def display_width(text: str) -> int:
    """Return the columns that a printable text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    # Its tables cost a tenth of the start, and most Dockerfiles are ASCII.
    from wcwidth import wcswidth  # noqa: PLC0415

    width = wcswidth(text)
    return width if width >= 0 else len(text)


def shown_path(path: str | os.PathLike[str]) -> str:
    """Return a path for people and for JSON, which have no way to write a name that is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def encodable(text: str) -> str:
    """Return a text that UTF-8 can have: names of files may hold what it can not."""
    return _SURROGATES.sub("\ufffd", text)
