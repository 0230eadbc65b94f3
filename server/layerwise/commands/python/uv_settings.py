"""What uv's settings, in pyproject.toml and uv.toml, and its version mean for what it reads and writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from layerwise.commands.kit.install import Install, InstallFiles
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import found_upwards
from layerwise.commands.kit.tables import Table, parse_toml
from layerwise.commands.python.project import LINKS, is_set, local_index, named_files
from layerwise.commands.python.pyproject import tables, texts, tool
from layerwise.semantics.paths import join, relative
from layerwise.semantics.scope import Scope

SETTINGS: Final = ("uv.toml", ".python-version", ".python-versions")
COMMON_VALUED: Final = (
    "--index --default-index -i --index-url --extra-index-url -f --find-links --index-strategy --keyring-provider -P"
    " --upgrade-package --upgrade-group --resolution --prerelease --prerelease-package --fork-strategy --exclude-newer"
    " --exclude-newer-package --no-sources-package --reinstall-package --link-mode -C --config-setting"
    " --config-settings --config-settings-package --no-build-isolation-package --no-build-package --no-binary-package"
    " --cache-dir --refresh-package -p --python --python-platform --color --allow-insecure-host --directory --project"
    " --config-file --python-preference --python-fetch --preview-features -m"
)
COMMON_FLAGS: Final = (
    "--no-index -U --upgrade --no-sources --reinstall --force-reinstall --compile-bytecode --compile"
    " --no-compile-bytecode --no-compile --no-build-isolation --build-isolation --require-build-hashes"
    " --no-require-build-hashes -n --no-cache --no-cache-dir --refresh --managed-python --no-managed-python"
    " --no-python-downloads --allow-python-downloads -q --quiet -qq -v --verbose -vv --system-certs --native-tls"
    " --no-native-tls --offline --no-offline --no-progress --no-config --preview --no-preview"
)
_EVEN_SCRIPTS: Final = (0, 12, 24)
"""From here on uv writes the same first line into a script whether the environment is new or not."""

_NO_CACHE: Final = ("-n", "--no-cache", "--no-cache-dir")
_IMAGE: Final = re.compile(r"(.*/)?astral(-sh)?/uv:v?(\d+)\.(\d+)\.(\d+)\b")
_REQUIRED: Final = re.compile(r"\s*(?:>=|==|~=)\s*(\d+)\.(\d+)(?:\.(\d+))?")


def settings_at(directory: str, files: InstallFiles) -> Table | None:
    """Return the settings of the nearest uv.toml; None if it can't be read."""
    path = next(iter(found_upwards(directory, ("uv.toml",), files)), None)
    return parse_toml(files.read(path)) if path is not None else {}


def surroundings(
    install: Install, files: InstallFiles, environment: Mapping[str, str | None], content: Table
) -> Iterator[str]:
    """Yield what options, variables and settings make uv read, and where they make it write."""
    yield from named_files(install, files, "--config-file", "--cert")
    yield from local_settings(install.directory, files, content)
    for it in install.options.get(LINKS, "").split("\n") if install.manager == "uv" else ():
        if it and files.any_below(join(install.directory, it)):
            yield f"it looks for packages in a folder ({it})"
    if environment.get("UV_PROJECT_ENVIRONMENT", "") is None:
        yield "where uv installs depends on a variable (UV_PROJECT_ENVIRONMENT)"


def local_settings(directory: str, files: InstallFiles, content: Table) -> Iterator[str]:
    """Yield a clause for each folder that settings make uv look for packages in."""
    own = settings_at(directory, files)
    if own is None:
        yield "uv.toml is not valid TOML"
    for name, settings in (("pyproject.toml", tool(content, "uv")), ("uv.toml", own or {})):
        urls = [str(it.get("url", "")) for it in tables(settings.get("index"))]
        urls += [it for key in ("index-url", "extra-index-url", "find-links") for it in texts(settings.get(key))]
        for url in urls:
            yield from local_index(name, url)


def outputs(
    install: Install, files: InstallFiles, environment: Mapping[str, str | None], root: str, content: Table
) -> Iterator[str]:
    """Yield the image paths that a sync writes: the environment, and the cache if it is in the image."""
    yield join(root, environment.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    if "--active" in install.options and (active := environment.get("VIRTUAL_ENV")):
        yield active
    yield from caches(install, files, environment, content)


def caches(
    install: Install, files: InstallFiles, environment: Mapping[str, str | None], content: Table
) -> Iterator[str]:
    """Yield where uv keeps its cache if that was chosen."""
    chosen = [install.options.get("--cache-dir"), environment.get("UV_CACHE_DIR")]
    for settings in (tool(content, "uv"), settings_at(install.directory, files) or {}):
        chosen += texts(settings.get("cache-dir"))
    yield from (join(install.directory, it) for it in chosen if it)


def _version(files: InstallFiles, content: Table) -> tuple[int, ...] | None:
    """Return the version of uv, if an image that it is copied from or the project tells, or the least that may be."""
    for arrival in files.arrivals.items:
        if match := _IMAGE.match(str(arrival.copy.origin or "")):
            return tuple(map(int, match.groups()[2:]))
    match = _REQUIRED.match(str(tool(content, "uv").get("required-version", "")))
    return tuple(int(it or 0) for it in match.groups()) if match else None


def kept_notes(
    install: Install, files: InstallFiles, scope: Scope, environment: Mapping[str, str | None], content: Table
) -> Iterator[str]:
    """Yield that uv, started again, notes in its cache what it finds of the environment's Python."""
    if any(it in install.options for it in _NO_CACHE) or is_set(environment, "UV_NO_CACHE"):
        return
    user = scope.user.partition(":")[0]
    home = environment.get("HOME") or ("/root" if user in ("", "root", "0") else f"/home/{user}")
    default = join(environment.get("XDG_CACHE_HOME") or f"{home}/.cache", "uv")
    for folder in [*caches(install, files, environment, content)] or [default]:
        if not any(relative(folder, it) is not None for it in files.caches):
            yield (
                f"uv leaves a file more in its cache in {folder}, a note on the environment's Python, unless that is a"
                " cache mount or left out (--no-cache)"
            )


def uneven_scripts(packages: list[str], files: InstallFiles, content: Table) -> Iterator[str]:
    """Yield that an older uv writes other first lines into the scripts of packages that it installs later."""
    if packages and (_version(files, content) or (0,)) < _EVEN_SCRIPTS:
        version = ".".join(map(str, _EVEN_SCRIPTS))
        yield (
            f"uv before {version} starts the scripts of {listed(packages)} with .venv/bin/python3 in place of"
            " .venv/bin/python, which is the same program"
        )


def is_member(folder: str, workspace: Table) -> bool:
    """Tell whether a folder is a member: ``*`` stands for one name, ``**`` for any number."""
    named = [it.removeprefix("./").rstrip("/") for it in texts(workspace.get("members"))]
    excluded = [it.removeprefix("./").rstrip("/") for it in texts(workspace.get("exclude"))]
    return any(_is_like(folder, it) for it in named) and not any(_is_like(folder, it) for it in excluded)


def _is_like(folder: str, pattern: str) -> bool:
    return fnmatchcase(folder, pattern) and ("**" in pattern or folder.count("/") == pattern.count("/"))
