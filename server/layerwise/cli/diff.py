"""A change of a file as ``git diff`` and ``patch`` have it. Pure: texts in, text out."""

from __future__ import annotations

import difflib
import re
from typing import Final

from layerwise.cli.display import printable
from layerwise.cli.paint import Paint

_NO_NEWLINE: Final = "\\ No newline at end of file"
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_STYLES: Final = {"-": "removed", "+": "added", "@": "place"}


def unified_diff(path: str, before: str, after: str, paint: Paint) -> str:
    """Return the diff of a file's whole texts (a byte order mark included); "" if they are the same.

    In colour it is for eyes only, and what does not print is shown instead of written.
    """
    rows: list[str] = []
    for row in difflib.unified_diff(_lines(before), _lines(after), _name("a", path), _name("b", path)):
        is_header = len(rows) < 2
        text = row if row.endswith("\n") else f"{row}\n{_NO_NEWLINE}\n"
        rows.append(_painted(text, is_header=is_header, paint=paint))
    return "".join(rows)


def _lines(text: str) -> list[str]:
    # A line of a diff ends at LF and nowhere else: the CR of a CRLF belongs to the line.
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _name(prefix: str, path: str) -> str:
    name = f"{prefix}/{path.lstrip('/')}"
    if any(it < " " or it in '"\\\x7f' for it in name):
        return '"' + "".join(_ESCAPES.get(it) or (f"\\{ord(it):03o}" if it < " " else it) for it in name) + '"'
    # As git does it: without the tab, patch takes what follows the blank for a date.
    return f"{name}\t" if " " in name else name


def _painted(row: str, *, is_header: bool, paint: Paint) -> str:
    if not paint.colored:
        return row
    lines = row.removesuffix("\n").split("\n")
    style = "path" if is_header else _STYLES.get(row[:1])
    shown = [printable(it.removesuffix("\r")) for it in lines]
    return "".join(f"{paint(style, it) if style else it}\n" for it in shown)
