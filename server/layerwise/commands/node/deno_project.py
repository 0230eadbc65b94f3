"""What a deno install reads and writes: deno.json, package.json, and those of the members of the workspace."""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.install import Install, InstallFiles
from layerwise.commands.kit.places import shown
from layerwise.commands.kit.tables import Table, parse_jsonc, table, texts
from layerwise.commands.node.package_json import local_dependencies, workspace_patterns
from layerwise.commands.node.workspaces import member_folders
from layerwise.semantics.paths import join

CONFIGS: Final = ("deno.json", "deno.jsonc")
_REMOTE: Final = ("npm:", "node:", "http://", "https://")


class DenoProject:
    """What an install reads of a project with deno.json or package.json."""

    def __init__(self, install: Install, files: InstallFiles, root: str) -> None:
        """Start with nothing read."""
        self.install = install
        self.files = files
        self.root = root
        self.manifests: dict[str, None] = {}
        self.blocked: list[str] = []
        self.check: list[str] = []
        self.outputs = [join(root, it) for it in ("node_modules", "vendor")]

    def take(self, *paths: str) -> bool:
        """Copy files early if the context has them; tell whether it has one."""
        found = [it for it in paths if self.files.exists(it)]
        self.manifests.update(dict.fromkeys(found))
        return bool(found)

    def read(self, folder: str, name: str) -> Table:
        """Read a file of a folder, and copy it early; an empty table if it is not there."""
        path = join(folder, name)
        if not self.take(path):
            return {}
        content = parse_jsonc(self.files.read(path))
        if content is None:
            self.blocked.append(f"{shown(path, self.root)} can't be read here")
        return content or {}

    def judge(self) -> None:
        """Judge the root and the members."""
        config, package = self.judge_folder(self.root)
        workspace = config.get("workspace")
        members = texts(workspace) or texts(table(config, "workspace").get("members"))
        for folder in member_folders(
            [*members, *workspace_patterns(package)], self.root, self.files, (*CONFIGS, "package.json")
        ):
            self.judge_folder(folder)
            self.outputs.append(join(folder, "node_modules"))
        self.judge_lock(config)

    def judge_folder(self, folder: str) -> tuple[Table, Table]:
        """Judge deno.json and package.json of a folder."""
        config = {**self.read(folder, "deno.jsonc"), **self.read(folder, "deno.json")}
        package = self.read(folder, "package.json")
        self.take(*(join(folder, it) for it in (".npmrc", "tsconfig.json")))
        imports = dict(table(config, "imports"))
        named = config.get("importMap")
        if isinstance(named, str):
            imports.update(table(self.read(folder, named), "imports"))
        self.judge_imports(folder, imports)
        for it in ("links", "patch", "vendor"):
            if config.get(it):
                self.blocked.append(f"deno.json sets {it}, which reads or writes other folders")
        if config.get("allowScripts"):
            self.check.append(
                "allowScripts lets packages run install scripts: make sure that they read no file of the project"
            )
        self.blocked += [
            f"package.json takes {name} from a file or folder of the project ({spec})"
            for name, spec in local_dependencies(package)
            if not spec.startswith("workspace:")
        ]
        return config, package

    def judge_imports(self, folder: str, imports: Table) -> None:
        """Judge what names stand for: deno gets what is of a registry, and reads files of the project."""
        for name, value in imports.items():
            spec = str(value)
            if spec.startswith("jsr:"):
                self.check.append(
                    "packages from JSR are got as well, which layerwise has not seen deno do from deno.json only"
                )
            elif spec.startswith(_REMOTE) or spec.endswith("/"):
                continue
            elif self.files.any_below(join(folder, spec.removeprefix("file://"))):
                self.blocked.append(f"deno.json imports {name} from {spec}, which deno reads with all that it imports")

    def judge_lock(self, config: Table) -> None:
        """Judge deno.lock, and whether it stays as it is."""
        options = self.install.options
        setting = table(config, "lock")
        frozen = "ci" in self.install.operands or setting.get("frozen") is True
        frozen |= any(options.get(it, "false") in ("", "true") for it in ("--frozen", "--frozen-lockfile"))
        if config.get("lock") is False and not frozen:
            self.check.append("deno.json has no lockfile, so the versions of the first build stay until it changes")
        elif config.get("lock") is False or isinstance(setting.get("path"), str) or isinstance(config.get("lock"), str):
            self.blocked.append("deno.json sets where the lockfile is")
        elif not self.take(join(self.root, "deno.lock")):
            if frozen:
                self.blocked.append(f"`{self.install.title}` needs a lockfile, and the build context has no deno.lock")
            else:
                self.check.append(
                    "there is no lockfile, so the versions of the first build stay until deno.json changes"
                )
        elif not frozen:
            self.check.append(
                f"`{self.install.title}` may rewrite deno.lock, and the later COPY would put the old one back"
            )
