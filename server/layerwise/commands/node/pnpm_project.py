"""What a pnpm install reads and writes, judged from the project's files and the settings in effect.

Run with pnpm 8.15, 9.15, 10.34 and 12.21: with the manifests only, with ``pnpm fetch`` first, and with the whole
project: node_modules is the same but for times in ``.modules.yaml`` and ``.pnpm-workspace-state-v1.json``.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN
from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest
from layerwise.commands.kit.tables import Table
from layerwise.commands.node.package_json import SCRIPTS, is_self_contained, local_dependencies, read_npmrc
from layerwise.commands.node.pnpm_files import (
    NOT_FETCHED_ALIKE,
    PnpmLock,
    PnpmSettings,
    is_old_lock,
    major_version,
    read_pnpm_lock,
    read_pnpm_workspace,
)
from layerwise.commands.node.prisma import CLIENT
from layerwise.commands.node.project import PINS, NodeProject
from layerwise.commands.node.settings import NO_LOCK, in_ci, rewrites, scripted
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.text.wording import names

_BLOCKING: Final = names(
    "pnpmfile global-pnpmfile lockfile-dir modules-dir virtual-store-dir script-shell userconfig npmrc-auth-file"
    " git-branch-lockfile merge-git-branch-lockfiles extra-bin-paths"
)
_HOOKS: Final = (".pnpmfile.mjs", *(f".pnpmfile.cjs{end}" for end in ("", ".js", ".json", ".node")))
_LOADS: Final = re.compile(r"\b(require|import|readFile\w*|process)\b")


class PnpmProject(NodeProject):
    """An install with the settings in effect: command line before environment before files."""

    manager = "pnpm"
    scripts = (*SCRIPTS, "pnpm:devPreinstall")

    def __init__(self, install: Install, files: InstallFiles, scope: Scope) -> None:
        """Find the root: the folder with pnpm-workspace.yaml, if there is one above."""
        alone = "--ignore-workspace" in install.options
        above = None if alone else nearest(install.directory, ("pnpm-workspace.yaml",), files)
        super().__init__(install, files, scope, posixpath.dirname(above) if above else install.directory)
        self.npmrc = read_npmrc(self.read(".npmrc"))
        self.settings = PnpmSettings({}, {})
        self.outputs.append(self.at(".pnpm-store"))

    def setting(self, name: str) -> str | None:
        """Return a setting's value; None if it is not set, or only the build knows."""
        options = self.install.options
        if f"--no-{name}" in options:
            return "false"
        if f"--{name}" in options:
            return options[f"--{name}"] or "true"
        variables = {f"{it}_config_{name}".replace("-", "_") for it in ("npm", "pnpm")}
        given = [value or UNKNOWN for it, value in self.environment.items() if it.lower() in variables]
        camel = re.sub(r"-(\w)", lambda it: it[1].upper(), name)
        if given or self.settings.workspace.get(camel) is None:
            return given[-1] if given else self.npmrc.get(name)
        return str(self.settings.workspace[camel]).replace("True", "true").replace("False", "false")

    @property
    def fetches(self) -> bool:
        """Whether it is ``pnpm fetch``."""
        return "fetch" in self.install.operands

    def judge(self, fetch: str) -> Needs:
        """Judge the install; ``fetch`` is the command that gets the packages only."""
        names = ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", *_HOOKS)
        self.take(*map(self.at, names))
        if not self.files.exists(self.at("package.json")) and not self.fetches:
            self.blocked.append("the build context has no package.json for the folder where it runs")
            return self.needs()
        workspace = read_pnpm_workspace(self.read("pnpm-workspace.yaml"))
        manifest = self.read_manifest(self.root)
        if workspace is None:
            self.blocked.append("pnpm-workspace.yaml is not valid YAML")
        if self.blocked:
            return self.needs()
        root: Table = manifest or {}
        self.settings = PnpmSettings(workspace or {}, root)
        self.judge_settings()
        lock = self.judge_lock(root)
        settings, hard, check = tuple(self.manifests), list(self.blocked), list(self.check)
        if not self.fetches:
            self.judge_packages(root, lock)
        if not hard and self.blocked and lock is not None and self.can_fetch():
            # What the packages need was found for nothing: the install stays behind the source.
            self.manifests, self.folders, self.blocked = dict.fromkeys(settings), {}, []
            others = f"`{self.install.title}` may install other versions than the fetch has got from pnpm-lock.yaml"
            self.check = [*(it for it in check if it != PINS), *([] if self.is_frozen else [others])]
            return replace(self.needs(fetch), reads_more=True)
        if lock is not None and not self.is_frozen:
            self.check.append(rewrites(self.install.title, "pnpm-lock.yaml"))
        return self.needs()

    def judge_settings(self) -> None:
        """Judge what settings and variables make pnpm read."""
        self.take_corepack_settings(started="npx" not in self.install.options["started"])
        for name in sorted(_BLOCKING):
            if self.setting(name) not in (None, "false"):
                self.blocked.append(f"{name} is set, so that pnpm reads or writes other places")
        for it in ("store-dir", "cache-dir"):
            value = self.setting(it)
            self.outputs += [join(self.install.directory, value)] if value and value != UNKNOWN else []
        self.judge_npmrc(self.npmrc, ())
        cafile = self.setting("cafile")
        self.take(*([self.at(cafile)] if cafile else []))
        self.judge_node_options(self.setting("node-options"))
        options = self.install.options
        if any("[" in options.get(it, "") for it in ("--filter", "-F", "--filter-prod")):
            self.blocked.append("its filter asks git what has changed")
        self.judge_files()

    def judge_files(self) -> None:
        """Judge patches, hooks and manifests in other forms."""
        for it in self.settings.patches:
            if not self.take(self.at(it)):
                self.blocked.append(f"the build context has no {it}, which patchedDependencies names")
        for it in _HOOKS:
            code = self.files.read(self.at(it)) if self.files.exists(self.at(it)) else ""
            if code is None or _LOADS.search(code):
                self.blocked.append(f"{it} is code that may load or read other files")
        for it in ("package.yaml", "package.json5"):
            if self.files.exists(self.at(it)):
                self.blocked.append(f"there is a {it}, which is not looked into here")

    @property
    def is_frozen(self) -> bool:
        """Whether it installs what the lockfile says, or fails."""
        frozen = self.setting("frozen-lockfile")
        is_asked = self.fetches or "ci" in self.install.operands or frozen == "true"
        return is_asked or (frozen is None and in_ci(self.environment))

    def judge_lock(self, manifest: Table) -> PnpmLock | None:
        """Judge the lockfile, and what install scripts of packages it lets run."""
        if not self.files.exists(self.at("pnpm-lock.yaml")):
            if self.is_frozen:
                missing = "needs a lockfile, and the build context has no pnpm-lock.yaml for it"
                self.blocked.append(f"`{self.install.title}` {missing}")
            else:
                self.check.append(NO_LOCK)
            return None
        lock = read_pnpm_lock(text := self.read("pnpm-lock.yaml"))
        if lock is None:
            self.blocked += ["pnpm-lock.yaml is of a pnpm older than 8"] if is_old_lock(text) else []
            return None
        for it in lock.archives:
            # `pnpm fetch` needs them as well, and fails without (run with pnpm 9.15 and 10.34).
            self.take_archive(it, self.root, "pnpm-lock.yaml")
        if self.setting("lockfile") == "false":
            self.check.append("the lockfile is not used, so the versions of the first build stay")
        if self.setting("shared-workspace-lockfile") == "false":
            self.blocked.append("each member of the workspace has a lockfile of its own (shared-workspace-lockfile)")
        if self.setting("ignore-scripts") != "true":
            self.judge_builds(lock, manifest)
        return lock

    def judge_builds(self, lock: PnpmLock, manifest: Table) -> None:
        """Judge the install scripts of packages: pnpm 10 and later run only those that the project has approved."""
        built = self.settings.built(lock, major_version(manifest, "pnpm", self.install.options["version"]))
        if built is None:
            self.check.append(
                "pnpm-lock.yaml does not tell whose install scripts run, which may read any file (pnpm 10 and later run"
                " approved ones only, but package.json has no packageManager that asks for it)"
            )
        unknown = {name for name, version in built or () if not is_self_contained(name, version)}
        self.built = None if built is None else frozenset(name for name, _ in built)
        self.check += scripted(sorted(unknown - ({CLIENT} if self.client_schema(self.root, manifest) else set())))

    def judge_packages(self, root: Table, lock: PnpmLock | None) -> None:
        """Judge package.json and those of the members: what pnpm links, runs and takes from folders."""
        if self.files.exists(self.at("pnpm-workspace.yaml")):
            self.take_members(self.settings.patterns)
            if self.install.directory not in (self.root, *self.members):
                self.blocked.append("the folder where it runs is no member of the workspace of pnpm-workspace.yaml")
        runs = self.setting("ignore-scripts") != "true"
        injects = self.setting("inject-workspace-packages") == "true"
        for folder, manifest in self.packages(root):
            self.take(join(folder, ".npmrc"))
            self.judge_scripts(folder, manifest, runs=runs)
            if folder != self.root:
                self.judge_bins(folder, manifest)
            injects |= "injected" in str(manifest.get("dependenciesMeta", ""))
            for name, spec in (*local_dependencies(manifest), *(self.settings.local if folder == self.root else ())):
                self.judge_local(name, spec, folder)
        if injects:
            self.blocked.append("pnpm copies members of the workspace into node_modules (injected dependencies)")
        if lock is not None and lock.local:
            self.blocked.append(f"pnpm-lock.yaml takes {listed(sorted(set(lock.local)))} from folders of the project")

    def judge_local(self, name: str, spec: str, folder: str) -> None:
        """Judge a package that is taken from the project: pnpm links to folders for ``link:`` only."""
        if spec.startswith("link:"):
            self.take_linked(name, spec, folder)
        elif not self.take_archive(spec, folder) and not spec.startswith("workspace:"):
            path = self.shown(join(folder, "package.json"))
            self.blocked.append(f"{path} takes {name} from a file or folder of the project ({spec})")

    def can_fetch(self) -> bool:
        """Tell whether ``pnpm fetch`` gets what this install then finds, and nothing else."""
        is_plain = not any(it.split("=")[0] in NOT_FETCHED_ALIKE for it in self.install.options)
        is_usual = self.setting("node-linker") in (None, "isolated") and self.setting("ignore-scripts") != "true"
        return is_plain and is_usual and self.root == self.install.directory
