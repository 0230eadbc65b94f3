"""bun: ``bun install``, ``bun i`` and ``bun ci``, in workspaces and without.

## What is copied first
`package.json`, `bun.lock` or `bun.lockb`, `bunfig.toml`, `.npmrc`, the `.env` files that bun loads, the patches that
`patchedDependencies` names, and the `package.json` of every member of the workspace.

## No fix
Where lifecycle scripts (`preinstall` … `prepare`), those of members included, run anything but `patch-package`,
`husky`, `only-allow`, `prisma generate`, `echo` and the like; where there is a `binding.gyp`; where a member has a
command (`bin`), which bun links and makes executable; where packages come from folders or archives of the project
(`file:`, `link:`); where a patch is missing; where `bunfig.toml` or variables name other files; where the context has a
`node_modules` that the later COPY would lay over the installed one.

## Review
For an install that is not frozen, which may rewrite the lockfile, or has none. Where packages run install scripts: bun
has a list of packages that it trusts; with `trustedDependencies` in package.json, an empty list included, only those
run.

## Cache
`/root/.bun/install/cache`, or `~/.bun/install/cache` of the user.

## Sources
Bun's manual (bun.com/docs): install, bunfig, workspaces, lifecycle, patch. Run with bun 1.4.5 under strace, and with
the manifests only and the whole project, compared file by file; `trustedDependencies` takes the place of bun's own
list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Final, cast

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.tables import Table, parse_jsonc, table, texts
from layerwise.commands.node.package_json import is_self_contained, local_dependencies, read_npmrc, workspace_patterns
from layerwise.commands.node.project import NodeProject
from layerwise.commands.node.settings import scripted, workspace_root
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_PROGRAMS: Final = names("bun")
_SYNTAX: Final = syntax(
    "--cwd --registry --cache-dir --backend --concurrent-scripts --network-concurrency --omit --linker --filter -F"
    " --cpu --os --libc --minimum-release-age --minimum-release-age-excludes --ca --cafile --config -c --env-file",
    "--frozen-lockfile --production -p --no-save --save --force -f --no-cache --silent --quiet --verbose --no-progress"
    " --no-summary --no-verify --ignore-scripts --save-text-lockfile --offline --prefer-offline --no-env-file --bun"
    " --use-system-ca --use-openssl-ca --use-bundled-ca --yarn -y",
)
_ENV_FILES: Final = [
    f".env{kind}{local}" for kind in ("", ".production", ".development", ".test") for local in ("", ".local")
]
_OTHER_LOCKS: Final = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml")
_LOCAL_VERSION: Final = re.compile(r"(file|link):|\.{0,2}/|(?!https?:).*\.(tgz|tar\.gz)\Z")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``bun install``, ``bun i --production``, ``bun ci``."""
    line = read_command_line(command, scope, _SYNTAX)
    # With package names it adds to package.json.
    if line is None or line.program != "bun" or line.operands not in (["install"], ["i"], ["ci"]):
        return None
    directory = directory_of(command, scope, line.value("--cwd"))
    if directory is None:
        return None
    title, lessens = f"bun {line.operands[0]}", line.has("--production", "-p") or line.value("--omit") == "dev"
    operands = (line.operands[0] or "",)
    return Install("bun", title, command, directory, line.last_values(), operands, lessens=lessens)


