"""What an npm install reads and writes, judged from the project's files and the settings in effect.

Sources: npm's manual (docs.npmjs.com/cli/v11): npm-ci, npm-install, config, scripts, workspaces. Run with npm 8 and 11
under strace: of the project's folder ``npm ci`` looks at package.json, the lockfiles (yarn.lock among them), .npmrc and
binding.gyp, and (npm 11) node_modules is the same with and without the other files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from layerwise.ecosystems.command_line import UNKNOWN
from layerwise.ecosystems.environment import certificates, environment_of, listed, startup_files
from layerwise.ecosystems.install import Install, InstallFiles, Needs
from layerwise.ecosystems.project_files.package_json import (
    SCRIPTS,
    Table,
    local_dependencies,
    parse_object,
    read_lock,
    read_npmrc,
    table,
)
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope

_WORKSPACES: Final = ("-w", "--workspace", "--workspaces", "--ws", "-ws")
_PREFIX: Final = frozenset({"--prefix", "-C"})
_FILE_VARIABLES: Final = re.compile(r"npm_config_(userconfig|globalconfig|script_shell|git|node_gyp)", re.IGNORECASE)
_FILE_OPTIONS: Final = ("--userconfig", "--globalconfig", "--script-shell")
_LOADS_CODE: Final = re.compile(r"(^|\s)(-r|--require|--import|--loader|--experimental-loader|--env-file)\b")
_HARMLESS_SCRIPT: Final = re.compile(
    r"((is-ci|node -e .{0,30}) *\|\| *)?husky( install)?( *\|\| *(true|exit 0|echo [\w '\"-]*))?"
)


class Project:
    """An install with the settings in effect: command line before environment before .npmrc."""

    def __init__(self, install: Install, files: InstallFiles, scope: Scope) -> None:
        """Read the settings."""
        self.install = install
        self.files = files
        self.environment = environment_of(install.command, scope)
        self.npmrc = read_npmrc(files.read(self.at(".npmrc")))
        # npm prefers the shrinkwrap if both are there, and takes versions from yarn.lock if neither is (npm 11, run).
        locks = ("npm-shrinkwrap.json", "package-lock.json", "yarn.lock")
        self.lock = next((it for it in locks if files.exists(self.at(it))), None)

    def at(self, name: str) -> str:
        """Return a path of the project's folder."""
        return join(self.install.directory, name)

    def setting(self, name: str) -> str | None:
        """Return a setting's value; None if it is not set, or only the build knows."""
        options = self.install.options
        if f"--no-{name}" in options:
            return "false" if options[f"--no-{name}"] == "" else UNKNOWN
        if f"--{name}" in options:
            return options[f"--{name}"] or "true"
        variable = f"npm_config_{name}".replace("-", "_")
        given = [value for it, value in self.environment.items() if it.lower() == variable]
        return given[-1] if given else self.npmrc.get(name)

    def needs(self) -> Needs:
        """Judge the install."""
        names = ("package.json", self.lock, ".npmrc")
        manifests = [self.at(it) for it in names if it and self.files.exists(self.at(it))]
        cafile = self.setting("cafile")
        manifests += [self.at(cafile)] if cafile and self.files.exists(self.at(cafile)) else []
        manifests += certificates(self.environment, self.install.directory, self.files)
        outputs = [self.at("node_modules")]
        outputs += [self.at(it) for it in map(self.install.options.get, ("--cache", "--logs-dir")) if it]
        blocked = list(self.missing())
        if blocked:
            return Needs(tuple(dict.fromkeys(manifests)), blocked=tuple(blocked), outputs=tuple(outputs))
        check = list(self.write_back())
        manifest = parse_object(self.files.read(self.at("package.json")))
        if manifest is None:
            blocked.append("package.json is not valid JSON")
        else:
            blocked += self.pulled_in(manifest)
            check += self.harmless_scripts(manifest)
        self.judge_lock(blocked, check)
        blocked += self.surroundings()
        return Needs(
            tuple(dict.fromkeys(manifests)), blocked=tuple(blocked), check=tuple(check), outputs=tuple(outputs)
        )

    @property
    def is_frozen(self) -> bool:
        """Whether it installs what the lockfile says, or fails."""
        return "ci" in self.install.operands

    @property
    def runs_scripts(self) -> bool:
        """Whether lifecycle scripts run."""
        return self.setting("ignore-scripts") != "true"

    def missing(self) -> Iterator[str]:
        """Yield what the install can't do without."""
        if not self.files.exists(self.at("package.json")):
            yield "the build context has no package.json for the folder where it runs"
        elif self.is_frozen and self.lock in (None, "yarn.lock"):
            yield "`npm ci` needs a lockfile, and the build context has no package-lock.json beside this package.json"

    def write_back(self) -> Iterator[str]:
        """Yield what an install other than ``npm ci`` does with the lockfile."""
        reads_lock = self.setting("package-lock") != "false" and self.setting("shrinkwrap") != "false"
        if self.is_frozen:
            return
        if self.lock is None or not reads_lock:
            lacks = "there is no lockfile" if self.lock is None else "the lockfile is not used"
            yield f"{lacks}, so the versions of the first build stay until package.json changes"
        elif self.setting("save") != "false":
            # --no-save leaves it alone: run with npm 6, 7, 8, 9, 10 and 11.
            yield f"`{self.install.title}` may rewrite {self.lock}, and the later COPY would put the old one back"

    def pulled_in(self, manifest: Table) -> Iterator[str]:
        """Yield what package.json itself makes the install read."""
        if manifest.get("workspaces"):
            yield "package.json has workspaces, and the install reads the package.json of every member"
        if local := local_dependencies(manifest):
            yield f"package.json takes {listed(local)} from a file or folder of the project"
        if not self.runs_scripts:
            return
        scripts = table(manifest, "scripts")
        found = [f'"{it}"' for it in SCRIPTS if it in scripts and not _is_harmless(scripts[it])]
        if found:
            plural = "s" if len(found) > 1 else ""
            scripts_of = f"the script{plural} {listed(found)} of package.json"
            yield f"npm runs {scripts_of} during the install, which may read any file"
        if self.files.exists(self.at("binding.gyp")) and not {"install", "preinstall"} & scripts.keys():
            yield "npm compiles the project's own native code during the install, as there is a binding.gyp"

    def harmless_scripts(self, manifest: Table) -> Iterator[str]:
        """Yield what a person should know of scripts that only set up the project's git hooks."""
        scripts = table(manifest, "scripts")
        if self.runs_scripts and any(it in scripts and _is_harmless(scripts[it]) for it in SCRIPTS):
            yield "husky would no longer find the project when it installs git hooks, which an image seldom needs"

    def judge_lock(self, blocked: list[str], check: list[str]) -> None:
        """Add what the lockfile makes the install read."""
        if self.lock in (None, "yarn.lock"):
            return
        content = parse_object(self.files.read(self.at(self.lock or "")))
        if content is None:
            blocked.append(f"{self.lock} is not valid JSON, or too large to read")
            return
        lock = read_lock(content)
        if lock.local:
            blocked.append(f"{self.lock} takes {listed(lock.local)} from a file or folder of the project")
        if not self.runs_scripts:
            return
        if lock.scripted is None:
            check.append(
                f"{self.lock} is of version 1 and does not tell whose install scripts run; they may read any file"
            )
        elif lock.scripted:
            run, it = ("runs its", "it reads") if len(lock.scripted) == 1 else ("run their", "they read")
            check.append(
                f"{listed(lock.scripted)} {run} own install script: make sure that {it} no file of the project"
            )

    def surroundings(self) -> Iterator[str]:
        """Yield what options, variables, .npmrc and the folders above make the install read."""
        options = self.install.options
        if any(options.get(it, "false") != "false" for it in _WORKSPACES):
            yield "it installs workspaces, and reads the package.json of every member"
        for name in _FILE_OPTIONS:
            if name in options and (options[name] == UNKNOWN or self.files.any_below(self.at(options[name]))):
                yield f"{name} names a file of the project"
        yield from self.npmrc_files()
        for code in (self.setting("node-options"), self.environment.get("NODE_OPTIONS")):
            if code and _LOADS_CODE.search(code):
                yield f"the Node options load other files ({code})"
        yield from startup_files(self.environment, self.install.directory, self.files, _FILE_VARIABLES)
        if not options.keys() & _PREFIX:
            yield from _parents(self.install.directory, self.files)

    def npmrc_files(self) -> Iterator[str]:
        """Yield what .npmrc makes the install read, or where else it makes it work."""
        options, npmrc = self.install.options, self.npmrc
        for name in ("userconfig", "globalconfig", "script-shell", "global", "location", "workspace", "workspaces"):
            if name in npmrc:
                yield f".npmrc sets {name}"
        for name, value in npmrc.items():
            is_key = name.rpartition(":")[2] in ("certfile", "keyfile")
            is_ours = not value.startswith("/") or self.files.exists(value)
            # With --prefix a relative path starts elsewhere.
            is_elsewhere = not value.startswith("/") and ("$" in value or bool(options.keys() & _PREFIX))
            if (is_key and is_ours) or (name == "cafile" and is_elsewhere):
                yield f".npmrc names a file that may be part of the project ({name}={value})"


def _is_harmless(script: object) -> bool:
    return isinstance(script, str) and _HARMLESS_SCRIPT.fullmatch(script.strip()) is not None


def _parents(here: str, files: InstallFiles) -> Iterator[str]:
    """Yield folders above that may have ``here`` as a workspace: npm then installs from there (npm 11, config)."""
    folder = posixpath.dirname(here)
    while folder and folder != here:
        parent = parse_object(files.read(join(folder, "package.json")))
        if parent is not None and parent.get("workspaces"):
            yield f"{join(folder, 'package.json')} has workspaces, which may include the folder where it runs"
        here, folder = folder, posixpath.dirname(folder)
