"""What an npm install reads and writes, judged from the project's files and the settings in effect.

Sources: npm's manual (docs.npmjs.com/cli/v11): npm-ci, npm-install, config, scripts, workspaces. Run with npm 8 and 11
under strace: of the project's folder ``npm ci`` looks at package.json, the lockfiles (yarn.lock among them), .npmrc and
binding.gyp, and (npm 11) node_modules is the same with and without the other files. Run with npm 8.19, 9.3, 10.9 and
11.19: ``file:`` folders are linked, but npm 9.3 copies them, as all do with --install-links.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN
from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.tables import Table, parse_object
from layerwise.commands.node.package_json import Lock, local_dependencies, read_lock, read_npmrc, workspace_patterns
from layerwise.commands.node.project import NodeProject
from layerwise.commands.node.settings import rewrites, scripted
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope

_PREFIX: Final = frozenset({"--prefix", "-C"})
_BLOCKING_SETTINGS: Final = ("userconfig", "globalconfig", "script-shell", "global", "location")
_FILE_OPTIONS: Final = ("--userconfig", "--globalconfig", "--script-shell")


class Project(NodeProject):
    """An install with the settings in effect: command line before environment before .npmrc."""

    def __init__(self, install: Install, files: InstallFiles, scope: Scope) -> None:
        """Read the settings."""
        super().__init__(install, files, scope, install.directory)
        self.npmrc = read_npmrc(self.read(".npmrc"))
        # npm prefers the shrinkwrap if both are there, and takes versions from yarn.lock if neither is (npm 11, run).
        locks = ("npm-shrinkwrap.json", "package-lock.json", "yarn.lock")
        self.lock = next((it for it in locks if files.exists(self.at(it))), None)

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

    def judge(self) -> Needs:
        """Judge the install."""
        self.outputs += [self.at(it) for it in map(self.install.options.get, ("--cache", "--logs-dir")) if it]
        self.take(self.at("package.json"), *map(self.at, self._locks()), self.at(".npmrc"))
        cafile = self.setting("cafile")
        self.take(*([self.at(cafile)] if cafile else []))
        self.blocked += self.missing()
        if self.blocked:
            return self.needs()
        self.check += self.write_back()
        manifest = self.read_manifest(self.root)
        if manifest is not None:
            self.take_members(workspace_patterns(manifest))
            lock = self.read_lock()
            self.built = frozenset(lock.scripted) if lock is not None and lock.scripted is not None else None
            self.judge_packages(manifest)
            self.judge_lock(lock)
        self.surroundings()
        self.take_corepack_settings(started=False)
        return self.needs()

    def _locks(self) -> tuple[str, ...]:
        # It opens both where both are there.
        return ("npm-shrinkwrap.json", "package-lock.json") if self.lock != "yarn.lock" else ("yarn.lock",)

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
            yield rewrites(self.install.title, self.lock)

    def judge_packages(self, root: Table) -> None:
        """Judge package.json, those of the members and those of the folders that it takes packages from."""
        for folder, manifest in self.packages(root):
            for name, spec in local_dependencies(manifest):
                self.judge_local(name, spec, folder)
            self.judge_scripts(folder, manifest, runs=self.runs_scripts)
            if folder != self.root:
                self.judge_bins(folder, manifest)

    def judge_local(self, name: str, spec: str, folder: str) -> None:
        """Judge a package that is taken from a folder: npm links to it, unless told to copy it."""
        path = self.shown(join(folder, "package.json"))
        if self.take_archive(spec, folder):
            return
        if spec.startswith(("workspace:", "link:", "portal:", "exec:")):
            self.blocked.append(f"{path} takes {name} from a place that npm does not know ({spec})")
        elif self.setting("install-links") not in (None, "false"):
            self.blocked.append(f"{path} takes {name} from a folder of the project, which install-links lets npm copy")
        else:
            known = len(self.members)
            self.take_linked(name, spec, folder)
            if self.setting("install-links") is None and len(self.members) > known:
                self.check.append(f"npm 9.0 to 9.4 copies the folder of {name} in place of a link to it")

    def read_lock(self) -> Lock | None:
        """Read the lockfile, if there is one of npm's own."""
        if self.lock in (None, "yarn.lock"):
            return None
        content = parse_object(self.files.read(self.at(self.lock or "")))
        if content is None:
            self.blocked.append(f"{self.lock} is not valid JSON, or too large to read")
        return read_lock(content) if content is not None else None

    def judge_lock(self, lock: Lock | None) -> None:
        """Judge what the lockfile makes the install read."""
        if lock is None:
            return
        for it in lock.archives:
            self.take_archive(it, self.root, self.lock or "")
        unknown = [it for it in lock.linked if self.at(it) not in self.members]
        if unknown and self.files.any_below(self.at(unknown[0])):
            self.blocked.append(f"{self.lock} takes {listed(unknown)} from a folder that package.json does not name")
        if lock.local:
            self.blocked.append(f"{self.lock} takes {listed(lock.local)} from a folder of the project")
        if not self.runs_scripts:
            return
        if lock.scripted is None:
            self.check.append(
                f"{self.lock} is of version 1 and does not tell whose install scripts run; they may read any file"
            )
        else:
            self.check += scripted([it for it in lock.scripted if it not in self.told])

    def surroundings(self) -> None:
        """Judge what options, variables, .npmrc and the folders above make the install read."""
        options = self.install.options
        for name in _FILE_OPTIONS:
            if name in options and (options[name] == UNKNOWN or self.files.any_below(self.at(options[name]))):
                self.blocked.append(f"{name} names a file of the project")
        self.judge_npmrc(self.npmrc, _BLOCKING_SETTINGS, moved=bool(options.keys() & _PREFIX))
        self.judge_node_options(self.setting("node-options"))
        if not options.keys() & _PREFIX:
            self.blocked += _parents(self.root, self.files)


def _parents(here: str, files: InstallFiles) -> Iterator[str]:
    """Yield folders above that may have ``here`` as a workspace: npm then installs from there (npm 11, config)."""
    folder = posixpath.dirname(here)
    while folder and folder != here:
        parent = parse_object(files.read(join(folder, "package.json")))
        if parent is not None and parent.get("workspaces"):
            yield f"{join(folder, 'package.json')} has workspaces, which may include the folder where it runs"
        here, folder = folder, posixpath.dirname(folder)
