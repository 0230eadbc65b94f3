"""Why a step re-runs, in words: what differs between its key and that of the step it was.

A reason is the end of a sentence about one step: "it copies src/app.py, which was edited".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from typing import Final, cast

from layerwise.buildcache.content import Differences
from layerwise.buildcache.likeness import Told, may_be_equal
from layerwise.buildcache.model import Rebuilds, Verdict
from layerwise.buildcache.step import Aspect, StepKey
from layerwise.buildcache.variable_list import BASE, Value, Variables
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage
from layerwise.text.line_index import LineIndex
from layerwise.text.wording import join_words

_MOST_NAMED: Final = 3
_SIMPLE: Final = {
    Aspect.BASE: "it starts from another base",
    Aspect.COMMAND: "its command was edited",
    Aspect.FLAGS: "its flags were edited",
    Aspect.MOUNTS: "its mounts were edited",
    Aspect.HOST: "BUILDKIT_SANDBOX_HOSTNAME has another value",
    Aspect.TIME: "SOURCE_DATE_EPOCH, the time of its folder, has another value",
    Aspect.DIRECTORY: "it runs in another folder",
    Aspect.USER: "it runs as another user",
    Aspect.SOURCES: "its sources were edited",
    Aspect.DESTINATION: "its destination is another",
    Aspect.INLINE: "its heredoc was edited",
    Aspect.TEXT: "it was edited",
    Aspect.EDIT: "it was edited",
}
_OF_WORKDIR: Final = {Aspect.DIRECTORY: "its path is another", Aspect.USER: "another user will own the folder"}
_BY_VALUE: Final = {
    Aspect.FLAGS: "a value in its flags is another",
    Aspect.MOUNTS: "a value in its mounts is another",
    Aspect.SOURCES: "a value in its sources is another",
    Aspect.INLINE: "a value in its heredoc is another",
    Aspect.TEXT: "a value in it is another",
}
"""The same where the text is what it was."""
_VERSIONED: Final = {
    Aspect.CACHES: "the id or sharing of its cache mount was edited, which only the BuildKit of 2020 looks at",
    Aspect.TRIGGERS: "only the base image knows what its ONBUILD does",
}


class Reasons:
    """Why the steps of a build re-run."""

    def __init__(self, rebuilds: Rebuilds) -> None:
        """Take what the model says."""
        self._rebuilds = rebuilds
        self._dockerfile = rebuilds.after.build.dockerfile
        self._before = rebuilds.before.keys.build.dockerfile

    @cached_property
    def _earlier(self) -> Mapping[int, int]:
        return aligned(self._before, self._dockerfile)

    @cached_property
    def _lines(self) -> tuple[LineIndex, LineIndex]:
        return LineIndex(self._before.tree.text), LineIndex(self._dockerfile.tree.text)

    def _line(self, index: int, *, before: bool = False) -> int:
        """Return the 1-based line of an instruction, as all of the product counts lines."""
        dockerfile, lines = (self._before, self._lines[0]) if before else (self._dockerfile, self._lines[1])
        return lines.line(dockerfile.span(index).start) + 1

    def reason(self, index: int) -> str:
        """Return why a step re-runs or may re-run; "" for one that stays cached, or is not built.

        That of a FROM is why what it starts from does, and all that its base left to do.
        """
        verdict = self._rebuilds.verdicts.get(index, Verdict.CACHED)
        return self._said(index, None, verdict) if verdict is not Verdict.CACHED else ""

    def reason_of(self, index: int, part: int | None) -> str:
        """Return the same for one of an instruction's steps; of a FROM, if it is none, for what it starts from."""
        verdict = self._rebuilds.verdict(index, part)
        if verdict is Verdict.CACHED:
            return ""
        stage = self._dockerfile.stage_of(index)
        is_start = part is None and stage is not None and stage.base is not None
        return self._of_chain(index, verdict) if is_start else self._said(index, part, verdict)

    def own_reason(self, index: int, part: int | None = None) -> str:
        """Return what differs in the own key of a step, or of all that an instruction has; "" if nothing does."""
        verdict = self._rebuilds.verdicts.get(index, Verdict.CACHED)
        return join_words(list(dict.fromkeys(self._own(index, part, verdict))))

    def _said(self, index: int, part: int | None, verdict: Verdict) -> str:
        if self._rebuilds.frontend:
            return f"the frontend {self._rebuilds.frontend}, which reads this Dockerfile, has rules of its own"
        if own := self.own_reason(index, part):
            return own
        if part:
            return f"the step before it {_verb(self._rebuilds.parts[index][part - 1])}"
        return self._of_chain(index, verdict)

    def _own(self, index: int, part: int | None, verdict: Verdict) -> Iterator[str]:
        now = self._rebuilds.after.steps.get(index, ())
        at = self._earlier.get(index)
        was = self._rebuilds.before.keys.steps.get(at, ()) if at is not None else ()
        if now and not was:
            yield from self._new(now, verdict, "it is new" if at is None else "it was not built before")
            return
        if self._rebuilds.after.build.edited.get(index) and now:
            yield "it was edited"
            return
        pairs = list(zip(was, now, strict=False))
        for old, new in pairs if part is None else pairs[part : part + 1]:
            if new.always:
                yield new.always
                return
            yield from self._aspects(index, old, new, verdict)
            for content in new.contents:
                if content.unknown and verdict is Verdict.UNKNOWN:
                    yield content.unknown
            yield from self._taken(old, new)
        if len(was) != len(now):
            yield "the triggers of its base were edited"

    @staticmethod
    def _new(steps: Sequence[StepKey], verdict: Verdict, what: str) -> Iterator[str]:
        """Say of a step that was not here before why it re-runs all the same, or may do so."""
        if verdict is Verdict.IF_CONTENT_CHANGES:
            labels = list(dict.fromkeys(it.label for key in steps for it in key.taken if not it.platform))
            yield f"{what}, and takes files from {join_words(labels)}: only other content makes it re-run"
        else:
            yield what

    def _aspects(self, index: int, old: StepKey, new: StepKey, verdict: Verdict) -> Iterator[str]:
        placed = self._dockerfile.instructions[index]
        for aspect, value in new.aspects.items():
            before = old.aspects.get(aspect)
            if before == value:
                continue
            if aspect in _VERSIONED:
                yield _VERSIONED[aspect]
                continue
            reason = self._aspect(index, aspect, before, value)
            if not may_be_equal(before, value):
                yield reason
            # A doubt is no reason of a step that re-runs for certain.
            elif verdict is not Verdict.REBUILDS:
                yield f"only the build knows whether {reason}"
        if old.follows != new.follows:
            yield _SIMPLE[Aspect.FLAGS]
        # Where the files are what they were, the step only selects others of them.
        if self._has_other_files or old.aspects == new.aspects:
            yield from _of_files(placed, old, new, self._simple(index, Aspect.SOURCES))

    @cached_property
    def _has_other_files(self) -> bool:
        before, after = self._rebuilds.before.keys.build, self._rebuilds.after.build
        return (
            before.context is not after.context
            or before.marks != after.marks
            or before.named_marks != after.named_marks
        )

    def _aspect(self, index: int, aspect: Aspect, before: Hashable, value: Hashable) -> str:
        """Say how a part of a key differs."""
        placed = self._dockerfile.instructions[index]
        if aspect is Aspect.VARIABLES:
            return self._variables(index, before, value)
        if (
            isinstance(before, Told)
            and isinstance(value, Told)
            and aspect is Aspect.COMMAND
            and before.more != value.more
        ):
            return "another shell runs it"
        if placed.keyword == "WORKDIR" and aspect in _OF_WORKDIR:
            return _OF_WORKDIR[aspect]
        return self._simple(index, aspect)

    def _simple(self, index: int, aspect: Aspect) -> str:
        placed, was = self._dockerfile.instructions[index], self._earlier.get(index)
        text = placed.instruction.logical.text
        if aspect in _BY_VALUE and was is not None and text == self._before.instructions[was].instruction.logical.text:
            return _BY_VALUE[aspect]
        return _SIMPLE[aspect]

    def _taken(self, old: StepKey, new: StepKey) -> Iterator[str]:
        for one, other in zip(old.taken, new.taken, strict=False):
            if other.platform:
                if one.definition != other.definition:
                    yield f"only the build knows whether {other.label} is the same platform as {one.label}"
            elif one.definition != other.definition or (one.stage is None) != (other.stage is None):
                yield f"it takes files from {other.label}: only other content makes it re-run"
            elif other.stage is not None:
                verdict = self._rebuilds.ends.get(other.stage, Verdict.CACHED)
                if verdict is not Verdict.CACHED:
                    what = f"{other.label}, which {_verb(verdict)}"
                    yield f"it takes files from {what}: only other content makes it re-run"

    def _of_chain(self, index: int, verdict: Verdict) -> str:
        verb = _verb(verdict)
        stage = self._dockerfile.stage_of(index)
        if stage is None:
            return ""
        if index == stage.first:
            if stage.base is None and verdict is Verdict.UNKNOWN:
                return f"only the build knows which stage `{stage.opening.reference}` is"
            base = self._dockerfile.stages[stage.base].label if stage.base is not None else "its base"
            return f"its base, {base}, {verb}" if stage.base is not None else "it starts from another base"
        previous = self._previous(stage, index)
        if previous is None or self._rebuilds.verdicts.get(previous, Verdict.CACHED) is not Verdict.CACHED:
            return f"the step before it {verb}"
        was = self._earlier.get(index)
        old_stage = self._before.stage_of(was) if was is not None else None
        then = self._previous(old_stage, was, self._rebuilds.before.keys.steps) if old_stage and was else None
        if then is None:
            return "the step before it is another one now"
        keyword = self._before.instructions[then].keyword
        return f"it came behind another step before, {keyword} on line {self._line(then, before=True)}"

    def _previous(self, stage: Stage, index: int, steps: Mapping[int, object] | None = None) -> int | None:
        steps = self._rebuilds.after.steps if steps is None else steps
        return next((it for it in range(index - 1, stage.first - 1, -1) if it in steps or it == stage.first), None)

    def _variables(self, index: int, before: Hashable, value: Hashable) -> str:
        old, new = _values(before), _values(value)
        names = [it for it in new if it != BASE and new[it] != old.get(it, BASE)]
        gone = [it for it in old if it not in new]
        if gone and not names:
            return f"{_listed(gone)} {'is' if len(gone) == 1 else 'are'} no longer in its environment"
        if not names:
            return "the variables in its environment are in another order"
        setter = self._setter(index, names[0])
        where = f" ({setter})" if setter else ""
        verb = "has another value" if len(names) == 1 else "have other values"
        if all(it not in old for it in names):
            verb = "is new in its environment" if len(names) == 1 else "are new in its environment"
        return f"{_listed(names)} {verb}{where}"

    def _setter(self, index: int, name: str) -> str:
        """Say which line sets a variable that an instruction sees."""
        stage = self._dockerfile.stage_of(index)
        while stage is not None:
            for at in range(min(index, stage.end) - 1, stage.first, -1):
                placed = self._dockerfile.instructions[at]
                if name in _names_set(placed):
                    return f"{placed.keyword} on line {self._line(at)}"
            stage = self._dockerfile.stages[stage.base] if stage.base is not None else None
            index = len(self._dockerfile.instructions)
        return ""


