"""What is in the cache key of an instruction, in words for a person.

Source: BuildKit ``solver/llbsolver/ops/exec.go`` and ``file.go:CacheMap``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrival, Arrivals, Selected, mounted
from layerwise.semantics.copy import Copy
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage, context_named, stage_named
from layerwise.semantics.run import Mount
from layerwise.semantics.scope import DEFAULT_SHELL
from layerwise.text.wording import join_words, shortened


class InputKind(enum.Enum):
    """The origin of a part of a cache key; the value is the name in the JSON of ``explain``."""

    PREVIOUS = "previous"
    TEXT = "text"
    FILES = "files"
    VARIABLE = "variable"
    SETTING = "setting"
    STAGE = "stage"
    IMAGE = "image"
    REMOTE = "remote"
    MOUNT = "mount"


@dataclass(frozen=True, slots=True)
class KeyInput:
    """One part of a step's cache key; ``detail`` says which, in words."""

    kind: InputKind
    detail: str


@dataclass(frozen=True, slots=True)
class ContextFiles:
    """The files of the build context in a step's key: all of them if ``complete``."""

    paths: frozenset[str]
    complete: bool

    def __bool__(self) -> bool:
        """Tell whether any file of the context can be in the key."""
        return bool(self.paths) or not self.complete


_NOT_IN_THE_KEY = {"cache": "its content is not", "secret": "its value is not", "ssh": "the keys are not"}
_MOST_NAMED = 3
_MOST_VARIABLES = 8


def context_files(placed: Placed, context: BuildContext) -> ContextFiles:
    """Return the files of the context in the key of a step: sources of COPY and ADD, and bind mounts."""
    arrivals = Arrivals()
    if placed.copy is not None and placed.copy.from_context:
        arrivals = Arrivals((Arrival(placed, Selected(context, placed.keyword, placed.copy)),))
    elif placed.run is not None:
        arrivals = mounted(context, placed, [it for it in placed.run.mounts if it.origin is None], arrivals)
    if len(arrivals.items) == 1:
        return ContextFiles(arrivals.items[0].files, arrivals.items[0].is_complete)
    files = frozenset[str]().union(*(it.files for it in arrivals.items))
    return ContextFiles(files, all(it.is_complete for it in arrivals.items))


def missing_sources(placed: Placed, context: BuildContext) -> list[str]:
    """Return the sources of a COPY or ADD that are not in the build context, so that a build fails."""
    if placed.copy is None or context.truncated:
        return []
    matches = Selected(context, placed.keyword, placed.copy).matches
    return [it.path for it, match in zip(placed.copy.sources, matches, strict=True) if match and match.missing]


def inputs_of(build: Build, stage: Stage, placed: Placed) -> tuple[KeyInput, ...]:
    """Return what is in the cache key of an instruction of a stage, or of a trigger that the stage begins with.

    The step before it is first; there are none for what makes no step.
    """
    dockerfile, context = build.dockerfile, build.context
    if placed.keyword == "FROM":
        return (_base(dockerfile, stage, context),)
    if build.builder.is_sequential:
        return tuple(_link_inputs(build, stage, placed))
    if kind_of(placed) is not StepKind.LAYER:
        return ()
    found: list[KeyInput] = []
    if placed.copy is None or not placed.copy.is_apart:
        found.append(KeyInput(InputKind.PREVIOUS, "the step before it"))
    if placed.keyword == "RUN":
        found += _run_inputs(dockerfile, stage, placed, context)
    elif placed.keyword == "WORKDIR":
        found.append(KeyInput(InputKind.TEXT, f"the path {placed.instruction.arguments.text}"))
        if placed.scope.user:
            found.append(KeyInput(InputKind.SETTING, f"the user {placed.scope.user}, who will own the folder"))
    elif placed.copy is not None:
        found += _copy_inputs(dockerfile, stage, placed, placed.copy, context)
    # Several secrets, for example.
    return tuple(dict.fromkeys(found))


def _link_inputs(build: Build, stage: Stage, placed: Placed) -> Iterator[KeyInput]:
    """Yield what is in the key of an instruction for a builder that chains them all."""
    builder, copy = build.builder, placed.copy
    if builder is Builder.KANIKO and placed.keyword == "MAINTAINER":
        return
    yield KeyInput(InputKind.PREVIOUS, "the step before it")
    if copy is not None:
        yield from _copy_inputs(build.dockerfile, stage, placed, copy, build.context)
        return
    expanded = builder is Builder.LEGACY and placed.keyword not in ("RUN", "ONBUILD", "HEALTHCHECK", "MAINTAINER")
    yield KeyInput(InputKind.TEXT, "its text, with variables filled in" if expanded else "its text, as it is written")
    if placed.keyword == "RUN":
        environment = " and of all variables" if builder is Builder.KANIKO else ""
        yield KeyInput(InputKind.VARIABLE, f"the values of the ARGs before it{environment}, read or not")
        mounts = placed.run.mounts if placed.run is not None and builder is Builder.BUILDAH else ()
        for mount in mounts:
            yield _mount_input(build.dockerfile, stage, placed, mount, build.context)


