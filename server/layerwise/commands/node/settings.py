"""Small questions that all managers for Node.js ask of their settings and of what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.tables import parse_object
from layerwise.commands.node.package_json import workspace_patterns
from layerwise.commands.node.workspaces import member_folders
from layerwise.semantics.paths import join, upwards


def scripted(packages: Sequence[str]) -> list[str]:
    """Return what to look at where packages run install scripts of their own."""
    run, it = ("runs its", "it reads") if len(packages) == 1 else ("run their", "they read")
    return [f"{listed(list(packages))} {run} own install script: make sure that {it} no file of the project"][
        : len(packages)
    ]


NO_LOCK: Final = "there is no lockfile, so the versions of the first build stay until package.json changes"


def rewrites(title: str, lock: str) -> str:
    """Say what an install that is not frozen does with its lockfile."""
    return f"`{title}` may rewrite {lock}, and the later COPY would put the old one back"


def is_true(value: str | None) -> bool:
    """Tell whether a setting is certainly on."""
    return value is not None and value.strip("\"'").lower() in ("true", "1", "yes", "on")


def in_ci(environment: Mapping[str, str | None]) -> bool:
    """Tell whether a manager takes the build for continuous integration, where it freezes lockfiles."""
    return bool(environment.get("CI")) and environment["CI"] not in ("false", "0")


def workspace_root(directory: str, files: InstallFiles) -> str:
    """Return the folder above, or this one, whose package.json has this folder as a member of its workspaces."""
    for folder in upwards(directory):
        manifest = parse_object(files.read(join(folder, "package.json")))
        if manifest is not None and (patterns := workspace_patterns(manifest)):
            return folder if directory in (folder, *member_folders(patterns, folder, files)) else directory
    return directory
