"""YAML as plain values, from texts that nobody vouches for: bounded work, no classes, no exceptions.

Events, not PyYAML's own constructor: that one copies what is merged, and makes dates of texts and sets of keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from yaml import Event

_MOST_CHARACTERS: Final = 1024 * 1024
_MOST_LEVELS: Final = 100
# How much the aliases of a text may stand for, in nodes: what "billion laughs" is about.
_MOST_NODES: Final = 200_000
# The core schema of YAML 1.2, https://yaml.org/spec/1.2.2/#103-core-schema: no `yes`, no dates, no `1:30`.
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,99}|[0-9]{1,99}(\.[0-9]{0,99})?)([eE][-+]?[0-9]{1,3})?")
_MERGE: Final = "<<"


def load_yaml(text: str) -> object | None:
    """Return the one document of ``text``: dicts, lists, str, int, float, bool and None, at most 100 levels deep.

    None if it is empty, is not valid YAML (two documents and a key that is there twice are not), or is too much: longer
    than a MiB, or longer than that once its aliases are written out. Keys are texts as written, dates stay texts, and
    tags (``!reset``) are dropped. What an anchor names is one object wherever it is used: change nothing in it.
    """
    # 15 ms that only those pay whose projects have such files.
    import yaml  # noqa: PLC0415

    if len(text) > _MOST_CHARACTERS:
        return None
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        return _read(cast("Iterator[Event]", yaml.parse(text.removeprefix("\ufeff"), loader)))
    except (yaml.YAMLError, _NotTakenError, ValueError):
        # A ValueError is a text with half a character in it, which can not be encoded.
        return None


class _NotTakenError(Exception):
    """It may be YAML, but is not what is taken here."""


@dataclass(slots=True)
class _Open:
    """A list or mapping of which more is to come; ``size`` is how many nodes it has with its aliases written out."""

    value: list[object] | dict[str, object]
    anchor: str | None
    size: int = 1
    depth: int = 1
    key: str | None = None
    merged: list[object] = field(default_factory=list[object])

    def add(self, value: object, as_key: str | None, size: int, depth: int) -> None:
        """Take the next node; ``as_key`` is the text of a scalar, None for what can not be a key."""
        self.size += size
        self.depth = max(self.depth, depth + 1)
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is None:
            if as_key is None or as_key in self.value:
                raise _NotTakenError
            self.key = as_key
        elif self.key == _MERGE:
            self.merged += value if isinstance(value, list) else [value]
            self.key = None
        else:
            self.value[self.key] = value
            self.key = None

    def finished(self) -> list[object] | dict[str, object]:
        """Return the value with what ``<<`` merges in: own keys first, then those of the earlier mapping."""
        if isinstance(self.value, dict):
            for it in self.merged:
                if not isinstance(it, dict):
                    raise _NotTakenError
                for key, value in cast("dict[str, object]", it).items():
                    self.value.setdefault(key, value)
        return self.value


def _read(events: Iterator[Event]) -> object | None:
    import yaml  # noqa: PLC0415

    above: list[_Open] = []
    root = _Open([], None)
    # By anchor: the value, the text of it as a key, how many nodes and levels it has.
    anchors: dict[str, tuple[object, str | None, int, int]] = {}
    for event in events:
        into = above[-1] if above else root
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            above.append(_Open([] if isinstance(event, yaml.SequenceStartEvent) else {}, event.anchor))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            done = above.pop()
            node = (done.finished(), None, done.size, done.depth)
            if done.anchor is not None:
                anchors[done.anchor] = node
            (above[-1] if above else root).add(*node)
        elif isinstance(event, yaml.ScalarEvent):
            written = str(event.value)
            node = (_scalar(written) if event.implicit[0] else written, written, 1, 0)
            if event.anchor is not None:
                anchors[event.anchor] = node
            into.add(*node)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                # Among them those inside of what they name, which has no end.
                raise _NotTakenError
            into.add(*anchors[event.anchor])
        if len(above) > _MOST_LEVELS or into.size > _MOST_NODES or into.depth > _MOST_LEVELS + 1:
            raise _NotTakenError
    documents = cast("list[object]", root.value)
    if len(documents) > 1:
        raise _NotTakenError
    return documents[0] if documents else None


def _scalar(written: str) -> str | int | float | bool | None:
    if written in _CONSTANTS:
        return _CONSTANTS[written]
    if _INTEGER.fullmatch(written):
        return int(written, 0 if written.startswith(("0o", "0x")) else 10)
    return float(written) if _FLOAT.fullmatch(written) else written
