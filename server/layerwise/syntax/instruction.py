"""One instruction: its raw text, and what BuildKit reads in it, derived on demand.

All spans are relative to the instruction's own raw text, so that an instruction that an edit did not touch is reused as
it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NoReturn

from layerwise.syntax.problem import Pass, Problem
from layerwise.syntax.reading import GO_SPACE, split_instruction, split_words
from layerwise.syntax.source_map import SourceMap
from layerwise.text.span import Span

HEREDOC_KEYWORDS: Final = frozenset({"ADD", "COPY", "RUN"})
NAME_VALUE_KEYWORDS: Final = frozenset({"ENV", "LABEL"})
JSON_OR_TEXT_KEYWORDS: Final = frozenset({"CMD", "ENTRYPOINT", "RUN", "SHELL", "HEALTHCHECK"})
JSON_OR_WORDS_KEYWORDS: Final = frozenset({"ADD", "COPY", "VOLUME"})
FLAGLESS_KEYWORDS: Final = frozenset({"ARG", "STOPSIGNAL"})

_ASCII_SPACE: Final = "\t\n\v\f\r "
"""Flags are read byte by byte (``extractBuilderFlags``), so a space outside ASCII is none there."""

_BLANKS: Final = re.compile(r"[\t\v\f\r ]+")
_NOT_BLANKS: Final = re.compile(r"[^\t\v\f\r ]+")
_JSON_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_TABS: Final = re.compile(r"^\t+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written (quotes and escapes still in it), or an element of a JSON array (decoded)."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """``--name=value`` after quote removal; ``value`` is None for a bare ``--name``."""

    name: str
    value: str | None
    span: Span

    @property
    def text(self) -> str:
        """The flag as BuildKit's parser reports it."""
        return f"--{self.name}" if self.value is None else f"--{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document with the span of its body (terminator line excluded)."""

    name: str
    expand: bool
    chomp: bool
    descriptor: int
    body: Span
    terminated: bool

    def content(self, raw: str) -> str:
        """Return the body as the builder uses it: leading tabs removed for ``<<-``."""
        text = self.body.of(raw)
        return _TABS.sub("", text) if self.chomp else text


@dataclass(frozen=True, slots=True)
class NameValue:
    """One pair of ENV or LABEL, quotes still in it; ``separator`` is "" in the old form ``ENV name value``."""

    name: str
    value: str
    separator: str
    span: Span


