"""The modules that a Go command has to do with: one, or those of a workspace, and the folders that replace modules.

Sources: the Go Modules Reference (go.dev/ref/mod): replace directives, workspaces; see also ``go``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from layerwise.commands.go.go_mod import Module, find_up, read_module, read_workspace, unsummed
from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.places import shown
from layerwise.semantics.paths import join

_OLDEST_SAVING_NO_SUMS: Final = (1, 18)


@dataclass(slots=True)
class Project:
    """What a download reads: ``folder`` is that of go.work or go.mod, ``mains`` are the modules that are built.

    ``others`` are those of folders that replace modules: of them only go.mod is read.
    """

    files: InstallFiles
    directory: str
    folder: str
    found: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    mains: list[Module] = field(default_factory=list[Module])
    others: list[Module] = field(default_factory=list[Module])
    sums: list[str] = field(default_factory=list[str])
    apart: set[str] = field(default_factory=set[str])

    @property
    def requires(self) -> bool:
        """Whether anything has to be downloaded."""
        return bool(self.blocked) or any(it.requires for it in (*self.mains, *self.others))

    def add_module(self, folder: str) -> None:
        """Read a module that is built, its sums, and the folders that it replaces modules by."""
        module = self.read(join(folder, "go.mod"))
        self.add_sums(join(folder, "go.sum"))
        if module is not None:
            self.mains.append(module)
            self.apart |= {module.name, *module.replaced}
            self.add_replacements(folder, module.local)

    def add_replacements(self, folder: str, local: tuple[str, ...]) -> None:
        """Read the go.mod of folders that replace modules; their own replacements do not count."""
        for it in local:
            path = join(folder, f"{it}/go.mod")
            module = self.read(path) if path not in self.found else None
            if module is not None:
                self.others.append(module)

    def add_workspace(self, path: str) -> None:
        """Read a go.work and its members."""
        text = self.files.read(path)
        if text is None:
            self.blocked.append(f"{shown(path, self.directory)} can't be read here")
            return
        self.found.append(path)
        self.add_sums(f"{path}.sum")
        workspace = read_workspace(text)
        self.apart |= workspace.replaced
        for it in workspace.uses:
            self.add_module(join(self.folder, it))
        self.add_replacements(self.folder, workspace.local)

    def read(self, path: str) -> Module | None:
        """Read a go.mod; None if that can't be."""
        text = self.files.read(path)
        if text is None:
            self.blocked.append(f"it reads {shown(path, self.directory)}, which the build context does not bring there")
            return None
        self.found.append(path)
        return read_module(text)

    def add_sums(self, path: str) -> None:
        """Read a file of sums, if there is one."""
        if self.files.exists(path):
            self.found.append(path)
            self.sums.append(self.files.read(path) or "")

    def rewritten(self) -> Iterator[str]:
        """Yield what the download changes in go.mod and go.sum: the later COPY would undo it."""
        if not self.requires:
            return
        if any(it.go is None and it.requires for it in self.mains):
            yield "go.mod has no go line, so the download adds one, which the later COPY would undo"
        # Without a go.sum in the context nothing overwrites the one that the download writes.
        if not self.sums:
            return
        sums, apart = "\n".join(self.sums), frozenset(self.apart)
        lacking = next((it for module in (*self.mains, *self.others) if (it := unsummed(module, sums, apart))), None)
        if lacking is not None:
            yield f"go.sum lacks {lacking}, so the download adds it, which the later COPY would undo"
        elif any(it.go is None or it.go < _OLDEST_SAVING_NO_SUMS for it in self.mains):
            yield "Go 1.16 and 1.17 may add lines to go.sum during the download, which the later COPY would undo"


def project_of(directory: str, files: InstallFiles, environment: Mapping[str, str | None]) -> Project | None:
    """Return the modules that a command in a folder has to do with; None if there are none."""
    chosen = environment.get("GOWORK", "")
    if chosen is None:
        return Project(files, directory, directory, blocked=["GOWORK depends on a variable, and names a go.work"])
    root = find_up(directory, "go.mod", files)
    if chosen in ("", "auto"):
        folder = find_up(directory, "go.work", files)
        path = join(folder, "go.work") if folder is not None else None
    else:
        path = None if chosen == "off" else join(directory, chosen)
    if path is not None:
        project = Project(files, directory, path.rpartition("/")[0] or "/")
        project.add_workspace(path)
        return project
    if root is None:
        return None
    project = Project(files, directory, root)
    project.add_module(root)
    return project
