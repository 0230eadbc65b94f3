"""Finds the Dockerfiles below a folder, as a person would list them: without what is ignored by git or installed."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections import deque
from collections.abc import Set
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, cast

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern
from typing_extensions import override

from layerwise.workspace.build_files.search import DEVCONTAINER_FOLDER, BuildFiles, is_build_file
from layerwise.workspace.disk import folders_up, normal_path

_MOST_ENTRIES: Final = 200_000
_MOST_BYTES: Final = 1024 * 1024
_STEMS: Final = ("dockerfile", "containerfile")
# `Dockerfile-web` and `web_Dockerfile`, too. An ending behind a dash is that of a program about Dockerfiles.
_MORE_NAMES = re.compile(rf"(?:{'|'.join(_STEMS)})[-_][^.]+(?:\.\d[^.]*)*|.+[-_](?:{'|'.join(_STEMS)})")
_NOT_DOCKERFILES: Final = (".dockerignore", "~", ".swp", ".swo", ".bak", ".orig", ".rej")
# Pages about Dockerfiles, and templates that become one.
_OTHER_TEXTS: Final = (".erb", ".html", ".in", ".j2", ".jinja", ".jinja2", ".md", ".rst", ".template", ".tmpl", ".tpl")
# Emacs' locks and the resource forks of macOS.
_NOT_DOCKERFILES_BEFORE: Final = (".#", "._")
_SKIPPED: Final = frozenset({".git", "node_modules"})
# Written by `go mod vendor` and by `composer install`.
_OF_VENDOR: Final = frozenset({"modules.txt", "autoload.php"})
# Folders with the code of others below them, as in `vendor.yml` of GitHub's Linguist.
_OF_OTHERS: Final = frozenset(
    {"vendor", "third_party", "third-party", "thirdparty", "bower_components", "site-packages", "godeps", "carthage"}
)
_LAST_STARS = re.compile(r"(?P<before>!?(?:.*/)?)(?P<stars>\*\*?)(?P<slash>/?)\s*")


@dataclass(frozen=True, slots=True)
class DiscoveryProblem:
    """Why some Dockerfiles may not have been found, and the folder or ignore file that this is about."""

    path: Path
    message: str

    @override
    def __str__(self) -> str:
        """Return the problem as a line for a person."""
        return f"{self.path}: {self.message}"


def is_dockerfile_name(name: str) -> bool:
    """Return whether a file of this name (no folders) is a Dockerfile: by the usual names, in any case.

    Ignore files, editors' backups, what a merge leaves behind, pages and templates are not.
    """
    name = name.lower()
    if name.endswith((*_NOT_DOCKERFILES, *_OTHER_TEXTS)) or name.startswith(_NOT_DOCKERFILES_BEFORE):
        return False
    first, _, rest = name.partition(".")
    if name in _STEMS or (first in _STEMS and bool(rest)) or name.rpartition(".")[2] in _STEMS:
        return True
    return _MORE_NAMES.fullmatch(name) is not None


def may_be_another(name: str) -> bool:
    """Tell whether a file of such a name may be something else: ``dockerfile.go`` (but also a Dockerfile for Go)."""
    return name.lower() not in _STEMS


def find_dockerfiles(folder: Path, limit: int = _MOST_ENTRIES) -> tuple[tuple[Path, ...], tuple[DiscoveryProblem, ...]]:
    """Return the Dockerfiles in and below ``folder``, sorted, with paths that start as ``folder`` does.

    They are known by their names, and by the Compose, Bake and devcontainer files in and below ``folder``, and in the
    folders above it in the repository, that name them.
    Not searched: ``.git``, ``node_modules``, virtual environments, the folders in ``vendor`` and the like, links to
    folders, and what the ``.gitignore`` files and ``.git/info/exclude`` of the repository name, committed or not
    (``folder`` itself is searched in any case).
    The search ends with a problem once it has looked at ``limit`` entries; those near ``folder`` come first.
    """
    walk = _Walk(limit)
    walk.run(folder)
    return tuple(sorted(walk.found)), tuple(walk.problems)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one ignore file, each with whether it ignores, and the rules that hold where they are silent.

    Paths are relative to the top of the walk and have slashes; ``cut`` is how many characters of them lead to the
    folder that the patterns are about.
    """

    patterns: tuple[tuple[re.Pattern[str], bool], ...] = ()
    cut: int = 0
    above: _Rules | None = None

    def ignore(self, path: str) -> bool:
        """Return whether git ignores ``path`` (a folder if it ends in a slash) when it ignores no folder above it."""
        rules: _Rules | None = self
        while rules:
            own = path[rules.cut :]
            for regex, ignores in reversed(rules.patterns):
                # A match of less names a folder above, and was outvoted there.
                if regex.fullmatch(own):
                    return ignores
            rules = rules.above
        return False


def _is_installed(folder: Path, names: Set[str]) -> bool:
    """Tell whether a package manager fills a folder, by the files in it."""
    return "pyvenv.cfg" in names or (folder.name == "vendor" and not names.isdisjoint(_OF_VENDOR))


