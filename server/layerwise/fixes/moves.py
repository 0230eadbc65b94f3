"""Parting a COPY: what of it an install needs goes on standing where it stands, the rest moves below the install."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerwise.context.image_files import Arrival
from layerwise.fixes.run_split import opening
from layerwise.fixes.withheld import Withheld
from layerwise.semantics.copy import Source
from layerwise.semantics.paths import relative
from layerwise.syntax.instruction import Instruction

_PATTERN_CHARACTERS: Final = re.compile(r"""[*?\[\]\\$"'`<]""")
_BLANK: Final = re.compile(r"\s")
_MOST_COPIES: Final = 2
"""More folders than that are copied with ``--parents`` where COPY knows it."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What a COPY has to bring early: ``path`` in the image, from ``origin`` in the context by the source ``source``.

    A ``folder`` is copied as a whole, with what will be added to it.
    """

    path: str
    origin: str
    source: int
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A COPY that moves: ``early`` are the instructions left in its place, ``late`` the one that goes below.

    ``together`` is one instruction that does what ``early`` do, for a builder that knows ``COPY --parents``.
    """

    arrival: Arrival
    early: tuple[str, ...]
    late: str
    late_sources: tuple[str, ...] = ()
    together: str | None = None

    def absolute(self) -> Move:
        """Return the move with the late part's destination written from the root, where a WORKDIR can't change it.

        A destination that starts at an unknown folder stays as it is.
        """
        copy = self.arrival.copy
        if copy.destination.path.startswith("/") or not copy.target.startswith("/"):
            return self
        target = f"{copy.target.rstrip('/')}/" if copy.into_folder else copy.target
        return replace(self, late=_rendered(self.arrival, self.late_sources, target))


def part_copy(arrival: Arrival, needed: Sequence[Needed]) -> Move | Withheld:
    """Part one COPY, so that it brings what is ``needed`` early."""
    if arrival.copy.parents:
        return Withheld("a COPY with --parents is not taken apart")
    whole = [_is_needed(arrival, index, needed) for index in range(len(arrival.copy.sources))]
    parted = [it for it in needed if not whole[it.source]]
    if arrival.copy.exclude and any(it.folder for it in parted):
        return Withheld("a COPY with --exclude is not taken apart")
    for it in parted:
        if arrival.context.listing.follow(it.origin) != it.origin:
            return Withheld(f"{it.origin} is reached through a symbolic link")
        if _PATTERN_CHARACTERS.search(it.origin):
            return Withheld(f"the name {it.origin} has characters that COPY takes for a pattern")
    kept = [it.text for it, is_whole in zip(arrival.copy.sources, whole, strict=True) if is_whole]
    early, together = _early(arrival, kept, parted)
    rest = [it.text for it, is_whole in zip(arrival.copy.sources, whole, strict=True) if not is_whole]
    instruction = arrival.placed.instruction
    if len(rest) == len(whole):
        late = instruction.span.of(instruction.text)
        indentation = opening(arrival.placed)[: -len(opening(arrival.placed).lstrip())]
        return Move(arrival, early, f"{indentation}{late}", tuple(rest), together)
    return Move(arrival, early, _rendered(arrival, rest, arrival.copy.destination.text), tuple(rest), together)


def _early(arrival: Arrival, kept: list[str], parted: Sequence[Needed]) -> tuple[tuple[str, ...], str | None]:
    """Return one COPY for each folder of the image that gets something, and one for all with ``--parents``."""
    groups: dict[str, list[str]] = {"": kept} if kept else {}
    folders: list[tuple[str, str]] = []
    for it in parted:
        inside = relative(it.path, arrival.copy.target) or ""
        name = _spelled(arrival.source(it.source), it.origin)
        if it.folder:
            folders.append((name, inside))
        else:
            groups.setdefault(posixpath.dirname(inside), []).append(name)
    copies = [_instruction(arrival, sources, folder) for folder, sources in groups.items()]
    copies += [_instruction(arrival, [name], folder) for name, folder in folders]
    is_mirror = all(relative(it.path, arrival.copy.target) == it.origin for it in parted)
    if kept or not is_mirror or len(copies) <= _MOST_COPIES:
        return tuple(copies), None
    names = [_spelled(arrival.source(it.source), it.origin) for it in parted]
    destination = arrival.copy.destination.text
    return tuple(copies), _rendered(arrival, names, _below(destination, ""), "--parents ")


def _is_needed(arrival: Arrival, index: int, needed: Sequence[Needed]) -> bool:
    """Tell whether all that a source brings is needed early: a wildcard, a file, or a folder that is needed as one."""
    match = arrival.matches[index]
    if match is None or not match.files:
        return False
    folders = [it.origin for it in needed if it.folder]
    if any(it.is_directory and all(relative(it.target, folder) is None for folder in folders) for it in match.matches):
        return False
    files = {it.origin for it in needed}
    return all(it in files or any(relative(it, folder) is not None for folder in folders) for it in match.files)


def _spelled(source: Source, path: str) -> str:
    """Spell a path of the context in the style of the source that it is taken from."""
    if source.text.startswith("./") and source.text != "./":
        return f"./{path}"
    return f"/{path}" if source.text.startswith("/") and source.text != "/" else path


def _instruction(arrival: Arrival, sources: list[str], folder: str) -> str:
    return _rendered(arrival, sources, _below(arrival.copy.destination.text, f"{folder}/" if folder else ""))


def _below(destination: str, path: str) -> str:
    """Return a destination as written, with a path behind it: inside the quotes if it has some."""
    quote = destination[-1:] if destination[:1] == destination[-1:] and destination[-1:] in ("'", '"') else ""
    inner = destination.removesuffix(quote)
    return f"{inner.rstrip('/')}/{path}{quote}"


def _rendered(arrival: Arrival, sources: Sequence[str], destination: str, flag: str = "") -> str:
    instruction: Instruction = arrival.placed.instruction
    words = [*sources, destination]
    if instruction.json is not None or any(_BLANK.search(it) for it in words):
        return f"{opening(arrival.placed)}{flag}{json.dumps(words, ensure_ascii=False)}"
    return f"{opening(arrival.placed)}{flag}{' '.join(words)}"
