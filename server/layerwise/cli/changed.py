"""What ``--changed`` and ``--changed-arg`` stand for: the build after these changes, and notes on what is not obvious.

A note is a sentence without its full stop. The disk is asked only about what the build does not see.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from layerwise.buildcache.build import Build
from layerwise.buildcache.change import ArgumentChanged, FilesChanged, ImageMoved, after
from layerwise.cli.display import shown_path
from layerwise.cli.sources import SourceError
from layerwise.context.build_context import BuildContext
from layerwise.semantics.dockerfile import Dockerfile
from layerwise.semantics.scope import PLATFORM_ARGS, arg_names
from layerwise.text.wording import join_words
from layerwise.workspace.affected import changes_at
from layerwise.workspace.build_files.files import OTHER_BUILDS

_PROXIES: Final = frozenset(f"{it}_PROXY" for it in ("HTTP", "HTTPS", "FTP", "NO", "ALL"))
"""RUN has them without an ARG, not in its key (BuildKit ``convert.go:proxyEnvFromBuildArgs``, ``exec.go:CacheMap``)."""
_IN_KEYS_ANYWAY: Final = frozenset(
    {"BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_SANDBOX_HOSTNAME", "BUILDKIT_SYNTAX", "SOURCE_DATE_EPOCH"}
)
_IN_NO_KEY: Final = frozenset({f"BUILDKIT_{it}" for it in (
    "BUILD_NAME", "CONTEXT_KEEP_GIT_DIR", "DOCKERFILE_CHECK", "INLINE_CACHE", "MULTI_PLATFORM",
)})  # fmt: skip
"""The other built-in arguments (https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args)."""
_NOTHING: Final = "it re-runs nothing"
_NOT_THERE: Final = "does not exist; taken as a file that is new, or was removed"


@dataclass(frozen=True, slots=True)
class _Found:
    """What a name stands for: paths in the context. ``note`` follows the name; ``unsure`` is that of ``Build``."""

    paths: frozenset[str] = frozenset()
    note: str = ""
    unsure: str = ""


def changed_build(
    build: Build, files: Sequence[str], arguments: Sequence[str], own: Path | None
) -> tuple[Build, list[str]]:
    """Return the build after files and build arguments have changed; raises ``SourceError`` for what can't be one.

    Files are looked for from the working folder, then in the context. ``own`` is the Dockerfile, None for standard
    input. The build has to have a context if there are files.
    """
    places = {it: _place(build.context, it) for it in files}
    found = {it: _files_of_any(build.context, it, place, own) for it, (place, _) in places.items()}
    notes = [f"{shown_path(it)} {note}" for it in places for note in (places[it][1], found[it].note) if note]
    if paths := frozenset(path for it in found.values() for path in it.paths):
        build = after(build, FilesChanged(paths))
    for change in changes_at(build.context, (place for place, _ in places.values())):
        build = build if isinstance(change, FilesChanged) and not change.context else after(build, change)
    if unsure := next((it.unsure for it in found.values() if it.unsure), ""):
        build = replace(build, unsure=unsure)
    made = [it.written for it in build.context.named.values() if it.written.startswith(OTHER_BUILDS)]
    if files and made:
        notes.append(f"whether {join_words(made)} changes too can't be told: another build makes it")
    for name in dict.fromkeys(arguments):
        notes += _argument_notes(build.dockerfile, name)
        build = after(build, ArgumentChanged(name))
    return build, notes


def _place(context: BuildContext, name: str) -> tuple[Path, str]:
    """Return where a file is, or would be, and a note if that is not where the working folder says."""
    root = Path(context.root)
    here, there = _real(Path(name)), _real(root / name)
    if os.path.lexists(here):
        return here, ""
    can_be_there = _inside(there, root) is not None
    if can_be_there and here != there and (os.path.lexists(there) or _inside(here, root) is None):
        return there, f"is not below the working folder; it is looked for in the build context {shown_path(root)}"
    if can_be_there or _inside(here, root) is not None:
        return here, ""
    where = f"{shown_path(Path.cwd())} and then at the build context {shown_path(root)}"
    advice = f"check the name, which starts at {where}"
    raise SourceError(f"--changed {shown_path(name)}: there is no such file, and the build could not see it; {advice}")


def _files_of_any(context: BuildContext, name: str, place: Path, own: Path | None) -> _Found:
    """Return what a name stands for in the build context, with a note on the named ones if it is in none of these."""
    if _inside(place, Path(context.root)) is not None or (own is not None and place == _real(own)):
        return _files(context, name, place, own)
    for change in changes_at(context, [place]):
        if isinstance(change, ImageMoved):
            return _Found(note=f"is in the context called {change.reference}, which is not read here")
        return _Found(note=f"is in the context called {change.context}")
    return _files(context, name, place, own)


def _files(context: BuildContext, name: str, place: Path, own: Path | None) -> _Found:
    root = Path(context.root)
    if own is not None and place == _real(own):
        visible = frozenset[str]() if context.dockerfile is None else frozenset({context.dockerfile})
        return _Found(visible, "is the Dockerfile itself: it counts as a file to copy; for edits of it, use --since")
    in_effect = None if context.ignore_file is None else _real(root / context.ignore_file)
    if place == in_effect:
        return _Found(frozenset({context.ignore_file or ""}))
    path = _inside(place, root)
    # BuildKit looks for the Dockerfile's own ignore file first.
    if own is not None and place == _real(own.with_name(f"{own.name}.dockerignore")):
        return _new_ignore_file(name, path)
    if place == root.resolve() / ".dockerignore" and in_effect is None:
        return _new_ignore_file(name, path)
    if path is None:
        same_name = os.path.lexists(root / name) and _inside(_real(root / name), root)
        other = f"; {shown_path(root / name)} is in it" if same_name else ""
        return _Found(note=f"is outside the build context {shown_path(root)}: {_NOTHING}{other}")
    target = context.listing.follow(path)
    if target is None:
        return _not_listed(context, path, place)
    files = context.listing.files_under(target) if context.listing.is_directory(target) else (target,)
    leads = f"is a link: {shown_path(target)}, where it leads, is taken as changed" if target != path else ""
    return _Found(frozenset(files), leads if files else f"has no file in it that the build sees: {_NOTHING}")


def _new_ignore_file(name: str, path: str | None) -> _Found:
    note = "does not exist; taken as a new ignore file, of which it is not known what it hides"
    return _Found(frozenset({path} if path else ()), note, f"{shown_path(name)}, which is new, may hide files")


def _not_listed(context: BuildContext, path: str, place: Path) -> _Found:
    if path in context.entries:
        return _Found(
            frozenset({path}), "is a link to nothing that the build sees: the link itself is taken as changed"
        )
    if context.would_ignore(path):
        return _Found(note=f"is hidden from the build by {_decision(context, path)}: {_NOTHING}")
    if place.is_dir():
        return _Found(note=f"has no file in it that the build sees: {_NOTHING}")
    # What is there and was not listed is in a context too large to be listed.
    return _Found(frozenset({path}), "" if os.path.lexists(place) else _NOT_THERE)


def _decision(context: BuildContext, path: str) -> str:
    pattern = context.ignore.decided_by(path)
    where = "" if pattern is None else f" (line {pattern.line + 1}: `{pattern.text}`)"
    return f"{context.ignore_file or 'the ignore file'}{where}"


def _real(path: Path) -> Path:
    """Return where an entry is, whatever links lead to its folder; it may itself be a link."""
    path = Path(os.path.normpath(path.absolute()))
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError):
        return path


def _inside(place: Path, root: Path) -> str | None:
    """Return the path in the context, "" for all of it; None if it is outside."""
    top = root.resolve()
    if place.is_relative_to(top):
        path = place.relative_to(top).as_posix()
        return "" if path == "." else path
    try:
        return "" if top.is_relative_to(place.resolve()) else None
    except (OSError, RuntimeError):
        return None


def _argument_notes(dockerfile: Dockerfile, name: str) -> list[str]:
    instructions = [part for it in dockerfile.texts for part in (it, it.trigger) if part is not None]
    if any(it.keyword == "ARG" and name in arg_names(it) for it in instructions):
        return []
    if name in _IN_KEYS_ANYWAY:
        return []
    undeclared = f"{name} is declared by no ARG"
    if name.upper() in _PROXIES:
        return [f"{undeclared}, and a proxy without one is never in a cache key"]
    if name in PLATFORM_ARGS:
        return [f"{undeclared}, so only a FROM can use it"]
    if name in _IN_NO_KEY:
        return [f"{undeclared}, so it is in no cache key"]
    declared = sorted(
        {it for instruction in instructions if instruction.keyword == "ARG" for it in arg_names(instruction)}
    )
    close = difflib.get_close_matches(name.upper(), declared, 1)
    known = f"this Dockerfile declares {join_words(declared)}" if declared else "this Dockerfile has no ARG"
    hint = f"did you mean {close[0]}?" if close else f"{known}."
    raise SourceError(f"--changed-arg {name}: it is declared by no ARG, and no builder knows it; {hint}")
