"""npm: ``npm ci`` and ``npm install`` without package names, in workspaces and without.

## What is copied first
`package.json`, `package-lock.json` or `npm-shrinkwrap.json`, `.npmrc` if there is one, the `package.json` of every
member of the workspace and of folders that packages are taken from (`file:lib`), archives that packages are taken from
(`file:lib.tgz`), the patches of a `patch-package`, and certificates that variables or `.npmrc` name.

## No fix
For `npm ci` without a lockfile; where lifecycle scripts (`preinstall` … `prepare`), those of members included, run
anything but `patch-package`, `husky`, `only-allow`, `prisma generate`, `echo` and the like; where there is a
`binding.gyp`; where a member has a command (`bin`), which npm links and makes executable; where packages come from
folders that npm is told to copy; where settings or variables name other files of the
project; where the context has a `node_modules` that the later COPY would lay over the installed one.

## Review
For `npm install`, which may rewrite the lockfile; where packages run install scripts of their own; for folders that
packages are taken from, as npm 9.0 to 9.4 copied these (`install-links=false` in `.npmrc` rules that out); for
`prisma generate` and the install script of `@prisma/client`, which may read more than their schema; for `husky` where
the context has a `.git`.

## Cache
`/root/.npm`, or `~/.npm` of the user.

## Sources
Npm's manual (docs.npmjs.com/cli/v11): npm-ci, npm-install, workspaces, config; npm's list of aliases (cmd-list.js). Run
with npm 8.19, 9.3, 10.9 and 11.19: with the manifests only, and with the whole project, compared file by file.
"""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.node.launcher import LAUNCHERS, launched
from layerwise.commands.node.npm_project import Project
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_PROGRAMS: Final = names("npm")
_CI: Final = names("ci clean-install ic install-clean isntall-clean")
_INSTALL: Final = names("install add i in ins inst insta instal isnt isnta isntal isntall")
_SYNTAX: Final = syntax(
    "--prefix -C --registry --reg --loglevel --cache --omit --include --only --also -w --workspace --userconfig"
    " --before --globalconfig --fetch-retries --fetch-retry-factor --fetch-retry-mintimeout"
    " --fetch-retry-maxtimeout --cpu --os --fetch-timeout --maxsockets --install-strategy --https-proxy --proxy"
    " --noproxy --tag --cafile --script-shell --libc --node-options --scope --audit-level --logs-dir --logs-max"
    " --umask --user-agent --min-release-age",
    "--ignore-scripts --audit --fund --progress --save --save-dev --save-exact --save-optional --save-prod"
    " --save-peer -S -D -E -O -P -B --save-bundle --package-lock --shrinkwrap --production --prod --dev --optional"
    " --force -f --quiet -q --silent -s -d -dd -ddd --verbose --prefer-offline --prefer-online --offline"
    " --legacy-peer-deps --strict-peer-deps --legacy-bundling --global-style --bin-links --color --unicode"
    " --update-notifier --engine-strict --foreground-scripts --install-links --prefer-dedupe --yes -y --json"
    " --parseable -p --long -l --timing --unsafe-perm --strict-ssl --iwr --rebuild-bundle --workspaces -ws --ws"
    " -iwr --include-workspace-root --frozen-lockfile",
    negations=True,
)


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``npm ci``, ``npm --prefix web i``, ``npm install --omit=dev``."""
    started = launched(command, scope, _PROGRAMS)
    line = read_command_line(started[0], scope, _SYNTAX) if started else None
    # With package names it adds to package.json.
    if line is None or len(line.operands) != 1:
        return None
    verb = line.operands[0]
    if verb not in _CI | _INSTALL:
        return None
    directory = directory_of(command, scope, line.value("--prefix", "-C"))
    if directory is None:
        return None
    lessens = line.has("--production", "--prod") or line.value("--omit", "--only") in ("dev", "prod", "production")
    kind = ("ci",) if verb in _CI else ()
    return Install("npm", f"npm {verb}", command, directory, line.last_values(), kind, lessens=lessens)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from package.json, the lockfile and .npmrc of its folder."""
    return Project(install, files, scope).judge()


NPM: Final = Ecosystem(
    "npm",
    _PROGRAMS | LAUNCHERS,
    recognise,
    needs,
    ("package.json", "package*.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"),
    lambda _: ("package.json",),
    parse_documentation(__doc__, SECTIONS),
)
