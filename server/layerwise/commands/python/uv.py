"""uv: ``uv sync``, ``uv pip install -r`` and ``uv pip sync``.

## What is copied first
For `uv sync` pyproject.toml, `uv.lock`, `uv.toml` and `.python-version`, also those of the folders above. What belongs
to the project itself comes later: the dependencies get a `uv sync` of their own before the source, with
`--no-install-project`, `--no-install-workspace` for members of a workspace, and `--no-install-package` for packages
from other folders. With `--frozen` or `--locked` the lockfile is enough for that; without, uv compares it with the
`pyproject.toml` of each member and local package, and these are copied first too. For `uv pip` the requirements files,
constraints and overrides, and what they include.

## No fix
For `--frozen` or `--locked` without `uv.lock`; where uv has to build a package to know its dependencies (`dynamic`,
`setup.py`) in order to compare the lockfile; where an index or `--find-links` is a folder of the project; where the
context has a `.venv` that the later COPY would lay over the installed one. For `uv pip` as for pip.

## Review
Where there is no `uv.lock`; for `uv sync --no-install-project` and the like without `--frozen` or `--locked`, as it may
rewrite uv.lock; with `--inexact` for the same reason. Where the project has scripts and uv may be older than 0.12.24:
it starts those that it installs into an environment that is there already with another name of the same Python. Where
its cache gets into the image, as the second `uv sync` leaves a note more there: a cache mount or `--no-cache` helps.

## Cache
`/root/.cache/uv`, or `~/.cache/uv` of the user.

## Sources
uv's manual (docs.astral.sh/uv): "Using uv in Docker", "Locking and syncing", "Using workspaces", "Build systems", CLI
reference. Run with uv 0.4.30, 0.6.17 and 0.13.9, some with 0.7 to 0.12, for projects, workspaces and path sources: the
environment after a ``uv sync`` without the project and one with it is that of one ``uv sync``, with setuptools too, but
for the first line of the project's scripts up to 0.12.12; uv's cache then has one file more (``interpreter-v5``).
Between any two runs the times differ in ``uv_cache.json`` (and so its line in RECORD), in ``.pyc`` files and in the
cache. Under strace ``uv sync`` opens pyproject.toml, uv.lock, uv.toml and .python-version, and those of members only
where it compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import CommandLine, directory_of, read_command_line, syntax, written
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.places import found_upwards, nearest
from layerwise.commands.kit.tables import Table, parse_toml
from layerwise.commands.python.pip_command import TOGETHER, options_of, read_requirements
from layerwise.commands.python.project import (
    PROJECT,
    SYSTEM_FOLDERS,
    environment_in,
    module_words,
    runs,
    shadowed,
)
from layerwise.commands.python.uv_project import Project
from layerwise.commands.python.uv_settings import COMMON_FLAGS, COMMON_VALUED, SETTINGS, caches, surroundings
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNC: Final = syntax(
    f"{COMMON_VALUED} --extra --no-extra --group --no-group --only-group --no-editable-package --no-install-package"
    " --package --output-format",
    f"{COMMON_FLAGS} --all-extras --no-all-extras --dev --no-dev --only-dev --no-default-groups --all-groups"
    " --no-editable --editable --inexact --exact --active --no-active --no-install-project --no-install-workspace"
    " --no-install-local --only-install-project --locked --frozen --all-packages --no-build --build --no-binary"
    " --binary",
)
_PIP: Final = syntax(
    f"{COMMON_VALUED} -r --requirements --requirement -e --editable -c --constraints --constraint --overrides"
    " --override --excludes -b --build-constraints --build-constraint --extra --cert --group -t --target --prefix"
    " --no-binary --only-binary --python-version --torch-backend --output-format --no-editable-package",
    f"{COMMON_FLAGS} --all-extras --no-deps --deps --no-editable --require-hashes --no-require-hashes --verify-hashes"
    " --no-verify-hashes --system --no-system --break-system-packages --no-break-system-packages --no-build --exact"
    " --strict --no-strict --allow-empty-requirements --no-allow-empty-requirements --user --pre --inexact"
    " --disable-pip-version-check",
)
_LISTS: Final = (
    *("-c", "--constraints", "--constraint", "--overrides", "--override", "--excludes"),
    *("-b", "--build-constraints", "--build-constraint"),
)
_FOLDERS: Final = ("-t", "--target", "--prefix", "--cache-dir")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``uv sync --frozen``, ``uv pip sync a.txt``, ``python -m uv …``."""
    line = read_command_line(command, scope, _SYNC)
    if line is None or line.operands[:1] == ["pip"]:
        line = read_command_line(command, scope, _PIP)
    if line is None or not runs(line, "uv"):
        return None
    directory = directory_of(command, scope, line.value("--directory", "--project"))
    if directory is None:
        return None
    if line.operands == ["sync"] and not line.has("--only-install-project"):
        options = line.last_values()
        options |= {it: "\n".join(line.values(it)) for it in ("--no-install-package",) if line.has(it)}
        links = line.values("-f", "--find-links")
        return Install("uv", "uv sync", command, directory, options | ({"links": "\n".join(links)} if links else {}))
    return _pip(line, command, directory)


