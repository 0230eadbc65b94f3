"""The mounts of a RUN in its cache key: that they are there, and of bind mounts the content.

Source: BuildKit ``dockerfile2llb/convert_runmount.go``, ``solver/llbsolver/ops/exec.go`` (CacheMap, getMountDeps,
checkShouldClearCacheOpts).
"""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from layerwise.buildcache.build import Build
from layerwise.buildcache.content import Content, content_of
from layerwise.buildcache.environment import Environment
from layerwise.buildcache.step import Taken
from layerwise.buildcache.variable_list import Unknown, Value
from layerwise.context.listing import SourceMatch
from layerwise.semantics.dockerfile import Placed, Stage, stage_named
from layerwise.semantics.paths import join
from layerwise.syntax.validation import mount_fields

_SECRET_FIELDS = ("id", "target", "env", "uid", "gid", "mode", "required")


@dataclass(frozen=True, slots=True)
class MountKeys:
    """What the mounts of a RUN add to its key."""

    keys: tuple[Hashable, ...]
    taken: tuple[Taken, ...]
    content: Content | None


def mount_keys(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> MountKeys:
    """Return what the mounts of a RUN add to its key; values of secrets, cached files and sockets do not."""
    keys: list[Hashable] = []
    taken: list[Taken] = []
    matches: list[SourceMatch | None] = []
    from_context, unknown = False, ""
    for value in placed.instruction.flag_values("mount"):
        fields = _fields(value, placed, environment)
        kind = fields.get("type", "bind")
        kind = kind.lower() if isinstance(kind, str) else "bind"
        source, origin = fields.get("source", ""), fields.get("from")
        keys.append(_key(kind, fields, placed, environment))
        if kind not in ("bind", "cache"):
            continue
        if isinstance(origin, str) and origin:
            stage = stage_named(earlier, origin, by_index=False)
            path = source if isinstance(source, Unknown) else posixpath.normpath(f"/{source}")
            definition = path if stage is not None else (origin, build.images.get(origin), path)
            label = stage.label if stage is not None else origin
            taken.append(Taken(stage.index if stage is not None else None, definition, label, (path,)))
        elif kind == "bind":
            from_context = True
            if isinstance(source, Unknown):
                unknown = f"only the build knows what `{source.text}` stands for"
                keys.append(source)
            else:
                matches.append(build.context.listing.resolve_path(source or "."))
    content = content_of(build, matches, (), unknown) if from_context else None
    return MountKeys(tuple(sorted(keys, key=repr)), tuple(taken), content)


def _fields(value: str, placed: Placed, environment: Environment) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for key, argument in mount_fields(value):
        text = "true" if argument is None else argument
        known = environment.resolve(text, placed.scope, placed.instruction.escape) if key != "from" else text
        name = {"src": "source", "dst": "target", "destination": "target", "readwrite": "rw", "readonly": "ro"}
        fields[name.get(key, key)] = known
    return fields


def _key(kind: str, fields: dict[str, Value], placed: Placed, environment: Environment) -> Hashable:
    if kind in ("secret", "ssh"):
        return kind, tuple((it, fields[it]) for it in _SECRET_FIELDS if it in fields)
    written = fields.get("target", "")
    text = written if isinstance(written, str) else written.text
    target = join(placed.scope.directory, text, known=isinstance(written, str))
    made_of = (
        written if isinstance(written, Unknown) else "",
        environment.directory if not text.startswith("/") and isinstance(environment.directory, Unknown) else "",
    )
    if kind == "tmpfs":
        return kind, target, made_of, fields.get("size")
    writable = fields["rw"] != "false" if "rw" in fields else kind == "cache"
    if "ro" in fields:
        writable = fields["ro"] == "false"
    if kind == "bind":
        return kind, target, made_of, writable
    # An id of its own is not part of the key, but that there is one is.
    default = (
        fields.get("id") in (None, target) and fields.get("sharing", "shared") == "shared" and text.startswith("/")
    )
    return kind, target, made_of, writable, default, tuple(fields.get(it) for it in ("uid", "gid", "mode"))
