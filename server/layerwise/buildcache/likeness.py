"""Whether two parts of cache keys that are written otherwise may be the same all the same, which only the build knows.

What a variable of the base image holds can be anything: all that is known of such a text is how it begins and ends. A
literal variable that is new in a stage counts as new, though the base image may have set the very same.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, cast

from layerwise.buildcache.variable_list import BASE, OTHER, Unknown, Value, Variables

_LAST: Final = re.compile(r".*(?:\}|\$\w+)|\?", re.DOTALL)
_ITSELF: Final = re.compile(r"\$(?:(\w+)|\{(\w+)(?:[^\w}][^}]*)?\})")


@dataclass(frozen=True, slots=True)
class Versioned:
    """A part that only some versions of the builder have in the key."""

    value: Hashable


@dataclass(frozen=True, slots=True)
class Told:
    """A part of a key with what tells more of it, which is not in the key.

    Of a command that is the shell, of sources where they lie.
    """

    value: Hashable
    more: Hashable = field(compare=False)


def may_be_equal(one: Hashable, other: Hashable) -> bool:
    """Tell whether two parts of keys are the same, or may be."""
    if one == other:
        return True
    if isinstance(one, Versioned) and isinstance(other, Versioned):
        return True
    if isinstance(one, Told) and isinstance(other, Told):
        return may_be_equal(one.value, other.value)
    if isinstance(one, Variables) and isinstance(other, Variables):
        return _variables(one, other)
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return isinstance(one, str | Unknown) and isinstance(other, str | Unknown) and _texts(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        left, right = cast("tuple[Hashable, ...]", one), cast("tuple[Hashable, ...]", other)
        return len(left) == len(right) and all(map(may_be_equal, left, right))
    return False


def ending(text: str) -> str:
    """Return what stands behind the last variable of a text."""
    found = _LAST.match(text)
    return text if found is None else text[found.end() :]


def _texts(one: Value, other: Value) -> bool:
    texts = [it if isinstance(it, str) else it.text for it in (one, other)]
    if (OTHER in texts[0]) != (OTHER in texts[1]):
        return False
    # A folder is the same with a slash at its end, as far as this is about.
    (start, end, least), (other_start, other_end, other_least) = (_ends(it) for it in (one, other))
    starts = start.startswith(other_start) or other_start.startswith(start)
    ends = end.endswith(other_end) or other_end.endswith(end)
    room = not (isinstance(one, str) and len(start) < other_least) and not (
        isinstance(other, str) and len(other_start) < least
    )
    return starts and ends and room


def _ends(value: Value) -> tuple[str, str, int]:
    """Return how a text begins and ends for certain, and how long it is at least."""
    if isinstance(value, str):
        text = value.rstrip("/")
        return text, text, len(text)
    text = value.text.rstrip("/")
    start = "" if text.startswith("?") else text.partition("$")[0]
    end = ending(text)
    return start, end, len(start) + len(end)


def _variables(one: Variables, other: Variables) -> bool:
    if not one.unknown and not other.unknown:
        return False
    left, right = _set(one), _set(other)
    return list(left) == list(right) and all(may_be_equal(left[it], right[it]) for it in left)


def _set(variables: Variables) -> dict[str, Value]:
    """Return what is set to something else than what the base image has for the name."""
    return {name: it for name, it in variables.values.items() if name == BASE or not _is_itself(name, it)}


def _is_itself(name: str, value: Value) -> bool:
    found = _ITSELF.fullmatch(value.text) if isinstance(value, Unknown) else None
    return found is not None and name in found.groups()
