"""What pip, uv, Poetry, PDM and Pipenv have in common: how they are started, and what else makes them read files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, CommandLine
from layerwise.commands.kit.install import Install, InstallFiles
from layerwise.commands.python.modules import STANDARD_MODULES
from layerwise.commands.python.pip_words import is_remote
from layerwise.semantics.paths import join

SYSTEM_FOLDERS: Final = ("/usr/local/bin", "/usr/local/lib", "/usr/bin", "/usr/lib", "/root/.local")
PROJECT: Final = "project"
"""The option that stands for folders and archives among the operands."""

LINKS: Final = "links"
"""The option that stands for folders in which to look for archives, one a line."""

INDEXES: Final = ("-i", "--index-url", "--extra-index-url", "--index", "--default-index", "--pypi-mirror", "--proxy")
_PYTHON: Final = re.compile(r"(python|pypy)(\d+(\.\d+)?)?\Z")
_SHADOWING: Final = (
    STANDARD_MODULES
    | {"pip", "setuptools", "pkg_resources", "wheel", "keyring", "truststore", "sitecustomize", "usercustomize"}
    | {"distutils", "imp", "cgi", "asyncore", "asynchat", "smtpd"}
)


def runs(line: CommandLine, program: str) -> bool:
    """Tell whether a command line starts a program: ``uv …``, ``python -m uv …``."""
    return line.program == program or (bool(_PYTHON.match(line.program)) and line.value("-m") == program)


def module_words(line_options: Mapping[str, str]) -> list[str]:
    """Return the words that name the program behind ``python``; none where it is started by itself."""
    return ["-m", line_options["-m"]] if "-m" in line_options else []


def is_set(environment: Mapping[str, str | None], name: str) -> bool:
    """Tell whether a variable switches something on, as far as that can be told."""
    return (environment.get(name) or "").lower() in ("1", "true", "t", "yes", "y", "on")


def shadowed(
    install: Install, files: InstallFiles, environment: Mapping[str, str | None], own: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield files of the project that Python takes for its own modules, or those of the manager."""
    paths = (environment.get("PYTHONPATH") or "").split(":")
    folders = [join(install.directory, it) for it in paths if it]
    if "-m" in install.options:
        folders.insert(0, install.directory)
    for folder in dict.fromkeys(folders):
        for name in sorted(_SHADOWING | own):
            if files.exists(join(folder, f"{name}.py")) or files.exists(join(folder, f"{name}/__init__.py")):
                yield f"{install.manager} may load the project's own {name} in place of Python's module of that name"


def started_again(manager: str) -> str:
    """Say what a second install by a manager that runs the environment's Python may leave behind."""
    return (
        f"{manager} starts the environment's Python again for the project, which may leave a compiled file more of"
        " packages with a .pth file (setuptools)"
    )


def environment_in(files: InstallFiles) -> str | None:
    """Return a virtual environment of the context: the later COPY could lay it over the one installed into."""
    found = (it for arrival in files.arrivals.items for it in arrival.files if posixpath.basename(it) == "pyvenv.cfg")
    return next((posixpath.dirname(it) or "." for it in sorted(found)), None)


def named_files(install: Install, files: InstallFiles, *names: str) -> Iterator[str]:
    """Yield a clause for each option that names a file of the project, or an index that is a folder."""
    options = install.options
    for name in names:
        if name in options and (options[name] == UNKNOWN or files.any_below(join(install.directory, options[name]))):
            yield f"{name} names a file of the project"
    for name in INDEXES:
        if options.get(name, "").startswith(("file:", "/", ".")):
            yield f"{name} names a folder ({options[name]})"


def local_index(name: str, url: str) -> Iterator[str]:
    """Yield a clause if a manifest takes packages from an index that is a folder."""
    if url and not is_remote(url) and not url.startswith("$"):
        yield f"{name} takes packages from a folder ({url})"
