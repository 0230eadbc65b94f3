"""Maven: ``mvn`` and ``mvnw`` with ``dependency:go-offline``, ``dependency:resolve``, or a build.

## What is copied first
`pom.xml`, those of all modules and of the parents that are in the project, files on whose existence a profile depends,
the folder `.mvn`, the wrapper `mvnw`, and settings that `-s` names or that were copied to `~/.m2`. A `mvn package`,
`install`, `verify` or `test` gets a `mvn dependency:go-offline` of its own before the source.

## No fix
Where a module is missing; where a pom takes a library from a file (`systemPath`) or a repository from a folder of the
project, or has a profile that depends on whether a folder exists; where `.mvn/extensions.xml` loads extensions that are
not known to leave the project's files alone; where options or variables name other files of the project.

## Review
For a download in front of a build: go-offline takes all plugins and dependencies, also those that the build does not
use, and does not know of what plugins download themselves. Where modules depend on each other, as go-offline fails then
before version 3.1.2 of its plugin. Where a pom loads a plugin as an extension of Maven.

## Cache
`/root/.m2/repository`, or `~/.m2/repository` of the user.

## Sources
Maven's command-line reference (maven.apache.org/ref/3.9.9/maven-embedder/cli.html), "Configuring Apache Maven", the
source of the dependency plugin 2.8 to 3.9 (GoOfflineMojo.java: it resolves what the modules need beforehand, siblings
among them, up to 3.1.1, and leaves siblings out since 3.1.2). See also ``pom``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.jvm.pom import HARMLESS_EXTENSIONS, Poms, pom_at, settings_named
from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import shown, user_settings
from layerwise.commands.kit.xml_tree import parse_xml
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join, upwards
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-b --builder --color -D --define -emp --encrypt-master-password -ep --encrypt-password -f --file -gs"
    " --global-settings -gt --global-toolchains -l --log-file -P --activate-profiles -pl --projects -rf --resume-from"
    " -s --settings -t --toolchains -T --threads -is --install-settings -ps --project-settings",
    "-am --also-make -amd --also-make-dependents -B --batch-mode -C --strict-checksums -c --lax-checksums -cpu"
    " --check-plugin-updates -e --errors -fae --fail-at-end -ff --fail-fast -fn --fail-never -itr"
    " --ignore-transitive-repositories -llr --legacy-local-repository -N --non-recursive -npr --no-plugin-registry -npu"
    " --no-plugin-updates -nsu --no-snapshot-updates -ntp --no-transfer-progress -o --offline -q --quiet -U"
    " --update-snapshots -up --update-plugins -V --show-version -X --debug --verbose -r --resume -ntp --raw-streams",
)
_PLUGIN: Final = r"(org\.apache\.maven\.plugins:maven-dependency-plugin:([\w.-]+:)?|dependency:)"
_FETCHING: Final = re.compile(rf"{_PLUGIN}(go-offline|resolve|resolve-plugins)")
_BUILDING: Final = names(
    "validate compile test-compile process-classes process-resources generate-sources generate-resources test package"
    " prepare-package integration-test verify install deploy spring-boot:build-image quarkus:build"
)
_HARMLESS: Final = re.compile(r"clean|validate|initialize|(wrapper|help|versions):[\w-]+|-version")
_SETTINGS: Final = ("-s", "--settings", "-gs", "--global-settings", "-t", "--toolchains", "-gt", "--global-toolchains")
_ARGUMENTS: Final = ("MAVEN_OPTS", "MAVEN_ARGS", "JAVA_TOOL_OPTIONS", "MAVEN_DEBUG_OPTS")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``mvn -B dependency:go-offline``, ``./mvnw clean package -DskipTests``."""
    line = read_command_line(command, scope, _SYNTAX)
    # What is offline downloads nothing.
    if line is None or line.program not in ("mvn", "mvnw") or None in line.operands or line.has("-o", "--offline"):
        return None
    goals = [it for it in line.operands if it is not None and not _HARMLESS.fullmatch(it)]
    directory = directory_of(command, scope)
    if directory is None or not goals or UNKNOWN in (line.value("-f", "--file") or ""):
        return None
    if all(_FETCHING.fullmatch(it) for it in goals):
        kind = "fetch"
    elif any(it in _BUILDING for it in goals):
        kind = "build"
    else:
        return None
    title = f"{'./mvnw' if line.program == 'mvnw' else 'mvn'} {' '.join(map(str, line.operands))}"
    options = line.last_values()
    for it in line.values("-D", "--define"):
        if it.startswith("maven.repo.local="):
            options["repository"] = it.partition("=")[2]
    return Install("Maven", title, command, directory, options, (kind, *goals))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from pom.xml with its modules and parents, .mvn and the settings."""
    builds = install.operands[0] == "build"
    named = install.options.get("-f") or install.options.get("--file") or "pom.xml"
    pom = pom_at(join(install.directory, named), files)
    if pom is None:
        missing = "the build context has no pom.xml for the folder where it runs"
        return Needs(source=True) if builds else Needs(blocked=(missing,))
    poms = Poms(files, install.directory)
    poms.load(pom)
    environment = environment_of(install.command, scope)
    base = next((it for it in upwards(posixpath.dirname(pom)) if files.any_below(join(it, ".mvn"))), None)
    # With a slash it is a file, else one that the system finds.
    program = install.command.program or ""
    program = join(install.directory, program) if "/" in program else ""
    settings = [join(install.directory, install.options[it]) for it in _SETTINGS if it in install.options]
    manifests = [*poms.found, *(it for it in (program, *settings) if files.exists(it))]
    manifests += user_settings((".m2", ".mavenrc"), environment, files) + files.files_below("/usr/share/maven")
    folders = [join(base, ".mvn")] if base is not None else []
    if program in manifests and posixpath.dirname(program) != base:
        wrapper = join(posixpath.dirname(program), ".mvn")
        folders += [wrapper] if files.any_below(wrapper) else []
    blocked = [*poms.blocked, *_settings(install, files, base, environment)]
    return Needs(
        tuple(dict.fromkeys(manifests)),
        tuple(folders),
        blocked=tuple(dict.fromkeys(blocked)),
        check=(*_checks(poms, builds=builds), *poms.check),
        outputs=(join(install.directory, install.options.get("repository", "/root/.m2/repository")),),
        fetch=_fetch(install, scope) if builds else None,
    )


def _settings(
    install: Install, files: InstallFiles, base: str | None, environment: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield what .mvn, options and variables make Maven read."""
    if any(install.options.get(it) == UNKNOWN for it in _SETTINGS):
        yield "which settings it reads depends on a variable"
    given = {it: environment.get(it) or "" for it in _ARGUMENTS}
    if base is not None:
        folder = join(base, ".mvn")
        for name in ("maven.config", "jvm.config"):
            given[f".mvn/{name}"] = files.read(join(folder, name)) or ""
        for option, path in settings_named(given[".mvn/maven.config"]):
            if ".mvn/" not in path:
                yield f".mvn/maven.config names another file ({option} {path})"
        yield from _extensions(files.read(join(folder, "extensions.xml")))
    for name, text in given.items():
        for word in re.split(r"[\s=:,]+", text):
            path = join(base or install.directory, word)
            if "." in word and "/.mvn/" not in path and files.exists(path):
                yield f"{name} names {shown(path, install.directory)}, which is part of the project"


