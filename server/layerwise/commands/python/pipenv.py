"""Pipenv: ``pipenv install`` without package names and ``pipenv sync``.

## What is copied first
`Pipfile` and `Pipfile.lock`, and `.env`, which Pipenv loads.

## No fix
For `pipenv sync` and `--deploy` without `Pipfile.lock`; where Pipfile or Pipfile.lock have packages from files and
folders of the project (`path = "."`), or an index is a folder; where variables, also those in `.env`, name other files
of the project; where the context has a `.venv` that Pipenv uses or that the later COPY would lay over its own.

## Review
For `pipenv install` without `--deploy` or `--ignore-pipfile`, which may rewrite Pipfile.lock, and where there is none.
Where Python could load a module of the project in place of its own.

## Cache
`/root/.cache/pip` and `/root/.cache/pipenv`, or the same in `~/.cache` of the user; without `--system` the environments
are in `~/.local/share/virtualenvs`.

## Sources
Pipenv's manual (pipenv.pypa.io): "Commands", "Pipfile & Pipfile.lock", "Configuration". Run with Pipenv 2026.10.3 under
strace: ``install`` and ``sync`` open Pipfile, Pipfile.lock and .env of the project, and look whether there is a
pylock.toml; an up-to-date Pipfile.lock stays as it is; the environment is the same with and without the other files,
but for the order of lines in the RECORD of pip, which differs between any two runs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest
from layerwise.commands.kit.tables import Table, parse_toml
from layerwise.commands.python.locks import clones_in_pipfile, local_in_pipfile, read_pipfile_lock
from layerwise.commands.python.project import (
    SYSTEM_FOLDERS,
    is_set,
    local_index,
    named_files,
    runs,
    shadowed,
)
from layerwise.commands.python.pyproject import tables
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-i --index --python --pypi-mirror --extra-pip-args --categories -m",
    "--system --deploy --ignore-pipfile --skip-lock --dev -d --keep-outdated --pre --sequential --site-packages"
    " --no-site-packages --clear -v --verbose -q --quiet --quiet-install --bare --three --two --all",
)
_FOLDERS: Final = ("VIRTUAL_ENV", "WORKON_HOME", "PIPENV_CACHE_DIR", "PIP_TARGET", "PIP_PREFIX", "PIP_SRC")
_ASSIGNED: Final = re.compile(r"^\s*(?:export\s+)?(\w+)\s*=\s*[\"']?([^\"'\r\n]*)", re.MULTILINE)


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``pipenv install --deploy``, ``pipenv sync``, ``python -m pipenv …``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or not runs(line, "pipenv") or line.operands not in (["install"], ["sync"]):
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    verb = str(line.operands[0])
    flags = "".join(f" {it}" for it in ("--system", "--deploy") if line.has(it))
    return Install("Pipenv", f"pipenv {verb}{flags}", command, directory, line.last_values(), (verb,))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from Pipfile and Pipfile.lock of its folder, or one above it."""
    manifest = nearest(install.directory, ("Pipfile",), files)
    if manifest is None:
        return Needs(blocked=("the build context has no Pipfile for the folder where it runs",))
    root = posixpath.dirname(manifest)
    environment = environment_of(install.command, scope)
    loaded: list[tuple[str, str]] = _ASSIGNED.findall(files.read(join(root, ".env")) or "")
    environment = {**dict(loaded), **environment}
    lock_path = join(root, "Pipfile.lock")
    others = (lock_path, join(root, ".env"), join(root, "pylock.toml"))
    manifests = [manifest, *(it for it in others if files.exists(it))]
    content = parse_toml(files.read(manifest))
    lock: Table | None = read_pipfile_lock(files.read(lock_path) or "") if files.exists(lock_path) else {}
    blocked: list[str] = []
    if content is None:
        blocked.append("Pipfile is not valid TOML")
    if lock is None:
        blocked.append("Pipfile.lock is not valid JSON, or too large to read")
    blocked += _missing(install, has_lock=files.exists(lock_path))
    blocked += _reads_more(content or {}, lock or {})
    blocked += named_files(install, files)
    if "--extra-pip-args" in install.options:
        blocked.append("--extra-pip-args may name files of the project")
    check = [*shadowed(install, files, environment, frozenset({"pipenv"}))]
    check += _rewritten(install, environment, has_lock=files.exists(lock_path))
    clones = clones_in_pipfile(content or {}) or clones_in_pipfile(lock or {})
    return Needs(
        tuple(dict.fromkeys(manifests)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(check),
        outputs=tuple(dict.fromkeys(_outputs(root, environment, clones=clones))),
        variables=tuple(loaded),
    )


def _missing(install: Install, *, has_lock: bool) -> Iterator[str]:
    needed = install.operands == ("sync",) or {"--deploy", "--ignore-pipfile"} & install.options.keys()
    if needed and not has_lock:
        yield f"`{install.title}` needs Pipfile.lock, which the build context does not have"


def _reads_more(content: Table, lock: Table) -> Iterator[str]:
    for name, table in (("Pipfile", content), ("Pipfile.lock", lock)):
        if local := local_in_pipfile(table):
            yield f"{name} takes {listed(local)} from a file or folder of the project"
    for it in tables(content.get("source")):
        yield from local_index("Pipfile", str(it.get("url", "")))


def _rewritten(install: Install, environment: Mapping[str, str | None], *, has_lock: bool) -> Iterator[str]:
    fixed = {"--deploy", "--ignore-pipfile", "--skip-lock"} & install.options.keys()
    if install.operands == ("sync",) or fixed or is_set(environment, "PIPENV_SKIP_LOCK"):
        return
    if has_lock:
        yield f"`{install.title}` may rewrite Pipfile.lock, and the later COPY would put the old one back"
    else:
        yield "there is no Pipfile.lock, so the versions of the first build stay until Pipfile changes"


def _outputs(root: str, environment: Mapping[str, str | None], *, clones: bool) -> Iterator[str]:
    yield join(root, ".venv")
    if clones:
        yield join(root, "src")
    yield from (join(root, value) for it in _FOLDERS if (value := environment.get(it)))
    yield from SYSTEM_FOLDERS


PIPENV: Final = Ecosystem(
    "Pipenv",
    names("pipenv python"),
    recognise,
    needs,
    ("Pipfile", "Pipfile.lock", "Pipfile*"),
    lambda _: ("Pipfile",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("VIRTUAL_ENV"),
)
