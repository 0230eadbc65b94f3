"""Text into a tree of tree-sitter-bash, with offsets that are those of the text.

The grammar's scanner hands characters to C's ``isdigit`` and its kin, which crash the process on those outside ASCII
(``{`` before U+D9 is enough). So every character that is not ASCII is parsed as a dot, which is part of a word and of
nothing else; a tree's byte offsets are then offsets into the text.

The grammar's heredocs know one heredoc a line and no ``;`` after it, so heredocs are taken out before parsing, by a
replacement of the same length: ``<<EOF`` becomes the redirection ``< EOF``, the body becomes blanks. So does a comment
in backticks, which people put between continued lines and which the grammar rejects.
"""

from __future__ import annotations

import re
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from layerwise.text.span import Span

_BASH: Final = Language(tree_sitter_bash.language())

_TOKEN: Final = re.compile(
    r"""
      \\.
    | \$'(?:\\.|[^'\\])*'
    | '[^']*'
    | "(?:\\.|[^"\\])*"
    | (?<![^\s;&|()])\#[^\n]*
    | \(\([^\n]{0,200}?\)\)
    | <<<
    | (?P<operator><<-?)[ \t]*(?P<end>(?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s'"\\;&|()<>$`])+)
    | (?P<remark>`\#[^`\n]*`)
    | \n
    """,
    re.VERBOSE | re.DOTALL,
)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_QUOTES: Final = re.compile(r"""['"\\]""")
_NOT_LINE_END: Final = re.compile(r"[^\r\n]")


def _after_body(text: str, start: int, end: str, *, tabs: bool) -> int:
    """Return where a heredoc's last line ends, before its newline; the text's end if it is not terminated."""
    while start < len(text):
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        line = text[start:stop].removesuffix("\r")
        if (line.lstrip("\t") if tabs else line) == end:
            return stop
        start = stop + 1
    return len(text)


def prepared(text: str) -> str:
    """Return the text with heredocs and comments in backticks blanked out; its length and its lines stay the same."""
    if "<<" not in text and "`#" not in text:
        return text
    out: list[str] = []
    pending: list[tuple[str, bool]] = []
    kept = position = 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        if operator := match["operator"]:
            pending.append((_QUOTES.sub("", match["end"]), operator == "<<-"))
            out += [text[kept : match.start()], "<".ljust(len(operator))]
            kept = match.start() + len(operator)
        elif match["remark"]:
            out += [text[kept : match.start()], " " * len(match[0])]
            kept = position
        elif match[0] == "\n" and pending:
            stop = position
            for end, tabs in pending:
                stop = _after_body(text, stop + (stop > position), end, tabs=tabs)
            out += [text[kept:position], _NOT_LINE_END.sub(" ", text[position:stop])]
            pending.clear()
            kept = position = stop
    return "".join([*out, text[kept:]])


class Source:
    """A script's text and its tree. ``slice`` is of the text as parsed, ``span.of(text)`` of the text as written."""

    __slots__ = ("_prepared", "root", "text")

    def __init__(self, text: str) -> None:
        """Parse ``text``, whatever it is."""
        self.text = text
        # The grammar knows no continuation before \r\n.
        self._prepared = prepared(text).replace("\\\r\n", " \\\n")
        parsed = _NOT_ASCII.sub(".", self._prepared)
        if "\\" in text:
            # To the grammar an escaped blank is a blank, unless it stands within a plain word.
            parsed = _ESCAPE.sub(lambda it: "\\_" if it[1] in " \t" else it[0], parsed)
        # A parser is cheap to make and not safe to share between threads.
        self.root: Node = Parser(_BASH).parse(parsed.encode("ascii")).root_node

    def span(self, first: Node, last: Node | None = None) -> Span:
        """Return the span from the start of ``first`` to the end of ``last``, by default ``first`` itself."""
        return Span(first.start_byte, (last or first).end_byte)

    def slice(self, first: Node, last: Node | None = None) -> str:
        """Return the text of that span, heredocs blanked out."""
        return self.span(first, last).of(self._prepared)

    def gap(self, before: Node, after: Node) -> str:
        """Return the text between two nodes."""
        return self._prepared[before.end_byte : after.start_byte]
