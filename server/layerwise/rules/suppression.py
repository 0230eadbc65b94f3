"""Comments that switch rules off: ``# layerwise: ignore[rule] why`` and ``# layerwise: ignore-file[rule] why``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.semantics.dockerfile import Dockerfile
from layerwise.syntax.tree import Comment
from layerwise.text.span import Span

_MARK: Final = "layerwise:"
_IGNORE: Final = re.compile(r"#\s*layerwise:\s*ignore(?P<file>-file)?\s*\[(?P<rules>[^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule named in one comment. ``instruction`` is the index of the one below it; None for the whole file.

    A ``misplaced`` one is for the whole file but stands behind an instruction, and so counts for nothing.
    """

    rule: str
    span: Span
    instruction: int | None
    misplaced: bool = False


def ignores_of(dockerfile: Dockerfile, text: str) -> tuple[Ignore, ...]:
    """Return what the comments of the file switch off.

    ``ignore`` counts in the comment lines right above an instruction; ``ignore-file`` before the first instruction.
    """
    if _MARK not in text:
        return ()
    return tuple(_ignores(dockerfile))


def _ignores(dockerfile: Dockerfile) -> Iterator[Ignore]:
    tree = dockerfile.tree
    first = dockerfile.blocks[0] if dockerfile.blocks else len(tree.blocks)
    for index, block in enumerate(tree.blocks):
        match = _IGNORE.search(block.text) if isinstance(block, Comment) else None
        if match is None:
            continue
        below = index + 1
        while below < len(tree.blocks) and isinstance(tree.blocks[below], Comment):
            below += 1
        instruction = dockerfile.index_at(tree.starts[below]) if below < len(tree.blocks) else None
        for rule in re.finditer(r"[^\s,]+", match["rules"]):
            start = tree.starts[index] + match.start("rules")
            span = Span(start + rule.start(), start + rule.end())
            below_it = None if match["file"] else -1 if instruction is None else instruction
            yield Ignore(rule.group(), span, below_it, misplaced=bool(match["file"]) and index > first)
