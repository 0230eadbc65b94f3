"""pip: ``pip install -r``, ``pip wheel -r``, ``pip install --group`` and pip-tools' ``pip-sync``.

## What is copied first
The requirements files (`-r`), the constraints (`-c`), all that they include, wheels and other archives that they name,
and folders of them (`--find-links`). For `--group` pyproject.toml. Where the project itself is installed with them
(`pip install -r requirements.txt .`), the requirements alone get a `pip install` of their own before the source.

## No fix
Where a requirements file installs folders of the project (`-e .`, `./lib`, `file:`) or is missing; where variables name
other files of the project; where the context holds a virtual environment. `pip install .` by itself reads the source,
so nothing is out of order there, and so does `pip wheel -r requirements.txt .`, which would get all again.

## Review
Where the project itself is installed with its requirements, as these alone may get other versions than together with
it. Where Python could load a module of the project in place of its own.

## Cache
`/root/.cache/pip`, or `~/.cache/pip` of the user.

## Sources
pip's manual (pip.pypa.io), pages "pip install", "Configuration", "VCS Support"; pip-tools' README; see also
``requirements``. Run with pip 26.3 and pip-tools 7.6: the environment is the same if ``pip install -r`` comes before
``pip install -r … .``, but for the times in ``.pyc`` files; ``pip-sync`` also opens .pip-tools.toml and pyproject.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import (
    directory_of,
    read_command_line,
    syntax,
    written,
)
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.python.pip_command import TOGETHER, options_of, read_requirements
from layerwise.commands.python.pip_words import SYNTAX
from layerwise.commands.python.project import (
    PROJECT,
    SYSTEM_FOLDERS,
    environment_in,
    module_words,
    named_files,
    runs,
    shadowed,
)
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_PIP: Final = re.compile(r"pip(\d+(\.\d+)?)?\Z")
_SYNC: Final = syntax(
    "-f --find-links -i --index-url --extra-index-url --trusted-host --python-executable --cert --client-cert --config",
    "--force -v --verbose -q --quiet --user --no-index --no-config",
)
_FOLDERS: Final = ("-t", "--target", "--prefix", "--root", "--src", "-w", "--wheel-dir", "--cache-dir", "-d", "--dest")
_FILES: Final = ("--log", "--report")
_INSTALL_SECTION: Final = re.compile(r"^\[install\]", re.MULTILINE)


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``pip install -r x.txt``, ``python -m pip install …``, ``pip-sync``."""
    if (command.program or "").rpartition("/")[2] == "pip-sync":
        return _pip_sync(command, scope)
    line = read_command_line(command, scope, SYNTAX)
    if line is None or not (_PIP.match(line.program) or runs(line, "pip")):
        return None
    operands = line.operands
    requirements, groups = line.values("-r", "--requirement"), line.values("--group")
    listed = [*(f"-r {written(it)}" for it in requirements), *(f"--group {written(it)}" for it in groups)]
    if operands[:1] not in (["install"], ["wheel"], ["download"]) or not listed or line.has("--dry-run"):
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    options = options_of(line, command)
    program = "pip" if "-m" in options else line.program
    project = options[PROJECT].split("\n") if PROJECT in options else []
    title = " ".join([program, str(operands[0]), *listed, *project])
    if operands[0] != "install" and PROJECT in options:
        # A `pip wheel` without the project would leave nothing that the one with it does not get again.
        options["source"] = ""
    if operands[0] != "install" and not line.has("-w", "--wheel-dir", "-d", "--dest"):
        options["--dest"] = "."
    constraints = line.values("-c", "--constraint", "--build-constraint")
    projects = [it.rpartition(":")[0] or "pyproject.toml" for it in groups]
    return Install("pip", title, command, directory, options, (*requirements, *constraints, *projects))


def _pip_sync(command: Command, scope: Scope) -> Install | None:
    line = read_command_line(command, scope, _SYNC)
    directory = directory_of(command, scope)
    if line is None or directory is None or None in line.operands:
        return None
    requirements = [it for it in line.operands if it is not None] or ["requirements.txt"]
    options = options_of(line, command)
    options.pop(PROJECT, None)
    return Install("pip", f"pip-sync {' '.join(requirements)}", command, directory, options, tuple(requirements))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from its requirements files and all that they include."""
    if "source" in install.options:
        return Needs(source=True)
    read = read_requirements(install, files)
    if not read.found and not read.blocked:
        return Needs(source=True)
    environment = environment_of(install.command, scope)
    settings = [join(install.directory, it) for it in _settings(install, files)]
    manifests = tuple(dict.fromkeys([*read.found, *settings]))
    blocked = [*read.blocked, *named_files(install, files, "--cert", "--client-cert", "--config")]
    if found := environment_in(files):
        blocked.append(f"the build context holds a virtual environment ({found}); add it to .dockerignore")
    checks = [*_checks(install, files, environment), *([TOGETHER] if PROJECT in install.options else [])]
    return Needs(
        manifests,
        tuple(dict.fromkeys(read.folders)),
        blocked=tuple(blocked),
        check=tuple(checks),
        outputs=tuple(_outputs(install, environment, clones=read.clones)),
        fetch=_fetch(install, scope) if PROJECT in install.options else None,
    )


def _settings(install: Install, files: InstallFiles) -> Iterator[str]:
    """Yield the files of settings that ``pip-sync`` looks for."""
    if install.options["program"].endswith("pip-sync"):
        yield from (it for it in (".pip-tools.toml", "pyproject.toml") if files.exists(join(install.directory, it)))


def _outputs(install: Install, environment: Mapping[str, str | None], *, clones: bool) -> Iterator[str]:
    options = install.options
    named = [options.get(it) for it in (*_FOLDERS, *_FILES)]
    # `-e git+https://…` is cloned into src of the folder it runs in, or of the virtual environment (VCS Support).
    named += ["src"] if clones and "--src" not in options else []
    named += [environment.get(it) for it in ("VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC")]
    programs = (options["program"], options.get("--python", ""), options.get("--python-executable", ""))
    named += [it.partition("/bin/")[0] for it in programs if "/bin/" in it]
    yield from dict.fromkeys(join(install.directory, it) for it in named if it)
    yield from SYSTEM_FOLDERS


def _checks(install: Install, files: InstallFiles, environment: Mapping[str, str | None]) -> Iterator[str]:
    """Yield files of the project that Python takes for its own modules, or pip for settings of its own."""
    yield from shadowed(install, files, environment)
    # distutils reads setup.cfg of the folder it runs in (pip/_internal/locations/_distutils.py).
    if _INSTALL_SECTION.search(files.read(join(install.directory, "setup.cfg")) or ""):
        yield "pip on Python 3.9 and older reads from setup.cfg where to install"


def _fetch(install: Install, scope: Scope) -> str:
    """Return the command without the project itself."""
    keep = (SYNTAX.valued | SYNTAX.flags) - {"-m", "-e", "--editable"}
    options = kept_options(install.command, scope, SYNTAX, keep)
    return " ".join([*started_as(install.command), *module_words(install.options), "install", *options])


PIP: Final = Ecosystem(
    "pip",
    names("pip pip-sync python pypy"),
    recognise,
    needs,
    ("requirements", "requirements*.txt", "requirements*.in", "constraints*.txt"),
    lambda install: install.operands,
    parse_documentation(__doc__, SECTIONS),
)
