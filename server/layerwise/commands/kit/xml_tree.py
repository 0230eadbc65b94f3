"""XML as plain values, from texts that nobody vouches for: no entities, no document types, bounded depth.

With neither of them a text can't grow while it is read, or name other files (Python's manual, "XML security"; a pom.xml
or a project file of MSBuild has no use for them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_MOST_CHARACTERS: Final = 1024 * 1024
_MOST_LEVELS: Final = 100


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its name and those of its attributes without a prefix, its own text without blanks at the ends."""

    name: str
    attributes: Mapping[str, str]
    text: str
    children: tuple[Element, ...]

    def child(self, *path: str) -> Element | None:
        """Return the first element at a path of names."""
        found: Element | None = self
        for name in path:
            found = next((it for it in found.children if it.name == name), None)
            if found is None:
                return None
        return found

    def value(self, *path: str) -> str | None:
        """Return the text of the first element at a path of names."""
        found = self.child(*path)
        return found.text if found is not None else None

    def values(self, *path: str) -> list[str]:
        """Return the texts of all elements of the last name, in the first element at the names before it."""
        parent = self.child(*path[:-1])
        return [it.text for it in parent.children if it.name == path[-1]] if parent is not None else []

    def walk(self) -> Iterator[Element]:
        """Yield the element and all below it, in the order of the text."""
        waiting: list[Element] = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting.extend(reversed(found.children))

    def named(self, name: str) -> list[Element]:
        """Return the elements of a name, at any depth."""
        return [it for it in self.walk() if it.name == name]


class _NotTakenError(Exception):
    """The text has more than is read here."""


class _Reader:
    """Builds elements from the bottom up, as expat tells of their ends."""

    def __init__(self) -> None:
        self.open: list[tuple[str, dict[str, str], list[str], list[Element]]] = [("", {}, [], [])]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > _MOST_LEVELS:
            raise _NotTakenError
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        self.open.append((name.rpartition(":")[2], plain, [], []))

    def text(self, text: str) -> None:
        self.open[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, attributes, texts, children = self.open.pop()
        self.open[-1][3].append(Element(name, attributes, "".join(texts).strip(), tuple(children)))

    def refuse(self, *_: object) -> None:
        raise _NotTakenError


def parse_xml(text: str | None) -> Element | None:
    """Return the root element; None for what is not well-formed, too much, or has a document type or entities."""
    # Few projects have such files: the others need not wait for the parser.
    from xml.parsers import expat  # noqa: PLC0415

    if text is None or len(text) > _MOST_CHARACTERS:
        return None
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(text.removeprefix("\ufeff").encode(), True)  # noqa: FBT003 - C takes it by position only
    except (expat.ExpatError, _NotTakenError, ValueError):
        return None
    return reader.open[0][3][0]
