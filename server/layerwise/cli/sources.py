"""Finds and reads the Dockerfiles that a command is about; whatever is wrong with one, the others are still read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerwise.cli.display import shown_path
from layerwise.syntax.tree import Tree, parse
from layerwise.workspace.discovery import find_dockerfiles, may_be_another
from layerwise.workspace.dockerfile_text import BOM, MOST_BYTES, SourceError, decode

STDIN: Final = "-"
_NONE: Final = (
    "there is no Dockerfile in this folder or below it; name the file if it is called otherwise, or give another folder"
)
_MOST_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class Target:
    """A Dockerfile to read, as it was named or found; ``path`` is None for standard input.

    ``root`` is how far up its build context and settings may be, None if that is up to the repository.
    ``found``: nobody named it, its name looked like one.
    """

    path: Path | None
    root: Path | None = None
    found: bool = False

    @property
    def shown(self) -> str:
        """Return what messages and results call it."""
        return STDIN if self.path is None else shown_path(self.path)


@dataclass(frozen=True, slots=True)
class Failure:
    """A path that could not be used; the message ends in what to do."""

    shown: str
    message: str


@dataclass(frozen=True, slots=True)
class Source:
    """A Dockerfile that was read: ``data`` is the file, ``text`` is without the byte order mark."""

    target: Target
    data: bytes
    text: str

    def encode(self, text: str) -> bytes:
        """Return the file with another text in it."""
        return (BOM if self.data.startswith(BOM) else b"") + text.encode()


def find_targets(paths: Iterable[str]) -> Iterator[Target | Failure]:
    """Yield the Dockerfiles that paths stand for, each once; a folder is searched."""
    seen: set[str] = set()
    for path in paths:
        for found in _find(path):
            if isinstance(found, Target):
                name = STDIN if found.path is None else os.path.normpath(found.path.absolute())
                if name in seen:
                    continue
                seen.add(name)
            yield found


def find_only(path: str) -> Iterator[Target | Failure]:
    """Yield the one Dockerfile that a path stands for, or why it can not be told, which then comes first."""
    found = list(find_targets([path]))
    targets = [it for it in found if isinstance(it, Target) and not (it.found and _reads_as_another(it))]
    yield from (it for it in found if isinstance(it, Failure))
    if len(targets) > 1:
        names = [it.shown for it in targets[:_MOST_LISTED]] + ["…"] * (len(targets) > _MOST_LISTED)
        many = f"there are {len(targets):,} Dockerfiles in this folder and below it ({', '.join(names)})"
        yield Failure(shown_path(path), f"{many}; name one of them")
    elif targets:
        yield targets[0]
    elif not any(isinstance(it, Failure) for it in found):
        yield Failure(shown_path(path), _NONE)


def is_another(target: Target, tree: Tree) -> bool:
    """Tell whether a file that only looked like a Dockerfile by its name is something else, such as a program."""
    instructions = tree.instruction_list()
    begins_otherwise = bool(instructions) and instructions[0].keyword not in ("ARG", "FROM")
    return target.path is not None and may_be_another(target.path.name) and begins_otherwise


def _reads_as_another(target: Target) -> bool:
    if target.path is None or not may_be_another(target.path.name):
        return False
    try:
        return is_another(target, parse(read_source(target).text))
    except SourceError:
        return False


def _find(name: str) -> Iterator[Target | Failure]:
    if name == STDIN:
        yield Target(None, Path.cwd())
        return
    path = Path(name)
    if not path.is_dir():
        yield Target(path, _root_of(path.parent, Path.cwd()))
        return
    found, problems = find_dockerfiles(path)
    for it in problems:
        yield Failure(shown_path(it.path), it.message)
    if not found and not problems:
        yield Failure(shown_path(path), _NONE)
    for it in found:
        yield Target(it, _root_of(it.parent, Path.cwd()) or _root_of(it.parent, path), found=True)


def _root_of(folder: Path, top: Path) -> Path | None:
    """Return ``top`` if ``folder`` is below it and in no repository, whose folder would be the better root."""
    folder, top = (Path(os.path.normpath(it.absolute())) for it in (folder, top))
    if any(os.path.lexists(it / ".git") for it in (folder, *folder.parents)):
        return None
    return top if folder.is_relative_to(top) else None


def read_source(target: Target) -> Source:
    """Read a Dockerfile; raises ``SourceError``."""
    try:
        data = _read(target.path)
    except FileNotFoundError:
        advice = f"check the name, which starts at {shown_path(Path.cwd())}"
        raise SourceError(f"there is no such file or folder; {advice}") from None
    except OSError as error:
        raise SourceError(f"it can not be read: {error.strerror or error}; check its type and permissions") from None
    return Source(target, data, decode(data))


def _read(path: Path | None) -> bytes:
    if path is None:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
