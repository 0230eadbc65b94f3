"""Poetry: ``poetry install`` and ``poetry sync``.

## What is copied first
`pyproject.toml`, `poetry.lock` and `poetry.toml`. The dependencies get a `poetry install` of their own before the
source, with `--no-root`, and with `--no-directory` where some are folders of the project. A project that is none itself
(`package-mode = false`), or is left out (`--no-root`), needs no second install.

## No fix
Where poetry.lock has archives of the project; where a source is a folder; where the plugins of the project are, or
poetry-dynamic-versioning, which reads the git history; where the context has a `.venv` that the later COPY would lay
over the installed one.

## Review
Where a second install is needed: Poetry then starts the environment's Python again, which runs the `.pth` files of
packages such as setuptools, and may leave a compiled file of them that was not there. Where there is no `poetry.lock`.
Where Python could load a module of the project in place of its own.

## Cache
`/root/.cache/pypoetry`, or `~/.cache/pypoetry` of the user; the environments are in its `virtualenvs`.

## Sources
Poetry's manual (python-poetry.org/docs): "Commands", "Configuration", "The pyproject.toml file". Run with Poetry 1.5.1,
1.8.5 and 2.5.1, with an environment of its own, in the project and given: the files after ``poetry install --no-root
--no-directory`` and then ``poetry install`` are those of one ``poetry install``, but for the order of lines in the
RECORD of pip, which differs between any two runs, and with setuptools for ``_distutils_hack/__pycache__``. Under strace
``poetry install --no-root`` opens pyproject.toml, poetry.lock and poetry.toml, no README; with ``--no-directory`` it
only warns of folders that are not there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest
from layerwise.commands.kit.tables import Table, parse_toml, table
from layerwise.commands.python.locks import Lock, read_poetry_lock
from layerwise.commands.python.pip_words import is_local
from layerwise.commands.python.project import (
    SYSTEM_FOLDERS,
    local_index,
    module_words,
    runs,
    shadowed,
    started_again,
)
from layerwise.commands.python.pyproject import build_files, items, requirement_texts, tables, texts, tool
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "--without --with --only -E --extras -P --project -C --directory -m",
    "--sync --no-root --no-directory --all-extras --all-groups --compile -q --quiet --ansi --no-ansi -n"
    " --no-interaction --no-plugins --no-cache -v -vv -vvv --verbose --no-dev --dev --remove-untracked",
)
_FOLDERS: Final = ("VIRTUAL_ENV", "POETRY_VIRTUALENVS_PATH", "POETRY_CACHE_DIR", "POETRY_DATA_DIR")
_GROUPS: Final = ("dependencies", "dev-dependencies")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``poetry install``, ``poetry -n sync``, ``python -m poetry install``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or not runs(line, "poetry") or line.operands not in (["install"], ["sync"]):
        return None
    directory = directory_of(command, scope, line.value("-C", "--directory"))
    project = line.value("-P", "--project")
    directory = directory_of(command, scope, project) if project is not None else directory
    if directory is None or (project is not None and line.has("-C", "--directory")):
        return None
    verb = str(line.operands[0])
    return Install("Poetry", f"poetry {verb}", command, directory, line.last_values(), (verb,))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from pyproject.toml, poetry.lock and poetry.toml of its project."""
    manifest = nearest(install.directory, ("pyproject.toml",), files)
    if manifest is None:
        return Needs(blocked=("the build context has no pyproject.toml for the folder where it runs",))
    root = posixpath.dirname(manifest)
    environment = environment_of(install.command, scope)
    paths = (join(root, it) for it in ("pyproject.toml", "poetry.lock", "poetry.toml"))
    manifests = [it for it in paths if files.exists(it)]
    content = parse_toml(files.read(manifest))
    settings = parse_toml(_text(join(root, "poetry.toml"), files))
    lock_text = _text(join(root, "poetry.lock"), files)
    lock = read_poetry_lock(lock_text) if lock_text is not None else None
    blocked = [
        f"{name} is not valid TOML, or too large to read"
        for name, it in (("pyproject.toml", content), ("poetry.toml", settings), ("poetry.lock", lock))
        if it is None
    ]
    check = list(shadowed(install, files, environment, frozenset({"poetry", "cleo"})))
    has_lock = join(root, "poetry.lock") in manifests
    if not has_lock:
        check.append("there is no poetry.lock, so the versions of the first build stay until pyproject.toml changes")
    fetch = _fetch(install, scope, content or {}, lock)
    if fetch is not None:
        check.append(started_again("Poetry"))
    blocked += _reads_more(content or {}, lock, has_lock=has_lock)
    return Needs(
        tuple(dict.fromkeys(manifests)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(check),
        outputs=tuple(dict.fromkeys(_outputs(root, settings or {}, environment))),
        beside=tuple(join(root, it) for it in build_files(content or {})),
        fetch=fetch,
    )


def _text(path: str, files: InstallFiles) -> str | None:
    """Return a file's text, "" if there is none, and None if it can't be read."""
    return files.read(path) if files.exists(path) else ""


def _reads_more(content: Table, lock: Lock | None, *, has_lock: bool) -> Iterator[str]:
    """Yield what pyproject.toml and the lockfile make the install read."""
    poetry = tool(content, "poetry")
    archives = [it.path for it in (lock.local if lock is not None else ()) if it.kind == "file"]
    if archives:
        yield f"poetry.lock has archives of the project ({listed(archives)})"
    if not has_lock and (local := [*_local(content)]):
        yield f"pyproject.toml takes {listed(local)} from a file or folder of the project"
    for it in tables(poetry.get("source")):
        yield from local_index("pyproject.toml", str(it.get("url", "")))
    if any("path" in it for value in table(poetry, "requires-plugins").values() for it in tables(value)):
        yield "pyproject.toml takes a plugin of Poetry from the project"
    if tool(content, "poetry-dynamic-versioning").get("enable"):
        yield "the plugin poetry-dynamic-versioning reads the git history"


def _local(content: Table) -> Iterator[str]:
    """Yield the dependencies that are files or folders of the project."""
    poetry = tool(content, "poetry")
    groups = [table(poetry, it) for it in _GROUPS]
    groups += [table(it, "dependencies") for value in table(poetry, "group").values() for it in tables(value)]
    yield from (
        name for group in groups for name, value in group.items() if any("path" in it for it in _entries(value))
    )
    yield from (it.partition("@")[0].strip() for it in requirement_texts(content) if is_local(it))


def _entries(value: object) -> list[Table]:
    return [*tables(value), *(entry for it in items(value) for entry in tables(it))]


def _outputs(root: str, settings: Table, environment: Mapping[str, str | None]) -> Iterator[str]:
    yield from (join(root, ".venv"), join(root, ".poetry"))
    chosen = [environment.get(it) for it in _FOLDERS]
    chosen += [*texts(table(settings, "virtualenvs").get("path")), *texts(settings.get("cache-dir"))]
    yield from (join(root, it.replace("{project-dir}", root)) for it in chosen if it)
    yield from SYSTEM_FOLDERS


def _fetch(install: Install, scope: Scope, content: Table, lock: Lock | None) -> str | None:
    """Return the command without what comes from the project's own files; None if it is that already."""
    options = install.options
    has_root = "--no-root" not in options and tool(content, "poetry").get("package-mode") is not False
    folders = any(it.kind == "directory" for it in (lock.local if lock is not None else ()))
    added = ["--no-root"] if has_root else []
    added += ["--no-directory"] if folders and "--no-directory" not in options else []
    if not added:
        return None
    kept = kept_options(install.command, scope, _SYNTAX, (_SYNTAX.valued | _SYNTAX.flags) - {"-m"})
    words = [*started_as(install.command), *module_words(options), install.operands[0], *kept, *added]
    return " ".join(words)


POETRY: Final = Ecosystem(
    "Poetry",
    names("poetry python"),
    recognise,
    needs,
    ("pyproject.toml", "poetry.lock", "poetry.lock*", "poetry.toml"),
    lambda _: ("pyproject.toml",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("VIRTUAL_ENV"),
)
