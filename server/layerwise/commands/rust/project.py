"""The manifests that cargo loads before it downloads: the package's own, its workspace's, and those of all members."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.places import files_named, shown
from layerwise.commands.kit.tables import parse_toml
from layerwise.commands.rust.cargo_toml import Manifest, read_manifest
from layerwise.semantics.paths import join, relative, upwards

_MOST_MANIFESTS: Final = 500


@dataclass(slots=True)
class Closure:
    """Manifests as image paths, the files of targets that have to be there, and why that is not all.

    ``here`` is the folder that messages name files from.
    """

    files: InstallFiles
    here: str
    root: str = ""
    manifests: list[str] = field(default_factory=list[str])
    targets: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])

    def load(self, package: str) -> None:
        """Load the package in a folder of the image, and all that belongs to its workspace."""
        own = self._read(package)
        if own is None:
            self.blocked.append(f"{self._named(package)} is not valid TOML, or too large to read")
            return
        self.root = self._workspace_of(package, own)
        waiting = [self.root, package]
        while waiting:
            folder = waiting.pop(0)
            path = join(folder, "Cargo.toml")
            if path in self.manifests:
                continue
            manifest = self._read(folder)
            if manifest is None or len(self.manifests) > _MOST_MANIFESTS:
                self.blocked.append(f"{self._named(folder)} can't be read, or is one of very many")
                return
            self.manifests.append(path)
            self._add_targets(folder, manifest)
            waiting += self._members(folder, manifest) + self._local(folder, manifest)

    def _read(self, folder: str) -> Manifest | None:
        content = parse_toml(self.files.read(join(folder, "Cargo.toml")))
        return read_manifest(content) if content is not None else None

    def _named(self, folder: str) -> str:
        return shown(join(folder, "Cargo.toml"), self.here)

    def _workspace_of(self, package: str, own: Manifest) -> str:
        if own.is_workspace:
            return package
        if own.root is not None:
            return join(package, own.root)
        for folder in upwards(posixpath.dirname(package)):
            above = self._read(folder) if self.files.exists(join(folder, "Cargo.toml")) else None
            if above is not None and above.is_workspace:
                excluded = any(relative(package, join(folder, it)) is not None for it in above.exclude)
                return package if excluded else folder
        return package

    def _members(self, folder: str, manifest: Manifest) -> list[str]:
        if folder != self.root or not manifest.members:
            return []
        found: list[str] = []
        folders = [posixpath.dirname(it) for it in files_named(folder, ("/Cargo.toml",), self.files)]
        excluded = [join(folder, it) for it in manifest.exclude]
        for member in manifest.members:
            pattern = join(folder, member)
            if "**" in member or "{" in member:
                self.blocked.append(
                    f"{self._named(folder)} names its members by a pattern that is not read here ({member})"
                )
            elif any(it in member for it in "*?["):
                matches = (it for it in folders if it.count("/") == pattern.count("/") and fnmatchcase(it, pattern))
                found += [it for it in matches if not any(relative(it, out) is not None for out in excluded)]
            elif not self.files.exists(join(pattern, "Cargo.toml")):
                self.blocked.append(f"{self._named(folder)} has the member {member}, which the build context lacks")
            else:
                found.append(pattern)
        return found

    def _local(self, folder: str, manifest: Manifest) -> list[str]:
        found: list[str] = []
        for name, written in manifest.local:
            place = join(folder, written)
            if relative(place, self.root) is None:
                self.blocked.append(f"{self._named(folder)} takes {name} from outside its workspace ({written})")
            elif not self.files.exists(join(place, "Cargo.toml")):
                self.blocked.append(f"{self._named(folder)} takes {name} from {written}, which the build context lacks")
            else:
                found.append(place)
        return found

    def _add_targets(self, folder: str, manifest: Manifest) -> None:
        for places in manifest.targets:
            found = next((path for it in places if (path := self._target(join(folder, it), it)) is not None), None)
            if found is None:
                self.blocked.append(f"{self._named(folder)} has a target whose file was not found ({places[0]})")
            elif found not in self.targets:
                self.targets.append(found)

    def _target(self, path: str, written: str) -> str | None:
        if not written.endswith("/"):
            return path if self.files.exists(path) else None
        inside = [(it, relative(it, path.rstrip("/")) or "") for it in self.files.files_below(path.rstrip("/"))]
        return next(
            (it for it, name in inside if name.endswith(".rs") and name.partition("/")[2] in ("", "main.rs")), None
        )
