"""What a rule is shown: one stage of a build, or the file and what was found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, TypeVarTuple, cast

from layerwise.buildcache.build import Build
from layerwise.context.image_files import Arrivals
from layerwise.rules.in_any_case import Inputs
from layerwise.rules.late_installs import LateInstall
from layerwise.rules.scan import Scan
from layerwise.rules.suppression import Ignore
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.semantics.fold import Fold, fold

_T = TypeVar("_T")
_About = TypeVar("_About")
_Inputs = TypeVarTuple("_Inputs")

Answers = dict[tuple[object, int], tuple[tuple[object, ...], object]]
"""What functions answered, by function and identity of what they were asked about, with all that they were given."""


@dataclass(frozen=True, eq=False)
class View:
    """One stage of a build. It is thin: made anew for each analysis, while what it shows is kept.

    ``scans`` has what a scan of each stage of the file found, ``skipped`` names the stage if no build runs it.
    ``before`` are the answers of the last analysis, ``answers`` those that this one gave.
    """

    build: Build
    stage: Stage
    scans: Sequence[Scan]
    skipped: str | None
    before: Answers = field(default_factory=Answers, repr=False)
    answers: Answers = field(default_factory=Answers, repr=False)

    @property
    def opening(self) -> Placed:
        """The stage's FROM."""
        return self.build.dockerfile.instructions[self.stage.first]

    @property
    def instructions(self) -> Sequence[Placed]:
        """The instructions behind the FROM, each with the scope in front of it."""
        return self.stage.body.placed

    @property
    def scan(self) -> Scan:
        """What a scan of the stage found."""
        return self.scans[self.stage.index]

    def arrivals(self, position: int) -> Arrivals:
        """Return the files in front of an instruction."""
        return self.scan.walk.states[position].arrivals

    @property
    def late_installs(self) -> Sequence[tuple[int, LateInstall]]:
        """The installs that come after files which they do not need, by position in ``instructions``."""
        return self.scan.late_installs

    @cached_property
    def ends(self) -> Mapping[int, Inputs]:
        """What the other stages end with that a build of this one runs, by index."""
        needed = self.build.dockerfile.needed_for(self.stage) - {self.stage.index}
        ends = {it: self.scans[it].walk.final for it in needed}
        return {index: (it.arrivals, it.others) for index, it in ends.items()}

    def each(self, look: Callable[[Placed], Iterable[_T]]) -> Iterator[_T]:
        """Yield what ``look`` finds in each instruction alone; it is asked about those only that changed."""

        def step(state: None, placed: Placed) -> tuple[None, Sequence[_T]]:
            return state, tuple(look(placed))

        key = look, self.stage.index
        _, old = self.before.get(key, ((), None))
        found = fold(self.instructions, None, step, cast("Fold[Placed, None, Sequence[_T]] | None", old))
        self.answers[key] = (), found
        yield from (it for position in found.notable for it in found.outputs[position])

    def once(self, make: Callable[[View, _About, *_Inputs], _T], about: _About, *inputs: *_Inputs) -> _T:
        """Return what ``make`` makes of this view and the rest; the same object as long as the rest is the same.

        ``about`` is the same if it is the same object, ``inputs`` if they are equal. Of the view, ``make`` may ask only
        what follows from them.
        """
        key, given = (make, id(about)), (about, *inputs)
        old = self.before.get(key)
        if old is None or old[0] != given:
            old = given, make(self, about, *inputs)
        self.answers[key] = old
        return cast("_T", old[1])


@dataclass(frozen=True)
class FileView:
    """The file, when all that its stages have is found.

    ``ignores`` are its comments that switch rules off, ``used`` those that hide a finding. ``rules`` has those that
    there are, and whether each is on. ``unread`` are files of the context that findings wait for.
    """

    ignores: tuple[Ignore, ...]
    used: Set[Ignore]
    rules: Mapping[str, bool]
    unread: Set[str]
