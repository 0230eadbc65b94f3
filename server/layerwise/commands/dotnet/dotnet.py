"""dotnet: ``dotnet restore``, ``dotnet tool restore``, and the commands that restore as they build.

## What is copied first
The solution and every project of it, or the project, with all projects that they refer to, each in its folder;
`Directory.Build.props`, `Directory.Build.targets`, `Directory.Packages.props` and `nuget.config` of the folders above,
files that projects import, `global.json` and `packages.lock.json`; for `dotnet tool restore` `dotnet-tools.json`. A
`dotnet build`, `dotnet publish` or `dotnet test` gets a `dotnet restore` of its own before the source.

## No fix
Where a project that is referred to or imported is missing, or named by an expression; where expressions read files;
where packages come from a folder of the project; where a folder has several projects or solutions to choose from;
where the context has an `obj` folder that the later COPY would lay over the restored one.

## Review
For a restore in front of a build, which may restore with settings of its own (a runtime, a configuration). For a
restore that may rewrite `packages.lock.json`, as it is not locked. Where versions float (`1.*`).

## Cache
`/root/.nuget/packages`, or `~/.nuget/packages` of the user (`NUGET_PACKAGES`).

## Sources
Microsoft's documentation (learn.microsoft.com): "dotnet restore", "dotnet build", "dotnet publish", "dotnet tool
restore", "Containerize a .NET app"; see also ``msbuild``. Not run here.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from layerwise.commands.dotnet.msbuild import NUGET_CONFIGS, PROJECTS, SOLUTIONS, Projects, local_sources
from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax, word_value
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import files_named, found_upwards, shown, user_settings
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-c --configuration -f --framework -r --runtime --os -a --arch -o --output -v --verbosity -p --property --packages"
    " -s --source --configfile --lock-file-path --version-suffix --artifacts-path --manifest --filter --logger -l"
    " --settings --results-directory --collect --tool-manifest --add-source -t --target --launch-profile --project"
    " --blame-hang-timeout -e --environment --collect --test-adapter-path",
    "--no-cache --no-http-cache --force --no-dependencies --ignore-failed-sources --interactive --locked-mode"
    " --force-evaluate --use-lock-file --disable-parallel --disable-build-servers --no-incremental --no-restore"
    " --no-build --no-self-contained --self-contained --sc --use-current-runtime --nologo"
    " --ucr --tl --debug --release --no-launch-profile"
    " --include-symbols --include-source --serviceable --nodereuse --blame --blame-crash --blame-hang --list-tests"
    " --allow-roll-forward",
)
_BUILDING: Final = names("build publish test pack run msbuild")
# `-p:X=Y` and the like have their value behind a colon.
_SWITCH: Final = re.compile(r"(--?|/)(?P<name>[A-Za-z]+):")
_PROPERTY: Final = names("p property restoreproperty rp")
_PLAIN_SWITCHES: Final = _PROPERTY | names(
    "v verbosity m maxcpucount t target nodereuse nr clp consoleloggerparameters tl"
)
_FOR_RESTORE: Final = names(
    "-r --runtime --os -a --arch -p --property --packages -s --source --configfile --locked-mode --use-lock-file"
    " --ignore-failed-sources --disable-parallel --ucr --use-current-runtime --artifacts-path"
)
_WITH_FILES: Final = ("--configfile", "--packages", "--lock-file-path", "--artifacts-path", "--tool-manifest")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``dotnet restore src/App.sln``, ``dotnet publish -c Release -o /out``."""
    switches = [it for it in command.arguments if _SWITCH.match(it.text.lstrip("\"'"))]
    named = [match["name"].lower() for it in switches if (match := _SWITCH.match(it.text.lstrip("\"'")))]
    line = read_command_line(
        replace(command, words=tuple(it for it in command.words if it not in switches)), scope, _SYNTAX
    )
    if line is None or line.program != "dotnet" or not line.operands or not set(named) <= _PLAIN_SWITCHES:
        return None
    # `--self-contained false`: the value is optional.
    operands = [UNKNOWN if it is None else it for it in line.operands if it not in ("true", "false")]
    is_tool = operands == ["tool", "restore"]
    directory = directory_of(command, scope)
    if directory is None or not (is_tool or operands[0] in {"restore"} | _BUILDING):
        return None
    if line.has("--no-restore", "--no-build"):
        return None
    kind = "tool" if is_tool else "restore" if operands[0] == "restore" else "build"
    project = line.value("--project") if operands[0] == "run" else next(iter(operands[1:]), None)
    options = line.last_values()
    options.update({f"-p:{at}": word_value(it, scope) or UNKNOWN for at, it in enumerate(switches)})
    title = " ".join(["dotnet", *(operands[:2] if is_tool else operands[:1])])
    return Install(
        "dotnet", title, command, directory, options, (kind, *([project] if project and not is_tool else []))
    )


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the solution or project, and all files that it leads to."""
    kind, directory, options = install.operands[0], install.directory, install.options
    projects = Projects(files, directory)
    if kind == "tool":
        listing = found_upwards(directory, (".config/dotnet-tools.json", "dotnet-tools.json"), files)
        if not listing:
            return Needs(blocked=("the build context has no dotnet-tools.json for the folder where it runs",))
        projects.found += [*listing, *found_upwards(directory, NUGET_CONFIGS, files)]
    else:
        start = _start(install, files)
        if start is None and kind == "build":
            return Needs(source=True)
        if start is None:
            return Needs(blocked=(_no_start(install, files),))
        projects.load(start)
    environment = environment_of(install.command, scope)
    named = [join(directory, options[it]) for it in ("--configfile", "--tool-manifest") if it in options]
    manifests = [*projects.found, *projects.locks, *(it for it in named if files.exists(it))]
    manifests += found_upwards(directory, ("global.json",), files)[:1]
    manifests += user_settings((".nuget/NuGet", ".config/NuGet"), environment, files)
    blocked = [*projects.blocked, *_settings(install, files, manifests)]
    packages = options.get("--packages") or environment.get("NUGET_PACKAGES") or "/root/.nuget"
    return Needs(
        tuple(dict.fromkeys(manifests)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(_checks(install, projects)),
        outputs=(*dict.fromkeys(projects.outputs), join(directory, packages)),
        fetch=_fetch(install, scope) if kind == "build" else None,
    )


def _start(install: Install, files: InstallFiles) -> str | None:
    """Return the project or solution that a command works on: the only one of its folder if none is named."""
    place = join(install.directory, install.operands[1]) if len(install.operands) > 1 else install.directory
    if UNKNOWN in place:
        return None
    if place.endswith(PROJECTS + SOLUTIONS):
        return place if files.exists(place) else None
    found = _beside(place, files)
    return found[0] if len(found) == 1 else None


def _beside(folder: str, files: InstallFiles) -> list[str]:
    below = files_named(folder, (*PROJECTS, ".sln", ".slnx"), files)
    return [it for it in below if posixpath.dirname(it) == folder]


def _no_start(install: Install, files: InstallFiles) -> str:
    named = install.operands[1] if len(install.operands) > 1 else ""
    if UNKNOWN in named:
        return "which project or solution it restores depends on a variable"
    if named.endswith(PROJECTS + SOLUTIONS):
        return f"the build context does not bring {named}, which it restores"
    where = named or "the folder where it runs"
    if beside := [posixpath.basename(it) for it in _beside(join(install.directory, named), files)]:
        return f"{where} has several projects or solutions to choose from ({listed(beside)})"
    return f"the build context has no project or solution for {where}"


def _settings(install: Install, files: InstallFiles, manifests: list[str]) -> Iterator[str]:
    options = install.options
    if any(options.get(it) == UNKNOWN for it in _WITH_FILES):
        yield "a file or folder that it uses depends on a variable"
    source = options.get("-s") or options.get("--source") or options.get("--add-source")
    if source is not None and not re.match(r"https?://", source):
        yield f"it takes packages from a folder ({source})"
    for path in manifests:
        if posixpath.basename(path).lower() == "nuget.config":
            sources = local_sources(files.read(path))
            if sources is None:
                yield f"{shown(path, install.directory)} can't be read here"
            elif sources:
                yield f"{shown(path, install.directory)} leads to a folder ({listed(sources)})"


def _checks(install: Install, projects: Projects) -> Iterator[str]:
    if install.operands[0] == "build":
        yield f"`{install.title}` may restore once more with settings of its own (a runtime, a configuration)"
    elif projects.locks and "--locked-mode" not in install.options:
        yield f"`{install.title}` may rewrite packages.lock.json, and the later COPY would put the old one back"
    if projects.floating:
        yield f"versions float ({listed(projects.floating)}), so those of the first build stay until a project changes"


def _fetch(install: Install, scope: Scope) -> str:
    """Return the restore alone: of the same project, with what steers which packages are needed."""
    switches = [it for it in install.command.arguments if _SWITCH.match(it.text.lstrip("\"'"))]
    plain = replace(install.command, words=tuple(it for it in install.command.words if it not in switches))
    kept = kept_options(plain, scope, _SYNTAX, _FOR_RESTORE)
    for it in switches:
        match = _SWITCH.match(it.text.lstrip("\"'"))
        kept += [it.text] if match and match["name"].lower() in _PROPERTY else []
    return " ".join([*started_as(install.command), "restore", *map(shlex.quote, install.operands[1:]), *kept])


DOTNET: Final = Ecosystem(
    "dotnet",
    names("dotnet"),
    recognise,
    needs,
    (
        "*.csproj",
        "*.fsproj",
        "*.vbproj",
        "*.sln",
        "*.slnx",
        "*.props",
        "*.targets",
        "global.json",
        "[Nn]u[Gg]et.[Cc]onfig",
    ),
    lambda install: install.operands[1:],
    parse_documentation(__doc__, SECTIONS),
    downloads=("/.nuget", "/.nuget/packages"),
    homes=names("NUGET_PACKAGES"),
)
