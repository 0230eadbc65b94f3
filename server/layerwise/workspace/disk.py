"""Reads build contexts from the disk, within bounds: whatever lies there, the result is a context, never an error."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from layerwise.context.build_context import BuildContext
from layerwise.context.dockerignore import IgnoreRules, parse_ignore
from layerwise.context.glob import has_wildcards, matches_glob
from layerwise.context.listing import FileEntry, FileKind, Listing, clean_path

_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_LEVELS: Final = 64
_MOST_NAMES: Final = 10_000
_MOST_FOLDERS: Final = 100
_MOST_ENTRIES: Final = 200_000
_MOST_WALKS: Final = 32
# Of all the walks that are kept together, and of all that one look makes: a second of CPU is about 120,000.
_MOST_KEPT: Final = 400_000
_MOST_OF_ALL_WALKS: Final = 1_000_000
_LEAST_OF_A_WALK: Final = 20_000
# How many entries a walk may look at for each that it may keep.
_LOOKED_AT_PER_KEPT: Final = 4


class Walks:
    """The last walks over folders, for one look at many Dockerfiles: several often have the same build context.

    All walks of a look together look at about ``most`` entries. After that, each may still look at ``least``: one
    Dockerfile whose context seems to be far up must not make the others wait for ever.
    """

    def __init__(self, most: int = _MOST_OF_ALL_WALKS, least: int = _LEAST_OF_A_WALK) -> None:
        """Know of none yet."""
        self._known: dict[tuple[Path, str], BuildContext] = {}
        self._left = most
        self._least = least

    def read(self, root: Path, ignore_file: str) -> BuildContext:
        """Return the context of a folder, with the text of its ignore file; walk over it if that was not done."""
        key = root, ignore_file
        found = self._known.pop(key, None)
        if found is None:
            walk = _Walk(root, parse_ignore(ignore_file), min(_MOST_ENTRIES, max(self._left, self._least)))
            found = walk.run()
            self._left -= walk.looked_at
        self._known[key] = found
        # The one that was not asked for longest goes first.
        while len(self._known) > 1 and sum(len(it.entries) for it in self._known.values()) > _MOST_KEPT:
            del self._known[next(iter(self._known))]
        if len(self._known) > _MOST_WALKS:
            del self._known[next(iter(self._known))]
        return found


def read_context(
    root: Path, dockerfile: Path | None, found_by: str, limit: int = _MOST_ENTRIES, walks: Walks | None = None
) -> BuildContext:
    """Read the listing of ``root`` as the builder would see it: at most ``limit`` entries, those nearest the root.

    Symlinks are entries and are not followed. No contents are read but the ignore file's. ``walks`` are those of one
    look, in which nothing is taken to change.
    """
    root = root.absolute()
    ignore_path, text = _ignore_file(root, dockerfile)
    found = walks.read(root, text) if walks is not None else _Walk(root, parse_ignore(text), limit).run()
    return replace(
        found,
        found_by=found_by,
        ignore_file=None if ignore_path is None else Path(os.path.relpath(ignore_path, root)).as_posix(),
        dockerfile=_own_path(dockerfile, root, found.entries),
        outside=dockerfile is not None and not normal_path(dockerfile).is_relative_to(normal_path(root)),
    )


def _own_path(dockerfile: Path | None, root: Path, entries: Mapping[str, FileEntry]) -> str | None:
    path = None if dockerfile is None else Path(os.path.relpath(normal_path(dockerfile), root)).as_posix()
    return path if path in entries else None


def load_files(context: BuildContext, paths: Iterable[str], max_bytes: int = _MOST_BYTES) -> BuildContext:
    """Return the context with the visible files among ``paths`` read; one that is not to be read counts as None.

    That is: more than ``max_bytes``, not UTF-8, not a regular file, gone, or a symlink that leads out of the context.
    """
    root = Path(context.root)
    visible = [it for it in paths if it in context.entries]
    return context.with_contents({it: read_text(root, root / it, max_bytes) for it in visible})


def find_context(
    dockerfile: Path,
    workspace_root: Path | None,
    sources: Sequence[str],
    setting: str | None,
    manifests: Sequence[str] = (),
    built: Sequence[tuple[Path, str]] = (),
) -> tuple[Path, str]:
    """Return the folder of the build context and why it is that one, as the end of a sentence.

    ``sources`` are those of COPY and ADD from the context (not ``--from`` another stage), as written. A relative
    ``setting`` starts at ``workspace_root``, or else at the Dockerfile's folder. ``manifests`` are files that installs
    read; they tell where ``COPY . .`` fits any folder. ``built`` are contexts in which files of the workspace build it,
    with the reason, the likeliest first: of several, the one that has the most of the sources. No file is read.
    """
    folder = normal_path(dockerfile).parent
    if setting:
        return normal_path((workspace_root or folder) / setting), "the setting"
    telling = [it for it in dict.fromkeys(sources) if _is_telling(it)]
    if built:
        best, _ = _most([it for it, _ in built], telling)
        return best, next(reason for it, reason in built if it == best)
    candidates = folders_up(folder, workspace_root)
    best, count = _most(candidates, telling)
    if not count:
        wanted = [it for it in dict.fromkeys(manifests) if _is_telling(it)]
        best, count = _most(candidates, wanted)
        if not count or best == folder:
            return folder, "the Dockerfile's folder"
        return best, f"{next(it for it in wanted if _source_exists(best, it))} is there"
    if len(telling) == 1:
        return best, "its COPY source exists there"
    return best, f"{count} of {len(telling)} COPY sources exist there"


def folders_up(folder: Path, workspace_root: Path | None) -> list[Path]:
    """Return the folders from that of a Dockerfile up to the top of what belongs to it."""
    ancestors = [folder, *folder.parents][:_MOST_LEVELS]
    if workspace_root is not None:
        top = normal_path(workspace_root)
        last = ancestors.index(top) if top in ancestors else 0
    else:
        last = next((at for at, it in enumerate(ancestors) if _exists(it / ".git")), 0)
    return ancestors[: last + 1]


def _most(candidates: Sequence[Path], names: Sequence[str]) -> tuple[Path, int]:
    """Return the first of the folders that have the most of ``names``, and how many."""
    best, count = candidates[0], 0
    for candidate in candidates:
        found = sum(_source_exists(candidate, it) for it in names)
        if found > count:
            best, count = candidate, found
    return best, count


@dataclass(slots=True)
class _Walk:
    """One walk, breadth first, so that a truncated listing still has what is near the root."""

    root: Path
    ignore: IgnoreRules
    limit: int
    entries: dict[str, FileEntry] = field(default_factory=dict[str, FileEntry])
    unreadable: list[str] = field(default_factory=list[str])
    truncated: bool = False
    looked_at: int = 0

    def run(self) -> BuildContext:
        self._walk()
        return BuildContext(
            root=str(self.root),
            listing=Listing(self.entries),
            truncated=self.truncated,
            unreadable=tuple(sorted(self.unreadable)),
            ignore=self.ignore,
        )

    def _walk(self) -> None:
        ahead = deque([""])
        while ahead and not self.truncated:
            directory = ahead.popleft()
            for found in self._scan(directory):
                path = f"{directory}/{found.name}" if directory else found.name
                ignored = self.ignore.ignores(path)
                if _is_directory(found):
                    entry = None if ignored else FileEntry(kind=FileKind.DIRECTORY)
                    if not ignored or self.ignore.may_reinclude_below(path):
                        ahead.append(path)
                else:
                    entry = None if ignored else self._describe(found, path)
                if entry and not self._keep(path, entry):
                    return

    def _scan(self, directory: str) -> list[os.DirEntry[str]]:
        most = self.limit * _LOOKED_AT_PER_KEPT - self.looked_at
        try:
            with os.scandir(self.root / directory) as found:
                entries = list(islice(found, most + 1))
        except FileNotFoundError:
            self.unreadable += [] if directory else ["."]
            return []
        except OSError:
            self.unreadable.append(directory or ".")
            return []
        self.truncated |= len(entries) > most
        self.looked_at += len(entries)
        return sorted(entries[:most], key=lambda it: it.name)

    def _describe(self, found: os.DirEntry[str], path: str) -> FileEntry | None:
        try:
            status = found.stat(follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return FileEntry(kind=FileKind.SYMLINK, link=Path(found.path).readlink().as_posix())
        except FileNotFoundError:
            return None
        except OSError:
            self.unreadable.append(path)
            return None
        executable = bool(status.st_mode & 0o111)
        if stat.S_ISREG(status.st_mode):
            return FileEntry(status.st_size, executable)
        return FileEntry(executable=executable, kind=FileKind.OTHER)

    def _keep(self, path: str, entry: FileEntry) -> bool:
        # The builder sends an ignored directory as soon as it sends something below it.
        new = {path: entry}
        while (path := path.rpartition("/")[0]) and path not in self.entries:
            new[path] = FileEntry(kind=FileKind.DIRECTORY)
        if len(self.entries) + len(new) > self.limit:
            self.truncated = True
            return False
        self.entries |= new
        return True


def _is_directory(found: os.DirEntry[str]) -> bool:
    try:
        return found.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _ignore_file(root: Path, dockerfile: Path | None) -> tuple[Path | None, str]:
    # BuildKit `frontend/dockerui/config.go:ReadEntrypoint`: the Dockerfile's own ignore file replaces the root's.
    candidates = [(root, root / ".dockerignore")]
    if dockerfile is not None:
        own = dockerfile.absolute()
        candidates.insert(0, (own.parent, own.with_name(f"{own.name}.dockerignore")))
    for base, path in candidates:
        text = read_text(base, path, _MOST_BYTES, errors="surrogateescape")
        if text is not None:
            return path, text
    return None, ""


def read_text(base: Path, path: Path, max_bytes: int, errors: str = "strict") -> str | None:
    """Read a regular file of at most ``max_bytes`` whose real place is inside ``base``; None for anything else."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(base.resolve()):
            return None
        # Not to be caught by a pipe or a link that was put there since.
        handle = os.open(real, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            data = file.read(max_bytes + 1)
        return None if len(data) > max_bytes else data.decode("utf-8", errors)
    except (OSError, RuntimeError, ValueError):
        return None


def normal_path(path: Path) -> Path:
    """Return a path as absolute and without ``..``, symbolic links being as they are."""
    return Path(os.path.normpath(path.absolute()))


def _is_telling(source: str) -> bool:
    remote = "://" in source or source.startswith("git@")
    return bool(clean_path(source)) and "$" not in source and not source.startswith("<<") and not remote


def _source_exists(folder: Path, source: str) -> bool:
    places = [folder]
    for name in PurePosixPath(clean_path(source)).parts:
        if has_wildcards(name):
            places = [it for place in places[:_MOST_FOLDERS] for it in _matching(place, name)]
        else:
            places = [place / name for place in places]
    return any(map(_exists, places))


def _matching(folder: Path, pattern: str) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            return [folder / it.name for it in islice(found, _MOST_NAMES) if matches_glob(pattern, it.name)]
    except (OSError, ValueError):
        return []


def _exists(path: Path) -> bool:
    return os.path.lexists(path)
