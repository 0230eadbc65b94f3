"""What differs between two build contexts, as COPY would see it: kind, permissions, link target, content.

No times and no owners. Contents are read only where nothing else tells two entries apart, a piece at a time.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from itertools import zip_longest
from pathlib import Path
from typing import Final

from layerwise.context.build_context import BuildContext
from layerwise.context.listing import FileKind

_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """An earlier context, the identities of what differs, by path, and what could not be compared.

    ``marks`` has the entries that were another then or are gone, ``marks_now`` those that are another now or are new.
    """

    context: BuildContext
    marks: Mapping[str, str]
    marks_now: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Differences:
    """Paths of two contexts: what is in both but not the same, only in the earlier one, only in the one of now."""

    edited: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    notes: tuple[str, ...]


def differences(then: BuildContext, now: BuildContext, same: Callable[[str], bool]) -> Differences:
    """Compare two listings; ``same`` compares what is at a path if its kind is, and may raise ``OSError``.

    What cannot be read counts as the same, and what one listing may only not have got to is not missing.
    """
    edited: list[str] = []
    unread: list[str] = []
    for path in (it for it in now.entries if it in then.entries):
        try:
            if now.entries[path].kind is not then.entries[path].kind or not same(path):
                edited.append(path)
        except OSError:
            unread.append(path)
    gone = [it for it in then.entries if it not in now.entries and not _may_have(now, it)]
    new = [it for it in now.entries if it not in then.entries and not _may_have(then, it)]
    notes: list[str] = []
    if then.truncated or now.truncated:
        notes.append("the build context has more files than are compared; a .dockerignore makes it smaller")
    if unread := [*unread, *(it for it in dict.fromkeys(then.unreadable + now.unreadable) if it not in unread)]:
        notes.append(f"{counted(unread, 'path', 'that can not be read')} taken as unchanged")
    return Differences(tuple(edited), tuple(gone), tuple(new), tuple(notes))


def _may_have(context: BuildContext, path: str) -> bool:
    """Tell whether a path that was not listed may be there all the same."""
    if context.truncated:
        return True
    return any(it in (".", path) or path.startswith(f"{it}/") for it in context.unreadable)


def compare_folders(then: BuildContext, now: BuildContext) -> Compared:
    """Compare two contexts that are both on the disk, under their ``root``."""
    before, after = Path(then.root), Path(now.root)
    found = differences(then, now, lambda path: _same(before / path, after / path))
    folders = [it for it in found.edited if _is_folder(then, it) and _is_folder(now, it)]
    files = [*(before / it for it in found.edited + found.gone), *(after / it for it in found.edited + found.new)]
    sizes = Counter(filter(None, map(_size, files)))
    return Compared(
        then,
        {it: _identity(before / it, sizes) for it in found.edited + found.gone},
        {it: _identity(after / it, sizes) for it in found.edited + found.new},
        (*found.notes, *([_folders_note(folders)] if folders else [])),
    )


def _is_folder(context: BuildContext, path: str) -> bool:
    return context.entries[path].kind is FileKind.DIRECTORY


def _folders_note(folders: Sequence[str]) -> str:
    """Say when the mode of a folder does not count: the transfer (fsutil ``diff.go:sameFile``) passes over it."""
    which = f"{folders[0]} has another mode" if len(folders) == 1 else f"{len(folders):,} folders have other modes"
    return f"{which}, which BuildKit does not notice if it built a folder of the same name before"


def _same(before: Path, after: Path) -> bool:
    old, new = before.lstat(), after.lstat()
    if os.path.samestat(old, new):
        return True
    if _outside(before, old) != _outside(after, new):
        return False
    if not stat.S_ISREG(old.st_mode):
        return True
    return old.st_size == new.st_size and all(x == y for x, y in zip_longest(chunks(before), chunks(after)))


def _outside(file: Path, status: os.stat_result) -> str:
    """Return all but the content of what is at a path."""
    mode = status.st_mode
    if stat.S_ISLNK(mode):
        # Links have no permissions of their own. `Path.readlink` would drop `./`.
        return f"link {os.readlink(file)}"  # noqa: PTH115
    if stat.S_ISDIR(mode):
        return f"{mode:o} folder"
    device = f" {status.st_rdev}" if stat.S_ISBLK(mode) or stat.S_ISCHR(mode) else ""
    return f"{mode:o}{device}"


def _size(file: Path) -> int | None:
    try:
        status = file.lstat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _identity(file: Path, sizes: Mapping[int, int]) -> str:
    """Return the identity of an entry; one that is alone with its size needs not be read to be unlike the others."""
    try:
        status = file.lstat()
        outside = _outside(file, status)
        if not stat.S_ISREG(status.st_mode):
            return outside
        if sizes.get(status.st_size) == 1:
            return f"{outside} of {status.st_size} bytes"
        return f"{outside} {digest(file)}"
    except OSError:
        return f"unreadable {file}"


def digest(file: Path) -> str:
    """Return the SHA-256 of a regular file; raises ``OSError``."""
    found = hashlib.sha256()
    for chunk in chunks(file):
        found.update(chunk)
    return found.hexdigest()


def chunks(file: Path) -> Iterator[bytes]:
    """Yield the content of a regular file, up to the size that it has now; raises ``OSError`` for anything else."""
    with open_regular(file, follow=False) as opened:
        left = os.fstat(opened.fileno()).st_size
        while left and (chunk := opened.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def open_regular(file: Path, *, follow: bool) -> BufferedReader:
    """Open a regular file; raises ``OSError`` for anything else: a pipe would be waited for."""
    flags = getattr(os, "O_NONBLOCK", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    handle = os.open(file, os.O_RDONLY | flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(handle, "rb")


def counted(paths: Sequence[str], noun: str, which: str = "") -> str:
    """Return the beginning of a sentence: "1 file (a) is", "2 files that git ignores (a, …) are"."""
    many = len(paths) > 1
    what = f"{noun}{'s' if many else ''}{which and f' {which}'}"
    return f"{len(paths):,} {what} ({min(paths)}{', …' if many else ''}) {'are' if many else 'is'}"
