"""What an earlier build was made of: a Dockerfile, its context, and what differs from the context of now.

The I/O of ``explain --since``. Safe to call from a worker thread: a function of its arguments and the disk.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.context.build_context import BuildContext
from layerwise.context.listing import FileKind, Listing
from layerwise.workspace.differences import Compared, compare_folders, open_regular
from layerwise.workspace.disk import read_context
from layerwise.workspace.dockerfile_text import MOST_BYTES, SourceError, decode
from layerwise.workspace.git_process import GitError
from layerwise.workspace.git_repository import Repository
from layerwise.workspace.git_tree import compare_commit


class EarlierError(Exception):
    """What is wrong with the name of an earlier build, and what to do: the end of a message that starts with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """An earlier build, and how its context differs from that of now.

    - ``text``: its Dockerfile, without a byte order mark.
    - ``context``: its context, seen through its own ignore file.
    - ``marks``: by path, the identity of each entry then that is gone, or not the same now. Two entries with equal
      identities are the same to COPY: kind, permissions, link target and content. A revision knows of the permissions
      only whether a file is executable, and folders only by the files in them.
    - ``marks_now``: likewise the identity of each entry now that is new, or was not the same then.
    - ``notes``: what could not be compared, as sentences for the user.

    What is in neither of the two is the same in both contexts.
    """

    text: str
    context: BuildContext
    marks: Mapping[str, str]
    marks_now: Mapping[str, str]
    notes: tuple[str, ...]


def earlier(old: str, place_path: Path, context: BuildContext, folder: Path | None = None) -> Earlier:
    """Return the build that ``old`` names: a Dockerfile, a folder, or a git revision. Raises ``EarlierError``.

    - A file is the earlier Dockerfile; the context is ``folder``, or taken as unchanged but for the Dockerfile itself.
    - A folder is the earlier context. Its Dockerfile is where that of now is, seen from its context; if that is
      outside, it may also be in the folder, without being a file of the context.
    - Anything else is a revision of the repository that the Dockerfile is in.

    ``place_path`` is the Dockerfile of now and ``context`` its context. Nothing that a repository names is executed.
    """
    try:
        mode = _mode(old)
        place = place_path.absolute()
        if folder is not None:
            return _from_both(old, mode, folder, context)
        if mode is None:
            return _from_revision(old, place, context)
        if stat.S_ISDIR(mode):
            return _from_folder(Path(old), place, context)
        if stat.S_ISREG(mode):
            return _from_file(Path(old), place, context)
    except GitError as error:
        raise EarlierError(str(error)) from None
    raise EarlierError("it is neither a regular file nor a folder; name an earlier Dockerfile, a folder or a revision")


def _mode(old: str) -> int | None:
    if not old:
        return 0
    try:
        return Path(old).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            return None
        raise EarlierError(f"it can not be read: {_reason(error)}; check its name and permissions") from None


def _from_file(file: Path, place: Path, context: BuildContext) -> Earlier:
    data = _read(file, "it")
    return _earlier(_text(data, ""), _unchanged(data, place, context))


def _from_both(old: str, mode: int | None, folder: Path, context: BuildContext) -> Earlier:
    if mode is None or not stat.S_ISREG(mode):
        raise EarlierError("it is no file; with --since-context, --since names the earlier Dockerfile")
    file = Path(old)
    return _compared(_text(_read(file, "it"), ""), folder, file, context)


def _from_folder(folder: Path, place: Path, context: BuildContext) -> Earlier:
    path = _inside(place, context)
    if context.known and path is None:
        return _from_folder_beside(folder, place, context)
    dockerfile = folder / (path or place.name)
    if not os.path.lexists(dockerfile):
        raise _no_dockerfile(path or place.name)
    return _compared(_text_in(folder, dockerfile), folder, dockerfile, context)


def _from_folder_beside(folder: Path, place: Path, context: BuildContext) -> Earlier:
    """Take a folder for the earlier context of a Dockerfile that is outside its context."""
    in_it, as_now = folder / place.name, Path(os.path.normpath(folder / os.path.relpath(place, context.root)))
    is_own = place.name not in context.entries
    found = [it for it in (in_it, as_now) if os.path.lexists(it)]
    if not found:
        raise _no_dockerfile(place.name)
    dockerfile = found[-1]
    below = os.path.relpath(context.root, place.parent)
    unclear = ""
    if len(found) > 1 and is_own:
        unclear = f"whether its Dockerfile is {in_it} or {as_now}"
    elif dockerfile == in_it and not below.startswith(os.pardir) and (folder / below).is_dir():
        unclear = f"whether {folder} or {folder / below} was the context"
    if unclear:
        advice = "name the Dockerfile with --since and the folder with --since-context"
        raise EarlierError(f"it can't be told {unclear}; {advice}")
    then = _compared(_text_in(folder, dockerfile), folder, dockerfile, context, own=is_own and dockerfile == in_it)
    return replace(then, notes=(f"{dockerfile} is taken as the earlier Dockerfile", *then.notes))


