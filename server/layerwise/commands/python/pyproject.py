"""pyproject.toml: what it says of the project, its dependencies and the tools that install them.

Sources: the PyPA specifications (packaging.python.org): "pyproject.toml", "Dependency Groups", "pylock.toml"; uv's
manual (docs.astral.sh/uv): "Managing dependencies", "Settings"; Poetry's (python-poetry.org/docs): "The pyproject.toml
file", "Dependency specification"; PDM's (pdm-project.org): "Build configuration".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

from layerwise.commands.kit.tables import Table, table

_SCRIPTS: Final = ("scripts", "gui-scripts", "entry-points")


def build_files(content: Table) -> list[str]:
    """Return the files that are named for the build of the project: README, license, the one with the version."""
    project, poetry, setuptools = table(content, "project"), tool(content, "poetry"), tool(content, "setuptools")
    named = [project.get("readme"), project.get("license"), project.get("license-files"), poetry.get("readme")]
    named += [table(tool(content, it), "version").get("path") for it in ("hatch", "pdm")]
    named += [*table(setuptools, "dynamic").values()]
    return [
        text
        for it in named
        for text in (*texts(it), *(name for in_table in tables(it) for name in texts(in_table.get("file"))))
    ]


def tool(content: Table, name: str) -> Table:
    """Return the settings of a tool."""
    return table(table(content, "tool"), name)


def texts(value: object) -> list[str]:
    """Return the texts of a list, or the text itself."""
    return [it for it in items(value) if isinstance(it, str)]


def items(value: object) -> list[object]:
    """Return the items of a list; of anything else but a table, that."""
    if isinstance(value, list):
        return cast("list[object]", value)
    return [] if value is None or isinstance(value, dict) else [value]


def tables(value: object) -> list[Table]:
    """Return the tables of a list, or the table itself."""
    found = [cast("object", value)] if isinstance(value, dict) else items(value)
    return [cast("Table", it) for it in found if isinstance(it, dict)]


def computed(content: Table, fields: Sequence[str]) -> list[str]:
    """Return those of the project's fields that only a build of it tells; all, if it does not say so."""
    project = table(content, "project")
    if not project and not table(content, "dependency-groups"):
        return list(fields)
    return [it for it in texts(project.get("dynamic")) if it in fields]


def requirement_texts(content: Table) -> list[str]:
    """Return the requirements of the project and of its groups, as they are written."""
    project = table(content, "project")
    lists = [project.get("dependencies"), tool(content, "uv").get("dev-dependencies")]
    groups = (
        (project, "optional-dependencies"),
        (content, "dependency-groups"),
        (tool(content, "pdm"), "dev-dependencies"),
    )
    lists += [it for parent, name in groups for it in table(parent, name).values()]
    return [text.strip() for it in lists for text in texts(it)]


def local_sources(content: Table) -> list[str]:
    """Return the names that uv takes from files and folders."""
    sources = table(tool(content, "uv"), "sources")
    return [name for name, value in sources.items() if any("path" in it for it in tables(value))]


def local_archives(content: Table) -> Iterator[str]:
    """Yield the packages that a pylock.toml takes from files and folders."""
    for package in tables(content.get("packages")):
        archives = [it for name in ("archive", "sdist", "wheels") for it in tables(package.get(name))]
        if "directory" in package or any("path" in it for it in archives):
            yield str(package.get("name", "a package"))


def is_package(content: Table) -> bool:
    """Tell whether uv installs the project itself: it has a build system, or says so."""
    chosen = tool(content, "uv").get("package")
    return chosen if isinstance(chosen, bool) else "build-system" in content


def may_have_scripts(content: Table) -> bool:
    """Tell whether installing the project may make scripts in the environment's ``bin``."""
    project = table(content, "project")
    told = any(it in project for it in _SCRIPTS) or bool(computed(content, _SCRIPTS))
    hatch = table(table(table(tool(content, "hatch"), "build"), "targets"), "wheel")
    other = "scripts" in tool(content, "poetry") or "shared-scripts" in hatch
    return told or other or "script-files" in tool(content, "setuptools") or not project
