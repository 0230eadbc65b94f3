"""Which documents a change on the disk may concern. Knows nothing of the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerwise.context.build_context import BuildContext
from layerwise.context.glob import has_wildcards
from layerwise.context.listing import clean_path
from layerwise.workspace.build_files.search import is_build_file

_SETTINGS_FILES: Final = ("layerwise.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A file or folder came, went, or (``only_content``) has other content than before."""

    path: Path
    only_content: bool


@dataclass(frozen=True, slots=True)
class Watcher:
    """What matters to one document: its file, the workspace folder that holds it, its context and COPY sources.

    ``build_files`` are those that were read to find the context, and those that would have been.
    """

    file: Path
    root: Path | None
    context: BuildContext
    sources: tuple[str, ...]
    build_files: frozenset[Path] = frozenset()

    def is_concerned(self, event: FileEvent) -> bool:
        """Tell whether the surroundings may look different after an event."""
        path = event.path
        if path == self.file:
            return False
        if path.name in _SETTINGS_FILES and self.file.is_relative_to(path.parent):
            return True
        if path in self.build_files or (is_build_file(path.name) and self._is_in_workspace(path)):
            return True
        if path.name.endswith(".dockerignore") or not self.context.known:
            return True
        if not event.only_content and any(_sees(it.files, path) for it in self.context.named.values()):
            return True
        inside = _relative(path, Path(self.context.root))
        if inside is not None:
            if event.only_content:
                return inside in self.context.contents
            return not self.context.would_ignore(inside)
        return not event.only_content and self._may_move_context(path)

    def _is_in_workspace(self, path: Path) -> bool:
        return self.root is None or path.is_relative_to(self.root)

    def _may_move_context(self, path: Path) -> bool:
        """Tell whether a COPY source came or went: the context is the folder in which the most of them exist."""
        folders = [it for it in self.file.parents if self._is_in_workspace(it)]
        inside = [it for it in (_relative(path, folder) for folder in folders) if it is not None]
        names = {it.split("/")[0] for it in map(clean_path, self.sources)}
        return any(has_wildcards(name) or name == it.split("/")[0] for it in inside for name in names)


def _sees(context: BuildContext | None, path: Path) -> bool:
    """Tell whether something that came or went is in a context."""
    inside = None if context is None else _relative(path, Path(context.root))
    return context is not None and inside is not None and not context.would_ignore(inside)


def _relative(path: Path, folder: Path) -> str | None:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None
