"""pip: ``pip install -r``.

Sources: pip's manual (pip.pypa.io), pages "Requirements File Format" and "pip install".
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from layerwise.ecosystems.command_line import CommandLine, directory_of, read_command_line
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_PIP: Final = re.compile(r"pip(\d+(\.\d+)?)?\Z")
_PYTHON: Final = re.compile(r"(python|pypy)(\d+(\.\d+)?)?\Z")
_REMOTE: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_VALUED: Final = frozenset(
    {"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url", "-f"}
    | {"--find-links", "-t", "--target", "--prefix", "--root", "--src", "--cache-dir", "--trusted-host", "--timeout"}
    | {"--retries", "--proxy", "--cert", "--client-cert", "--platform", "--python-version", "--implementation", "--abi"}
    | {"--only-binary", "--no-binary", "--upgrade-strategy", "--progress-bar", "--log", "--exists-action", "--python"}
    | {
        "--config-settings",
        "-C",
        "--global-option",
        "--report",
        "--use-feature",
        "--use-deprecated",
        "--no-cache",
        "-m",
    }
    | {"--keyring-provider", "--root-user-action", "--group", "-w", "--wheel-dir", "-d", "--dest", "-W", "-X"}
) - {"--no-cache"}
_FOLDER_OPTIONS: Final = ("-t", "--target", "--prefix", "--root", "--src", "--wheel-dir", "-w")
_LINE_CONTINUATION: Final = re.compile(r"\\\r?\n")
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_INCLUDE: Final = re.compile(r"(-r|-c|--requirement|--constraint)(?:\s+|\s*=\s*|(?<=-[rc]))(.+)\Z")
_MOST_REQUIREMENTS_FILES: Final = 50


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``pip install -r x.txt``, ``python -m pip install …``, ``pip3 …``."""
    line = read_command_line(command, scope, _VALUED, short_values=("-r", "-c"))
    if line is None:
        return None
    through_python = bool(_PYTHON.match(line.program)) and line.value("-m") == "pip"
    if not _PIP.match(line.program) and not through_python:
        return None
    operands = line.operands
    if operands[:1] not in (["install"], ["wheel"]) or not line.has("-r", "--requirement"):
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    requirements = tuple(line.values("-r", "--requirement"))
    title = f"{'pip' if through_python else line.program} {operands[0]} -r {' -r '.join(requirements)}"
    options = {name: values[-1] for name, values in line.options.items()}
    options["program"] = command.program or ""
    if _installs_project(line):
        options["source"] = ""
    constraints = tuple(line.values("-c", "--constraint"))
    return Install("pip", title, command, directory, options, (*requirements, *constraints))


def _installs_project(line: CommandLine) -> bool:
    """Tell whether it also installs folders or archives: ``.``, ``-e .``, ``./pkg``, ``dist/*.whl``."""
    named = [*line.operands[1:], *line.values("-e", "--editable")]
    return any(it is None or _is_local(it) for it in named)


def _is_local(requirement: str) -> bool:
    if _REMOTE.match(requirement) and not requirement.startswith("file:"):
        return False
    if re.match(r"[A-Za-z0-9._-]+\s*(\[[^]]*\])?\s*@\s*(?!file:)", requirement):
        return False
    bare = re.split(r"[\s;\[<>=!~@#]", requirement, maxsplit=1)[0]
    is_file = bare.startswith((".", "/", "file:")) or "/" in bare or bare.endswith((".whl", ".zip", ".tar.gz"))
    return is_file or "@ file:" in requirement or "@file:" in requirement


