"""pip: ``pip install -r``.

## What is copied first
The requirements files (`-r`), the constraints (`-c`), and all that they include.

## No fix
Where a requirements file installs files or folders of the project (`-e .`, `./lib`, `file:`), looks for packages in a
folder (`--find-links`) or is missing; where variables name other files of the project; where the context holds a
virtual environment. `pip install .` reads the source, so nothing is out of order there.

## Review
Where Python could load a module of the project in place of its own.

## Cache
`/root/.cache/pip`, or `~/.cache/pip` of the user.

## Sources
pip's manual (pip.pypa.io), pages "pip install", "Configuration", "VCS Support"; see also ``requirements``.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.ecosystems.command_line import UNKNOWN, CommandLine, directory_of, names, read_command_line, syntax
from layerwise.ecosystems.environment import certificates, environment_of, lacks_folder, startup_files
from layerwise.ecosystems.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.ecosystems.project_files.requirements import Requirements, is_local, is_remote
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation

_PIP: Final = re.compile(r"pip(\d+(\.\d+)?)?\Z")
_PYTHON: Final = re.compile(r"(python|pypy)(\d+(\.\d+)?)?\Z")
SYNTAX: Final = syntax(
    "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -t --target"
    " --prefix --root --src --cache-dir --trusted-host --timeout --retries --proxy --cert --client-cert --platform"
    " --abi -d --dest --python-version --implementation --only-binary --no-binary --upgrade-strategy"
    " --progress-bar --log --exists-action --config-settings -C --global-option --build-option --install-option"
    " --report --use-feature --use-deprecated --keyring-provider --root-user-action -w --wheel-dir -m -W -X"
    " --resume-retries --default-timeout",
    "-U --upgrade -q --quiet -qq -qqq -v --verbose -vv -vvv --user --no-deps --pre --no-cache-dir --no-cache"
    " --force-reinstall -I --ignore-installed --no-index --require-hashes --no-build-isolation --use-pep517"
    " --no-use-pep517 --prefer-binary --disable-pip-version-check --no-warn-script-location --no-warn-conflicts"
    " --no-input --no-color --isolated --debug --break-system-packages --no-compile --compile"
    " --ignore-requires-python --require-virtualenv --dry-run --no-clean --no-python-version-warning"
    " --check-build-dependencies --no-verify --process-dependency-links -u -E -s -B -I -O",
)
_FOLDERS: Final = ("-t", "--target", "--prefix", "--root", "--src", "-w", "--wheel-dir", "--cache-dir", "-d", "--dest")
_FILES: Final = ("--log", "--report")
_SYSTEM_FOLDERS: Final = ("/usr/local/bin", "/usr/local/lib", "/usr/bin", "/usr/lib", "/root/.local")
_STEERING: Final = re.compile(
    r"PIP_(CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONSTRAINT|BUILD_CONSTRAINT|REQUIREMENT|EDITABLE|CERT|CLIENT_CERT)"
)
_SHADOWING: Final = (
    sys.stdlib_module_names
    | {"pip", "setuptools", "pkg_resources", "wheel", "keyring", "truststore", "sitecustomize", "usercustomize"}
    | {"distutils", "imp", "cgi", "asyncore", "asynchat", "smtpd"}
)
_INSTALL_SECTION: Final = re.compile(r"^\[install\]", re.MULTILINE)


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``pip install -r x.txt``, ``python -m pip install …``, ``pip3 …``."""
    line = read_command_line(command, scope, SYNTAX)
    if line is None:
        return None
    through_python = bool(_PYTHON.match(line.program)) and line.value("-m") == "pip"
    if not _PIP.match(line.program) and not through_python:
        return None
    operands = line.operands
    requirements = line.values("-r", "--requirement")
    if operands[:1] not in (["install"], ["wheel"], ["download"]) or not requirements or line.has("--dry-run"):
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    title = f"{'pip' if through_python else line.program} {operands[0]} -r {' -r '.join(requirements)}"
    options = line.last_values()
    options["program"] = command.program or ""
    if _installs_project(line):
        options["source"] = ""
    links = next((it for it in line.values("-f", "--find-links") if not is_remote(it)), None)
    if links is not None:
        options["links"] = links
    if operands[0] != "install" and not line.has("-w", "--wheel-dir", "-d", "--dest"):
        options["--dest"] = "."
    if any(map(is_remote, line.values("-e", "--editable"))):
        options.setdefault("--src", "src")
    constraints = line.values("-c", "--constraint")
    return Install("pip", title, command, directory, options, (*requirements, *constraints))


