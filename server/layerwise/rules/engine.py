"""Runs every rule on every view: a failure costs the rule's findings there, and what did not change is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from layerwise.rules.guard import guarded
from layerwise.rules.rule import Finding, Rule
from layerwise.rules.suppression import Ignore
from layerwise.rules.view import Answers, FileView, View
from layerwise.semantics.dockerfile import Placed

_V = TypeVar("_V", View, FileView)


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What rules found in a view: the same object as long as all is the same that a rule may ask the view.

    That is what it was ``made_of``; ``answers`` are those of ``View.once`` and ``View.each``.
    """

    made_of: object
    findings: tuple[Finding, ...]
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True, slots=True)
class Results:
    """What the rules found in a file: in each stage, in the whole; ``reported`` is what no comment hides."""

    stages: Sequence[Checked] = ()
    file: Checked | None = None
    reported: tuple[Finding, ...] = ()


def check_stages(views: Sequence[View], rules: Collection[Rule], known: Sequence[Checked]) -> Sequence[Checked]:
    """Check the stages of a file; ``known`` are those of an earlier text, with the same rules, options and context."""
    of_before = {it.made_of: it for it in known}
    checks = [(it.name, it.check) for it in rules if it.check is not None]
    before: Answers = {}
    checked: list[Checked] = []
    for view in views:
        # What a stage takes from others is the same if they are.
        sources = frozenset((it, checked[it]) for it in view.stage.sources)
        made_of = view.scan, view.opening, view.skipped, sources
        same = of_before.get(made_of)
        if same is None:
            before = before or {key: answer for it in known for key, answer in it.answers.items()}
            same = Checked(made_of, _run(checks, replace(view, before=before), view.stage.label), view.answers)
        checked.append(same)
    return checked


def check_file(view: FileView, rules: Collection[Rule], known: Checked | None) -> Checked:
    """Check a file as a whole; ``known`` is that of an earlier text."""
    if known is not None and known.made_of == view:
        return known
    checks = [(it.name, it.check_file) for it in rules if it.check_file is not None]
    return Checked(view, _run(checks, view, "the file"))


def _run(
    checks: Iterable[tuple[str, Callable[[_V], Iterable[Finding]]]], view: _V, subject: str
) -> tuple[Finding, ...]:
    def found() -> Iterator[Finding]:
        for name, check in checks:
            yield from guarded(name, subject, lambda check=check: tuple(check(view))) or ()

    return tuple(found())


class Suppressions:
    """Which comments hide a finding: those above its instructions, and those for the whole file."""

    def __init__(self, ignores: Iterable[Ignore], instructions: Sequence[Placed]) -> None:
        """Take the comments of a file."""
        self._ignores: dict[tuple[str, Placed | None], list[Ignore]] = {}
        for it in ignores:
            if it.whole_file or it.instruction is not None:
                place = None if it.instruction is None else instructions[it.instruction]
                self._ignores.setdefault((it.rule, place), []).append(it)

    def of(self, findings: Iterable[Finding]) -> dict[Finding, list[Ignore]]:
        """Return the findings that comments hide, with these."""
        if not self._ignores:
            return {}
        keys = {it: {(it.rule, place) for place in (None, *it.involved)} & self._ignores.keys() for it in findings}
        return {
            it: [ignore for key in hiding for ignore in self._ignores[key]] for it, hiding in keys.items() if hiding
        }
