"""What lies around a Dockerfile on the disk: settings files and the build context. The I/O of opening one.

Safe to call from a worker thread: a function of its arguments and the disk.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layerwise.context.build_context import BuildContext
from layerwise.ecosystems.registry import installs_of
from layerwise.rules.analysis import Options
from layerwise.rules.registry import NAMES
from layerwise.rules.rule import Severity
from layerwise.semantics.dockerfile import Dockerfile
from layerwise.semantics.paths import relative
from layerwise.workspace.build_files.search import BuildFiles
from layerwise.workspace.disk import Walks, find_context, load_files, read_context
from layerwise.workspace.settings import (
    Layer,
    Level,
    Settings,
    SettingsProblem,
    find_settings_files,
    read_settings,
    read_settings_file,
    top_of,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Dockerfile is, and what is set for it from outside the files: layers, later ones win.

    ``path`` is None for a text that is no file; it then has no context unless a setting names one.
    """

    path: Path | None
    root: Path | None
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells the build context: sources of COPY and ADD as written, and manifests that installs read."""

    sources: tuple[str, ...]
    manifests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The settings of a Dockerfile, what is wrong with them, its build context, and the build files that were read.

    ``evidence`` is what the context was looked for with; None if the look failed.
    """

    settings: Settings
    problems: tuple[SettingsProblem, ...]
    context: BuildContext
    evidence: Evidence | None
    build_files: frozenset[Path] = frozenset()

    @staticmethod
    def failed(settings: Settings) -> Surroundings:
        """Return what is left if a look fails: what was set before."""
        return Surroundings(settings, (), BuildContext.unknown("an error kept it from being read"), None)


def look_around(place: Place, evidence: Evidence, build_files: BuildFiles | None = None) -> Surroundings:
    """Read the settings, the build files and the context's listing; ``build_files`` knows of earlier looks."""
    settings, problems = _settings(place)
    if place.path is None:
        if settings.context is None:
            return Surroundings(settings, problems, BuildContext.unknown("it is not a file"), evidence)
        root = (place.root or Path.cwd()) / settings.context
        return Surroundings(settings, problems, _read(root, None, "the setting"), evidence)
    build_files = build_files or BuildFiles()
    built = build_files.contexts(place.path, place.root) if not settings.context else ()
    root, found_by = find_context(place.path, place.root, evidence.sources, settings.context, evidence.manifests, built)
    read = build_files.read(place.path, place.root)
    return Surroundings(settings, problems, _read(root, place.path, found_by, build_files.walks), evidence, read)


def _read(root: Path, dockerfile: Path | None, found_by: str, walks: Walks | None = None) -> BuildContext:
    if not root.is_dir():
        return BuildContext.unknown(f"the folder {root}, which {found_by} names, does not exist")
    return read_context(root, dockerfile, found_by, walks=walks)


def _settings(place: Place) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    layers: list[Layer] = []
    problems: list[SettingsProblem] = []
    if place.path is not None:
        folder = place.path.absolute().parent
        files, found = find_settings_files(folder, place.root)
        problems += found
        for file in files:
            layer, found = read_settings_file(file, top_of(folder, place.root))
            layers.append(layer)
            problems += found
    settings, found = read_settings([*layers, *place.layers], NAMES)
    return settings, (*problems, *found)


def load(context: BuildContext, paths: frozenset[str]) -> BuildContext:
    """Return the context with these files read; whatever they are, none of them is asked for again."""
    loaded = load_files(context, paths)
    return loaded.with_contents({it: loaded.contents.get(it) for it in paths})


def options_of(settings: Settings) -> Options:
    """Return what of the settings decides about findings."""
    severities = {name: None if level is Level.OFF else Severity(level.value) for name, level in settings.rules.items()}
    return Options(settings.target, settings.builder, settings.build_args, severities)


def evidence_of(dockerfile: Dockerfile) -> Evidence:
    """Return what a Dockerfile says of its build context."""
    copies = (it.copy for it in dockerfile.instructions)
    sources = tuple(source.text for it in copies if it is not None and it.origin is None for source in it.sources)
    return Evidence(sources, tuple(_manifests(dockerfile)))


def _manifests(dockerfile: Dockerfile) -> Iterator[str]:
    for placed in dockerfile.instructions:
        for ecosystem, install in installs_of(placed.run, placed.scope) if placed.run is not None else ():
            folder = relative(install.directory, placed.scope.directory)
            names = ecosystem.telling(install)
            yield from (posixpath.join(folder, it) for it in names if folder is not None)
