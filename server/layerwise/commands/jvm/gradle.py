"""Gradle: ``gradle`` and ``gradlew``, with ``dependencies`` or a build.

## What is copied first
The settings and build scripts of all projects, `gradle.properties`, lockfiles, the wrapper `gradlew` if that is what
runs, the folders `gradle` and `buildSrc`, included builds, scripts that others apply, and settings that were copied to
`~/.gradle`. A `gradle build`, `gradle bootJar` or another task gets a `gradle dependencies` of its own before the
source.

## No fix
Where the settings find projects in code, or name a build that is not there; where a script applies another one that is
not there, or whose name is put together in code; where a project has no build script, as its folder would be missing.

## Review
Always: build scripts are programs, which may read any file. `gradle dependencies` gets plugins and finds out what
libraries there are; libraries are downloaded where something needs their files, which may be the build itself.

## Cache
`/root/.gradle`, or `~/.gradle` of the user (`GRADLE_USER_HOME`). In the official images `/home/gradle/.gradle` is a
volume: docker's legacy builder drops what a RUN leaves there, BuildKit keeps it.

## Sources
The Gradle User Manual (docs.gradle.org): "Command-Line Interface Reference", "Viewing and debugging dependencies",
"Build Lifecycle", "Gradle-managed Directories"; the Dockerfiles of the official images (VOLUME /home/gradle/.gradle).
Not run here.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from layerwise.commands.jvm.gradle_build import SETTINGS, Build
from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest, user_settings
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-b --build-file -c --settings-file -D --system-prop -P --project-prop -g --gradle-user-home -I --init-script -p"
    " --project-dir -x --exclude-task -F --dependency-verification -M --write-verification-metadata --console"
    " --max-workers --project-cache-dir --priority --warning-mode --include-build --update-locks --tests"
    " --configuration --configuration-cache-problems",
    "-a --no-rebuild --build-cache --no-build-cache --configuration-cache --no-configuration-cache"
    " --configure-on-demand --no-configure-on-demand --continue --no-continue -d --debug --daemon --no-daemon"
    " --export-keys --foreground -i --info --offline --parallel --no-parallel --profile --problems-report"
    " --no-problems-report -q --quiet -U --refresh-dependencies --refresh-keys --rerun-tasks --rerun -s --stacktrace -S"
    " --full-stacktrace --scan --no-scan -w --warn --watch-fs --no-watch-fs --write-locks -V --show-version -v"
    " --version --stop --status -m --dry-run",
)
_FETCHING: Final = re.compile(
    r"(\S*:)?((all|android)?[dD]ependencies|buildEnvironment|(resolve|download|fetch|cache|get)(All)?(Dependencies|Configurations|Deps|Libs))"
)
_HARMLESS: Final = re.compile(
    r"(\S*:)?(clean|help|tasks|projects|properties|wrapper|init|javaToolchains|outgoingVariants)"
)
_NO_DOWNLOAD: Final = names("-v --version --stop --status -m --dry-run --offline")
_ELSEWHERE: Final = ("-b", "--build-file", "-c", "--settings-file", "-I", "--init-script", "--include-build")
_SELECTING: Final = names("-x --exclude-task --tests --rerun-tasks --rerun --continue -a --no-rebuild --scan")
_MOST_NAMED: Final = 8


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``./gradlew --no-daemon bootJar -x test``, ``gradle dependencies``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program not in ("gradle", "gradlew") or None in line.operands or line.has(*_NO_DOWNLOAD):
        return None
    tasks = [it for it in line.operands if it is not None and not _HARMLESS.fullmatch(it)]
    directory = directory_of(command, scope, line.value("-p", "--project-dir"))
    if directory is None or not tasks:
        return None
    kind = "fetch" if all(_FETCHING.fullmatch(it) for it in tasks) else "build"
    program = "./gradlew" if line.program == "gradlew" else "gradle"
    title = f"{program} {' '.join(str(it) for it in line.operands)}"
    return Install("Gradle", title, command, directory, line.last_values(), (kind,))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the settings and build scripts."""
    builds, directory, options = install.operands[0] == "build", install.directory, install.options
    scripts = ("build.gradle", "build.gradle.kts", *SETTINGS)
    if not any(files.exists(join(directory, it)) for it in scripts) and nearest(directory, SETTINGS, files) is None:
        missing = "the build context has no build.gradle or settings.gradle for the folder where it runs"
        return Needs(source=True) if builds else Needs(blocked=(missing,))
    build = Build(files, directory)
    build.load(directory)
    environment = environment_of(install.command, scope)
    home = options.get("-g") or options.get("--gradle-user-home") or environment.get("GRADLE_USER_HOME")
    program = install.command.program or ""
    wrapper = join(join(scope.directory, install.command.directory or ""), program) if "/" in program else ""
    manifests = [*([wrapper] if wrapper and files.exists(wrapper) else []), *build.manifests]
    manifests += user_settings((".gradle/gradle.properties", ".gradle/init"), environment, files)
    folders = [*build.folders]
    if wrapper in manifests and posixpath.dirname(wrapper) != build.root:
        folders.append(join(posixpath.dirname(wrapper), "gradle"))
    blocked = [*build.blocked]
    blocked += [f"{it} names other scripts ({options[it]})" for it in _ELSEWHERE if it in options]
    if home == UNKNOWN:
        blocked.append("the folder of Gradle's settings depends on a variable")
    written = [".gradle", *(f"{it}/{name}" for it in ("buildSrc",) for name in (".gradle", "build"))]
    return Needs(
        tuple(dict.fromkeys(manifests)),
        tuple(dict.fromkeys(folders)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(_checks(build, builds=builds)),
        outputs=(*(join(build.root, it) for it in written), join(directory, home) if home else "/root/.gradle"),
        fetch=_fetch(install, scope, build) if builds else None,
    )


def _checks(build: Build, *, builds: bool) -> list[str]:
    which = f" ({listed(build.reading)} may)" if build.reading else ""
    found = [f"build scripts are programs: make sure that they read no other file of the project{which}"]
    if builds:
        found.append("`dependencies` gets the plugins, and may leave the files of libraries to the build")
    return found


def _fetch(install: Install, scope: Scope, build: Build) -> str:
    """Return the download alone, for each project with a script of its own."""
    keep = (_SYNTAX.valued | _SYNTAX.flags) - _SELECTING
    projects = build.projects if len(build.projects) <= _MOST_NAMED and build.root == install.directory else []
    tasks = ["dependencies", *(f"{it}:dependencies" for it in projects)]
    return " ".join([*started_as(install.command), *kept_options(install.command, scope, _SYNTAX, keep), *tasks])


GRADLE: Final = Ecosystem(
    "Gradle",
    names("gradle gradlew"),
    recognise,
    needs,
    (
        "build.gradle",
        "settings.gradle",
        "*.gradle",
        "*.gradle.kts",
        "gradle",
        "gradlew",
        "gradlew*",
        "gradle.properties",
    ),
    lambda _: (),
    parse_documentation(__doc__, SECTIONS),
    downloads=("/.gradle", "/.gradle/caches"),
    homes=names("GRADLE_USER_HOME"),
)
