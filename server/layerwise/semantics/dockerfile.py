"""A Dockerfile's stages, and the scope in front of every instruction.

Derived from a tree; a previous result serves for what did not change: an instruction that is the same object in the
same scope keeps its facts, and a stage of nothing but such instructions keeps its body.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, pairwise
from typing import Final

from layerwise.semantics.copy import Copy, copy_of
from layerwise.semantics.fold import Fold, common_end, common_start, fold
from layerwise.semantics.run import Run, run_of
from layerwise.semantics.scope import FROM_IMAGE, FROM_SCRATCH, Arguments, Scope, after, inherited
from layerwise.syntax.instruction import Instruction
from layerwise.syntax.tree import Tree
from layerwise.text.span import Span

SCRATCH: Final = "scratch"
_FEW: Final = 8
_DEFAULT_REGISTRY: Final = re.compile(r"(?:index\.)?docker\.io/(?:library/)?")
_VARIABLE: Final = re.compile(r"\$(?:\w+|\{[^}]*\})")


@dataclass(frozen=True, slots=True)
class Opening:
    """A FROM: the reference as written, the image it expands to (if ``known``), and the stage's name in lower case."""

    reference: str
    image: str
    known: bool
    name: str | None


@dataclass(frozen=True, eq=False)
class Placed:
    """An instruction in the scope in front of it, with what it says there."""

    instruction: Instruction
    scope: Scope

    @property
    def keyword(self) -> str:
        """The keyword in upper case."""
        return self.instruction.keyword

    @cached_property
    def opening(self) -> Opening:
        """What a FROM says."""
        words = self.instruction.words
        reference = words[0].text if words else ""
        expansion = self.scope.expand(reference, self.instruction.escape)
        name = next((it.text.lower() for it in words[2:3] if words[1].text.lower() == "as"), None)
        return Opening(reference, expansion.text, expansion.known, name)

    @cached_property
    def copy(self) -> Copy | None:
        """What a COPY or ADD says."""
        return copy_of(self.instruction, self.scope)

    @cached_property
    def run(self) -> Run | None:
        """What a RUN says."""
        return run_of(self.instruction, self.scope) if self.keyword == "RUN" else None

    @cached_property
    def references(self) -> tuple[tuple[str, bool], ...]:
        """What ``--from=`` and mounts name, each with whether a number is a stage's index there.

        Source: BuildKit ``convert.go:toCommand`` (COPY knows indexes), ``detectRunMount`` (a mount only names).
        """
        if "from=" not in self.instruction.text:
            return ()
        origin = self.instruction.flag("from")
        if self.keyword == "COPY" and origin is not None and origin.value:
            return ((origin.value, True),)
        mounts = self.run.mounts if self.run is not None else ()
        return tuple((it.origin, False) for it in mounts if it.origin)


@dataclass(frozen=True, eq=False)
class Body:
    """The instructions of a stage behind its FROM, and the scope behind the last."""

    scopes: Fold[Instruction, Scope, Placed]

    @property
    def placed(self) -> Sequence[Placed]:
        """The instructions, each in the scope in front of it."""
        return self.scopes.outputs

    @property
    def exit(self) -> Scope:
        """The scope behind the last instruction."""
        return self.scopes.final

    @cached_property
    def references(self) -> tuple[tuple[str, bool], ...]:
        """What COPY --from and mounts name, each with whether a number is a stage's index there."""
        return tuple(reference for it in self.scopes.notable for reference in self.placed[it].references)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What a FROM begins with: the ``triggers`` of its base, if that is a stage, and the scope behind them."""

    base: Scope
    triggers: tuple[Placed, ...]
    entry: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A build stage: instructions ``first`` (its FROM) up to, not including, ``end``.

    ``base`` is the index of the stage it starts from, None for an image. If only the build knows what it starts from,
    ``maybe`` are the stages that it may be. ``sources`` are the stages that it needs, or may need, directly.
    ``replaced``: a named context is called so, and is taken wherever this stage is meant.
    """

    index: int
    opening: Opening
    base: int | None
    maybe: tuple[int, ...]
    first: int
    start: Start
    body: Body
    sources: frozenset[int]
    replaced: bool = False

    @property
    def name(self) -> str | None:
        """The stage's name in lower case."""
        return self.opening.name

    @property
    def end(self) -> int:
        """The index behind the last instruction."""
        return self.first + 1 + len(self.body.placed)

    @property
    def label(self) -> str:
        """How to call the stage in a message."""
        return f"stage {self.name}" if self.name is not None else f"stage {self.index}"


