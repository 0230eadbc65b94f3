"""corepack: ``corepack install`` and ``corepack prepare``, which get the manager that package.json names.

## What is copied first
The nearest `package.json` with a `packageManager` (or `devEngines`), and the `.corepack.env` beside it.

## No fix
Where no package.json of the build context names a manager.

## Review
Never.

## Cache
`/root/.cache/node/corepack`, or `~/.cache/node/corepack` of the user, or `$COREPACK_HOME`.

## Sources
Corepack's README (github.com/nodejs/corepack), and its source (specUtils.ts: it looks up from the working folder until
a package.json has a `packageManager`).
"""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.node.launcher import corepack_files
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax("", "--activate")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``corepack install``, ``corepack prepare --activate``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program != "corepack" or line.operands not in (["install"], ["prepare"]):
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    return Install("corepack", f"corepack {line.operands[0]}", command, directory, line.last_values())


def needs(install: Install, files: InstallFiles, _scope: Scope) -> Needs:
    """Judge an install from the package.json that names the manager."""
    found = corepack_files(install.directory, files)
    if not found:
        return Needs(blocked=("no package.json of the build context names the manager to get (packageManager)",))
    return Needs(found)


COREPACK: Final = Ecosystem(
    "corepack",
    names("corepack"),
    recognise,
    needs,
    ("package.json", "package*.json", ".corepack.env"),
    lambda _: ("package.json",),
    parse_documentation(__doc__, SECTIONS),
)