def _verb(verdict: Verdict) -> str:
    return "re-runs" if verdict is Verdict.REBUILDS else "may re-run"


def _values(variables: Hashable) -> dict[str, Value]:
    if isinstance(variables, Variables):
        return variables.values
    # Sequential builders have sorted pairs in the key.
    return dict(cast("tuple[tuple[str, Value], ...]", variables or ()))


def _names_set(placed: Placed) -> Iterator[str]:
    if placed.keyword == "ENV":
        yield from (placed.scope.expand(it.name, placed.instruction.escape).text for it in placed.instruction.pairs)
    elif placed.keyword == "ARG":
        yield from (it.text.partition("=")[0] for it in placed.instruction.words)


def _of_files(placed: Placed, old: StepKey, new: StepKey, others: str) -> Iterator[str]:
    """Yield which files of the context, and of named ones, differ; ``others`` says that other sources are meant."""
    sources = [it.aspects.get(Aspect.SOURCES) for it in (old, new)]
    before = {(it.origin, it.versioned): it for it in old.contents}
    pairs = [(before.get((it.origin, it.versioned)), it) for it in new.contents]
    differ = [(was, it) for was, it in pairs if was is None or was.key() != it.key()]
    where = [it.more if isinstance(it, Told) else None for it in sources]
    if where[0] != where[1] and sources[0] == sources[1] and (differ or len(old.contents) != len(new.contents)):
        yield others
        return
    for was, content in differ:
        if was is not None and content.versioned:
            yield "only some versions of BuildKit look at all that it mounts, beside a part of it"
        elif was is not None:
            yield files_reason(placed, content.differences(was), content.origin)


