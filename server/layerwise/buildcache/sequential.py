"""The cache keys of builders that keep an image per instruction: docker's legacy builder, buildah and podman, kaniko.

There every instruction is a link of the chain, metadata too. What is compared of it is its meaning (legacy) or its text
(the others), so that buildah takes ``ENV A=$V`` from the cache whatever V is (containers/buildah#5501). An ARG counts
from the first RUN below it. kaniko looks only for RUNs in its cache; what is said of the rest is whether the key of the
next RUN is another.

What is not told: kaniko compares the owners of files on this machine, starts the keys of a stage from those of its base
anew, and forgets a base that has nothing but a FROM (kaniko#1833). buildah takes a destination without a slash for a
file only if there is no such folder, and re-runs a RUN that mounts a stage which re-ran, whatever came out. The folder
that a relative WORKDIR goes on from is expanded as BuildKit does, so with the ARGs of a base stage.

Source: moby ``builder/dockerfile/internals.go`` (probeCache, performCopy), ``dispatchers.go`` (prependEnvOnCmd,
dispatchWorkdir), ``buildargs.go``; buildah ``imagebuildah/stage_executor.go`` (getCreatedBy, historyAndDiffIDsMatch;
1.39 and later for the content of mounts); kaniko ``pkg/executor/build.go:populateCompositeKey``,
``composite_cache.go``.
tests/facts_of_builders.py has what was observed with 20.10, 1.28 and 1.20.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.buildkit import (
    command_text,
    copied_content,
    files_copied,
    normal_owner,
    source_paths,
    taken_by_copy,
)
from layerwise.buildcache.content import Content, Naming
from layerwise.buildcache.environment import Environment
from layerwise.buildcache.mounts import MountKeys, mount_keys
from layerwise.buildcache.step import Aspect, StepKey, Taken
from layerwise.buildcache.variable_list import Unknown, Value
from layerwise.semantics.copy import Copy
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Variables, arg_names, argument_values
from layerwise.syntax.source_map import SourceMap

_PROXIES: Final = frozenset(
    f"{scheme}_PROXY".upper() if upper else f"{scheme}_proxy"
    for scheme in ("http", "https", "ftp", "no", "all")
    for upper in (True, False)
)


def _expand(text: str, placed: Placed) -> Value:
    """Expand a text. What makes up a value that can't be told is in the chain, so its text will do."""
    expansion = placed.scope.expand(text, placed.instruction.escape)
    return expansion.text if expansion.known else Unknown(expansion.text, ())


@dataclass(frozen=True, slots=True)
class Given:
    """The ENVs and the ARGs with a value, by name. An ENV always wins over an ARG of its name, unlike in BuildKit.

    ``own`` are the ENVs of the stage itself.
    """

    environment: Mapping[str, Value] = field(default_factory=dict[str, Value])
    arguments: Mapping[str, Value] = field(default_factory=dict[str, Value])
    own: Mapping[str, Value] = field(default_factory=dict[str, Value])

    @staticmethod
    def first(build: Build) -> Given:
        """Return what a build starts with: kaniko passes proxies on to RUN without being told."""
        given = build.dockerfile.arguments.given
        return Given({}, {it: given[it] for it in given if it in _PROXIES and build.builder is Builder.KANIKO})

    def entering(self, build: Build, base: Given | None) -> Given:
        """Return what a stage starts with: the ENVs of its base and no ARGs, but kaniko's live on in later stages."""
        arguments = self.arguments if build.builder is Builder.KANIKO else Given().arguments
        return Given((base or Given()).environment, arguments)

    def sees(self, placed: Placed) -> Placed:
        """Return an instruction in the scope in which these builders expand it."""
        values = {**self.arguments, **self.environment}
        known = {name: it if isinstance(it, str) else None for name, it in values.items()}
        variables = Variables(known, open_ended=placed.scope.variables.open_ended)
        return Placed(placed.instruction, replace(placed.scope, variables=variables))

    def behind(self, build: Build, placed: Placed, environment: Environment) -> Given:
        """Return the same behind an instruction; ``environment`` is what BuildKit would have set there."""
        if placed.keyword not in ("ARG", "ENV"):
            return self
        instruction, here = placed.instruction, self.sees(placed)
        if placed.keyword == "ENV":
            values = {it.name: _expand(it.value, here) for it in instruction.pairs}
            return replace(self, environment={**self.environment, **values}, own={**self.own, **values})
        declared = dict(argument_values(instruction, here.scope.variables, build.dockerfile.arguments))
        values = {name: environment.value(name) if it is None else it for name, it in declared.items()}
        # Only buildah keeps the value when the name is declared again without one.
        again = frozenset[str]() if build.builder is Builder.BUILDAH else arg_names(instruction)
        kept = {name: it for name, it in self.arguments.items() if name not in again}
        return replace(self, arguments={**kept, **values})


