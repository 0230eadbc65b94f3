"""The variables in front of an instruction, in the order of their last assignment, which is part of RUN's key.

A list is compared by a number that is kept up to date: a file of thousands of ENVs and RUNs would otherwise cost the
square of its length.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, TypeAlias

BASE: Final = ""
"""Stands for all that the base image sets; no variable has an empty name."""

OTHER: Final = "\N{REPLACEMENT CHARACTER}changed"
"""A value that nobody has."""


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


@dataclass(frozen=True, slots=True)
class Variables:
    """The list at one place; two are equal if their numbers are. ``length`` is how much of ``log`` lies before it.

    ``unknown``: there may be a value in it that only the build knows.
    """

    number: int
    log: Sequence[tuple[str, Value]] = field(compare=False, repr=False)
    length: int = field(compare=False)
    unknown: bool = field(compare=False, default=False)

    @property
    def values(self) -> dict[str, Value]:
        """Names and values, in order."""
        values: dict[str, Value] = {}
        for name, value in itertools.islice(self.log, self.length):
            values.pop(name, None)
            values[name] = value
        return values


class VariableList:
    """The list while a stage is walked: each assignment puts its variable at the end."""

    def __init__(self, ids: Ids, values: Sequence[tuple[str, Value]] = ((BASE, BASE),)) -> None:
        """Start with some values, in order."""
        self._ids = ids
        self._log: list[tuple[str, Value]] = []
        self._values: dict[str, tuple[Value, int]] = {}
        self._before: dict[str, str | None] = {}
        self._behind: dict[str, str] = {}
        self._last: str | None = None
        self._unknown = False
        # Who stands beside whom tells the whole order, as no name is there twice: so a sum over neighbours is enough.
        self._sum = 0
        for name, value in values:
            self.assign(name, value)

    def get(self, name: str) -> Value | None:
        """Return a value, None if there is none."""
        found = self._values.get(name)
        return None if found is None else found[0]

    def assign(self, name: str, value: Value) -> None:
        """Set a variable."""
        if name in self._values:
            self._take_out(name)
        self._log.append((name, value))
        self._unknown = self._unknown or isinstance(value, Unknown)
        self._values[name] = value, self._ids.of((name, value))
        self._join(self._last, name)
        self._last = name

    def here(self) -> Variables:
        """Return the list as it is now."""
        return Variables(self._ids.of(("variables", self._sum)), self._log, len(self._log), self._unknown)

    def _take_out(self, name: str) -> None:
        before, behind = self._before.pop(name), self._behind.pop(name, None)
        self._sum -= self._beside(before, name)
        if behind is None:
            self._last = before
            if before is not None:
                del self._behind[before]
        else:
            self._sum -= self._beside(name, behind)
            self._join(before, behind)
        del self._values[name]

    def _join(self, before: str | None, behind: str) -> None:
        self._before[behind] = before
        if before is not None:
            self._behind[before] = behind
        self._sum += self._beside(before, behind)

    def _beside(self, before: str | None, behind: str) -> int:
        first = -1 if before is None else self._values[before][1]
        pair = f"{first} {self._values[behind][1]}"
        return int.from_bytes(blake2b(pair.encode(), digest_size=16).digest())