def files_reason(placed: Placed, found: Differences, context: str = "") -> str:
    """Say which files of the context, or of a named one, differ in a step's key."""
    verb = "mounts" if placed.keyword == "RUN" else "copies"
    groups = ((found.edited, "edited"), (found.added, "added"), (found.removed, "removed"))
    of = f" of {context}" if context else ""
    said = [f"{_listed(sorted(paths))}{of}, which {_was(paths)} {what}" for paths, what in groups if paths]
    said += [_modes_reason(found.modes)] if found.modes else []
    return f"it {verb} {join_words(said)}" if said else f"it {verb} files under other names"


def _modes_reason(modes: Mapping[str, tuple[str, str]]) -> str:
    if len(modes) > 1:
        return f"{_listed([*modes])}, whose modes were changed"
    ((path, (before, after)),) = modes.items()
    if before.isdecimal() and after.isdecimal():
        then, now = (int(it, 8) & 0o7777 for it in (before, after))
        return f"{path}, which has mode {now:o} now, and had {then:o}"
    return f"{path}, whose mode was changed"


def _was(paths: frozenset[str]) -> str:
    return "was" if len(paths) == 1 else "were"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = [*names[:_MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])]
    return join_words(shown)


def aligned(before: Dockerfile, after: Dockerfile) -> dict[int, int]:
    """Return which instruction each one was before, by index, for those that were there: the same text, or an edit."""
    if before is after:
        return {index: index for index in range(len(after.instructions))}
    old = [it.instruction.logical.text for it in before.instructions]
    new = [it.instruction.logical.text for it in after.instructions]
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    pairs = {index: index for index in range(start)}
    tails = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
    end = next((at for at, (a, b) in enumerate(tails) if a != b), min(len(old), len(new)) - start)
    pairs |= {len(new) - back: len(old) - back for back in range(1, end + 1)}
    matcher = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    blocks = [(start, start, 0), *((it.a + start, it.b + start, it.size) for it in matcher.get_matching_blocks())]
    for a, b, size in blocks:
        pairs |= {b + offset: a + offset for offset in range(size)}
    for (a, b, size), (next_a, next_b, _) in pairwise(blocks):
        pairs |= dict(_edited(before, after, range(a + size, next_a), range(b + size, next_b)))
    return pairs


def _edited(before: Dockerfile, after: Dockerfile, old: range, new: range) -> Iterator[tuple[int, int]]:
    """Yield (index, earlier index) of instructions that stand in the same place and have the same keyword."""
    left = list(old)
    for index in new:
        keyword = after.instructions[index].keyword
        at = next((it for it in left if before.instructions[it].keyword == keyword), None)
        if at is not None:
            left = [it for it in left if it > at]
            yield index, at
