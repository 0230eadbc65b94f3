"""What a command does to the shell that runs it: the working folder, ``set -e``, whether it goes on at all."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from layerwise.semantics.shell.command import Command, Word

Folders: TypeAlias = frozenset[str | None]
"""The folders in which the shell may be: empty if it never gets there; None stands for an unknown one."""

NOWHERE: Final[Folders] = frozenset()
UNKNOWN: Final[Folders] = frozenset({None})

# Programs that say no in the course of normal work; any other is expected to succeed.
_TESTS: Final = frozenset(
    {"[", "[[", "test", "grep", "egrep", "fgrep", "command", "which", "type", "hash", "id", "getent", "cmp", "diff"}
)
_VARIABLE_FOLDER: Final = re.compile(r'"?\$(\{)?([A-Za-z_]\w*)(?(1)\})((?:/(?!\.\.)[\w.-]+)*/?)"?')
_FLAGS: Final = re.compile(r"[-+][A-Za-z]+")


class Outcome(NamedTuple):
    """The folders in which the shell is after a statement that succeeded, that said no (a test), that failed."""

    ok: Folders
    refused: Folders = NOWHERE
    failed: Folders = NOWHERE

    def negated(self) -> Outcome:
        """Return the outcome of ``! statement``."""
        return Outcome(self.refused | self.failed, self.ok)

    def isolated(self, folders: Folders) -> Outcome:
        """Return the outcome seen by a shell, standing in ``folders``, whose child shell ran the statement."""
        return Outcome(folders if self.ok else NOWHERE, folders if self.refused else NOWHERE, folders)


class ShellOptions(NamedTuple):
    """The options of ``sh`` or ``set``: ``errexit`` is None if not mentioned; ``operands`` are the words after them."""

    errexit: bool | None
    has_script: bool
    operands: Sequence[Word]


def sole(folders: Folders) -> str | None:
    """Return the one folder that it must be; None if there are more, or none."""
    return next(iter(folders)) if len(folders) == 1 else None


def shell_options(arguments: Sequence[Word]) -> ShellOptions:
    """Read ``-eux``, ``-o errexit``, ``+e``, ``-c`` and the like off the front of the arguments."""
    errexit: bool | None = None
    has_script = False
    at = 0
    while at < len(arguments):
        flags = arguments[at].value
        if flags is None or flags[:1] not in {"-", "+"}:
            break
        at += 1
        if flags in {"--", "-"}:
            break
        if not _FLAGS.fullmatch(flags):
            continue  # a long option of bash
        has_script |= "c" in flags
        names_option = flags[-1] in "oO" and at < len(arguments)
        if "e" in flags or (names_option and arguments[at].value == "errexit"):
            errexit = flags[0] == "-"
        at += names_option
    return ShellOptions(errexit, has_script, arguments[at:])


def errexit_after(command: Command) -> bool:
    """Tell whether ``set -e`` is on after the command."""
    if command.program != "set":
        return command.errexit
    mentioned = shell_options(command.arguments).errexit
    return command.errexit if mentioned is None else mentioned


def _changed(folder: str | None, arguments: Sequence[Word]) -> str | None:
    """Return the folder after ``cd`` with these arguments."""
    words = list(arguments)
    while words and words[0].value in {"-L", "-P", "-e", "-@", "--"}:
        words.pop(0)
    if len(words) != 1:
        return None
    variable = _VARIABLE_FOLDER.fullmatch(words[0].text)
    target = f"${{{variable[2]}}}{variable[3] or ''}" if variable else words[0].value
    if target is None or target == "-":
        return None
    if not variable and not target.startswith("/"):
        # What is above a folder that a variable names can't be told.
        if folder is None or (folder.startswith("$") and ".." in target):
            return None
        target = posixpath.join(folder, target)
    path = posixpath.normpath(target)
    if path.startswith("/"):
        return "/" + path.lstrip("/")  # normpath keeps a leading "//"
    return "" if path == "." else path


def outcome_of(command: Command, folders: Folders) -> Outcome:
    """Return where a simple command leaves the shell that was in one of ``folders``."""
    program = command.program
    match program:
        case "cd":
            return Outcome(frozenset(_changed(it, command.arguments) for it in folders), failed=folders)
        case "pushd" | "popd":
            return Outcome(UNKNOWN, failed=folders)
        case "exit" | "return":
            return Outcome(NOWHERE)
        case "true" | ":":
            return Outcome(folders)
        case "false":
            return Outcome(NOWHERE, folders)
        case _ if len(command.words) > 1 and command.words[0].value == "exec":
            return Outcome(NOWHERE)
        case _:
            return Outcome(folders, folders if program in _TESTS else NOWHERE, folders)
