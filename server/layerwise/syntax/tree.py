"""The lossless tree of a Dockerfile: blocks whose texts, joined, are the input.

Every block ends by itself, that is, what follows does not change how it reads (an unterminated heredoc and a
continuation at the end of the file run to the end). So an edit is read from the first block that it touches until a
block boundary of the old tree is met again; all other blocks are reused by identity.

Source for everything here: BuildKit ``frontend/dockerfile/parser/parser.go:Parse`` and ``directives.go``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, cast

from layerwise.syntax.expansion import heredocs_of
from layerwise.syntax.instruction import Heredoc, Instruction, may_hold_heredoc
from layerwise.syntax.problem import Pass, Problem
from layerwise.syntax.reading import GO_SPACE
from layerwise.text.edit import Edit
from layerwise.text.span import Span

MAX_LINE_BYTES: Final = 65_535
"""BuildKit reads lines with a ``bufio.Scanner`` of that size and stops at a longer one."""

_DIRECTIVE: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*\Z")
_DIRECTIVES: Final = frozenset({"syntax", "escape", "check"})
_CONTINUATION: Final = {
    escape: re.compile(rf"(?:(?<=[^{re.escape(escape)}])|\A){re.escape(escape)}[ \t]*\Z") for escape in ("\\", "`")
}
_BOM: Final = "\ufeff"


@dataclass(frozen=True)
class Blank:
    """A line of nothing but space."""

    text: str


@dataclass(frozen=True)
class Comment:
    """A comment line outside instructions."""

    text: str


@dataclass(frozen=True)
class Directive:
    """``# name=value`` at the very top; ``name`` in lower case."""

    text: str
    name: str
    value: str
    problem: str | None = None


Block = Blank | Comment | Directive | Instruction


@dataclass(frozen=True, slots=True)
class _Header:
    """Where the directive parser stands: it gives up for good at the first line that is not a known directive."""

    seen: frozenset[str] = frozenset()
    escape: str = "\\"
    done: bool = False


@dataclass(frozen=True)
class Tree:
    """Blocks with the offset of each; ``header_size`` blocks at the start are directives.

    ``instruction_blocks`` are the indexes of the blocks that are instructions.
    """

    blocks: tuple[Block, ...]
    starts: tuple[int, ...]
    instruction_blocks: tuple[int, ...]
    escape: str
    header_size: int

    @property
    def text(self) -> str:
        """The input, character by character."""
        return "".join(it.text for it in self.blocks)

    def block_at(self, offset: int) -> int:
        """Return the index of the block that holds ``offset``; -1 in an empty file."""
        return bisect_right(self.starts, offset) - 1

    def instructions(self) -> Iterator[tuple[int, Instruction]]:
        """Yield each instruction with the index of its block."""
        return zip(self.instruction_blocks, self.instruction_list(), strict=True)

    def instruction_list(self) -> list[Instruction]:
        """Return the instructions in order."""
        blocks = self.blocks
        return cast("list[Instruction]", [blocks[it] for it in self.instruction_blocks])

    def directive(self, name: str) -> str | None:
        """Return the value of a directive, None if there is none."""
        header = self.blocks[: self.header_size]
        return next((it.value for it in header if isinstance(it, Directive) and it.name == name), None)

    def edited(self, edit: Edit, text: str) -> Tree:
        """Return the tree after ``edit``, where ``text`` is the text after it."""
        if not self.blocks:
            return parse(text)
        first = self.block_at(edit.span.start)
        header = _Header(frozenset(), self.escape, done=True)
        if first <= self.header_size:
            first, header = 0, _Header()
        delta = len(edit.new_text) - (edit.span.end - edit.span.start)
        edit_end = edit.span.start + len(edit.new_text)
        position = self.starts[first]
        blocks: list[Block] = []
        starts: list[int] = []
        header_size = 0 if first == 0 else self.header_size
        rejoin = len(self.blocks)
        while position < len(text):
            if position >= edit_end and header.done and header.escape == self.escape:
                old = bisect_left(self.starts, position - delta, first)
                # The first block is never reused elsewhere: only there a BOM counts, and a directive.
                if 0 < old < len(self.starts) and self.starts[old] == position - delta and old >= self.header_size:
                    rejoin = old
                    break
            block, header = _scan(text, position, header)
            header_size += isinstance(block, Directive)
            blocks.append(block)
            starts.append(position)
            position += len(block.text)
        known = self.instruction_blocks
        more = first + len(blocks) - rejoin
        return Tree(
            (*self.blocks[:first], *blocks, *self.blocks[rejoin:]),
            (*self.starts[:first], *starts, *_shifted(self.starts[rejoin:], delta)),
            (
                *known[: bisect_left(known, first)],
                *_instruction_indexes(blocks, first),
                *_shifted(known[bisect_left(known, rejoin) :], more),
            ),
            header.escape,
            header_size,
        )

    def problems(self) -> Iterator[Problem]:
        """Yield what BuildKit's parser refuses, with spans in the whole text, in order."""
        for block, start in zip(self.blocks, self.starts, strict=True):
            yield from (it.shift(start) for it in block_problems(block))


