"""What ``uv sync`` reads and writes, judged from the project's pyproject.toml, its workspace and its uv.lock."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from layerwise.commands.kit.command_line import Syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.commands.kit.places import files_named, found_upwards, nearest, shown
from layerwise.commands.kit.tables import Table, parse_toml, table
from layerwise.commands.python.locks import Local, Lock, normal, read_uv_lock
from layerwise.commands.python.project import is_set, module_words, shadowed
from layerwise.commands.python.pyproject import (
    build_files,
    computed,
    is_package,
    local_sources,
    may_have_scripts,
    tool,
)
from layerwise.commands.python.uv_settings import SETTINGS, is_member, kept_notes, outputs, surroundings, uneven_scripts
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join, relative, upwards
from layerwise.semantics.scope import Scope


class Project:
    """A ``uv sync`` with the files that it looks at: of its own folder, and of the workspace's root."""

    def __init__(self, install: Install, files: InstallFiles, scope: Scope, known: Syntax) -> None:
        """Find the project, its workspace and the lockfile."""
        self.install = install
        self.files = files
        self.scope = scope
        self.known = known
        self.environment = environment_of(install.command, scope)
        self.blocked: list[str] = []
        self.check: list[str] = []
        manifest = nearest(install.directory, ("pyproject.toml",), files)
        self.own = posixpath.dirname(manifest) if manifest is not None else None
        self.root = self._workspace(self.own) if self.own is not None else install.directory
        self.content = self.project_at(self.root)
        self.lock = self._lock()

    def needs(self) -> Needs:
        """Judge the install."""
        if self.own is None:
            return Needs(blocked=("the build context has no pyproject.toml for the folder where it runs",))
        names = dict.fromkeys([join(self.own, "pyproject.toml"), join(self.root, "pyproject.toml")])
        manifests = [it for it in (*names, self.lock_path) if self.files.exists(it)]
        installed = list(self._installed())
        fetch: str | None = None
        if not self.blocked:
            # A lockfile that is used as it is says all; else uv compares it with every member.
            if not (self.is_frozen or (self.is_locked and "--locked" in self.install.options and installed)):
                manifests += self._members()
            if installed or not (self.is_fixed or self._is_without_project):
                fetch = self._fetch(installed)
                named = [it.name for it in installed if it.kind == "path" or may_have_scripts(self._content_of(it))]
                self.check += uneven_scripts(named, self.files, self.content)
                self.check += kept_notes(self.install, self.files, self.scope, self.environment, self.content)
            self.check += self._rewritten(runs_again=fetch is not None)
        manifests += found_upwards(self.install.directory, SETTINGS, self.files)
        self.check += shadowed(self.install, self.files, self.environment, frozenset({"uv"}))
        self.blocked += surroundings(self.install, self.files, self.environment, self.content)
        return Needs(
            tuple(dict.fromkeys(manifests)),
            blocked=tuple(dict.fromkeys(self.blocked)),
            check=tuple(dict.fromkeys(self.check)),
            outputs=tuple(outputs(self.install, self.files, self.environment, self.root, self.content)),
            beside=tuple(self._beside()),
            fetch=fetch,
        )

    @property
    def lock_path(self) -> str:
        """The lockfile, which is at the root of the workspace."""
        return join(self.root, "uv.lock")

    @property
    def is_frozen(self) -> bool:
        """Whether uv takes the lockfile as it is."""
        return "--frozen" in self.install.options or is_set(self.environment, "UV_FROZEN")

    @property
    def is_locked(self) -> bool:
        """Whether uv fails if the lockfile is out of date."""
        return "--locked" in self.install.options or is_set(self.environment, "UV_LOCKED")

    @property
    def is_fixed(self) -> bool:
        """Whether uv leaves the lockfile as it is."""
        return self.is_frozen or self.is_locked

    @property
    def _is_without_project(self) -> bool:
        return any(it.startswith("--no-install-") for it in self.install.options)

    def project_at(self, folder: str) -> Table:
        """Return the pyproject.toml of a folder."""
        path = join(folder, "pyproject.toml")
        if not self.files.exists(path):
            return {}
        content = parse_toml(self.files.read(path))
        if content is None:
            self.blocked.append(f"{self._shown(path)} is not valid TOML, or too large to read")
        return content or {}

    def _shown(self, path: str) -> str:
        return shown(path, self.install.directory)

    def _workspace(self, own: str) -> str:
        """Return the root of the workspace that a project belongs to: the project's own folder, or one above it."""
        if "workspace" in tool(self.project_at(own), "uv"):
            return own
        for folder in upwards(posixpath.dirname(own)):
            workspace = table(tool(self.project_at(folder), "uv"), "workspace")
            if workspace and folder:
                inside = relative(own, folder) or ""
                return folder if is_member(inside, workspace) else own
        return own

    def _lock(self) -> Lock | None:
        if not self.files.exists(self.lock_path):
            return None
        text = self.files.read(self.lock_path)
        lock = read_uv_lock(text) if text is not None else None
        if lock is None:
            self.blocked.append("uv.lock is not valid TOML, or too large to read")
        elif lock.indexes:
            self.blocked.append(f"uv.lock takes packages from a folder ({lock.indexes[0]})")
        return lock

    def _installed(self) -> Iterator[Local]:
        """Yield the packages of the project's own files that may be installed."""
        if self.lock is not None:
            for it in self.lock.local:
                if it.kind != "virtual" and not self._is_left_out(it):
                    yield it
            return
        if self.files.exists(self.lock_path):
            return
        if self.is_fixed:
            self.blocked.append(f"`{self.install.title}` needs uv.lock, which the build context does not have")
        elif "workspace" in tool(self.content, "uv") or local_sources(self.content):
            self.blocked.append("without uv.lock it reads the pyproject.toml of every member and of local packages")
        elif is_package(self.content) and not self._is_without_project:
            yield Local(str(table(self.content, "project").get("name")), "editable", ".")

    def _is_left_out(self, package: Local) -> bool:
        options = self.install.options
        is_member = package.name in self._member_names()
        named = {normal(it) for it in options.get("--no-install-package", "").split("\n")}
        is_project = join(self.root, package.path) == self.own
        return (
            "--no-install-local" in options
            or (is_member and "--no-install-workspace" in options)
            or (is_project and "--no-install-project" in options and "--package" not in options)
            or normal(package.name) in named
        )

    def _member_names(self) -> frozenset[str]:
        if self.lock is None or self.lock.members:
            return self.lock.members if self.lock is not None else frozenset()
        return frozenset(it.name for it in self.lock.local if it.path == ".")

    def _members(self) -> list[str]:
        """Return the pyproject.toml of each member and local package, which uv compares with the lockfile."""
        local = self.lock.local if self.lock is not None else ()
        found = [join(join(self.root, it.path), "pyproject.toml") for it in local]
        workspace = table(tool(self.content, "uv"), "workspace")
        projects = files_named(self.root, ("/pyproject.toml",), self.files) if workspace else ()
        found += [it for it in projects if is_member(relative(posixpath.dirname(it), self.root) or "", workspace)]
        for path in dict.fromkeys(found):
            self._compared(path)
        return found

    def _compared(self, path: str) -> None:
        content = self.project_at(posixpath.dirname(path))
        name = self._shown(path)
        if not content:
            self.blocked.append(f"uv compares uv.lock with {name}, which the build context does not have")
        elif computed(content, ("dependencies", "optional-dependencies")) and table(content, "project"):
            self.blocked.append(f"{name} leaves its dependencies to a build, which reads the source")
        elif computed(content, ("version",)) and table(content, "project"):
            self.check.append(f"{name} leaves the version to a build, which uv before 0.6 runs to check uv.lock")

    def _fetch(self, installed: list[Local]) -> str:
        """Return the command without what comes from the project's own files."""
        members = self._member_names()
        workspace = self.lock is not None and bool(self.lock.members)
        added = ["--no-install-workspace" if workspace else "--no-install-project"]
        if installed and self.lock is not None and not any(it.name in members for it in installed):
            added = []
        others = [it.name for it in installed if self.lock is not None and it.name not in members]
        added += [word for it in others for word in ("--no-install-package", it)]
        keep = (self.known.valued | self.known.flags) - {"-m", "--locked"}
        options = kept_options(self.install.command, self.scope, self.known, keep)
        if "--locked" in self.install.options:
            # It would look at the members, which are not there yet; the install behind the source does.
            options = ["--frozen", *options]
        words = [*started_as(self.install.command), *module_words(self.install.options), "sync", *options]
        return " ".join([*words, *(it for it in added if it not in self.install.options)])

    def _content_of(self, package: Local) -> Table:
        return self.project_at(join(self.root, package.path))

    def _rewritten(self, *, runs_again: bool) -> Iterator[str]:
        if self.is_fixed:
            return
        title = self.install.title
        if self.lock is None:
            yield "there is no uv.lock, so the versions of the first build stay until pyproject.toml changes"
        elif not runs_again:
            yield f"`{title}` may rewrite uv.lock, and the later COPY would put the old one back"
        elif "--inexact" in self.install.options:
            yield f"`{title} --inexact` keeps packages that an outdated uv.lock asked for"

    def _beside(self) -> Iterator[str]:
        for folder in dict.fromkeys([self.own or self.root, self.root]):
            yield from (join(folder, it) for it in build_files(self.project_at(folder)))
