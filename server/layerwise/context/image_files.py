"""Where files of the build context land in the image.

An ``Arrival`` is a COPY, an ADD or a bind mount; ``Arrivals`` are those in front of an instruction. Paths in the image
are those of ``semantics.paths``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from layerwise.context.build_context import BuildContext
from layerwise.context.listing import FileKind, SourceMatch
from layerwise.semantics.copy import Copy, Source
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, overlap, relative, upwards
from layerwise.semantics.run import Mount

MOST_ARRIVALS: Final = 64
"""An install looks back no further, so that a stage of thousands of COPYs costs no more than a long one."""

_MOST_KEPT: Final = 20_000
_MOST_LINKS: Final = 1_000
_ARCHIVES: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".gz", ".xz", ".bz2")


class Link(NamedTuple):
    """A symbolic link in the image: two image paths, of which the second may be unknown, or not be there."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Landing:
    """A file of the context in the image: which arrival and which of its sources brought it.

    ``arrival`` without ``path``: something that is not of the context (another stage, a URL) may have put a file there.
    """

    arrival: Arrival
    source: int
    path: str | None


@dataclass(frozen=True, eq=False)
class Selected:
    """What a COPY, an ADD or a bind mount selects of the context, and where that lands.

    It is what is known of an ``Arrival`` wherever that stands: of equal ones ``Arriving`` keeps one, so that an edit in
    front of a thousand COPYs has none of them looked up again.
    """

    context: BuildContext
    keyword: str
    copy: Copy
    settings: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]], repr=False)
    """What of it may be settings, by the HOME there: kept here by ``effects.system``."""

    @cached_property
    def matches(self) -> tuple[SourceMatch | None, ...]:
        """What each source selects; None for one whose variables are not known, and for all without a context."""
        if not self.copy.from_context or not self.context.known:
            return (None,) * len(self.copy.sources)
        copy = self.copy
        return tuple(
            self.context.resolve_source(it.path, exclude=copy.exclude, parents=copy.parents) if it.known else None
            for it in copy.sources
        )

    @cached_property
    def files(self) -> frozenset[str]:
        """The files of the context that are in the cache key."""
        sets = [it.file_set for it in self.matches if it is not None]
        return sets[0] if len(sets) == 1 else frozenset[str]().union(*sets)

    @cached_property
    def is_complete(self) -> bool:
        """Whether ``files`` are all: every source is known and exists."""
        return self.context.known and all(it is not None and not it.missing for it in self.matches)

    @cached_property
    def place(self) -> tuple[object, ...]:
        """What tells that two of them write the same to the same place."""
        copy, sources = self.copy, tuple(it.path for it in self.copy.sources)
        return copy.target, sources, copy.origin, copy.exclude, copy.remote, copy.inline

    @cached_property
    def unpacks(self) -> bool:
        """Whether an ADD unpacks an archive, so that what lands in the image is not known."""
        return self.keyword == "ADD" and any(it.path.endswith(_ARCHIVES) for it in self.copy.sources)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The links that are among the files of the folders that it brings."""
        if not self.context.listing.links or not self.copy.from_context:
            return ()
        links = frozenset(self.context.listing.links)
        found = [(path, self.context.entries[file].link) for path, file in self.landings() if file in links]
        return tuple(Link(path, join(posixpath.dirname(path), target)) for path, target in found)

    def landings(self) -> Iterator[tuple[str, str]]:
        """Yield (image path, context path) of every file that a COPY of the context brings."""
        for match in self.matches:
            if match is None:
                continue
            for it in match.matches:
                if not it.is_directory:
                    inside = it.path if self.copy.parents else posixpath.basename(it.path)
                    yield posixpath.join(self.copy.target, inside), it.path
                    if not self.copy.into_folder and len(match.matches) == 1:
                        yield self.copy.target, it.path
                    continue
                start = posixpath.join(self.copy.target, it.path) if self.copy.parents else self.copy.target
                for file in match.files:
                    inside_match = file if not it.target else relative(file, it.target)
                    if inside_match is not None:
                        yield posixpath.join(start, inside_match), file


@dataclass(frozen=True, eq=False)
class Arrival:
    """One COPY or ADD of a stage, or a bind mount, with what it selects of the context."""

    placed: Placed
    selected: Selected

    @property
    def context(self) -> BuildContext:
        """The context that it selects from."""
        return self.selected.context

    @property
    def copy(self) -> Copy:
        """What it says."""
        return self.selected.copy

    @property
    def matches(self) -> tuple[SourceMatch | None, ...]:
        """What each source selects (``Selected.matches``)."""
        return self.selected.matches

    @property
    def files(self) -> frozenset[str]:
        """The files of the context that are in the cache key."""
        return self.selected.files

    @property
    def is_complete(self) -> bool:
        """Whether ``files`` are all: every source is known and exists."""
        return self.selected.is_complete

    @property
    def unpacks(self) -> bool:
        """Whether an ADD unpacks an archive, so that what lands in the image is not known."""
        return self.selected.unpacks

    @property
    def links(self) -> tuple[Link, ...]:
        """The links that are among the files of the folders that it brings."""
        return self.selected.links

    def landings(self) -> Iterator[tuple[str, str]]:
        """Yield (image path, context path) of every file that a COPY of the context brings."""
        return self.selected.landings()

    def lands_at(self, paths: Set[str]) -> bool:
        """Tell whether each source may be a file at one of the image paths, as far as the names tell."""
        names = [posixpath.join(self.copy.target, posixpath.basename(it.path)) for it in self.copy.sources]
        is_named = len(names) == 1 and not self.copy.into_folder and self.copy.target in paths
        return self.copy.from_context and (is_named or all(it in paths for it in names))

    def find_here(self, path: str) -> Landing | None:
        """Tell what this arrival alone puts at an image path."""
        copy = self.copy
        if not path.startswith(copy.target):
            return None
        if copy.origin is not None or copy.remote or copy.inline or self.unpacks:
            inside = relative(path, copy.target)
            elsewhere = inside == "" or (inside is not None and (copy.into_folder or copy.origin is not None))
            if elsewhere and not self._is_other_name(path):
                return Landing(self, 0, None)
        for index in range(len(copy.sources) - 1, -1, -1):
            match = self.matches[index]
            for file in () if match is None else self._origins(match, path):
                if match is not None and self.context.exists(file) and match.covers(file):
                    return Landing(self, index, file)
        return None

    def files_at(self, directory: str) -> list[str]:
        """Return the files of the context that this arrival puts at or below an image path."""
        if self.copy.parents:
            return [file for _, file in self.landings_below(directory)]
        found: list[str] = []
        for match in self.matches:
            if match is None:
                continue
            inside = relative(self.copy.target, directory)
            if inside is not None:
                found += match.files
                continue
            for origin in self._origins(match, directory):
                found += [it for it in self.context.files_under(origin) if match.covers(it)]
        return found

    def entries_at(self, path: str) -> list[str]:
        """Return the files that this arrival puts at or below an image path; a link counts as it stands."""
        return list(dict.fromkeys((*filter(None, (self._link(path),)), *self.files_at(path))))

    def brings_folder(self, path: str) -> bool:
        """Tell whether this arrival puts a folder of the context, be it empty, at an image path below its target."""
        return bool(relative(path, self.copy.target)) and self._found(path, FileKind.DIRECTORY) is not None

    def link_above(self, path: str) -> str | None:
        """Return the link that this arrival puts in the place of a folder above an image path."""
        while self.context.listing.links and path != self.copy.target and relative(path, self.copy.target) is not None:
            path = posixpath.dirname(path)
            if (found := self._link(path)) is not None:
                return found
        return None

    def _link(self, path: str) -> str | None:
        """Return the link in a folder that this arrival brings, which is then at an image path."""
        return self._found(path, FileKind.SYMLINK) if self.context.listing.links else None

    def _found(self, path: str, kind: FileKind) -> str | None:
        """Return what of a kind is in a folder that this arrival brings, and is then at an image path."""
        for match in filter(None, self.matches):
            folders = replace(match, matches=tuple(it for it in match.matches if it.is_directory))
            for origin in self._origins(folders, path):
                entry = self.context.entries.get(origin)
                if entry is not None and entry.kind is kind and match.covers(origin):
                    return origin
        return None

    def landings_below(self, directory: str) -> Iterator[tuple[str, str]]:
        """Yield (image path, context path) of every file that it puts at or below an image path."""
        if self.copy.parents or relative(self.copy.target, directory) is not None:
            yield from (it for it in self.landings() if relative(it[0], directory) is not None)
            return
        for match in self.matches:
            for origin in () if match is None else self._origins(match, directory):
                for file in self.context.files_under(origin):
                    if match is not None and match.covers(file):
                        inside = relative(file, self.context.listing.follow(origin) or "")
                        yield posixpath.join(directory, file if inside is None else inside).rstrip("/"), file

    def brings_below(self, path: str) -> bool:
        """Tell whether it puts a file of the context below an image path."""
        return not self.is_complete or any(it != path for it, _ in self.landings_below(path))

    def might_write_below(self, directory: str) -> bool:
        """Tell whether this arrival may put anything at or below an image path."""
        if not overlap(self.copy.target, directory):
            return False
        return not self.is_complete or not self.copy.from_context or bool(self.files_at(directory))

    def _is_other_name(self, path: str) -> bool:
        """Tell whether single files are copied whose names are known and others: ``COPY --from=x /a/tool /bin/``."""
        names = [posixpath.basename(it.path.rstrip("/")) for it in self.copy.sources]
        inside = relative(path, self.copy.target)
        looks_like_files = all("." in it and it not in (".", "..") for it in names)
        return bool(names) and looks_like_files and not self.unpacks and inside not in ("", *names)

    def _origins(self, match: SourceMatch, path: str) -> Iterator[str]:
        """Yield the context paths that this source would put at an image path, whether they exist or not."""
        copy = self.copy
        inside = relative(path, copy.target)
        if inside is None:
            return
        for it in match.matches:
            if copy.parents:
                below = "" if inside == it.path else relative(inside, it.path) if it.is_directory else None
                if below is not None:
                    yield posixpath.join(it.target, below) if below else it.target
            elif it.is_directory:
                yield posixpath.join(it.target, inside) if inside else it.target
            elif inside == posixpath.basename(it.path) or (inside == "" and not self._into_folder(match)):
                # Without a slash at its end a destination may or may not be a folder that exists already.
                yield it.path

    def _into_folder(self, match: SourceMatch) -> bool:
        return self.copy.into_folder or len(match.matches) > 1

    def source(self, index: int) -> Source:
        """Return one of the sources."""
        return self.copy.sources[index]


@dataclass(frozen=True)
class Arrivals:
    """The last arrivals in front of an instruction, first one first: ``MOST_ARRIVALS`` at most.

    ``made`` are the links that commands made in front of it, as many at most.
    """

    items: tuple[Arrival, ...] = ()
    made: tuple[Link, ...] = ()

    def and_then(self, arrival: Arrival) -> Arrivals:
        """Return the arrivals behind one more."""
        return Arrivals((*self.items[1 - MOST_ARRIVALS :], arrival), self.made)

    def and_links(self, links: Sequence[Link]) -> Arrivals:
        """Return the arrivals behind a command that makes links."""
        return Arrivals(self.items, (*self.made, *links)[-MOST_ARRIVALS:])

    def before(self, arrival: Arrival) -> Arrivals:
        """Return those in front of one of them."""
        return Arrivals(self.items[: self.items.index(arrival)], self.made)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links that are known: made by commands, and brought."""
        return (*self.made, *(link for it in self.items for link in it.links))[:_MOST_LINKS]

    @cached_property
    def _deciding(self) -> dict[str, list[tuple[int, Arrival]]]:
        """Those that can decide what is where, by target, each with its place in the order of last ones first.

        Of equal ones the last has the last word.
        """
        places: set[object] = set()
        of_target: dict[str, list[tuple[int, Arrival]]] = {}
        for order, it in enumerate(reversed(self.items)):
            if it.selected.place not in places:
                places.add(it.selected.place)
                of_target.setdefault(it.copy.target, []).append((order, it))
        return of_target

    def find(self, path: str) -> Landing | None:
        """Tell what put the file at an image path: the last arrival that writes it."""
        above = [it for folder in _above(path) if folder in self._deciding for it in self._deciding[folder]]
        landings = (it.find_here(path) for _, it in sorted(above, key=itemgetter(0)))
        return next((it for it in landings if it is not None), None)

    def exists(self, path: str) -> bool:
        """Tell whether a file of the context is at an image path."""
        landing = self.find(path)
        return landing is not None and landing.path is not None

    def read(self, path: str) -> str | None:
        """Return the text of the file at an image path; None if it is not of the context, or no text.

        Raises ``UnreadFileError`` if it was not loaded yet.
        """
        landing = self.find(path)
        return None if landing is None or landing.path is None else landing.arrival.context.read(landing.path)

    def any_below(self, directory: str) -> str | None:
        """Return a file of the context that is at or below an image path."""
        return next((file for it in reversed(self.items) for file in it.files_at(directory)), None)


