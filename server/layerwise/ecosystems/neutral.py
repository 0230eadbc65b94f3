"""Commands that read no copied file and leave none behind: they may run before a COPY that stood before them.

What is not known to be neutral is not. A neutral command has no redirection and no word that can't be told from the
text.
"""

from __future__ import annotations

import re
from typing import Final

from layerwise.ecosystems.command_line import CommandLine, read_command_line
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_PLAIN: Final = frozenset({"true", ":", "set", "export", "echo", "printf", "date", "uname", "sync", "sleep"})
_VERSION: Final = frozenset({"--version", "-v", "-V", "version"})
# Verbs that look at repositories and the system's own database, and at files only if an operand names one.
_SYSTEM: Final = {
    "apt-get": frozenset(
        {"update", "install", "upgrade", "dist-upgrade", "clean", "autoclean", "autoremove", "remove", "purge"}
    ),
    "apt": frozenset({"update", "install", "upgrade", "clean", "autoremove", "remove", "purge"}),
    "apk": frozenset({"add", "update", "upgrade", "del"}),
    "yum": frozenset({"install", "update", "upgrade", "clean", "makecache", "remove"}),
    "dnf": frozenset({"install", "update", "upgrade", "clean", "makecache", "remove"}),
    "microdnf": frozenset({"install", "update", "upgrade", "clean", "remove"}),
}  # fmt: skip
_SYSTEM_VALUED: Final = frozenset({"-o", "-t", "--target-release", "--repository", "-X", "--virtual", "-c", "--setopt"})
_NPM_VALUED: Final = frozenset({"--registry", "--loglevel", "--cache", "--location"})
_CACHES: Final = re.compile(
    r"(/root|/home/\w+)/\.(npm|cache|node-gyp)(/|\Z)|/tmp/|/var/(cache|lib/apt/lists|tmp)(/|\Z)"
)


def is_neutral(command: Command, scope: Scope) -> bool:
    """Tell whether a command certainly neither reads nor writes what COPY brings."""
    if command.redirected or any(it.value is None for it in command.assignments):
        return False
    if not command.words:
        return True
    line = read_command_line(command, scope, _SYSTEM_VALUED | _NPM_VALUED)
    if line is None or None in line.operands:
        return False
    operands = [it for it in line.operands if it is not None]
    if line.program in _PLAIN or (not line.operands and line.options.keys() <= _VERSION and line.options):
        return True
    if line.program in _SYSTEM:
        return operands[:1] != [] and operands[0] in _SYSTEM[line.program] and not any(map(_is_path, operands))
    if line.program == "rm":
        return bool(operands) and all(_CACHES.match(it) for it in operands)
    if line.program == "npm":
        return _is_neutral_npm(line, operands)
    if line.program == "corepack":
        return operands[:1] == ["enable"]
    if re.match(r"pip(\d|\Z)", line.program):
        return _is_neutral_pip(line, operands)
    return False


def _is_path(operand: str) -> bool:
    return operand.startswith(("./", "../", "/", "~")) or operand.endswith((".deb", ".rpm", ".apk", ".tgz", ".tar.gz"))


def _is_neutral_npm(line: CommandLine, operands: list[str]) -> bool:
    if operands[:2] == ["config", "set"] or operands[:2] in (["cache", "clean"], ["cache", "verify"]):
        return line.value("--location") != "project"
    is_global = line.has("-g", "--global")
    return is_global and operands[:1] in (["install"], ["i"]) and not any(map(_is_path, operands))


def _is_neutral_pip(line: CommandLine, operands: list[str]) -> bool:
    if operands[:2] == ["cache", "purge"]:
        return True
    reads = line.has("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "-f")
    packages = operands[1:]
    names = all("/" not in it and not it.endswith((".whl", ".zip", ".gz")) for it in packages)
    return operands[:1] == ["install"] and bool(packages) and names and not reads


def changes_directory(command: Command) -> bool:
    """Tell whether a command is a ``cd``."""
    return command.program == "cd"
