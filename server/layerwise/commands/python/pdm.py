"""PDM: ``pdm install`` and ``pdm sync``.

## What is copied first
`pyproject.toml`, `pdm.lock` or `pylock.toml`, `pdm.toml`, `.pdm.toml` and `.python-version`. The dependencies get an
install of their own before the source, with `--no-self`. A project that is no distribution (`distribution = false`), or
is left out (`--no-self`), needs no second install.

## No fix
For `pdm sync`, `--check` or `--frozen-lockfile` without a lockfile; where the lockfile has packages from files and
folders of the project; in a workspace; where the scripts `pre_install`, `post_install` and the like run during the
install; where the context has a `.venv`, `venv`, `env`, `.pdm-python` or `__pypackages__` that PDM uses or that the
later COPY would lay over its own.

## Review
Where a second install is needed: PDM then starts the environment's Python again, which runs the `.pth` files of
packages such as setuptools, and may leave a compiled file of them that was not there. For `pdm install`, which may
rewrite the lockfile, and where there is none. Where PDM uses uv (`use_uv`). Where Python could load a module of the
project in place of its own.

## Cache
`/root/.cache/pdm`, or `~/.cache/pdm` of the user.

## Sources
PDM's manual (pdm-project.org): "CLI Reference", "Working with lock files", "PDM Scripts", "Configurations"; its source
(2.29: project/core.py, project/workspace.py, signals.py). Run with PDM 2.29.4: the files after ``pdm install
--no-self`` and then ``pdm install`` are those of one ``pdm install``, but for the cache of answers, which differs
between any two runs, and with setuptools for ``_distutils_hack/__pycache__``. Under strace ``--no-self`` opens these
manifests and no README or source.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import found_upwards, nearest, shown
from layerwise.commands.kit.tables import Table, parse_toml, table
from layerwise.commands.python.locks import Lock, read_pdm_lock
from layerwise.commands.python.pip_words import is_local
from layerwise.commands.python.project import (
    SYSTEM_FOLDERS,
    is_set,
    local_index,
    module_words,
    named_files,
    runs,
    shadowed,
    started_again,
)
from layerwise.commands.python.pyproject import build_files, requirement_texts, tables, tool
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-p --project -G --group --with --without --config-setting -C --override -L --lockfile -k --skip -c --config -m",
    "-v --verbose -vv -q --quiet --no-default -d --dev --prod --production --no-editable --no-self --fail-fast -x"
    " --no-isolation --frozen-lockfile --no-lock --check --clean --only-keep --clean-unselected -r --reinstall -n"
    " --non-interactive --no-cache -I --ignore-python",
)
_SETTINGS: Final = ("pdm.toml", ".pdm.toml", ".python-version")
_LOCKS: Final = ("pdm.lock", "pylock.toml")
_HOOKS: Final = ("pre_invoke", "pre_lock", "post_lock", "pre_install", "post_install", "post_use")
_ENVIRONMENTS: Final = ("venv", "env")
_OWN: Final = (".venv", ".pdm-python", ".pdm-plugins", "__pypackages__")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``pdm install --prod``, ``pdm sync``, ``python -m pdm install``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or not runs(line, "pdm") or line.operands not in (["install"], ["sync"]):
        return None
    directory = directory_of(command, scope, line.value("-p", "--project"))
    if directory is None:
        return None
    verb = str(line.operands[0])
    return Install("PDM", f"pdm {verb}", command, directory, line.last_values(), (verb,))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from pyproject.toml, the lockfile and PDM's settings."""
    options = install.options
    manifest = nearest(install.directory, ("pyproject.toml",), files)
    if manifest is None:
        return Needs(blocked=("the build context has no pyproject.toml for the folder where it runs",))
    root = posixpath.dirname(manifest)
    environment = environment_of(install.command, scope)
    chosen = options.get("-L", options.get("--lockfile"))
    locks = (join(root, it) for it in ((chosen,) if chosen else _LOCKS))
    found = [it for it in locks if files.exists(it)]
    lock_path = found[0] if found else None
    # Settings choose between the two (lock.format).
    manifests = [manifest, *found]
    manifests += [it for it in (join(root, name) for name in _SETTINGS) if files.exists(it)]
    content = parse_toml(files.read(manifest))
    text = files.read(lock_path) if lock_path is not None else ""
    lock = read_pdm_lock(text) if text is not None else None
    blocked = [
        f"{name} is not valid TOML, or too large to read"
        for name, it in (("pyproject.toml", content), (shown(lock_path or "", root), lock))
        if it is None
    ]
    check = list(shadowed(install, files, environment, frozenset({"pdm"})))
    fetch = _fetch(install, scope, content or {})
    is_fixed = install.operands == ("sync",) or _is_fixed(install, environment)
    if lock_path is None and is_fixed:
        blocked.append(f"`{install.title}` needs a lockfile, and the build context has no {chosen or 'pdm.lock'}")
    elif lock_path is None:
        check.append("there is no pdm.lock, so the versions of the first build stay until pyproject.toml changes")
    elif not is_fixed:
        undone = "" if fetch is not None else ", and the later COPY would put the old one back"
        check.append(f"`{install.title}` rewrites {shown(lock_path, root)} where it is out of date{undone}")
    if fetch is not None:
        check.append(started_again("PDM"))
    blocked += _reads_more(install, content or {}, lock, has_lock=lock_path is not None)
    blocked += _around(root, files)
    blocked += named_files(install, files, "-c", "--config", "--override")
    settings = [files.read(it) or "" for it in manifests if it.endswith(_SETTINGS[:2])]
    if any("use_uv" in it for it in settings) or "PDM_USE_UV" in environment:
        check.append("PDM uses uv here, which was not run")
    return Needs(
        tuple(dict.fromkeys(manifests)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(check),
        outputs=tuple(dict.fromkeys(_outputs(root, environment))),
        beside=tuple(join(root, it) for it in build_files(content or {})),
        fetch=fetch,
    )


def _is_fixed(install: Install, environment: Mapping[str, str | None]) -> bool:
    """Tell whether it leaves the lockfile as it is."""
    flags = ("--check", "--frozen-lockfile", "--no-lock")
    return any(it in install.options for it in flags) or is_set(environment, "PDM_FROZEN_LOCKFILE")


def _reads_more(install: Install, content: Table, lock: Lock | None, *, has_lock: bool) -> Iterator[str]:
    """Yield what pyproject.toml and the lockfile make the install read."""
    settings = tool(content, "pdm")
    local = [it.name for it in (lock.local if lock is not None else ())]
    if not has_lock:
        local = [it for it in requirement_texts(content) if is_local(it) or "file:" in it]
    if local:
        place = "the lockfile" if has_lock else "pyproject.toml"
        yield f"{place} takes {listed(local)} from a file or folder of the project"
    if "workspace" in settings:
        yield "pyproject.toml has a workspace, and the install builds its members"
    skipped = install.options.get("-k", install.options.get("--skip", "")).split(",")
    hooks = [f'"{it}"' for it in _HOOKS if it in table(settings, "scripts") and it not in skipped]
    if hooks and ":all" not in skipped:
        yield f"PDM runs the script {listed(hooks)} of pyproject.toml, which may read any file"
    for it in tables(settings.get("source")):
        yield from local_index("pyproject.toml", str(it.get("url", "")))


def _around(root: str, files: InstallFiles) -> Iterator[str]:
    """Yield what else PDM looks for: a workspace above, and environments by their usual names."""
    for it in found_upwards(posixpath.dirname(root), ("pyproject.toml",), files):
        if it != join(root, "pyproject.toml") and "workspace" in tool(parse_toml(files.read(it)) or {}, "pdm"):
            yield f"{shown(it, root)} has a workspace, which may include the folder where it runs"
    for name in _ENVIRONMENTS:
        if any(files.any_below(join(root, f"{name}/bin/{it}")) for it in ("python", "python3")):
            yield f"the build context holds a virtual environment ({name}), which PDM takes; add it to .dockerignore"


def _outputs(root: str, environment: Mapping[str, str | None]) -> Iterator[str]:
    yield from (join(root, it) for it in _OWN)
    chosen = (environment.get(it) for it in ("VIRTUAL_ENV", "PDM_CACHE_DIR", "PDM_VENV_LOCATION"))
    yield from (join(root, it) for it in chosen if it)
    yield from SYSTEM_FOLDERS


def _fetch(install: Install, scope: Scope, content: Table) -> str | None:
    """Return the command without the project itself; None if it is that already."""
    settings = tool(content, "pdm")
    kind = settings.get("package-type")
    is_library = kind == "library" if kind is not None else settings.get("distribution") is not False
    if "--no-self" in install.options or not is_library or "name" not in table(content, "project"):
        return None
    kept = kept_options(install.command, scope, _SYNTAX, (_SYNTAX.valued | _SYNTAX.flags) - {"-m"})
    words = [*started_as(install.command), *module_words(install.options), install.operands[0], *kept, "--no-self"]
    return " ".join(words)


PDM: Final = Ecosystem(
    "PDM",
    names("pdm python"),
    recognise,
    needs,
    ("pyproject.toml", "pdm.lock", "pdm.toml", "pylock.toml"),
    lambda _: ("pyproject.toml",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("VIRTUAL_ENV"),
)
