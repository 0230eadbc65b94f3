"""Planting a fault in a module that is loaded, so that nothing has to be imported again."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

from mutants.changes import Fault, planted

_PACKAGE: Final = "layerwise"


def plant(fault: Fault) -> None:
    """Change the code of a function where it is; or a value of the module, and what was made of it."""
    tree, module = planted(fault), importlib.import_module(fault.module)
    statement = _at(tree.body, fault.line)
    method = _at(statement.body, fault.line) if isinstance(statement, ast.ClassDef) else statement
    if not isinstance(method, ast.FunctionDef):
        _assign(module, statement)
        return
    holder: Any = module if method is statement else vars(module)[getattr(statement, "name", "")]
    function = _function(cast("object", vars(holder)[method.name]))
    function.__code__ = _code(compile(tree, str(fault.path), "exec"), function.__code__)


def _at(statements: list[ast.stmt], line: int) -> ast.stmt:
    return next(it for it in statements if it.lineno <= line <= (it.end_lineno or 0))


def _function(found: object) -> FunctionType:
    """Return the function that a decorator has put away."""
    for name in ("fget", "func", "__func__", "__wrapped__"):
        if (inner := getattr(found, name, None)) is not None:
            return _function(inner)
    return cast("FunctionType", found)


def _code(module: CodeType, old: CodeType) -> CodeType:
    same = (it for it in _codes(module) if it.co_qualname == old.co_qualname)
    return next(it for it in same if it.co_firstlineno == old.co_firstlineno)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for it in code.co_consts:
        if isinstance(it, CodeType):
            yield it
            yield from _codes(it)


def _assign(module: ModuleType, statement: ast.stmt) -> None:
    """Run an assignment of a module again, and then those that use its name."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            old = vars(module)[name]
        case _:
            return
    vars(module)[name] = eval(compile(ast.Expression(value), str(module.__file__), "eval"), vars(module))  # noqa: S307
    loaded = [it for key, it in sys.modules.items() if key.split(".")[0] == _PACKAGE]
    users = [it for it in loaded if it is not module and name in vars(it) and vars(it)[name] is old]
    for user in users:
        setattr(user, name, vars(module)[name])
    for user in (module, *users):
        for other in ast.parse(Path(str(user.__file__)).read_text(encoding="utf-8")).body:
            is_later = user is not module or other.lineno > statement.lineno
            if is_later and any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(other)):
                _assign(user, other)
