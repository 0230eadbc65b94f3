"""The files that npm reads of a project, as data: package.json, the lockfile and .npmrc.

Sources: npm's manual (docs.npmjs.com/cli/v11): package-json, package-lock-json, npmrc, scripts, folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from layerwise.commands.kit.tables import Table, as_table, table, texts
from layerwise.semantics.paths import join

SCRIPTS: Final = (
    *(f"{order}{name}" for name in ("install", "prepare", "dependencies") for order in ("pre", "", "post")),
    "prepublish",
)
"""What ``npm ci`` and ``npm install`` run of the project's own package.json (run with npm 11.19)."""

_DEPENDENCIES: Final = (
    *("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"),
    *("overrides", "resolutions"),
)
_LOCAL: Final = re.compile(
    r"(file|link|workspace|portal|exec):|[./]|~/|[a-z]:[\\/]|[^@:]+\.(tgz|tar\.gz|tar)\Z", re.IGNORECASE
)
_ARCHIVE: Final = re.compile(r"\.(tgz|tar\.gz|tar)\Z", re.IGNORECASE)
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


def local_dependencies(manifest: Table) -> list[tuple[str, str]]:
    """Return (name, spec) of what package.json takes from the project itself (npm-package-arg's rules)."""
    found = {it for key in _DEPENDENCIES for it in specs_of(table(manifest, key)) if _LOCAL.match(it[1])}
    return sorted(found)


def installed_names(manifest: Table) -> frozenset[str]:
    """Return the packages that package.json installs by itself."""
    return frozenset[str]().union(*(table(manifest, it) for it in _DEPENDENCIES[:3]))


def local_folder(spec: str, folder: str) -> str | None:
    """Return the folder that ``file:lib``, ``link:./lib`` or ``./lib`` names in a package.json of ``folder``.

    None for what is no folder of the project, or can't be told.
    """
    path = _local_path(spec)
    return join(folder, path) if path and not _ARCHIVE.search(path) else None


def local_archive(spec: str, folder: str) -> str | None:
    """Return the archive that ``file:x.tgz`` or ``./x.tgz`` names in a package.json of ``folder``."""
    path = _local_path(spec)
    return join(folder, path) if path and _ARCHIVE.search(path) else None


def _local_path(spec: str) -> str:
    path = re.sub(r"^(file|link|portal):(//(?=/))?", "", spec)
    is_elsewhere = path.startswith(("~", "workspace:")) or re.match(r"[a-z]:[\\/]", path, re.IGNORECASE)
    return "" if is_elsewhere else path


def workspace_patterns(manifest: Table) -> list[str]:
    """Return the patterns of ``workspaces``, a list or an object with ``packages``."""
    inner = table(manifest, "workspaces").get("packages")
    return texts(inner) if inner is not None else texts(manifest.get("workspaces"))


def bin_paths(manifest: Table, folder: str) -> list[str]:
    """Return what package.json of ``folder`` offers as commands: files, or a folder of them."""
    value = manifest.get("bin")
    named: list[object] = [value, *table(manifest, "bin").values(), table(manifest, "directories").get("bin")]
    return [join(folder, it) for it in named if isinstance(it, str)]


def specs_of(dependencies: Table) -> Iterator[tuple[str, str]]:
    """Yield names and specs; ``overrides`` may be nested."""
    waiting = [dependencies]
    while waiting:
        for name, spec in waiting.pop().items():
            if isinstance(spec, str):
                yield name, spec.strip()
            elif nested := as_table(spec):
                waiting.append(nested)


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lockfile says of the project's own folders: ``linked`` are those that it links, or has as members.

    ``local`` are names that it takes from folders of the project whose content is installed, ``archives`` the archives
    of the project that it takes others from, as package.json would name them. ``scripted`` are packages that run
    install scripts which may look beyond their own folder; None if it can't tell.
    """

    linked: list[str]
    local: list[str]
    archives: list[str]
    scripted: list[str] | None


def read_lock(content: Table) -> Lock:
    """Read package-lock.json or npm-shrinkwrap.json of any version."""
    linked: list[str] = []
    local: list[str] = []
    archives: list[str] = []
    scripted: list[str] = []
    packages = table(content, "packages")
    for path, value in packages.items():
        entry = as_table(value) or {}
        installed = _INSTALLED.match(path)
        resolved = str(entry.get("resolved", ""))
        if installed is None:
            linked += [path] if path else []
        elif "link" in entry:
            linked.append(resolved)
        elif local_archive(resolved, "/") and _is_file(resolved):
            archives.append(resolved)
        elif _is_file(resolved):
            local.append(installed["name"])
        elif runs_scripts(installed["name"], entry) or resolved.startswith("git"):
            scripted.append(installed["name"])
    waiting = [table(content, "dependencies")]  # version 1, and 2 for old npms
    while waiting:
        for name, value in waiting.pop().items():
            entry = as_table(value) or {}
            version = str(entry.get("version", ""))
            if _is_file(version):
                is_archive = local_archive(version, "/") is not None
                (archives if is_archive else local).append(version if is_archive else name)
            waiting.append(table(entry, "dependencies"))
    # npm itself takes a lockfile's word on scripts from version 2 on (arborist, rebuild.js).
    known = bool(packages) or not table(content, "dependencies")
    names = sorted(set(scripted)) if known else None
    return Lock(sorted(set(linked)), sorted(set(local)), sorted(set(archives)), names)


def _is_file(spec: str) -> bool:
    return spec.startswith(("file:", "link:"))


def runs_scripts(name: str, entry: Table) -> bool:
    """Tell whether a locked package runs install scripts on Linux that may look at files of the project."""
    systems = entry.get("os")
    named = [str(it) for it in cast("list[object]", systems)] if isinstance(systems, list) else []
    is_for_others = bool(named) and "linux" not in named and not any(it.startswith("!") for it in named)
    if not entry.get("hasInstallScript") or is_for_others:
        return False
    return not is_self_contained(name, str(entry.get("version", "")))


def is_self_contained(name: str, version: str) -> bool:
    """Tell whether the install scripts of a package are known to look at no file of the project."""
    since = _SELF_CONTAINED.get(name)
    return since is not None and tuple(int(it) for it in re.findall(r"\d+", version)[:3]) >= since


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
