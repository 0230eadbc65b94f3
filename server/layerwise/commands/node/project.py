"""What package managers for Node.js have in common: manifests of a workspace, lifecycle scripts, commands, links.

A workspace is closed by the package.json of all its members: with only those, each manager installed the same as with
the whole project (run with npm 8 to 11, pnpm 8 to 12, yarn 1.22, 3.8 and 4.18, bun 1.4, and compared file by file).
What is different then: a command of a member (``bin``) is linked and made executable only if its file is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import shown
from layerwise.commands.kit.tables import Table, parse_object, table
from layerwise.commands.node.launcher import corepack_files
from layerwise.commands.node.package_json import SCRIPTS, bin_paths, installed_names, local_archive, local_folder
from layerwise.commands.node.prisma import CLIENT, Prisma, read_prisma
from layerwise.commands.node.scripts import Does, Effect, effects_of
from layerwise.commands.node.workspaces import MOST_MEMBERS, member_folders
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join, upwards
from layerwise.semantics.scope import Scope

_LOADS_CODE: Final = re.compile(r"(^|\s)(-r|--require|--import|--loader|--experimental-loader|--env-file)\b")
PINS: Final = "corepack before 0.33 adds a packageManager to package.json, which the later COPY would undo"


class NodeProject:
    """A project as it is judged: what the install reads is gathered in ``manifests`` and ``folders``.

    ``built`` are the packages whose install scripts run; None if that can't be told.
    ``told`` are those of which a check says what they read.
    """

    manager = "npm"
    scripts: Sequence[str] = SCRIPTS
    """What it runs of the project's own package.json during an install."""

    instead_of_gyp: Sequence[str] = ("install", "preinstall")
    """The scripts of which any one keeps it from compiling what a binding.gyp describes."""

    def __init__(self, install: Install, files: InstallFiles, scope: Scope, root: str) -> None:
        """Start with nothing read."""
        self.install = install
        self.files = files
        self.root = root
        self.environment = dict(environment_of(install.command, scope))
        self.members: dict[str, Table] = {}
        self.manifests: dict[str, None] = {}
        self.folders: dict[str, None] = {}
        self.blocked: list[str] = []
        self.check: list[str] = []
        self.built: frozenset[str] | None = None
        self.told: set[str] = set()
        self.outputs: list[str] = [self.at("node_modules")]

    def at(self, name: str) -> str:
        """Return a path of the project's folder."""
        return join(self.root, name)

    def shown(self, path: str) -> str:
        """Return a path for a message."""
        return shown(path, self.root)

    def take(self, *paths: str) -> bool:
        """Copy files early if the context has them; tell whether it has one."""
        found = [it for it in paths if self.files.exists(it)]
        self.manifests.update(dict.fromkeys(found))
        return bool(found)

    def take_folder(self, path: str) -> bool:
        """Copy a folder early if the context has files in it."""
        if not self.files.any_below(path):
            return False
        self.folders[path] = None
        return True

    def read(self, name: str) -> str:
        """Return the text of a settings file of the root, "" if it is not there; one that can't be read blocks."""
        text = self.files.read(self.at(name)) if self.files.exists(self.at(name)) else ""
        if text is None:
            self.blocked.append(f"{name} can't be read here")
        return text or ""

    def read_manifest(self, folder: str) -> Table | None:
        """Read the package.json of a folder, and copy it early; None if it is not there or not valid."""
        path = join(folder, "package.json")
        if not self.take(path):
            return None
        manifest = parse_object(self.files.read(path))
        if manifest is None:
            self.blocked.append(f"{self.shown(path)} is not valid JSON")
        return manifest

    def take_members(self, patterns: Iterable[str], names: Sequence[str] = ("package.json",)) -> None:
        """Copy the manifests of all members early, and keep those that can be read."""
        folders = [it for it in member_folders(patterns, self.root, self.files, names) if it not in self.members]
        if len(folders) > MOST_MEMBERS:
            self.blocked.append(f"the workspace has more than {MOST_MEMBERS} members")
            return
        for it in folders:
            self._take_member(it)

    def _take_member(self, folder: str) -> None:
        manifest = self.read_manifest(folder)
        if manifest is not None:
            self.members[folder] = manifest
        self.outputs.append(join(folder, "node_modules"))

    def packages(self, root: Table) -> Iterator[tuple[str, Table]]:
        """Yield folders with their package.json: the root, the members, and those that are taken along the way."""
        yield self.root, root
        seen: set[str] = set()
        while new := [it for it in self.members if it not in seen]:
            seen.update(new)
            yield from ((it, self.members[it]) for it in new)

    def take_linked(self, name: str, spec: str, folder: str) -> None:
        """Copy the manifest of a folder early that is only linked to, as that of a member."""
        target = local_folder(spec, folder)
        if target is None:
            path = self.shown(join(folder, "package.json"))
            self.blocked.append(f"{path} takes {name} from a place that can't be told ({spec})")
        elif target not in self.members and target != self.root:
            self._take_member(target)
            if target not in self.members:
                self.blocked.append(f"{self.shown(target)}, which {name} is a link to, has no package.json here")

    def take_archive(self, spec: str, folder: str, named_in: str = "package.json") -> bool:
        """Copy an archive early that a package is taken from; False if the spec names none."""
        path = local_archive(spec, folder)
        if path is not None and not self.take(path):
            named = self.shown(join(folder, named_in))
            self.blocked.append(f"the build context has no {self.shown(path)}, which {named} takes a package from")
        return path is not None

    def judge_scripts(self, folder: str, manifest: Table, *, runs: bool = True) -> None:
        """Judge the lifecycle scripts of a package.json: what they name is copied early if that can be told."""
        scripts, path = table(manifest, "scripts"), self.shown(join(folder, "package.json"))
        unknown: list[str] = []
        for name in self.scripts if runs else ():
            effects = list(effects_of(name, scripts)) if name in scripts else []
            unknown += [f'"{name}"'] if any(it.does is Does.UNKNOWN for it in effects) else []
            for it in effects:
                self._judge_effect(it, folder, manifest)
        if unknown:
            said = f"the script{'s' if len(unknown) > 1 else ''} {listed(unknown)} of {path}"
            self.blocked.append(f"{self.manager} runs {said} during the install, which may read any file")
        if runs and (client := self.client_schema(folder, manifest)) is not None:
            self._judge_prisma(f"{CLIENT} runs Prisma during the install", client)
            self.told.add(CLIENT)
        if runs and self.files.exists(join(folder, "binding.gyp")) and scripts.keys().isdisjoint(self.instead_of_gyp):
            found = f"a binding.gyp{'' if folder == self.root else f' in {self.shown(folder)}'}"
            said = f"compiles the project's own native code during the install, as there is {found}"
            self.blocked.append(f"{self.manager} {said}")

    def _judge_effect(self, effect: Effect, folder: str, manifest: Table) -> None:
        if effect.does is Does.HOOKS and any(self.files.any_below(join(it, ".git")) for it in upwards(folder)):
            said = "husky would no longer find the project when it installs git hooks, which an image seldom needs"
            self.check.append(said)
        elif effect.does is Does.PATCHES:
            self.take_folder(join(folder, effect.argument))
        elif effect.does is Does.PRISMA:
            read = read_prisma(effect.argument, folder, manifest, self.files)
            self._judge_prisma("`prisma generate` runs during the install", read)

    def client_schema(self, folder: str, manifest: Table) -> Prisma | None:
        """Return what the install script of Prisma's client reads, if that package is installed and has one to read."""
        if CLIENT not in installed_names(manifest) or (self.built is not None and CLIENT not in self.built):
            return None
        return read_prisma("", folder, manifest, self.files) or read_prisma("", self.root, manifest, self.files)

    def _judge_prisma(self, said: str, read: Prisma | None) -> None:
        if read is None:
            self.blocked.append(f"{said}, and its schema is not where it is usual")
            return
        self.take(*read.files, *(() if read.is_folder else (read.schema,)))
        if read.is_folder:
            self.take_folder(read.schema)
        self.outputs += read.outputs
        self.check.append(f"{said}: make sure that it reads nothing but {self.shown(read.schema)}")

    def judge_bins(self, folder: str, manifest: Table) -> None:
        """Block where a command of the project's own would be linked and made executable."""
        if any(self.files.any_below(it) for it in bin_paths(manifest, folder)):
            path = self.shown(join(folder, "package.json"))
            self.blocked.append(f"{path} has a command (bin), which {self.manager} links and makes executable")

    def judge_node_options(self, *code: str | None) -> None:
        """Judge what the options of Node.js make it load."""
        for it in (*code, self.environment.get("NODE_OPTIONS")):
            if it and _LOADS_CODE.search(it):
                self.blocked.append(f"the Node options load other files ({it})")

    def judge_npmrc(self, npmrc: Mapping[str, str], names: Sequence[str], *, moved: bool = False) -> None:
        """Judge what .npmrc makes the install read; ``moved``: its relative paths start elsewhere than here."""
        self.blocked += [f".npmrc sets {it}" for it in names if it in npmrc]
        for name, value in npmrc.items():
            is_key = name.rpartition(":")[2] in ("certfile", "keyfile")
            is_ours = not value.startswith("/") or self.files.exists(value)
            is_elsewhere = not value.startswith("/") and ("$" in value or moved)
            if (is_key and is_ours) or (name == "cafile" and is_elsewhere):
                self.blocked.append(f".npmrc names a file that may be part of the project ({name}={value})")

    def take_corepack_settings(self, *, started: bool) -> None:
        """Copy early what corepack reads; ``started``: it may be what starts the manager."""
        found = corepack_files(self.install.directory, self.files)
        self.take(*found)
        if started and not found and self.environment.get("COREPACK_ENABLE_AUTO_PIN") != "0":
            # Looked up in its source: 0.28 to 0.32 do, 0.25 and 0.33 do not.
            self.check.append(PINS)

    def needs(self, fetch: str | None = None) -> Needs:
        """Return all that was found."""
        return Needs(
            tuple(self.manifests),
            folders=tuple(self.folders),
            blocked=tuple(dict.fromkeys(self.blocked)),
            check=tuple(dict.fromkeys(self.check)),
            outputs=tuple(dict.fromkeys(self.outputs)),
            fetch=fetch,
        )
