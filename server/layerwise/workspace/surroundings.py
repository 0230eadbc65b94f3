"""What lies around a Dockerfile on the disk: settings files and the build context. The I/O of opening one.

Safe to call from a worker thread: a function of its arguments and the disk.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.commands.registry import installs_of
from layerwise.context.build_context import BuildContext, NamedContext
from layerwise.rules.analysis import Options
from layerwise.rules.registry import NAMES
from layerwise.rules.rule import Severity
from layerwise.semantics.dockerfile import Dockerfile
from layerwise.semantics.paths import relative
from layerwise.text.wording import join_words, shortened
from layerwise.workspace.build_files.search import BuildFiles, Described
from layerwise.workspace.disk import Walks, find_context, load_files, normal_path, read_context
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
    ``builds`` are those of build files in this context, the likeliest first, which says what settings leave open.
    """

    settings: Settings
    problems: tuple[SettingsProblem, ...]
    context: BuildContext
    evidence: Evidence | None
    build_files: frozenset[Path] = frozenset()
    builds: tuple[Described, ...] = ()

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
    builds = build_files.builds(place.path, place.root)
    reasons: dict[Path, str] = {}
    for it in builds if not settings.context else ():
        reasons.setdefault(it.definition.context, it.reason)
    root, found_by = find_context(
        place.path,
        place.root,
        evidence.sources,
        settings.context,
        evidence.manifests,
        list(reasons.items()),
    )
    read = build_files.read(place.path, place.root)
    here = tuple(it for it in builds if it.definition.context == normal_path(root))
    context = _read(root, place.path, found_by, build_files.walks)
    if here and here[0].definition.named:
        top = top_of(normal_path(place.path).parent, place.root)
        named = {name: _named(it, top, build_files.walks) for name, it in here[0].definition.named.items()}
        context = replace(context, named=named)
    return Surroundings(settings, problems, context, evidence, read, here)


def _named(at: Path | str, top: Path | None, walks: Walks) -> NamedContext:
    """Read what stands for a name: a folder of the workspace, with the ignore file that is in it, or what is none."""
    if isinstance(at, str):
        return NamedContext(at)
    is_there = at.is_dir() and (top is None or at.resolve().is_relative_to(top.resolve()))
    written = at.relative_to(top).as_posix() if top is not None and at.is_relative_to(top) else str(at)
    return NamedContext(written, read_context(at, None, "a build file", walks=walks) if is_there else None)


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


def options_of(surroundings: Surroundings) -> Options:
    """Return what decides about findings: settings, and what they leave open as the likeliest build file has it."""
    settings, builds = surroundings.settings, surroundings.builds
    severities = {name: None if level is Level.OFF else Severity(level.value) for name, level in settings.rules.items()}
    if not builds:
        return Options(settings.target, settings.builder, settings.build_args, severities)
    first = builds[0].definition
    return Options(
        settings.target or first.target,
        settings.builder,
        {**first.arguments, **settings.build_args},
        severities,
        _said(builds[0], settings),
        frozenset(it.definition.target for it in builds),
    )


def _said(build: Described, settings: Settings) -> str:
    """Say in a sentence what is taken over from a build file, "" if nothing is."""
    definition = build.definition
    arguments = [it for it in definition.arguments if it not in settings.build_args]
    parts = [
        *([f"the target {shortened([definition.target])[0]}"] if definition.target and not settings.target else []),
        *([f"values of {join_words(shortened(arguments))}"] if arguments else []),
        *([f"the contexts called {join_words(shortened([*definition.named]))}"] if definition.named else []),
    ]
    return f"From {build.by}: {join_words(parts)}." if parts else ""


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