@dataclass(frozen=True, eq=False)
class Dockerfile:
    """``instructions[i]`` stands in block ``blocks[i]`` of the tree; ``stages`` are in order.

    Instructions before the first FROM belong to no stage. ``named`` are the names of contexts that the build is given.
    """

    tree: Tree
    texts: Sequence[Instruction]
    instructions: Sequence[Placed]
    blocks: Sequence[int]
    stages: tuple[Stage, ...]
    arguments: Arguments
    named: frozenset[str] = frozenset()

    def start(self, index: int) -> int:
        """Return the offset of an instruction's text in the whole text."""
        return self.tree.starts[self.blocks[index]]

    def span(self, index: int) -> Span:
        """Return the span of an instruction, from keyword to last argument."""
        return self.instructions[index].instruction.span.shift(self.start(index))

    def index_at(self, offset: int) -> int | None:
        """Return the index of the instruction whose lines hold ``offset``."""
        block = self.tree.block_at(offset)
        index = bisect_left(self.blocks, block)
        return index if index < len(self.blocks) and self.blocks[index] == block else None

    def stage_of(self, index: int) -> Stage | None:
        """Return the stage that an instruction belongs to."""
        position = bisect_right(self.stages, index, key=lambda it: it.first) - 1
        return self.stages[position] if position >= 0 else None

    def onbuilds(self, stage: Stage) -> tuple[int, ...]:
        """Return where the triggers that a stage begins with are written: the indices of its base's ONBUILDs."""
        if not stage.start.triggers or stage.base is None:
            return ()
        base = self.stages[stage.base]
        body = enumerate(base.body.placed, base.first + 1)
        return tuple(at for at, it in body if it.keyword == "ONBUILD" and it.instruction.trigger is not None)

    @cached_property
    def _positions(self) -> dict[int, int]:
        return dict(zip(map(id, self.instructions), range(len(self.instructions)), strict=True))

    @cached_property
    def _asked(self) -> Iterator[int]:
        return count()

    def index_of(self, placed: Placed) -> int:
        """Return the index of an instruction; raises ``KeyError`` if it is not one of this file."""
        # After an edit only what it changed is asked for, and a list of positions would not pay.
        if next(self._asked) < _FEW:
            try:
                return self.instructions.index(placed)
            except ValueError:
                raise KeyError(placed) from None
        return self._positions[id(placed)]

    def target(self, name: str | None) -> Stage | None:
        """Return the stage that a build makes: the named one, else the last."""
        if name is not None:
            return next((it for it in reversed(self.stages) if it.name == name.lower()), None)
        return self.stages[-1] if self.stages else None

    def needed_for(self, stage: Stage) -> frozenset[int]:
        """Return the stages that a build of ``stage`` runs; BuildKit skips all others."""
        needed: set[int] = set()
        waiting = [stage.index]
        while waiting:
            index = waiting.pop()
            if index not in needed:
                needed.add(index)
                waiting += self.stages[index].sources
        return frozenset(needed)

    def needed_for_any(self, targets: Collection[str | None]) -> frozenset[int]:
        """Return the stages that builds of some targets run; those that there are not need none."""
        found = (self.target(it) for it in targets)
        return frozenset[int]().union(*(self.needed_for(it) for it in found if it is not None))


def stage_named(stages: Sequence[Stage], reference: str, *, by_index: bool = True) -> Stage | None:
    """Return the one of the earlier ``stages`` that ``--from=reference`` means; None for an image or a context."""
    found = _stage_called(stages, reference, by_index=by_index)
    return None if found is None or found.replaced else found


def _stage_called(stages: Sequence[Stage], reference: str, *, by_index: bool) -> Stage | None:
    if by_index and reference.isascii() and reference.isdecimal():
        return stages[int(reference)] if int(reference) < len(stages) else None
    name = reference.lower()
    return next((it for it in reversed(stages) if it.name == name), None)


def context_named(
    stages: Sequence[Stage], reference: str, named: Collection[str], *, by_index: bool = True
) -> str | None:
    """Return the one of the ``named`` contexts that a FROM or ``--from=`` means; None for a stage or an image.

    Source: BuildKit ``dockerui/namedcontext.go``, ``convert.go:toDispatchState``.
    """
    if not named:
        return None
    stage = _stage_called(stages, reference, by_index=by_index)
    name = stage.name if stage is not None else familiar_name(reference)
    return name if name in named else None


def familiar_name(reference: str) -> str:
    """Return an image reference without what is there by default (``reference.FamiliarString``)."""
    return _DEFAULT_REGISTRY.sub("", reference).removesuffix(":latest")


def read_dockerfile(
    tree: Tree,
    build_args: Mapping[str, str] | None = None,
    previous: Dockerfile | None = None,
    named: Collection[str] = (),
) -> Dockerfile:
    """Derive stages and scopes, reusing what ``previous`` has of the same instructions in the same scopes.

    ``named`` are the names of contexts that the build is given besides its own.
    """
    names = frozenset(named)
    texts, blocks = tree.instruction_list(), tree.instruction_blocks
    first_from = next((index for index, it in enumerate(texts) if it.keyword == "FROM"), len(texts))
    head, arguments = _global_arguments(texts[:first_from], Arguments({}, build_args or {}))
    is_like = previous is not None and previous.arguments == arguments and previous.named == names
    if previous is None or not is_like or not _starts_at(previous.stages, first_from):
        previous = Dockerfile(tree, (), (), (), (), arguments, names)
    same_start = common_start(texts, previous.texts)
    if same_start == len(texts) == len(previous.texts):
        return replace(previous, tree=tree, blocks=blocks)
    stages, placed = _read_stages(texts, first_from, same_start, previous)
    return Dockerfile(tree, texts, [*head, *placed], blocks, tuple(stages), previous.arguments, names)


