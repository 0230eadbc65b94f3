"""The files that npm reads of a project, as data: package.json, the lockfile and .npmrc.

Sources: npm's manual (docs.npmjs.com/cli/v11): package-json, package-lock-json, npmrc, scripts, folders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

Table = Mapping[str, object]

SCRIPTS: Final = (
    *(f"{order}{name}" for name in ("install", "prepare", "dependencies") for order in ("pre", "", "post")),
    "prepublish",
)
"""What ``npm ci`` and ``npm install`` run of the project's own package.json (run with npm 11.19)."""

_DEPENDENCIES: Final = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides")
_LOCAL: Final = re.compile(
    r"(file|link|workspace|portal):|[./]|~/|[a-z]:[\\/]|[^@:]+\.(tgz|tar\.gz|tar)\Z", re.IGNORECASE
)
_INSTALLED: Final = re.compile(r"(.*/)?node_modules/(?P<name>[^/]+(/[^/]+)?)\Z")

_ANY: Final = (0,)
_SELF_CONTAINED: Final = {
    "@parcel/watcher": _ANY,
    "@swc/core": _ANY,
    "bcrypt": (6,),
    "bufferutil": (4, 0, 1),
    "core-js": _ANY,
    "core-js-pure": _ANY,
    "es5-ext": _ANY,
    "esbuild": _ANY,
    "msgpackr-extract": _ANY,
    "protobufjs": _ANY,
    "sharp": (0, 33),
    "unrs-resolver": _ANY,
    "utf-8-validate": (5, 0, 2),
}
"""Packages, and since which version their install scripts look at no file of the project but its manifests.

One version of each was run with npm 11 under strace, core-js-pure and utf-8-validate excepted: those have the
commands of core-js and bufferutil. For other versions only the command in the registry was looked up, and not for each.
"""


def parse_object(text: str | None) -> Table | None:
    """Return a JSON object; None for anything else."""
    try:
        value: object = json.loads(text.removeprefix("\ufeff")) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return _as_table(value)


def table(parent: Table, key: str) -> Table:
    """Return an object inside another; an empty one if there is none."""
    return _as_table(parent.get(key)) or {}


def _as_table(value: object) -> Table | None:
    return cast("Table", value) if isinstance(value, dict) else None


def local_dependencies(manifest: Table) -> list[str]:
    """Return the names that package.json takes from a folder or an archive of the project (npm-package-arg's rules)."""
    found = [name for key in _DEPENDENCIES for name, spec in _specs(table(manifest, key)) if _LOCAL.match(spec)]
    return sorted(set(found))


def _specs(dependencies: Table) -> Iterator[tuple[str, str]]:
    """Yield names and specs; ``overrides`` may be nested."""
    waiting = [dependencies]
    while waiting:
        for name, spec in waiting.pop().items():
            if isinstance(spec, str):
                yield name, spec.strip()
            elif nested := _as_table(spec):
                waiting.append(nested)


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lockfile says: ``local`` are folders and archives of the project that it installs.

    ``scripted`` are packages that run install scripts which may look beyond their own folder; None if it can't tell.
    """

    local: list[str]
    scripted: list[str] | None


def read_lock(content: Table) -> Lock:
    """Read package-lock.json or npm-shrinkwrap.json of any version."""
    local: list[str] = []
    scripted: list[str] = []
    packages = table(content, "packages")
    for path, value in packages.items():
        entry = _as_table(value) or {}
        installed = _INSTALLED.match(path)
        resolved = str(entry.get("resolved", ""))
        if path and (installed is None or "link" in entry or _is_file(resolved)):
            local.append(path if installed is None else installed["name"])
        elif installed and (_runs_scripts(installed["name"], entry) or resolved.startswith("git")):
            scripted.append(installed["name"])
    waiting = [table(content, "dependencies")]  # version 1, and 2 for old npms
    while waiting:
        for name, value in waiting.pop().items():
            entry = _as_table(value) or {}
            if _is_file(str(entry.get("version", ""))):
                local.append(name)
            waiting.append(table(entry, "dependencies"))
    # npm itself takes a lockfile's word on scripts from version 2 on (arborist, rebuild.js).
    return Lock(sorted(set(local)), sorted(set(scripted)) if packages or not table(content, "dependencies") else None)


def _is_file(spec: str) -> bool:
    return spec.startswith(("file:", "link:"))


def _runs_scripts(name: str, entry: Table) -> bool:
    systems = entry.get("os")
    named = [str(it) for it in cast("list[object]", systems)] if isinstance(systems, list) else []
    is_for_others = bool(named) and "linux" not in named and not any(it.startswith("!") for it in named)
    if not entry.get("hasInstallScript") or is_for_others:
        return False
    since = _SELF_CONTAINED.get(name)
    version = tuple(int(it) for it in re.findall(r"\d+", str(entry.get("version", "")))[:3])
    return since is None or version < since


def read_npmrc(text: str | None) -> dict[str, str]:
    """Return the settings of an .npmrc, an ini file: the last of a name wins, and a section ends them."""
    settings: dict[str, str] = {}
    for line in (text or "").removeprefix("\ufeff").splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            break
        key, equals, value = stripped.partition("=")
        if stripped and not stripped.startswith((";", "#")):
            plain = re.split(r"(?<!\\)[;#]", value, maxsplit=1)[0].strip().strip("\"'")
            settings[key.strip().strip("\"'")] = plain if equals else "true"
    return settings