def _pip(line: CommandLine, command: Command, directory: str) -> Install | None:
    verb = line.operands[1:2]
    if line.operands[:1] != ["pip"] or verb not in (["install"], ["sync"]):
        return None
    syncs = verb == ["sync"]
    named = line.operands[2:] if syncs else line.values("-r", "--requirements", "--requirement")
    requirements = [it for it in named if it is not None]
    projects = [it.rpartition(":")[0] or "pyproject.toml" for it in line.values("--group")]
    if not (requirements or projects) or len(requirements) < len(named):
        return None
    shown = (
        requirements
        if syncs
        else [f"-r {written(it)}" for it in requirements] + [f"--group {written(it)}" for it in line.values("--group")]
    )
    line.operands[:] = ["pip", *([] if syncs else line.operands[2:])]
    options = options_of(line, command)
    project = options[PROJECT].split("\n") if PROJECT in options else []
    title = " ".join(["uv pip", verb[0] or "", *shown, *project])
    operands = (*requirements, *line.values(*_LISTS), *projects)
    return Install("uv pip", title, command, directory, options, operands)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the project's lockfile and manifests, or its requirements files."""
    if install.manager == "uv":
        return Project(install, files, scope, _SYNC).needs()
    if "source" in install.options:
        return Needs(source=True)
    read = read_requirements(install, files)
    if not read.found and not read.blocked:
        return Needs(source=True)
    environment = environment_of(install.command, scope)
    manifests = [*read.found, *_settings(install.directory, files)]
    blocked = [*read.blocked, *surroundings(install, files, environment, _project(install.directory, files))]
    if found := environment_in(files):
        blocked.append(f"the build context holds a virtual environment ({found}); add it to .dockerignore")
    check = [
        *shadowed(install, files, environment, frozenset({"uv"})),
        *([TOGETHER] if PROJECT in install.options else []),
    ]
    return Needs(
        tuple(dict.fromkeys(manifests)),
        tuple(dict.fromkeys(read.folders)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(check),
        outputs=tuple(_outputs(install, files, environment)),
        fetch=_fetch(install, scope) if PROJECT in install.options else None,
    )


def _settings(directory: str, files: InstallFiles) -> Iterator[str]:
    """Yield the files of settings that uv looks for up from here."""
    yield from found_upwards(directory, SETTINGS, files)
    yield from found_upwards(directory, ("pyproject.toml",), files)[:1]


def _project(directory: str, files: InstallFiles) -> Table:
    path = nearest(directory, ("pyproject.toml",), files)
    return parse_toml(files.read(path)) or {} if path is not None else {}


def _outputs(install: Install, files: InstallFiles, environment: Mapping[str, str | None]) -> Iterator[str]:
    named = [install.options.get(it) for it in _FOLDERS]
    named += [environment.get("VIRTUAL_ENV"), ".venv"]
    python = install.options.get("--python", install.options.get("-p", ""))
    named += [python.partition("/bin/")[0]] if "/" in python else []
    yield from dict.fromkeys(join(install.directory, it) for it in named if it)
    yield from caches(install, files, environment, _project(install.directory, files))
    yield from SYSTEM_FOLDERS


def _fetch(install: Install, scope: Scope) -> str:
    """Return the command without the project itself."""
    options = kept_options(install.command, scope, _PIP, (_PIP.valued | _PIP.flags) - {"-m", "-e", "--editable"})
    return " ".join([*started_as(install.command), *module_words(install.options), "pip install", *options])


UV: Final = Ecosystem(
    "uv",
    names("uv python"),
    recognise,
    needs,
    (
        "pyproject.toml",
        "uv.lock",
        "uv.toml",
        ".python-version",
        "requirements",
        "requirements*.txt",
        "requirements*.in",
    ),
    lambda install: install.operands or ("pyproject.toml",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("VIRTUAL_ENV UV_PROJECT_ENVIRONMENT"),
)
