"""The edits that let COPYs sink below a RUN. Comments go with what they speak of; line ends and blank lines stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from layerwise.fixes.moves import Move
from layerwise.fixes.run_split import Cut
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.semantics.frontend import knows_parents
from layerwise.syntax.tree import Blank, Comment
from layerwise.text.edit import Edit
from layerwise.text.span import Span

_OF_THE_INSTALL: Final = re.compile(
    r"install|depend|\bdeps\b|packag|require|module|manifest|lock|npm|yarn|pnpm|\bpip\b|go\.mod|cache", re.IGNORECASE
)
_PRAGMA: Final = re.compile(r"#\s*(check\s*=|hadolint|layerwise:|tally|nosemgrep|checkov)", re.IGNORECASE)


def sink_edits(dockerfile: Dockerfile, run: Placed, cut: Cut, moves: Sequence[Move]) -> tuple[Edit, ...]:
    """Return the edits: the early parts in place of each COPY, then the RUN's head, the COPYs, the RUN's tail."""
    tree = dockerfile.tree
    run_block = dockerfile.blocks[dockerfile.index_of(run)]
    run_start = tree.starts[run_block]
    run_text = run.instruction.text
    line_end = "\r\n" if "\r\n" in run_text or "\r\n" in tree.blocks[0].text else "\n"
    spaced = isinstance(tree.blocks[_comments_start(dockerfile, run_block) - 1], Blank)
    gap = line_end if spaced else ""
    edits: list[Edit] = []
    late: list[str] = []
    for move in moves:
        edit, comments = _replace_copy(dockerfile, move, line_end)
        edits.append(edit)
        late.append(comments + _lines(move.late, line_end))
    tail = f"{gap}{_lines(cut.tail, line_end)}" if cut.tail is not None else ""
    replacement = f"{_lines(cut.head, line_end)}{gap}{''.join(late)}{tail}"
    if not run_text.endswith("\n"):
        replacement = replacement.removesuffix(line_end)
    edits.append(_smallest(run_start, run_text, replacement))
    return tuple(sorted(edits, key=lambda it: it.span))


def _replace_copy(dockerfile: Dockerfile, move: Move, line_end: str) -> tuple[Edit, str]:
    """Return the edit of the COPY's own place, and the comments that go with the part that moves."""
    tree = dockerfile.tree
    block = dockerfile.blocks[dockerfile.index_of(move.arrival.placed)]
    first = _comments_start(dockerfile, block)
    comments = [it.text for it in tree.blocks[first:block]]
    stay = bool(move.early) and any(map(_OF_THE_INSTALL.search, comments)) and not any(map(_PRAGMA.search, comments))
    start = tree.starts[block] if stay else tree.starts[first]
    end = tree.starts[block] + len(tree.blocks[block].text)
    if not move.early and first > 0 and isinstance(tree.blocks[first - 1], Blank) and _is_blank(dockerfile, block + 1):
        # Nothing is left between two blank lines: take one of them along.
        end += len(tree.blocks[block + 1].text)
    early = move.early if move.together is None or not knows_parents(tree) else (move.together,)
    text = "".join(_lines(it, line_end) for it in early)
    return Edit(Span(start, end), text), "" if stay else "".join(_terminated(comments, line_end))


def _smallest(start: int, old: str, new: str) -> Edit:
    """Return the edit without the lines at its start that stay as they are."""
    if new.startswith(old):
        return Edit(Span(start + len(old), start + len(old)), new[len(old) :])
    return Edit(Span(start, start + len(old)), new)


def _comments_start(dockerfile: Dockerfile, block: int) -> int:
    """Return the first block of the comment that stands right above a block."""
    while block > 0 and isinstance(dockerfile.tree.blocks[block - 1], Comment):
        block -= 1
    return block


def _is_blank(dockerfile: Dockerfile, block: int) -> bool:
    return block < len(dockerfile.tree.blocks) and isinstance(dockerfile.tree.blocks[block], Blank)


def _lines(text: str, line_end: str) -> str:
    """Return the text with the line ends of the file, one at its end."""
    return f"{text}\n".replace("\r\n", "\n").replace("\n", line_end)


def _terminated(comments: Sequence[str], line_end: str) -> Iterator[str]:
    for it in comments:
        yield it if it.endswith("\n") else f"{it}{line_end}"
