"""Small faults to plant in a module: one expression or statement each, that a test should notice.

Wording is left alone: a fault in a sentence is for its reader to see. So are annotations, and what a class body holds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from typing_extensions import override

_OTHER: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
}
_TAKES_NAMES: Final = frozenset({"names", "syntax", "frozenset", "split"})
_WORDS: Final = frozenset({"code", "shortened", "Withheld"})
_UNSEEN: Final = frozenset({"annotation", "returns", "decorator_list", "args", "type_comment"})
_ALTERNATIVE: Final = re.compile(r"(?:\\.|\[(?:\\.|[^\]])*\]|\((?:\\.|[^()]|\((?:\\.|[^()])*\))*\)|[^|\\\[(])+")


@dataclass(frozen=True, slots=True)
class Fault:
    """The ``number``-th fault of a module.

    ``lines`` are those of the statement that has it, ``is_value`` whether that is an assignment of the module. ``source``
    is the text of the module, which may be edited during the run.
    """

    module: str
    path: Path
    number: int
    line: int
    lines: range
    text: str
    is_value: bool
    source: str = field(repr=False)

    @property
    def room(self) -> str:
        return self.module.split(".")[1]


def faults_of(module: str, path: Path) -> list[Fault]:
    """Return all faults that can be planted in a module, in the order of the file."""
    found: list[Fault] = []
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    for number, (old, new, statement) in enumerate(_changes(tree)):
        body: list[ast.stmt] = getattr(statement, "body", [])
        end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
        lines = range(statement.lineno, max(end, statement.lineno + 1))
        text = f"{_shown(old)} → {_shown(new)}"
        line = getattr(old, "lineno", statement.lineno)
        is_value = statement in tree.body
        found.append(Fault(module, path, number, line, lines, text, is_value, source))
    return found


def planted(fault: Fault) -> ast.Module:
    """Return the module with the fault in it."""
    tree = ast.parse(fault.source)
    old, new, _ = next(it for number, it in enumerate(_changes(tree)) if number == fault.number)
    _Replace(old, ast.copy_location(new, old)).visit(tree)
    return ast.fix_missing_locations(tree)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    @override
    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) < 90 else f"{text[:60]} … {text[-25:]}"


def _changes(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST, ast.stmt]]:
    for statement in tree.body:
        for it in statement.body if isinstance(statement, ast.ClassDef) else [statement]:
            if isinstance(it, ast.FunctionDef) or (it is statement and isinstance(it, ast.Assign | ast.AnnAssign)):
                yield from _changes_in(it, it)


def _changes_in(node: ast.AST, statement: ast.stmt) -> Iterator[tuple[ast.AST, ast.AST, ast.stmt]]:
    is_wording = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _WORDS
    is_type = isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.dump(node.annotation)
    if is_wording or is_type or isinstance(node, ast.JoinedStr):
        return
    yield from ((old, new, statement) for old, new in _of(node))
    for name, value in ast.iter_fields(node):
        for it in cast("list[object]", value) if isinstance(value, list) else [value]:
            if isinstance(it, ast.AST) and name not in (_UNSEEN if not isinstance(node, ast.Call) else ()):
                yield from _changes_in(it, it if isinstance(it, ast.stmt) else statement)


def _of(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each node that a fault takes away or changes here, with what comes in its place."""
    yield from _of_condition(node)
    yield from _of_collection(node)
    match node:
        case ast.Constant(value=bool(value)):
            yield node, ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield node, ast.Constant(value + 1)
        case (
            ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign() | ast.Continue() | ast.Break()
        ):
            yield node, ast.Pass()
        case _:
            pass


def _of_condition(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield from ((test, ast.Constant(it)) for it in (True, False))
        case ast.comprehension(ifs=conditions):
            yield from ((it, ast.Constant(value=True)) for it in conditions)
        case ast.BoolOp(op=op, values=values):
            for left_out in values:
                rest = [it for it in values if it is not left_out]
                yield node, rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
            yield node, ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _OTHER:
            yield node, ast.Compare(left, [_OTHER[type(op)]], right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, operand
        case _:
            pass


def _of_collection(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Add() | ast.Sub(), right=right):
            if not any(isinstance(it, ast.JoinedStr | ast.Constant) for it in (left, right)):
                yield node, left
        case ast.Set(elts=parts) | ast.List(elts=parts, ctx=ast.Load()):
            yield from ((node, _shorter(node, part)) for part in parts if parts[1:])
        case ast.Tuple(elts=parts) if parts[1:] and all(isinstance(it, ast.Constant) for it in parts):
            yield from ((node, ast.Tuple([it for it in parts if it is not part], ast.Load())) for part in parts)
        case ast.Call(func=function, args=arguments):
            yield from _of_call(getattr(function, "id", getattr(function, "attr", "")), arguments)
        case _:
            pass


def _shorter(node: ast.Set | ast.List, left_out: ast.expr) -> ast.expr:
    rest = [it for it in node.elts if it is not left_out]
    return ast.Set(rest) if isinstance(node, ast.Set) else ast.List(rest, ast.Load())


def _of_call(name: str, arguments: list[ast.expr]) -> Iterator[tuple[ast.AST, ast.AST]]:
    for it in arguments:
        if not isinstance(it, ast.Constant) or not isinstance(it.value, str):
            continue
        if name in _TAKES_NAMES:
            parts, glue = it.value.split(), " "
        else:
            parts, glue = _ALTERNATIVE.findall(it.value) if name == "compile" else [], "|"
        if len(parts) > 1 and glue.join(parts) == it.value:
            for at in range(len(parts)):
                yield it, ast.Constant(glue.join(parts[:at] + parts[at + 1 :]))
