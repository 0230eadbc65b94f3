"""The values that parsing a shell script gives: words, commands, and where a command stands.

All spans are spans of the script's text (see ``Script`` for the exec form).
"""

from __future__ import annotations

import enum
import posixpath
from dataclasses import dataclass, field
from typing import Final

from layerwise.text.span import Span


class Nesting(enum.Flag):
    """What encloses a command; flags add up, ``TOP`` is the absence of them all."""

    TOP = 0
    SUBSHELL = enum.auto()
    """``( … )``"""
    GROUP = enum.auto()
    """``{ …; }``"""
    CONDITIONAL = enum.auto()
    """May be skipped although the script succeeds: in ``if`` or ``case``, after ``||``, ``b`` of ``a && b || c``,
    ``b`` of ``[ … ] && b; c``."""
    LOOP = enum.auto()
    """``for``, ``while``, ``until``, ``select``: the head's commands as well as the body's."""
    FUNCTION = enum.auto()
    """The body of a function: runs when called, wherever that is."""
    PIPELINE = enum.auto()
    BACKGROUND = enum.auto()
    SUBSTITUTION = enum.auto()
    """``$(…)``, backticks, ``<(…)``"""
    NESTED_SHELL = enum.auto()
    """``sh -c '…'``"""
    BROKEN = enum.auto()
    """In a part that does not parse: the command may not be one."""


@dataclass(frozen=True, slots=True)
class Word:
    """One shell word. ``span.of(script.text) == text`` always; quotes are part of both.

    ``value`` is the word after quote and escape removal, or None if it depends on anything but the text (``$X``,
    ``$(…)``, ``~``). Globs and braces count as literal. ``variables`` are the names it mentions, nested ones included.

    In a nested shell whose text cannot be mapped one to one (escapes), ``span`` and ``text`` are those of the whole
    quoted word of the outer command; ``value`` is always the inner word's.
    """

    span: Span
    text: str
    value: str | None
    variables: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value`` before or in place of a command; ``value`` and ``variables`` as in ``Word``.

    ``value`` is None for ``+=``, arrays and array elements too. ``text`` is the value as written, "" where it is none
    of one word.
    """

    span: Span
    name: str
    value: str | None
    variables: frozenset[str] = field(default=frozenset())
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """How a program that starts another one takes its own arguments."""

    valued: frozenset[str] = frozenset()  # options whose value is the next word
    opaque: frozenset[str] = frozenset()  # options with which it is no longer a plain wrapper
    positionals: int = 0  # words between the options and the program
    assigns: bool = False  # takes NAME=value before the program


def _wrapper(valued: str = "", opaque: str = "", positionals: int = 0, *, assigns: bool = False) -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), frozenset(opaque.split()), positionals, assigns)


_WRAPPERS: Final = {
    "builtin": _wrapper(),
    "command": _wrapper(opaque="-v -V"),
    "env": _wrapper("-u --unset", "-C --chdir -S --split-string", assigns=True),
    "exec": _wrapper("-a"),
    "gosu": _wrapper(positionals=1),
    "ionice": _wrapper("-c --class -n --classdata", "-p --pid"),
    "nice": _wrapper("-n --adjustment"),
    "nohup": _wrapper(),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "su-exec": _wrapper(positionals=1),
    "sudo": _wrapper(
        "-u --user -g --group -h --host -p --prompt -C -r -t -T -U",
        "-D --chdir -R --chroot -i --login -s --shell -e --edit -l --list -v",
        assigns=True,
    ),
    "time": _wrapper("-f --format -o --output"),
    "timeout": _wrapper("-k --kill-after -s --signal", positionals=1),
}


def _is_assignment(text: str) -> bool:
    name, equals, _ = text.partition("=")
    return bool(equals) and name.isidentifier()


def _wrapped_at(words: tuple[Word, ...], wrapper: _Wrapper) -> int | None:
    """Return the index in ``words`` of the program that ``words[0]`` starts; None if that cannot be told."""
    at = 1
    while at < len(words):
        option = words[at].value
        if option is None or not option.startswith("-") or option == "-":
            break
        at += 1
        if option == "--":
            break
        if option.split("=")[0] in wrapper.opaque:
            return None
        at += option in wrapper.valued
    at += wrapper.positionals
    while wrapper.assigns and at < len(words) and _is_assignment(words[at].text):
        at += 1
    return at if at < len(words) else None


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command.

    ``span`` covers its assignments, words and redirections (of a heredoc the operator, not the body). ``words`` starts
    with the command's name and is empty for a bare ``A=1``. A ``[ … ]`` or ``[[ … ]]`` is a command whose words are its
    tokens.

    ``joined_by`` is the operator between it and what stands before it at the same level: ``""`` for the first, else one
    of ``&& || ; & | |&`` or a newline. ``negated``: a ``!`` stands before it. ``redirected``: it has redirections of
    its own.

    ``directory`` is the folder it runs in, relative to the step's working folder (``""``: that very folder) or
    absolute, normalised; None if unknown. ``${NAME}/…`` is below the folder that the variable names when the script
    starts. It assumes that a ``cd``, and what is chained before it by ``&&``, succeeded,
    tests such as ``[ -d x ]`` excepted. ``errexit``: ``set -e`` is on.
    """

    span: Span
    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...]
    joined_by: str
    nesting: Nesting
    directory: str | None
    errexit: bool
    redirected: bool
    negated: bool

    @property
    def is_plain(self) -> bool:
        """Tell whether it is of the top-level list, in the foreground, no part of a pipe, and always runs.

        "Always" means: unless the script fails before it (``&&`` chaining is fine).
        """
        return self.nesting is Nesting.TOP and not self.negated

    @property
    def program_words(self) -> tuple[Word, ...]:
        """Return the words from the real program on, looking through ``env A=1``, ``sudo -E``, ``exec`` and others."""
        words = self.words
        while words and (name := words[0].value) is not None:
            wrapper = _WRAPPERS.get(posixpath.basename(name))
            at = wrapper and _wrapped_at(words, wrapper)
            if at is None:
                break
            words = words[at:]
        return words

    @property
    def program(self) -> str | None:
        """Return the real program as written (a path stays a path); None if there is none or it is not literal."""
        words = self.program_words
        return words[0].value if words else None

    @property
    def arguments(self) -> tuple[Word, ...]:
        """Return the words after the real program."""
        return self.program_words[1:]


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of ``text`` in source order, a command before those inside its words.

    ``broken``: the text has syntax errors; the commands are then a best effort, and none that depends on where the
    brackets and quotes are can be trusted.
    """

    text: str
    commands: tuple[Command, ...]
    broken: bool
