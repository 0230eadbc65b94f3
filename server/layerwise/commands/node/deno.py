"""deno: ``deno install`` and ``deno ci`` of what deno.json and package.json list; ``deno cache`` of a program.

## What is copied first
`deno.json` or `deno.jsonc`, `deno.lock`, `package.json`, `.npmrc`, `tsconfig.json`, the import map that deno.json
names, and the same files of every member of the workspace. `deno cache main.ts` gets a `deno install` of its own before
the source.

## No fix
Where an import of deno.json leads to a file of the project, which deno reads with all that it imports; where deno.json
takes packages from folders (`links`, `patch`), or sets where the lockfile or the configuration is; for `--frozen`
without a `deno.lock`; where the context has a `node_modules` or `vendor` that the later COPY would lay over the new
one.
Without `deno.json` and `package.json`, `deno cache` reads the source, and nothing is out of order.

## Review
For an install that is not frozen, which may rewrite `deno.lock`; for packages from JSR, which were not tried; where
`allowScripts` lets packages run install scripts; for the `deno install` in front of a `deno cache`, as it gets all that
deno.json lists, also what the program does not import.

## Cache
`/deno-dir` in the official images (`$DENO_DIR`), else `~/.cache/deno`.

## Sources
Deno's manual (docs.deno.com): deno install, deno cache, deno.json, workspaces, environment variables. Run with deno
2.9.6 under strace, and with the manifests only and the whole project, for packages from npm: compared file by file.
"""

from __future__ import annotations

import posixpath
from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.places import found_upwards, nearest
from layerwise.commands.node.deno_project import CONFIGS, DenoProject
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "--import-map --config -c --cert --os --arch --min-dep-age --node-modules-linker --entrypoint -e --allow-scripts"
    " --node-modules-dir --vendor --lock --allow-import --check --frozen --frozen-lockfile --reload --no-check"
    " --unstable",
    "--quiet -q --no-remote --no-npm --no-config --no-lock --dev -D --prod --skip-types --allow-all -A --no-prompt",
)
_OPTIONAL: Final = (
    "--frozen",
    "--frozen-lockfile",
    "--lock",
    "--node-modules-dir",
    "--vendor",
    "--check",
    "--no-check",
)
"""Options whose value has to be glued on: as switches they take none."""

_FLAGS: Final = syntax(
    " ".join(
        it for it in sorted(_SYNTAX.valued) if it not in (*_OPTIONAL, "--reload", "--allow-scripts", "--unstable")
    ),
    " ".join([*sorted(_SYNTAX.flags), *_OPTIONAL, "--reload", "--allow-scripts", "-r"]),
)
_MOVES: Final = names(
    "--import-map --config -c --no-config --lock --no-lock --vendor --entrypoint -e --reload -r --cert"
)


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``deno install``, ``deno ci``, ``deno cache main.ts``."""
    line = read_command_line(command, scope, _FLAGS)
    if line is None or line.program != "deno" or not line.operands or command.directory is None:
        return None
    verb = line.operands[0]
    caches = verb == "cache" or (verb in ("install", "i") and line.has("--entrypoint", "-e"))
    if not caches and (verb not in ("install", "i", "ci") or len(line.operands) > 1):
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    return Install("deno", f"deno {verb}", command, directory, line.last_values(), ("cache" if caches else str(verb),))


def needs(install: Install, files: InstallFiles, _scope: Scope) -> Needs:
    """Judge an install from deno.json, package.json and deno.lock of its folder, or of the workspace above it."""
    caches = install.operands == ("cache",)
    config = nearest(install.directory, (*CONFIGS, "package.json"), files)
    if config is None:
        missing = "the build context has no deno.json and no package.json for the folder where it runs"
        return Needs(source=True) if caches else Needs(blocked=(missing,))
    root = posixpath.dirname(config)
    project = DenoProject(install, files, root)
    project.judge()
    project.blocked += [
        f"{it} names files or folders of its own"
        for it in sorted(install.options.keys() & _MOVES - {"-e", "--entrypoint"})
    ]
    above = [it for it in found_upwards(posixpath.dirname(root), (*CONFIGS, "package.json"), files) if it != config]
    if root != install.directory or any(not it.endswith("package.json") or _hosts(it, files) for it in above):
        project.blocked.append("the folder where it runs may belong to a workspace above it")
    if caches:
        project.check = [
            *project.check,
            "the install needs deno 2, and takes all that deno.json lists, also what the program does not import",
        ]
    return Needs(
        tuple(project.manifests),
        blocked=tuple(dict.fromkeys(project.blocked)),
        check=tuple(dict.fromkeys(project.check)),
        outputs=tuple(project.outputs),
        fetch=" ".join([*started_as(install.command), "install"]) if caches else None,
    )


def _hosts(manifest: str, files: InstallFiles) -> bool:
    """Tell whether a package.json may have a workspace, which deno takes for one of its own."""
    return '"workspaces"' in (files.read(manifest) or "")


DENO: Final = Ecosystem(
    "deno",
    names("deno"),
    recognise,
    needs,
    (
        "deno.json",
        "deno.jsonc",
        "deno.json*",
        "deno.lock",
        "deno.*",
        "package.json",
        "package*.json",
        ".npmrc",
        "import_map.json",
    ),
    lambda install: () if install.operands == ("cache",) else ("deno.json",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("DENO_DIR"),
)
