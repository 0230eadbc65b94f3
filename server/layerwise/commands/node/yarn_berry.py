"""What an install of yarn 2 and later reads and writes.

Source: yarn's manual (yarnpkg.com): cli/install, cli/workspaces/focus, configuration/yarnrc, protocols. Run with yarn
3.8 and 4.18 under strace, and with the manifests only: the same but for package.json, which yarn writes anew. 4.18.1
also loads ``./iterator.js``, a module that its bundle leaves out, from the folder where it runs.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final, cast

from layerwise.commands.kit.command_line import UNKNOWN
from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest
from layerwise.commands.kit.tables import Table, as_table, table, texts
from layerwise.commands.node.package_json import local_dependencies, specs_of, workspace_patterns
from layerwise.commands.node.project import NodeProject
from layerwise.commands.node.settings import NO_LOCK, in_ci, is_true, rewrites
from layerwise.commands.node.yarn_files import (
    has_packages,
    is_as_yarn_writes,
    is_modern_lock,
    modern_local,
    patch_files,
)
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.text.wording import names
from layerwise.text.yaml import load_yaml

_BLOCKING: Final = names(
    "lockfileFilename globalFolder installStatePath pnpUnpluggedFolder virtualFolder constraintsPath"
    " enableConstraintsChecks bstatePath pnpDataPath"
)
_FILES: Final = ("caFilePath", "httpsCaFilePath", "httpsCertFilePath", "httpsKeyFilePath")
_OFFICIAL: Final = "@yarnpkg/plugin-"
_ENDS: Final = ("", ".js", ".json", ".node")
_DEPENDENCIES: Final = ("dependencies", "devDependencies", "optionalDependencies", "resolutions")


class BerryProject(NodeProject):
    """An install of yarn 2 and later, with the settings in effect."""

    manager = "yarn"
    scripts = ("preinstall", "install", "postinstall")
    instead_of_gyp = ("install",)

    def __init__(self, install: Install, files: InstallFiles, scope: Scope) -> None:
        """Find the root: the folder with yarn.lock from the folder up."""
        lock = nearest(install.directory, ("yarn.lock",), files)
        super().__init__(install, files, scope, posixpath.dirname(lock) if lock else install.directory)
        self.rc: Table = {}

    def setting(self, name: str) -> str | None:
        """Return a setting: from the environment (YARN_NODE_LINKER), or .yarnrc.yml (nodeLinker)."""
        variable = "YARN_" + re.sub(r"[A-Z]", lambda it: f"_{it[0]}", name).upper()
        if variable in self.environment:
            return self.environment[variable] or UNKNOWN
        return None if self.rc.get(name) is None else str(self.rc[name])

    def judge(self) -> Needs:
        """Judge the install."""
        self.take(*map(self.at, ("package.json", "yarn.lock", ".yarnrc.yml", ".env.yarn")))
        if not self.files.exists(self.at("package.json")):
            self.blocked.append("the build context has no package.json for the folder where it runs")
            return self.needs()
        rc = load_yaml(self.read(".yarnrc.yml") or "{}")
        self.rc = as_table(rc) or {}
        if rc is None:
            self.blocked.append(".yarnrc.yml is not valid YAML")
        self.judge_settings()
        self.judge_cache()
        manifest = self.read_manifest(self.root)
        if manifest is not None:
            scripts = self.setting("enableScripts")
            builds_none = scripts in ("False", "false", "0") or (scripts is None and _builds_none(manifest))
            self.built = frozenset() if builds_none else None
            self.take_members(workspace_patterns(manifest))
            self.judge_packages(manifest)
            self.judge_lock()
        self.take_corepack_settings(started=self.setting("yarnPath") is None)
        return self.needs()

    def judge_settings(self) -> None:
        """Judge the release, the plugins and what else settings name."""
        named = self.setting("yarnPath")
        if named is not None and not self.take(self.at(named)):
            self.blocked.append(f"the build context has no {named}, which .yarnrc.yml runs (yarnPath)")
        plugins = self.rc.get("plugins")
        for it in cast("list[object]", plugins) if isinstance(plugins, list) else ():
            entry = as_table(it) or {"path": it}
            path = str(entry.get("path", ""))
            if not self.take(self.at(path)):
                self.blocked.append(f"the build context has no {path}, which .yarnrc.yml names as a plugin")
            if not str(entry.get("spec", path)).removeprefix(".yarn/plugins/").startswith(_OFFICIAL):
                self.check.append(f"{path} is a plugin, which may read other files")
        for name in sorted(_BLOCKING):
            if self.setting(name) not in (None, "False", "false"):
                self.blocked.append(f"{name} is set, so that yarn reads or writes other places")
        for value in filter(None, map(self.setting, _FILES)):
            if not self.take(self.at(value)) and not value.startswith("/"):
                self.blocked.append(f".yarnrc.yml names a file that the build context does not have ({value})")
        self.take(*(self.at(it.rstrip("?")) for it in texts(self.rc.get("injectEnvironmentFiles"))))
        for it in filter(self.files.any_below, (join(self.install.directory, f"iterator.js{end}") for end in _ENDS)):
            self.blocked.append(f"yarn 4.18 runs {self.shown(it)} of the folder where it runs, as if it were its own")
        self.judge_node_options()

    def judge_cache(self) -> None:
        """Judge the folder of archives: it may be part of the project."""
        folder = self.at(self.setting("cacheFolder") or ".yarn/cache")
        self.outputs += map(self.at, (".pnp.cjs", ".pnp.loader.mjs", ".pnp.data.json", ".yarn/install-state.gz"))
        self.outputs += map(self.at, (".yarn/unplugged", ".yarn/build-state.yml"))
        if not self.take_folder(folder):
            self.outputs.append(folder)
        elif "--immutable-cache" not in self.install.options and not is_true(self.setting("enableImmutableCache")):
            place = self.shown(folder)
            self.check.append(f"yarn may change {place}, and the later COPY would put back what is there now")

    def judge_packages(self, root: Table) -> None:
        """Judge package.json and those of the members."""
        runs = self.install.options.get("--mode") != "skip-build"
        links = self.setting("nodeLinker") not in (None, "pnp")
        for folder, manifest in self.packages(root):
            path = self.shown(join(folder, "package.json"))
            self.judge_scripts(folder, manifest, runs=runs)
            if links:
                self.judge_bins(folder, manifest)
            if not is_as_yarn_writes(self.files.read(join(folder, "package.json")) or ""):
                self.check.append(
                    f"yarn writes {path} anew in its own format, and the later COPY would put the old one back"
                )
            for name, spec in local_dependencies(manifest):
                if spec.startswith("portal:"):
                    self.take_linked(name, spec, folder)
                elif not spec.startswith(("workspace:", "link:")):
                    self.blocked.append(f"{path} takes {name} from a file or folder of the project ({spec})")
            for _, spec in (it for key in _DEPENDENCIES for it in specs_of(table(manifest, key))):
                self.judge_patches(spec, folder)

    def judge_patches(self, spec: str, folder: str) -> None:
        """Copy the patches of a ``patch:`` dependency early."""
        for it in patch_files(spec) if spec.startswith("patch:") else ():
            if not self.take(self.at(it[2:]) if it.startswith("~/") else join(folder, it)):
                self.blocked.append(f"the build context has no {it}, which a patch: dependency names")

    def judge_lock(self) -> None:
        """Judge yarn.lock, and whether it stays as it is."""
        options = self.install.options
        setting = self.setting("enableImmutableInstalls")
        frozen = "--immutable" in options or "--frozen-lockfile" in options
        frozen |= "--no-immutable" not in options and (
            is_true(setting) or (setting is None and in_ci(self.environment))
        )
        if not self.files.exists(self.at("yarn.lock")):
            if frozen:
                self.blocked.append(f"`{self.install.title}` needs a lockfile, and the build context has no yarn.lock")
            else:
                self.check.append(NO_LOCK)
            return
        text = self.files.read(self.at("yarn.lock"))
        if text is None or is_modern_lock(text) is False:
            self.blocked.append("yarn.lock can't be read here, or is of yarn 1 while others are not")
            return
        if not frozen:
            self.check.append(rewrites(self.install.title, "yarn.lock"))
        if local := modern_local(text):
            self.blocked.append(f"yarn.lock takes {listed(local)} from a file or folder of the project")
        if options.get("--mode") != "skip-build" and self.built is None and has_packages(text):
            self.check.append("yarn.lock does not tell whose install scripts run; they may read any file")


def _builds_none(manifest: Table) -> bool:
    """Tell whether package.json asks for a yarn that runs install scripts only where ``dependenciesMeta`` allows it.

    That is the default since 4.14.0 (looked up in its source, and in that of 4.13.0).
    """
    match = re.match(r"yarn@(\d+)\.(\d+)", str(manifest.get("packageManager", "")))
    return match is not None and (int(match[1]), int(match[2])) >= (4, 14) and "dependenciesMeta" not in manifest
