"""The two ways in: a RUN's shell text, and its exec form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from layerwise.semantics.shell.command import Command, Nesting, Script, Word
from layerwise.semantics.shell.nested import moved, nested_script
from layerwise.semantics.shell.walk import commands_of
from layerwise.text.span import Span

_EVALUATE: Final = frozenset({"eval", "source", "."})
_DECLARE: Final = frozenset({"export", "declare", "local", "readonly", "typeset", "read", "unset", "getopts"})
_LOOP_VARIABLE: Final = re.compile(r"\b(?:for|select)\s+(\w+)")


@lru_cache(maxsize=4096)
def parse_script(text: str, *, errexit: bool = False) -> Script:
    """Parse the shell text of a RUN: never raises, whatever the text.

    ``errexit``: the shell that runs it was started with ``-e`` (``SHELL ["bash", "-ec"]``). Of heredocs only the
    operator is seen; nothing in a body counts as a command.
    """
    commands, broken = commands_of(text, errexit=errexit)
    if any(it.directory is not None and it.directory.startswith("$") for it in commands):
        commands = [_without_own_variables(it, _set_here(text, commands)) for it in commands]
    return Script(text, tuple(commands), broken)


def _set_here(text: str, commands: Sequence[Command]) -> frozenset[str] | None:
    """Return the names of the variables that a script sets itself; None if that can't be told."""
    names = {name for it in commands for name in (assignment.name for assignment in it.assignments)}
    for it in commands:
        if it.program in _EVALUATE:
            return None
        if it.program in _DECLARE:
            names |= {word.text.partition("=")[0] for word in it.arguments}
    return frozenset(names | set(_LOOP_VARIABLE.findall(text)))


def _without_own_variables(command: Command, names: frozenset[str] | None) -> Command:
    directory = command.directory
    if directory is None or not directory.startswith("$"):
        return command
    name = directory[2 : directory.index("}")]
    return replace(command, directory=None) if names is None or name in names else command


@lru_cache(maxsize=1024)
def parse_exec(argv: tuple[str, ...], spans: tuple[Span, ...] | None = None) -> Script:
    """Give the exec form (``RUN ["npm", "ci"]``) the shape of a script; its text is the arguments joined by blanks.

    ``["sh", "-c", "…"]`` gives the commands of the script, at top level; anything else one command whose words have the
    values ``argv``. ``spans`` are those of the arguments in a text of the caller's, quotes included: they become the
    words' spans, and words of the script lie inside its span, or share it if it holds escapes. Without ``spans``, all
    spans are those in the script's text.
    """
    text = " ".join(argv)
    if spans is None:
        starts = [sum(len(it) + 1 for it in argv[:index]) for index in range(len(argv))]
        spans = tuple(Span(start, start + len(it)) for start, it in zip(starts, argv, strict=True))
    words = tuple(Word(span, it, it) for span, it in zip(spans, argv, strict=True))
    if not words:
        return Script("", (), broken=False)
    span = Span(words[0].span.start, words[-1].span.end)
    command = Command(span, words, (), "", Nesting.TOP, "", errexit=False, redirected=False, negated=False)
    if (nested := nested_script(command)) is None:
        return Script(text, (command,), broken=False)
    word, errexit = nested
    script = parse_script(word.value or "", errexit=errexit)
    beyond = word.span.end - word.span.start - len(script.text)
    offset = word.span.start + beyond // 2 if beyond in {0, 2} else None
    return Script(text, tuple(moved(it, offset, word) for it in script.commands), script.broken)
