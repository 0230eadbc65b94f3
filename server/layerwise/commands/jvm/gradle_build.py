"""The scripts that Gradle runs before it knows what to download: settings, build scripts, and what they name.

Sources: the Gradle User Manual (docs.gradle.org): "Organizing Gradle Projects", "Multi-Project Builds", "Composite
Builds", "Build Environment", "Gradle Wrapper", "Locking versions", "Directories and files".
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Final

from layerwise.commands.jvm.gradle_scripts import ROOT, read_script
from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest, shown
from layerwise.semantics.paths import join, relative

SETTINGS: Final = ("settings.gradle", "settings.gradle.kts", "settings.gradle.dcl")
_SCRIPTS: Final = ("build.gradle", "build.gradle.kts", "build.gradle.dcl")
_BESIDE: Final = ("gradle.properties", "gradle.lockfile", "buildscript-gradle.lockfile")
_ROOT_ONLY: Final = ("settings-gradle.lockfile",)
_MOST_PROJECTS: Final = 300


@dataclass(slots=True)
class Build:
    """What a build reads before it downloads, as image paths, and why that is not all; ``projects`` have scripts."""

    files: InstallFiles
    here: str
    root: str = ""
    manifests: list[str] = field(default_factory=list[str])
    folders: list[str] = field(default_factory=list[str])
    projects: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    reading: list[str] = field(default_factory=list[str])

    def load(self, directory: str) -> None:
        """Load the build that a folder belongs to."""
        settings = nearest(directory, SETTINGS, self.files)
        self.root = posixpath.dirname(settings) if settings is not None else directory
        self._add_beside(self.root, _ROOT_ONLY)
        self.folders += [it for it in (join(self.root, "gradle"), join(self.root, "buildSrc")) if self._is_folder(it)]
        places: dict[str, str] = {}
        if settings is not None:
            places = self._settings(settings)
        self._project(self.root)
        for name, folder in places.items():
            if self._project(folder):
                self.projects.append(name)
            elif not self.blocked and not any(
                relative(it, folder) is not None for it in (*places.values(),) if it != folder
            ):
                self.blocked.append(f"the project {name} has no build script, so that its folder would be missing")

    def _is_folder(self, path: str) -> bool:
        return self.files.any_below(path) is not None

    def _settings(self, settings: str) -> dict[str, str]:
        """Return the folders of the projects that the settings include, by their paths (``:libs:core``)."""
        script = read_script(self.files.read(settings) or "")
        self._script(settings, self.root)
        places: dict[str, str] = {}
        moved = {f":{it.lstrip(':')}": folder for it, folder in script.moved}
        for project in script.projects[:_MOST_PROJECTS]:
            parts = project.strip(":").split(":")
            for count in range(1, len(parts) + 1):
                path = f":{':'.join(parts[:count])}"
                above = places.get(path.rpartition(":")[0], self.root)
                places.setdefault(
                    path, self._at(moved[path], self.root) if path in moved else join(above, parts[count - 1])
                )
        for folder in script.builds:
            path = self._at(folder, self.root)
            if self._is_folder(path):
                self.folders.append(path)
            else:
                self.blocked.append(f"{self._named(settings)} includes a build that the build context lacks ({folder})")
        return places

    def _project(self, folder: str) -> bool:
        """Add the scripts of a project; tell whether it has any."""
        scripts = [path for it in _SCRIPTS if self.files.exists(path := join(folder, it))]
        for it in scripts:
            self._script(it, folder)
        self._add_beside(folder, _BESIDE)
        return bool(scripts)

    def _add_beside(self, folder: str, names: tuple[str, ...]) -> None:
        paths = [join(folder, it) for it in names]
        self.manifests += [it for it in paths if self.files.exists(it) and it not in self.manifests]

    def _script(self, path: str, folder: str) -> None:
        """Add a script, and the scripts that it applies."""
        if path in self.manifests:
            return
        self.manifests.append(path)
        text = self.files.read(path)
        if text is None:
            self.blocked.append(f"{self._named(path)} can't be read here")
            return
        script = read_script(text)
        is_settings = posixpath.basename(path) in SETTINGS
        unclear = [it for it in script.unclear if is_settings or it == "apply from"]
        if unclear:
            self.blocked.append(f"{self._named(path)} names files or projects in code ({listed(unclear)})")
        if script.reads:
            self.reading.append(self._named(path))
        for applied in script.applied:
            found = self._at(applied, folder)
            if "://" in applied or any(relative(found, it) is not None for it in self.folders):
                continue
            if self.files.exists(found):
                self._script(found, folder)
            else:
                self.blocked.append(f"{self._named(path)} applies {applied}, which the build context lacks")

    def _at(self, written: str, folder: str) -> str:
        return join(self.root, written.removeprefix(ROOT)) if written.startswith(ROOT) else join(folder, written)

    def _named(self, path: str) -> str:
        return shown(path, self.here)
