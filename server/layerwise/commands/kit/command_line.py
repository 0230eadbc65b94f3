"""Reading a command's arguments: options with their values, and operands.

An option that the program's ``Syntax`` does not list could take the next word as its value or not, so a command with
one is not read at all. The same goes for what the shell makes of a word: a glob may become any number of words.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from layerwise.effects.environment import working_folder
from layerwise.semantics.paths import join
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command, Word
from layerwise.text.wording import names

UNKNOWN: Final = "$"
"""Stands for an option's value that only the build knows."""


class Unresolved(str):
    """``UNKNOWN``, with the word as it is ``written``."""

    __slots__ = ("written",)

    def __new__(cls, written: str) -> Self:
        """Keep what is written."""
        made = super().__new__(cls, UNKNOWN)
        made.written = written
        return made


def written(value: str) -> str:
    """Return a value for a message: one that only the build knows as it is written."""
    return value.written if isinstance(value, Unresolved) else value


def depends(value: str) -> str:
    """Say why a value that is not known can't be told."""
    text = written(value)
    return "depends on a variable" if "$" in text or "`" in text else f"is a pattern ({text}): write the name out"


_ASSIGNED: Final = re.compile(r"(--?[A-Za-z][\w.-]*)=")
_GLOB: Final = re.compile(r"[*?\[]|\{[^}]*(,|\.\.)")
# As a glob it would match "uvicorns" or "uvicornd": nobody has such a file.
_EXTRAS: Final = re.compile(r"[A-Za-z0-9._-]+\[[A-Za-z0-9._,-]+\][^*?\[{]*\Z")


@dataclass(frozen=True, slots=True)
class Syntax:
    """The options of a program: those that take a value (the next word, if none is glued on), and those that don't.

    ``one_dash``: ``--name=value`` is the same as ``-name=value``, which it is read as, and letters do not cluster (Go).
    ``negations``: ``--no-flag`` exists for every ``--flag`` (npm).
    """

    valued: frozenset[str]
    flags: frozenset[str]
    one_dash: bool = False
    negations: bool = False

    def is_flag(self, name: str) -> bool:
        """Tell whether an option takes no value."""
        return name in self.flags or (self.negations and self._opposite(name) in self.flags)

    def _opposite(self, name: str) -> str:
        return f"--{name.removeprefix('--no-')}" if name.startswith("--no-") else ""


def syntax(valued: str, flags: str, *, one_dash: bool = False, negations: bool = False) -> Syntax:
    """Return a syntax from names parted by blanks."""
    return Syntax(names(valued), names(flags), one_dash, negations)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """``options`` maps each option to its values, "" for one without; an operand that can't be told here is None."""

    program: str
    options: dict[str, list[str]]
    operands: list[str | None]

    def has(self, *names: str) -> bool:
        """Tell whether one of the options is given."""
        return any(it in self.options for it in names)

    def value(self, *names: str) -> str | None:
        """Return the last value of an option by any of its names."""
        return next(reversed(self.values(*names)), None)

    def values(self, *names: str) -> list[str]:
        """Return all values of an option by any of its names."""
        return [value for it in names for value in self.options.get(it, ())]

    def last_values(self) -> dict[str, str]:
        """Return each option with its last value."""
        return {name: values[-1] for name, values in self.options.items()}


def read_command_line(command: Command, scope: Scope, known: Syntax) -> CommandLine | None:
    """Read a command; None if its program can't be told, or an option that is not ``known`` is among the arguments."""
    words = command.program_words
    program = literal(words[0], scope) if words else None
    if program is None:
        return None
    line = CommandLine(posixpath.basename(program), {}, [])
    rest = iter(words[1:])
    for word in rest:
        text = word_value(word, scope)
        if text == "--":
            line.operands.extend(word_value(it, scope) for it in rest)
        elif text is None and (unresolved := _ASSIGNED.match(word.text.lstrip('"'))):
            # `--registry=$X`, or what is glued to a short option: `-Drevision=$X`.
            name = unresolved[1] if known.one_dash or unresolved[1].startswith("--") else unresolved[1][:2]
            if name not in known.valued:
                return None
            line.options.setdefault(name, []).append(Unresolved(word.text.partition("=")[2]))
        elif text is None or not text.startswith("-") or text == "-":
            line.operands.append(text)
        elif not _read_option(text, rest, scope, known, line):
            return None
    return line


def _read_option(text: str, rest: Iterator[Word], scope: Scope, known: Syntax, line: CommandLine) -> bool:
    """Add an option to the line; False if it is not known, or lacks its value."""
    if known.one_dash:
        text = f"-{text.lstrip('-')}"
    name, equals, value = text.partition("=")
    is_long = text.startswith("--") or known.one_dash
    if is_long and equals:
        line.options.setdefault(name, []).append(value)
        return name in known.valued or known.is_flag(name)
    if known.is_flag(text):
        line.options.setdefault(text, []).append("")
        return True
    if text in known.valued:
        return _take_value(text, rest, scope, line)
    if is_long:
        return False
    for at, letter in enumerate(text[1:], 2):
        option = f"-{letter}"
        if option in known.valued:
            if text[at:]:
                line.options.setdefault(option, []).append(text[at:])
                return True
            return _take_value(option, rest, scope, line)
        if option not in known.flags:
            return False
        line.options.setdefault(option, []).append("")
    return True


def _take_value(name: str, rest: Iterator[Word], scope: Scope, line: CommandLine) -> bool:
    word = next(rest, None)
    if word is None:
        return False
    value = word_value(word, scope)
    line.options.setdefault(name, []).append(Unresolved(word.text) if value is None else value)
    return True


def word_value(word: Word, scope: Scope) -> str | None:
    """Return what the program gets for a word; None if that is not one word that can be told here."""
    value = literal(word, scope)
    if value is None or word.text[:1] in ("'", '"'):
        return value
    return None if _GLOB.search(value) and not _EXTRAS.match(value) else value


def directory_of(command: Command, scope: Scope, moved_to: str | None = None) -> str | None:
    """Return the image path in which a command works, after ``cd`` and an option that moves it; None if unknown."""
    directory = working_folder(command, scope)
    if moved_to is None or directory is None:
        return directory
    return None if UNKNOWN in moved_to else join(directory, moved_to)
