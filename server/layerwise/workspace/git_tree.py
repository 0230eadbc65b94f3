"""The build context as a commit had it, and what differs from it now.

git knows the tracked files, and no folders but those with files in them. What it cannot know is taken as unchanged:
ignored files, empty folders, the insides of submodules and of ``.git``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

from layerwise.context.build_context import BuildContext
from layerwise.context.dockerignore import IgnoreRules, parse_ignore
from layerwise.context.listing import FileEntry, FileKind, Listing, clean_path
from layerwise.workspace.differences import Compared, counted, differences
from layerwise.workspace.git_names import DIRECTORY, NamesNow, name_then, unlike_a_checkout
from layerwise.workspace.git_repository import Repository, TreeFile

_MOST_BYTES: Final = 4 * 1024 * 1024
_LONGEST_LINK: Final = 4096
# How many files of a commit are looked at for each entry that may be kept.
_LOOKED_AT_PER_KEPT: Final = 4
# In a folder where the builder sees nothing.
_MOST_HIDDEN: Final = 100
_FOLDER: Final = FileEntry(kind=FileKind.DIRECTORY)


def compare_commit(
    commit: str, here: Repository, dockerfile: str, there: Repository, now: BuildContext, limit: int = 200_000
) -> Compared:
    """Compare the context of now with that of a commit. Raises ``GitError``.

    ``here`` is around the folder of the Dockerfile, ``dockerfile`` is its name there, ``there`` is around the context.
    The earlier context has no texts: all its files count as read and as no text.
    """
    tree = _tree(there, commit)
    ignore_file, ignore = _ignore_file(now, [(here, _tree(here, commit), dockerfile), (there, tree, "")])
    then = _Then(there, ignore, now, limit)
    if tree is not None:
        then.read(tree)
    notes = [*then.carry_over()]
    if _lines(ignore) != _lines(now.ignore):
        notes.append("the ignore file is another now: what git does not track and one of the two hides is not compared")
    listing = Listing(then.entries)
    context = replace(
        now,
        found_by="the revision",
        listing=listing,
        truncated=then.truncated,
        unreadable=(),
        ignore=ignore,
        ignore_file=ignore_file,
        # The disk, where texts would be read, has the files as they are now.
        contents=dict.fromkeys(listing.files_under("")),
        dockerfile=now.dockerfile if now.dockerfile in then.entries else None,
    )
    return _compare(there, then.tracked, context, now, notes)


def _tree(repository: Repository, commit: str) -> str | None:
    """Return the tree that a commit has for the folder of a repository, or None if it had no such folder."""
    found = repository.look(commit, repository.prefix.rstrip("/"))
    return found.id if found is not None and found.kind == "tree" else None


def _ignore_file(
    now: BuildContext, places: Sequence[tuple[Repository, str | None, str]]
) -> tuple[str | None, IgnoreRules]:
    """Return the ignore file then, relative to the context: the first there is (see ``disk``), and its rules."""
    for repository, tree, dockerfile in places:
        name = f"{dockerfile}.dockerignore"
        path = Path(os.path.relpath(repository.folder / name, Path(now.root).resolve())).as_posix()
        found = repository.look(tree, name) if tree is not None else None
        if found is not None and found.kind == "blob" and found.size <= _MOST_BYTES:
            text = repository.blobs([found.id])[found.id].decode("utf-8", "surrogateescape")
            return path, parse_ignore(text)
        if path == now.ignore_file and repository.ignored([name]):
            return path, now.ignore
    return None, IgnoreRules()


def _lines(ignore: IgnoreRules) -> list[tuple[str, bool]]:
    return [(it.text, it.negated) for it in ignore.patterns]


@dataclass(slots=True)
class _Then:
    """The earlier context while it is put together: ``entries`` are those that the builder saw."""

    repository: Repository
    ignore: IgnoreRules
    now: BuildContext
    limit: int
    entries: dict[str, FileEntry] = field(default_factory=dict[str, FileEntry])
    tracked: dict[str, TreeFile] = field(default_factory=dict[str, TreeFile])
    submodules: set[str] = field(default_factory=set[str])
    truncated: bool = False

    def read(self, tree: str) -> None:
        """Add what a tree has."""
        folders: set[str] = set()
        with closing(self.repository.files(tree)) as files:
            for looked_at, file in enumerate(files):
                if len(self.entries) >= self.limit or looked_at >= self.limit * _LOOKED_AT_PER_KEPT:
                    self.truncated = True
                    break
                # A broken tree can have names such as `..`.
                if clean_path(file.path) != file.path:
                    continue
                for folder in _above(file.path, folders):
                    folders.add(folder)
                    if not self.ignore.ignores(folder):
                        self._keep(folder, _FOLDER)
                if not self.ignore.ignores(file.path):
                    self._keep_file(file)
        self._read_links()

    def _keep_file(self, file: TreeFile) -> None:
        if file.is_submodule:
            self.submodules.add(file.path)
            self._keep(file.path, _FOLDER)
            return
        self.tracked[file.path] = file
        kind = FileKind.SYMLINK if file.is_link else FileKind.FILE
        self._keep(file.path, FileEntry(0 if file.is_link else file.size, file.is_executable, kind))

    def _keep(self, path: str, entry: FileEntry) -> None:
        # The builder sends an ignored folder as soon as it sends something below it.
        self.entries.update(dict.fromkeys(_above(path, self.entries), _FOLDER))
        self.entries[path] = entry

    def _read_links(self) -> None:
        links = {path: it.id for path, it in self.tracked.items() if it.is_link and it.size <= _LONGEST_LINK}
        targets = self.repository.blobs(links.values())
        for path, it in links.items():
            self.entries[path] = FileEntry(kind=FileKind.SYMLINK, link=os.fsdecode(targets[it]))

    def carry_over(self) -> Iterator[str]:
        """Add what git cannot know of, as it is now; yield what to say about it."""
        now = self.now.entries
        unknown = [path for path in now if self._may_have_had(path)]
        own = {path for path in unknown if not self.repository.prefix and path.split("/")[0] == ".git"}
        inside = {path for path in unknown if not self.submodules.isdisjoint(_above(path, ()))}
        rest = [path for path in unknown if path not in own and path not in inside]
        files = {path for path in rest if now[path].kind is not FileKind.DIRECTORY}
        full = set[str]()
        for path, it in now.items():
            full.update(() if it.kind is FileKind.DIRECTORY else _above(path, full))
        # A folder that looks empty may have files that the builder does not see, but git does.
        hidden = {path: self._files_on_disk(path) for path in rest if path not in files and path not in full}
        ignored = self.repository.ignored([*files, *chain.from_iterable(hidden.values())])
        empty = [path for path, it in hidden.items() if ignored.issuperset(it)]
        for path in (*own, *inside, *(ignored & files), *empty):
            self._keep(path, now[path])
        if own:
            why = "though each commit changes it; a .dockerignore keeps it out"
            yield f"the build context has git's own folder .git, which is taken as unchanged, {why}"
        if self.submodules:
            yield f"{counted([*self.submodules], 'submodule')} taken as unchanged"
        if carried := [*(ignored & files)]:
            yield f"{counted(carried, 'file', 'that git ignores')} taken as unchanged"

    def _files_on_disk(self, folder: str) -> list[str]:
        found = os.walk(Path(self.now.root) / folder)
        paths = (Path(at, name).relative_to(self.now.root).as_posix() for at, _, names in found for name in names)
        return list(islice(paths, _MOST_HIDDEN))

    def _may_have_had(self, path: str) -> bool:
        if path in self.entries or self.ignore.ignores(path):
            return False
        return all(self.entries.get(it, _FOLDER).kind is FileKind.DIRECTORY for it in _above(path, ()))


def _above(path: str, known: Iterable[str]) -> Iterator[str]:
    """Yield the folders above a path, the nearest first, up to one that is known."""
    while (path := path.rpartition("/")[0]) and path not in known:
        yield path


def _compare(
    repository: Repository, tracked: dict[str, TreeFile], then: BuildContext, now: BuildContext, notes: list[str]
) -> Compared:
    modes = repository.setting("core.fileMode", default=True)
    files = [path for path, it in now.entries.items() if it.kind is FileKind.FILE]
    names_now = NamesNow(Path(now.root), repository.algorithm, modes, repository.with_crlf(files))
    names_then = {path: name_then(it, modes=modes) for path, it in tracked.items()}
    found = differences(then, now, lambda path: path not in names_then or names_then[path] in names_now.possible(path))
    if filtered := repository.filtered(it for it in found.edited if it in tracked):
        which = "that git writes with a filter, an encoding or an id"
        notes.append(f"{counted([*filtered], 'file', which)} taken as edited")
    if found.gone and repository.setting("core.sparseCheckout", default=False):
        notes.append("the checkout is sparse: what it leaves out counts as removed")
    same = (path for path, it in tracked.items() if path in now.entries and not it.is_link and path not in found.edited)
    if odd := unlike_a_checkout(Path(now.root), same):
        notes.append(_modes_note(odd))
    marks = {path: names_then.get(path, DIRECTORY) for path in found.edited + found.gone}
    wanted = frozenset(marks.values())
    marks_now = {path: names_now.best(path, wanted) for path in found.edited + found.new}
    return Compared(then, marks, marks_now, (*notes, *found.notes))


def _modes_note(odd: Mapping[str, tuple[int, int]]) -> str:
    first = min(odd)
    mode, wanted = odd[first]
    example = f"{first}: {mode:o}, not {wanted:o}{', …' if len(odd) > 1 else ''}"
    files, are = (f"{len(odd):,} files have", "they are") if len(odd) > 1 else ("1 file has", "it is")
    why = f"git keeps no modes, so {are} taken as unchanged"
    return f"{files} another mode than a checkout here gives ({example}); {why}"
