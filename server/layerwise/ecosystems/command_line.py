"""Reading a command's arguments: options with their values, and operands."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterable
from dataclasses import dataclass

from layerwise.semantics.paths import join
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command


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
        values = [value for it in names for value in self.options.get(it, ())]
        return values[-1] if values else None

    def values(self, *names: str) -> list[str]:
        """Return all values of an option by any of its names."""
        return [value for it in names for value in self.options.get(it, ())]


def read_command_line(
    command: Command, scope: Scope, valued: Container[str], *, short_values: Iterable[str] = ()
) -> CommandLine | None:
    """Read a command; None if its program can't be told. ``valued`` options take the next word as their value.

    ``short_values`` are one-letter options whose value may be glued on (``-rreq.txt``).
    """
    words = command.program_words
    program = literal(words[0], scope) if words else None
    if program is None:
        return None
    options: dict[str, list[str]] = {}
    operands: list[str | None] = []
    values = [literal(it, scope) for it in words[1:]]
    position = 0
    while position < len(values):
        word = values[position]
        position += 1
        if word is None or not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        if word == "--":
            operands += values[position:]
            break
        name, equals, value = word.partition("=")
        glued = next((it for it in short_values if word.startswith(it) and len(word) > len(it)), None)
        if equals and word.startswith("--"):
            options.setdefault(name, []).append(value)
        elif glued is not None:
            options.setdefault(glued, []).append(word[len(glued) :])
        elif word in valued and position < len(values):
            options.setdefault(word, []).append(values[position] or "$")
            position += 1
        else:
            options.setdefault(word, []).append("")
    return CommandLine(posixpath.basename(program), options, operands)


def directory_of(command: Command, scope: Scope, moved_to: str | None = None) -> str | None:
    """Return the image path in which a command works, after ``cd`` and an option that moves it; None if unknown."""
    if command.directory is None:
        return None
    directory = join(scope.directory, command.directory) if command.directory else scope.directory
    if moved_to is None:
        return directory
    return None if "$" in moved_to else join(directory, moved_to)
