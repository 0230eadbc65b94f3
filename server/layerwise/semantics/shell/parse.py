"""The two ways in: a RUN's shell text, and its exec form."""

from __future__ import annotations

from functools import lru_cache

from layerwise.semantics.shell.command import Command, Nesting, Script, Word
from layerwise.semantics.shell.nested import moved, nested_script
from layerwise.semantics.shell.walk import commands_of
from layerwise.text.span import Span


@lru_cache(maxsize=4096)
def parse_script(text: str, *, errexit: bool = False) -> Script:
    """Parse the shell text of a RUN: never raises, whatever the text.

    ``errexit``: the shell that runs it was started with ``-e`` (``SHELL ["bash", "-ec"]``). Of heredocs only the
    operator is seen; nothing in a body counts as a command.
    """
    commands, broken = commands_of(text, errexit=errexit)
    return Script(text, tuple(commands), broken)


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
