"""Tells on a terminal how far a long run is; a line that is gone once something else is said."""

from __future__ import annotations

import sys
import time
from typing import Final

import click

from layerwise.cli.display import display_width, printable
from layerwise.cli.paint import width_of

_QUIET_SECONDS: Final = 0.5
"""A run shorter than that says nothing of it."""

_ERASE: Final = "\r\x1b[K"


class Progress:
    """The line on stderr; nothing where that is no terminal."""

    def __init__(self) -> None:
        """Begin to count."""
        self._start = time.monotonic()
        self._many = 0
        self._shown = False

    def at(self, name: str) -> None:
        """Tell that a Dockerfile is looked at now."""
        self._many += 1
        if not sys.stderr.isatty() or time.monotonic() - self._start < _QUIET_SECONDS:
            return
        text = printable(f"Dockerfile {self._many:,}: {name}")
        if display_width(text) < width_of(sys.stderr):
            click.echo(f"{_ERASE}{text}", nl=False, err=True, color=True)
            self._shown = True

    def clear(self) -> None:
        """Make room for what is said next."""
        if self._shown:
            click.echo(_ERASE, nl=False, err=True, color=True)
            self._shown = False
