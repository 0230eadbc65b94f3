"""Mix: ``mix deps.get`` and ``mix deps.compile``, in ``mix do`` as well.

## What is copied first
`mix.exs` and `mix.lock`, the `mix.exs` of path dependencies and of the apps of an umbrella, and the files that a
mix.exs reads (`File.read!("VERSION")`). For `mix deps.compile` also `config/config.exs` and what it imports for the
environment that `MIX_ENV` names. A `mix do deps.get, compile` gets a `mix deps.get` of its own before the source.

## No fix
Where mix.exs or the configuration does what can't be followed here, being Elixir programs (`System.cmd`, `Code`);
where a path dependency or an app of the umbrella has no mix.exs in the context; for `mix deps.compile` with path
dependencies or in an umbrella, as it compiles their source; where the context has `deps` or `_build`.

## Review
For `mix deps.get` without `--check-locked`, as it may rewrite mix.lock; without a mix.lock.

## Cache
`~/.hex/packages`; `deps` and `_build` are of the project.

## Sources
Mix's manual (hexdocs.pm/mix): deps.get, deps.compile, do, Mix.Project. Run with Elixir 1.14 under strace: ``mix
deps.get`` looks at mix.exs, mix.lock, config/config.exs and what that imports, which do not change what it gets;
``mix deps.compile`` at the same, not at config/runtime.exs; an umbrella, at the mix.exs of each app and path
dependency, for whose source the dependencies are the same. In an umbrella ``mix deps.compile`` compiles the apps.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerwise.commands.beam.mix_exs import Script, read_script
from layerwise.commands.kit.command_line import UNKNOWN, directory_of
from layerwise.commands.kit.fetch_command import started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.places import shown
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join, relative
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_GET: Final = "deps.get"
_COMPILE: Final = "deps.compile"
_HARMLESS: Final = frozenset({"local.hex", "local.rebar", "archive.install"})
_OPTIONS: Final = names(
    "--only --check-locked --no-archives-check --no-deps-check --force --skip-umbrella-children --skip-local-deps"
    " --include-children --no-optional-deps --if-missing --no-color"
)
_SEPARATOR: Final = re.compile(r"\s*,\s*|\s+\+\s+")
_MOST_FILES: Final = 60


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``mix deps.get --only prod``, ``mix do deps.get, deps.compile``."""
    directory = directory_of(command, scope)
    if directory is None or command.program is None or posixpath.basename(command.program) != "mix":
        return None
    words = [UNKNOWN if it.value is None else it.value for it in command.arguments]
    if words[:1] == ["do"]:
        tasks = [it.split() for it in _SEPARATOR.split(" ".join(words[1:])) if it]
    else:
        tasks = [words] if words else []
    named = [it[0] for it in tasks]
    if _GET not in named and _COMPILE not in named:
        return None
    if any(word.startswith("-") and word.partition("=")[0] not in _OPTIONS for it in tasks for word in it[1:]):
        return None
    installing = ", ".join(it for it in dict.fromkeys(named) if it in (_GET, _COMPILE))
    title = f"mix do {installing}" if "," in installing else f"mix {installing}"
    options = {it.partition("=")[0]: "" for task in tasks for it in task[1:] if it.startswith("-")}
    return Install("Mix", title, command, directory, options, tuple(" ".join(it) for it in tasks))


