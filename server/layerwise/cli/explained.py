"""Explains one Dockerfile, with what the options say has changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.buildcache.build import Build
from layerwise.buildcache.model import Rebuilds, Record, record, what_rebuilds
from layerwise.cli.changed import changed_build
from layerwise.cli.checked import Checked
from layerwise.cli.display import shown_path
from layerwise.cli.render_explain import Page
from layerwise.cli.sources import SourceError, Target
from layerwise.cli.work import target_problem
from layerwise.context.build_context import BuildContext
from layerwise.ide.explanation import explain, missing_note
from layerwise.ide.layer_map import changes_in_words, layer_map
from layerwise.ide.typical_edit import typical_edit
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse
from layerwise.workspace.earlier import Earlier, EarlierError, earlier


@dataclass(frozen=True, slots=True)
class Changes:
    """What the options say has changed: files and build arguments, and all since an earlier build.

    ``folder`` is the context of the earlier build, if it was named.
    """

    files: tuple[str, ...]
    arguments: tuple[str, ...]
    since: str | None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A layer map, and the ``notes`` that a page would have."""

    svg: str
    notes: tuple[str, ...]


def page_of(target: Target, checked: Checked, changes: Changes) -> Page:
    """Explain a Dockerfile; raises ``SourceError``."""
    analysis = checked.analysis
    rebuilds, notes = _rebuilds(analysis, target.path, changes)
    notes = (*_problem_notes(checked), *_missing_notes(analysis), *notes)
    context, asked_for = _in_words(analysis.context), analysis.options.target
    return Page(explain(analysis, rebuilds), checked.shown, context, asked_for, rebuilds is not None, notes)


def picture_of(target: Target, checked: Checked, changes: Changes) -> Picture:
    """Draw a Dockerfile's layer map; without a change, what an edit of a source file does. Raises ``SourceError``."""
    analysis = checked.analysis
    rebuilds, notes = _rebuilds(analysis, target.path, changes)
    all_notes = (*_problem_notes(checked), *_missing_notes(analysis), *notes)
    if rebuilds is None:
        typical = typical_edit(analysis)
        return Picture(layer_map(explain(analysis, typical.rebuilds), (typical.subject,), typical.remark), all_notes)
    files, since = [shown_path(it) for it in changes.files], shown_path(changes.since or "")
    asked = changes_in_words(files, changes.arguments, since)
    return Picture(layer_map(explain(analysis, rebuilds), asked), all_notes)


def _rebuilds(analysis: Analysis, path: Path | None, changes: Changes) -> tuple[Rebuilds | None, list[str]]:
    """Return what the changes re-run, None if there are none; and what is to be said about them."""
    if changes.since is None and not changes.files and not changes.arguments:
        return None, []
    context = analysis.context
    if changes.files and not context.known:
        raise SourceError(f"there is no build context for --changed: {context.found_by}; name one with --context")
    before, build, notes = _since(analysis, path, changes)
    build, found = changed_build(build, changes.files, changes.arguments, path)
    return what_rebuilds(before, build), [*notes, *found]


def _since(analysis: Analysis, path: Path | None, changes: Changes) -> tuple[Record, Build, list[str]]:
    if changes.since is None or path is None:
        return analysis.record, analysis.build, []
    shown = f"--since {shown_path(changes.since)}"
    try:
        then = earlier(changes.since, path, analysis.context, changes.folder)
    except EarlierError as error:
        raise SourceError(f"{shown}: {error}") from None
    build = replace(analysis.build, marks=then.marks_now)
    return record(_build_of(then, build, shown)), build, [f"{shown}: {it}" for it in then.notes]


def _build_of(then: Earlier, now: Build, shown: str) -> Build:
    dockerfile = read_dockerfile(parse(then.text), now.dockerfile.arguments.given, None, now.dockerfile.named)
    if problem := target_problem(dockerfile, now.target):
        raise SourceError(f"{shown}: the earlier Dockerfile {problem}")
    return Build(dockerfile, then.context, now.target, now.builder, marks=then.marks, own_file=then.context.dockerfile)


def _problem_notes(checked: Checked) -> list[str]:
    if not checked.problems:
        return []
    first = checked.problems[0]
    line = checked.analysis.lines.line(first.span.start) + 1
    more = f" (and {len(checked.problems) - 1:,} more)" if len(checked.problems) > 1 else ""
    return [f"{checked.shown}: builders refuse it: line {line}: {first.message}{more}; `layerwise check` shows it"]


def _missing_notes(analysis: Analysis) -> list[str]:
    note = missing_note(analysis)
    return [note.removesuffix(".")] if note else []


def _in_words(context: BuildContext) -> str:
    if not context.known:
        return "no build context"
    root, here = Path(context.root), Path.cwd()
    shown = os.path.relpath(root, here) if root.is_relative_to(here) else context.root
    number = len(context.files_under())
    files = "1 file" if number == 1 else f"{number:,} files"
    return f"context {shown_path(shown)}, {'more than ' if context.truncated else ''}{files}"
