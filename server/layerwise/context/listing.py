"""The files of a build context as a sorted value, and what one COPY or ADD source selects of them."""

from __future__ import annotations

import enum
import posixpath
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.context.dockerignore import IgnoreRules, exclude_rules
from layerwise.context.glob import glob_regex, has_wildcards, is_valid_glob, matches_glob

_MOST_LINKS: Final = 255
# Sources are resolved while they are typed.
_MOST_REMEMBERED: Final = 256


class FileKind(enum.Enum):
    """What a directory entry is; OTHER are sockets, pipes and devices, which the builder sends as well."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry: ``size`` in bytes (0 unless a file), ``link`` is where a symlink points, as it is written."""

    size: int = 0
    executable: bool = False
    kind: FileKind = FileKind.FILE
    link: str = ""


@dataclass(frozen=True, slots=True)
class MatchedPath:
    """A path that a source names, and the ``target`` found there (the same, unless a symlink stands in between)."""

    path: str
    target: str
    is_directory: bool


@dataclass(frozen=True, slots=True)
class SourceMatch:
    """What one COPY or ADD source selects.

    ``files`` are the regular files and symlinks at or below the matches, sorted, without those that ``exclude`` hides;
    ``file_set`` are the same. With ``--parents``, ``parents`` is the pattern and ``base`` the folder that it starts
    from: what stands in front of ``/./``.
    The symlinks that lead to a match are among them. ``missing``: the build fails, as nothing is there or the pattern
    is malformed; it does not fail for a well-formed pattern that matches nothing (``AllowEmptyWildcard``).
    """

    pattern: str
    wildcards: bool
    matches: tuple[MatchedPath, ...]
    files: tuple[str, ...]
    exclude: IgnoreRules
    missing: bool
    file_set: frozenset[str]
    base: str = ""
    parents: IgnoreRules | None = None

    def covers(self, path: str) -> bool:
        """Tell whether ``path`` is part of the source, or would be if it existed (clean, relative to the context).

        ``exclude`` applies to what is below a directory. A file that is itself named or matched is copied in any case
        (moby/buildkit#5489; ``vendor/github.com/tonistiigi/fsutil/copy/copy.go:copier.copy`` with no components).
        """
        at = bisect_left(self.files, path)
        if at < len(self.files) and self.files[at] == path:
            return True
        if self.parents is not None:
            inside = path[len(self.base) + 1 :] if self.base and path.startswith(f"{self.base}/") else path
            return self.parents.ignores(inside) and not self.exclude.ignores(inside)
        if self.wildcards and any(
            matches_glob(self.pattern, path[:end]) and not self.exclude.ignores(path[end + 1 :])
            for end in (*(it.start() for it in re.finditer("/", path)), len(path))
        ):
            return True
        absent = MatchedPath(self.pattern, self.pattern, is_directory=True)
        places = (absent,) if self.missing and not self.wildcards else self.matches
        return any(self._holds(it, path) for it in places)

    def _holds(self, match: MatchedPath, path: str) -> bool:
        if path in (match.path, match.target):
            return True
        directory = f"{match.target}/" if match.target else ""
        return match.is_directory and path.startswith(directory) and not self.exclude.ignores(path[len(directory) :])


