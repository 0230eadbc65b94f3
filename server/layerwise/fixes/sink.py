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
    r"install|depend|\bdeps\b|packag|require|module|manifest|lock|npm|yarn|\bpip\b|go\.mod|cache", re.IGNORECASE
)
_PRAGMA: Final = re.compile(r"#\s*(check\s*=|hadolint|layerwise:|tally|nosemgrep|checkov)", re.IGNORECASE)


def sink_edits(
    dockerfile: Dockerfile, run: Placed, cut: Cut, moves: Sequence[Move], along: Sequence[Placed] = ()
) -> tuple[Edit, ...]:
    """Return the edits: the early parts in place of each COPY, then the RUN's head, the COPYs, the RUN's tail.

    The steps ``along`` move with the COPYs, all in the order of the file.
    """
    tree = dockerfile.tree
    run_block = dockerfile.blocks[dockerfile.index_of(run)]
    run_start = tree.starts[run_block]
    run_text = run.instruction.text
    line_end = "\r\n" if "\r\n" in run_text or "\r\n" in tree.blocks[0].text else "\n"
    spaced = isinstance(tree.blocks[_comments_start(dockerfile, run_block) - 1], Blank)
    gap = line_end if spaced else ""
    edits: list[Edit] = []
    late: list[str] = []
    gone: set[int] = set()
    sinking: list[tuple[Placed, Move | None]] = [(it.arrival.placed, it) for it in moves]
    sinking += [(it, None) for it in along]
    for placed, move in sorted(sinking, key=lambda it: dockerfile.index_of(it[0])):
        edit, comments = _take_out(dockerfile, placed, move, line_end, gone)
        edits.append(edit)
        late.append(comments + _lines(move.late if move else placed.instruction.text.rstrip("\r\n"), line_end))
    tail = _lines(cut.tail, line_end) if cut.tail is not None else ""
    if tail == _lines(run_text.rstrip("\r\n"), line_end):
        # The RUN stays as it is, and with it what is said of it; the head is a step of its own.
        comments, run_start = _comments_of(dockerfile, run_block)
        run_text, tail = f"{comments}{run_text}", f"{comments}{tail}"
    replacement = f"{_lines(cut.head, line_end)}{gap}{''.join(late)}{gap if tail else ''}{tail}"
    if not run_text.endswith("\n"):
        replacement = replacement.removesuffix(line_end)
    edits.append(_smallest(run_start, run_text, replacement))
    return tuple(sorted(edits, key=lambda it: it.span))


def _comments_of(dockerfile: Dockerfile, block: int) -> tuple[str, int]:
    """Return the comment right above a RUN, unless it speaks of the install, and where it starts."""
    tree = dockerfile.tree
    first = _comments_start(dockerfile, block)
    comments = [it.text for it in tree.blocks[first:block]]
    speaks = any(map(_OF_THE_INSTALL.search, comments)) and not any(map(_PRAGMA.search, comments))
    return ("", tree.starts[block]) if speaks else ("".join(comments), tree.starts[first])


def _take_out(
    dockerfile: Dockerfile, placed: Placed, move: Move | None, line_end: str, gone: set[int]
) -> tuple[Edit, str]:
    """Return the edit of a step's own place, and the comments that go with what moves of it.

    ``gone`` are the blocks that nothing is left of.
    """
    tree = dockerfile.tree
    block = dockerfile.blocks[dockerfile.index_of(placed)]
    early = move.early if move is not None else ()
    if move is not None and move.together is not None and knows_parents(tree):
        early = (move.together,)
    first = _comments_start(dockerfile, block)
    comments = [it.text for it in tree.blocks[first:block]]
    stay = bool(early) and any(map(_OF_THE_INSTALL.search, comments)) and not any(map(_PRAGMA.search, comments))
    start = tree.starts[block] if stay else tree.starts[first]
    end = tree.starts[block] + len(tree.blocks[block].text)
    if not early:
        gone.update(range(first, block + 1))
        before = next(it for it in range(first - 1, -1, -1) if it not in gone)
        if isinstance(tree.blocks[before], Blank) and isinstance(tree.blocks[block + 1], Blank):
            # Nothing is left between two blank lines: take one of them along.
            end += len(tree.blocks[block + 1].text)
            gone.add(block + 1)
    text = "".join(_lines(it, line_end) for it in early)
    return Edit(Span(start, end), text), "" if stay else "".join(_terminated(comments, line_end))


def _smallest(start: int, old: str, new: str) -> Edit:
    """Return the edit without the lines at its start that stay as they are."""
    if new.startswith(old):
        return Edit(Span(start + len(old), start + len(old)), new[len(old) :])
    return Edit(Span(start, start + len(old)), new)


def _comments_start(dockerfile: Dockerfile, block: int) -> int:
    """Return the first block of the comment that stands right above a block."""
    while isinstance(dockerfile.tree.blocks[block - 1], Comment):
        block -= 1
    return block


def _lines(text: str, line_end: str) -> str:
    """Return the text with the line ends of the file, one at its end."""
    return f"{text}\n".replace("\r\n", "\n").replace("\n", line_end)


def _terminated(comments: Sequence[str], line_end: str) -> Iterator[str]:
    for it in comments:
        yield it if it.endswith("\n") else f"{it}{line_end}"
