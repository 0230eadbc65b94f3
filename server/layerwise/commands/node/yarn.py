"""yarn: ``yarn``, ``yarn install`` and ``yarn workspaces focus``, of yarn 1 and of yarn 2 and later.

Which of the two runs is told by `packageManager` of package.json, by `.yarnrc.yml`, and by the head of `yarn.lock`.

## What is copied first
`package.json`, `yarn.lock`, and the `package.json` of every member of the workspace. For yarn 1 also `.yarnrc`,
`.npmrc`, `.yarnclean`, the release that `.yarnrc` runs and the folder of its offline mirror. For yarn 2 and later also
`.yarnrc.yml` with the release and the plugins that it names, `.env.yarn`, the files of `patch:` dependencies, and
`.yarn/cache` if it is part of the project. Folders that packages only link to (`portal:`) count as members.

## No fix
Where it can't be told which yarn runs; where lifecycle scripts of the project or a member run anything but
`patch-package`, `husky`, `only-allow`, `prisma generate`, `echo` and the like; where there is a `binding.gyp`; where a
member has a command (`bin`), which yarn links and makes executable (with the `pnp` linker it does not); where packages
come from other folders or archives of the project (`file:`, `exec:`); where a release, a plugin or a patch is missing;
where settings or variables name other places; where the context has a `node_modules` or `.pnp.cjs` that the later COPY
would lay over the new one.

## Review
For an install that is not frozen, which may rewrite yarn.lock; where packages may run install scripts: yarn.lock does
not tell whose (none run with `--ignore-scripts`, `--mode=skip-build`, `enableScripts: false`, or where
`packageManager` is yarn 4.14 or later). Yarn 2 and later write package.json anew in their own format; where it
has another one (an install on the own machine mends that), the later COPY would put it back. For a `.yarn/cache` in
the project, unless `--immutable-cache` keeps it as it is.

## Cache
`/usr/local/share/.cache/yarn` (yarn 1 as root), or `~/.cache/yarn` of the user; `/root/.yarn/berry/cache` (yarn 4).

## Sources
Yarn's manuals (classic.yarnpkg.com/docs: cli/install, yarnrc, workspaces; yarnpkg.com: cli/install, cli/workspaces
focus, configuration). Run with yarn 1.22, 3.8 and 4.18: with the manifests only, and with the whole project, compared
file by file.
"""

from __future__ import annotations

import posixpath
from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.places import nearest
from layerwise.commands.kit.tables import parse_object
from layerwise.commands.node.launcher import LAUNCHERS, launched
from layerwise.commands.node.yarn_berry import BerryProject
from layerwise.commands.node.yarn_classic import ClassicProject
from layerwise.commands.node.yarn_files import is_modern_lock
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_PROGRAMS: Final = names("yarn yarnpkg")
_SYNTAX: Final = syntax(
    "--cwd --mode --registry --cache-folder --modules-folder --preferred-cache-folder --mutex --network-concurrency"
    " --network-timeout --proxy --https-proxy --use-yarnrc --link-folder --global-folder --otp --child-concurrency",
    "--frozen-lockfile --pure-lockfile --no-lockfile --production --prod --ignore-scripts --ignore-engines"
    " --ignore-optional --ignore-platform --non-interactive --silent -s --verbose --offline --prefer-offline"
    " --no-progress --force --flat --check-files --har --no-bin-links --skip-integrity-check --update-checksums"
    " --link-duplicates --no-default-rc --strict-semver --json --disable-pnp --no-node-version-check --no-emoji"
    " --emoji --immutable --no-immutable --immutable-cache --check-cache --check-resolutions --inline-builds"
    " --refresh-lockfile --all -A --audit",
)
_MODERN_ONLY: Final = names("--immutable --immutable-cache --check-cache --inline-builds --mode --check-resolutions")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``yarn``, ``yarn --frozen-lockfile``, ``corepack yarn install``."""
    started = launched(command, scope, _PROGRAMS)
    line = read_command_line(started[0], scope, _SYNTAX) if started else None
    if line is None or started is None:
        return None
    focuses = line.operands[:2] == ["workspaces", "focus"] and None not in line.operands
    if line.operands not in ([], ["install"]) and not focuses:
        return None
    directory = directory_of(command, scope, line.value("--cwd"))
    if directory is None:
        return None
    title = "yarn workspaces focus" if focuses else " ".join(["yarn", *filter(None, line.operands)])
    options = {**line.last_values(), "version": started[1], "started": command.program or ""}
    lessens = line.has("--production", "--prod")
    return Install("yarn", title, command, directory, options, ("focus",) if focuses else (), lessens=lessens)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install as one of yarn 1, or of yarn 2 and later."""
    modern = _is_modern(install, files)
    if modern is None:
        reason = "yarn.lock, .yarnrc.yml and package.json do not tell whether yarn 1 runs, or yarn 2 and later"
        return Needs(blocked=(reason,))
    project = BerryProject if modern else ClassicProject
    return project(install, files, scope).judge()


def _is_modern(install: Install, files: InstallFiles) -> bool | None:
    """Tell which yarn runs, if all that tells it says the same; without any sign it is yarn 1, as in Node's images."""
    signs: set[bool] = set()
    if install.options["version"]:
        return not install.options["version"].startswith("1")
    lock = nearest(install.directory, ("yarn.lock",), files)
    for path in (lock, *_manifests(install.directory, lock)):
        text = files.read(path) if path else None
        if path == lock and text is not None:
            told = is_modern_lock(text)
            signs |= set() if told is None else {told}
        elif (manifest := parse_object(text)) is not None:
            manager = str(manifest.get("packageManager", ""))
            signs |= {not manager.startswith("yarn@1")} if manager.startswith("yarn@") else set()
    if nearest(install.directory, (".yarnrc.yml",), files):
        signs |= {True}
    if install.options.keys() & _MODERN_ONLY or install.operands == ("focus",):
        signs |= {True}
    return None if len(signs) > 1 else signs == {True}


def _manifests(directory: str, lock: str | None) -> list[str]:
    folders = dict.fromkeys((directory, posixpath.dirname(lock) if lock else directory))
    return [posixpath.join(it, "package.json") for it in folders]


YARN: Final = Ecosystem(
    "yarn",
    _PROGRAMS | LAUNCHERS,
    recognise,
    needs,
    ("package.json", "package*.json", "yarn.lock", ".yarnrc", ".yarnrc.yml", ".npmrc"),
    lambda _: ("package.json",),
    parse_documentation(__doc__, SECTIONS),
)