class Listing:
    """All entries of a context by posix path. Immutable; what was asked before is remembered."""

    __slots__ = ("_files", "_matches", "_paths", "_trees", "entries", "links")

    def __init__(self, entries: Mapping[str, FileEntry]) -> None:
        """Take entries in any order; the parent directories of each have to be among them."""
        self.entries: Mapping[str, FileEntry] = {path: entries[path] for path in sorted(entries)}
        self._paths = tuple(self.entries)
        wanted = (FileKind.FILE, FileKind.SYMLINK)
        self._files = tuple(path for path, it in self.entries.items() if it.kind in wanted)
        self.links = tuple(path for path, it in self.entries.items() if it.kind is FileKind.SYMLINK)
        self._matches: dict[tuple[str, tuple[str, ...], bool], SourceMatch] = {}
        self._trees: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}

    def follow(self, path: str) -> str | None:
        """Return where ``path`` leads when all symlinks are followed inside the context, or None if nowhere.

        The root is ``""``. As in ``containerd/continuity/fs:RootPath``, ``..`` and absolute links stay below it.
        """
        trail = self._trail(path)
        return trail[-1] if trail else None

    def is_directory(self, path: str) -> bool:
        """Tell whether ``path``, as returned by ``follow``, is a directory."""
        return not path or self.entries[path].kind is FileKind.DIRECTORY

    def files_under(self, path: str) -> Sequence[str]:
        """Return the regular files and symlinks at or below ``path`` (not followed), sorted."""
        if not path:
            return self._files
        below = _below(self._files, path)
        entry = self.entries.get(path)
        return (path, *below) if entry and entry.kind in (FileKind.FILE, FileKind.SYMLINK) else below

    def tree(self, directory: str, exclude: Sequence[str] = ()) -> frozenset[str]:
        """Return all entries below a directory, relative to it, but for what ``exclude`` hides; "" is the root."""
        key = directory, tuple(exclude)
        known = self._trees.get(key)
        if known is None:
            if len(self._trees) >= _MOST_REMEMBERED:
                self._trees.clear()
            below = _below(self._paths, directory) if directory else self._paths
            skip = len(directory) + 1 if directory else 0
            rules = exclude_rules(key[1])
            names = (it[skip:] for it in below)
            known = frozenset(it for it in names if not rules.patterns or not rules.ignores(it))
            self._trees[key] = known
        return known

    def resolve(self, source: str, exclude: Sequence[str] = (), *, parents: bool = False) -> SourceMatch:
        """Resolve a source as ``solver/llbsolver/file/backend.go:docopy`` does; the second time costs nothing."""
        key = source, tuple(exclude), parents
        known = self._matches.get(key)
        if known is None:
            if len(self._matches) >= _MOST_REMEMBERED:
                self._matches.clear()
            resolve = self._resolve_parents if parents else self._resolve
            known = self._matches[key] = resolve(source if parents else clean_path(source), exclude_rules(key[1]))
        return known

    def resolve_path(self, path: str) -> SourceMatch:
        """Resolve the source of a mount, which knows no wildcards."""
        path = clean_path(path)
        target = self.follow(path)
        if target is None:
            return SourceMatch(path, False, (), (), IgnoreRules(), True, frozenset())  # noqa: FBT003
        found = MatchedPath(path, target, self.is_directory(target))
        files = tuple(self.files_under(target))
        return SourceMatch(path, False, (found,), files, IgnoreRules(), False, frozenset(files))  # noqa: FBT003

    def _resolve(self, pattern: str, exclude: IgnoreRules) -> SourceMatch:
        wildcards = has_wildcards(pattern)
        selected: list[Sequence[str]] = []
        matches: list[MatchedPath] = []
        for path in self._matching(pattern) if wildcards else (pattern,):
            trail = self._trail(path)
            if not trail:
                continue
            *links, target = trail
            match = MatchedPath(path, target, self.is_directory(target))
            matches.append(match)
            selected += [links] if links else []
            selected.append(self._kept(match, exclude))
        files = selected[0] if len(selected) == 1 else sorted({it for some in selected for it in some})
        missing = not matches and (not wildcards or not is_valid_glob(pattern))
        return SourceMatch(pattern, wildcards, tuple(matches), tuple(files), exclude, missing, frozenset(files))

    def _resolve_parents(self, source: str, exclude: IgnoreRules) -> SourceMatch:
        """Resolve a source of ``COPY --parents``: a pattern as in an ignore file, for paths below ``/./``.

        Source: ``convert_copy.go:dispatchCopy`` (IncludePatterns).
        """
        start, pivot, pattern = source.partition("/./")
        if not pivot:
            start, pattern = "", source
        base = self.follow(clean_path(start))
        included = exclude_rules((clean_path(pattern) or "**",))
        skip = len(base) + 1 if base else 0
        matches: list[MatchedPath] = []
        below = () if base is None else self._paths if not base else _below(self._paths, base)
        for path in below:
            inside = path[skip:]
            last = matches[-1].path if matches and matches[-1].is_directory else None
            is_below = last is not None and inside.startswith(f"{last}/")
            if not is_below and included.ignores(inside) and not exclude.ignores(inside):
                matches.append(MatchedPath(inside, path, self.is_directory(path)))
        files = sorted({it for match in matches for it in self._kept(match, exclude)})
        missing = not matches and not has_wildcards(pattern)
        return SourceMatch(
            pattern,
            has_wildcards(pattern),
            tuple(matches),
            tuple(files),
            exclude,
            missing,
            frozenset(files),
            base or "",
            included,
        )

    def _kept(self, match: MatchedPath, exclude: IgnoreRules) -> Sequence[str]:
        found = self.files_under(match.target)
        if not match.is_directory or not exclude.patterns:
            return found
        skip = len(match.target) + 1 if match.target else 0
        return [it for it in found if not exclude.ignores(it[skip:])]

    def _matching(self, pattern: str) -> Sequence[str]:
        # Links are followed in front of the first wildcard, not behind it (`copy.go:ResolveWildcards`).
        components = pattern.split("/")
        first = next(at for at, it in enumerate(components) if has_wildcards(it))
        base = self.follow("/".join(components[:first]))
        if base is None or not is_valid_glob(pattern):
            return ()
        regex = glob_regex("/".join(components[first:]))
        if not base:
            return [it for it in self._paths if regex.fullmatch(it)]
        skip = len(base) + 1
        return [it for it in _below(self._paths, base) if regex.fullmatch(it, skip)]

    def _trail(self, path: str) -> list[str]:
        """Return the symlinks on the way to ``path`` and at last where it leads; nothing if it leads nowhere."""
        links: list[str] = []
        at = ""
        ahead = [it for it in reversed(path.split("/")) if it not in ("", ".")]
        while ahead:
            name = ahead.pop()
            if name == "..":
                at = posixpath.dirname(at)
                continue
            here = f"{at}/{name}" if at else name
            entry = self.entries.get(here)
            if entry is None or (ahead and entry.kind in (FileKind.FILE, FileKind.OTHER)):
                return []
            if entry.kind is FileKind.SYMLINK:
                links.append(here)
                if len(links) > _MOST_LINKS:
                    return []
                at = "" if entry.link.startswith("/") else at
                ahead += [it for it in reversed(entry.link.split("/")) if it not in ("", ".")]
            else:
                at = here
        return [*links, at]


def clean_path(path: str) -> str:
    """Return ``path`` relative to the context, without ``.``, ``..`` and surplus slashes; ``""`` is the root."""
    return posixpath.normpath(f"/{path}").lstrip("/")


def _below(paths: tuple[str, ...], directory: str) -> tuple[str, ...]:
    # "0" comes right after "/".
    return paths[bisect_left(paths, f"{directory}/") : bisect_left(paths, f"{directory}0")]