@dataclass(slots=True)
class _Closure:
    """The requirement files that an install reads, and what stands in the way."""

    files: InstallFiles
    found: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])

    def add(self, path: str, named_by: str) -> None:
        """Read a file and all that it includes; ``-r`` and ``-c`` are relative to the including file."""
        if path in self.found or len(self.found) >= _MOST_REQUIREMENTS_FILES:
            return
        name = posixpath.basename(path)
        text = self.files.read(path)
        if text is None:
            landing = self.files.landing(path)
            where = "of the build context" if landing is None or landing.path is not None else "another stage's"
            reason = "it is not in the folder where it runs" if landing is None else f"it is no text file {where}"
            self.blocked.append(f"{named_by} reads {name}, and {reason}")
            return
        self.found.append(path)
        for line in _logical_lines(text):
            self._line(line, path, name)

    def _line(self, line: str, path: str, name: str) -> None:
        include = _INCLUDE.match(line)
        if include:
            target = include[2].strip().strip("\"'")
            if "$" in target:
                self.blocked.append(f"{name} includes {target}, which depends on a variable")
            elif not _REMOTE.match(target):
                self.add(join(posixpath.dirname(path), target), name)
        elif line.startswith(("-e", "--editable")):
            target = line.split(maxsplit=1)[-1].strip().removeprefix("--editable=")
            if not _REMOTE.match(target) or target.startswith("file:"):
                self.blocked.append(f"{name} installs a folder of the project ({target})")
        elif line.startswith(("-f", "--find-links")):
            target = re.split(r"[\s=]+", line, maxsplit=1)[-1]
            if not _REMOTE.match(target):
                self.blocked.append(f"{name} looks for packages in the folder {target}")
        elif not line.startswith("-") and _is_local(line):
            self.blocked.append(f"{name} installs a file or folder of the project ({line.split(maxsplit=1)[0]})")


def _logical_lines(text: str) -> Iterator[str]:
    for line in _LINE_CONTINUATION.sub("", text.removeprefix("\ufeff")).splitlines():
        stripped = _COMMENT.sub("", line).strip()
        if stripped:
            yield stripped


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from its requirement files and all that they include."""
    if "source" in install.options:
        return Needs(source=True)
    closure = _Closure(files)
    for operand in install.operands:
        if "$" in operand:
            closure.blocked.append(f"the name of the requirements file, {operand}, depends on a variable")
        elif not _REMOTE.match(operand):
            closure.add(join(install.directory, operand), f"`{install.title}`")
    if not closure.found and not closure.blocked:
        return Needs(source=True)
    find_links = install.options.get("-f", install.options.get("--find-links", ""))
    if find_links and not _REMOTE.match(find_links):
        closure.blocked.append(f"it looks for packages in the folder {find_links}")
    outputs = [join(install.directory, it) for it in map(install.options.get, _FOLDER_OPTIONS) if it]
    environment = _environment(install, files, scope)
    if environment:
        closure.blocked.append(
            f"the build context holds a virtual environment ({environment}); add it to .dockerignore"
        )
    check = list(_shadowing(install, files))
    return Needs(tuple(closure.found), blocked=tuple(closure.blocked), check=tuple(check), outputs=tuple(outputs))


def _environment(install: Install, files: InstallFiles, scope: Scope) -> str | None:
    """Return a virtual environment of the context that the later COPY would lay over the one installed into."""
    program = install.options["program"]
    folders = {"venv", ".venv", "env", scope.variables.get("VIRTUAL_ENV") or "venv"}
    if "/bin/" in program:
        folders.add(program.partition("/bin/")[0])
    return next(
        (it for it in sorted(folders) if files.exists(posixpath.join(join(install.directory, it), "pyvenv.cfg"))), None
    )


def _shadowing(install: Install, files: InstallFiles) -> Iterator[str]:
    """Yield modules of the project that ``python -m pip`` imports in place of Python's own: its folder comes first."""
    if "-m" not in install.options:
        return
    for name in sorted(sys.stdlib_module_names | {"pip", "setuptools", "wheel", "packaging"}):
        if files.exists(join(install.directory, f"{name}.py")):
            yield f"`python -m pip` runs with {name}.py of the project in place of Python's own module"


PIP: Final = Ecosystem("pip", recognise, needs, ("requirements*.txt", "requirements*.in", "constraints*.txt"))
