"""What re-runs an install in any case, wherever the COPYs stand that come too early for it.

A fix takes files out of the install's key, no more: the same files may be in it through another step, stages that it
takes from may be made of them, and each value of an ARG in front of it is another key. That has to be said, and where
nothing at all would be gained there is no fix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrival, Arrivals, mounted
from layerwise.effects.environment import is_of_a_tool
from layerwise.fixes.withheld import Message
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage, stage_named
from layerwise.semantics.scope import PLATFORM_ARGS

_MOST: Final = 64
_MOST_NAMED: Final = 3
_STEPS: Final = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
_PROXY: Final = re.compile(r"\w+_proxy", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """An ARG without a default that nothing has used so far; ``names`` are its own and those of ENVs made of it."""

    name: str
    placed: Placed
    names: frozenset[str]

    def behind(self, environment: Placed) -> Value | None:
        """Return it behind an ENV, which hands it on under another name; None if that one is for a tool."""
        pairs = environment.instruction.pairs
        made = frozenset(it.name for it in pairs if not self.names.isdisjoint(_words(it.value)))
        if any(not _is_free(it) for it in made):
            return None
        return self if made <= self.names else replace(self, names=self.names | made)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


@dataclass(frozen=True, slots=True)
class Others:
    """What stands in front of an instruction besides COPYs and is in its key.

    ``mounting`` are RUNs with bind mounts.
    """

    values: tuple[Value, ...] = ()
    mounting: tuple[Placed, ...] = ()

    def behind(self, placed: Placed) -> Others:
        """Return what stands in front of the next instruction; the same object if that changes nothing."""
        if placed.keyword == "ARG":
            parts = (it.text.partition("=") for it in placed.instruction.words)
            empty = [Value(name, placed, frozenset({name})) for name, _, it in parts if not it and _is_free(name)]
            return replace(self, values=(*self.values, *empty)[-_MOST:]) if empty else self
        if self.values and placed.keyword == "ENV":
            values = tuple(it.behind(placed) for it in self.values)
            return self if values == self.values else replace(self, values=tuple(filter(None, values)))
        others = self
        if self.values and placed.keyword in _STEPS and len(unused := self.unused(placed)) < len(self.values):
            others = replace(self, values=unused)
        if placed.run is not None and any(it.kind == "bind" for it in placed.run.mounts):
            others = replace(others, mounting=(*others.mounting, placed)[-_MOST:])
        return others

    def unused(self, placed: Placed) -> tuple[Value, ...]:
        """Return those of the values that an instruction does not mention."""
        words = _words(placed.instruction.text)
        return tuple(it for it in self.values if it.names.isdisjoint(words))

    def mounts(self, context: BuildContext) -> Iterator[Arrival]:
        """Yield what the RUNs mount."""
        for placed in self.mounting:
            if placed.run is not None:
                yield from mounted(context, placed, placed.run.mounts, Arrivals()).items


def _is_free(name: str) -> bool:
    """Tell whether a build may give another value each time, which neither the builder nor a tool has a use for."""
    return name not in PLATFORM_ARGS and not is_of_a_tool(name) and not _PROXY.fullmatch(name)


Inputs: TypeAlias = tuple[Arrivals, Others]
"""What a stage has in front of an instruction, or at its end."""


def files_kept(unneeded: Set[str], kept: Sequence[Arrival]) -> frozenset[str]:
    """Return those of the files that steps which stay where they are have in their keys as well."""
    return frozenset(unneeded).intersection(frozenset[str]().union(*{id(it.files): it.files for it in kept}.values()))


def what_remains(
    dockerfile: Dockerfile,
    stage: Stage,
    context: BuildContext,
    files: Set[str],
    kept: Sequence[Arrival],
    values: Sequence[Value],
    ends: Mapping[int, Inputs],
) -> Message:
    """Say what still re-runs the install after a fix, as a clause behind its sentence; nothing if nothing does.

    ``files`` are those that the fix takes out of its key; ``ends`` has what the stages have at their end from which
    this one takes, by index.
    """
    latest = {it.name: it for it in values if not _has_default(dockerfile, it.name)}
    named = [("a new value of ", it.name, it.placed) for it in latest.values()]
    made_of = partial(_is_made_of, dockerfile, context, files, ends)
    origins = [(_origin(dockerfile, stage, it), it.placed) for it in kept]
    named += [("new content from ", it.label, placed) for it, placed in origins if it is not None and made_of(it)]
    if not named:
        return ()
    message: list[str | Placed] = ["; after a fix, "]
    for at, (what, name, placed) in enumerate(named[:_MOST_NAMED]):
        separator = "" if at == 0 else " and " if at == len(named) - 1 else ", "
        message += [f"{separator}{what}{name} (line ", placed, ")"]
    rest = len(named) - _MOST_NAMED
    message.append(f" and {rest} more" if rest > 0 else "")
    return [*message, " still re-run it" if len(named) > 1 else " still re-runs it"]


def _has_default(dockerfile: Dockerfile, name: str) -> bool:
    """Tell whether a global ARG gives the value, and not the one who builds."""
    arguments = dockerfile.arguments
    return bool(arguments.declared.get(name)) and name not in arguments.given


def _origin(dockerfile: Dockerfile, stage: Stage, arrival: Arrival) -> Stage | None:
    origin = arrival.copy.origin
    return stage_named(dockerfile.stages[: stage.index], origin) if origin else None


def _is_made_of(
    dockerfile: Dockerfile, context: BuildContext, files: Set[str], ends: Mapping[int, Inputs], stage: Stage
) -> bool:
    """Tell whether a build of a stage copies or mounts one of the files."""
    inputs = (ends[it] for it in dockerfile.needed_for(stage))
    brought = (it for arrivals, others in inputs for it in (*arrivals.items, *others.mounts(context)))
    return any(not files.isdisjoint(it.files) for it in brought)
