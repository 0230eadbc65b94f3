"""What a program asks the disk for, as strace tells it: ``strace -f -y -e trace=%file,…``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

CALLS: Final = "%file,chdir,fchdir,getdents64,clone,clone3,fork,vfork"
_LINE: Final = re.compile(r"(\d+) +(.*)")
_UNFINISHED: Final = re.compile(r"(.*) <unfinished \.\.\.>\Z")
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>(.*)")
_CALL: Final = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?(?: (E\w+))?")
_PATH: Final = re.compile(r'(?:(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, )?"((?:[^"\\]|\\.)*)"')
_HERE: Final = re.compile(r"AT_FDCWD<((?:[^>\\]|\\.)*)>")
_FOLDER: Final = re.compile(r"\d+<((?:[^>\\]|\\.)*)>")
_NOT_THERE: Final = ("ENOENT", "ENOTDIR")
_TWO_PATHS: Final = ("rename", "renameat", "renameat2", "link", "linkat")
_SECOND: Final = ("symlink", "symlinkat")
_WRITES: Final = re.compile(
    r"mkdir(at)?|rename(at2?)?|(sym)?link(at)?|unlink(at)?|rmdir|f?chmod(at2?)?|[fl]?chown(at)?|truncate|mknod(at)?"
)
_MAY_WRITE: Final = re.compile(r"O_(CREAT|WRONLY|RDWR|TRUNC)")
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|.)")


@dataclass
class Asked:
    """Which paths were asked for, by what became of them; absolute, in the order of asking.

    ``found`` and ``missed`` are those that the program did not make itself; ``listed`` folders that were read;
    ``written`` whatever it made, changed or deleted, and ``made`` the folders among that.
    """

    found: dict[str, None] = field(default_factory=dict[str, None])
    missed: dict[str, None] = field(default_factory=dict[str, None])
    listed: dict[str, None] = field(default_factory=dict[str, None])
    written: dict[str, None] = field(default_factory=dict[str, None])
    made: dict[str, None] = field(default_factory=dict[str, None])

    def _is_own(self, path: str) -> bool:
        """Tell whether the program has made the path, or a folder above it."""
        return path in self.written or any(it in self.made for it in _above(path))

    def note(self, path: str, *, there: bool) -> None:
        """Note that a path was asked for."""
        if not self._is_own(path) and path not in self.missed:
            (self.found if there else self.missed)[path] = None

    def note_listed(self, path: str) -> None:
        """Note that a folder was read."""
        if not self._is_own(path):
            self.listed[path] = None

    def note_written(self, path: str, *, folder: bool) -> None:
        """Note that a path was made, changed or deleted."""
        if not any(it in self.made for it in _above(path)):
            self.written[path] = None
            if folder:
                self.made[path] = None


def _above(path: str) -> Iterator[str]:
    while (folder := posixpath.dirname(path)) != path:
        yield folder
        path = folder


def read_trace(lines: Iterable[str], here: str) -> Asked:
    """Read the lines of a trace of a program that was started in ``here``."""
    reader = _Reader(here)
    for it in _calls(lines):
        reader.read(it)
    return reader.asked


@dataclass(frozen=True)
class _Call:
    """A call that has ended; ``error`` is "" if it went well."""

    process: str
    name: str
    arguments: str
    result: int
    error: str

    @property
    def writes(self) -> bool:
        """Whether it makes, changes or deletes what it names."""
        may = self.name.startswith("open") and _MAY_WRITE.search(self.arguments)
        return bool(may) or bool(_WRITES.fullmatch(self.name))


class _Reader:
    """Follows each process's folder, and notes what is asked for."""

    def __init__(self, here: str) -> None:
        self.asked = Asked()
        self._here = here
        self._folders: dict[str, str] = {}

    def read(self, call: _Call) -> None:
        """Take one call."""
        folder = self._folders.setdefault(call.process, self._here)
        if (named := _HERE.search(call.arguments)) is not None:
            folder = self._folders[call.process] = _plain(named[1])
        match call.name:
            case "clone" | "clone3" | "fork" | "vfork":
                self._folders[str(call.result)] = folder
            case "fchdir" | "getdents64":
                self._use_folder(call)
            case "getcwd":
                pass
            case _:
                self._use_paths(call, folder)

    def _use_folder(self, call: _Call) -> None:
        found = _FOLDER.match(call.arguments)
        if found is not None and call.name == "fchdir":
            self._folders[call.process] = _plain(found[1])
        elif found is not None:
            self.asked.note_listed(_plain(found[1]))

    def _use_paths(self, call: _Call, folder: str) -> None:
        found = [(it[1] or "", it[2]) for it in _PATH.finditer(call.arguments)]
        paths = [posixpath.normpath(posixpath.join(folder, _plain(start), _plain(path))) for start, path in found]
        if call.name == "chdir" and not call.error:
            self._folders[call.process] = paths[0]
        for path in paths[:2] if call.name in _TWO_PATHS else paths[1:2] if call.name in _SECOND else paths[:1]:
            if call.writes and not call.error:
                self.asked.note_written(path, folder=call.name.startswith("mkdir"))
            elif not (call.writes and call.error in ("EEXIST", *_NOT_THERE)):
                self.asked.note(path, there=call.error not in _NOT_THERE)


def _calls(lines: Iterable[str]) -> Iterator[_Call]:
    """Yield the calls; one that was interrupted comes when it ends."""
    begun: dict[str, str] = {}
    for line in lines:
        if (head := _LINE.match(line)) is None:
            continue
        process, text = head[1], head[2]
        if (unfinished := _UNFINISHED.match(text)) is not None:
            begun[process] = unfinished[1]
            continue
        if (resumed := _RESUMED.match(text)) is not None:
            text = begun.pop(process, "") + resumed[1]
        if (call := _CALL.match(text)) is not None:
            yield _Call(process, call[1], call[2], int(call[3]), call[4] or "")


def _plain(text: str) -> str:
    """Return a string of the trace without its escapes."""

    def one(match: re.Match[str]) -> str:
        it = match[1]
        return chr(int(it, 8)) if it[0].isdigit() else {"n": "\n", "t": "\t", "r": "\r"}.get(it, it)

    return _ESCAPE.sub(one, text)


def shortened(paths: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Return the paths that lie below one of the folders of ``names``, with its name in front; sorted."""
    found: set[str] = set()
    for path in paths:
        for folder, name in names.items():
            if path == folder or path.startswith(f"{folder}/"):
                found.add(f"{name}{path.removeprefix(folder)}")
                break
    return sorted(found)
