"""What an edit of one line re-runs, and why, in sentences.

A step re-runs for a reason of its own (the edited value is in its environment, it runs as another user), or because it
follows one that does: the two are told apart, as only the first teaches what the line is good for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final

from layerwise.buildcache.carried_out import CarriedOut, carried_out
from layerwise.buildcache.change import InstructionEdited, after
from layerwise.buildcache.inputs import context_files
from layerwise.buildcache.model import Rebuilds, Verdict, what_rebuilds
from layerwise.buildcache.reasons import Reasons
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.text.wording import code, join_words

_MOST_NAMED: Final = 3
_MOST_REASONS: Final = 3
_BEHIND_A_FOLDER: Final = "it follows the folder that this line makes then"
_BY_CONTENT: Final = ": only other content makes it re-run"


@dataclass(slots=True)
class _Touched:
    """The steps that an edit touches: ``heads`` by reason, ``followers`` behind them, and those that may re-run."""

    is_step: bool = False
    heads: dict[str, list[CarriedOut]] = field(default_factory=dict[str, list[CarriedOut]])
    followers: list[CarriedOut] = field(default_factory=list[CarriedOut])
    by_content: list[CarriedOut] = field(default_factory=list[CarriedOut])
    unknown: dict[str, list[CarriedOut]] = field(default_factory=dict[str, list[CarriedOut]])


def consequences(analysis: Analysis, stage: Stage, index: int, placed: Placed) -> Iterator[str]:
    """Yield what re-runs when the key of an instruction changes."""
    if stage.index not in analysis.build.built_stages():
        yield "The build skips this stage, and so this step."
        return
    files = context_files(placed, analysis.context).paths
    what = "this line" if not files else "this file" if len(files) == 1 else "one of these files"
    # The Dockerfile may be copied itself; that is said apart, as it is not about this line.
    edited = after(replace(analysis.build, own_file=None), InstructionEdited(index))
    rebuilds = what_rebuilds(analysis.record, edited)
    touched = _touched(rebuilds, index)
    yield " ".join(_certain(analysis, touched, what))
    if placed.copy is not None and placed.copy.is_apart:
        yield "A change before it does not re-run it (`--link`), if the builder can merge layers."
    if touched.by_content:
        yield (
            f"{_named(analysis, touched.by_content[0])} takes files by their content: "
            "it and what follows re-run only if those files come out different."
        )
    for reason, steps in list(touched.unknown.items())[:_MOST_REASONS]:
        yield f"Whether {_list(analysis, steps)} {_verb(steps)} can't be told: {reason}."
    certain = {it.index for its in (*touched.heads.values(), touched.followers) for it in its}
    yield from own_file(analysis, index, but=certain if not files else None)


def _certain(analysis: Analysis, touched: _Touched, what: str) -> Iterator[str]:
    """Yield sentences on what certainly re-runs."""
    heads = list(touched.heads.items())
    if touched.is_step:
        only = "" if heads or touched.followers or touched.by_content or touched.unknown else "only "
        yield f"Editing {what} re-runs {only}this step."
    elif not heads and not touched.unknown:
        yield f"Editing {what} re-runs no step."
    for number, (reason, steps) in enumerate(heads[:_MOST_REASONS]):
        first, others = (steps[:1], steps[1:]) if reason else (steps, [])
        said = f"{_list(analysis, first)} {_verb(first)}"
        if number == 0 and not touched.is_step:
            said = f"Editing {what} re-runs {_list(analysis, first)}"
        yield f"{said}: {reason}." if reason else f"{said}."
        if others:
            yield f"{_list(analysis, others)} {_verb(others)} for the same reason."
    rest = [it for _, its in heads[_MOST_REASONS:] for it in its]
    if rest:
        yield f"{len(rest):,} more {_verb(rest)} for other reasons."
    if touched.followers:
        each = "it follows" if len(touched.followers) == 1 else "each follows"
        yield f"{_list(analysis, touched.followers)} {_verb(touched.followers)} as well, as {each} a step that re-runs."


def _verb(steps: Sequence[CarriedOut]) -> str:
    return "re-runs" if len(steps) == 1 else "re-run"


def _touched(rebuilds: Rebuilds, index: int) -> _Touched:
    found, reasons = _Touched(), Reasons(rebuilds)
    keys = rebuilds.after
    for stage in keys.stages:
        before = rebuilds.verdict(stage.first, None)
        for it in carried_out(keys.build.dockerfile, stage, keys):
            if it.part is None:
                continue
            verdict = rebuilds.verdict(it.index, it.part)
            follows = keys.steps[it.index][it.part].follows and before is not Verdict.CACHED
            if it.index == index:
                # A WORKDIR that leads to the root is none as it stands.
                found.is_step = index in rebuilds.before.keys.steps
                before = verdict if found.is_step else before
                continue
            _sort(
                found,
                it,
                verdict,
                index,
                reasons,
                follows=follows and (verdict is before or before is Verdict.REBUILDS),
            )
            before = max(before, verdict, key=lambda it: it.rank)
    return found


def _sort(found: _Touched, it: CarriedOut, verdict: Verdict, index: int, reasons: Reasons, *, follows: bool) -> None:
    if verdict is Verdict.REBUILDS and follows:
        found.followers.append(it)
    elif verdict is Verdict.REBUILDS:
        # Where an ONBUILD is edited, it needs no reason that the step which it left re-runs.
        found.heads.setdefault("" if it.written == index else _own(reasons, it), []).append(it)
    elif verdict is Verdict.IF_CONTENT_CHANGES:
        found.by_content.append(it)
    elif verdict is Verdict.UNKNOWN and not follows:
        found.unknown.setdefault(_own(reasons, it), []).append(it)


def _own(reasons: Reasons, it: CarriedOut) -> str:
    """Return why a step re-runs that follows none which does."""
    # Without a reason of its own it follows a WORKDIR that leads to the root as it stands, and makes no step.
    return reasons.own_reason(it.index, it.part).removesuffix(_BY_CONTENT) or _BEHIND_A_FOLDER


def own_file(analysis: Analysis, index: int, but: Set[int] | None = frozenset[int]()) -> Iterator[str]:
    """Yield which step copies the Dockerfile itself, so that every edit of it is one of its files.

    Nothing if it is one of ``but``, which re-run anyway; None are all others than that at ``index``.
    """
    own = analysis.context.dockerfile
    if own is None:
        return
    for stage in analysis.record.keys.stages:
        for it in carried_out(analysis.dockerfile, stage, analysis.record.keys):
            if it.part is not None and own in context_files(it.placed, analysis.context).paths:
                if it.index == index:
                    yield f"{own} is one of them: any edit of it, even of a comment, re-runs this step."
                elif but is not None and it.index not in but:
                    name = _named(analysis, it)
                    yield f"{name} copies {own} itself: any edit of it, even of a comment, re-runs that step."
                return


def _list(analysis: Analysis, steps: Sequence[CarriedOut]) -> str:
    rest = len(steps) - _MOST_NAMED
    named = [_named(analysis, it) for it in steps[:_MOST_NAMED]]
    return join_words([*named, f"{rest:,} more"] if rest > 0 else named)


def _named(analysis: Analysis, it: CarriedOut) -> str:
    """Name a step by its text in the file as it is now: an edit has put another one in its place."""
    placed = analysis.dockerfile.instructions[it.written]
    instruction = placed.instruction
    if it.is_trigger:
        instruction = instruction.trigger or instruction
    where = f", in {it.stage.label}" if it.is_trigger else ""
    return f"{code(instruction.logical.text, 40)} (line {analysis.line_of(placed):,}{where})"