class BunProject(NodeProject):
    """An install of bun."""

    manager = "bun"
    locked: Sequence[tuple[str, str]] = ()

    def judge(self) -> Needs:
        """Judge the install."""
        lock = "bun.lock" if self.files.exists(self.at("bun.lock")) else "bun.lockb"
        self.take(*map(self.at, ("package.json", lock, "bunfig.toml", ".npmrc", *_ENV_FILES)))
        manifest = self.read_manifest(self.root)
        if manifest is None:
            self.blocked = self.blocked or ["the build context has no package.json for the folder where it runs"]
            return self.needs()
        if "trustedDependencies" in manifest:
            self.built = frozenset(texts(manifest["trustedDependencies"]))
        self.judge_settings()
        self.take_members(workspace_patterns(manifest))
        runs = "--ignore-scripts" not in self.install.options
        for folder, it in self.packages(manifest):
            path = self.shown(join(folder, "package.json"))
            self.judge_scripts(folder, it, runs=runs)
            if folder != self.root:
                self.judge_bins(folder, it)
            self.blocked += [
                f"{path} takes {name} from a file or folder of the project ({spec})"
                for name, spec in local_dependencies(it)
                if not spec.startswith("workspace:")
            ]
            for patch in table(it, "patchedDependencies").values():
                if not self.take(self.at(str(patch))):
                    self.blocked.append(f"the build context has no {patch}, which patchedDependencies names")
        self.judge_lock(lock)
        if runs:
            self.judge_trust(manifest)
        return self.needs()

    def judge_settings(self) -> None:
        """Judge bunfig.toml, options and variables."""
        options = self.install.options
        try:
            content = tomllib.loads(self.read("bunfig.toml"))
        except tomllib.TOMLDecodeError:
            self.blocked.append("bunfig.toml is not valid TOML")
            return
        settings = table(cast("Table", content), "install")
        for it in ("lockfile", "globalDir", "globalBinDir", "security"):
            if settings.get(it):
                self.blocked.append(f"bunfig.toml sets install.{it}, which may name other files")
        cafiles = [it for it in (settings.get("cafile"), options.get("--cafile")) if isinstance(it, str)]
        self.take(*map(self.at, cafiles))
        caches = [table(settings, "cache").get("dir"), options.get("--cache-dir")]
        self.outputs += [self.at(it) for it in caches if isinstance(it, str)]
        self.blocked += [f"{it} names a file of its own" for it in ("--config", "-c", "--env-file") if it in options]
        npmrc = read_npmrc(self.read(".npmrc"))
        self.take(*([self.at(npmrc["cafile"])] if "cafile" in npmrc else []))
        self.judge_npmrc(npmrc, ())
        self.judge_node_options()

    def judge_lock(self, name: str) -> None:
        """Judge the lockfile, and whether it stays as it is."""
        options = self.install.options
        frozen = "ci" in self.install.operands or options.keys() & {
            "--frozen-lockfile",
            "--production",
            "-p",
            "--no-save",
        }
        if not self.files.exists(self.at(name)):
            # Run with bun 1.4: it also succeeds if frozen, and takes versions from what other managers have locked.
            self.take(*map(self.at, _OTHER_LOCKS))
            self.check.append(
                "there is no bun.lock, so the versions of the first build stay until package.json changes"
            )
            return
        title = self.install.title
        if not frozen:
            self.check.append(f"`{title}` may rewrite {name}, and the later COPY would put the old one back")
        if name == "bun.lockb":
            return
        lock = parse_jsonc(self.files.read(self.at(name)))
        if lock is None:
            self.blocked.append("bun.lock can't be read here")
            return
        packages = (cast("list[object]", it) for it in table(lock, "packages").values() if isinstance(it, list))
        entries = [str(it[0]) for it in packages if it]
        self.locked = [(it[: it.find("@", 1)], it[it.find("@", 1) + 1 :]) for it in entries]
        local = [name for name, version in self.locked if _LOCAL_VERSION.match(version)]
        if local:
            self.blocked.append(f"bun.lock takes {listed(sorted(local))} from a file or folder of the project")

    def judge_trust(self, manifest: Table) -> None:
        """Judge whose install scripts run."""
        if "trustedDependencies" not in manifest:
            self.check.append(
                "bun runs install scripts of packages on its own list (trustedDependencies of package.json would take"
                " its place): make sure that they read no file of the project"
            )
        else:
            trusted = texts(manifest["trustedDependencies"])
            known = {name for name, version in self.locked if is_self_contained(name, version)}
            self.check += scripted([it for it in trusted if it not in known | self.told])


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from package.json, the lockfile and bunfig.toml of its folder."""
    return BunProject(install, files, scope, workspace_root(install.directory, files)).judge()


BUN: Final = Ecosystem(
    "bun",
    _PROGRAMS,
    recognise,
    needs,
    ("package.json", "package*.json", "bun.lock", "bun.lockb", "bun.lock*", "bunfig.toml", ".npmrc"),
    lambda _: ("package.json",),
    parse_documentation(__doc__, SECTIONS),
)
