"""Bake files: the builds of their targets. https://docs.docker.com/build/bake/reference/.

A value that a function makes, or that is not in the files, is not known, and costs the targets that need it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, cast

from layerwise.semantics.dockerfile import familiar_name
from layerwise.workspace.build_files.files import (
    DEFAULT_NAMES,
    Definition,
    Files,
    folder_at,
    items,
    mapping,
    named,
    named_context,
    strings,
    texts,
)
from layerwise.workspace.build_files.hcl import Expression, Lookup, UnknownValueError, read_blocks, template
from layerwise.workspace.disk import normal_path

_MOST_VARIANTS: Final = 100
_MOST_LEVELS: Final = 10
_MOST_TARGETS: Final = 1_000
_MOST_LOOKUPS: Final = 20_000

# What HCL has, or a value of JSON, whose texts are templates of HCL.
_Written: TypeAlias = Expression | object


def bake_builds(paths: Sequence[Path], files: Files) -> Iterator[Definition]:
    """Yield the builds of files that are used together, whose later ones win attribute by attribute."""
    bake = _Bake()
    for path in paths:
        bake.add(path, files)
    inherited = bake.inherited()
    for name, attributes in itertools.islice(bake.targets.items(), _MOST_TARGETS):
        # One that says nothing of files is only there for others to inherit from.
        if name not in inherited or attributes.keys() & {"context", "dockerfile"}:
            yield from bake.builds(name, files)


@dataclass(slots=True)
class _Bake:
    """Variables by name, attributes by target, the last file that a target is in, and what may still be looked up."""

    variables: dict[str, _Written] = field(default_factory=dict[str, _Written])
    targets: dict[str, dict[str, _Written]] = field(default_factory=dict[str, dict[str, _Written]])
    files: dict[str, Path] = field(default_factory=dict[str, Path])
    left: int = _MOST_LOOKUPS

    def spend(self, level: int) -> None:
        """Raise ``UnknownValueError`` in a circle, and where names stand for names that stand for names without end."""
        self.left -= 1
        if level > _MOST_LEVELS or self.left < 0:
            raise UnknownValueError

    def add(self, path: Path, files: Files) -> None:
        for keyword, name, attributes in _read(path, files):
            if keyword == "target":
                self.targets.setdefault(name, {}).update(attributes)
                self.files[name] = path
            elif keyword == "variable" and "default" in attributes:
                self.variables[name] = attributes["default"]

    def inherited(self) -> set[str]:
        """Return the targets that others inherit from."""
        return {parent for it in self.targets.values() for parent in self._parents(it, _Scope(self), lenient=True)}

    def builds(self, name: str, files: Files) -> Iterator[Definition]:
        """Yield the builds of a target, one for each variant; none where something is not known."""
        file = self.files[name]
        for scope in self._scopes(name):
            try:
                attributes = self._with_inherited(name, scope, 0)
                if _value(attributes.get("dockerfile-inline"), scope) is None:
                    context = _text(attributes.get("context"), scope) or "."
                    dockerfile = _text(attributes.get("dockerfile"), scope)
                    shown = named("target", self._name_of(name, scope))
                    written = _AsWritten(file, shown, context, dockerfile, *_taken_over(attributes, scope))
                    yield from _located(written, files)
            except UnknownValueError:
                continue

    def _scopes(self, name: str) -> Iterator[_Scope]:
        try:
            matrix = mapping(_value(self.targets[name].get("matrix"), _Scope(self)))
        except UnknownValueError:
            # What does not depend on the variant can be told all the same.
            yield _Scope(self, level=_MOST_LEVELS + 1)
            return
        variants = itertools.product(*map(items, matrix.values()))
        for values in itertools.islice(variants, _MOST_VARIANTS):
            yield _Scope(self, dict(zip(matrix, values, strict=True)))

    def _name_of(self, name: str, scope: _Scope) -> str:
        try:
            return _text(self.targets[name].get("name"), scope) or name
        except UnknownValueError:
            return name

    def _with_inherited(self, name: str, scope: _Scope, level: int) -> dict[str, _Written]:
        self.spend(level)
        own = self.targets.get(name, {})
        attributes: dict[str, _Written] = {}
        for parent in self._parents(own, scope):
            attributes |= self._with_inherited(parent, scope, level + 1)
        return attributes | own

    def _parents(self, own: Mapping[str, _Written], scope: _Scope, *, lenient: bool = False) -> list[str]:
        try:
            return strings(_value(own.get("inherits"), scope))
        except UnknownValueError:
            if lenient:
                return []
            raise


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names stand for: those of a variant of a matrix, else variables, which may name others."""

    bake: _Bake
    own: Mapping[str, object] = field(default_factory=dict[str, object])
    level: int = 0

    def __call__(self, name: str) -> object:
        if name in self.own:
            return self.own[name]
        self.bake.spend(self.level)
        if name not in self.bake.variables:
            raise UnknownValueError
        # Bake takes the variable from its environment if it is there; people write defaults that hold for all.
        return _value(self.bake.variables[name], _Scope(self.bake, level=self.level + 1))


