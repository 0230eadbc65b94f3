"""Files that a program, or a shim in front of it, finds in the folder where it is started, or in those above.

Version managers choose the program by them; git takes its settings from ``.git``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from layerwise.context.image_files import Arrivals
from layerwise.context.listing import Listing
from layerwise.effects.habits import ALL_VERSIONS, ASKS_GIT
from layerwise.effects.started import Started
from layerwise.semantics.paths import join, upwards
from layerwise.text.wording import names

_MISE: Final = re.compile(r"^\s*_\.|^\s*env_file|hooks|exec\s*\(|read_file|include", re.MULTILINE)
_LOCKS: Final = names("package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock")
_FROM_GIT: Final = re.compile(r"git\+|git@|\b(git|github|gitlab|bitbucket):|\.git[#\"]|codeload\.github\.com")


def version_files(started: Started, arrivals: Arrivals) -> Iterator[str]:
    """Yield the files of version managers in the folders of the program and above."""
    there = {posixpath.basename(it.copy.target) for it in arrivals.items}
    there |= {name for it in arrivals.items[:1] for name in _version_names(it.context.listing)}
    versions = [it for it in started.habits.versions if posixpath.basename(it) in there]
    for folder in dict.fromkeys(it for start in started.folders for it in upwards(start)) if versions else ():
        yield from (path for it in versions if arrivals.exists(path := join(folder, it)))


@lru_cache(maxsize=16)
def _version_names(listing: Listing) -> frozenset[str]:
    """Return the names of version managers' files that a context has anywhere; kept, as hardly one has any."""
    known = {posixpath.basename(it) for it in ALL_VERSIONS}
    return frozenset(name for path in listing.entries if (name := posixpath.basename(path)) in known)


def names_more(path: str, arrivals: Arrivals) -> bool:
    """Tell whether mise's settings, which may set variables from files or run code, do so."""
    text = arrivals.read(path) if path.endswith(".toml") and "mise" in path else ""
    return text is None or _MISE.search(text) is not None


def asks_repositories(started: Started, arrivals: Arrivals, manifests: Sequence[str]) -> bool:
    """Tell whether git is asked for packages of repositories where it finds the project's own settings."""
    if started.manager not in ASKS_GIT or not any(".git/config" in it.context.entries for it in arrivals.items[:1]):
        return False
    if not any(arrivals.exists(join(it, ".git/config")) for start in started.folders for it in upwards(start)):
        return False
    texts = [arrivals.read(it) for it in manifests if posixpath.basename(it) in _LOCKS]
    return any(it is None or _from_git(it) for it in texts)


@lru_cache(maxsize=16)
def _from_git(text: str) -> bool:
    """Tell whether a lockfile takes a package from a repository; kept, as lockfiles are long."""
    return _FROM_GIT.search(text) is not None
