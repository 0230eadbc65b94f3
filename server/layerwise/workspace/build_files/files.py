"""Reads build files as plain values, each once, and nothing that is not below one folder; no error leaves this room."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from layerwise.text.jsonc import load_jsonc
from layerwise.text.yaml import load_yaml
from layerwise.workspace.disk import normal_path, read_text

_MOST_BYTES: Final = 1024 * 1024
# In one workspace: parsing takes about a second a MiB.
_MOST_CHARACTERS: Final = 8 * 1024 * 1024
_MOST_LEVELS: Final = 100
_SHOWN = re.compile(r"[\w.-]{1,60}")
# What Compose and BuildKit take for no folder: `paths/context.go` of compose-go.
_REMOTE: Final = ("github.com/", "git@")
OTHER_BUILDS: Final = ("target:", "service:")
"""With what a named context begins that another build of Bake or Compose makes."""
DEFAULT_NAMES: Final = ("Dockerfile", "dockerfile", "Containerfile")


@dataclass(frozen=True, slots=True)
class Definition:
    """One build: ``name`` is what ``file`` calls it ("service web"), or empty if the file is about one build only.

    ``dockerfile`` is None if it is the one that a builder looks for in its context. All paths are absolute. ``target``
    is the stage that is built, ``arguments`` are the values of build arguments that are known, ``named`` are the
    contexts that have a name: a folder, or as it is written what is none.
    """

    file: Path
    name: str
    context: Path
    dockerfile: Path | None
    target: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    named: Mapping[str, Path | str] = field(default_factory=dict[str, "Path | str"])


@dataclass(slots=True)
class Files:
    """The files below ``top``; ``texts`` has all that was asked for, None for what is empty or not to be read."""

    top: Path
    texts: dict[Path, str | None] = field(default_factory=dict[Path, str | None])
    _read: int = 0
    _values: dict[Path, object] = field(default_factory=dict[Path, object])

    def text(self, path: Path) -> str | None:
        """Return the text of a file."""
        if path not in self.texts:
            is_taken = path.is_relative_to(self.top) and self._read < _MOST_CHARACTERS
            text = (read_text(self.top, path, _MOST_BYTES) if is_taken else None) or ""
            self._read += len(text)
            self.texts[path] = text.removeprefix("\ufeff") or None
        return self.texts[path]

    def yaml(self, path: Path) -> object | None:
        """Return what a YAML file says, None if it is not valid."""
        if path not in self._values:
            text = self.text(path)
            self._values[path] = load_yaml(text) if text else None
        return self._values[path]

    def json(self, path: Path) -> object | None:
        """Return what a JSON file says, None if it is not valid; comments and trailing commas are."""
        if path not in self._values:
            text = self.text(path)
            self._values[path] = load_jsonc(text) if text else None
        return self._values[path]


def mapping(value: object) -> dict[str, object]:
    """Return a mapping as it is, and an empty one for anything else."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """Return a list as it is, and what stands for a list of one as that list."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


def pairs(value: object) -> dict[str, object]:
    """Return a mapping as it is, and a list of ``NAME=value`` as one; a name alone has None."""
    if isinstance(value, dict):
        return mapping(cast("object", value))
    parts = (it.partition("=") for it in strings(value))
    return {name: text if equals else None for name, equals, text in parts}


def texts(values: Mapping[str, object]) -> dict[str, str]:
    """Return the values that are texts, or numbers and truths, as texts."""
    known = {name: it for name, it in values.items() if isinstance(it, str | int | float)}
    return {name: str(it).lower() if isinstance(it, bool) else str(it) for name, it in known.items()}


def named_context(base: Path, written: str) -> Path | str:
    """Return the folder that stands for a named context, or what is written if it is none."""
    if written.startswith(OTHER_BUILDS):
        return written
    folder = folder_at(base, written)
    return written if folder is None else folder


def strings(value: object) -> list[str]:
    """Return the texts of a list, or the one text that stands for a list."""
    return [it for it in items(value) if isinstance(it, str)]


def named(kind: str, name: str) -> str:
    """Return "service web", or "a service" if its name is none that can be shown."""
    return f"{kind} {name}" if _SHOWN.fullmatch(name) else f"a {kind}"


def folder_at(base: Path, written: str) -> Path | None:
    """Return the folder that a context is, as written in a file whose paths start at ``base``; None if it is none."""
    if "://" in written or written.startswith((*_REMOTE, "~")) or "\0" in written:
        return None
    return normal_path(base / written)
