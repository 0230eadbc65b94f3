"""Commands that start a package manager by another name: ``corepack pnpm i``, ``npx pnpm@9 i``.

Source: corepack's README (github.com/nodejs/corepack): ``corepack <binary>[@version] …``; npm's manual, npx.
"""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import replace
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.tables import parse_object
from layerwise.semantics.paths import join, upwards
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.wording import names

LAUNCHERS: Final = names("corepack npx")
_FLAGS: Final = names("-y --yes -q --quiet")


def launched(command: Command, scope: Scope, program: frozenset[str]) -> tuple[Command, str] | None:
    """Return a command as if started by its own name, and the version that it names; None if it is another program."""
    words = list(command.program_words)
    values = [literal(it, scope) for it in words]
    if not words or values[0] is None:
        return None
    name = posixpath.basename(values[0])
    if name in program:
        return command, ""
    if name not in LAUNCHERS:
        return None
    at = 1
    while name == "npx" and at < len(words) and values[at] in _FLAGS:
        at += 1
    started, _, version = (values[at] or "").partition("@") if at < len(words) else ("", "", "")
    if started not in program:
        return None
    word = replace(words[at], text=started, value=started)
    return replace(command, words=(word, *words[at + 1 :])), version


def started_by(command: Command, scope: Scope, program: frozenset[str]) -> list[str]:
    """Return the words that start the program, as written: variables, ``env`` or ``sudo``, ``corepack pnpm``."""
    started = launched(command, scope, program)
    after = len(started[0].arguments) if started else len(command.arguments)
    given = [f"{it.name}={shlex.quote(it.value)}" for it in command.assignments if it.value is not None]
    return [*given, *(it.text for it in command.words[: len(command.words) - after])]


def corepack_files(directory: str, files: InstallFiles) -> tuple[str, ...]:
    """Return the files of the context that tell corepack which manager to start in a folder."""
    for folder in upwards(directory):
        path = join(folder, "package.json")
        manifest = parse_object(files.read(path))
        if manifest is not None and (manifest.get("packageManager") or manifest.get("devEngines")):
            return tuple(it for it in (path, join(folder, ".corepack.env")) if files.exists(it))
    return ()