@dataclass(slots=True)
class _Project:
    """The scripts that an install evaluates, and what stands in the way."""

    files: InstallFiles
    directory: str
    environment: str | None
    found: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    has_local: bool = False

    def add(self, path: str) -> Script | None:
        """Read a script and the files that it reads; None if that was done, or can't be."""
        if path in self.found:
            return None
        name = shown(path, self.directory)
        text = self.files.read(path)
        if text is None or len(self.found) > _MOST_FILES:
            self.blocked.append(f"{name} is not there, as far as the build context tells, or can't be read here")
            return None
        self.found.append(path)
        script = read_script(text, self.environment)
        if script.unknown:
            self.blocked.append(f"{name} uses {script.unknown}, and may read any file")
        reads = [join(self.directory, it) for it in script.reads]
        self.found += [it for it in reads if self.files.exists(it) and it not in self.found]
        return script

    def add_mix(self, path: str) -> Script | None:
        """Read a mix.exs, and those of the apps and path dependencies that it names."""
        script = self.add(path)
        if script is None:
            return None
        folder = posixpath.dirname(path)
        self.has_local |= bool(script.local) or script.umbrella
        for it in script.local:
            self.add_mix(join(folder, f"{it}/mix.exs"))
        if (apps := script.settings.get("apps_path")) is not None:
            self.has_local = True
            for it in self.apps(join(folder, apps)):
                self.add_mix(it)
        return script

    def apps(self, folder: str) -> Iterator[str]:
        """Yield the mix.exs of the apps of an umbrella: of the folders right below that have one."""
        for it in self.files.files_below(folder):
            inside = relative(it, folder) or ""
            if inside.count("/") == 1 and inside.endswith("/mix.exs"):
                yield it

    def add_configuration(self, path: str) -> None:
        """Read the configuration, if there is one, and what it imports."""
        script = self.add(path) if self.files.exists(path) else None
        for it in script.imports if script is not None else ():
            self.add_configuration(join(posixpath.dirname(path), it))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from mix.exs and what that makes Mix read."""
    environment = environment_of(install.command, scope)
    path = join(install.directory, "mix.exs")
    if not files.exists(path):
        return Needs(blocked=("the build context has no mix.exs for the folder where it runs",))
    project = _Project(files, install.directory, environment.get("MIX_ENV", "dev"))
    script = project.add_mix(path) or Script()
    settings = script.settings
    lock = join(install.directory, settings.get("lockfile", "mix.lock"))
    if files.exists(lock):
        project.found.insert(1, lock)
    tasks = [it.split()[0] for it in install.operands]
    compiles = _COMPILE in tasks
    if compiles:
        project.add_configuration(join(install.directory, settings.get("config_path", "config/config.exs")))
        project.blocked += _compiled(project)
    manifests = (*dict.fromkeys([*project.found]),)
    blocked = [*project.blocked]
    fetch = None
    if any(it not in (_GET, _COMPILE, *_HARMLESS) for it in tasks):
        fetch = _fetch(install, blocked)
    return Needs(
        manifests,
        blocked=tuple(blocked),
        check=tuple(_checks(install, lock if files.exists(lock) else None, tasks)),
        outputs=tuple(_outputs(install, environment, settings)),
        fetch=fetch,
    )


def _compiled(project: _Project) -> Iterator[str]:
    if project.environment is None:
        yield "MIX_ENV depends on a variable, and with it which configuration is read"
    if project.has_local:
        yield "`mix deps.compile` compiles the project's own apps and path dependencies as well, from their source"


def _fetch(install: Install, blocked: list[str]) -> str:
    """Return the task that only gets the dependencies."""
    first = install.operands[0].split()
    if first[0] != _GET or UNKNOWN in first:
        blocked.append("other tasks run in front of deps.get")
    return " ".join([*started_as(install.command), *first])


def _checks(install: Install, lock: str | None, tasks: Sequence[str]) -> Iterator[str]:
    if _GET not in tasks or "--check-locked" in install.options:
        return
    if lock is None:
        yield "there is no mix.lock, so the versions of the first build stay until mix.exs changes"
    else:
        yield "`mix deps.get` may rewrite mix.lock, and the later COPY would put the old one back"


def _outputs(install: Install, environment: Mapping[str, str | None], settings: Mapping[str, str]) -> Iterator[str]:
    build = (
        environment.get("MIX_BUILD_PATH") or environment.get("MIX_BUILD_ROOT") or settings.get("build_path", "_build")
    )
    for it in (environment.get("MIX_DEPS_PATH") or settings.get("deps_path", "deps"), build):
        yield join(install.directory, it)


MIX: Final = Ecosystem(
    "Mix",
    names("mix"),
    recognise,
    needs,
    ("mix.exs", "mix.lock", "mix.*", "config.exs", "*.exs"),
    lambda _: ("mix.exs",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("MIX_DEPS_PATH"),
)
