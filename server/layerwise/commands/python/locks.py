"""The lockfiles of uv, Poetry, PDM and Pipenv: which packages they take from files and folders of the project.

Sources: uv's manual (docs.astral.sh/uv, "Resolution": lockfiles are versioned by ``version``), and lockfiles that uv
0.4 to 0.13, Poetry 1.5 to 2.5, PDM 2.29 and Pipenv 2026.10 wrote here of projects with members and local packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from layerwise.commands.kit.tables import Table, parse_object, parse_toml, table
from layerwise.commands.python.pip_words import is_local, is_remote
from layerwise.commands.python.pyproject import tables, texts

_FOLDERS: Final = ("editable", "directory", "virtual")
_NO_NAME: Final = re.compile(r"[-_.]+")
_SECTIONS: Final = frozenset({"source", "requires", "scripts", "pipenv", "_meta", "build-system"})


@dataclass(frozen=True, slots=True)
class Local:
    """A package of the project's own files: ``kind`` is uv's or Poetry's word for it, ``path`` is as written.

    uv only looks at a ``virtual`` one, and installs those that are ``editable``, a ``directory`` or an archive
    (``path``); Poetry knows a ``directory`` and a ``file``.
    """

    name: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lockfile says: ``local`` packages, and uv's ``members``, none if the project is not a workspace.

    ``indexes`` are the folders that uv takes for an index.
    """

    local: tuple[Local, ...]
    members: frozenset[str] = frozenset()
    indexes: tuple[str, ...] = ()


def normal(name: str) -> str:
    """Return the one spelling of a package's name (PEP 503)."""
    return _NO_NAME.sub("-", name).lower()


@lru_cache(maxsize=32)
def read_uv_lock(text: str) -> Lock | None:
    """Read a uv.lock; None if it is not one. Kept, as parsing a large one takes half a second."""
    content = parse_toml(text)
    if content is None:
        return None
    local: list[Local] = []
    indexes: list[str] = []
    for package in tables(content.get("package")):
        source = table(package, "source")
        indexes += [it for it in texts(source.get("registry")) if not is_remote(it)]
        kind = next((it for it in (*_FOLDERS, "path", "url", "git") if it in source), None)
        if kind is not None and not (kind in ("url", "git") and is_remote(str(source[kind]))):
            local.append(Local(str(package.get("name")), kind if kind in _FOLDERS else "path", str(source[kind])))
    members = frozenset(texts(table(content, "manifest").get("members")))
    return Lock(tuple(dict.fromkeys(local)), members, tuple(indexes))


@lru_cache(maxsize=32)
def read_poetry_lock(text: str) -> Lock | None:
    """Read a poetry.lock; None if it is not one."""
    content = parse_toml(text)
    if content is None:
        return None
    packages = [(str(it.get("name")), table(it, "source")) for it in tables(content.get("package"))]
    local = [
        Local(name, str(it["type"]), str(it.get("url")))
        for name, it in packages
        if it.get("type") in ("directory", "file")
    ]
    return Lock(tuple(local))


@lru_cache(maxsize=32)
def read_pdm_lock(text: str) -> Lock | None:
    """Read a pdm.lock or a pylock.toml; None if it is neither."""
    content = parse_toml(text)
    if content is None:
        return None
    local: list[Local] = []
    for it in (*tables(content.get("package")), *tables(content.get("packages"))):
        archives = [file for name in ("archive", "sdist", "wheels") for file in tables(it.get(name))]
        paths = [file.get("path") for file in (it, table(it, "directory"), *archives)]
        place = next((path for path in (*paths, it.get("url")) if isinstance(path, str)), None)
        if place is not None and ("path" in it or place in paths or place.startswith("file:")):
            local.append(Local(str(it.get("name")), "directory", place))
    return Lock(tuple(local))


def local_in_pipfile(content: Table) -> list[str]:
    """Return the names that a Pipfile or a Pipfile.lock takes from files and folders."""
    groups = [table(content, it) for it in content if it not in _SECTIONS]
    return sorted({name for group in groups for name, value in group.items() if any(map(_is_place, _places(value)))})


def clones_in_pipfile(content: Table) -> bool:
    """Tell whether repositories are cloned, which pip does into ``src``."""
    groups = [table(content, it) for it in content if it not in _SECTIONS]
    return any("git" in entry for group in groups for value in group.values() for entry in tables(value))


def _places(value: object) -> Iterator[tuple[str, str]]:
    for entry in tables(value):
        yield from ((key, str(entry[key])) for key in ("path", "file", "url") if key in entry)


def _is_place(place: tuple[str, str]) -> bool:
    key, value = place
    return key == "path" or is_local(f"{value}") or value.startswith("file:")


@lru_cache(maxsize=32)
def read_pipfile_lock(text: str) -> Table | None:
    """Read a Pipfile.lock; None if it is not one."""
    return parse_object(text)
