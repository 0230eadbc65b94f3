"""Colours of the text output: switched on or off in one place, so that rendering stays a pure function."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Final, TextIO

import click

_STYLES: Final[dict[str, dict[str, str | bool]]] = {
    "path": {"bold": True},
    "gutter": {"fg": "blue", "bold": True},
    "related": {"fg": "blue"},
    "note": {"bold": True},
    "quiet": {"dim": True},
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan", "bold": True},
    "hint": {"fg": "green", "bold": True},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "place": {"fg": "cyan"},
}
_WIDTH_OF_A_PIPE: Final = 120
_LEAST_WIDTH: Final = 40


@dataclass(frozen=True, slots=True)
class Paint:
    """Paints text by the name of what it is; without colour it is left as it is."""

    colored: bool = False

    def __call__(self, style: str, text: str) -> str:
        """Return the text in a style of the table above."""
        if not self.colored or not text:
            return text
        look = _STYLES[style]
        color = look.get("fg")
        return click.style(
            text,
            fg=color if isinstance(color, str) else None,
            bold=look.get("bold") is True or None,
            dim=look.get("dim") is True or None,
        )


def is_colored(choice: str, stream: TextIO) -> bool:
    """Tell whether to write colours: ``--color``, then NO_COLOR, FORCE_COLOR and TERM, then what the stream is."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def width_of(stream: TextIO, otherwise: int = _WIDTH_OF_A_PIPE) -> int:
    """Return how many columns a line of output may have: those of the terminal, if it is one."""
    columns = shutil.get_terminal_size((otherwise, 0)).columns if stream.isatty() else otherwise
    return max(columns, _LEAST_WIDTH)
