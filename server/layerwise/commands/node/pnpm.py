"""pnpm: ``pnpm install`` and ``pnpm fetch``, in workspaces and without.

## What is copied first
`package.json`, `pnpm-lock.yaml`, `pnpm-workspace.yaml`, `.npmrc`, `.pnpmfile.cjs`, the patches that
`patchedDependencies` names, the archives that packages are taken from (`file:lib.tgz`), and the `package.json` and
`.npmrc` of every member of the workspace. Where the install
reads more of the project (commands or scripts of members, `file:` folders, injected dependencies), it gets a
`pnpm fetch` before the source, which needs the lockfile and settings only, and stays where it is itself.

## No fix
For a frozen install without `pnpm-lock.yaml`; where `.pnpmfile.cjs` loads other files; where settings or variables name
other files of the project, or other folders to work in; where a patch is missing; where the context has a
`node_modules` that the later COPY would lay over the installed one. With `--offline`, or behind a `pnpm fetch`,
an install runs from what that got, and nothing is out of order.

## Review
For an install that is not frozen, which may rewrite the lockfile; where packages run install scripts of their own:
pnpm 10 and later run approved ones only (`onlyBuiltDependencies`, `allowBuilds`), which is taken for certain if
`packageManager` or `engines` of package.json ask for it.

## Cache
`/root/.local/share/pnpm/store`, or `~/.local/share/pnpm/store` of the user, or `$PNPM_HOME/store`.

## Sources
pnpm's manual (pnpm.io): install, fetch, settings, pnpm-workspace_yaml, cli/ filtering. Run with pnpm 8.15, 9.15, 10.34
and 12.21: with the manifests only, with `pnpm fetch` first, and with the whole project, compared file by file.
"""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.node.launcher import LAUNCHERS, launched, started_by
from layerwise.commands.node.pnpm_project import PnpmProject
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_PROGRAMS: Final = names("pnpm pn")
_CI: Final = names("ci clean-install ic install-clean")
_VERBS: Final = _CI | names("install i fetch")
_SYNTAX: Final = syntax(
    "-C --dir --prefix --filter -F --filter-prod --registry --loglevel --reporter --store-dir --state-dir"
    " --lockfile-dir --modules-dir --virtual-store-dir --network-concurrency --child-concurrency"
    " --workspace-concurrency --package-import-method --hoist-pattern --public-hoist-pattern --node-linker --cpu --os"
    " --libc --fetch-timeout --fetch-retries --fetch-retry-factor --fetch-retry-mintimeout --fetch-retry-maxtimeout"
    " --https-proxy --http-proxy --noproxy --trust-policy --trust-policy-ignore-after --cache-dir --user-agent"
    " --npmrc-auth-file --userconfig --workspace-packages --changed-files-ignore-pattern --test-pattern",
    "--frozen-lockfile --prefer-frozen-lockfile --prod -P --production --dev -D --optional --offline"
    " --prefer-offline --ignore-scripts --ignore-pnpmfile --ignore-workspace --ignore-workspace-root-check"
    " --recursive -r --workspace-root -w --force --shamefully-hoist --hoist --lockfile --strict-peer-dependencies"
    " --side-effects-cache --side-effects-cache-readonly --verify-store-integrity --silent -s --color --stream"
    " --aggregate-output --use-stderr --link-workspace-packages --shared-workspace-lockfile --auto-install-peers"
    " --merge-git-branch-lockfiles --use-running-store-server --use-store-server --optimistic-repeat-install"
    " --update-notifier --progress --dangerously-allow-all-builds --include-workspace-root --fail-if-no-match"
    " --unsafe-perm --engine-strict --yes -y --trust-lockfile --frozen-store --sort --reverse --parallel",
    negations=True,
)
_PRODUCTION: Final = names("--prod -P --production")
_FETCH_KEEPS: Final = names(
    "-C --dir --prefix --prod -P --production --dev -D --registry --store-dir --loglevel --reporter --silent -s"
    " --network-concurrency"
)


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``pnpm i --frozen-lockfile``, ``corepack pnpm -r i``, ``pnpm fetch``."""
    started = launched(command, scope, _PROGRAMS)
    line = read_command_line(started[0], scope, _SYNTAX) if started else None
    if line is None or started is None:
        return None
    operands = line.operands[1:] if line.operands[:1] == ["recursive"] else line.operands
    # With package names it adds to package.json.
    if len(operands) != 1 or operands[0] not in _VERBS:
        return None
    directory = directory_of(command, scope, line.value("-C", "--dir", "--prefix"))
    if directory is None:
        return None
    kind = "ci" if operands[0] in _CI else "fetch" if operands[0] == "fetch" else "install"
    options = {**line.last_values(), "version": started[1], "started": command.program or ""}
    lessens = bool(options.keys() & _PRODUCTION)
    title = f"pnpm {operands[0]}"
    return Install("pnpm", title, command, directory, options, (kind,), only_gets=kind == "fetch", lessens=lessens)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from package.json, the lockfile and the settings of its folder."""
    if "--offline" in install.options and "fetch" not in install.operands:
        return Needs(source=True)
    return PnpmProject(install, files, scope).judge(_fetch(install.command, scope))


def _fetch(command: Command, scope: Scope) -> str:
    started = launched(command, scope, _PROGRAMS)
    kept = kept_options(started[0], scope, _SYNTAX, _FETCH_KEEPS) if started else []
    return " ".join([*started_by(command, scope, _PROGRAMS), "fetch", *kept])


PNPM: Final = Ecosystem(
    "pnpm",
    _PROGRAMS | LAUNCHERS,
    recognise,
    needs,
    ("package.json", "package*.json", "pnpm-lock.yaml", "pnpm-*.yaml", ".npmrc", ".pnpmfile.cjs", ".pnpmfile.mjs"),
    lambda install: ("pnpm-lock.yaml",) if "fetch" in install.operands else ("package.json",),
    parse_documentation(__doc__, SECTIONS),
)
