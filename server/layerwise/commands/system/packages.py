"""System packages: ``apt-get``, ``apt``, ``apk``, ``dnf``, ``yum``, ``microdnf``, ``zypper`` and ``pacman``.

## What is copied first
Nothing: packages come from the system's repositories, so the whole step may run before the project is copied. Package
files of the project that the command names (`apt-get install ./tool.deb`) and lists of packages that xargs reads
(`xargs -a packages.txt`) are copied first; where a pattern names packages of the project (`./debs/*.deb`), nothing is
out of order. A `WORKDIR` between the `COPY` and the install moves along with the `COPY`. Several installs behind the
same `COPY` are one finding. What an earlier stage copied counts for nothing, as a stage that adds tools to a finished
one has no other place for them. Commands that only get the index or clean up (`apt-get update`, `apk update`, `dnf
clean all`) are no installs, and stay with the install of their `RUN`.

## No fix
Where the names of packages come out of a pipe, a redirected file, another command or a variable that may name a file
of the project; where an option or variable names settings of the project (`-c apt.conf`, `APT_CONFIG`, `PERL5LIB`). A
`COPY` into the system's folders (`/etc/apt`, `/usr/share/keyrings`, `/usr/local/bin`) stays in front of the install.

## Review
Where files are copied to `/var/www` or `/srv`, as packages of servers look there for a first page, or into the folder
of the base image, which may be one of those; where `PYTHONPATH` lets scripts of packages load modules of the project in
place of Python's.

## Cache
`/var/cache/apt` and `/var/lib/apt/lists`, `/var/cache/apk`, `/var/cache/dnf`, `/var/cache/yum`, `/var/cache/zypp`,
`/var/cache/pacman/pkg`. Debian's and Ubuntu's images delete the packages after each install (docker-clean).

## Sources
The manuals apt-get(8), apt.conf(5), apk(8), dnf(8), yum(8), zypper(8), pacman(8); see also ``system_commands``. Run
with apt 2.6.2 under strace: ``apt-get update`` and ``install`` look at no file of the folder they run in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from layerwise.commands.kit.command_line import directory_of
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.python.modules import STANDARD_MODULES
from layerwise.commands.system.command_lines import PROGRAMS, read_system_command
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import BASE_DIRECTORY, join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command, Word
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_LISTED: Final = re.compile(r"\"?(?:\$\(|`)\s*(?:cat\s+|<\s*)(?P<file>[\w./-]+)\s*[`)]\"?")
_SHADOWING: Final = STANDARD_MODULES | {"apt", "apt_pkg", "debpython", "dnf", "libdnf", "rpm", "lsb_release"}
_PATTERN: Final = re.compile(r"[*?\[$`]")
_SERVED: Final = ("/var/www", "/srv")
"""Folders of the project in many images, and of packages: those of web servers put a page there if there is none."""
_ROOTS: Final = ("--installroot", "--root", "-p")
_XARGS: Final = names("-r --no-run-if-empty -t --verbose -0 --null -x --exit")
_XARGS_VALUED: Final = names("-n --max-args -L --max-lines -P --max-procs -d --delimiter")
_XARGS_FILE: Final = names("-a --arg-file")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``apt-get install -y curl``, ``apk add gcc``, ``pacman -Syu git``."""
    lists: list[str] = []
    inner = command
    if command.program == "xargs":
        words = _behind_xargs(list(command.program_words[1:]), lists)
        inner = replace(command, words=tuple(words))
    read = read_system_command(inner, scope)
    directory = directory_of(command, scope)
    if read is None or not read.installs or directory is None:
        return None
    options = dict(read.options)
    if inner is not command and not lists:
        options["unclear"] = "it takes the names of packages from a file or a pipe"
    elif not read.is_plain:
        options["unclear"] = "one of its options may name a file of the project"
    for word in read.unclear(inner, scope):
        if (listed := _LISTED.fullmatch(word.text)) is not None:
            lists.append(listed["file"])
        else:
            options["unclear"] = f"what {word.text} stands for can't be told here, and it may name files of the project"
    title = f"{read.program} {read.verb}"
    return Install(read.program, title, command, directory, options, (*read.package_files, *lists))


def _behind_xargs(words: list[Word], lists: list[str]) -> list[Word]:
    """Return the words of the command that xargs runs, none if an option is not known; adds to the ``lists``."""
    while words and (option := words[0].value) is not None and option.startswith("-"):
        words.pop(0)
        name, equals, value = option.partition("=")
        if not equals and name in _XARGS_VALUED | _XARGS_FILE:
            value = (words.pop(0).value or "") if words else ""
        elif name not in _XARGS | _XARGS_VALUED | _XARGS_FILE and not re.fullmatch(r"-[nLP]\d+", name):
            return []
        if name in _XARGS_FILE and value:
            lists.append(value)
    return words


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install: it reads the package files and lists that it names, and nothing else of the project."""
    manifests: list[str] = []
    blocked = [install.options["unclear"]] if "unclear" in install.options else []
    operands = [join(install.directory, it) for it in (*install.operands, *_folders_of_globs(install))]
    if any(it.might_write_below(path) and not it.is_complete for it in files.arrivals.items for path in operands):
        return Needs(source=True)
    if any(files.any_below(join(install.directory, it)) for it in _folders_of_globs(install)):
        # `/tmp/*.deb`: which packages those are may change with each file.
        return Needs(source=True)
    for operand in install.operands:
        path = join(install.directory, operand)
        landing, below = files.landing(path), files.any_below(path)
        if below is not None and (landing is None or landing.path != below):
            blocked.append(f"it reads the folder {operand} of the project")
        elif landing is not None and landing.path is not None:
            manifests.append(path)
        elif landing is None and not operand.startswith("/"):
            # What no COPY brings is of the image, unless the build context hides it.
            blocked.append(f"it installs {operand}, which is not in that folder, as far as the build context tells")
    environment = environment_of(install.command, scope)
    return Needs(
        tuple(dict.fromkeys(manifests)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(_checks(install, files, environment.get("PYTHONPATH") or "")),
        anywhere=not install.operands and not blocked,
        outputs=tuple(it for name in _ROOTS if (it := install.options.get(name, "")).startswith("/")),
    )


def _folders_of_globs(install: Install) -> Iterator[str]:
    """Yield the folders whose packages are installed by a pattern: ``./debs/*.deb``."""
    for it in install.command.arguments:
        folder, _, name = it.text.rpartition("/")
        if folder and _PATTERN.search(name) and not _PATTERN.search(folder):
            yield folder


def _checks(install: Install, files: InstallFiles, python_path: str) -> Iterator[str]:
    for folder in _SERVED:
        if files.any_below(folder) is not None:
            yield (
                f"packages of servers put a first page into {folder} if there is none: make sure that none of those"
                f" that `{install.title}` brings looks at what is copied there"
            )
    if files.any_below(BASE_DIRECTORY) is not None:
        yield "the files are copied into the base image's own folder: make sure that packages write nothing there"
    for folder in filter(None, python_path.split(":")):
        for name in sorted(_SHADOWING):
            if files.exists(join(folder, f"{name}.py")) or files.exists(join(folder, f"{name}/__init__.py")):
                yield f"PYTHONPATH lets scripts of packages load the project's own {name} in place of Python's"


SYSTEM_PACKAGES: Final = Ecosystem(
    "system packages",
    PROGRAMS | {"xargs"},
    recognise,
    needs,
    (),
    lambda _: (),
    parse_documentation(__doc__, SECTIONS),
    anywhere=True,
)
