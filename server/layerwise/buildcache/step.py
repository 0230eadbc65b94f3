"""A step of the build and its cache key, as all builders have it.

Source: BuildKit ``dockerfile2llb/convert.go:dispatch`` (which instruction makes what).
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.content import Content
from layerwise.buildcache.variable_list import Value
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join


class StepKind(enum.Enum):
    """What an instruction is to the builder; the value is the name in the JSON of ``explain``."""

    SOURCE = "source"
    """FROM: where a stage starts."""
    LAYER = "layer"
    """Makes a layer, and so is a link of the cache chain."""
    ENVIRONMENT = "environment"
    """No layer; enters the keys of later steps."""
    METADATA = "metadata"
    """No layer, in no key."""


KINDS: Final = {
    "FROM": StepKind.SOURCE,
    **dict.fromkeys(("RUN", "COPY", "ADD", "WORKDIR"), StepKind.LAYER),
    **dict.fromkeys(("ENV", "ARG", "USER", "SHELL"), StepKind.ENVIRONMENT),
}


def kind_of(placed: Placed) -> StepKind:
    """Return what an instruction is to the builder; a WORKDIR that leads to the root makes nothing."""
    if placed.keyword == "WORKDIR":
        expansion = placed.scope.expand(placed.instruction.arguments.text, placed.instruction.escape)
        # One that is absolute is left as it is written, and only the plain root makes nothing.
        is_plain = expansion.text == "/" or not expansion.text.startswith("/")
        if is_plain and join(placed.scope.directory, expansion.text, known=expansion.known) == "/":
            return StepKind.ENVIRONMENT
    return KINDS.get(placed.keyword, StepKind.METADATA)


class Aspect(enum.Enum):
    """A part of a step's key that can be named when it differs."""

    BASE = "base"
    TRIGGERS = "triggers"
    """What the ONBUILD of a base image may depend on."""
    COMMAND = "command"
    SHELL = "shell"
    FLAGS = "flags"
    MOUNTS = "mounts"
    CACHES = "caches"
    """The names and the sharing of cache mounts."""
    VARIABLES = "variables"
    DIRECTORY = "directory"
    USER = "user"
    TIME = "time"
    HOST = "host"
    SOURCES = "sources"
    DESTINATION = "destination"
    INLINE = "inline"
    TEXT = "text"
    """The instruction as it is written or expanded, for builders that know no better."""
    EDIT = "edit"
    """That it was edited, if no more is known."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step takes from elsewhere by its content: the same if it is made the same way, or comes out the same.

    ``stage`` is the index of a stage, None for an image or a remote source; ``label`` names it in a message.
    ``definition`` tells how it is made, or what is taken of the stage; ``paths`` are the paths there. A ``platform`` is
    compared likewise: only the build knows whether two spellings mean the same.
    """

    stage: int | None
    definition: Hashable
    label: str
    paths: tuple[Value, ...] = ()
    platform: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class StepKey:
    """The key of a step without the step before it.

    - ``kind``: what is done.
    - ``aspects``: all of the key but content, in parts, so that each part that differs can be told.
    - ``taken``: what is compared by content that only a build knows.
    - ``contents``: the files of the context, and of each named one, in it. Where they come from is not: a file of a
      stage with the same content does as well.
    - ``follows``: whether the step before is part of the key (not for ``COPY --link``).
    - ``always``: why it re-runs in every build, "" if it doesn't.
    """

    kind: str
    aspects: Mapping[Aspect, Hashable]
    taken: tuple[Taken, ...] = ()
    contents: tuple[Content, ...] = ()
    follows: bool = True
    always: str = ""

    @property
    def own(self) -> Hashable:
        """All of the key but content: equal for equal keys."""
        return self.kind, tuple(self.aspects.items())
