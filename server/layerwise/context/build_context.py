"""What the build sees of the disk, as a value: names, sizes, a few contents. Reading the disk is for ``workspace``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerwise.context.dockerignore import IgnoreRules, parse_ignore
from layerwise.context.listing import FileEntry, FileKind, Listing, SourceMatch, clean_path


@dataclass(frozen=True, slots=True, eq=False)
class NamedContext:
    """What a build calls by a name of its own (``--build-context``): ``written`` is what stands for it there.

    ``files`` is what the build sees of it, None if it is no folder that is known here: an image, a repository, or what
    another build makes.
    """

    written: str
    files: BuildContext | None = None


class UnreadFileError(LookupError):
    """The content of a visible file is needed, but was not loaded yet: load ``path`` and ask the new context."""

    def __init__(self, path: str) -> None:
        """Keep the path, relative to the context."""
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True, eq=False)
class BuildContext:
    """A snapshot of a build context. Two are the same only if they are the same object.

    - ``root``: the folder as an absolute path, for messages, or ``""``.
    - ``found_by``: which rule found it, as the end of a sentence ("the setting", "3 of 4 COPY sources exist there").
    - ``listing``: all that the builder sees, after the ignore file, with posix paths relative to the root.
    - ``truncated``: there is more than was read, so that a missing file may exist.
    - ``unreadable``: paths of folders and files that could not be read.
    - ``ignore_file``: the ignore file in effect, relative to the root (it may begin with ``../``).
    - ``contents``: files that were read already; None for one that is too big or not UTF-8.
    - ``dockerfile``: where the Dockerfile itself is in the context, None if the builder does not see it there.
    - ``outside``: the Dockerfile lies elsewhere.
    - ``named``: the contexts that the build is given besides this one, by name.
    - ``known``: False if there is no context to speak of, so that "does not exist" must not be concluded.

    Paths are taken as COPY takes them: from the root, whatever ``/`` or ``..`` stands in front, through symlinks.
    """

    root: str = ""
    found_by: str = ""
    listing: Listing = field(default_factory=lambda: Listing({}))
    truncated: bool = False
    unreadable: tuple[str, ...] = ()
    ignore: IgnoreRules = field(default_factory=IgnoreRules)
    ignore_file: str | None = None
    contents: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    dockerfile: str | None = None
    known: bool = True
    named: Mapping[str, NamedContext] = field(default_factory=dict[str, "NamedContext"])
    outside: bool = False

    @staticmethod
    def unknown(found_by: str = "there is none") -> BuildContext:
        """Return the context of a Dockerfile that has none, such as standard input or an unsaved document."""
        return BuildContext(found_by=found_by, known=False)

    @staticmethod
    def of_texts(texts: Mapping[str, str], *, root: str = "", found_by: str = "the text") -> BuildContext:
        """Build a context from path → content; a ``.dockerignore`` among them is obeyed."""
        ignore = parse_ignore(texts.get(".dockerignore", ""))
        entries: dict[str, FileEntry] = {}
        contents: dict[str, str | None] = {}
        for path, text in texts.items():
            if ignore.ignores(path):
                continue
            entries[path] = FileEntry(len(text.encode("utf-8", "surrogatepass")))
            contents[path] = text
            parent = posixpath.dirname(path)
            while parent and parent not in entries:
                entries[parent] = FileEntry(kind=FileKind.DIRECTORY)
                parent = posixpath.dirname(parent)
        ignore_file = ".dockerignore" if ".dockerignore" in texts else None
        return BuildContext(root, found_by, Listing(entries), ignore=ignore, ignore_file=ignore_file, contents=contents)

    @property
    def entries(self) -> Mapping[str, FileEntry]:
        """All visible entries, sorted by path; an ignored directory is among them if something below is visible."""
        return self.listing.entries

    def with_contents(self, contents: Mapping[str, str | None]) -> BuildContext:
        """Return the context with some more files read; the listing and what it remembers are shared."""
        return replace(self, contents={**self.contents, **contents})

    def with_files(self, paths: Iterable[str]) -> BuildContext:
        """Return the context with files added that are not there yet; the builder sees those that are not ignored."""
        new = [it for it in map(clean_path, paths) if it and it not in self.entries and not self.would_ignore(it)]
        if not new or not self.known:
            return self
        added: dict[str, FileEntry] = {}
        for path in new:
            added[path] = FileEntry()
            while (path := posixpath.dirname(path)) and path not in self.entries:
                added[path] = FileEntry(kind=FileKind.DIRECTORY)
        return replace(self, listing=Listing({**added, **self.entries}))

    def without_files(self, paths: Iterable[str]) -> BuildContext:
        """Return the context without some entries, and without what lies below them."""
        gone = {it for it in map(clean_path, paths) if it in self.entries}
        if not gone:
            return self
        left = {path: it for path, it in self.entries.items() if gone.isdisjoint(_and_parents(path))}
        return replace(self, listing=Listing(left))

    def read(self, path: str) -> str | None:
        """Return a file's text, or None if there is no such file for the build, or it is no UTF-8 text.

        Raises ``UnreadFileError`` if the file was not loaded yet; its ``path`` has no symlinks any more.
        """
        target = self.listing.follow(clean_path(path))
        if not target or self.entries[target].kind is not FileKind.FILE:
            return None
        if target not in self.contents:
            raise UnreadFileError(target)
        return self.contents[target]

    def exists(self, path: str) -> bool:
        """Tell whether COPY would find ``path`` (without wildcards); the root always exists."""
        return self.listing.follow(clean_path(path)) is not None

    def is_directory(self, path: str) -> bool:
        """Tell whether ``path`` leads to a directory."""
        target = self.listing.follow(clean_path(path))
        return target is not None and self.listing.is_directory(target)

    def files_under(self, path: str = "") -> Sequence[str]:
        """Return all visible regular files and symlinks at or below ``path``, sorted; none if it does not exist."""
        target = self.listing.follow(clean_path(path))
        return () if target is None else self.listing.files_under(target)

    def would_ignore(self, path: str) -> bool:
        """Tell whether the ignore file hides ``path``, be there such a file or not."""
        return self.ignore.ignores(clean_path(path))

    def resolve_source(self, source: str, *, exclude: Sequence[str] = (), parents: bool = False) -> SourceMatch:
        """Return what one source of COPY or ADD selects; ``exclude`` are the patterns of its ``--exclude`` flags."""
        return self.listing.resolve(source, exclude, parents=parents)


def _and_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = posixpath.dirname(path)
