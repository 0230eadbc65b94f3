"""What an instruction finds set: variables, working directory, user and shell.

Source: BuildKit ``dockerfile2llb/convert.go`` (dispatchArg, dispatchEnv, dispatchWorkdir, dispatchUser, dispatchShell).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from typing_extensions import override

from layerwise.semantics.paths import BASE_DIRECTORY, join
from layerwise.syntax.expansion import Expansion, expand
from layerwise.syntax.instruction import Instruction

PLATFORM_ARGS: Final = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
"""Global arguments that the builder sets itself (``platform.go:defaultArgs``)."""

_LONGEST_VALUE: Final = 128 * 1024
"""Linux takes no longer variable; without a limit, lines of ``ENV A=$A$A`` would fill the memory."""

DEFAULT_SHELL: Final = ("/bin/sh", "-c")


@lru_cache(maxsize=20_000)
def _is_like(name: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    return any(it.fullmatch(name) is not None for it in patterns)


class Variables(Mapping[str, str | None]):
    """An immutable chain of definitions; the last of a name wins. None is a value that only the build knows.

    With ``open_ended`` any other name may be set too, by the base image. ``own`` are the last definitions, ``parent``
    has those before them. A link takes in those before it that are no longer than it is, so that a chain of a thousand
    ENVs has ten links, and one more costs as few copies. ``partial`` has (name, text) of values that are
    only partly known, such as ``/app/bin:$PATH``.
    """

    __slots__ = ("_names", "open_ended", "own", "parent", "partial")

    def __init__(
        self,
        own: Mapping[str, str | None],
        parent: Variables | None = None,
        *,
        open_ended: bool = False,
        partial: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Add ``own`` to ``parent``."""
        self.partial: tuple[tuple[str, str], ...] = (() if parent is None else parent.partial[-64:]) + partial
        self.open_ended = open_ended or (parent is not None and parent.open_ended)
        self.own: dict[str, str | None] = dict(own)
        while parent is not None and len(parent.own) <= len(self.own):
            self.own, parent = {**parent.own, **self.own}, parent.parent
        self.parent = parent
        self._names: dict[tuple[re.Pattern[str], ...], list[str]] = {}

    @override
    def __getitem__(self, name: str) -> str | None:
        """Return the value; raises ``KeyError`` if the name is certainly not set."""
        link: Variables | None = self
        while link is not None:
            if name in link.own:
                return link.own[name]
            link = link.parent
        if self.open_ended:
            return None
        raise KeyError(name)

    @override
    def __iter__(self) -> Iterator[str]:
        """Yield the names defined in the file, in order of first definition."""
        return iter(self.defined_names())

    @override
    def __len__(self) -> int:
        """Return how many names are defined in the file."""
        return len(self.defined_names())

    def defined_names(self) -> dict[str, str | None]:
        """Return what is defined in the file, in order of first definition."""
        return {name: value for it in reversed(self.links) for name, value in it.own.items()}

    def named_like(self, patterns: tuple[re.Pattern[str], ...]) -> dict[str, str | None]:
        """Return those of the defined names that match one of the patterns; what matches is kept by link."""
        return {name: it.own[name] for it in reversed(self.links) for name in it.own_names(patterns)}

    def own_names(self, patterns: tuple[re.Pattern[str], ...]) -> Sequence[str]:
        """Return the last defined names that match one of the patterns."""
        if patterns not in self._names:
            self._names[patterns] = [it for it in self.own if _is_like(it, patterns)]
        return self._names[patterns]

    @property
    def links(self) -> list[Variables]:
        """The links of the chain, last first."""
        links: list[Variables] = []
        link: Variables | None = self
        while link is not None:
            links.append(link)
            link = link.parent
        return links

    def defined(self, values: Mapping[str, str | None], partial: tuple[tuple[str, str], ...] = ()) -> Variables:
        """Return these variables with more defined."""
        return Variables(values, self, partial=partial)


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The state in front of an instruction. Two are the same only if they are the same object.

    ``directory`` is an image path (see ``paths``); ``user`` is "" for the base image's. ``environment`` has what the
    image's configuration gets: the ENVs, whatever ARG hides them. ``triggers`` wait for a stage that starts from here.
    """

    variables: Variables
    directory: str = BASE_DIRECTORY
    user: str = ""
    shell: tuple[str, ...] = DEFAULT_SHELL
    environment: Variables = field(default_factory=lambda: Variables({}))
    triggers: tuple[Instruction, ...] = ()

    def expand(self, text: str, escape: str) -> Expansion:
        """Expand a builder-expanded field."""
        return expand(text, self.variables, escape=escape)


FROM_IMAGE: Final = Scope(Variables({}, open_ended=True))
"""Behind a FROM that names an image: its environment is not known here."""

FROM_SCRATCH: Final = Scope(Variables({}), directory="/")


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values of ARGs from outside: global ARGs, and build-args given by the user."""

    declared: Mapping[str, str | None]
    given: Mapping[str, str]

    def declare(self, instruction: Instruction) -> Arguments:
        """Return the arguments after a global ARG."""
        values = dict(argument_values(instruction, self.scope().variables, self))
        return Arguments({**self.declared, **values}, self.given)

    def scope(self) -> Scope:
        """Return what FROM sees."""
        return Scope(Variables({**self._platform(), **self.declared}))

    def _platform(self) -> dict[str, str | None]:
        # Images for other systems than Linux are built on those only, and hardly by BuildKit.
        values = dict.fromkeys(PLATFORM_ARGS) | dict.fromkeys(("BUILDOS", "TARGETOS"), "linux")
        return values | {name: it for name, it in self.given.items() if name in PLATFORM_ARGS}

    def platform(self, name: str) -> str | None:
        """Return the value of one of ``PLATFORM_ARGS``, None if only the build knows it."""
        return self._platform()[name]