def block_problems(block: Block) -> Iterator[Problem]:
    """Yield what BuildKit's parser refuses in a block, with spans in its text."""
    if isinstance(block, Directive) and block.problem is not None:
        yield Problem(block.problem, Span(0, len(block.text.rstrip("\r\n"))), Pass.PARSER)
    if isinstance(block, Instruction):
        yield from block.problems
    if len(block.text) > MAX_LINE_BYTES // 4:
        yield from _long_lines(block.text)


def parse(text: str) -> Tree:
    """Parse a whole text; never raises."""
    blocks: list[Block] = []
    starts: list[int] = []
    position = 0
    header = _Header()
    while position < len(text):
        block, header = _scan(text, position, header)
        blocks.append(block)
        starts.append(position)
        position += len(block.text)
    size = sum(isinstance(it, Directive) for it in blocks)
    return Tree(tuple(blocks), tuple(starts), tuple(_instruction_indexes(blocks, 0)), header.escape, size)


def _instruction_indexes(blocks: list[Block], first: int) -> list[int]:
    return [index for index, it in enumerate(blocks, first) if isinstance(it, Instruction)]


def _shifted(numbers: tuple[int, ...], by: int) -> Iterable[int]:
    return [it + by for it in numbers] if by else numbers


def _long_lines(text: str) -> Iterator[Problem]:
    offset = 0
    for line in text.split("\n"):
        if len(line.encode("utf-8", "replace")) > MAX_LINE_BYTES:
            message = f"the line is longer than {MAX_LINE_BYTES} bytes; BuildKit reads no further"
            yield Problem(message, Span(offset, offset + len(line)), Pass.PARSER)
        offset += len(line) + 1


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end + 1


def _scan(text: str, start: int, header: _Header) -> tuple[Block, _Header]:
    """Read the block that starts at ``start``."""
    end = _line_end(text, start)
    line = text[start:end]
    content = line.removeprefix(_BOM) if start == 0 else line
    content = content.rstrip("\r\n").lstrip(GO_SPACE)
    directive = None
    if not header.done:
        directive, header = _directive(line, content, header)
    if directive is not None:
        return directive, header
    if content.startswith("#"):
        return Comment(line), header
    if not content:
        return Blank(line), header
    return _scan_instruction(text, start, end, header.escape), header


def _directive(line: str, content: str, header: _Header) -> tuple[Directive | None, _Header]:
    match = _DIRECTIVE.match(content[1:].lstrip(GO_SPACE)) if content.startswith("#") else None
    name = match[1].lower() if match else ""
    if match is None or name not in _DIRECTIVES:
        return None, _Header(header.seen, header.escape, done=True)
    value = match[2]
    escape, problem = header.escape, None
    if name in header.seen:
        problem = f"only one {name} directive can be used"
    elif name == "escape":
        if value in _CONTINUATION:
            escape = value
        else:
            problem = f"the escape character must be \\ or `, not {value}"
    return Directive(line, name, value, problem), _Header(header.seen | {name}, escape)


def _scan_instruction(text: str, start: int, end: int, escape: str) -> Instruction:
    """Read an instruction whose first line is ``start..end``; spans come out relative to ``start``."""
    continuation = _CONTINUATION[escape]
    pieces: list[Span] = []
    line_start = start
    if start == 0 and text.startswith(_BOM):
        line_start = 1
    while text[line_start] in GO_SPACE and line_start < end - 1:
        line_start += 1
    while True:
        content_end = end
        while content_end > line_start and text[content_end - 1] in "\r\n":
            content_end -= 1
        content = text[line_start:content_end]
        stripped = content.lstrip(GO_SPACE)
        more = True
        # A comment or blank line inside an instruction adds nothing and does not end it.
        if not pieces or (stripped and not stripped.startswith("#")):
            match = continuation.search(content)
            more = match is not None
            length = match.start() if match else len(content)
            pieces.append(Span(line_start - start, line_start - start + length))
        if not more or end == len(text):
            break
        line_start, end = end, _line_end(text, end)
    instruction = Instruction(text[start:end], escape, tuple(pieces))
    if "<<" not in instruction.text or not may_hold_heredoc(instruction):
        return instruction
    heredocs: list[Heredoc] = []
    for opening in heredocs_of(instruction.logical.text):
        body = end
        terminated = False
        while end < len(text) and not terminated:
            line_start, end = end, _line_end(text, end)
            line = text[line_start:end].rstrip("\r\n")
            terminated = (line.lstrip("\t") if opening.chomp else line) == opening.name
        body_end = line_start if terminated else end
        heredocs.append(
            Heredoc(
                opening.name,
                opening.expand,
                opening.chomp,
                opening.descriptor,
                Span(body - start, body_end - start),
                terminated,
            )
        )
    return Instruction(text[start:end], escape, tuple(pieces), tuple(heredocs))
