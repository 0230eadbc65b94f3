"""HCL as Bake files have it: their blocks, and the value of what is plain enough to be told.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. tree-sitter and not python-hcl2, which needs seconds for
its first file, and keeps what is in a template as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

from tree_sitter import Language, Node, Parser

from layerwise.workspace.build_files.files import mapping

_MOST_LEVELS: Final = 30
# No path is longer, and values of values grow fast.
_MOST_CHARACTERS: Final = 4096
_WRAPPERS: Final = frozenset({"expression", "literal_value", "template_expr", "collection_value", "operation"})
_NAMES: Final = ("identifier", "string_lit")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?P<escaped>.)|(?P<doubled>[$%])(?P=doubled)(?=\{)")
_CONSTANTS: Final[Mapping[str, Callable[[str], object]]] = {
    "null_lit": lambda _: None,
    "bool_lit": lambda text: text == "true",
    "numeric_lit": lambda text: int(text) if text.isdecimal() and len(text) < 19 else text,
}

Lookup: TypeAlias = Callable[[str], object]


class UnknownValueError(Exception):
    """A value can not be told from the files."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands behind an ``=``, in the text that it is part of."""

    node: Node
    text: str

    def value(self, lookup: Lookup) -> object:
        """Return the value with variables looked up; raises ``UnknownValueError``."""
        if self.node.has_error:
            raise UnknownValueError
        return _Evaluation(self.text, lookup).value(self.node, 0)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a file, by its keyword and its first label; blocks inside of it are left out."""

    keyword: str
    label: str
    attributes: Mapping[str, Expression]


def read_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a file that can be read; an attribute outside of blocks comes as that of one without name."""
    # Offsets of the tree are in bytes, and those of the text are wanted.
    root = _parser()().parse(re.sub(r"[^\x00-\x7f]", "_", text).encode()).root_node
    for body in (it for it in root.children if it.type == "body"):
        outside = _attributes(body, text)
        if outside:
            yield Block("", "", outside)
        for it in body.children:
            if it.type == "block" and not it.has_error:
                keyword, *labels = (
                    text[name.start_byte : name.end_byte] for name in it.children if name.type in _NAMES
                )
                inner = next((child for child in it.children if child.type == "body"), None)
                attributes = {} if inner is None else _attributes(inner, text)
                yield Block(keyword, labels[0].strip('"') if labels else "", attributes)


def template(text: str) -> Expression | None:
    """Return the expression that a text of a JSON file is; None if it can not be read."""
    outside = next(read_blocks(f"x = {json.dumps(text, ensure_ascii=False)}"), None)
    return None if outside is None else outside.attributes.get("x")


@cache
def _parser() -> Callable[[], Parser]:
    # Not needed where there is no such file.
    import tree_sitter_hcl  # noqa: PLC0415

    language = Language(tree_sitter_hcl.language())
    # One for each text: looks run in threads.
    return lambda: Parser(language)


def _attributes(body: Node, text: str) -> dict[str, Expression]:
    found: dict[str, Expression] = {}
    for it in (child for child in body.children if child.type == "attribute"):
        name, values = it.children[0], [child for child in it.children if child.type == "expression"]
        # What can not be read is something all the same; an attribute is the value of nothing.
        value = values[0] if len(values) == 1 and not it.has_error else it
        found[text[name.start_byte : name.end_byte]] = Expression(value, text)
    return found


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The values of the nodes of ``text``; all raise ``UnknownValueError``."""

    text: str
    lookup: Lookup

    def value(self, node: Node, level: int) -> object:
        inner = node.named_children
        if level > _MOST_LEVELS:
            raise UnknownValueError
        if node.type in _WRAPPERS and len(inner) == 1:
            return self.value(inner[0], level + 1)
        if node.type in _CONSTANTS:
            return _CONSTANTS[node.type](self._of(node))
        if node.type in ("string_lit", "quoted_template"):
            return self._joined(inner, level + 1)
        if node.type == "variable_expr":
            return self.lookup(self._of(node))
        return self._compound(node, inner, level + 1)

    def _compound(self, node: Node, inner: list[Node], level: int) -> object:
        if node.type == "tuple":
            return [self.value(it, level) for it in inner if it.type == "expression"]
        if node.type == "object":
            return dict(self._element(it, level) for it in inner if it.type == "object_elem")
        if node.type == "expression" and inner and all(it.type == "get_attr" for it in inner[1:]):
            return self._attribute(self.value(inner[0], level), inner[1:])
        if node.type == "binary_operation" and len(inner) == 2:
            return self._compared(inner[0], inner[1], level)
        if node.type == "conditional" and len(inner) == 3:
            condition = self.value(inner[0], level)
            if isinstance(condition, bool):
                return self.value(inner[1 if condition else 2], level)
        # Calls of functions, indexes, `for`, heredocs: what they are worth is left to those who run them.
        raise UnknownValueError

    def _of(self, node: Node) -> str:
        return self.text[node.start_byte : node.end_byte]

    def _joined(self, parts: list[Node], level: int) -> str:
        text = ""
        for it in parts:
            text += self._part(it, level)
            if len(text) > _MOST_CHARACTERS:
                raise UnknownValueError
        return text

    def _part(self, node: Node, level: int) -> str:
        if node.type in ("quoted_template_start", "quoted_template_end"):
            return ""
        if node.type == "template_literal":
            return _ESCAPE.sub(_unescaped, self._of(node))
        if node.type == "template_interpolation":
            parts = [self.value(it, level + 1) for it in node.named_children if it.type == "expression"]
            if len(parts) == 1 and isinstance(parts[0], str | int):
                return str(parts[0]) if not isinstance(parts[0], bool) else str(parts[0]).lower()
        raise UnknownValueError

    def _element(self, node: Node, level: int) -> tuple[str, object]:
        expressions = [it for it in node.named_children if it.type == "expression"]
        if len(expressions) != 2:
            raise UnknownValueError
        key, value = expressions
        # `{a = 1}` and `{"a" = 1}` are the same.
        name = self._of(key) if self._of(key).isidentifier() else self.value(key, level)
        if not isinstance(name, str):
            raise UnknownValueError
        return name, self.value(value, level)

    def _attribute(self, value: object, path: list[Node]) -> object:
        for it in path:
            name = self._of(it).removeprefix(".").strip()
            table = mapping(value)
            if name not in table:
                raise UnknownValueError
            value = table[name]
        return value

    def _compared(self, left: Node, right: Node, level: int) -> bool:
        operator = self.text[left.end_byte : right.start_byte].strip()
        if operator not in ("==", "!="):
            raise UnknownValueError
        return (self.value(left, level) == self.value(right, level)) is (operator == "==")


def _unescaped(found: re.Match[str]) -> str:
    if found["doubled"]:
        return str(found["doubled"])
    if found["escaped"] not in _ESCAPES:
        raise UnknownValueError
    return _ESCAPES[found["escaped"]]
