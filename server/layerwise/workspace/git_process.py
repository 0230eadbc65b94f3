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
from collections.abc import Generator
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


class GitError(Exception):
    """What git could not do, and what to do about it: the end of a message."""


@dataclass(frozen=True, slots=True)
class Git:
    """The program, and the folder that it is to run in. Each call raises ``GitError`` if git fails, or is too slow."""

    program: str
    folder: Path

    @staticmethod
    def at(folder: Path) -> Git:
        """Find the program."""
        # A relative folder in PATH starts at the working folder: what is found there may be part of the project.
        folders = (it for it in os.get_exec_path() if Path(it).is_absolute())
        found = shutil.which("git", path=os.pathsep.join(folders))
        if found is None or not Path(found).is_absolute():
            raise GitError("it is neither a file nor a folder, and to look for a revision needs git; install git")
        return Git(found, folder)

    def run(self, *arguments: str, given: bytes = b"", fine: tuple[int, ...] = (0,)) -> bytes:
        """Return what git prints when it reads ``given``; it has to end with one of the codes ``fine``."""
        with self._start(arguments, subprocess.PIPE, subprocess.PIPE) as process:
            try:
                answer, errors = process.communicate(given, _SECONDS)
            except subprocess.TimeoutExpired:
                raise self._too_slow() from None
            finally:
                process.kill()
        if process.returncode not in fine:
            raise self._failure(errors)
        return answer

    def records(self, *arguments: str) -> Generator[bytes]:
        """Yield what git prints up to each NUL, as it comes: a tree of a few objects can have billions of paths.

        To be closed by those who stop early.
        """
        with tempfile.TemporaryFile() as errors, self._start(arguments, errors) as process:
            timer = Timer(_SECONDS, process.kill)
            timer.start()
            rest = b""
            try:
                while process.stdout and (chunk := process.stdout.read(_CHUNK)):
                    *records, rest = (rest + chunk).split(b"\0")
                    yield from records
                code, late = process.wait(), not timer.is_alive()
            finally:
                timer.cancel()
                process.kill()
            if code:
                errors.seek(0)
                raise self._too_slow() if late else self._failure(errors.read(_CHUNK))

    def _start(
        self, arguments: tuple[str, ...], errors: int | IO[bytes], given: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        command = [self.program, *_OPTIONS, "-C", str(self.folder), *arguments]
        kept = {name: it for name, it in os.environ.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)}
        try:
            return subprocess.Popen(  # noqa: S603 - no shell; the program is the user's git
                command, stdin=given, stdout=subprocess.PIPE, stderr=errors, env={**kept, **_VARIABLES}
            )
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise GitError(f"git can not be started: {reason}; check the installation of git") from None

    def _failure(self, errors: bytes) -> GitError:
        text = os.fsdecode(errors).strip()
        what = text.partition("\n")[0].removeprefix("fatal: ") or "it does not say why"
        advice = "see what `git status` says there"
        if "safe.directory" in text:
            advice = "if you trust it, add it to git's setting safe.directory"
        return GitError(f"git can not read the repository around {self.folder}: {what}; {advice}")

    def _too_slow(self) -> GitError:
        advice = "try again, or name a folder instead"
        return GitError(f"git did not answer about {self.folder} within {_SECONDS} seconds; {advice}")
