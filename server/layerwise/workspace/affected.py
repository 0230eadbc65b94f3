"""What an edited file re-runs: in one Dockerfile, and in all that are on the disk below some folders.

Safe to call from a worker thread: functions of their arguments and the disk. Nothing of a project is executed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

from layerwise.buildcache.carried_out import carried_out
from layerwise.buildcache.change import Change, FilesChanged, ImageMoved, after
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from layerwise.buildcache.reasons import Reasons
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span
from layerwise.workspace.build_files.search import BuildFiles
from layerwise.workspace.differences import open_regular
from layerwise.workspace.discovery import find_dockerfiles
from layerwise.workspace.dockerfile_text import MOST_BYTES, SourceError, decode
from layerwise.workspace.session import analyse_now
from layerwise.workspace.settings import Layer
from layerwise.workspace.surroundings import Place

_MOST_SECONDS: Final = 20.0
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AffectedStep:
    """A step that re-runs, or may; ``index`` counts in its stage, FROM being 0, as in an explanation."""

    stage: int
    index: int
    line: int
    instruction: str
    verdict: Verdict
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Affected:
    """The steps of a build that an edit touches, of how many, where its context is, and the Dockerfile's lines."""

    context: str
    lines: LineIndex
    steps: tuple[AffectedStep, ...]
    total: int


def affected_by(analysis: Analysis, file: Path) -> Affected | None:
    """Return which steps of a Dockerfile an edit of a file re-runs; None if it touches none of them."""
    changes = list(changes_at(analysis.context, [file]))
    if not changes:
        return None
    rebuilds = rebuilds_after(analysis, changes)
    steps = tuple(_steps(analysis, rebuilds))
    touched = tuple(it for it in steps if it.verdict is not Verdict.CACHED)
    return Affected(analysis.context.root, analysis.lines, touched, len(steps)) if touched else None


def affected_on_disk(
    folders: Mapping[Path, tuple[Layer, ...]], files: Iterable[Path], but: Collection[Path] = ()
) -> Mapping[Path, Mapping[Path, Affected]]:
    """Return by file what its edit touches, by Dockerfile: of those below ``folders`` ``but`` some.

    The folders are those of the workspace, with what is set for them from outside the files. Whatever is wrong with one
    Dockerfile costs that one; after some time, those that are left are given up.
    """
    found: dict[Path, dict[Path, Affected]] = {it: {} for it in files}
    build_files, end = BuildFiles(), time.monotonic() + _MOST_SECONDS
    for path, place in _places(folders).items():
        if path in but:
            continue
        if time.monotonic() > end:
            _log.warning("it takes too long to look at all Dockerfiles: those from %s on are left out", path)
            break
        try:
            with open_regular(path, follow=True) as opened:
                text = decode(opened.read(MOST_BYTES + 1))
            analysis, _ = analyse_now(text, place, build_files)
            for file, of_file in found.items():
                if (affected := affected_by(analysis, file)) is not None:
                    of_file[path] = affected
        except (OSError, SourceError) as error:
            _log.info("left out %s: %s", path, error)
        except Exception:  # noqa: BLE001 - a bug on one file must not cost the others
            _log.exception("left out %s", path)
    return found


def rebuilds_after(analysis: Analysis, changes: Iterable[Change]) -> Rebuilds:
    """Return what the next build re-runs after several changes at once."""
    # Not from `analysis.record`: what it numbers keys with belongs to the thread of the session.
    return what_rebuilds(record(analysis.build), reduce(after, changes, analysis.build))


def changes_at(context: BuildContext, files: Iterable[Path]) -> Iterator[FilesChanged | ImageMoved]:
    """Yield the changes of files, in the build context and in the named ones; none of files that are in none.

    Of a folder that is not read, as it is outside the workspace, it is known only that it has other content.
    """
    files = list(files)
    named = {name: it.files for name, it in context.named.items() if it.files is not None}
    for name, at in {"": context, **named}.items():
        if paths := frozenset(path for it in files if (path := path_in_context(at, it)) is not None):
            yield FilesChanged(paths, name)
    for name, it in context.named.items():
        folder = BuildContext(root=it.written)
        is_folder = it.files is None and Path(it.written).is_absolute()
        if is_folder and any(path_in_context(folder, file) is not None for file in files):
            yield ImageMoved(name)


def path_in_context(context: BuildContext, file: Path) -> str | None:
    """Return what a build calls a file (or its ignore file, which may be elsewhere); None if it is outside.

    Symbolic links are followed: what an editor saves is where they lead.
    """
    if not context.known:
        return None
    try:
        root, real = Path(context.root), file.resolve()
        if context.ignore_file is not None and real == (root / context.ignore_file).resolve():
            return context.ignore_file
        top = root.resolve()
    except (OSError, RuntimeError, ValueError):
        return None
    return real.relative_to(top).as_posix() if real != top and real.is_relative_to(top) else None


def _places(folders: Mapping[Path, tuple[Layer, ...]]) -> dict[Path, Place]:
    """Return the Dockerfiles below folders, each in the deepest of the folders that it is found in."""
    places: dict[Path, Place] = {}
    for folder in sorted(folders, key=lambda it: len(it.parts), reverse=True):
        found, problems = find_dockerfiles(folder)
        for problem in problems:
            _log.info("%s", problem)
        for path in found:
            places.setdefault(path, Place(path, folder, folders[folder]))
    return places


def _steps(analysis: Analysis, rebuilds: Rebuilds) -> Iterator[AffectedStep]:
    """Yield all steps of the build, those that stay cached too."""
    reasons, dockerfile = Reasons(rebuilds), analysis.dockerfile
    for stage in rebuilds.after.stages:
        for number, it in enumerate(carried_out(dockerfile, stage, rebuilds.after)):
            if it.part is not None:
                yield AffectedStep(
                    stage.index,
                    number,
                    analysis.line_of(dockerfile.instructions[it.written]),
                    it.placed.instruction.logical.text,
                    rebuilds.verdict(it.index, it.part),
                    reasons.reason_of(it.index, it.part),
                    dockerfile.span(it.written),
                )
