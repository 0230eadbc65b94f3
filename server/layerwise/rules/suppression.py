"""Comments that switch rules off: ``# layerwise: ignore[rule] why`` and ``# layerwise: ignore-file[rule] why``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.semantics.dockerfile import Dockerfile
from layerwise.syntax.instruction import Instruction
from layerwise.syntax.tree import Comment
from layerwise.text.span import Span

_IGNORE: Final = re.compile(r"#[ \t]*layerwise:[ \t]*ignore(?P<file>-file)?[ \t]*\[(?P<rules>[^\]\n]*)\]")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule named in one comment: for the ``whole_file``, or for the ``instruction`` (its index) below the comment.

    It is for nothing if no instruction is below it; or if it is ``misplaced``: for the whole file, but behind an
    instruction.
    """

    rule: str
    span: Span
    instruction: int | None = None
    whole_file: bool = False
    misplaced: bool = False


def ignores_of(dockerfile: Dockerfile, text: str) -> tuple[Ignore, ...]:
    """Return what the comments of the file switch off.

    ``ignore`` counts in the comment lines right above an instruction; ``ignore-file`` before the first instruction.
    """
    return tuple(it for match in _IGNORE.finditer(text) for it in _ignores(dockerfile, match))


def _ignores(dockerfile: Dockerfile, match: re.Match[str]) -> Iterator[Ignore]:
    tree = dockerfile.tree
    block = tree.block_at(match.start())
    if not isinstance(tree.blocks[block], Comment):
        return
    in_front = bisect_left(dockerfile.blocks, block)
    following = next((it for it in tree.blocks[block:] if not isinstance(it, Comment)), None)
    below = in_front if isinstance(following, Instruction) else None
    for rule in re.finditer(r"[^\s,]+", match["rules"]):
        span = Span(*rule.span()).shift(match.start("rules"))
        if match["file"]:
            yield Ignore(rule.group(), span, whole_file=in_front == 0, misplaced=in_front > 0)
        else:
            yield Ignore(rule.group(), span, below)
