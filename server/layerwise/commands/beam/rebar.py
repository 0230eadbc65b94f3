"""Rebar: ``rebar3 get-deps``, and the commands that get dependencies as they build.

## What is copied first
`rebar.config` and `rebar.lock`. A `rebar3 compile`, `release` or `tar` gets a `rebar3 get-deps` of its own before the
source.

## No fix
Where there is a `rebar.config.script`, which is a program; where rebar.config has hooks or takes dependencies from
folders of the project; where apps have a rebar.config of their own, or there are `_checkouts`; where the context has a
`_build`.

## Review
Always, as rebar3 may rewrite rebar.lock; without a rebar.lock; for the download in front of a build.

## Cache
`~/.cache/rebar3`; `_build` is of the project.

## Sources
Rebar's manual (rebar3.org/docs): configuration, dependencies, commands. Run with rebar3 3.19 under strace: ``rebar3
get-deps`` looks at rebar.config, rebar.lock, their .script files and the folders of apps, and what it gets is the same
without the apps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-n --relname -v --relvsn -o --output-dir --system_libs --overlay_vars",
    "-d --dev-mode -i --include-erts -a --all --deps_only -h",
)
_BUILDING: Final = names("compile release tar escriptize")
_COMMENT: Final = re.compile(r"(?<!\$)%[^\n]*")
_HOOKS: Final = re.compile(
    r"\b(pre_hooks|post_hooks|provider_hooks|project_app_dirs|checkouts_dir|deps_dir|base_dir)\b"
)
_LOCAL: Final = re.compile(r"\{\s*path\s*,|\{\s*file\s*,|\"(file:|\.{0,2}/)[^\"]*\"")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``rebar3 get-deps``, ``rebar3 as prod release``."""
    line = read_command_line(command, scope, _SYNTAX)
    directory = directory_of(command, scope)
    if line is None or directory is None or not line.operands:
        return None
    operands = [UNKNOWN if it is None else it for it in line.operands]
    profile = operands[:2] if operands[0] == "as" else []
    task = operands[len(profile) :]
    if len(task) != 1 or task[0] not in _BUILDING | {"get-deps"} or UNKNOWN in profile:
        return None
    return Install("Rebar", f"rebar3 {' '.join(operands)}", command, directory, line.last_values(), tuple(operands))


def needs(install: Install, files: InstallFiles, _scope: Scope) -> Needs:
    """Judge an install from rebar.config and rebar.lock."""
    builds = install.operands[-1] != "get-deps"
    config, lock = (join(install.directory, it) for it in ("rebar.config", "rebar.lock"))
    if not files.exists(config):
        # Without dependencies there is nothing to get.
        missing = "the build context has no rebar.config for the folder where it runs"
        return Needs(source=True) if builds else Needs(blocked=(missing,))
    text = files.read(config)
    if builds and text is not None and "deps" not in text:
        return Needs(source=True)
    manifests = [it for it in (config, lock) if files.exists(it)]
    blocked = ["rebar.config can't be read here"] if text is None else list(_told(_COMMENT.sub("", text)))
    blocked += _around(install.directory, files)
    check = ["`rebar3` may rewrite rebar.lock, and the later COPY would put the old one back"]
    if not files.exists(lock):
        check = ["there is no rebar.lock, so the versions of the first build stay until rebar.config changes"]
    fetch = None
    if builds:
        check.append("the download takes all dependencies of rebar.config, also those that the build may not need")
        fetch = " ".join([*started_as(install.command), *install.operands[:-1], "get-deps"])
    outputs = (join(install.directory, "_build"),)
    return Needs(tuple(manifests), blocked=tuple(blocked), check=tuple(check), outputs=outputs, fetch=fetch)


def _told(text: str) -> Iterator[str]:
    if found := _HOOKS.search(text):
        yield f"rebar.config sets {found[0]}, so that rebar3 may read other files"
    if found := _LOCAL.search(text):
        yield f"rebar.config names a folder of the project ({found[0]})"


def _around(directory: str, files: InstallFiles) -> Iterator[str]:
    for name in ("rebar.config.script", "rebar.lock.script"):
        if files.exists(join(directory, name)):
            yield f"{name} is a program that may read any file"
    if file := files.any_below(join(directory, "_checkouts")):
        yield f"the project has checked out dependencies ({file})"
    for folder in ("apps", "lib"):
        own = next((it for it in files.files_below(join(directory, folder)) if it.endswith("/rebar.config")), None)
        if own is not None:
            yield f"{own} may name more dependencies, and is read only beside its app's source"


REBAR: Final = Ecosystem(
    "Rebar",
    names("rebar3 rebar"),
    recognise,
    needs,
    ("rebar.config", "rebar.lock", "rebar.*"),
    lambda _: ("rebar.config",),
    parse_documentation(__doc__, SECTIONS),
)
