"""The changes that the model answers for, each as the build that comes after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from layerwise.buildcache.build import Build
from layerwise.buildcache.variable_list import OTHER
from layerwise.context.listing import clean_path
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.instruction import Instruction
from layerwise.syntax.tree import Tree
from layerwise.text.edit import Edit, apply_edits


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """Files of the context, or of a named one, were edited, got another mode, or were added, if not there yet."""

    paths: frozenset[str]
    context: str = ""


@dataclass(frozen=True, slots=True)
class FilesRemoved:
    """Files of the context are gone."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class FilesTouched:
    """Files of the context have another time or owner: in no key."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class ArgumentChanged:
    """A build argument has another value (``--build-arg NAME=…``)."""

    name: str


@dataclass(frozen=True, slots=True)
class ImageMoved:
    """The reference of a base image, or of one that is copied from, leads to other content."""

    reference: str


@dataclass(frozen=True, slots=True)
class SecretChanged:
    """A secret has another value: in no key."""

    id: str


@dataclass(frozen=True, slots=True)
class InstructionEdited:
    """The meaning of one instruction changed: not its comments, the name of a stage, the case of its keyword."""

    index: int


Change: TypeAlias = (
    FilesChanged | FilesRemoved | FilesTouched | ArgumentChanged | ImageMoved | SecretChanged | InstructionEdited
)


def after(build: Build, change: Change) -> Build:
    """Return the build that comes after a change."""
    match change:
        case FilesChanged(paths, ""):
            paths = frozenset(it for path in paths for it in _files_at(build, path))
            context = build.context.with_files(paths)
            ignore_file = next((it for it in sorted(paths) if _is_ignore_file(build, it)), None)
            unsure = f"{ignore_file} may hide other files now" if ignore_file is not None else build.unsure
            marks = {**build.marks, **dict.fromkeys(paths, OTHER)}
            return replace(build, context=context, marks=marks, unsure=unsure)
        case FilesChanged(paths, name):
            return _changed_in(build, name, paths)
        case FilesRemoved(paths):
            return replace(build, context=build.context.without_files(paths))
        case FilesTouched() | SecretChanged():
            return build
        case ArgumentChanged(name):
            given = {**build.dockerfile.arguments.given, name: OTHER}
            return replace(
                build, dockerfile=read_dockerfile(build.dockerfile.tree, given, None, build.dockerfile.named)
            )
        case ImageMoved(reference):
            return replace(build, images={**build.images, reference: OTHER})
        case InstructionEdited(index):
            return _edited(build, index)


def _changed_in(build: Build, name: str, paths: frozenset[str]) -> Build:
    """Return the build after files of a named context have changed."""
    named = build.context.named.get(name)
    if named is None or named.files is None:
        return build
    context = replace(
        build.context, named={**build.context.named, name: replace(named, files=named.files.with_files(paths))}
    )
    marks = {**build.marks_in(name), **dict.fromkeys(paths, OTHER)}
    return replace(build, context=context, named_marks={**build.named_marks, name: marks})


def _files_at(build: Build, path: str) -> Sequence[str]:
    """Return what a path stands for: all files below it, if it is a folder."""
    cleaned = clean_path(path) if not path.startswith("../") else path
    return build.context.files_under(cleaned) if build.context.is_directory(cleaned) else (cleaned,)


def _is_ignore_file(build: Build, path: str) -> bool:
    """Tell whether a file decides what the builder sees; the Dockerfile's own wins over that of the context."""
    own = f"{build.own_file}.dockerignore" if build.own_file is not None else None
    return path in (build.context.ignore_file or ".dockerignore", own)


def _edited(build: Build, index: int) -> Build:
    instruction = build.dockerfile.instructions[index].instruction
    another = _another(instruction)
    if another is None:
        return replace(build, edited={**build.edited, index: OTHER}, marks=_marks_of_edit(build))
    edit = Edit(build.dockerfile.span(index), another)
    tree = build.dockerfile.tree
    return with_tree(build, tree.edited(edit, apply_edits(tree.text, [edit])))


def with_tree(build: Build, tree: Tree) -> Build:
    """Return the build of another version of the Dockerfile."""
    was = build.dockerfile
    dockerfile = read_dockerfile(tree, was.arguments.given, was, was.named)
    return replace(build, dockerfile=dockerfile, marks=_marks_of_edit(build))


def _another(instruction: Instruction) -> str | None:
    """Return an instruction that sets the same to something else; None for one that sets nothing."""
    keyword = instruction.keyword
    if keyword == "ENV":
        return " ".join([keyword, *(f"{it.name}={OTHER}" for it in instruction.pairs)]) if instruction.pairs else None
    if keyword == "ARG":
        names = [it.text.partition("=")[0] for it in instruction.words]
        return " ".join([keyword, *(f"{it}={OTHER}" for it in names)]) if names else None
    if keyword == "WORKDIR":
        return f"{keyword} /{OTHER}"
    if keyword == "USER":
        return f"{keyword} {OTHER}"
    if keyword == "FROM":
        return " ".join([keyword, OTHER, *(it.text for it in instruction.words[1:])])
    if keyword == "ONBUILD" and (trigger := instruction.trigger) is not None:
        # What makes a step becomes another one.
        other = _another(trigger) or (f"RUN {OTHER}" if trigger.keyword in ("RUN", "COPY", "ADD") else None)
        return f"{keyword} {other}" if other is not None else None
    return f'SHELL ["{OTHER}"]' if keyword == "SHELL" else None


def _marks_of_edit(build: Build) -> Mapping[str, str]:
    """Return the marks after an edit of the Dockerfile, which may itself be in the context."""
    return build.marks if build.own_file is None else {**build.marks, build.own_file: OTHER}
