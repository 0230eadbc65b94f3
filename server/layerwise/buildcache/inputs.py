"""What is in the cache key of an instruction, in words for a person.

Source: BuildKit ``solver/llbsolver/ops/exec.go`` and ``file.go:CacheMap``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from layerwise.buildcache.step import StepKind, kind_of
from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrival, Arrivals, mounted
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage


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


def context_files(placed: Placed, context: BuildContext) -> ContextFiles:
    """Return the files of the context in the key of a step: sources of COPY and ADD, and bind mounts."""
    arrivals = Arrivals()
    if placed.copy is not None and placed.copy.from_context:
        arrivals = Arrivals((Arrival(context, placed, placed.copy),))
    elif placed.run is not None:
        arrivals = mounted(context, placed, [it for it in placed.run.mounts if it.origin is None], arrivals)
    if len(arrivals.items) == 1:
        return ContextFiles(arrivals.items[0].files, arrivals.items[0].is_complete)
    files = frozenset[str]().union(*(it.files for it in arrivals.items))
    return ContextFiles(files, all(it.is_complete for it in arrivals.items))


def inputs_of(dockerfile: Dockerfile, stage: Stage, index: int, context: BuildContext) -> tuple[KeyInput, ...]:
    """Return what is in the cache key of an instruction, the step before it first; none for what makes no step."""
    placed = dockerfile.instructions[index]
    if placed.keyword == "FROM":
        return (_base(dockerfile, stage),)
    if kind_of(placed) is not StepKind.LAYER:
        return ()
    found = [KeyInput(InputKind.PREVIOUS, "the step before it")]
    if placed.keyword == "RUN":
        found += _run_inputs(placed)
    elif placed.keyword == "WORKDIR":
        found.append(KeyInput(InputKind.TEXT, f"the path {placed.instruction.arguments.text}"))
        if placed.scope.user:
            found.append(KeyInput(InputKind.SETTING, f"the user {placed.scope.user}, who will own the folder"))
    else:
        found += _copy_inputs(placed, context)
    return tuple(found)


def _base(dockerfile: Dockerfile, stage: Stage) -> KeyInput:
    if stage.base is not None:
        return KeyInput(InputKind.STAGE, f"the last step of {dockerfile.stages[stage.base].label}")
    if stage.opening.image == "scratch":
        return KeyInput(InputKind.IMAGE, "nothing: an empty image")
    return KeyInput(InputKind.IMAGE, f"the content that the image {stage.opening.image} has at the time of the build")


def _run_inputs(placed: Placed) -> list[KeyInput]:
    scope = placed.scope
    names = list(scope.variables)
    found = [KeyInput(InputKind.TEXT, "its command, blanks included")]
    if names:
        found.append(KeyInput(InputKind.VARIABLE, f"the values of {', '.join(names)}, read or not"))
    directory = "" if scope.directory.startswith("?") else f"the working directory {scope.directory}"
    user = f"the user {scope.user}" if scope.user else ""
    settings = " and ".join(filter(None, (directory, user)))
    if settings:
        found.append(KeyInput(InputKind.SETTING, settings))
    for mount in placed.run.mounts if placed.run is not None else ():
        if mount.kind == "bind":
            where = f" of {mount.origin}" if mount.origin else " of the build context"
            found.append(KeyInput(InputKind.MOUNT, f"the content of {mount.source or 'everything'}{where}"))
        else:
            left_out = {"cache": "its content is not", "secret": "its value is not", "ssh": "the keys are not"}
            detail = f"that there is a {mount.kind} mount at {mount.target}"
            found.append(KeyInput(InputKind.MOUNT, f"{detail} ({left_out.get(mount.kind, 'its content is not')})"))
    return found


def _copy_inputs(placed: Placed, context: BuildContext) -> list[KeyInput]:
    copy = placed.copy
    found = [KeyInput(InputKind.TEXT, "the destination and the flags")]
    if copy is None:
        return found
    if copy.origin is not None:
        sources = ", ".join(it.text for it in copy.sources)
        found.append(KeyInput(InputKind.STAGE, f"the content of {sources} in {copy.origin}"))
    elif copy.sources:
        found.append(KeyInput(InputKind.FILES, describe_files(context_files(placed, context), copy.sources[0].text)))
    if copy.inline:
        found.append(KeyInput(InputKind.TEXT, "the text of its heredoc"))
    found += [KeyInput(InputKind.REMOTE, f"the content of {it}") for it in copy.remote]
    return found


def describe_files(files: ContextFiles, source: str) -> str:
    """Say which files of the context these are: by name if few, by number if many."""
    if not files.complete and not files.paths:
        return f"the names, content and modes of what {source} selects"
    count = len(files.paths)
    some = "at least " if not files.complete else ""
    few = 3
    if count <= few:
        return f"the content and mode of {' and '.join(sorted(files.paths)) or 'no file'}"
    return f"the names, content and modes of {some}{count:,} files"
