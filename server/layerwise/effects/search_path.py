"""PATH: what a COPY brings to a folder on it, and that may be started in place of a program of the system.

The folders that the base image has on PATH are taken to be the system's, not the project's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from layerwise.context.image_files import Arrival
from layerwise.effects.environment import HOME_VARIABLE
from layerwise.effects.programs import is_started
from layerwise.effects.started import Started
from layerwise.semantics.paths import join

_BASE_PATH: Final = frozenset({"$PATH", "${PATH}"})


def on_path(started: Started, arrival: Arrival) -> Iterator[tuple[str, str]]:
    """Yield (folder, file of the context) for what a COPY brings to a folder of PATH and that may be started."""
    own = posixpath.basename(started.command.program or "")
    parts = (it for text in started.texts.get("PATH", ()) for it in text.split(":"))
    for folder in dict.fromkeys(it for it in parts if it not in _BASE_PATH):
        text = HOME_VARIABLE.sub("$HOME", folder) or "."
        for start in started.folders:
            place = join(start, text, known="$" not in text)
            for path, file in _in_folder(arrival, place):
                name = posixpath.basename(path)
                if is_started(name) or name == own:
                    yield folder or ".", file


def _in_folder(arrival: Arrival, folder: str) -> Iterator[tuple[str, str]]:
    """Yield (image path, file) of what a COPY brings right into a folder, whose start may not be known."""
    if "$" not in folder and folder[0] == arrival.copy.target[0]:
        yield from (it for it in arrival.landings_below(folder) if posixpath.dirname(it[0]) == folder)
        return
    end = folder.rpartition("$" if "$" in folder else "?")[2].partition("/")[2]
    for path, file in arrival.landings():
        if not end or posixpath.dirname(path).endswith(f"/{end}"):
            yield path, file
