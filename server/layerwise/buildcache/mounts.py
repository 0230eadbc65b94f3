"""The mounts of a RUN in its cache key: that they are there, and of bind mounts the content.

Source: BuildKit ``dockerfile2llb/convert_runmount.go``, ``solver/llbsolver/ops/exec.go`` (CacheMap, getMountDeps,
checkShouldClearCacheOpts).
"""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from layerwise.buildcache.build import Build
from layerwise.buildcache.content import Content, content_of
from layerwise.buildcache.environment import Environment
from layerwise.buildcache.likeness import Versioned
from layerwise.buildcache.step import Taken
from layerwise.buildcache.variable_list import Unknown, Value
from layerwise.context.listing import Listing, clean_path
from layerwise.semantics.dockerfile import Placed, Stage, context_named, stage_named
from layerwise.semantics.paths import join
from layerwise.syntax.mount import mount_fields

_SECRET_FIELDS = ("id", "source", "target", "env", "uid", "gid", "mode", "required")


@dataclass(frozen=True, slots=True)
class MountKeys:
    """What the mounts of a RUN add to its key; ``caches`` are the names and the sharing of cache mounts."""

    keys: tuple[Hashable, ...]
    caches: Hashable
    taken: tuple[Taken, ...]
    contents: tuple[Content, ...]


def mount_keys(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> MountKeys:
    """Return what the mounts of a RUN add to its key; values of secrets, cached files and sockets do not."""
    keys: list[Hashable] = []
    in_order: list[Hashable] = []
    taken: list[Taken] = []
    paths: dict[str, list[Value]] = {}
    caches: list[Hashable] = []
    for value in placed.instruction.flag_values("mount"):
        fields = _fields(value, placed, environment)
        kind = fields.get("type", "bind")
        kind = kind.lower() if isinstance(kind, str) else "bind"
        source, origin = fields.get("source", ""), fields.get("from")
        key = _key(build, kind, fields, placed, environment)
        (in_order if kind in ("secret", "ssh") else keys).append(key)
        if kind == "cache":
            caches.append((fields.get("id"), fields.get("sharing", "shared")))
        if kind not in ("bind", "cache"):
            continue
        named = context_named(earlier, origin, build.context.named, by_index=False) if isinstance(origin, str) else None
        if named is not None and build.files(named) is not None:
            paths.setdefault(named, []).append(source)
        elif isinstance(origin, str) and origin:
            stage = stage_named(earlier, origin, by_index=False)
            path = source if isinstance(source, Unknown) else posixpath.normpath(f"/{source}")
            definition = path if stage is not None else (origin, build.images.get(origin), path)
            label = stage.label if stage is not None else origin
            taken.append(Taken(stage.index if stage is not None else None, definition, label, (path,)))
        elif kind == "bind":
            paths.setdefault("", []).append(source)
            if isinstance(source, Unknown):
                keys.append(source)
    contents = tuple(it for name, sources in paths.items() for it in _contents(build, name, sources))
    keys = [*sorted(keys, key=repr), *in_order]
    return MountKeys(tuple(keys), Versioned(tuple(caches)), tuple(taken), contents)


def _contents(build: Build, name: str, sources: Sequence[Value]) -> Iterator[Content]:
    """Yield what is mounted of one context.

    Of a mount of all of it, beside others of parts of it, the BuildKit of 2020 looked at the parts only.
    """
    whole = [it for it in sources if isinstance(it, str) and not clean_path(it)]
    parts = [it for it in sources if it not in whole]
    if parts:
        yield content_of(build, parts, origin=name, resolve=Listing.resolve_path)
    if whole:
        content = content_of(build, whole[:1], origin=name, resolve=Listing.resolve_path)
        yield replace(content, versioned=bool(parts))


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
    path = text if text.startswith("/") else join(placed.scope.directory, text, known=isinstance(written, str))
    target = environment.made_of(path, written, environment.directory if not text.startswith("/") else "")
    if kind == "tmpfs":
        return kind, target, fields.get("size")
    writable = fields["rw"] != "false" if "rw" in fields else kind == "cache"
    if "ro" in fields:
        writable = fields["ro"] == "false"
    if kind == "bind":
        return kind, target, writable
    cache = _default_name(build, fields.get("id"), text, path, fields.get("sharing", "shared"))
    return kind, target, writable, cache, tuple(fields.get(it) for it in ("uid", "gid", "mode"))


def _default_name(build: Build, written: Value | None, text: str, target: str, sharing: Value) -> str:
    """Return what is left of a cache's name in the key: nothing, unless it is the one that it has by default."""
    namespace = build.dockerfile.arguments.given.get("BUILDKIT_CACHE_MOUNT_NS", "")
    name = written if isinstance(written, str) and written else posixpath.normpath(text or ".")
    full = f"{namespace}/{name}"
    is_default = sharing == "shared" and target in (full, full.partition("/")[2])
    return full if is_default else ""
