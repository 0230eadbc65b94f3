"""The build context as a git revision had it, and what differs from it now.

git knows the tracked files, whether they are executable, and no folders but those with files in them. What it cannot
know is taken as unchanged: ignored files, empty folders, the insides of submodules and of ``.git``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from layerwise.context.build_context import BuildContext
from layerwise.context.dockerignore import IgnoreRules, parse_ignore
from layerwise.context.listing import FileEntry, FileKind, Listing, clean_path
from layerwise.workspace.differences import Compared, chunks, counted, differences, digest
from layerwise.workspace.git import Repository, TreeFile

_MOST_BYTES: Final = 4 * 1024 * 1024
_LONGEST_LINK: Final = 4096
_LOOKED_AT_PER_KEPT: Final = 4
_DIRECTORY: Final = FileEntry(kind=FileKind.DIRECTORY)
_SUBMODULE: Final = 0o160000
_SYMLINK: Final = 0o120000
_EXECUTABLE: Final = 0o100


def compare_revision(
    commit: str, here: Repository, dockerfile: str, there: Repository, now: BuildContext, limit: int = 200_000
) -> Compared:
    """Compare the context of now with that of a commit; ``here`` is around the Dockerfile, ``there`` is the context.

    The files of the earlier context count as read, without a text. Raises ``GitError``.
    """
    found = there.look(commit, there.prefix.rstrip("/"))
    tree = found.id if found is not None and found.kind == "tree" else None
    ignore_file, ignore = _ignore_file(commit, here, dockerfile, there, tree, now)
    then = _Then(there, ignore, now, limit)
    if tree is not None:
        then.read(tree)
    notes = [*then.carry_over()]
    if ignore != now.ignore:
        notes.append("the ignore file differs: untracked files that it hides now, or hid, are not compared")
    entries = Listing(then.entries)
    own = None if now.dockerfile not in entries.entries else now.dockerfile
    context = replace(
        now,
        found_by="the revision",
        listing=entries,
        truncated=then.truncated,
        unreadable=(),
        ignore=ignore,
        ignore_file=ignore_file,
        # They must not be read from the disk, which has them as they are now.
        contents=dict.fromkeys(entries.files_under("")),
        dockerfile=own,
    )
    return _compare(there, then.tracked, context, now, notes)