def _base(dockerfile: Dockerfile, stage: Stage, context: BuildContext) -> KeyInput:
    if stage.base is not None:
        return KeyInput(InputKind.STAGE, f"the last step of {dockerfile.stages[stage.base].label}")
    if stage.opening.image == "scratch":
        return KeyInput(InputKind.IMAGE, "nothing: an empty image")
    image = f"the image {stage.opening.image}"
    name = context_named((), stage.opening.image, context.named, by_index=False)
    if name is not None:
        image = _named(context, name)
        if context.named[name].files is not None:
            return KeyInput(InputKind.FILES, f"{image}, which every build takes anew")
    return KeyInput(InputKind.IMAGE, f"the content that {image} has at the time of the build")


def _named(context: BuildContext, name: str) -> str:
    """Say what a context of a name is."""
    named = context.named[name]
    return f"{'the image or other source' if named.files is None else 'the folder'} {named.written}, called {name}"


def _run_inputs(dockerfile: Dockerfile, stage: Stage, placed: Placed, context: BuildContext) -> Iterator[KeyInput]:
    scope, instruction = placed.scope, placed.instruction
    yield KeyInput(InputKind.TEXT, "its command, blanks included")
    names = list(scope.variables)
    if names:
        more = len(names) - _MOST_VARIABLES
        shown = [*names[:_MOST_VARIABLES], *([f"{more:,} more variables"] if more > 0 else [])]
        yield KeyInput(InputKind.VARIABLE, f"the values of {join_words(shown)}, read or not, and their order")
    settings = [
        *([] if scope.directory.startswith("?") else [f"the working directory {scope.directory}"]),
        *([f"the user {scope.user}"] if scope.user else []),
        *([f"the shell {' '.join(scope.shell)}"] if instruction.json is None and scope.shell != DEFAULT_SHELL else []),
    ]
    if settings:
        yield KeyInput(InputKind.SETTING, join_words(settings))
    for mount in placed.run.mounts if placed.run is not None else ():
        yield _mount_input(dockerfile, stage, placed, mount, context)


def _mount_input(dockerfile: Dockerfile, stage: Stage, placed: Placed, mount: Mount, context: BuildContext) -> KeyInput:
    if mount.kind == "bind" and mount.origin is None:
        (arrival,) = mounted(context, placed, [mount], Arrivals()).items
        files = ContextFiles(arrival.files, arrival.is_complete)
        return KeyInput(InputKind.MOUNT, f"{describe_files(files, mount.source or 'the context')}, mounted")
    if mount.kind in ("bind", "cache") and mount.origin is not None:
        what = mount.source or "everything"
        return KeyInput(
            InputKind.MOUNT, f"the content of {what} in {_origin(dockerfile, stage, mount.origin, context)}, mounted"
        )
    where = f" at {mount.target}" if mount.kind in ("cache", "tmpfs") else ""
    left_out = _NOT_IN_THE_KEY.get(mount.kind, "its content is not")
    return KeyInput(InputKind.MOUNT, f"that there is a {mount.kind} mount{where} ({left_out})")


def _origin(dockerfile: Dockerfile, stage: Stage, name: str, context: BuildContext, *, by_index: bool = False) -> str:
    earlier = dockerfile.stages[: stage.index]
    named = context_named(earlier, name, context.named, by_index=by_index)
    if named is not None:
        return _named(context, named)
    found = stage_named(earlier, name, by_index=by_index)
    return found.label if found is not None else f"the image {name}"


def _copy_inputs(
    dockerfile: Dockerfile, stage: Stage, placed: Placed, copy: Copy, context: BuildContext
) -> Iterator[KeyInput]:
    yield KeyInput(InputKind.TEXT, "the names of its sources, its destination and its flags")
    if copy.origin is not None:
        sources = join_words([it.text for it in copy.sources])
        earlier = dockerfile.stages[: stage.index]
        named = context_named(earlier, copy.origin, context.named)
        is_stage = stage_named(earlier, copy.origin) is not None
        is_folder = named is not None and context.named[named].files is not None
        kind = InputKind.STAGE if is_stage else InputKind.FILES if is_folder else InputKind.IMAGE
        where = _origin(dockerfile, stage, copy.origin, context, by_index=True)
        yield KeyInput(kind, f"the content of {sources} in {where}")
    elif copy.sources:
        yield KeyInput(
            InputKind.FILES, describe_files(context_files(placed, context), *(it.text for it in copy.sources))
        )
    if copy.inline:
        yield KeyInput(InputKind.TEXT, "the text of its heredoc")
    for url in copy.remote:
        yield KeyInput(InputKind.REMOTE, f"the content of {url}, which every build asks for")


def describe_files(files: ContextFiles, *sources: str) -> str:
    """Say which files of the context these are: by name if few, by number if many, by their ``sources`` if unknown."""
    if not files.complete and not files.paths:
        selects = "selects" if len(sources) == 1 else "select"
        return f"the names, content and modes of what {join_words(shortened(sources))} {selects}"
    count = len(files.paths)
    some = "at least " if not files.complete else ""
    if count <= _MOST_NAMED and files.complete:
        return f"the content and mode of {join_words(sorted(files.paths)) or 'no file'}"
    return f"the names, content and modes of {some}{count:,} {'file' if count == 1 else 'files'}"
