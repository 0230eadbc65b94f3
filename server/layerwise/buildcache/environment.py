"""What RUN finds set, as the builder keeps it: ordered, with a name for each value that only the build knows.

Source: BuildKit ``client/llb/meta.go:EnvList`` (ordered by last assignment), ``dockerfile2llb/convert.go``
(``dispatchStages``, ``dispatchArg``, ``dispatchEnv``, ``addEnv``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from layerwise.buildcache.variable_list import BASE, Ids, Unknown, Value, VariableList, Variables
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.semantics.paths import BASE_DIRECTORY
from layerwise.semantics.scope import Arguments, Scope, argument_values
from layerwise.syntax.expansion import Expansion, expand_heredoc_body, mentioned

_IN_EVERY_BASE: Final = "PATH"
_OWN_DIRECTORY: Final = Unknown(BASE_DIRECTORY, ())
_OWN_USER: Final = Unknown("$USER", ())
"""What the base image's configuration says."""


class Environment:
    """The variables, working directory and user in front of an instruction of one stage.

    An absolute ``directory`` is as it is written, which is what a command is started with.
    """

    def __init__(self, ids: Ids, arguments: Arguments, globals_: Mapping[str, Value]) -> None:
        """Start as a base image leaves it; ``globals_`` are the values of global ARGs that are not known."""
        self._ids = ids
        self._arguments = arguments
        self._globals = globals_
        self._list = VariableList(ids)
        self._image: dict[str, Value] = {}
        self.directory: Value = _OWN_DIRECTORY
        self.user: Value = _OWN_USER

    def empty(self) -> Environment:
        """Return what a stage that has no base image starts with."""
        other = self.inherited()
        other.directory, other.user = "/", ""
        return other

    def inherited(self) -> Environment:
        """Return what a stage starts with that goes on from here: the image's own values are set once more."""
        other = Environment(self._ids, self._arguments, self._globals)
        other._image = dict(self._image)
        again = {BASE: BASE, **self._image}
        kept = {name: it for name, it in self.variables.values.items() if name not in again}
        other._list = VariableList(self._ids, tuple({**kept, **again}.items()))
        other.directory, other.user = self.directory, self.user
        return other

    @property
    def variables(self) -> Variables:
        """What is set, in the order of the last assignment."""
        return self._list.here()

    def value(self, name: str) -> Value:
        """Return the value of a name; what the base image sets, or does not set, has a name of its own."""
        known = self._list.get(name)
        return Unknown(name, ()) if known is None else known

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

    def made_of(self, text: str, *parts: Value) -> Value:
        """Return a text that is made of some parts: one that only the build knows if one of them is."""
        unknown = [it for it in parts if isinstance(it, Unknown)]
        return Unknown(text, tuple(("", self._ids.of(it)) for it in unknown)) if unknown else text

    def pass_over(self, placed: Placed, after: Scope) -> None:
        """Take in what an instruction sets; ``after`` is the scope behind it."""
        keyword, instruction, scope = placed.keyword, placed.instruction, placed.scope
        if keyword == "ENV":
            pairs = [
                (scope.expand(it.name, instruction.escape).text, self.resolve(it.value, scope, instruction.escape))
                for it in instruction.pairs
            ]
            for name, value in pairs:
                self._list.assign(name, value)
                self._set_in_image(name, value)
        elif keyword == "ARG":
            parts = (it.text.partition("=") for it in instruction.words)
            defaults = {name: default for name, equals, default in parts if equals}
            values = dict(argument_values(instruction, scope.variables, self._arguments))
            for name, value in values.items():
                self._list.assign(name, value if value is not None else self._unknown_argument(name, defaults, placed))
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
        if isinstance(text, str) and text.startswith("/"):
            return text
        return self.made_of(directory, self.directory, text)

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
            found |= {name: it for name, it in environment.variables.values.items() if isinstance(it, Unknown)}
    return found
