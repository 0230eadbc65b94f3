"""Takes a command from file to file: what is wrong with one costs that one only, is said once, and ends in exit 2."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Final, Self, TypeVar

import click
from typing_extensions import override

from layerwise.cli.checked import Checked
from layerwise.cli.display import printable
from layerwise.cli.end import BUG, internal_error, traceback_of
from layerwise.cli.options import Common
from layerwise.cli.progress import Progress
from layerwise.cli.sources import (
    Failure,
    Source,
    SourceError,
    Target,
    find_only,
    find_targets,
    is_another,
    read_source,
)
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis, analyse
from layerwise.rules.registry import rule_named
from layerwise.semantics.dockerfile import Dockerfile
from layerwise.workspace.build_files.search import BuildFiles
from layerwise.workspace.session import analyse_now
from layerwise.workspace.settings import Level, Settings
from layerwise.workspace.surroundings import Place

_T = TypeVar("_T")
_LOG: Final = logging.getLogger("layerwise")


class Run(logging.Handler):
    """One run of a command over some paths; ``failed`` becomes true with the first message about an error."""

    def __init__(self, common: Common) -> None:
        """Prepare a run with these options."""
        super().__init__(logging.ERROR)
        self.common = common
        self.failed = False
        self._said: set[str] = set()
        self._current = ""
        self._build_files = BuildFiles()
        self._progress = Progress()

    def __enter__(self) -> Self:
        """Begin to hear of rules that fail."""
        _LOG.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hear no more of them."""
        _LOG.removeHandler(self)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a failure inside the analysis, which went on."""
        error = record.exc_info[1] if record.exc_info else None
        self.fail(self._current, f"{record.getMessage()}; {BUG}")
        if error is not None and (trace := traceback_of(error)):
            click.echo(trace, err=True)

    def note(self, message: str) -> None:
        """Tell something on stderr, once."""
        if message not in self._said:
            self._said.add(message)
            self._progress.clear()
            click.echo("layerwise: " + "\n".join(map(printable, message.split("\n"))), err=True)

    def fail(self, shown: str, message: str) -> None:
        """Tell what is wrong with a path; the command will exit with 2."""
        self.failed = True
        self.note(f"{shown}: {message}")

    def each(self, paths: Iterable[str], work: Callable[[Source, Checked], _T]) -> Iterator[_T]:
        """Yield what ``work`` makes of each Dockerfile; it may raise ``SourceError``."""
        for found in find_targets(paths):
            self._progress.at(found.shown)
            for result in self._work_on(found, work):
                self._progress.clear()
                yield result
        self._progress.clear()

    def only(self, path: str, work: Callable[[Source, Checked], _T]) -> _T | None:
        """Return what ``work`` makes of the only Dockerfile that a path stands for; it may raise ``SourceError``."""
        return next((result for it in find_only(path) for result in self._work_on(it, work)), None)

    def _work_on(self, found: Target | Failure, work: Callable[[Source, Checked], _T]) -> Iterator[_T]:
        if isinstance(found, Failure):
            self.fail(found.shown, found.message)
            return
        self._current = found.shown
        try:
            source = read_source(found)
            checked = self._check(source)
            if found.found and is_another(found, checked.analysis.dockerfile.tree):
                return
            result = work(source, checked)
        except SourceError as error:
            self.fail(found.shown, str(error))
        except Exception as error:  # noqa: BLE001 - a bug on one file must not cost the others
            self.fail(found.shown, internal_error(error))
        else:
            yield result

    def _check(self, source: Source) -> Checked:
        target = source.target
        place = Place(target.path, target.root, (self.common.layer,))
        analysis, surroundings = analyse_now(source.text, place, self._build_files)
        for problem in surroundings.problems:
            self.failed = self.failed or not problem.harmless
            self.note(f"{problem}")
        self._note_context(target, surroundings.context)
        analysis = self._with_a_target(target, analysis)
        analysis = _with_selected(analysis, surroundings.settings, self.common.select - self.common.ignore)
        return Checked.of(target.shown, analysis)

    def _note_context(self, target: Target, context: BuildContext) -> None:
        if not context.known and target.path is not None:
            self.fail(target.shown, f"{context.found_by}; it is read without a build context")
        elif context.truncated:
            self.note(
                f"{context.root}: the build context has more files than are looked at; a .dockerignore makes it smaller"
            )
        for path in context.unreadable[:1]:
            more = f" and {len(context.unreadable) - 1} more" if len(context.unreadable) > 1 else ""
            self.note(f"{context.root}: {path}{more} can not be read; results may be wrong about it")

    def _with_a_target(self, target: Target, analysis: Analysis) -> Analysis:
        """Return the analysis of a stage that there is: of the last one, where a settings file names none of them."""
        if problem := target_problem(analysis.dockerfile, self.common.target):
            raise SourceError(f"it {problem}")
        problem = target_problem(analysis.dockerfile, analysis.options.target, "the setting `target`")
        if not problem:
            return analysis
        self.fail(target.shown, f"it {problem}; the last stage is taken")
        options = replace(analysis.options, target=None)
        return analyse(analysis.lines, analysis.dockerfile.tree, analysis.context, options)


def target_problem(dockerfile: Dockerfile, target: str | None, asked_by: str = "--target") -> str:
    """Say that a Dockerfile "has no stage …" of that name for what ``asked_by`` names; "" if it has."""
    if not target or not dockerfile.stages or dockerfile.target(target) is not None:
        return ""
    names = [it.name for it in dockerfile.stages if it.name is not None]
    known = f"its stages are {', '.join(names)}" if names else "its stages have no names"
    return f"has no stage {target!r} for {asked_by}; {known}"


def _with_selected(analysis: Analysis, settings: Settings, selected: frozenset[str]) -> Analysis:
    """Return the analysis with selected rules on that a settings file switches off."""
    own = {it: rule_named(it).severity for it in selected if settings.rules.get(it) is Level.OFF}
    if not own:
        return analysis
    return replace(analysis, options=replace(analysis.options, severities={**analysis.options.severities, **own}))
