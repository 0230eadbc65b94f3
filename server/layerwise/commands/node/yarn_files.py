"""yarn.lock of both kinds, .yarnrc, and package.json as yarn 2 and later write it.

Sources: yarn's manuals (classic.yarnpkg.com/docs: yarnrc, yarn-lock; yarnpkg.com: configuration/manifest, protocols);
yarn's source (Manifest.exportTo, Workspace.persistManifest), and run with yarn 3.8 and 4.18: an install, frozen or not,
writes package.json anew with its dependencies sorted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, cast

from layerwise.commands.kit.tables import Table, as_table, parse_object

_MODERN_LOCK: Final = re.compile(r"^__metadata:", re.MULTILINE)
_CLASSIC_LOCK: Final = re.compile(r"^# yarn lockfile v1", re.MULTILINE)
_ENTRY: Final = re.compile(r"^\"?(@?[^@\s\"]+)@", re.MULTILINE)
_CLASSIC_LOCAL: Final = re.compile(
    r"^\"?(@?[^@\s\"]+)@(file:|\.{1,2}/|/)[^\n]*:$|^  resolved \"(file:[^\"#]*|\.{1,2}/[^\"#]*)", re.MULTILINE
)
_MODERN_LOCAL: Final = re.compile(r"^  resolution: \"(@?[^@\"]+)@(file|exec):", re.MULTILINE)
_PATCH: Final = re.compile(r"[#&](?:\./)?([^#&:\"]+\.(?:patch|diff))")
_RC_LINE: Final = re.compile(r"(?P<key>\"[^\"]*\"|[^\s\"]+)(?:\s+|:\s*)(?P<value>\"[^\"]*\"|\S+)?\s*\Z")
_INDENT: Final = re.compile(r"^[ \t]+", re.MULTILINE)
_SORTED: Final = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "peerDependenciesMeta")
_NOT_EMPTY: Final = (*_SORTED, "workspaces", "resolutions", "scripts", "bin", "files")


def is_modern_lock(text: str) -> bool | None:
    """Tell whether a yarn.lock is of yarn 2 or later; None if that can't be told, as of an empty one."""
    if _MODERN_LOCK.search(text):
        return True
    return False if _CLASSIC_LOCK.search(text) else None


def has_packages(text: str) -> bool:
    """Tell whether a yarn.lock lists any package."""
    return any(it[1] != "__metadata" for it in _ENTRY.finditer(text))


def classic_local(text: str) -> list[str]:
    """Return what a yarn.lock of yarn 1 takes from folders or archives of the project."""
    return sorted({it[1] or it[3] for it in _CLASSIC_LOCAL.finditer(text)})


def modern_local(text: str) -> list[str]:
    """Return the packages whose content a yarn.lock of yarn 2 and later takes from the project."""
    return sorted({it[1] for it in _MODERN_LOCAL.finditer(text)})


def patch_files(spec: str) -> list[str]:
    """Return the files that ``patch:left-pad@npm%3A1.3.0#~/.yarn/patches/x.patch`` names; ``~`` is the root."""
    return _PATCH.findall(spec)


def read_yarnrc(text: str | None) -> Iterator[tuple[str, str]]:
    """Yield the settings of a .yarnrc, and the options (``--install.frozen-lockfile``) that it adds to commands."""
    for line in (text or "").splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            match = _RC_LINE.match(stripped)
            yield (match["key"].strip('"'), (match["value"] or "true").strip('"')) if match else (stripped, "")


def is_as_yarn_writes(text: str) -> bool:
    """Tell whether yarn 2 and later would certainly write this very package.json."""
    if any(it in text for it in ("dependenciesMeta", '"browser"', '"languageName"', "\\/")):
        return False
    plain = text.replace("\r\n", "\n")
    manifest = parse_object(plain)
    if manifest is None or any(not _is_plain(it) for it in _nested(manifest)):
        return False
    if manifest.get("private", True) is not True or any(not manifest.get(it, True) for it in _NOT_EMPTY):
        return False
    objects = [(it, as_table(manifest.get(it))) for it in (*_SORTED, "bin")]
    if any(value and list(value) != sorted(value) for _, value in objects):
        return False
    if {*(as_table(manifest.get("dependencies")) or {})} & {*(as_table(manifest.get("optionalDependencies")) or {})}:
        return False
    commands = as_table(manifest.get("bin")) or {}
    name = str(manifest.get("name", "")).rpartition("/")[2]
    indent = _INDENT.search(plain)
    written = json.dumps(manifest, indent=indent[0] if indent else "  ", ensure_ascii=False)
    return list(commands) != [name] and f"{written}\n" == plain


def _nested(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, dict):
        for it in cast("Table", value).values():
            yield from _nested(it)
    elif isinstance(value, list):
        for it in cast("list[object]", value):
            yield from _nested(it)


def _is_plain(value: object) -> bool:
    """Tell whether JavaScript writes a value as Python does: not numbers with a point, nor keys that are numbers."""
    if isinstance(value, dict):
        return not any(it.isdigit() for it in cast("Table", value))
    return not isinstance(value, float)