def _extensions(text: str | None) -> Iterator[str]:
    if text is None:
        return
    read = parse_xml(text)
    loaded = [it.value("artifactId") or "?" for it in read.named("extension")] if read is not None else ["?"]
    if unknown := [it for it in loaded if it not in HARMLESS_EXTENSIONS]:
        yield f".mvn/extensions.xml loads {listed(unknown)} into Maven, which may read any file"


def _checks(poms: Poms, *, builds: bool) -> Iterator[str]:
    if not builds:
        return
    yield "go-offline takes all plugins and dependencies, and none that a plugin downloads itself"
    if poms.siblings:
        yield (
            f"modules depend on each other ({listed(poms.siblings)}), on which go-offline fails before version 3.1.2 of"
            " maven-dependency-plugin"
        )


def _fetch(install: Install, scope: Scope) -> str:
    """Return the download alone: the same options, as profiles and properties steer what is needed."""
    options = kept_options(install.command, scope, _SYNTAX)
    batch = [] if {"-B", "--batch-mode"} & install.options.keys() else ["-B"]
    return " ".join([*started_as(install.command), *batch, *options, "dependency:go-offline"])


MAVEN: Final = Ecosystem(
    "Maven",
    names("mvn mvnw"),
    recognise,
    needs,
    ("pom.xml", "mvnw", ".mvn", "settings.xml"),
    lambda _: ("pom.xml",),
    parse_documentation(__doc__, SECTIONS),
    downloads=("/.m2", "/.m2/repository"),
    homes=names("MAVEN_CONFIG"),
)
