"""What an install of yarn 1 reads and writes.

Source: yarn's manual (classic.yarnpkg.com/docs): cli/install, yarnrc, workspaces, offline mirror. Run with yarn 1.22.22
under strace, and with the manifests only: node_modules is the same; ``--frozen-lockfile`` without a lockfile succeeds.
"""

from __future__ import annotations

import re
from typing import Final

from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.tables import Table
from layerwise.commands.node.package_json import SCRIPTS, local_dependencies, read_npmrc, workspace_patterns
from layerwise.commands.node.project import NodeProject
from layerwise.commands.node.settings import NO_LOCK, is_true, rewrites, workspace_root
from layerwise.commands.node.yarn_files import classic_local, has_packages, read_yarnrc
from layerwise.semantics.paths import join, upwards
from layerwise.semantics.scope import Scope
from layerwise.text.wording import names

_HARMLESS: Final = names(
    "registry network-timeout network-concurrency child-concurrency strict-ssl ignore-engines ignore-optional"
    " ignore-platform save-prefix save-exact lastUpdateCheck disable-self-update-check workspaces-experimental email"
    " username proxy https-proxy noproxy unsafe-disable-integrity-migration user-agent bin-links progress verbose"
    " silent non-interactive no-progress frozen-lockfile pure-lockfile ignore-scripts production prefer-offline ca"
    " enable-meta-folder version-git-tag version-commit-hooks version-tag-prefix yarn-offline-mirror-pruning"
    " cache-folder env NODE_ENV"
)
_RELEASE: Final = re.compile(r"yarn[-.]v?1[.-][\d.]*\w*\Z")
_BLOCKING_SETTINGS: Final = ("userconfig", "globalconfig", "script-shell", "prefix")


class ClassicProject(NodeProject):
    """An install of yarn 1, with the settings in effect."""

    manager = "yarn"
    scripts = SCRIPTS
    instead_of_gyp = ("install",)

    def __init__(self, install: Install, files: InstallFiles, scope: Scope) -> None:
        """Find the root of the workspace, and read the settings."""
        super().__init__(install, files, scope, workspace_root(install.directory, files))
        self.npmrc = read_npmrc(self.read(".npmrc"))
        self.rc = dict(read_yarnrc(self.read(".yarnrc")))

    def is_on(self, name: str) -> bool:
        """Tell whether a switch is on: as an option, in .yarnrc, or in .npmrc."""
        rc = (self.rc.get(it) for it in (name, f"--{name}", f"--install.{name}", f"--*.{name}"))
        return f"--{name}" in self.install.options or any(map(is_true, (*rc, self.npmrc.get(name))))

    def judge(self) -> Needs:
        """Judge the install."""
        self.take(
            *map(self.at, ("package.json", "yarn.lock", ".yarnrc", ".npmrc", ".yarnclean", ".yarn-metadata.json"))
        )
        if not self.files.exists(self.at("package.json")):
            self.blocked.append("the build context has no package.json for the folder where it runs")
            return self.needs()
        self.judge_settings()
        manifest = self.read_manifest(self.root)
        if manifest is not None:
            self.take_members(workspace_patterns(manifest))
            self.judge_packages(manifest)
        self.judge_lock()
        self.take_corepack_settings(started="corepack" in self.install.options["started"])
        return self.needs()

    def judge_settings(self) -> None:
        """Judge what settings and variables make yarn read and write."""
        for key, value in self.rc.items():
            name = key.removeprefix("--").rpartition(".")[2]
            path = self.at(value)
            if name == "yarn-path" and not _RELEASE.search(value):
                self.blocked.append(f".yarnrc runs {value}, which may be of yarn 2 and later")
            elif name in ("yarn-path", "cafile"):
                if not self.take(path) and not value.startswith("/"):
                    self.blocked.append(f"the build context has no {value}, which .yarnrc names ({name})")
            elif name == "yarn-offline-mirror":
                self.take_folder(path)
            elif name not in _HARMLESS and not name.startswith("@") and not name.endswith(":registry"):
                self.blocked.append(f".yarnrc sets {key}, which may name other files")
        options = self.install.options
        folders = (options.get("--cache-folder"), options.get("--modules-folder"), self.rc.get("cache-folder"))
        self.outputs += [join(self.install.directory, it) for it in folders if it]
        self.judge_npmrc(self.npmrc, _BLOCKING_SETTINGS)
        cafile = self.npmrc.get("cafile")
        self.take(*([self.at(cafile)] if cafile else []))
        self.judge_node_options()
        for it in ("--use-yarnrc", "--link-folder", "--global-folder"):
            if it in options:
                self.blocked.append(f"{it} names files or folders of its own")
        # A workspace root may be one too. Without Plug'n'Play yarn removes a .pnp.js (its linker).
        self.outputs.append(self.at(".pnp.js"))
        if any(self.files.exists(join(it, "yarn.json")) for it in upwards(self.root)):
            self.blocked.append("there is a yarn.json, which is not looked into here")

    def judge_packages(self, root: Table) -> None:
        """Judge package.json and those of the members."""
        runs = not self.is_on("ignore-scripts")
        for folder, manifest in self.packages(root):
            self.judge_scripts(folder, manifest, runs=runs)
            if folder != self.root:
                self.judge_bins(folder, manifest)
            for name, spec in local_dependencies(manifest):
                if spec.startswith("link:"):
                    continue
                path = self.shown(join(folder, "package.json"))
                self.blocked.append(f"{path} takes {name} from a file or folder of the project ({spec})")

    def judge_lock(self) -> None:
        """Judge yarn.lock, and whether it stays as it is."""
        if not self.files.exists(self.at("yarn.lock")):
            self.check.append(NO_LOCK)
            return
        text = self.files.read(self.at("yarn.lock"))
        if text is None:
            self.blocked.append("yarn.lock can't be read here")
            return
        if local := classic_local(text):
            self.blocked.append(f"yarn.lock takes {listed(local)} from a file or folder of the project")
        if self.is_on("no-lockfile"):
            self.check.append("the lockfile is not used, so the versions of the first build stay")
        elif not self.is_on("frozen-lockfile") and not self.is_on("pure-lockfile"):
            self.check.append(rewrites(self.install.title, "yarn.lock"))
        if has_packages(text) and not self.is_on("ignore-scripts"):
            self.check.append("yarn.lock does not tell whose install scripts run; they may read any file")
