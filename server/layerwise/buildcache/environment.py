"""What RUN finds set, as the builder keeps it: ordered, with a name for each value that only the build knows.

Source: BuildKit ``client/llb/meta.go:EnvList`` (ordered by last assignment), ``dockerfile2llb/convert.go``
(``dispatchStages``, ``dispatchArg``, ``dispatchEnv``, ``addEnv``).
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.semantics.scope import Arguments, Scope, argument_values
from layerwise.syntax.expansion import Expansion, expand_heredoc_body, mentioned

BASE: Final = ""
"""Stands for all that the base image sets; no variable has an empty name."""

_IN_EVERY_BASE: Final = "PATH"


class Ids:
    """A number for each thing: the same for equal things, so that long keys are compared once."""

    def __init__(self) -> None:
        """Start with no numbers given."""
        self._known: dict[Hashable, int] = {}
        self._next = itertools.count()

    def of(self, thing: Hashable) -> int:
        """Return the number of a thing."""
        # Whatever another thread does meanwhile, no two things get one number.
        return self._known.setdefault(thing, next(self._next))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the build knows: the text that makes it, and the numbers of the values of its variables."""

    text: str
    origins: tuple[tuple[str, int], ...]


Value: TypeAlias = str | Unknown


class Environment:
    """The variables, working directory and user in front of an instruction of one stage."""

    def __init__(self, ids: Ids, arguments: Arguments, globals_: Mapping[str, Value]) -> None:
        """Start as a base image leaves it; ``globals_`` are the values of global ARGs that are not known."""
        self._ids = ids
        self._arguments = arguments
        self._globals = globals_
        self._values: dict[str, Value] = {BASE: BASE}
        self._image: dict[str, Value] = {}
        self._variables: tuple[tuple[str, Value], ...] | None = None
        self._number: int | None = None
        self.directory: Value = ""
        self.user: Value = ""

    def inherited(self) -> Environment:
        """Return what a stage starts with that goes on from here: the image's own values are set once more."""
        other = Environment(self._ids, self._arguments, self._globals)
        other._image = dict(self._image)
        again = {BASE: BASE, **self._image}
        other._values = {**{name: it for name, it in self._values.items() if name not in again}, **again}
        other.directory, other.user = self.directory, self.user
        return other

    @property
    def variables(self) -> tuple[tuple[str, Value], ...]:
        """Names and values in the order of the last assignment: the order is part of the key."""
        if self._variables is None:
            self._variables = tuple(self._values.items())
        return self._variables

    @property
    def variables_id(self) -> int:
        """The number of ``variables``."""
        if self._number is None:
            self._number = self._ids.of(self.variables)
        return self._number

    def value(self, name: str) -> Value:
        """Return the value of a name; what the base image sets, or does not set, has a name of its own."""
        return self._values.get(name, Unknown(name, ()))

    def resolve(self, text: str, scope: Scope, escape: str) -> Value:
        """Expand a text; what can't be told stays a value that is the same only if all it is made of is the same."""
        expansion = scope.expand(text, escape)
        return self._value(expansion, mentioned(expansion.text, escape=escape))

    def resolve_body(self, text: str, scope: Scope) -> Value:
        """Expand the body of a heredoc of COPY or ADD."""
        expansion = expand_heredoc_body(text, scope.variables)
        return self._value(expansion, mentioned(expansion.text, quotes=False))

    def _value(self, expansion: Expansion, names: frozenset[str]) -> Value:
        if expansion.known:
            return expansion.text
        return Unknown(expansion.text, tuple((name, self._ids.of(self.value(name))) for name in sorted(names)))

    def pass_over(self, placed: Placed, after: Scope) -> None:
        """Take in what an instruction sets; ``after`` is the scope behind it."""
        keyword, instruction, scope = placed.keyword, placed.instruction, placed.scope
        if keyword == "ENV":
            pairs = [
                (scope.expand(it.name, instruction.escape).text, self.resolve(it.value, scope, instruction.escape))
                for it in instruction.pairs
            ]
            for name, value in pairs:
                self._assign(name, value)
                self._set_in_image(name, value)
        elif keyword == "ARG":
            parts = (it.text.partition("=") for it in instruction.words)
            defaults = {name: default for name, equals, default in parts if equals}
            values = dict(argument_values(instruction, scope.variables, self._arguments))
            for name, value in values.items():
                self._assign(name, value if value is not None else self._unknown_argument(name, defaults, placed))
        elif keyword == "WORKDIR":
            path = self.resolve(instruction.arguments.text, scope, instruction.escape)
            self.directory = self._place(after.directory, path)
        elif keyword == "USER":
            self.user = self.resolve(instruction.arguments.text, scope, instruction.escape)

    def _unknown_argument(self, name: str, defaults: Mapping[str, str], placed: Placed) -> Value:
        if name in defaults:
            return self.resolve(defaults[name], placed.scope, placed.instruction.escape)
        return self._globals.get(name, Unknown(f"the builder's {name}", ()))

    def _place(self, directory: str, text: Value) -> Value:
        if "$" not in directory:
            return directory
        return Unknown(directory, (("", self._ids.of(self.directory)), ("", self._ids.of(text))))

    def _assign(self, name: str, value: Value) -> None:
        self._values.pop(name, None)
        self._values[name] = value
        self._variables = self._number = None

    def _set_in_image(self, name: str, value: Value) -> None:
        if name == _IN_EVERY_BASE and name not in self._image:
            # The builder sees to it that each base has one, so it stands where the base's variables do.
            self._image = {name: value, **self._image}
        self._image[name] = value


def global_values(dockerfile: Dockerfile, ids: Ids) -> dict[str, Value]:
    """Return the values of the global ARGs that can't be told here, such as ``ARG V=$TARGETOS``."""
    first = dockerfile.stages[0].first if dockerfile.stages else len(dockerfile.instructions)
    environment = Environment(ids, dockerfile.arguments, {})
    found: dict[str, Value] = {}
    for placed in dockerfile.instructions[:first]:
        if placed.keyword == "ARG":
            environment.pass_over(placed, placed.scope)
            found |= {name: it for name, it in environment.variables if isinstance(it, Unknown)}
    return found