def _installs_project(line: CommandLine) -> bool:
    """Tell whether it also installs folders or archives: ``.``, ``-e .``, ``./pkg``, ``dist/*.whl``."""
    return any(it is None or is_local(it) for it in (*line.operands[1:], *line.values("-e", "--editable")))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from its requirements files and all that they include."""
    options = install.options
    if "source" in options:
        return Needs(source=True)
    read = Requirements(files)
    for operand in install.operands:
        if UNKNOWN in operand:
            read.blocked.append("the name of a requirements file depends on a variable")
        elif not is_remote(operand):
            read.add(join(install.directory, operand), f"`{install.title}`")
    if not read.found and not read.blocked:
        return Needs(source=True)
    environment = environment_of(install.command, scope)
    manifests = tuple(dict.fromkeys([*read.found, *certificates(environment, install.directory, files)]))
    read.blocked += _surroundings(install, files, environment)
    if lacks_folder(install, manifests, scope):
        read.blocked.append(f"the folder where it runs, {install.directory}, is not there before the COPY")
    return Needs(
        manifests,
        blocked=tuple(read.blocked),
        check=tuple(_checks(install, files, environment)),
        outputs=tuple(_outputs(install, environment, clones=read.clones)),
    )


def _surroundings(install: Install, files: InstallFiles, environment: Mapping[str, str | None]) -> Iterator[str]:
    """Yield what options, variables and the project's folder make pip read."""
    options = install.options
    if "links" in options:
        yield f"it looks for packages in a folder ({options['links']})"
    for name in ("--cert", "--client-cert"):
        if name in options and (options[name] == UNKNOWN or files.any_below(join(install.directory, options[name]))):
            yield f"{name} names a file of the project"
    for name in ("-i", "--index-url", "--extra-index-url", "--proxy"):
        if options.get(name, "").startswith(("file:", "/", ".")):
            yield f"{name} names a folder ({options[name]})"
    yield from startup_files(environment, install.directory, files, _STEERING)
    if environments := _environments(files):
        yield f"the build context holds a virtual environment ({environments}); add it to .dockerignore"


def _outputs(install: Install, environment: Mapping[str, str | None], *, clones: bool) -> Iterator[str]:
    options = install.options
    named = [options.get(it) for it in (*_FOLDERS, *_FILES)]
    # `-e git+https://…` is cloned into src of the folder it runs in, or of the virtual environment (VCS Support).
    named += ["src"] if clones and "--src" not in options else []
    named += [environment.get(it) for it in ("VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC")]
    if "/bin/" in options["program"]:
        named.append(options["program"].partition("/bin/")[0])
    yield from dict.fromkeys(join(install.directory, it) for it in named if it)
    yield from _SYSTEM_FOLDERS


def _environments(files: InstallFiles) -> str | None:
    """Return a virtual environment of the context: the later COPY could lay it over the one installed into."""
    found = (it for arrival in files.arrivals.items for it in arrival.files if posixpath.basename(it) == "pyvenv.cfg")
    return next((posixpath.dirname(it) or "." for it in sorted(found)), None)


def _checks(install: Install, files: InstallFiles, environment: Mapping[str, str | None]) -> Iterator[str]:
    """Yield files of the project that Python takes for its own modules, or pip for settings of its own."""
    paths = (environment.get("PYTHONPATH") or "").split(":")
    folders = [join(install.directory, it) for it in paths if it]
    if "-m" in install.options:
        folders.insert(0, install.directory)
    for folder in dict.fromkeys(folders):
        for name in sorted(_SHADOWING):
            if files.exists(join(folder, f"{name}.py")) or files.exists(join(folder, f"{name}/__init__.py")):
                yield f"pip may load the project's own {name} in place of Python's module of that name"
    # distutils reads setup.cfg of the folder it runs in (pip/_internal/locations/_distutils.py).
    if _INSTALL_SECTION.search(files.read(join(install.directory, "setup.cfg")) or ""):
        yield "pip on Python 3.9 and older reads from setup.cfg where to install"


PIP: Final = Ecosystem(
    "pip",
    names("pip python pypy"),
    recognise,
    needs,
    ("requirements", "requirements*.txt", "requirements*.in", "constraints*.txt"),
    lambda install: install.operands,
    parse_documentation(__doc__, SECTIONS),
)
