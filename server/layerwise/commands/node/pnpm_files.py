"""pnpm-lock.yaml and pnpm-workspace.yaml as data.

The lockfile is read by lines, as it may be larger than what is worth parsing: pnpm writes it in one form only.
Sources: pnpm's manual (pnpm.io): pnpm-workspace_yaml, settings; lockfiles written by pnpm 8, 9, 10 and 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, cast

from layerwise.commands.kit.tables import Table, as_table, table
from layerwise.commands.node.package_json import local_dependencies
from layerwise.text.wording import names
from layerwise.text.yaml import load_yaml

NOT_FETCHED_ALIKE: Final = names(
    "--no-optional --ignore-scripts --ignore-pnpmfile --filter -F --filter-prod --shamefully-hoist --node-linker"
    " --no-hoist --hoist-pattern --public-hoist-pattern --cpu --os --libc --force"
)
"""Options of an install with which ``pnpm fetch`` gets, or leaves in node_modules, something else."""

_PACKAGE: Final = re.compile(r"  ['\"]?/?(?P<name>@?[^@'\"()]+)@(?P<version>[^'\"():]+)(\(.*\))?['\"]?:\s*$")
_OTHER: Final = re.compile(r"  ['\"]?(?P<name>[^\s'\"][^@'\"]*)")
_LOCAL: Final = re.compile(r"\btype: directory\b|\btarball: ['\"]?file:(?P<archive>[^'\",}]+)")
_NO_SCRIPTS_SINCE: Final = 10
_LEADING: Final = re.compile(r"\d+")


@dataclass(slots=True)
class PnpmLock:
    """What a lockfile says: ``packages`` are (name, version); ``built`` are those with install scripts, None if unsaid.

    ``local``: names of packages that are taken from folders of the project as they are. ``archives``: where those are
    that are taken from archives of the project, seen from the lockfile.
    """

    packages: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    local: list[str] = field(default_factory=list[str])
    archives: list[str] = field(default_factory=list[str])
    built: list[tuple[str, str]] | None = None


def is_old_lock(text: str) -> bool:
    """Tell whether a pnpm-lock.yaml was written by a pnpm older than 8."""
    return re.match(r"(?:---\n)?lockfileVersion: ['\"]?[0-5]\b", text) is not None


def read_pnpm_lock(text: str) -> PnpmLock | None:
    """Read pnpm-lock.yaml; None if it is not one, or of a form older than pnpm 8."""
    version = re.match(r"(?:---\n)?lockfileVersion: ['\"]?(\d+)", text)
    if version is None or int(version[1]) < 6:
        return None
    lock = PnpmLock(built=[] if int(version[1]) < 9 else None)
    section = ""
    package = ("", "")
    for line in text.splitlines():
        if line[:1].isalpha():
            section = line.partition(":")[0]
        elif section != "packages":
            continue
        elif match := _PACKAGE.match(line):
            package = match["name"], match["version"]
            lock.packages.append(package)
        elif match := _OTHER.match(line):
            package = match["name"].rstrip(":"), ""
        elif match := _LOCAL.search(line):
            (lock.archives if match["archive"] else lock.local).append(match["archive"] or package[0])
        elif line.strip() == "requiresBuild: true" and lock.built is not None:
            lock.built.append(package)
    return lock


@dataclass(frozen=True, slots=True)
class PnpmSettings:
    """pnpm-workspace.yaml, and the ``pnpm`` part of package.json; the former wins."""

    workspace: Table
    manifest: Table

    def get(self, name: str) -> object:
        """Return a setting by its name in camelCase."""
        return self.workspace.get(name, table(self.manifest, "pnpm").get(name))

    @property
    def patterns(self) -> list[str]:
        """The patterns of the members; without any, pnpm 9 and older take all folders."""
        found = self.workspace.get("packages")
        return [str(it) for it in cast("list[object]", found)] if isinstance(found, list) else ["**"]

    @property
    def patches(self) -> list[str]:
        """The patch files."""
        return [str(it) for it in (as_table(self.get("patchedDependencies")) or {}).values()]

    @property
    def local(self) -> list[tuple[str, str]]:
        """Overrides that lead to folders or archives of the project."""
        found = (as_table(it.get("overrides")) or {} for it in (self.workspace, table(self.manifest, "pnpm")))
        return [pair for it in found for pair in local_dependencies({"overrides": it})]

    @property
    def approved(self) -> list[str] | None:
        """The packages whose install scripts run, as of pnpm 10; None if that can't be told."""
        if any(
            self.get(it) for it in ("dangerouslyAllowAllBuilds", "neverBuiltDependencies", "onlyBuiltDependenciesFile")
        ):
            return None
        listed = self.get("onlyBuiltDependencies")
        names = [str(it) for it in cast("list[object]", listed)] if isinstance(listed, list) else []
        names += [name for name, value in (as_table(self.get("allowBuilds")) or {}).items() if value is True]
        return [re.sub(r"(?<=.)@.*", "", it) for it in names]

    def built(self, lock: PnpmLock, version: int | None) -> list[tuple[str, str]] | None:
        """Return the packages whose install scripts run with that version of pnpm; None if that can't be told."""
        if lock.built is not None or not lock.packages:
            return lock.built or []
        is_told = version is not None and version >= _NO_SCRIPTS_SINCE and self.approved is not None
        return [it for it in lock.packages if it[0] in (self.approved or ())] if is_told else None


def read_pnpm_workspace(text: str) -> Table | None:
    """Read pnpm-workspace.yaml; None if it is not valid."""
    return as_table(load_yaml(text) if text.strip() else {})


def major_version(manifest: Table, name: str, started: str = "") -> int | None:
    """Return the version of a manager that a project asks for: packageManager, devEngines, engines (a lower bound)."""
    engine = table(table(manifest, "devEngines"), "packageManager")
    wanted = str(manifest.get("packageManager", ""))
    candidates = [started, wanted.removeprefix(f"{name}@") if wanted.startswith(f"{name}@") else ""]
    candidates += [str(engine.get("version", "")) if engine.get("name") == name else ""]
    # Of `engines` pnpm heeds its own entry in the root, whatever engine-strict says (pnpm.io/package_json#engines).
    candidates += [str(table(manifest, "engines").get(name, ""))] if name == "pnpm" else []
    for it in candidates:
        bare = it.lstrip(">=^~ v")
        if (match := _LEADING.match(bare)) and "|" not in it and not it.startswith("<"):
            return int(match[0])
    return None
