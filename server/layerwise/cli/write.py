"""Replaces the content of a file, all or nothing; everything else about it stays."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from layerwise.cli.sources import SourceError


def write(path: Path, before: bytes, after: bytes) -> None:
    """Replace ``before`` in a file (in the one that a link leads to) by ``after``; raises ``SourceError``.

    A reader, and a crash, see the old file or the new one: it is written beside the old one and moved over it.
    """
    try:
        real = path.resolve(strict=True)
        _check(real)
        _replace(real, before, after)
    except OSError as error:
        raise SourceError(f"it can not be written: {error.strerror or error}; nothing was changed") from None


def _check(path: Path) -> None:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise SourceError("it can not be written: it is not a regular file; `fix --diff` shows the change")
    # Root may write what is marked as read-only; it is marked for a reason.
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise SourceError("it is read-only, and was not changed; make it writable first")


def _replace(path: Path, before: bytes, after: bytes) -> None:
    status = path.stat()
    handle, name = tempfile.mkstemp(prefix=".layerwise-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            # Only root can give files away; whose file it becomes otherwise is whose run this is.
            with contextlib.suppress(OSError):
                os.chown(beside, status.st_uid, status.st_gid)
        beside.chmod(stat.S_IMODE(status.st_mode))
        if path.read_bytes() != before:
            raise SourceError("it has changed meanwhile, and was left alone; run this again")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
