"""Parting a COPY: what of it an install needs goes on standing where it stands, the rest moves below the install."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerwise.context.image_files import Arrival, Landing
from layerwise.fixes.run_split import Withheld, opening
from layerwise.semantics.copy import Source
from layerwise.semantics.paths import relative
from layerwise.syntax.instruction import Instruction

_PATTERN_CHARACTERS: Final = re.compile(r"""[*?\[\]\\$"'`<]""")
_BLANK: Final = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Move:
    """A COPY that moves: ``early`` are the instructions left in its place, ``late`` the one that goes below."""

    arrival: Arrival
    early: tuple[str, ...]
    late: str
    late_sources: tuple[str, ...] = ()

    def absolute(self) -> Move:
        """Return the move with the late part's destination written from the root, where a WORKDIR can't change it.

        A destination that starts at an unknown folder stays as it is.
        """
        copy = self.arrival.copy
        if copy.destination.path.startswith("/") or not copy.target.startswith("/"):
            return self
        target = f"{copy.target.rstrip('/')}/" if copy.into_folder else copy.target
        return replace(self, late=_rendered(self.arrival, self.late_sources, target))


def part_copy(arrival: Arrival, needed: Sequence[tuple[str, Landing]]) -> Move | Withheld:
    """Part one COPY; ``needed`` are (image path, landing) of the manifests that it has to bring early."""
    if arrival.copy.parents:
        return Withheld("a COPY with --parents is not taken apart")
    files = {landing.path for _, landing in needed}
    whole = [_is_needed(arrival, index, files) for index in range(len(arrival.copy.sources))]
    groups: dict[str, list[str]] = {}
    for path, landing in needed:
        if whole[landing.source]:
            continue
        if arrival.context.listing.follow(landing.path or "") != landing.path:
            return Withheld(f"{landing.path} is reached through a symbolic link")
        name = _spelled(arrival.source(landing.source), landing.path or "")
        if _PATTERN_CHARACTERS.search(name):
            return Withheld(f"the name {name} has characters that COPY takes for a pattern")
        inside = relative(path, arrival.copy.target)
        groups.setdefault(posixpath.dirname(inside) if inside else "", []).append(name)
    kept = [it.text for it, is_whole in zip(arrival.copy.sources, whole, strict=True) if is_whole]
    if kept:
        groups = {"": kept + groups.pop("", []), **groups}
    early = tuple(_instruction(arrival, sources, folder, kept) for folder, sources in groups.items())
    rest = [it.text for it, is_whole in zip(arrival.copy.sources, whole, strict=True) if not is_whole]
    instruction = arrival.placed.instruction
    if len(rest) == len(whole):
        late = instruction.span.of(instruction.text)
        indentation = opening(arrival.placed)[: -len(opening(arrival.placed).lstrip())]
        return Move(arrival, early, f"{indentation}{late}", tuple(rest))
    return Move(arrival, early, _rendered(arrival, rest, arrival.copy.destination.text), tuple(rest))


def _is_needed(arrival: Arrival, index: int, files: Iterable[str | None]) -> bool:
    """Tell whether all that a source brings is needed early (a wildcard or a file; a folder may grow)."""
    match = arrival.matches[index]
    if match is None or not match.files or any(it.is_directory for it in match.matches):
        return False
    return set(match.files) <= set(files)


def _spelled(source: Source, path: str) -> str:
    """Spell a path of the context in the style of the source that it is taken from."""
    if source.text.startswith("./") and source.text != "./":
        return f"./{path}"
    return f"/{path}" if source.text.startswith("/") and source.text != "/" else path


def _instruction(arrival: Arrival, sources: list[str], folder: str, kept: Sequence[str]) -> str:
    destination = arrival.copy.destination.text
    if folder:
        destination = f"{destination.rstrip('/')}/{folder}/"
    elif kept != sources or arrival.copy.into_folder or len(sources) > 1:
        destination = destination if destination.endswith("/") else f"{destination}/"
    return _rendered(arrival, sources, destination)


def _rendered(arrival: Arrival, sources: Sequence[str], destination: str) -> str:
    instruction: Instruction = arrival.placed.instruction
    words = [*sources, destination]
    if instruction.json is not None or any(_BLANK.search(it) for it in words):
        return f"{opening(arrival.placed)}{json.dumps(words, ensure_ascii=False)}"
    return f"{opening(arrival.placed)}{' '.join(words)}"