def argument_values(
    instruction: Instruction, variables: Variables, arguments: Arguments
) -> Iterator[tuple[str, str | None]]:
    """Yield what an ARG sets: each name with its value; a name without any value stays unset.

    Those further on in one line see those before them, which they did not in a stage in 2020.
    """
    for word in instruction.words:
        name, separator, default = word.text.partition("=")
        if name in arguments.given:
            value: str | None = arguments.given[name]
        elif separator:
            value = _value(expand(default, variables, escape=instruction.escape))
        elif name in arguments.declared:
            value = arguments.declared[name]
        elif name in PLATFORM_ARGS:
            value = arguments.platform(name)
        else:
            continue
        variables = variables.defined({name: value})
        yield name, value


def _value(expansion: Expansion) -> str | None:
    return expansion.text if expansion.known and len(expansion.text) <= _LONGEST_VALUE else None


def arg_names(instruction: Instruction) -> frozenset[str]:
    """Return the names that an ARG declares."""
    return frozenset(it.text.partition("=")[0] for it in instruction.words)


def after(scope: Scope, instruction: Instruction, arguments: Arguments) -> Scope:
    """Return the scope behind an instruction; the same object if it changes nothing."""
    keyword = instruction.keyword
    if keyword in _UNCHANGING:
        return scope
    if keyword == "ENV":
        return _after_env(scope, instruction)
    if keyword == "ARG":
        values = dict(argument_values(instruction, scope.variables, arguments))
        partial = tuple(_partial_defaults(instruction, scope, arguments))
        return replace(scope, variables=scope.variables.defined(values, partial)) if values else scope
    text = instruction.arguments.text
    if keyword == "WORKDIR" and text:
        expansion = scope.expand(text, instruction.escape)
        return replace(scope, directory=join(scope.directory, expansion.text, known=expansion.known))
    if keyword == "USER" and text:
        return replace(scope, user=scope.expand(text, instruction.escape).text)
    if keyword == "SHELL" and instruction.json:
        return replace(scope, shell=tuple(it.text for it in instruction.json))
    if keyword == "ONBUILD" and instruction.trigger is not None:
        return replace(scope, triggers=(*scope.triggers, instruction.trigger))
    return scope


def _partial_defaults(instruction: Instruction, scope: Scope, arguments: Arguments) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of the defaults of an ARG that are only partly known."""
    for word in instruction.words:
        name, _, default = word.text.partition("=")
        expansion = scope.expand(default, instruction.escape)
        if name not in arguments.given and not expansion.known and len(expansion.text) <= _LONGEST_VALUE:
            yield name, expansion.text


def _after_env(scope: Scope, instruction: Instruction) -> Scope:
    values: dict[str, str | None] = {}
    partial: list[tuple[str, str]] = []
    for pair in instruction.pairs:
        name = scope.expand(pair.name, instruction.escape).text
        expansion = scope.expand(pair.value, instruction.escape)
        values[name] = _value(expansion)
        if not expansion.known and len(expansion.text) <= _LONGEST_VALUE:
            partial.append((name, expansion.text))
    if not values:
        return scope
    environment = scope.environment.defined(values)
    return replace(scope, variables=scope.variables.defined(values, tuple(partial)), environment=environment)


def inherited(scope: Scope) -> Scope:
    """Return the scope behind a FROM that names a stage which ends in ``scope``, before its triggers run.

    ENVs that an ARG hid come back (``dispatchStages`` reads the image's configuration anew); ARGs are inherited.
    """
    names = scope.environment.defined_names()
    if not names and not scope.triggers:
        return scope
    return replace(scope, variables=scope.variables.defined(names), triggers=())


_UNCHANGING: Final = frozenset(
    {"RUN", "COPY", "ADD", "FROM", "LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL"}
    | {"MAINTAINER", "VOLUME"}
)