def _read_stages(
    texts: list[Instruction], first_from: int, same_start: int, previous: Dockerfile
) -> tuple[list[Stage], list[Placed]]:
    old = previous.stages
    same_end = common_end(texts, previous.texts, min(len(texts), len(previous.texts)) - same_start)
    rest = len(texts) - same_end
    shift = len(texts) - len(previous.texts)
    # A stage whose end, the next FROM, lies in front of the first difference is what it was: it does not look ahead.
    stages = list(old[: bisect_left(old, same_start, key=lambda it: it.end)])
    first = stages[-1].end if stages else first_from
    placed = list(previous.instructions[first_from:first])
    # A FROM is one object in one place, so it tells which stage of before this one was.
    old_of = {id(previous.texts[it.first]): it for it in old[len(stages) :]}
    names = {it.name: it for it in stages if not it.replaced}
    froms = [it.first for it in old[len(stages) :] if it.first < same_start]
    froms += [index for index in range(max(first, same_start), rest) if texts[index].keyword == "FROM"]
    froms += [it.first + shift for it in old[len(stages) :] if it.first + shift >= max(rest, first)]
    scope = previous.arguments.scope()
    settled = True
    for first, end in pairwise([*froms, len(texts)]):
        was = old_of.get(id(texts[first]))
        opening = previous.instructions[was.first] if was else Placed(texts[first], scope)
        base = names.get(opening.opening.image) if opening.opening.known else None
        maybe = () if opening.opening.known else tuple(_possible_bases(opening.opening.image, stages))
        start = _start(opening.opening, base, previous.arguments, was and was.start)
        body = _body(texts[first + 1 : end], start.entry, previous.arguments, was and was.body)
        references = (*(it for trigger in start.triggers for it in trigger.references), *body.references)
        found = (stage_named(stages, it, by_index=by_index) for it, by_index in references)
        sources = frozenset((*maybe, *(it.index for it in (base, *found) if it is not None)))
        replaced = opening.opening.name in previous.named
        base_index = base.index if base else None
        stage = Stage(len(stages), opening.opening, base_index, maybe, first, start, body, sources, replaced)
        stages.append(stage)
        if not replaced:
            names[stage.name] = stage
        placed += (opening, *body.placed)
        settled = settled and was is not None and _is_like(stage, was)
        if settled and shift == 0 and end >= rest:
            # Nothing that later stages can see has changed.
            stages += old[len(stages) :]
            placed += previous.instructions[end:]
            break
    return stages, placed


def _possible_bases(text: str, stages: Sequence[Stage]) -> Iterator[int]:
    """Yield the stages that a reference with unresolved variables may mean."""
    pattern = ".*".join(re.escape(it) for it in _VARIABLE.split(text))
    yield from (it.index for it in stages if it.name and not it.replaced and re.fullmatch(pattern, it.name))


def _is_like(stage: Stage, was: Stage) -> bool:
    """Tell whether later stages see in ``stage`` what they saw in ``was``."""
    return stage.index == was.index and stage.end == was.end and stage.body.exit is was.body.exit


def _starts_at(stages: Sequence[Stage], first: int) -> bool:
    return bool(stages) and stages[0].first == first


def _start(opening: Opening, base: Stage | None, arguments: Arguments, old: Start | None) -> Start:
    """Return what is behind a FROM: only the exact lower-case name is a stage (BuildKit ``convert.go:addState``)."""
    below = base.body.exit if base is not None else FROM_SCRATCH if opening.image == SCRATCH else FROM_IMAGE
    if old is not None and old.base is below:
        return old
    scope = inherited(below)
    triggers: list[Placed] = []
    for trigger in below.triggers:
        triggers.append(Placed(trigger, scope))
        scope = after(scope, trigger, arguments)
    return Start(below, tuple(triggers), scope)


def _global_arguments(texts: Sequence[Instruction], arguments: Arguments) -> tuple[list[Placed], Arguments]:
    placed: list[Placed] = []
    for it in texts:
        placed.append(Placed(it, arguments.scope()))
        if it.keyword == "ARG":
            arguments = arguments.declare(it)
    return placed, arguments


def _body(texts: list[Instruction], entry: Scope, arguments: Arguments, old: Body | None) -> Body:
    def step(scope: Scope, instruction: Instruction) -> tuple[Scope, Placed]:
        return after(scope, instruction, arguments), Placed(instruction, scope)

    scopes = fold(texts, entry, step, old.scopes if old is not None else None, lambda it: it.references)
    return old if old is not None and scopes is old.scopes else Body(scopes)
