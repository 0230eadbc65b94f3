"""The identity of a file in git and on the disk: equal for what a checkout makes of the one and the other.

That is more than one blob for one file. git may write CRLF for the LF of a blob (see ``Repository.with_crlf``), and
git-lfs writes the file that a small text, the pointer, names by its SHA-256 (git-lfs ``docs/spec.md``). git would run
filters to find out; here each such blob is made of the file, in memory, to see whether its id is the one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerwise.workspace.differences import chunks, digest
from layerwise.workspace.git_repository import TreeFile

DIRECTORY: Final = "folder"
_EXECUTE: Final = 0o111


def name_then(file: TreeFile, *, modes: bool) -> str:
    """Return the identity of a tracked file or symlink; without ``modes`` none is executable (``core.fileMode``)."""
    return _name(file.id, link=file.is_link, executable=modes and file.is_executable)


def _name(blob: str, *, link: bool = False, executable: bool = False) -> str:
    return f"{'link' if link else 'program' if executable else 'file'} {blob}"


@dataclass(frozen=True, slots=True)
class NamesNow:
    """The identities of what is below ``root`` on the disk, with ids made by ``algorithm``.

    ``crlf`` are the files in which git writes CRLF for the LF of a blob.
    """

    root: Path
    algorithm: str
    modes: bool
    crlf: frozenset[str]

    def possible(self, path: str) -> Iterator[str]:
        """Yield all that a file could have in git to be as it is now; raises ``OSError``."""
        file = self.root / path
        status = file.lstat()
        mode = status.st_mode
        if stat.S_ISREG(mode):
            executable = self.modes and bool(mode & stat.S_IXUSR)
            blobs = self._blobs(file, status.st_size, crlf=path in self.crlf)
            yield from (_name(it, executable=executable) for it in blobs)
        elif stat.S_ISLNK(mode):
            # `Path.readlink` would drop `./`.
            target = os.fsencode(os.readlink(file))  # noqa: PTH115
            yield _name(self._id(len(target), [target]), link=True)
        else:
            yield DIRECTORY if stat.S_ISDIR(mode) else f"other {mode:o}"

    def best(self, path: str, wanted: frozenset[str]) -> str:
        """Return the identity that is among the wanted ones, or else the plain one."""
        try:
            names = list(self.possible(path))
        except OSError:
            return f"unreadable {path}"
        return next((it for it in names if it in wanted), names[0])

    def _blobs(self, file: Path, size: int, *, crlf: bool) -> Iterator[str]:
        yield self._id(size, chunks(file))
        if crlf:
            lines = size_with_lf = 0
            for chunk in _with_lf(chunks(file)):
                lines, size_with_lf = lines + chunk.count(b"\n"), size_with_lf + len(chunk)
            # git leaves no LF alone.
            if lines and size == size_with_lf + lines:
                yield self._id(size_with_lf, _with_lf(chunks(file)))
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest(file)}\nsize {size}\n".encode()
        yield self._id(len(pointer), [pointer])

    def _id(self, size: int, content: Iterable[bytes]) -> str:
        found = hashlib.new(self.algorithm, b"blob %d\0" % size, usedforsecurity=False)
        for chunk in content:
            found.update(chunk)
        return found.hexdigest()


def unlike_a_checkout(root: Path, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return by path the permissions of files, and those that a checkout would give them, where the two differ.

    The umask is not asked for: what most of the files have is what checkouts here give.
    """
    modes: dict[str, int] = {}
    for path in paths:
        with contextlib.suppress(OSError):
            modes[path] = stat.S_IMODE((root / path).lstat().st_mode)
    counts = Counter(it & ~_EXECUTE for it in modes.values())
    usual = max(counts, key=lambda it: (counts[it], it), default=0)
    wanted = {path: usual | (usual >> 2 & _EXECUTE if it & stat.S_IXUSR else 0) for path, it in modes.items()}
    return {path: (it, wanted[path]) for path, it in modes.items() if it != wanted[path]}


def _with_lf(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content with LF for CRLF."""
    held = b""
    for chunk in content:
        whole = held + chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole.removesuffix(b"\r").replace(b"\r\n", b"\n")
    yield held
