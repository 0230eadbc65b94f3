"""sbt: ``sbt update``, and the tasks that download as they build.

## What is copied first
All `.sbt` files, the folder `project`, `.sbtopts` and `.jvmopts`, and settings that were copied to `~/.sbt`. An
`sbt compile`, `sbt assembly` or another task gets an `sbt update` of its own before the source.

## No fix
Where there is no `build.sbt`, or where a build is taken from a folder (`ProjectRef(file("../lib"))`) outside the
project's own.

## Review
Always: the build's definition is a program in Scala, which may read any file.

## Cache
`~/.cache/coursier`, `~/.ivy2` and `~/.sbt` of the user.

## Sources
The sbt Reference Manual (scala-sbt.org/1.x/docs): "Directory structure", "Running" and "Command line reference",
"Multi-project builds", "Organizing the build", "Cached resolution"; coursier's documentation (cache). Not run here.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.places import files_named, shown, user_settings
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join, relative
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-D -J -S -mem --mem -java-home --java-home -sbt-version --sbt-version -sbt-dir --sbt-dir -sbt-boot --sbt-boot"
    " -sbt-cache --sbt-cache -sbt-jar --sbt-jar -ivy --ivy -jvm-debug --jvm-debug --color -color --supershell"
    " -supershell",
    "-v --verbose -d -debug --debug -warn --warn -error --error -info --info -batch --batch -no-colors --no-colors"
    " -no-share --no-share -no-global --no-global -client --client -traces --traces -timings --timings"
    " --no-server -no-server --allow-empty -allow-empty -sbt-create --sbt-create -debug-inc --debug-inc",
)
_FETCHING: Final = re.compile(
    r"(\S+/)?(\w+:|\w+ */ *)?update(Classifiers|SbtClassifiers|Full)?|reload|reload plugins|reload return"
)
_HARMLESS: Final = re.compile(
    r"sbtVersion|about|help|version|exit|(\S+/)?clean|set .*|\+?projects|new .*|shutdown", re.DOTALL
)
_ELSEWHERE: Final = re.compile(r"\b(?:ProjectRef|RootProject)\s*\(\s*file\s*\(\s*\"([^\"]+)\"")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``sbt update``, ``sbt -Dsbt.ci=true "clean; assembly"``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program != "sbt" or None in line.operands:
        return None
    tasks = [part.strip() for it in line.operands for part in (it or "").split(";") if part.strip()]
    tasks = [it for it in tasks if not _HARMLESS.fullmatch(it)]
    directory = directory_of(command, scope)
    if directory is None or not tasks:
        return None
    kind = "fetch" if all(_FETCHING.fullmatch(it) for it in tasks) else "build"
    return Install(
        "sbt", f"sbt {' '.join(it or '' for it in line.operands)}", command, directory, line.last_values(), (kind,)
    )


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the build's definition."""
    builds, directory = install.operands[0] == "build", install.directory
    definition = join(directory, "project")
    if not files.exists(join(directory, "build.sbt")) and files.any_below(definition) is None:
        missing = "the build context has no build.sbt for the folder where it runs"
        return Needs(source=True) if builds else Needs(blocked=(missing,))
    scripts = [it for it in files_named(directory, (".sbt",), files) if relative(it, definition) is None]
    manifests = [path for it in (".sbtopts", ".jvmopts", ".scala-version") if files.exists(path := join(directory, it))]
    environment = environment_of(install.command, scope)
    manifests += user_settings((".sbt", ".ivy2"), environment, files)
    blocked: list[str] = []
    for it in scripts:
        text = files.read(it)
        if text is None:
            blocked.append(f"{shown(it, directory)} can't be read here")
        folders: list[str] = _ELSEWHERE.findall(text or "")
        outside = [folder for folder in folders if relative(join(posixpath.dirname(it), folder), directory) is None]
        blocked += [f"{shown(it, directory)} takes a build from another folder ({folder})" for folder in outside]
    written = ("target", "project/target", "project/project/target", ".bsp")
    return Needs(
        (*scripts, *manifests),
        (definition,) if files.any_below(definition) is not None else (),
        blocked=tuple(blocked),
        check=("the build's definition is a program: make sure that it reads no other file of the project",),
        outputs=(*(join(directory, it) for it in written), "/root/.cache/coursier", "/root/.ivy2", "/root/.sbt"),
        fetch=_fetch(install, scope) if builds else None,
    )


def _fetch(install: Install, scope: Scope) -> str:
    return " ".join([*started_as(install.command), *kept_options(install.command, scope, _SYNTAX), "update"])


SBT: Final = Ecosystem(
    "sbt",
    names("sbt"),
    recognise,
    needs,
    ("build.sbt", "*.sbt", "project", ".sbtopts", ".jvmopts", "build.properties", "plugins.sbt"),
    lambda _: ("build.sbt",),
    parse_documentation(__doc__, SECTIONS),
    downloads=("/.cache", "/coursier", "/.ivy2"),
)