@dataclass(slots=True)
class _Walk:
    """One search, breadth first."""

    limit: int
    found: set[Path] = field(default_factory=set[Path])
    problems: list[DiscoveryProblem] = field(default_factory=list[DiscoveryProblem])
    looked_at: int = 0
    searched: dict[Path, tuple[Path, str, _Rules]] = field(default_factory=dict[Path, tuple[Path, str, _Rules]])
    with_build_files: list[Path] = field(default_factory=list[Path])

    def run(self, start: Path) -> None:
        """Search by name, then in the build files."""
        self._walk(start)
        top = normal_path(start)
        above = [it for folder in folders_up(top, None) for it in (folder, folder / DEVCONTAINER_FOLDER)]
        folders = dict.fromkeys([*above, *self.with_build_files])
        for path in BuildFiles().dockerfiles(folders_up(top, None)[-1], folders):
            folder, prefix, rules = self.searched.get(path.parent, (None, "", _Rules()))
            if folder is not None and path.is_file() and not rules.ignore(prefix + path.name):
                self.found.add(folder / path.name)

    def _walk(self, start: Path) -> None:
        rules, prefix = self._rules_above(normal_path(start))
        ahead = deque([(start, prefix, rules)])
        while ahead:
            folder, prefix, rules = ahead.popleft()
            entries = self._scan(folder)
            names = {it.name for it in entries}
            if folder != start and _is_installed(folder, names):
                continue
            if ".git" in names and folder != start:
                rules = self._repository_rules(folder, len(prefix))
            if ".gitignore" in names:
                rules = self._with_file(folder / ".gitignore", len(prefix), rules)
            self.searched[normal_path(folder)] = folder, prefix, rules
            self.with_build_files += [normal_path(folder)] * any(map(is_build_file, names))
            for entry in entries if folder == start else _own(folder, entries):
                path = prefix + entry.name
                if _is_folder(entry):
                    if entry.name not in _SKIPPED and not rules.ignore(f"{path}/"):
                        ahead.append((Path(entry.path), f"{path}/", rules))
                elif is_dockerfile_name(entry.name) and _is_file(entry) and not rules.ignore(path):
                    self.found.add(Path(entry.path))
            if self.looked_at > self.limit:
                message = (
                    f"there are more than {self.limit:,} files and folders, and the search ended there:"
                    " Dockerfiles further down may be missing; search a smaller folder, or name them"
                )
                self.problems.append(DiscoveryProblem(start, message))
                return

    def _scan(self, folder: Path) -> list[os.DirEntry[str]]:
        most = self.limit - self.looked_at
        try:
            with os.scandir(folder) as found:
                entries = list(islice(found, most + 1))
        except (OSError, ValueError) as error:
            self._cannot_read(folder, error)
            return []
        self.looked_at += len(entries)
        return entries[:most]

    def _rules_above(self, start: Path) -> tuple[_Rules, str]:
        """Return the rules of the folders above ``start``, and its path in the repository, ending in a slash."""
        above = [start, *start.parents]
        top = next((it for it in above if os.path.lexists(it / ".git")), None)
        if top is None:
            return _Rules(), ""
        rules = self._repository_rules(top, 0)
        for folder in reversed(above[1 : above.index(top) + 1]):
            rules = self._with_file(folder / ".gitignore", len(_prefix(folder, top)), rules)
        return rules, _prefix(start, top)

    def _repository_rules(self, top: Path, cut: int) -> _Rules:
        return self._with_file(top / ".git" / "info" / "exclude", cut, None)

    def _with_file(self, file: Path, cut: int, above: _Rules | None) -> _Rules:
        try:
            text = _read_ignore_file(file)
        except (FileNotFoundError, NotADirectoryError):
            text = ""
        except (OSError, ValueError) as error:
            self._cannot_read(file, error)
            text = ""
        return _Rules(tuple(it for line in text.split("\n") if (it := _pattern(line))), cut, above)

    def _cannot_read(self, path: Path, error: OSError | ValueError) -> None:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        self.problems.append(DiscoveryProblem(path, f"cannot be read: {reason}"))


def _own(folder: Path, entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """Leave out the folders in a folder with the code of others; a file right in it may well be the project's own."""
    return [it for it in entries if not _is_folder(it)] if folder.name.lower() in _OF_OTHERS else entries


def _prefix(folder: Path, top: Path) -> str:
    return "".join(f"{it}/" for it in folder.relative_to(top).parts)


def _pattern(line: str) -> tuple[re.Pattern[str], bool] | None:
    if last := _LAST_STARS.fullmatch(line):
        # pathspec reads a last * or ** as "whatever is below", for paths of files only; spelled so, it is a name.
        stars = "?*" if last["stars"] == "*" else "**/?*"
        line = f"{last['before']}{stars}{last['slash']}"
    try:
        pattern = GitIgnoreSpecPattern(line)
    except (GitIgnorePatternError, re.error):
        # What is no pattern for git matches nothing.
        return None
    return None if pattern.include is None else (cast("re.Pattern[str]", pattern.regex), pattern.include)


def _read_ignore_file(file: Path) -> str:
    """Read a regular file; OSError for anything else, links included (git does not follow them either)."""
    if not stat.S_ISREG(file.lstat().st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as opened:
        data = opened.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {_MOST_BYTES // 1024:,} KiB")
    return data.decode("utf-8-sig", "surrogateescape")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
