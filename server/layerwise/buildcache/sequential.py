"""The cache keys of builders that keep an image per instruction: docker's legacy builder, buildah and podman, kaniko.

There every instruction is a link of the chain, metadata too. What is compared of it is its text: expanded (legacy) or
as it is written (the others), so that buildah takes ``ENV A=$V`` from the cache whatever V is (containers/buildah#5501).

Source: moby ``builder/dockerfile/internals.go`` (probeCache, performCopy), ``dispatchers.go:prependEnvOnCmd``; buildah
``imagebuildah/stage_executor.go`` (getCreatedBy, historyAndDiffIDsMatch; 1.39 and later for mounts); kaniko
``pkg/executor/build.go:populateCompositeKey``, ``composite_cache.go``. Observed with 20.10, 1.28 and 1.20.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.buildkit import command_text, copied_content, normal_owner, source_paths, taken_by_copy
from layerwise.buildcache.content import Content
from layerwise.buildcache.environment import Environment, Value
from layerwise.buildcache.mounts import mount_keys
from layerwise.buildcache.step import Aspect, StepKey, Taken
from layerwise.semantics.copy import Copy
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.semantics.scope import argument_values

_EXPANDED = frozenset({"USER", "WORKDIR", "STOPSIGNAL", "VOLUME", "EXPOSE"})
_COMMANDS = frozenset({"CMD", "ENTRYPOINT"})


@dataclass(frozen=True, slots=True)
class Given:
    """The ARGs that have a value, and the names that ENV sets: an ARG of such a name does not count."""

    arguments: tuple[tuple[str, Value], ...] = ()
    hidden: frozenset[str] = frozenset()

    def behind(self, placed: Placed, build: Build, environment: Environment) -> Given:
        """Return the same behind an instruction; ``environment`` is what is set there."""
        if placed.keyword == "ARG":
            values = argument_values(placed.instruction, placed.scope.variables, build.dockerfile.arguments)
            new = {name: environment.value(name) for name, _ in values}
            return replace(self, arguments=tuple({**dict(self.arguments), **new}.items()))
        if placed.keyword == "ENV":
            names = {it.name for it in placed.instruction.pairs}
            return replace(self, hidden=self.hidden | names)
        return self

    @property
    def visible(self) -> tuple[tuple[str, Value], ...]:
        """What a RUN gets of them, sorted."""
        return tuple(sorted((it for it in self.arguments if it[0] not in self.hidden), key=lambda it: it[0]))


def link_key(
    build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment, given: Given
) -> StepKey | None:
    """Return the key of an instruction, ``environment`` and ``given`` being in front of it; None if it is no link."""
    if placed.keyword == "RUN":
        return _run_key(build, earlier, placed, environment, given)
    if placed.copy is not None:
        return _copy_key(build, earlier, placed, placed.copy, environment)
    if placed.keyword == "MAINTAINER" and build.builder is Builder.KANIKO:
        return None
    text = tuple(_text(build, placed, environment, given))
    return StepKey((placed.keyword, text), {Aspect.TEXT: text})


def _text(build: Build, placed: Placed, environment: Environment, given: Given) -> Iterator[Hashable]:
    """Yield what is compared of an instruction that makes no files."""
    instruction, keyword = placed.instruction, placed.keyword
    if build.builder is Builder.BUILDAH and keyword == "ARG":
        yield from sorted(name for name, _ in given.behind(placed, build, environment).arguments)
    elif build.builder is not Builder.LEGACY:
        yield instruction.logical.text
    elif keyword in ("ENV", "LABEL"):
        for pair in instruction.pairs:
            yield pair.name, environment.resolve(pair.value, placed.scope, instruction.escape)
    elif keyword == "ARG":
        for word in instruction.words:
            name, equals, default = word.text.partition("=")
            yield name, equals and environment.resolve(default, placed.scope, instruction.escape)
    elif keyword == "WORKDIR":
        path = environment.resolve(instruction.arguments.text, placed.scope, instruction.escape)
        yield path, environment.directory if not str(path).startswith("/") else ""
    elif keyword in _EXPANDED:
        yield environment.resolve(instruction.arguments.text, placed.scope, instruction.escape)
    elif keyword in _COMMANDS:
        yield _argv(placed)
    else:
        yield instruction.arguments.text


def _argv(placed: Placed) -> tuple[str, ...]:
    instruction = placed.instruction
    if instruction.json is not None:
        return tuple(it.text for it in instruction.json)
    return (*placed.scope.shell, command_text(instruction))


def _run_key(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment, given: Given) -> StepKey:
    legacy = build.builder is Builder.LEGACY
    command: Hashable = _argv(placed) if legacy else (placed.instruction.text, placed.instruction.logical.text)
    if not legacy:
        command = placed.instruction.logical.text[len("RUN") :], command_text(placed.instruction)
    if build.builder is Builder.KANIKO:
        command = placed.instruction.logical.text
    variables: tuple[tuple[str, Value], ...] = given.visible
    if build.builder is Builder.KANIKO:
        variables = tuple(sorted(environment.variables, key=lambda it: it[0]))
    mounts = mount_keys(build, earlier, placed, environment)
    content = mounts.content if build.builder is Builder.BUILDAH else None
    taken = mounts.taken if build.builder is Builder.BUILDAH else ()
    aspects: dict[Aspect, Hashable] = {Aspect.COMMAND: command, Aspect.VARIABLES: variables}
    return StepKey(("RUN", command, variables), aspects, taken, content)


def _copy_key(build: Build, earlier: Sequence[Stage], placed: Placed, copy: Copy, environment: Environment) -> StepKey:
    instruction = placed.instruction
    taken = [Taken(None, it, it) for it in copy.remote]
    content: Content | None = None
    paths = source_paths(placed, copy, environment)
    if copy.origin is not None:
        taken.append(taken_by_copy(build, earlier, copy, paths))
    elif copy.sources:
        content = copied_content(build, copy)
    flags: Hashable = ()
    names: Hashable = ()
    destination: Hashable = copy.destination.text
    if build.builder is Builder.LEGACY:
        chown = instruction.flag("chown")
        flags = environment.resolve(chown.value or "", placed.scope, instruction.escape) if chown else ()
        destination = environment.resolve(copy.destination.text, placed.scope, instruction.escape)
        names = paths
        content = None if content is None else replace(content, naming="path")
    elif build.builder is Builder.BUILDAH:
        values = (instruction.flag("chown"), instruction.flag("chmod"))
        chown, chmod = (
            environment.resolve(it.value or "", placed.scope, instruction.escape) if it else None for it in values
        )
        flags = normal_owner(chown) if chown else normal_owner("root"), chmod and str(chmod).lstrip("0")
        is_folder = copy.into_folder or destination in (".", "./")
        names = tuple(str(it).rpartition("/")[2] for it in paths) if is_folder else ()
    else:
        flags = instruction.logical.text
        content = None if content is None else replace(content, naming="none")
    aspects: dict[Aspect, Hashable] = {
        Aspect.SOURCES: names,
        Aspect.FLAGS: flags,
        Aspect.DESTINATION: destination,
    }
    own = (placed.keyword, names, flags, destination)
    return StepKey(own, aspects, tuple(taken), content)
