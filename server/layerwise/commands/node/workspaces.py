"""The members of a workspace: the folders with a package.json (or another manifest) that its patterns name.

More than the manager takes is no harm, as the files come later anyway, so exclusions (``!…``) are not heeded, and
what a pattern says in braces or brackets is taken for anything.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.semantics.paths import join, relative

_WILDCARD: Final = re.compile(r"[*?{}\[\]()]")
_SIMPLE: Final = re.compile(r"[^{}\[\]()]*\Z")
MOST_MEMBERS: Final = 300


def member_folders(
    patterns: Iterable[str], root: str, files: InstallFiles, names: Sequence[str] = ("package.json",)
) -> list[str]:
    """Return the folders that the patterns name and that hold one of the manifests, sorted; not the root itself."""
    found: set[str] = set()
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        parts = [it for it in pattern.split("/") if it not in ("", ".")]
        fixed = next((i for i, it in enumerate(parts) if _WILDCARD.search(it)), len(parts))
        base = join(root, "/".join(parts[:fixed]) or ".")
        rest = parts[fixed:]
        if not rest:
            found.update([base] if any(files.exists(join(base, it)) for it in names) else [])
            continue
        regex = _regex("/".join(rest))
        for it in _folders_below(base, files, names):
            inside = relative(it, base)
            if inside is not None and "node_modules" not in inside.split("/") and regex.fullmatch(inside):
                found.add(it)
    return sorted(found - {root})


def _folders_below(base: str, files: InstallFiles, names: Sequence[str]) -> set[str]:
    """Return the folders with one of the manifests; of other files only the name is looked at, as there are many."""
    wanted = frozenset(names)
    landed = (path for arrival in files.arrivals.items for path, _ in arrival.landings_below(base))
    return {posixpath.dirname(it) for it in landed if it.rpartition("/")[2] in wanted and files.exists(it)}


def _regex(pattern: str) -> re.Pattern[str]:
    if not _SIMPLE.match(pattern):
        return re.compile(r".*")
    text = ""
    for part in re.split(r"(\*\*/?|\*|\?)", pattern):
        text += {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    # `a/**` is `a` as well.
    return re.compile(text.replace("/.*", "(/.*)?") if text.endswith("/.*") else text)
