"""The session: the open documents and what is known around them. The only mutable object of the program.

Nothing here blocks: reading the disk is handed out as a function of plain values (``surroundings``), to be run
elsewhere, whose result is handed back in. What is handed back late is dropped.

An error of ours costs the text that it met: of that nothing is said, and the next one is looked at like a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.semantics.refused import Refusals, problems_in, refusals
from layerwise.syntax.problem import Problem
from layerwise.syntax.tree import Blank
from layerwise.text.line_index import Encoding, LineIndex
from layerwise.workspace.build_files.search import BuildFiles
from layerwise.workspace.document import Document, TextChange
from layerwise.workspace.settings import Layer, Settings, SettingsProblem
from layerwise.workspace.surroundings import Place, Surroundings, evidence_of, load, look_around, options_of


@dataclass(slots=True)
class _Open:
    """An open document; ``surroundings`` is None until the disk was looked at.

    ``rejected`` are the lines and the context whose analysis failed; ``quiet`` is the block whose problems are not
    shown yet.
    """

    document: Document
    place: Place
    surroundings: Surroundings | None = None
    analysis: Analysis | None = None
    rejected: tuple[LineIndex, BuildContext] | None = None
    refusals: Refusals | None = None
    quiet: int | None = None


class Session:
    """Open documents by their key (in the language server the URI)."""

    def __init__(self, failed: Callable[[Exception], None] | None = None) -> None:
        """Start with no documents; ``failed`` is told what an analysis raises, which else goes to who asks for it."""
        self._open: dict[str, _Open] = {}
        self._failed = failed

    def __contains__(self, key: str) -> bool:
        """Tell whether a document is open."""
        return key in self._open

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of the open documents."""
        return iter(tuple(self._open))

    def open(self, key: str, text: str, version: int, place: Place) -> None:
        """Open a document, or open it again."""
        self._open[key] = _Open(Document.of(text, version), place)

    def change(self, key: str, version: int, changes: Sequence[TextChange], encoding: Encoding) -> None:
        """Change a document; unknown keys are ignored, as after a close that crossed the change."""
        entry = self._open.get(key)
        if entry is not None:
            entry.document = entry.document.changed(version, changes, encoding)
            entry.quiet = entry.document.edited

    def close(self, key: str) -> None:
        """Close a document."""
        self._open.pop(key, None)

    def document(self, key: str) -> Document | None:
        """Return the current version of a document."""
        entry = self._open.get(key)
        return entry.document if entry is not None else None

    def place(self, key: str) -> Place | None:
        """Return where a document is."""
        entry = self._open.get(key)
        return entry.place if entry is not None else None

    def move(self, key: str, place: Place) -> None:
        """Put a document into another place; what was around it holds until somebody looks around anew."""
        entry = self._open.get(key)
        if entry is not None:
            entry.place = place

    def settings(self, key: str) -> Settings:
        """Return the settings of a document; the defaults until they were read."""
        entry = self._open.get(key)
        return entry.surroundings.settings if entry is not None and entry.surroundings is not None else Settings()

    def settings_problems(self, key: str) -> tuple[SettingsProblem, ...]:
        """Return what is wrong with the settings of a document."""
        entry = self._open.get(key)
        return entry.surroundings.problems if entry is not None and entry.surroundings is not None else ()

    def build_files(self, key: str) -> frozenset[Path]:
        """Return the files that were read to find the build context of a document, or that would have been."""
        entry = self._open.get(key)
        return entry.surroundings.build_files if entry is not None and entry.surroundings is not None else frozenset()

    def was_looked_at(self, key: str) -> bool:
        """Tell whether the disk around a document was looked at."""
        entry = self._open.get(key)
        return entry is not None and entry.surroundings is not None

    def is_ready(self, key: str) -> bool:
        """Tell whether the disk around a document was looked at, and every file read that findings wait for."""
        analysis = self.analysis(key)
        return analysis is not None and not analysis.unread

    def analysis(self, key: str) -> Analysis | None:
        """Return the analysis of the current version; None while the disk was not looked at, or if it fails."""
        entry = self._open.get(key)
        if entry is None or entry.surroundings is None:
            return None
        lines, context, options = (
            entry.document.lines,
            entry.surroundings.context,
            options_of(entry.surroundings),
        )
        if entry.rejected is not None and entry.rejected[0] is lines and entry.rejected[1] is context:
            return None
        known = entry.analysis
        if known is None or known.lines is not lines or known.context is not context or known.options != options:
            entry.analysis = self._analysed(entry, context, options)
            entry.rejected = (lines, context) if entry.analysis is None else None
        return entry.analysis

    def _analysed(self, entry: _Open, context: BuildContext, options: Options) -> Analysis | None:
        # What is known of an earlier text may be what fails.
        for known in dict.fromkeys((entry.analysis, None)):
            try:
                return analyse(entry.document.lines, entry.document.tree, context, options, known)
            except Exception as error:
                if self._failed is None:
                    raise
                self._failed(error)
        return None

    def reject(self, key: str) -> None:
        """Take note that what the analysis of the current version says can't be worked out."""
        entry = self._open.get(key)
        if entry is not None and entry.surroundings is not None:
            entry.analysis, entry.rejected = None, (entry.document.lines, entry.surroundings.context)

    def problems(self, key: str, *, at_once: bool = False) -> list[Problem]:
        """Return what BuildKit would refuse in the current version.

        The instruction that was edited last is left out while somebody may still be at it, unless ``at_once``.
        """
        entry = self._open.get(key)
        if entry is None:
            return []
        tree = entry.document.tree
        entry.refusals = refusals(tree, entry.refusals)
        quiet = None if at_once else entry.quiet
        if not tree.instruction_blocks and all(isinstance(it, Blank) for it in tree.blocks):
            # A file that somebody has just made.
            return []
        return [it for block, it in problems_in(tree, entry.refusals) if quiet is None or block not in (quiet, None)]

    def rest(self, key: str) -> None:
        """Take note that nobody is at an instruction any more."""
        entry = self._open.get(key)
        if entry is not None:
            entry.quiet = None

    def has_other_sources(self, key: str) -> bool:
        """Tell whether a document copies something else than at the last look, or that failed: look again."""
        entry = self._open.get(key)
        if entry is None or entry.surroundings is None:
            return False
        analysis, evidence = self.analysis(key), entry.surroundings.evidence
        return evidence is None or (analysis is not None and evidence_of(analysis.dockerfile) != evidence)

    def is_lost(self, key: str) -> bool:
        """Tell whether the last look around a document failed."""
        entry = self._open.get(key)
        return entry is not None and entry.surroundings is not None and entry.surroundings.evidence is None

    def pending_look(self, key: str, layers: tuple[Layer, ...] | None = None) -> Callable[[], Surroundings] | None:
        """Return the I/O that looks around a document anew; ``layers`` replace the settings from outside the files."""
        entry = self._open.get(key)
        if entry is None:
            return None
        if layers is not None:
            entry.place = Place(entry.place.path, entry.place.root, layers)
        analysis = self.analysis(key)
        dockerfile = analysis.dockerfile if analysis is not None else read_dockerfile(entry.document.tree)
        return partial(look_around, entry.place, evidence_of(dockerfile))

    def accept(self, key: str, surroundings: Surroundings) -> None:
        """Take over what was found around a document."""
        entry = self._open.get(key)
        if entry is not None:
            entry.surroundings = surroundings

    def lose(self, key: str) -> None:
        """Take note that looking around a document, or reading a file for it, failed: its context is not known."""
        if key in self._open:
            self._open[key].surroundings = Surroundings.failed(self.settings(key))

    def pending_load(self, key: str) -> tuple[BuildContext, Callable[[], BuildContext]] | None:
        """Return the I/O that reads the files which the analysis waits for, and the context that they belong to."""
        analysis = self.analysis(key)
        if analysis is None or not analysis.unread:
            return None
        return analysis.context, partial(load, analysis.context, analysis.unread)

    def accept_contents(self, key: str, before: BuildContext, after: BuildContext) -> None:
        """Take over a context with more files read, unless another context has come in meanwhile."""
        entry = self._open.get(key)
        if entry is not None and entry.surroundings is not None and entry.surroundings.context is before:
            entry.surroundings = replace(entry.surroundings, context=after)


def analyse_now(text: str, place: Place, build_files: BuildFiles | None = None) -> tuple[Analysis, Surroundings]:
    """Analyse one text to the end, reading the disk on the way: what the command line does."""
    session = Session()
    session.open("", text, 0, place)
    document = session.document("")
    if document is None:
        raise AssertionError("the document was just opened")
    surroundings = look_around(place, evidence_of(read_dockerfile(document.tree)), build_files)
    session.accept("", surroundings)
    while (pending := session.pending_load("")) is not None:
        before, run = pending
        session.accept_contents("", before, run())
    analysis = session.analysis("")
    if analysis is None:
        raise AssertionError("the surroundings were just accepted")
    return analysis, surroundings