@lru_cache(maxsize=20_000)
def _above(path: str) -> tuple[str, ...]:
    """Return a path and the folders above it; kept, since installs ask for the same ones."""
    return tuple(upwards(path))


class Arriving:
    """Makes arrivals in one context: of the same instruction always the same one, of equal COPYs one ``Selected``."""

    def __init__(self, context: BuildContext) -> None:
        """Start with none made."""
        self._context = context
        self._made: dict[int, Arrival] = {}
        self._selected: dict[tuple[str, Copy], Selected] = {}

    def at(self, placed: Placed, arrivals: Arrivals) -> Arrivals:
        """Return the arrivals behind an instruction."""
        copy = placed.copy
        if copy is None:
            return arrivals
        if len(self._made) > _MOST_KEPT:
            self._made.clear()
        # An arrival holds its instruction, so that no other can have the same identity.
        arrival = self._made.get(id(placed))
        if arrival is None:
            arrival = self._made[id(placed)] = Arrival(placed, self._select(placed.keyword, copy))
        return arrivals.and_then(arrival)

    def _select(self, keyword: str, copy: Copy) -> Selected:
        if len(self._selected) > _MOST_KEPT:
            self._selected.clear()
        selected = self._selected.get((keyword, copy))
        if selected is None:
            selected = self._selected[keyword, copy] = Selected(self._context, keyword, copy)
        return selected


def mounted(context: BuildContext, placed: Placed, mounts: Sequence[Mount], arrivals: Arrivals) -> Arrivals:
    """Return the arrivals that a RUN sees: those before it, and its own bind mounts."""
    for mount in mounts:
        if mount.kind == "bind":
            span = placed.instruction.keyword_span
            source = Source(mount.source, mount.source or ".", mount.known, span)
            destination = Source(mount.target, mount.target, mount.known, span)
            copy = Copy(
                sources=(source,),
                remote=(),
                inline=0,
                destination=destination,
                target=mount.target,
                into_folder=False,
                origin=mount.origin,
                exclude=(),
                parents=False,
                link=False,
                is_apart=False,
            )
            arrivals = arrivals.and_then(Arrival(placed, Selected(context, placed.keyword, copy)))
    return arrivals