@dataclass(frozen=True, slots=True)
class _AsWritten:
    """A build as it is written."""

    file: Path
    name: str
    context: str
    dockerfile: str | None
    target: str | None
    arguments: Mapping[str, str]
    contexts: Mapping[str, str]


def _taken_over(
    attributes: Mapping[str, _Written], scope: _Scope
) -> tuple[str | None, Mapping[str, str], Mapping[str, str]]:
    """Return the target, the arguments and the named contexts, as far as they are known."""
    target = _known(attributes.get("target"), scope)
    return (
        target if isinstance(target, str) else None,
        _table(attributes.get("args"), scope),
        _table(attributes.get("contexts"), scope),
    )


def _known(written: _Written, scope: _Scope) -> object:
    try:
        return _value(written, scope)
    except UnknownValueError:
        return None


def _table(written: _Written, scope: _Scope) -> Mapping[str, str]:
    return texts(mapping(_known(written, scope)))


def _located(build: _AsWritten, files: Files) -> Iterator[Definition]:
    """Yield the build with its paths, if its Dockerfile is there.

    They start where bake is called (``target.context`` in the reference). That is beside the file by default, or,
    with ``--file``, further up: there is the Dockerfile.
    """
    for base in (build.file.parent, *build.file.parent.parents):
        context = folder_at(base, build.context.removeprefix("cwd://"))
        if context is None or not base.is_relative_to(files.top):
            return
        if not context.is_relative_to(files.top):
            continue
        names = DEFAULT_NAMES if build.dockerfile is None else [build.dockerfile.removeprefix("cwd://")]
        if any((context / it).is_file() for it in names):
            path = None if build.dockerfile is None else normal_path(context / names[0])
            contexts = {
                familiar_name(name): named_context(base, it.removeprefix("cwd://"))
                for name, it in build.contexts.items()
            }
            yield Definition(build.file, build.name, context, path, build.target, build.arguments, contexts)
            return


def _read(path: Path, files: Files) -> Iterator[tuple[str, str, Mapping[str, _Written]]]:
    if path.suffix.lower() == ".json":
        document = mapping(files.json(path))
        for keyword in ("variable", "target"):
            for name, attributes in mapping(document.get(keyword)).items():
                yield keyword, name, mapping(attributes)
        return
    for block in read_blocks(files.text(path) or ""):
        if block.keyword:
            yield block.keyword, block.label, block.attributes
        for name, value in block.attributes.items() if not block.keyword else ():
            yield "variable", name, {"default": value}


def _value(written: _Written, lookup: Lookup) -> object:
    if isinstance(written, Expression):
        return written.value(lookup)
    if isinstance(written, list):
        return [_value(it, lookup) for it in items(cast("object", written))]
    if isinstance(written, dict):
        return {key: _value(it, lookup) for key, it in mapping(cast("object", written)).items()}
    if isinstance(written, str) and ("${" in written or "%{" in written):
        expression = template(written)
        if expression is None:
            raise UnknownValueError
        return expression.value(lookup)
    return written


def _text(written: _Written, scope: _Scope) -> str | None:
    value = _value(written, scope)
    if value is not None and not isinstance(value, str):
        raise UnknownValueError
    return value