@dataclass(frozen=True, slots=True)
class _Here:
    """An instruction with all that is known in front of it."""

    build: Build
    earlier: Sequence[Stage]
    placed: Placed
    environment: Environment
    given: Given

    def expand(self, text: str) -> Value:
        return _expand(text, self.placed)

    def flag(self, name: str) -> Value | None:
        flag = self.placed.instruction.flag(name)
        return None if flag is None else self.expand(flag.value or "")

    def mounts(self) -> MountKeys:
        return mount_keys(self.build, self.earlier, self.placed, self.environment)

    def argv(self) -> tuple[str, ...]:
        instruction = self.placed.instruction
        if instruction.json is not None:
            return tuple(it.text for it in instruction.json)
        return (*self.placed.scope.shell, command_text(instruction))

    def joined(self) -> str:
        """Return the instruction on one line as it is written, blanks at its end included."""
        instruction = self.placed.instruction
        return SourceMap.joined(instruction.text, instruction.pieces).text.lstrip().rstrip("\r\n")


def link_key(
    build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment, given: Given
) -> StepKey | None:
    """Return the key of an instruction, ``environment`` and ``given`` being in front of it; None if it is no link."""
    here = _Here(build, earlier, given.sees(placed), environment, given)
    profile = _PROFILES[build.builder]
    if placed.keyword == "RUN":
        return profile.run(here)
    if here.placed.copy is not None:
        return profile.copy(here, here.placed.copy)
    text = profile.text(here)
    return None if text is None else StepKey(placed.keyword, {Aspect.TEXT: text})


# docker's legacy builder: the meaning of an instruction, as far as it is expanded.


def _legacy_text(here: _Here) -> Hashable:
    instruction = here.placed.instruction
    text = instruction.arguments.text
    match instruction.keyword:
        case "ENV" | "LABEL":
            return tuple((it.name, here.expand(it.value)) for it in instruction.pairs)
        case "ARG":
            parts = (it.text.partition("=") for it in instruction.words)
            return tuple((name, equals, here.expand(default)) for name, equals, default in parts)
        case "WORKDIR":
            return _legacy_directory(here, here.expand(text))
        case "USER" | "STOPSIGNAL":
            return here.expand(text)
        case "VOLUME":
            return tuple(here.expand(it.text) for it in instruction.words)
        case "EXPOSE":
            return tuple(sorted((here.expand(it.text) for it in instruction.words), key=repr))
        case "CMD" | "ENTRYPOINT":
            return here.argv()
        case _:
            flags = sorted(it.text for it in instruction.flags)
            return *flags, text if instruction.json is None else tuple(it.text for it in instruction.json)


def _legacy_directory(here: _Here, path: Value) -> Hashable:
    if isinstance(path, Unknown) or path.startswith("/"):
        return path
    directory = here.environment.directory
    return join(here.placed.scope.directory, path) if isinstance(directory, str) else (path, directory)


def _legacy_run(here: _Here) -> StepKey:
    environment = here.given.environment
    values = {it: value for it, value in here.given.arguments.items() if it not in environment}
    # The number of values is in the key, even of none if there is a proxy that is not declared.
    has_proxy = not _PROXIES.isdisjoint(here.build.dockerfile.arguments.given.keys() - environment.keys())
    return _run_key(here.argv(), values or {"a proxy": ""} if has_proxy else values)


def _legacy_copy(here: _Here, copy: Copy) -> StepKey:
    # The paths of its sources are in the content, be it of the context or of a stage.
    names = source_paths(here.placed, copy, here.environment) if copy.origin is not None else ()
    return _copy_key(here, copy, names, here.expand(copy.destination.text), here.flag("chown"))


# buildah: the text of an instruction, but of ARG and RUN the names or values of all ARGs.


def _buildah_text(here: _Here) -> Hashable:
    if here.placed.keyword == "ARG":
        given = here.given.behind(here.build, here.placed, here.environment)
        return tuple(sorted(given.arguments))
    return here.joined()