@dataclass(frozen=True)
class Instruction:
    """``text`` runs to the end of the last line, heredoc bodies included; ``pieces`` are its parts before them.

    A piece is what one physical line adds to the logical line: no comments, no continuation characters.
    """

    text: str
    escape: str
    pieces: tuple[Span, ...]
    heredocs: tuple[Heredoc, ...] = ()
    is_trigger: bool = False
    """It is held by an ONBUILD."""

    @cached_property
    def logical(self) -> SourceMap:
        """The instruction on one line, stripped, without heredoc bodies."""
        joined = SourceMap.joined(self.text, self.pieces)
        stripped = joined.text.strip(GO_SPACE)
        if not stripped:
            return joined.slice(Span(0, 0))
        start = joined.text.index(stripped[0]) if joined.text[0] != stripped[0] else 0
        return joined.slice(Span(start, start + len(stripped)))

    @cached_property
    def _split(self) -> tuple[str, int]:
        keyword, rest = split_instruction(self.logical.text)
        return keyword, len(self.logical.text) - len(rest)

    @cached_property
    def keyword(self) -> str:
        """The keyword in upper case."""
        return self._split[0].upper()

    @cached_property
    def keyword_span(self) -> Span:
        """Where the keyword stands."""
        return self.logical.raw_span(Span(0, len(self._split[0])))

    @cached_property
    def _flags(self) -> tuple[tuple[Flag, ...], int]:
        return _read_flags(self.logical, self._split[1], self.escape)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The leading ``--name=value`` words."""
        return self._flags[0]

    @cached_property
    def arguments(self) -> SourceMap:
        """What follows keyword and flags, stripped, on one line."""
        text = self.logical.text
        start = self._flags[1]
        while start < len(text) and text[start] in GO_SPACE:
            start += 1
        return self.logical.slice(Span(start, len(text)))

    @cached_property
    def span(self) -> Span:
        """From the keyword to the end of the last argument or heredoc terminator, without the line end."""
        whole = self.logical.raw_span(Span(0, len(self.logical.text)))
        end = len(self.text.rstrip("\r\n")) if self.heredocs else whole.end
        start = self.keyword_span.start
        return Span(start, max(start, end))

    @cached_property
    def trigger(self) -> Instruction | None:
        """The instruction that an ONBUILD holds, with spans in this instruction's text.

        An ONBUILD inside another one has none: BuildKit refuses the two, and there may be thousands in one line.
        """
        if self.keyword != "ONBUILD" or self.is_trigger:
            return None
        rest = self.arguments
        if not rest.text:
            return None
        ends = [*rest.starts[1:], len(rest.text)]
        pieces = tuple(
            Span(raw, raw + end - begin) for begin, end, raw in zip(rest.starts, ends, rest.raw_starts, strict=True)
        )
        return Instruction(self.text, self.escape, pieces, self.heredocs, is_trigger=True)

    @cached_property
    def _json(self) -> tuple[tuple[Word, ...] | None, Problem | None]:
        keyword = self.keyword
        offset = 0
        text = self.arguments.text
        if keyword == "HEALTHCHECK":
            match = re.match(f"[^{GO_SPACE}]+[{GO_SPACE}]*", text)
            offset = match.end() if match else 0
        elif keyword not in JSON_OR_TEXT_KEYWORDS | JSON_OR_WORDS_KEYWORDS:
            return None, None
        rest = text[offset:].lstrip(GO_SPACE)
        offset = len(text) - len(rest)
        values = _json_array(rest)
        if values is None:
            return None, None
        if not all(isinstance(it, str) for it in values):
            span = self.arguments.raw_span(Span(offset, len(text)))
            message = "a JSON array here may hold only strings in double quotes"
            return None, Problem(message, span, Pass.PARSER)
        spans = (it.span() for it in _JSON_STRING.finditer(rest))
        words = tuple(
            Word(str(value), self.arguments.raw_span(Span(start + offset, end + offset)))
            for value, (start, end) in zip(values, spans, strict=True)
        )
        return words, None

    @property
    def json(self) -> tuple[Word, ...] | None:
        """The elements of the JSON (exec) form, or None in any other form."""
        return self._json[0]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments as words: JSON elements, or split at blanks (ENV, LABEL, ARG: outside quotes)."""
        if self.json is not None:
            return self.json
        rest = self.arguments
        if self.keyword in NAME_VALUE_KEYWORDS or self.keyword == "ARG":
            words: list[Word] = []
            cursor = 0
            for text in split_words(rest.text, self.escape):
                start = rest.text.index(text, cursor)
                cursor = start + len(text)
                words.append(Word(text, rest.raw_span(Span(start, cursor))))
            return tuple(words)
        return tuple(Word(it.group(), rest.raw_span(Span(*it.span()))) for it in _NOT_BLANKS.finditer(rest.text))

    @cached_property
    def _pairs(self) -> tuple[tuple[NameValue, ...], Problem | None]:
        words = self.words
        if self.keyword not in NAME_VALUE_KEYWORDS or not words:
            return (), None
        whole = self.arguments.raw_span(Span(0, len(self.arguments.text)))
        if "=" not in words[0].text:
            parts = _BLANKS.split(self.arguments.text, maxsplit=1)
            if len(parts) < 2:
                return (), Problem(f"{self.keyword} needs a name and a value", whole, Pass.PARSER)
            return (NameValue(parts[0], parts[1], "", whole),), None
        pairs: list[NameValue] = []
        for word in words:
            name, separator, value = word.text.partition("=")
            if not separator:
                message = f'"{word.text}" has no "=": after the first name=value every word must be one'
                return (), Problem(message, word.span, Pass.PARSER)
            pairs.append(NameValue(name, value, separator, word.span))
        return tuple(pairs), None

    @property
    def pairs(self) -> tuple[NameValue, ...]:
        """The pairs of ENV or LABEL; empty if they are malformed."""
        return self._pairs[0]

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Why BuildKit's parser refuses this instruction alone."""
        found = [it for it in (self._json[1], self._pairs[1]) if it is not None]
        found += [
            Problem(f'the heredoc "{it.name}" has no end line', self.keyword_span, Pass.PARSER)
            for it in self.heredocs
            if not it.terminated
        ]
        if self.trigger is not None:
            found += [it for it in self.trigger.problems if it not in found]
        return tuple(found)

    def flag(self, name: str) -> Flag | None:
        """Return the first flag of that name."""
        return next((it for it in self.flags if it.name == name), None)

    def flag_values(self, name: str) -> tuple[str, ...]:
        """Return the values of a list flag."""
        return tuple(it.value or "" for it in self.flags if it.name == name)


def _json_array(text: str) -> list[object] | None:
    """Decode ``text`` if the whole of it is a JSON array as Go's ``encoding/json`` accepts it."""
    if not text.startswith("["):
        return None

    def reject(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        return json.loads(text, parse_constant=reject)
    except (ValueError, RecursionError):
        return None


def _read_flags(logical: SourceMap, start: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """Read leading flags; return them and where the arguments start.

    Source: BuildKit ``parser/split_command.go:extractBuilderFlags``.
    """
    text = logical.text
    flags: list[Flag] = []
    position = start
    while True:
        while position < len(text) and text[position] in _ASCII_SPACE:
            position += 1
        if not text.startswith("--", position):
            return tuple(flags), position
        begin = position
        value, position = _read_flag_word(text, position, escape)
        if value == "--":
            return tuple(flags), position
        name, separator, argument = value[2:].partition("=")
        span = logical.raw_span(Span(begin, position))
        flags.append(Flag(name, argument if separator else None, span))


def _read_flag_word(text: str, position: int, escape: str) -> tuple[str, int]:
    out: list[str] = []
    quote = ""
    while position < len(text):
        character = text[position]
        if character == escape and position + 1 < len(text):
            position += 1
            out.append(text[position])
        elif character == escape:
            quote = ""
        elif quote:
            if character == quote:
                quote = ""
            else:
                out.append(character)
        elif character in "'\"":
            quote = character
        elif character in _ASCII_SPACE:
            break
        else:
            out.append(character)
        position += 1
    word = "".join(out)
    # Each byte becomes a character: an "é" comes out as two of them, and such a file is not found.
    return word if word.isascii() else word.encode("utf-8", "surrogatepass").decode("latin-1"), position


def may_hold_heredoc(instruction: Instruction) -> bool:
    """Tell whether BuildKit looks for heredocs: ADD, COPY, RUN, or one of them in ONBUILD, not in JSON form.

    Source: BuildKit ``parser/parser.go:Node.canContainHeredoc``.
    """
    trigger = instruction.trigger
    if trigger is not None:
        return trigger.keyword in HEREDOC_KEYWORDS and trigger.json is None
    return instruction.keyword in HEREDOC_KEYWORDS and instruction.json is None
