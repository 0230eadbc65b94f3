"""BuildKit's lexer of words: quotes, escapes, ``$NAME``, ``${NAME…}``, splitting, and heredoc words.

Source of fact: BuildKit ``frontend/dockerfile/shell/lex.go`` (``Lex``) and ``frontend/dockerfile/parser/parser.go``
(``heredocsFromLine``, ``heredocFromMatch``). Nothing here raises: what the builder rejects is ``Expansion.problem``.

The builder reads every operand, used or not, so which names are looked up does not depend on their values. That is
what makes ``mentioned`` exact.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from layerwise.syntax.shell_pattern import PatternError, all_replaced, replaced, without_prefix, without_suffix

_OPERATORS: Final = ("-", "+", "?", "#", "%")
_SPECIAL_NAMES: Final = ("@", "*", "#", "?", "-", "$", "!")
_UNCLOSED: Final = "syntax error: missing '}'"

# BuildKit has neither limit. They keep a hostile text from exhausting the stack, and memory (`${A//?/${A//?/$A}}`).
# Linux gives a variable no more than 128 KiB anyway.
_DEEPEST: Final = 50
_LONGEST: Final = 128 * 1024

# Go's unicode.IsSpace, which knows fewer characters than Python's \s.
_SPACE: Final = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_IS_ITSELF: Final = re.compile(r"[\w./:=,@+-]+", re.ASCII)
"""Most paths and values: nothing in them to expand, or to split at."""

_PLAIN: Final = re.compile(r"""[^$<'"\\`}/]*""")
_ANGLE: Final = re.compile(r"(?:<[\t\r ]*)?")
_HEREDOC: Final = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the builder makes of a text.

    ``text`` is the result as one word and ``words`` the result split at unquoted blanks. With a ``problem`` (the
    builder's message) there is no result: ``text`` is the input and ``words`` is empty. ``used`` and ``unset`` are the
    names looked up that have, and have not, a value, up to the problem. ``known`` is false if the result is not
    certain: there is a problem, or an unknown value is needed, whose substitution then stays in ``text`` as written.
    """

    text: str
    words: tuple[str, ...]
    used: frozenset[str]
    unset: frozenset[str]
    problem: str | None
    known: bool


@dataclass(frozen=True, slots=True)
class HeredocStart:
    """A heredoc word: ``descriptor<<-name``; ``expand`` unless a part of the name is quoted."""

    name: str
    expand: bool = True
    chomp: bool = False
    descriptor: int = 0


def expand(text: str, variables: Mapping[str, str | None], *, escape: str = "\\") -> Expansion:
    """Expand ``text`` as ``Lex.ProcessWord`` does; a variable that is None is set, but to an unknown value."""
    if _IS_ITSELF.fullmatch(text):
        return Expansion(text, (text,), frozenset(), frozenset(), None, known=True)
    return _Lexer(text, variables, _Mode(escape)).run()


def expand_words(text: str, variables: Mapping[str, str | None], *, escape: str = "\\") -> tuple[str, ...]:
    """Expand ``text`` and split it into words as ``Lex.ProcessWords`` does; no words if there is a problem.

    Since Dockerfile 1.10 the builder loses the part of a word before an operand: ``80${X:-80}`` is the word ``80``.
    """
    return expand(text, variables, escape=escape).words


def expand_heredoc_body(text: str, variables: Mapping[str, str | None]) -> Expansion:
    """Expand the body of a COPY or ADD heredoc: quotes are plain text, a backslash still escapes (and goes away).

    Source: ``dockerfile2llb/convert.go:dispatch`` (``ExpandRaw``). The escape directive has no say here.
    """
    return _Lexer(text, variables, _Mode(quotes="")).run()


def mentioned(text: str, *, escape: str = "\\", quotes: bool = True) -> frozenset[str]:
    """Return the names that the builder looks up in ``text``, whatever their values, up to a syntax error.

    ``quotes`` is false for the body of a heredoc, where they are plain text.
    """
    if "$" not in text:
        return frozenset()
    all_unknown: defaultdict[str, str | None] = defaultdict(lambda: None)
    return _Lexer(text, all_unknown, _Mode(escape, quotes="'\"" if quotes else "")).run().used


def heredocs_of(line: str) -> tuple[HeredocStart, ...]:
    """Return the heredocs that a logical line opens, in order; whether its instruction may have any is not asked.

    Blanks between ``<<`` and the name are fine since Dockerfile 1.16. The escape directive has no say here.
    A line that the lexer rejects opens none: unbalanced quotes, but also ``${X=a}``, ``${X^}`` or ``${#X}`` in a RUN.
    """
    if "<<" not in line:
        return ()
    words = _Lexer(line, {}, _Mode(raw_quotes=True, raw_escapes=True, skip_unset=True)).run().words
    return tuple(start for word in words if (start := _heredoc_start(word)))


def _heredoc_start(word: str) -> HeredocStart | None:
    match = _HEREDOC.fullmatch(word)
    if match is None:
        return None
    descriptor, dash, rest = match.groups()
    bare, raw = (_Lexer(rest, {}, _Mode(raw_quotes=it, skip_unset=True)).run().words for it in (False, True))
    if len(bare) != 1 or len(raw) != 1:
        return None
    quotes, raw_quotes = (it.count("'") + it.count('"') for it in (bare[0], raw[0]))
    # Go's ParseUint saturates; Python refuses to read very long numbers at all.
    number = min(int(descriptor.lstrip("0")[:21] or "0"), 2**64 - 1)
    return HeredocStart(bare[0], expand=quotes == raw_quotes, chomp=dash == "-", descriptor=number)


@dataclass(frozen=True, slots=True)
class _Mode:
    """The switches of ``Lex``: which quotes count, whether quotes, escapes and unset variables stay as written."""

    escape: str = "\\"
    quotes: str = "'\""
    raw_quotes: bool = False
    raw_escapes: bool = False
    skip_unset: bool = False


class _ExpansionError(ValueError):
    """The builder rejects the text; the message is the builder's."""


_REJECTED: Final = (_ExpansionError, PatternError)


class _Lexer:
    """One pass over one text."""

    def __init__(self, text: str, variables: Mapping[str, str | None], mode: _Mode) -> None:
        self.source = text
        # Go's text/scanner drops a byte order mark at the start of any text, so of each word.
        self.text = text.removeprefix("\ufeff")
        self.variables = variables
        self.mode = mode
        self.raw_escapes = mode.raw_escapes
        self.at = 0
        self.depth = 0
        self.known = True
        self.used: set[str] = set()
        self.unset: set[str] = set()
        self.words: list[str] = []
        self.open_word: list[str] = []

    def run(self) -> Expansion:
        problem: str | None = None
        result: list[str] = []
        try:
            for piece, splits in self.pieces(stop=""):
                result.append(piece)
                self.add_to_words(piece, splits=splits)
            self.end_word()
        except _REJECTED as error:
            problem = str(error)
        return Expansion(
            text=self.source if problem else "".join(result),
            words=() if problem else tuple(self.words),
            used=frozenset(self.used),
            unset=frozenset(self.unset),
            problem=problem,
            known=self.known and not problem,
        )

    # Words

    def add_to_words(self, piece: str, *, splits: bool) -> None:
        first, *others = _SPACE.split(piece) if splits else [piece]
        self.open_word.append(first)
        for other in others:
            self.end_word()
            self.open_word.append(other)

    def end_word(self) -> None:
        if word := "".join(self.open_word):
            self.words.append(word)
        self.open_word.clear()

    # Characters

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        """Read a character; empty at the end."""
        char = self.peek()
        self.at += len(char)
        return char

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        taken = match.group() if match else ""
        self.at += len(taken)
        return taken

    # Grammar

    def pieces(self, stop: str) -> Iterator[tuple[str, bool]]:
        """Read through the character ``stop`` (empty: to the end), giving results and whether blanks in them split."""
        mode = self.mode
        while (char := self.next()) != stop:
            if not char:
                raise _ExpansionError(f"unexpected end of statement while looking for matching {stop}")
            if char == "$":
                yield self.dollar(), True
            elif char == "<":
                yield char + self.take(_ANGLE), False
            elif char in mode.quotes:
                yield self.single_quoted() if char == "'" else self.double_quoted(), False
            elif char == mode.escape:
                yield (char if self.raw_escapes else "") + self.next(), False
            else:
                yield char + self.take(_PLAIN), True

    def single_quoted(self) -> str:
        end = self.text.find("'", self.at)
        if end < 0:
            self.at = len(self.text)
            raise _ExpansionError("unexpected end of statement while looking for matching single-quote")
        inner, self.at = self.text[self.at : end], end + 1
        return f"'{inner}'" if self.mode.raw_quotes else inner

    def double_quoted(self) -> str:
        out: list[str] = []
        while (char := self.next()) != '"':
            if not char:
                raise _ExpansionError("unexpected end of statement while looking for matching double-quote")
            if char == "$":
                out.append(self.dollar())
            elif char == self.mode.escape:
                escapable = self.peek() in {'"', "$", char}
                out.append((char if self.raw_escapes else "") + (self.next() if escapable else char))
            else:
                out.append(char)
        return f'"{"".join(out)}"' if self.mode.raw_quotes else "".join(out)

    def dollar(self) -> str:
        """Read a substitution whose ``$`` has been read."""
        start = self.at - 1
        if self.peek() != "{":
            name = self.name()
            return self.value_of(name, start) if name else "$"
        self.next()
        if not (first := self.peek()):
            raise _ExpansionError(_UNCLOSED)
        if first in "{}:":
            raise _ExpansionError("syntax error: bad substitution")
        name = self.name()
        operator = self.next()
        if operator == "}":
            return self.value_of(name, start)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _ExpansionError("substitutions are nested too deeply")
        result = self.replacement(name, start) if operator == "/" else self.choice(name, operator, start)
        self.depth -= 1
        return _bounded(result)

    def name(self) -> str:
        """Read digits, one special parameter, or letters, digits and ``_``; empty if there is none of these."""
        first = self.peek()
        if first in _SPECIAL_NAMES:
            return self.next()
        belongs: Callable[[str], bool] = str.isdecimal if first.isdecimal() else _belongs_to_name
        start = self.at
        while belongs(self.peek()):
            self.at += 1
        return self.text[start : self.at]

    def choice(self, name: str, operator: str, start: int) -> str:
        """Read and evaluate ``-w :-w +w :+w ?w :?w #w ##w %w %%w`` after ``${NAME`` and the first character."""
        empty_is_unset = operator == ":"
        modifier = operator
        if empty_is_unset:
            operator = self.next()
            modifier += operator
        trims = operator in {"#", "%"}
        if trims if empty_is_unset else operator not in _OPERATORS:
            raise _ExpansionError(_unsupported(modifier) if operator else _UNCLOSED)
        word, word_known = self.operand("}", _UNCLOSED, raw_escapes=trims)
        value, is_set = self.lookup(name)
        if self.mode.skip_unset and not is_set:
            return f"${{{name}{modifier}{word}}}"
        if operator not in _OPERATORS:
            raise _ExpansionError(_unsupported(modifier))
        if (value is None and modifier != "+") or (trims and not word_known):
            return self.unknown(start)
        absent = not is_set or (empty_is_unset and not value)
        if operator == "?" and absent:
            state = "empty" if is_set else "unset"
            raise _ExpansionError(f"{name}: {word or f'is not allowed to be {state}'}")
        if (operator == "-" and absent) or (operator == "+" and not absent):
            self.known &= word_known
            return word
        return _trimmed(value or "", word, operator) if trims else value or ""

    def replacement(self, name: str, start: int) -> str:
        """Read and evaluate ``/pattern/new`` or ``//pattern/new`` after ``${NAME/``."""
        every = self.peek() == "/"
        if every:
            self.next()
        pattern, pattern_known = self.operand("/", "syntax error: missing '/' in ${}", raw_escapes=True)
        new, new_known = self.operand("}", _UNCLOSED, raw_escapes=True)
        value, is_set = self.lookup(name)
        if self.mode.skip_unset and not is_set:
            return f"${{{name}/{pattern}/{new}}}"
        if value is None or not (pattern_known and new_known):
            return self.unknown(start)
        return all_replaced(value, pattern, new, limit=_LONGEST) if every else replaced(value, pattern, new)

    def operand(self, stop: str, unclosed: str, *, raw_escapes: bool) -> tuple[str, bool]:
        """Read through ``stop``: the result, and whether it is known."""
        # The builder's words share one buffer, which reading an operand clears (since Dockerfile 1.10).
        self.open_word.clear()
        outer = self.raw_escapes, self.known
        self.raw_escapes, self.known = raw_escapes, True
        try:
            text = "".join([piece for piece, _ in self.pieces(stop)])
        except _REJECTED:
            if self.at < len(self.text):
                raise
            raise _ExpansionError(unclosed) from None
        known = self.known
        self.raw_escapes, self.known = outer
        return text, known

    # Values

    def lookup(self, name: str) -> tuple[str | None, bool]:
        """Return the value (empty if unset, None if unknown) and whether it is set."""
        try:
            value = self.variables[name]
        except KeyError:
            self.unset.add(name)
            return "", False
        self.used.add(name)
        return value, True

    def value_of(self, name: str, start: int) -> str:
        value, is_set = self.lookup(name)
        if value is None:
            return self.unknown(start)
        return value if is_set or not self.mode.skip_unset else self.text[start : self.at]

    def unknown(self, start: int) -> str:
        self.known = False
        return self.text[start : self.at]


def _belongs_to_name(char: str) -> bool:
    return char.isalpha() or char.isdecimal() or char == "_"


def _unsupported(modifier: str) -> str:
    return f"unsupported modifier ({modifier}) in substitution"


def _bounded(text: str) -> str:
    if len(text) > _LONGEST:
        raise _ExpansionError("the value of a substitution is too long")
    return text


def _trimmed(value: str, word: str, operator: str) -> str:
    """Cut a match from the start (``#``) or end (``%``), the longest if the operator is doubled (even by a value)."""
    cut = without_prefix if operator == "#" else without_suffix
    return cut(value, word.removeprefix(operator), longest=word.startswith(operator))
