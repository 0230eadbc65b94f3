"""What a git repository has: commits, trees and blobs, and which files it ignores. Only read, see ``git_process``."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from layerwise.workspace.git_process import Git, GitError

_OBJECT = re.compile(r"(?P<id>[0-9a-f]{40,64}) (?P<kind>\w+) (?P<size>\d+)\n")


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

    git: Git
    algorithm: str
    top: str
    prefix: str

    @staticmethod
    def around(folder: Path) -> Repository | None:
        """Return the repository that an existing folder is in, or None if it is in none."""
        real = folder.resolve()
        if not any(os.path.lexists(it / ".git") for it in (real, *real.parents)):
            return None
        git = Git.at(real)
        questions = ("--show-object-format", "--is-inside-work-tree", "--show-toplevel", "--show-prefix")
        answer = os.fsdecode(git.run("rev-parse", *questions)).split("\n")
        match answer:
            case ["sha1" | "sha256" as algorithm, "true", top, prefix, ""]:
                return Repository(git, algorithm, top, prefix)
            case _:
                advice = "git may be too old, or the name of a folder have a line break"
                raise GitError(f"what git says of the repository around {folder} is not understood; {advice}")

    @property
    def folder(self) -> Path:
        """The folder, without symlinks."""
        return self.git.folder

    def commit(self, revision: str) -> str | None:
        """Return the id of the commit that a revision means, or None if it means none."""
        # In two steps, as `:/text^{commit}` would search for that text.
        found = self._id(revision)
        return self._id(f"{found}^{{commit}}") if found else None

    def _id(self, name: str) -> str | None:
        # What it says of a name that means nothing depends on the name: `HEAD@{99}` ends in 128, and silence.
        answer = self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, fine=(0, 1, 128))
        found = re.fullmatch(rb"([0-9a-f]{40,64})\n", answer)
        return found[1].decode() if found else None

    def look(self, tree: str, path: str) -> GitObject | None:
        """Return what is at a path of a tree or commit, symlinks that stay inside it followed; "" is the tree."""
        if "\n" in path:
            return None
        given = os.fsencode(f"{tree}:{path}\n")
        answer = os.fsdecode(self.git.run("cat-file", "--batch-check", "--follow-symlinks", given=given))
        found = _OBJECT.fullmatch(answer)
        return GitObject(found["id"], found["kind"], int(found["size"])) if found else None

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of blobs, whose size should be known to be small."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        answer = self.git.run("cat-file", "--batch", given="".join(f"{it}\n" for it in wanted).encode())
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
        with closing(self.git.records("ls-tree", "-r", "-z", "--long", "--full-tree", tree)) as records:
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
        ignored = self.git.run("check-ignore", "--no-index", "-z", "--stdin", given=given, fine=(0, 1))
        tracked = self.git.run("ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
        names = {it.removeprefix(b"./") for it in ignored.split(b"\0")[:-1]}
        return frozenset(map(os.fsdecode, names.difference(tracked.split(b"\0"))))

    def filtered(self, paths: Iterable[str]) -> frozenset[str]:
        """Return those of some paths whose content in the work tree is made by what ``.gitattributes`` names."""
        found = self._attributes(paths, "filter", "ident", "working-tree-encoding")
        return frozenset(path for path, it in found.items() if {*it.values()} - {"unspecified", "unset", "lfs"})

    def with_crlf(self, paths: Iterable[str]) -> frozenset[str]:
        """Return those of some paths that git writes with CRLF where the blob has LF, if they are text.

        Source: git ``convert.c`` (``convert_attrs``, ``text_eol_is_crlf``); where nothing is said of a file, only
        ``core.autocrlf=true`` makes git write CRLF.
        """
        auto, eol = (self._text_setting(it).lower() for it in ("core.autocrlf", "core.eol"))
        is_auto = auto != "input" and self.setting("core.autocrlf", default=False)
        is_eol = eol == "crlf" or (eol in ("", "native") and os.linesep == "\r\n")
        by_settings = is_auto or (auto != "input" and is_eol)
        return frozenset(
            path
            for path, it in self._attributes(paths, "text", "crlf", "eol").items()
            if _writes_crlf(it["text"], it["crlf"], it["eol"], is_auto=is_auto, by_settings=by_settings)
        )

    def _attributes(self, paths: Iterable[str], *names: str) -> dict[str, dict[str, str]]:
        """Return by path what ``.gitattributes`` and the like say: ``set``, ``unset``, ``unspecified`` or a value."""
        given = b"".join(os.fsencode(it) + b"\0" for it in paths)
        if not given:
            return {}
        fields = list(map(os.fsdecode, self.git.run("check-attr", "-z", "--stdin", *names, given=given).split(b"\0")))
        found: dict[str, dict[str, str]] = {}
        for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
            found.setdefault(path, {})[name] = value
        return found

    def setting(self, name: str, *, default: bool) -> bool:
        """Return a setting that is true or false."""
        answer = self.git.run("config", "--type=bool", "--get", name, fine=(0, 1)).strip()
        return answer == b"true" if answer else default

    def _text_setting(self, name: str) -> str:
        """Return a setting as it is written, "" if it is not there."""
        return os.fsdecode(self.git.run("config", "--get", name, fine=(0, 1))).removesuffix("\n")


def _writes_crlf(text: str, crlf: str, eol: str, *, is_auto: bool, by_settings: bool) -> bool:
    # `crlf` is the older name of `text`, and its value `input` that of `eol=lf`.
    said = crlf if text == "unspecified" else text
    if said in ("unset", "input") or eol == "lf":
        return False
    if eol == "crlf":
        return True
    return by_settings if said in ("set", "auto") else is_auto
