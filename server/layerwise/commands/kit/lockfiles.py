"""What a lockfile holds, whatever it locks: an empty or broken one is judged alike for all managers.

Source: lockfiles as the managers of ``fixtures/projects`` write them. An empty yarn.lock or go.sum is a good one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.places import shown

_HOLDS: Final = {
    # npm 4 and older write a shrinkwrap without a version.
    "package-lock.json": r"\"(lockfileVersion|packages|dependencies)\"\s*:",
    "npm-shrinkwrap.json": r"\"(lockfileVersion|packages|dependencies)\"\s*:",
    "pnpm-lock.yaml": r"^lockfileVersion:",
    "yarn.lock": r"\A(\s*(#.*)?\n?)*\Z|^[^\s#].*:$",
    "bun.lock": r"\"lockfileVersion\"\s*:",
    "deno.lock": r"\"version\"\s*:",
    "poetry.lock": r"^(\[metadata\]|\[\[package\]\])",
    "pdm.lock": r"^(\[metadata\]|\[\[package\]\])",
    "uv.lock": r"^version\s*=",
    "Pipfile.lock": r"\"_meta\"\s*:",
    "composer.lock": r"\"packages\"\s*:",
    "Gemfile.lock": r"^(GEM|PATH|GIT|PLUGIN SOURCE|PLATFORMS|DEPENDENCIES)\s*$",
    "gems.locked": r"^(GEM|PATH|GIT|PLUGIN SOURCE|PLATFORMS|DEPENDENCIES)\s*$",
    "Cargo.lock": r"^(version\s*=|\[\[package\]\])",
    "pubspec.lock": r"^(packages|sdks):",
    "mix.lock": r"^%\{",
    "Package.resolved": r"\"version\"\s*:",
    "packages.lock.json": r"\"version\"\s*:",
    ".sln": r"^Microsoft Visual Studio Solution File",
    ".slnx": r"<Solution\b",
}


def broken(paths: tuple[str, ...], directory: str, files: InstallFiles) -> Iterator[str]:
    """Yield a clause for each lockfile, or solution, among files of the context that can be none."""
    for it in paths:
        holds = _HOLDS.get(posixpath.basename(it)) or _HOLDS.get(posixpath.splitext(it)[1])
        text = files.read(it) if holds is not None else None
        if holds is not None and text is not None and not re.search(holds, text.removeprefix("\ufeff"), re.MULTILINE):
            yield f"{shown(it, directory)} is empty or broken"
