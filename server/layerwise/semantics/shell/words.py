"""Nodes of the tree into words and assignments: which nodes are one word, and what its value is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from tree_sitter import Node

from layerwise.semantics.shell.command import Assignment, Word
from layerwise.semantics.shell.source import Source

SUBSTITUTIONS: Final = frozenset({"command_substitution", "process_substitution"})
_EXPRESSIONS: Final = frozenset(
    {"binary_expression", "unary_expression", "parenthesized_expression", "ternary_expression"}
)
_CONTINUATIONS: Final = re.compile(r"(?:\\\n)*")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPE_IN_QUOTES: Final = re.compile(r'\\([\n$`"\\])')


def _unescape(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda it: "" if it[1] == "\n" else it[1], text) if "\\" in text else text


def literal(source: Source, node: Node) -> str | None:
    """Return the text of a node after quote and escape removal; None if it is not literal."""
    text = source.slice(node)
    match node.type:
        case "raw_string":
            return text[1:-1]
        case "string":
            is_literal = all(it.type == "string_content" for it in node.named_children)
            return _unescape(_ESCAPE_IN_QUOTES, text[1:-1]) if is_literal else None
        case "ansi_c_string":
            return None if "\\" in text else text[2:-1]
        case "concatenation" | "command_name":
            return _joined(literal(source, it) for it in node.children)
        case "variable_assignment" if value := node.child_by_field_name("value"):
            return _joined([text[: len(text) - len(source.slice(value))], literal(source, value)])
        case _:
            return None if node.named_child_count else _unescape(_ESCAPE, text)


def _joined(parts: Iterable[str | None]) -> str | None:
    out: list[str] = []
    for part in parts:
        if part is None:
            return None
        out.append(part)
    return "".join(out)


def _flat(nodes: Iterable[Node]) -> Iterable[Node]:
    """Yield the tokens of a test's expressions; other nodes as they are."""
    for node in nodes:
        if node.type in _EXPRESSIONS:
            stack = [node]
            while stack:
                it = stack.pop()
                if it.type in _EXPRESSIONS:
                    stack += reversed(it.children)
                else:
                    yield it
        else:
            yield node


def words_of(source: Source, nodes: Iterable[Node]) -> list[Word]:
    """Return the words that the nodes make up, in order; nodes with no blank between them are one word."""
    groups: list[list[Node]] = []
    for node in _flat(nodes):
        if node.start_byte == node.end_byte:
            continue  # the parser's stand-in for a missing word
        if groups and _CONTINUATIONS.fullmatch(source.gap(groups[-1][-1], node)):
            groups[-1].append(node)
        else:
            groups.append([node])
    return [_word(source, it) for it in groups]


def _word(source: Source, nodes: Sequence[Node]) -> Word:
    span = source.span(nodes[0], nodes[-1])
    text = span.of(source.text)
    value = _joined(literal(source, it) for it in nodes)
    variables = mentioned(source, nodes)
    if text.startswith("~"):
        value = None
        if text == "~" or text.startswith("~/"):
            variables |= {"HOME"}
    return Word(span, text, value, variables)


def assignment_of(source: Source, node: Node) -> Assignment:
    """Convert a ``variable_assignment``."""
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    is_scalar = name is not None and name.type == "variable_name" and "+=" not in {it.type for it in node.children}
    words = words_of(source, [value] if value else [])
    return Assignment(
        source.span(node),
        source.slice(name).partition("[")[0] if name else "",
        (words[0].value if words else "") if is_scalar else None,
        words[0].variables if words else frozenset(),
        words[0].text if words else "",
    )


def mentioned(source: Source, nodes: Iterable[Node]) -> frozenset[str]:
    """Return the names of the variables that are expanded anywhere inside the nodes."""
    names: set[str] = set()
    stack = [it for it in nodes if it.child_count]
    while stack:
        node = stack.pop()
        for child in node.children:
            if child.child_count:
                stack.append(child)
            elif child.type in {"variable_name", "special_variable_name"} and node.type != "variable_assignment":
                names.add(source.slice(child))
    return frozenset(names)


def substitutions(nodes: Iterable[Node]) -> list[Node]:
    """Return the outermost ``$(…)``, backticks and ``<(…)`` inside the nodes, in source order."""
    found: list[Node] = []
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node.type in SUBSTITUTIONS:
            found.append(node)
        elif node.child_count:
            stack += node.children
    return sorted(found, key=lambda it: it.start_byte)
