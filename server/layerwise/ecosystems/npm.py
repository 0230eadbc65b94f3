"""npm: ``npm ci`` and ``npm install`` without package names.

## What is copied first
`package.json`, `package-lock.json` or `npm-shrinkwrap.json`, `.npmrc` if there is one, and certificates that variables
or `.npmrc` name.

## No fix
For `npm ci` without a lockfile; where package.json has workspaces, takes packages from the project's own folders or
archives, or has lifecycle scripts (`preinstall` … `prepare`) that npm runs during the install; where there is a
`binding.gyp`; where settings or variables name other files of the project; where the context has a `node_modules` that
the later COPY would lay over the installed one.

## Review
For `npm install`, which may rewrite the lockfile; where packages run install scripts of their own.

## Cache
`/root/.npm`, or `~/.npm` of the user.

## Sources
Npm's manual (docs.npmjs.com/cli/v11): npm-ci, npm-install, config; npm's list of aliases (cmd-list.js).
"""

from __future__ import annotations

from typing import Final

from layerwise.ecosystems.command_line import directory_of, names, read_command_line, syntax
from layerwise.ecosystems.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.ecosystems.npm_project import Project
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation

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
    line = read_command_line(command, scope, _SYNTAX)
    # With package names it adds to package.json.
    if line is None or line.program != "npm" or len(line.operands) != 1:
        return None
    verb = line.operands[0]
    if verb not in _CI | _INSTALL:
        return None
    directory = directory_of(command, scope, line.value("--prefix", "-C"))
    if directory is None:
        return None
    return Install("npm", f"npm {verb}", command, directory, line.last_values(), ("ci",) if verb in _CI else ())


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from package.json, the lockfile and .npmrc of its folder."""
    return Project(install, files, scope).needs()


NPM: Final = Ecosystem(
    "npm",
    names("npm"),
    recognise,
    needs,
    ("package.json", "package*.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"),
    lambda _: ("package.json",),
    parse_documentation(__doc__, SECTIONS),
)