def _no_dockerfile(path: str) -> EarlierError:
    advice = "name a folder with an earlier build context and its Dockerfile, or an earlier Dockerfile"
    return EarlierError(f"there is no {path} in this folder; {advice}")


def _text_in(folder: Path, dockerfile: Path) -> str:
    path = os.path.relpath(dockerfile, folder)
    return _text(_read(dockerfile, f"its {path}"), path)


def _compared(text: str, folder: Path, dockerfile: Path, context: BuildContext, *, own: bool = False) -> Earlier:
    """Compare a folder with the context of now; with ``own``, its Dockerfile only lies there."""
    if not context.known:
        return _earlier(text, _unknown(context))
    then = read_context(folder, dockerfile, "the folder")
    if own:
        hidden = {dockerfile.name, f"{dockerfile.name}.dockerignore"} - context.entries.keys()
        entries = {path: it for path, it in then.entries.items() if path not in hidden}
        then = replace(then, listing=Listing(entries), dockerfile=None)
    return _earlier(text, compare_folders(then, context))


def _from_revision(revision: str, place: Path, context: BuildContext) -> Earlier:
    neither = "it is neither a file nor a folder"
    here = Repository.around(place.parent)
    if here is None:
        advice = f"check the name, which starts at {Path.cwd()}"
        raise EarlierError(f"{neither}, and {place.parent} is in no git repository with revisions; {advice}")
    commit = here.commit(revision)
    if commit is None:
        raise EarlierError(f"{neither} nor a revision of the repository {here.top}; check the name, or fetch it")
    path = f"{here.prefix}{place.name}"
    found = here.look(commit, path)
    if found is None or found.kind != "blob":
        advice = "name a revision that has it, or an earlier Dockerfile"
        raise EarlierError(f"there is no {path} in this revision ({commit[:12]}); {advice}")
    if found.size > MOST_BYTES:
        raise EarlierError(f"its {path} is larger than any Dockerfile needs; name another revision")
    data = _checked_out(here.blobs([found.id])[found.id], place, here)
    text = _text(data, path)
    if not context.known:
        return _earlier(text, _unknown(context))
    there = Repository.around(Path(context.root))
    if there is not None and there.top == here.top:
        return _earlier(text, compare_commit(commit, here, place.name, there, context))
    note = f"the build context {context.root} is not in the repository {here.top}, and is taken as unchanged"
    return _earlier(text, replace(_unchanged(data, place, context), notes=(note,)))


def _checked_out(blob: bytes, place: Path, here: Repository) -> bytes:
    """Return a Dockerfile as git wrote it here: with CRLF, if it does that and the file of now has them."""
    has_crlf = b"\r" not in blob and b"\r\n" in _read(place, "the Dockerfile of now")
    return blob.replace(b"\n", b"\r\n") if has_crlf and here.with_crlf([place.name]) else blob


def _earlier(text: str, compared: Compared) -> Earlier:
    return Earlier(text, compared.context, compared.marks, compared.marks_now, compared.notes)


def _text(data: bytes, path: str) -> str:
    try:
        return decode(data)
    except SourceError as error:
        raise EarlierError(f"its {path} can not be used: {error}" if path else str(error)) from None


def _unknown(context: BuildContext) -> Compared:
    note = f"there is no build context to compare: {context.found_by}"
    return Compared(BuildContext.unknown(context.found_by), {}, {}, (note,))


def _unchanged(data: bytes, place: Path, context: BuildContext) -> Compared:
    """Return the context of now as it was when its Dockerfile had other contents."""
    if not context.known:
        return _unknown(context)
    inside = _inside(place, context)
    path = context.listing.follow(inside) if inside else None
    if not path or context.entries[path].kind is not FileKind.FILE:
        return Compared(context, {}, {})
    then, now = (f"file {hashlib.sha256(it).hexdigest()}" for it in (data, _read(place, "the Dockerfile of now")))
    return Compared(context, {}, {}) if then == now else Compared(context, {path: then}, {path: now})


def _inside(place: Path, context: BuildContext) -> str | None:
    """Return the path of the Dockerfile in the context, be it visible there or not; None if it is outside."""
    root = Path(context.root)
    if not context.known:
        return None
    folders = ((Path(os.path.normpath(place.parent)), root), (place.parent.resolve(), root.resolve()))
    found = (it.relative_to(top) / place.name for it, top in folders if it.is_relative_to(top))
    return next((it.as_posix() for it in found), None)


def _read(file: Path, what: str) -> bytes:
    try:
        with open_regular(file, follow=True) as opened:
            return opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise EarlierError(f"{what} can not be read: {_reason(error)}; check its type and permissions") from None


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
