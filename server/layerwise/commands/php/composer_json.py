"""composer.json and composer.lock as data: what runs during an install, what it scans, where packages come from.

Sources: Composer's manual (getcomposer.org/doc): 04-schema, 05-repositories, articles/scripts, articles/plugins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from layerwise.commands.kit.tables import Table, table

_REMOTE: Final = re.compile(r"(https?|ssh|git|svn|ftp)(\+\w+)?://|git@", re.IGNORECASE)
_PLUGINS: Final = ("composer-plugin", "composer-installer")
AROUND: Final = (
    *("pre-operations-exec", "pre-pool-create", "pre-file-download", "post-file-download"),
    *(f"{order}-package-{what}" for order in ("pre", "post") for what in ("install", "update", "uninstall")),
)
"""Events while packages come: once they are there, these scripts no longer run."""
BEFORE: Final = ("init", "command", "pre-command-run", "pre-install-cmd")
"""Events before that: a second install runs them again, with the packages there."""
AFTER: Final = ("post-install-cmd", "pre-autoload-dump", "post-autoload-dump")


@dataclass(frozen=True, slots=True)
class Lockfile:
    """What composer.lock says: ``local`` packages come from folders or archives of the project."""

    local: list[str]
    plugins: list[str]


def read_lockfile(content: Table) -> Lockfile:
    """Read composer.lock."""
    local: list[str] = []
    plugins: list[str] = []
    for package in _packages(content):
        name = str(package.get("name", ""))
        dist, source = table(package, "dist"), table(package, "source")
        urls = [str(it["url"]) for it in (dist, source) if "url" in it]
        if dist.get("type") == "path" or any(not _REMOTE.match(it) for it in urls):
            local.append(name)
        if package.get("type") in _PLUGINS:
            plugins.append(name)
    return Lockfile(local, plugins)


def _packages(content: Table) -> Iterator[Table]:
    for key in ("packages", "packages-dev"):
        packages = content.get(key)
        for it in cast("list[object]", packages) if isinstance(packages, list) else ():
            if isinstance(it, dict):
                yield cast("Table", it)


def scripts_of(manifest: Table, events: tuple[str, ...]) -> list[str]:
    """Return the events among these that composer.json has scripts for."""
    scripts = table(manifest, "scripts")
    return [it for it in events if scripts.get(it)]


def scans_folders(manifest: Table, *, dev: bool, optimised: bool) -> bool:
    """Tell whether dumping the autoloader looks into the project's own folders.

    A class map is made of all files; psr-4, psr-0 and "files" are only noted down, unless the autoloader is optimised.
    """
    config = table(manifest, "config")
    optimised = optimised or bool(config.get("optimize-autoloader") or config.get("classmap-authoritative"))
    kinds = ("classmap", "psr-4", "psr-0") if optimised else ("classmap",)
    sections = [table(manifest, it) for it in (("autoload", "autoload-dev") if dev else ("autoload",))]
    return any(section.get(kind) for section in sections for kind in kinds)


def patches_of(manifest: Table) -> list[str]:
    """Return the patches in the project that cweagans/composer-patches applies."""
    found: list[str] = []
    waiting: list[object] = [table(table(manifest, "extra"), "patches")]
    extra = table(manifest, "extra").get("patches-file")
    found += [extra] if isinstance(extra, str) else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += cast("Table", value).values()
        elif isinstance(value, list):
            waiting += cast("list[object]", value)
        elif isinstance(value, str) and value.endswith((".patch", ".diff")) and not _REMOTE.match(value):
            found.append(value)
    return sorted(found)


def local_repositories(manifest: Table) -> list[str]:
    """Return the folders and archives that packages may come from, for an install without a lockfile."""
    repositories = manifest.get("repositories")
    values: list[object] = []
    if isinstance(repositories, dict):
        values += cast("Table", repositories).values()
    elif isinstance(repositories, list):
        values += cast("list[object]", repositories)
    urls = [str(cast("Table", it).get("url", "https://")) for it in values if isinstance(it, dict)]
    return [it for it in urls if not _REMOTE.match(it)]
