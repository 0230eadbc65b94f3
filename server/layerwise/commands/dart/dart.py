"""Dart and Flutter: ``dart pub get`` and ``flutter pub get``.

## What is copied first
`pubspec.yaml` and `pubspec.lock`, `pubspec_overrides.yaml`, the `pubspec.yaml` of path dependencies and of the members
of a workspace.

## No fix
Where a path dependency or a member of the workspace has no pubspec.yaml in the context, or a member has a pubspec.lock
of its own, which pub deletes; where the install runs in a member; where there is an `example` with a pubspec.yaml,
unless `--no-example` is given; for `--enforce-lockfile` without a pubspec.lock; where the context has a `.dart_tool`.

## Review
Without `--enforce-lockfile`, as pub may rewrite pubspec.lock; without a pubspec.lock; for `flutter pub get`, which also
writes files for plugins and localizations, depending on the folders that are there.

## Cache
`~/.pub-cache`, or what `PUB_CACHE` names.

## Sources
Dart's manual (dart.dev/tools/pub): cmd/pub-get, dependencies, workspaces, package-layout; pub's source: ``get.dart``
(``--example``, ``--enforce-lockfile``), ``entrypoint.dart`` (.dart_tool, lockfiles in members). The tool itself could
not be had for a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from layerwise.commands.kit.command_line import directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import shown
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names
from layerwise.text.yaml import load_yaml

_SYNTAX: Final = syntax(
    "-C --directory -d --device-id --verbosity --packages",
    "--offline --no-offline -n --dry-run --enforce-lockfile --precompile --no-precompile --example --no-example"
    " --packages-dir --no-packages-dir -v --verbose --trace --color --no-color --disable-analytics --enable-analytics"
    " --suppress-analytics --no-analytics --version-check --no-version-check --no-wrap --unlock-transitive",
)
_REMOTE: Final = re.compile(r"(https?|ssh|git)(\+\w+)?://|git@|[\w.-]+@[\w.-]+:", re.IGNORECASE)
_SECTIONS: Final = ("dependencies", "dev_dependencies", "dependency_overrides")
_MOST_FILES: Final = 100
_FLUTTER_WRITES: Final = (
    "`flutter pub get` also writes files for plugins and localizations, depending on the folders that are there: make"
    " sure that a later `flutter build` makes them again"
)

_Table = dict[str, object]


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``dart pub get``, ``flutter pub get --enforce-lockfile``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program not in ("dart", "flutter", "pub") or line.has("-n", "--dry-run"):
        return None
    operands = line.operands if line.program != "pub" else ["pub", *line.operands]
    if operands not in (["pub", "get"], ["packages", "get"]):
        return None
    directory = directory_of(command, scope, line.value("-C", "--directory"))
    if directory is None:
        return None
    words = " ".join(filter(None, line.operands))
    return Install("pub", f"{line.program} {words}", command, directory, line.last_values(), (line.program,))


@dataclass(slots=True)
class _Packages:
    """The pubspecs that an install reads, and what stands in the way."""

    files: InstallFiles
    directory: str
    found: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    members: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])

    def add(self, folder: str, *, is_root: bool = False, is_member: bool = False) -> None:
        """Read the pubspec of a folder, and those of the folders that it names."""
        path = join(folder, "pubspec.yaml")
        if path in self.found:
            return
        name = shown(path, self.directory)
        content = self.table(path) if len(self.found) < _MOST_FILES else None
        if content is None:
            self.missing.append(name)
            return
        self.found.append(path)
        tables = [content]
        overrides = join(folder, "pubspec_overrides.yaml")
        if (is_root or is_member) and self.files.exists(overrides):
            self.found.append(overrides)
            tables.append(self.table(overrides) or {})
        if is_root and content.get("resolution") == "workspace":
            self.blocked.append("the package is a member of a workspace, whose pubspec.yaml and members are read too")
        for table in tables:
            for section in _SECTIONS if is_root or is_member else _SECTIONS[:1]:
                for it in self.local(table.get(section), name):
                    self.add(join(folder, it))
            self.add_members(folder, table.get("workspace"), name)

    def add_members(self, folder: str, workspace: object, name: str) -> None:
        """Read the members of a workspace."""
        for it in cast("list[object]", workspace) if isinstance(workspace, list) else ():
            member = join(folder, str(it))
            if re.search(r"[*?\[{]", str(it)):
                self.blocked.append(f"{name} names the members of its workspace by a pattern ({it})")
                continue
            if self.files.exists(join(member, "pubspec.lock")):
                self.blocked.append(f"{it} has a pubspec.lock, which pub deletes and the later COPY would bring back")
            self.members.append(member)
            self.add(member, is_member=True)

    def local(self, dependencies: object, name: str) -> Iterator[str]:
        """Yield the folders that dependencies are taken from."""
        if not isinstance(dependencies, dict):
            return
        for dependency, value in cast("_Table", dependencies).items():
            entry = cast("_Table", value) if isinstance(value, dict) else {}
            if "path" in entry:
                yield str(entry["path"])
            git = entry.get("git")
            url = cast("_Table", git).get("url") if isinstance(git, dict) else git
            if url is not None and not _REMOTE.match(str(url)):
                self.blocked.append(f"{name} takes {dependency} from a repository in a folder ({url})")

    def table(self, path: str) -> _Table | None:
        """Return the content of a YAML file; None if that is no mapping."""
        content = load_yaml(self.files.read(path) or "")
        return cast("_Table", content) if isinstance(content, dict) else None


def needs(install: Install, files: InstallFiles, _scope: Scope) -> Needs:
    """Judge an install from the pubspecs of the project."""
    directory, options = install.directory, install.options
    if not files.exists(join(directory, "pubspec.yaml")):
        return Needs(blocked=("the build context has no pubspec.yaml for the folder where it runs",))
    packages = _Packages(files, directory)
    packages.add(directory, is_root=True)
    lock = join(directory, "pubspec.lock")
    if files.exists(lock):
        packages.found.insert(1, lock)
    elif "--enforce-lockfile" in options:
        packages.blocked.append("`--enforce-lockfile` needs a pubspec.lock, and the build context has none")
    if "--no-example" not in options and files.exists(join(directory, "example/pubspec.yaml")):
        packages.blocked.append("pub also gets the packages of example/, for which there is a pubspec.yaml of its own")
    manifests = (*dict.fromkeys([*packages.found]),)
    if packages.missing:
        verb = "is" if len(packages.missing) == 1 else "are"
        packages.blocked.append(
            f"{listed(packages.missing)} {verb} not there, as far as the build context tells, or not valid YAML"
        )
    blocked = [*packages.blocked]
    check: list[str] = []
    if not files.exists(lock):
        check.append("there is no pubspec.lock, so the versions of the first build stay until pubspec.yaml changes")
    elif "--enforce-lockfile" not in options:
        check.append(f"`{install.title}` may rewrite pubspec.lock, and the later COPY would put the old one back")
    check += [_FLUTTER_WRITES] if install.operands == ("flutter",) else []
    folders = [directory, *packages.members]
    names_written = (".dart_tool", ".packages", ".flutter-plugins", ".flutter-plugins-dependencies")
    outputs = tuple(join(it, name) for it in folders for name in names_written)
    return Needs(manifests, blocked=tuple(blocked), check=tuple(check), outputs=outputs)


DART: Final = Ecosystem(
    "Dart and Flutter",
    names("dart flutter pub"),
    recognise,
    needs,
    ("pubspec.yaml", "pubspec.lock", "pubspec.*", "pubspec*.yaml"),
    lambda _: ("pubspec.yaml",),
    parse_documentation(__doc__, SECTIONS),
)
