"""The content of the build context in a cache key.

Source: BuildKit ``cache/contenthash/checksum.go`` (names below the source, content, mode and link target; no times, no
owners), ``solver/llbsolver/ops/file.go:CacheMap`` (the name of a single source is not part of it).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from layerwise.buildcache.build import Build
from layerwise.buildcache.likeness import ending
from layerwise.buildcache.variable_list import Unknown, Value
from layerwise.context.build_context import BuildContext
from layerwise.context.glob import has_wildcards
from layerwise.context.listing import FileKind, Listing, SourceMatch

Naming: TypeAlias = Literal["found", "below", "path", "none"]
Resolve: TypeAlias = Callable[[Listing, str], SourceMatch]


@dataclass(frozen=True, slots=True)
class Piece:
    """A file or directory at ``path``; ``below`` are a directory's entries relative to it, None for a file.

    ``name`` is its part of the key: "" unless a wildcard found it.
    """

    path: str
    below: frozenset[str] | None
    name: str = ""

    def entries(self) -> Iterator[str]:
        """Yield the paths of all that is in the key."""
        if self.below is None:
            yield self.path
        else:
            yield from (posixpath.join(self.path, it) for it in self.below)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What the sources of one step select of the context, or of the one called ``origin``.

    ``unknown`` says why that can't be told, "" if it can; it may then be any path that ends like one of ``endings``.
    ``versioned``: only some versions of the builder look at it.

    ``naming`` tells what names are part of it: those below a source and those that a wildcard found (BuildKit), only
    those below a source (buildah), whole paths and the source's own mode (docker's legacy builder), or none (kaniko,
    where only the order of the names counts).
    """

    pieces: tuple[Piece, ...]
    marks: Mapping[str, str]
    unknown: str = ""
    naming: Naming = "found"
    origin: str = ""
    endings: tuple[str, ...] = ("",)
    versioned: bool = False

    def key(self) -> Hashable:
        """Return what enters the step's key: equal for equal content."""
        if self.naming == "none":
            return tuple(self._own(path) for it in self.pieces for path in sorted((it.path, *it.entries())))
        if self.naming == "path":
            own = tuple((it.path, self._own(it.path)) for it in self.pieces if it.path)
            return own, tuple(self._key(it) for it in self.pieces)
        if self.naming == "below":
            return tuple(self._key(replace(it, name="")) for it in self.pieces)
        # BuildKit sorts them by where they are; the names of the sources are in the key in order.
        return tuple(self._key(it) for it in sorted(self.pieces, key=lambda it: it.path))

    def _own(self, path: str) -> str:
        return self.marks.get(path, path)

    def _key(self, piece: Piece) -> Hashable:
        if piece.below is None:
            return piece.name, self.marks.get(piece.path, piece.path)
        prefix = f"{piece.path}/" if piece.path else ""
        inside = ((path[len(prefix) :], it) for path, it in self.marks.items() if path.startswith(prefix))
        marked = frozenset((name, it) for name, it in inside if name in piece.below)
        # Where nothing is as it was, it does not matter where it is.
        where = "" if piece.below and len(marked) == len(piece.below) else piece.path
        return piece.name, where, piece.below, marked, self._folder(piece)

    def _folder(self, piece: Piece) -> str:
        """Return the mark of the folder itself, whose mode BuildKit has in the key, unless it is the whole context."""
        return self.marks.get(piece.path, "") if piece.path and self.naming == "found" else ""

    def may_select(self, path: str) -> bool:
        """Tell whether sources of which only the build knows what they are may be a path, or a folder above it."""
        return any(_may_end(path, it) for it in self.endings)

    def differences(self, before: Content) -> Differences:
        """Return the paths that differ from an earlier content."""
        then = {path for piece in before.pieces for path in (*piece.entries(), piece.path) if path}
        now = {path for piece in self.pieces for path in (*piece.entries(), piece.path) if path}
        pairs = {it: (before.marks.get(it, ""), self.marks.get(it, "")) for it in then & now}
        edited = frozenset(it for it, (old, new) in pairs.items() if old != new)
        modes = {it: mode for it in sorted(edited) if (mode := _other_mode(*pairs[it])) is not None}
        return Differences(edited - modes.keys(), frozenset(now - then), frozenset(then - now), modes)


@dataclass(frozen=True, slots=True)
class Differences:
    """Paths of the context: with other content, kind or link target; new; gone; and with another mode only.

    ``modes`` has by path the mode then and now, as the marks have it.
    """

    edited: frozenset[str]
    added: frozenset[str]
    removed: frozenset[str]
    modes: Mapping[str, tuple[str, str]]


def _other_mode(before: str, after: str) -> tuple[str, str] | None:
    (old, _, content), (new, _, content_now) = before.partition(" "), after.partition(" ")
    return (old, new) if content and content == content_now else None


def content_of(
    build: Build, paths: Sequence[Value], exclude: tuple[str, ...] = (), *, origin: str = "", resolve: Resolve
) -> Content:
    """Return the content that sources select of the build context, or of the one called ``origin``.

    Paths that only the build knows make it an unknown one; ``resolve`` tells what the others select.
    """
    context = build.files(origin) or BuildContext.unknown()
    unknown = next((f"only the build knows what `{it.text}` stands for" for it in paths if isinstance(it, Unknown)), "")
    endings = tuple(ending(it.text) for it in paths if isinstance(it, Unknown))
    if not context.known or (build.unsure and not origin):
        unknown, endings = unknown or build.unsure or "there is no build context to look at", ("",)
    matches = [resolve(context.listing, it) for it in paths if isinstance(it, str)]
    pieces = tuple(piece for it in matches for piece in _pieces(context.listing, it, exclude))
    return Content(pieces, build.marks_in(origin), unknown, origin=origin, endings=endings)


def _may_end(path: str, ending: str) -> bool:
    _, slash, last = ending.rpartition("/")
    if last in ("", ".", "..") or has_wildcards(last) or "\\" in last:
        return True
    return any(it == last if slash else it.endswith(last) for it in path.split("/"))


def _pieces(listing: Listing, match: SourceMatch, exclude: tuple[str, ...]) -> Iterator[Piece]:
    if match.parents is not None:
        folders = {folder for it in match.matches for folder in _folders(it.target, match.base)}
        yield from (Piece(it, None, it) for it in sorted(folders))
        for it in match.matches:
            yield Piece(it.target, listing.tree(it.target, exclude) if it.is_directory else None, it.path)
        return
    fixed = _fixed(match.pattern) if match.wildcards else 0
    for it in match.matches:
        name = it.path[fixed:] if match.wildcards else ""
        below = listing.tree(it.target, exclude) if it.is_directory else None
        yield Piece(it.target, below, name)
        if exclude and below is not None and not it.target:
            # With patterns, links at the top count as what they lead to, even if that is excluded (``includedPaths``).
            links = (name for name in below if "/" not in name and listing.entries[name].kind is FileKind.SYMLINK)
            for link in sorted(links):
                if target := listing.follow(link):
                    yield Piece(target, listing.tree(target) if listing.is_directory(target) else None, link)


def _folders(path: str, base: str) -> Iterator[str]:
    """Yield the folders above a path that ``--parents`` makes as well."""
    while (path := posixpath.dirname(path)) and path != base:
        yield path


def _fixed(pattern: str) -> int:
    """Return the length of the folders in front of the first wildcard: renaming them changes no content."""
    components = pattern.split("/")
    first = next(at for at, it in enumerate(components) if has_wildcards(it))
    return len("/".join(components[:first])) + (first > 0)
