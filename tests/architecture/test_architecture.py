"""The house keeps its rules: rooms, sizes, and documents that say what is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import projects
from layerwise.commands.python.modules import STANDARD_MODULES
from layerwise.commands.registry import MANAGERS, ecosystem_at, ecosystems
from layerwise.rules.registry import RULES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "server" / "layerwise"
ROOMS = sorted(it.parent.name for it in PACKAGE.glob("*/__init__.py"))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
PURE = {"text", "syntax", "semantics", "context", "effects", "commands", "buildcache", "fixes", "rules", "ide"}


def code_lines(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_text().splitlines())


def rooms(names: list[str]) -> set[str]:
    return {name.strip().removeprefix("layerwise.") for it in names for name in it.split("|")}


def test_the_layers_contract_names_every_room() -> None:
    assert rooms(CONTRACTS[0]["layers"]) == set(ROOMS)


def test_the_other_contracts_hold_for_every_room_they_are_meant_for() -> None:
    assert rooms(CONTRACTS[1]["source_modules"]) == set(ROOMS) - {"lsp"}
    assert rooms(CONTRACTS[2]["source_modules"]) == PURE


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_rooms_use_nothing_that_reaches_outside(room: str) -> None:
    """What needs no import, or is in a module that also has what is pure."""
    forbidden = {"open", "input", "print", "exec", "eval", "compile", "breakpoint", "__import__"}
    for path in (PACKAGE / room).rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        called = {it.func.id for it in nodes if isinstance(it, ast.Call) and isinstance(it.func, ast.Name)}
        of_modules = {
            f"{it.value.id}.{it.attr}"
            for it in nodes
            if isinstance(it, ast.Attribute) and isinstance(it.value, ast.Name)
        }
        assert called & forbidden == set(), path
        assert {it for it in of_modules if it.startswith("io.")} <= {"io.BytesIO", "io.StringIO"}, path


def test_what_is_said_of_python_does_not_depend_on_the_python_that_runs() -> None:
    assert {it for it in sys.stdlib_module_names if not it.startswith("_")} <= STANDARD_MODULES


@pytest.mark.parametrize("room", ROOMS)
def test_modules_stay_small(room: str) -> None:
    budget = {"rules": 200, "commands": 200, "lsp": 150}.get(room, 400)
    sizes = {it.relative_to(PACKAGE): code_lines(it) for it in (PACKAGE / room).rglob("*.py")}
    assert {path: size for path, size in sizes.items() if size > budget} == {}


def test_every_room_says_what_it_is() -> None:
    for room in ROOMS:
        tree = ast.parse((PACKAGE / room / "__init__.py").read_text())
        assert ast.get_docstring(tree), room


def test_the_architecture_page_has_every_room_and_no_other() -> None:
    text = (ROOT / "server" / "ARCHITECTURE.md").read_text()
    listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert listed == set(ROOMS)


def test_the_readme_lists_every_rule_with_its_summary() -> None:
    text = (ROOT / "README.md").read_text()
    for rule in RULES:
        assert f"| `{rule.name}` | {rule.severity.value} | {rule.documentation.summary}" in text


def test_the_page_on_package_managers_is_what_their_modules_say_and_shows_the_projects() -> None:
    page = (ROOT / "docs" / "ecosystems.md").read_text()
    assert page == projects.page(), "run: make docs"


def test_the_registry_says_of_each_package_manager_what_that_says_itself() -> None:
    names = [it.rpartition(".")[2] for it in MANAGERS]
    assert names == sorted(names)
    for place, programs in MANAGERS.items():
        assert programs.split() == sorted(ecosystem_at(place).programs), place


def test_nothing_but_the_registry_imports_a_package_manager() -> None:
    """By its name there, when it is first used: an import of the usual kind would be paid by every command."""
    managers = {f"layerwise.commands.{it.rpartition('.')[0]}" for it in MANAGERS}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                named = {node.module, *(f"{node.module}.{it.name}" for it in node.names)}
            else:
                named = {it.name for it in node.names} if isinstance(node, ast.Import) else set[str]()
            assert named & managers == set(), path


def test_a_check_imports_only_the_package_managers_that_the_dockerfile_starts(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node\nCOPY . .\nRUN npm ci\n")
    program = (
        "import sys; from layerwise.cli.main import main; main(['check', '--fail-on', 'none', sys.argv[1]]);"
        "from layerwise.commands.registry import MANAGERS;"
        "print(*(it for it in MANAGERS if 'layerwise.commands.' + it.rpartition('.')[0] in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "node.npm.NPM"


def test_every_module_of_an_ecosystem_is_registered() -> None:
    names = {re.search(r"^([A-Z_]+): Final = Ecosystem\(", it.read_text(), re.MULTILINE) for it in _ecosystem_modules()}
    assert len(names - {None}) == len(MANAGERS)
    assert len({it.name for it in ecosystems()}) == len(ecosystems())


def _ecosystem_modules() -> list[Path]:
    return sorted((PACKAGE / "commands").rglob("*.py"))


def test_every_module_of_a_rule_is_registered() -> None:
    modules = {it.stem for it in (PACKAGE / "rules").glob("*.py") if "\nRULE: Final" in it.read_text()}
    assert modules == {it.name.replace("-", "_") for it in RULES}


def test_the_command_line_does_not_pay_for_the_language_server() -> None:
    program = (
        "import sys, layerwise.cli.main; sys.exit(any(it in sys.modules for it in ('pygls', 'lsprotocol', 'asyncio')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
