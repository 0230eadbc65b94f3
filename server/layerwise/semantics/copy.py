"""What a COPY or ADD says, with its variables resolved.

Source: BuildKit ``instructions/parse.go:parseCopy``, ``dockerfile2llb/convert_copy.go:dispatchCopy``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.syntax.instruction import Instruction
from layerwise.text.span import Span

_REMOTE: Final = re.compile(r"(https?|ftp|git|ssh)://|git@|\w+@[\w.-]+:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One source. ``path`` is expanded; it is not ``known`` if a variable in it can't be resolved here."""

    text: str
    path: str
    known: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Copy:
    """A COPY or ADD: ``target`` is the destination as an image path, ``into_folder`` whether it must be one.

    ``origin`` is what ``--from`` names, None for the build context. ``inline`` counts heredoc sources, ``remote`` holds
    URLs. ``is_apart``: it is copied to a layer that knows nothing of the step before, as ``--link`` asks for; with
    ``--chmod`` it is not (``dispatchCopy``).
    """

    sources: tuple[Source, ...]
    remote: tuple[str, ...]
    inline: int
    destination: Source
    target: str
    into_folder: bool
    origin: str | None
    exclude: tuple[str, ...]
    parents: bool
    link: bool
    is_apart: bool

    @property
    def from_context(self) -> bool:
        """Whether files of the build context are in its cache key."""
        return self.origin is None and bool(self.sources)


def copy_of(instruction: Instruction, scope: Scope) -> Copy | None:
    """Read a COPY or ADD; None for a broken one."""
    words = instruction.words
    if instruction.keyword not in ("COPY", "ADD") or len(words) < 2:
        return None
    heredocs = {it.name for it in instruction.heredocs}
    sources: list[Source] = []
    remote: list[str] = []
    inline = 0
    for word in words[:-1]:
        if heredocs and "<<" in word.text:
            inline += 1
            continue
        expansion = scope.expand(word.text, instruction.escape)
        if instruction.keyword == "ADD" and _REMOTE.match(expansion.text):
            remote.append(expansion.text)
        else:
            sources.append(Source(word.text, expansion.text, expansion.known, word.span))
    last = words[-1]
    expansion = scope.expand(last.text, instruction.escape)
    destination = Source(last.text, expansion.text, expansion.known, last.span)
    path = destination.path
    origin = instruction.flag("from")
    parents = instruction.flag("parents")
    link = instruction.flag("link")
    is_linked = link is not None and (link.value or "true").lower() == "true"
    return Copy(
        tuple(sources),
        tuple(remote),
        inline,
        destination,
        join(scope.directory, path, known=destination.known),
        path.endswith(("/", "/.", "/..")) or path in (".", "..") or len(words) > 2,
        origin.value if origin else None,
        instruction.flag_values("exclude"),
        parents=parents is not None and (parents.value or "true").lower() == "true",
        link=is_linked,
        is_apart=is_linked and instruction.flag("chmod") is None,
    )