def _buildah_run(here: _Here) -> StepKey:
    given, mounts = here.given, here.mounts()
    bodies = command_text(here.placed.instruction) if here.placed.instruction.heredocs else ""
    # Here it does not see the ENVs of the base, though the command does.
    values = {name: given.own.get(name, it) for name, it in given.arguments.items()}
    key = _run_key((here.joined()[len("RUN") :], bodies), values)
    contents = tuple(replace(it, versioned=False) for it in mounts.contents)
    return replace(key, taken=mounts.taken, contents=contents)


def _buildah_copy(here: _Here, copy: Copy) -> StepKey:
    """Files are copied, and then compared: what flags make of them is known to the build only."""
    chown, chmod = here.flag("chown"), here.flag("chmod")
    made = normal_owner(chown or "root"), chmod.lstrip("0") if isinstance(chmod, str) else chmod
    flags = " ".join(it.text for it in here.placed.instruction.flags if it.name in ("chown", "chmod"))
    key = _copy_key(here, copy, _names_written(here, copy), copy.destination.text, None)
    return replace(key, taken=(*key.taken, Taken(None, made, f"its sources with {flags or 'no flags'}")))


def _names_written(here: _Here, copy: Copy) -> Hashable:
    """Return the names that files of the context have where they arrive; folders have theirs from the destination."""
    if copy.origin is not None:
        return ()
    found = (here.build.context.resolve_source(it.path) for it in copy.sources if it.known)
    files = tuple(posixpath.basename(it.path) for match in found for it in match.matches if not it.is_directory)
    if not files or copy.into_folder or copy.target == here.placed.scope.directory:
        return files
    destination = here.expand(copy.destination.text)
    return posixpath.basename(destination) if isinstance(destination, str) else destination


# kaniko: the text of an instruction; of RUN also all variables.


def _kaniko_text(here: _Here) -> Hashable:
    return None if here.placed.keyword == "MAINTAINER" else here.placed.instruction.logical.text


def _kaniko_run(here: _Here) -> StepKey:
    given = here.given
    return _run_key(here.placed.instruction.logical.text, {**given.arguments, **given.environment})


def _kaniko_copy(here: _Here, copy: Copy) -> StepKey:
    text = here.placed.instruction.logical.text
    return _copy_key(here, replace(copy, remote=()), (), copy.destination.text, text)


@dataclass(frozen=True, slots=True)
class _Profile:
    """What a builder compares of an instruction."""

    text: Callable[[_Here], Hashable]
    run: Callable[[_Here], StepKey]
    copy: Callable[[_Here, Copy], StepKey]


_PROFILES: Final = {
    Builder.LEGACY: _Profile(_legacy_text, _legacy_run, _legacy_copy),
    Builder.BUILDAH: _Profile(_buildah_text, _buildah_run, _buildah_copy),
    Builder.KANIKO: _Profile(_kaniko_text, _kaniko_run, _kaniko_copy),
}
_NAMING: Final[dict[Builder, Naming]] = {Builder.LEGACY: "path", Builder.BUILDAH: "below", Builder.KANIKO: "none"}


def _run_key(command: Hashable, variables: Mapping[str, Value]) -> StepKey:
    values = tuple(sorted(variables.items(), key=lambda it: it[0]))
    return StepKey("RUN", {Aspect.COMMAND: command, Aspect.VARIABLES: values})


def _copy_key(here: _Here, copy: Copy, names: Hashable, destination: Hashable, flags: Hashable) -> StepKey:
    taken = [Taken(None, it, it) for it in copy.remote]
    contents: tuple[Content, ...] = ()
    origin, paths = files_copied(here.build, here.earlier, copy), source_paths(here.placed, copy, here.environment)
    if origin is None:
        taken.append(taken_by_copy(here.build, here.earlier, copy, paths))
    elif copy.sources:
        naming = _NAMING[here.build.builder]
        contents = (replace(copied_content(here.build, copy, paths, origin), naming=naming),)
    instruction = here.placed.instruction
    inline = tuple(it.content(instruction.text) for it in instruction.heredocs)
    aspects: dict[Aspect, Hashable] = {
        Aspect.SOURCES: names,
        Aspect.DESTINATION: destination,
        Aspect.FLAGS: flags,
        Aspect.INLINE: inline,
    }
    return StepKey(instruction.keyword, aspects, tuple(taken), contents)
