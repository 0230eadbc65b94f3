"""The script of ``sh -c '…'``: where it is in a command, and its commands put back into the outer text."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import Final

from layerwise.semantics.shell.command import Command, Word
from layerwise.semantics.shell.effects import shell_options
from layerwise.text.span import Span

_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})


def nested_script(command: Command) -> tuple[Word, bool] | None:
    """Return the script word of ``sh -c …`` and whether it runs under ``set -e``; None for any other command."""
    program = command.program
    if program is None or posixpath.basename(program) not in _SHELLS:
        return None
    options = shell_options(command.arguments)
    return (options.operands[0], bool(options.errexit)) if options.has_script and options.operands else None


def moved(command: Command, offset: int | None, whole: Word) -> Command:
    """Put a command of a nested script ``offset`` characters further on; without an offset, onto the ``whole`` word."""

    def span(it: Span) -> Span:
        return whole.span if offset is None else it.shift(offset)

    return replace(
        command,
        span=span(command.span),
        words=tuple(
            replace(it, span=span(it.span), text=whole.text if offset is None else it.text) for it in command.words
        ),
        assignments=tuple(replace(it, span=span(it.span)) for it in command.assignments),
    )


def quoted_text(word: Word) -> tuple[str, int | None] | None:
    """Return the text of a nested script and its offset from the word's start, None if it is not there verbatim.

    In double quotes the outer shell fills in ``$X`` first; the script is read as if the inner one did.
    """
    inner = word.text[1:-1]
    if word.value is not None:
        return word.value, {word.text: 0, inner: 1}.get(word.value)
    is_quoted = len(word.text) > 1 and word.text[0] == word.text[-1] == '"'
    return (inner, 1) if is_quoted and not any(it in inner for it in ("\\", "`", "$(", '"')) else None
