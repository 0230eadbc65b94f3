"""Writing out the command that only gets the dependencies, as the command was started that it stands in for.

Words are kept as they are written, so that what only the build knows (``-Drevision=$VERSION``) is the same in both.
"""

from __future__ import annotations

import shlex

from layerwise.commands.kit.command_line import Syntax, word_value
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command


def started_as(command: Command) -> list[str]:
    """Return the words before the arguments: variables whose values are known, ``env`` or ``sudo``, the program."""
    given = [f"{it.name}={shlex.quote(it.value)}" for it in command.assignments if it.value is not None]
    return [*given, *(it.text for it in command.words[: len(command.words) - len(command.arguments)])]


def kept_options(command: Command, scope: Scope, known: Syntax, keep: frozenset[str] | None = None) -> list[str]:
    """Return the options of a command with their values, all or those of some names, as they are written."""
    kept: list[str] = []
    words = iter(command.arguments)
    for word in words:
        text = word_value(word, scope)
        name, equals, _ = (word.text.lstrip("\"'") if text is None else text).partition("=")
        if text == "--":
            break
        if not name.startswith("-"):
            continue
        is_glued = name not in known.valued and name not in known.flags and not name.startswith("--")
        found = [word.text]
        if name in known.valued and not equals:
            found += [it.text for it in (next(words, None),) if it is not None]
        if keep is None or (name[:2] if is_glued else name) in keep:
            kept += found
    return kept
