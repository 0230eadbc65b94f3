"""Reads a git repository that may be hostile: objects and names only, and nothing that it names is executed.

Only plumbing that runs no filters, hooks, diff drivers or pagers is used. What git might start nevertheless is off:

- the file system monitor, by ``core.fsmonitor``, which names a program (before git 2.36 ``false`` is that program);
- the fetch of objects that a partial clone lacks, by ``GIT_NO_LAZY_FETCH``, and before git 2.45 by
  ``GIT_ALLOW_PROTOCOL``: with no protocol allowed, neither ``ssh`` nor a remote helper is started;
- pagers, hooks, questions and writes to the index, although no command here should want them.

No variable of the environment leads to another repository: a hook of git, for one, runs with ``GIT_DIR`` set.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Final

_SECONDS: Final = 60
_CHUNK: Final = 64 * 1024
_OPTIONS: Final = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.untrackedCache=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "safe.bareRepository=explicit"),
)
_VARIABLES: Final = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# The user's own settings, such as ``safe.directory``, and where a search for the repository ends.
_KEPT = re.compile(r"GIT_(CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH|CONFIG_(?!PARAMETERS).*)")
_OBJECT = re.compile(r"(?P<id>[0-9a-f]{40,64}) (?P<kind>\w+) (?P<size>\d+)\n")


class GitError(Exception):
    """What git could not do, and what to do about it: the end of a message."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object by its id; ``kind`` is git's word: ``blob``, ``tree``, ``commit`` or ``tag``."""

    id: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class TreeFile:
    """What a tree has at ``path`` (relative to it): a file, a symlink, or the commit of a submodule (``size`` 0)."""

    path: str
    mode: int
    id: str
    size: int

    @property
    def is_link(self) -> bool:
        """Tell whether it is a symlink, and its content the target."""
        return self.mode == 0o120000

    @property
    def is_submodule(self) -> bool:
        """Tell whether it is a commit of another repository."""
        return self.mode == 0o160000

    @property
    def is_executable(self) -> bool:
        """Tell whether it is a file that may be executed: all of the permissions that git knows."""
        return self.mode & 0o170100 == 0o100100


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository around ``folder``: ``top`` is the root of its work tree, ``prefix`` leads from there to here.

    ``prefix`` is ``""`` or ends in a slash. ``algorithm`` is what ids are made with: ``sha1`` or ``sha256``. Each
    method raises ``GitError`` if git fails, or takes longer than a minute.
    """

    program: str
    folder: Path
    algorithm: str
    top: str
    prefix: str

    @staticmethod
    def around(folder: Path) -> Repository | None:
        """Return the repository that an existing folder is in, or None if it is in none."""
        real = folder.resolve()
        if not any(os.path.lexists(it / ".git") for it in (real, *real.parents)):
            return None
        questions = ("--show-object-format", "--is-inside-work-tree", "--show-toplevel", "--show-prefix")
        program = _program()
        answer = os.fsdecode(_run(program, real, "rev-parse", *questions)).split("\n")
        match answer:
            case ["sha1" | "sha256" as algorithm, "true", top, prefix, ""]:
                return Repository(program, real, algorithm, top, prefix)
            case _:
                advice = "git may be too old, or the name of a folder have a line break"
                raise GitError(f"what git says of the repository around {folder} is not understood; {advice}")

    def commit(self, revision: str) -> str | None:
        """Return the id of the commit that a revision means, or None if it means none."""
        # In two steps, as `:/text^{commit}` would search for that text.
        found = self._id(revision)
        return self._id(f"{found}^{{commit}}") if found else None

    def _id(self, name: str) -> str | None:
        answer = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", name, fine=(0, 1))
        found = re.fullmatch(rb"([0-9a-f]{40,64})\n", answer)
        return found[1].decode() if found else None

    def look(self, tree: str, path: str) -> GitObject | None:
        """Return what is at a path of a tree or commit, symlinks that stay inside it followed; "" is the tree."""
        if "\n" in path:
            return None
        given = os.fsencode(f"{tree}:{path}\n")
        answer = os.fsdecode(self._git("cat-file", "--batch-check", "--follow-symlinks", given=given))
        found = _OBJECT.fullmatch(answer)
        return GitObject(found["id"], found["kind"], int(found["size"])) if found else None

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of blobs, whose size should be known to be small."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        answer = self._git("cat-file", "--batch", given="".join(f"{it}\n" for it in wanted).encode())
        found: dict[str, bytes] = {}
        at = 0
        for it in wanted:
            end = answer.find(b"\n", at) + 1
            head = _OBJECT.fullmatch(os.fsdecode(answer[at:end]))
            if head is None or head["kind"] != "blob":
                raise GitError(f"the object {it} is not in the repository {self.top}; fetch it first")
            at = end + int(head["size"])
            found[it] = answer[end:at]
            at += 1
        return found

    def files(self, tree: str) -> Generator[TreeFile]:
        """Yield all that is in a tree and the trees below it. To be closed by those who stop early."""
        with closing(self._records("ls-tree", "-r", "-z", "--long", "--full-tree", tree)) as records:
            for record in records:
                head, _, path = record.partition(b"\t")
                mode, _, id_, size = head.split()
                # The size of a submodule is `-`, that of an object which is not there `BAD`.
                yield TreeFile(os.fsdecode(path), int(mode, 8), id_.decode(), int(size) if size.isdigit() else 0)

    def ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Return those of some paths (relative to ``folder``) that git ignores, and does not track all the same."""
        # Behind `./` no name is a pattern, as `:(top)x` would be.
        given = b"".join(b"./" + os.fsencode(it) + b"\0" for it in paths)
        if not given:
            return frozenset()
        # With the index, a path inside a submodule would be an error.
        ignored = self._git("check-ignore", "--no-index", "-z", "--stdin", given=given, fine=(0, 1))
        tracked = self._git("ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
        names = {it.removeprefix(b"./") for it in ignored.split(b"\0")[:-1]}
        return frozenset(map(os.fsdecode, names.difference(tracked.split(b"\0"))))

    def setting(self, name: str, *, default: bool) -> bool:
        """Return a setting that is true or false."""
        answer = self._git("config", "--type=bool", "--get", name, fine=(0, 1)).strip()
        return answer == b"true" if answer else default

    def _git(self, *arguments: str, given: bytes = b"", fine: tuple[int, ...] = (0,)) -> bytes:
        return _run(self.program, self.folder, *arguments, given=given, fine=fine)

    def _records(self, *arguments: str) -> Generator[bytes]:
        """Yield what git prints up to each NUL, as it comes: a tree of a few objects can have billions of paths."""
        with tempfile.TemporaryFile() as errors, _start(self.program, self.folder, arguments, errors) as process:
            timer = Timer(_SECONDS, process.kill)
            timer.start()
            rest = b""
            try:
                while process.stdout and (chunk := process.stdout.read(_CHUNK)):
                    *records, rest = (rest + chunk).split(b"\0")
                    yield from records
                code = process.wait()
            finally:
                timer.cancel()
                process.kill()
            if code:
                errors.seek(0)
                raise _failure(self.folder, errors.read(_CHUNK)) if code > 0 else _too_slow(self.folder)


def _program() -> str:
    # A relative folder in PATH starts at the working folder: what is found there may be part of the project.
    folders = (it for it in os.get_exec_path() if Path(it).is_absolute())
    found = shutil.which("git", path=os.pathsep.join(folders))
    if found is None or not Path(found).is_absolute():
        raise GitError("it is neither a file nor a folder, and to look for a revision needs git; install git")
    return found


def _run(program: str, folder: Path, *arguments: str, given: bytes = b"", fine: tuple[int, ...] = (0,)) -> bytes:
    with _start(program, folder, arguments, subprocess.PIPE, subprocess.PIPE) as process:
        try:
            answer, errors = process.communicate(given, _SECONDS)
        except subprocess.TimeoutExpired:
            raise _too_slow(folder) from None
        finally:
            process.kill()
    if process.returncode not in fine:
        raise _failure(folder, errors)
    return answer


def _start(
    program: str, folder: Path, arguments: tuple[str, ...], errors: int | IO[bytes], given: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    command = [program, *_OPTIONS, "-C", str(folder), *arguments]
    kept = {name: it for name, it in os.environ.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)}
    try:
        return subprocess.Popen(  # noqa: S603 - no shell; the program is the user's git
            command, stdin=given, stdout=subprocess.PIPE, stderr=errors, env={**kept, **_VARIABLES}
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise GitError(f"git can not be started: {reason}; check the installation of git") from None


def _failure(folder: Path, errors: bytes) -> GitError:
    text = os.fsdecode(errors).strip()
    what = text.partition("\n")[0].removeprefix("fatal: ") or "it does not say why"
    advice = "see what `git status` says there"
    if "safe.directory" in text:
        advice = "if you trust it, add it to git's setting safe.directory"
    return GitError(f"git can not read the repository around {folder}: {what}; {advice}")


def _too_slow(folder: Path) -> GitError:
    return GitError(f"git did not answer about {folder} within {_SECONDS} seconds; try again, or name a folder instead")
