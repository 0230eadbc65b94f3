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
from layerwise.syntax.mount import mount_fields

_SECRET_FIELDS = ("id", "source", "target", "env", "uid", "gid", "mode", "required")


@dataclass(frozen=True, slots=True)
class MountKeys:
    """What the mounts of a RUN add to its key."""

    keys: tuple[Hashable, ...]
    taken: tuple[Taken, ...]
    content: Content | None


def mount_keys(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> MountKeys:
    """Return what the mounts of a RUN add to its key; values of secrets, cached files and sockets do not."""
    keys: list[Hashable] = []
    in_order: list[Hashable] = []
    taken: list[Taken] = []
    matches: list[SourceMatch | None] = []
    from_context, unknown = False, ""
    for value in placed.instruction.flag_values("mount"):
        fields = _fields(value, placed, environment)
        kind = fields.get("type", "bind")
        kind = kind.lower() if isinstance(kind, str) else "bind"
        source, origin = fields.get("source", ""), fields.get("from")
        key = _key(build, kind, fields, placed, environment)
        (in_order if kind in ("secret", "ssh") else keys).append(key)
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
    return MountKeys((*sorted(keys, key=repr), *in_order), tuple(taken), content)


def _fields(value: str, placed: Placed, environment: Environment) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for key, argument in mount_fields(value):
        text = "true" if argument is None else argument
        known = environment.resolve(text, placed.scope, placed.instruction.escape) if key != "from" else text
        name = {"src": "source", "dst": "target", "destination": "target", "readwrite": "rw", "readonly": "ro"}
        fields[name.get(key, key)] = known
    return fields


def _key(build: Build, kind: str, fields: dict[str, Value], placed: Placed, environment: Environment) -> Hashable:
    if kind in ("secret", "ssh"):
        return kind, tuple((it, fields[it]) for it in _SECRET_FIELDS if it in fields)
    written = fields.get("target", "")
    text = written if isinstance(written, str) else written.text
    # An absolute one is left as it is written.
    target = text if text.startswith("/") else join(placed.scope.directory, text, known=isinstance(written, str))
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
    cache = _cache_id(build, fields.get("id"), text, target, fields.get("sharing", "shared"))
    return kind, target, made_of, writable, cache, tuple(fields.get(it) for it in ("uid", "gid", "mode"))


def _cache_id(build: Build, written: Value | None, text: str, target: str, sharing: Value) -> str:
    """Return what is left of a cache's id in the key: nothing, unless it is the one that it has by default."""
    namespace = build.dockerfile.arguments.given.get("BUILDKIT_CACHE_MOUNT_NS", "")
    name = written if isinstance(written, str) and written else posixpath.normpath(text or ".")
    full = f"{namespace}/{name}"
    is_default = sharing == "shared" and target in (full, full.partition("/")[2])
    return full if is_default else ""
