"""What a script of package.json does, as far as its text tells: the few commands whose reading is known.

Run under strace: patch-package 8.0.0 (with npm 11 and yarn 1.22) opens package.json and what is in ``patches``;
only-allow opens nothing of the project; husky 8.0.3 and 9.1.7 look for ``.git`` and do nothing where there is none.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.commands.kit.tables import Table
from layerwise.effects.environment import is_harmless_variable
from layerwise.semantics.shell import Command, Nesting, Word, parse_script
from layerwise.text.wording import names

_MOST_LEVELS: Final = 5
_HARMLESS: Final = names("echo true : exit is-ci only-allow")
_LAUNCHERS: Final = names("npx pnpx bunx")
_LAUNCHER_FLAGS: Final = names("-y --yes --no --no-install -q --quiet --silent")
_EXECUTES: Final = {
    "npm": names("exec x"),
    "pnpm": names("exec dlx"),
    "yarn": names("exec dlx"),
    "bun": names("x"),
}
_COMMANDS: Final = names("husky patch-package prisma only-allow is-ci")
"""What is looked into here and is no command of a manager's own."""

_STRING: Final = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_HARMLESS_NAMES: Final = names("console log info warn error process exit env if else true false CI NODE_ENV")
_TESTS: Final = names("[ [[ test")
_OPERATOR: Final = re.compile(r"(-[nz]|-(eq|ne|lt|le|gt|ge|a|o)|[^-].*|)\Z", re.DOTALL)
"""What a test may have among its words without looking at a file."""

_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.", re.DOTALL)
_VARIABLE: Final = re.compile(r"\"?\$(\w+|\{\w+(:?[-+][\w.-]*)?\})\"?")
_PATCH_FLAGS: Final = names("--error-on-fail --error-on-warn --use-yarn --partial")


class Does(enum.Enum):
    """What a command of a script does to the project."""

    HOOKS = "sets up git hooks"
    PATCHES = "patches packages"
    PRISMA = "generates a prisma client"
    UNKNOWN = "anything"


@dataclass(frozen=True, slots=True)
class Effect:
    """``argument``: the folder of patches, the prisma schema or "", or the text of an unknown command."""

    does: Does
    argument: str = ""


def effects_of(name: str, scripts: Table, level: int = 0) -> Iterator[Effect]:
    """Yield what the script ``name`` does, and those that it runs; nothing for a harmless one."""
    text = scripts.get(name)
    script = parse_script(text) if isinstance(text, str) else None
    if script is None or script.broken or level > _MOST_LEVELS:
        yield Effect(Does.UNKNOWN, str(text))
        return
    for it in script.commands:
        plain = not it.redirected and Nesting.SUBSTITUTION not in it.nesting and it.words
        yield from _effects(it, scripts, level) if plain else (Effect(Does.UNKNOWN, it.span.of(script.text)),)


def _effects(command: Command, scripts: Table, level: int) -> Iterator[Effect]:
    values = _without_launcher([it.value for it in command.program_words], scripts)
    program, arguments = (values[0] or "", values[1:]) if values else ("", [])
    known = [it for it in arguments if it is not None]
    if not _may_look(command):
        if program in _HARMLESS or (program in _TESTS and all(map(_OPERATOR.match, known))):
            return
        effects = _known_effects(program, known, scripts, level) if len(known) == len(arguments) else None
        if effects is not None:
            yield from effects
            return
    yield Effect(Does.UNKNOWN, " ".join(it.text for it in command.words))


def _may_look(command: Command) -> bool:
    """Tell whether the shell may look at files for a command: for a glob, in a loop over one, on another PATH."""
    is_steered = not all(is_harmless_variable(it.name, it.value) for it in command.assignments)
    return is_steered or Nesting.LOOP in command.nesting or not all(map(_is_told, command.arguments))


def _is_told(word: Word) -> bool:
    """Tell whether a word needs no look at files: text, or a variable, and no glob."""
    if word.value is None:
        return _VARIABLE.fullmatch(word.text) is not None
    return not any(it in _QUOTED.sub("", word.text) for it in ("*", "?", "["))


def _without_launcher(values: list[str | None], scripts: Table) -> list[str | None]:
    """Return a command's words without what only starts it: ``npx -y``, ``pnpm exec``, ``yarn`` (for no script)."""
    words = list(values)
    launcher = words[0] if words else None
    if launcher in _LAUNCHERS:
        del words[0]
    elif launcher in _EXECUTES and words[1:2] and words[1] in _EXECUTES[launcher]:
        del words[:2]
    elif launcher in ("yarn", "pnpm", "bun") and words[1:2] and words[1] in _COMMANDS - scripts.keys():
        del words[0]
    if len(words) == len(values):
        return values
    while words and (words[0] in _LAUNCHER_FLAGS or words[0] == "--"):
        del words[0]
    named = words[0].partition("@")[0] if words and words[0] else None
    return [named if named in _COMMANDS else words[0], *words[1:]] if words else values


def _known_effects(program: str, arguments: list[str], scripts: Table, level: int) -> Iterable[Effect] | None:
    first = arguments[:1]
    if program == "node" and first in (["-e"], ["--eval"]) and len(arguments) == 2 and _only_tells(arguments[1]):
        return ()
    if program == "husky" and first in ([], ["install"]):
        return (Effect(Does.HOOKS),)
    if program == "patch-package" and (folder := _patch_folder(arguments)) is not None:
        return (Effect(Does.PATCHES, folder),)
    if program == "prisma" and first == ["generate"] and arguments[1:2] in ([], ["--schema"]) and len(arguments) != 2:
        return (Effect(Does.PRISMA, "".join(arguments[2:])),)
    if program in _EXECUTES and (script := _script_of(program, arguments, scripts)) is not None:
        called = (it for it in (f"pre{script}", script, f"post{script}") if it in scripts)
        return [effect for it in called for effect in effects_of(it, scripts, level + 1)]
    return None


def _only_tells(code: str) -> bool:
    """Tell whether JavaScript does no more than to print, or to end. Node's own modules are there without a require."""
    return "`" not in code and frozenset(_NAME.findall(_STRING.sub("", code))) <= _HARMLESS_NAMES


def _patch_folder(arguments: Sequence[str]) -> str | None:
    folder = "patches"
    rest = iter(arguments)
    for it in rest:
        if it.startswith("--patch-dir"):
            folder = it.partition("=")[2] or next(rest, "")
        elif it not in _PATCH_FLAGS:
            return None
    return folder or None


def _script_of(program: str, arguments: Sequence[str], scripts: Table) -> str | None:
    """Return the script that ``npm run x``, ``yarn x`` or ``pnpm x`` runs."""
    words = [it for it in arguments if it not in ("-s", "--silent")]
    if words[:1] in (["run"], ["run-script"]):
        words = words[1:]
    elif program == "npm":
        return None
    return words[0] if len(words) == 1 and words[0] in scripts else None
