"""YAML as plain values, from texts that nobody vouches for: bounded work, no classes, no exceptions.

Events, not PyYAML's own constructor: that one copies what is merged, and makes dates of texts and sets of keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, cast

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
    try:
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        events = cast("_Events", loader(text.removeprefix("\ufeff")))
        reader = _Reader()
        while (event := events.get_event()) is not None:
            reader.take(event)
        return reader.result()
    except (yaml.YAMLError, _NotTakenError, ValueError):
        # A ValueError is a text with half a character in it, which can not be encoded.
        return None


class _Events(Protocol):
    """What both loaders can do: the one in C, and the one in Python for where libyaml is not."""

    def get_event(self) -> Event | None: ...


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

    def add(self, node: _Node) -> None:
        """Take the next node; in a mapping, keys and values take turns."""
        value, as_key = node.value, node.as_key
        self.size += node.size
        self.depth = max(self.depth, node.depth + 1)
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is None:
            if as_key is None or as_key in self.value:
                raise _NotTakenError
            self.key = as_key
        elif self.key == _MERGE:
            self.merged += cast("list[object]", value) if isinstance(value, list) else [value]
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


@dataclass(frozen=True, slots=True)
class _Node:
    """A finished value, what it is called as a key (None if it can not be one), and its size as in ``_Open``."""

    value: object
    as_key: str | None = None
    size: int = 1
    depth: int = 0


@dataclass(slots=True)
class _Reader:
    """What is open, the outermost first: the first one is the list of documents."""

    above: list[_Open] = field(default_factory=lambda: [_Open([], None)])
    anchors: dict[str, _Node] = field(default_factory=dict[str, _Node])

    def take(self, event: Event) -> None:
        import yaml  # noqa: PLC0415

        if isinstance(event, yaml.CollectionStartEvent):
            self.above.append(_Open([] if isinstance(event, yaml.SequenceStartEvent) else {}, event.anchor))
            if len(self.above) > _MOST_LEVELS + 1:
                raise _NotTakenError
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.above.pop()
            self._add(_Node(done.finished(), None, done.size, done.depth), done.anchor)
        elif isinstance(event, yaml.ScalarEvent):
            written = str(event.value)
            is_text = event.style or event.tag in ("!", "tag:yaml.org,2002:str")
            self._add(_Node(written if is_text else _scalar(written), written), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            # An alias inside of what it names, which has no end, comes before its anchor is known.
            if event.anchor not in self.anchors:
                raise _NotTakenError
            self._add(self.anchors[event.anchor], None)

    def _add(self, node: _Node, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        into = self.above[-1]
        into.add(node)
        if into.size > _MOST_NODES or len(self.above) + node.depth > _MOST_LEVELS + 1:
            raise _NotTakenError

    def result(self) -> object | None:
        documents = cast("list[object]", self.above[0].value)
        if len(documents) > 1:
            raise _NotTakenError
        return documents[0] if documents else None


def _scalar(written: str) -> str | int | float | bool | None:
    if written in _CONSTANTS:
        return _CONSTANTS[written]
    if _INTEGER.fullmatch(written):
        return int(written, 0 if written.startswith(("0o", "0x")) else 10)
    # A number of more digits is a text: both of Python's would lose some, or take long.
    return float(written) if _FLOAT.fullmatch(written) and not written.strip("+-").isdecimal() else written
