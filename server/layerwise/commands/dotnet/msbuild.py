"""The files that `dotnet restore` reads: projects, what they import, props and targets of the folders above, solutions.

Expressions of MSBuild are not evaluated: only paths of plain text, or from well-known properties, are followed; other
ones are told as not readable. Conditions are not evaluated either: what stands in either branch counts.

Sources: Microsoft's documentation (learn.microsoft.com): "Customize your build" and "Customize by directory"
(Directory.Build.props, .targets), "MSBuild reserved and well-known properties", "Central Package Management", "NuGet
PackageReference in project files" (packages.lock.json), "nuget.config reference", "dotnet restore", "global.json
overview", "MSBuild response files" (Directory.Build.rsp), "Solution file format" (sln and slnx).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.places import found_upwards, nearest, shown
from layerwise.commands.kit.xml_tree import Element, parse_xml
from layerwise.semantics.paths import join

PROJECTS: Final = (".csproj", ".fsproj", ".vbproj", ".proj", ".esproj", ".sqlproj", ".shproj", ".dcproj")
SOLUTIONS: Final = (".sln", ".slnx", ".slnf")
NUGET_CONFIGS: Final = ("nuget.config", "NuGet.config", "NuGet.Config")
_BY_DIRECTORY: Final = ("Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props")
_SETTINGS: Final = (*NUGET_CONFIGS, "Directory.Build.rsp", "global.json")
_OF_SOLUTION: Final = ("Directory.Solution.props", "Directory.Solution.targets")
_STEERING: Final = frozenset(
    {"RestoreSources", "RestoreAdditionalProjectSources", "RestorePackagesPath", "NuGetLockFilePath", "ArtifactsPath"}
    | {"BaseIntermediateOutputPath", "MSBuildProjectExtensionsPath", "DirectoryBuildPropsPath", "RestoreConfigFile"}
)
_MOST_FILES: Final = 500
_IN_SLN: Final = re.compile(r"^Project\(\"\{[^}]*\}\"\)\s*=\s*\"[^\"]*\",\s*\"(?P<path>[^\"]+)\"", re.MULTILINE)
_ABOVE: Final = re.compile(
    r"\$\(\[MSBuild\]::GetPathOfFileAbove\(\s*['\"]?(?P<name>[\w.-]+)['\"]?\s*"
    r"(,\s*['\"]?\$\(MSBuildThisFileDirectory\)[/\\]?(?P<up>(\.\.[/\\]?)*)['\"]?\s*)?\)\)"
)
_FOLDER_ABOVE: Final = re.compile(
    r"\$\(\[MSBuild\]::GetDirectoryNameOfFileAbove\(\s*['\"]?\$\(MSBuildThisFileDirectory\)[/\\]?(?P<up>(\.\.[/\\]?)*)['\"]?\s*,"
    r"\s*['\"]?(?P<name>[\w.-]+)['\"]?\s*\)\)"
)
_HERE: Final = re.compile(r"\$\(MSBuildThisFileDirectory\)[/\\]?")
_PROJECT: Final = re.compile(r"\$\(MSBuildProjectDirectory\)[/\\]?")
_OF_SDK: Final = re.compile(
    r"\$\((MSBuild(ToolsPath|ExtensionsPath\w*|BinPath|SDKsPath)|VSToolsPath|NuGetPackageRoot|Pkg\w+)\)"
)
_READS: Final = re.compile(r"System\.IO\.(File|Directory)\]?::|\[MSBuild\]::(GetRegistry|DoesTaskHost)")


@dataclass(slots=True)
class Projects:
    """The files that belong together, as image paths; ``outputs`` are what a restore writes, ``locks`` lockfiles."""

    files: InstallFiles
    here: str
    found: list[str] = field(default_factory=list[str])
    outputs: list[str] = field(default_factory=list[str])
    locks: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    floating: list[str] = field(default_factory=list[str])

    def load(self, path: str) -> None:
        """Load a project or a solution, and all that it leads to."""
        if not path.endswith(SOLUTIONS):
            self._load_projects([path])
            return
        self.found.append(path)
        folder = posixpath.dirname(path)
        self.found += [it for name in _OF_SOLUTION if (it := nearest(folder, (name,), self.files)) is not None]
        self.found += [it for it in (f"{folder}/before.{posixpath.basename(path)}.targets",) if self.files.exists(it)]
        if path.endswith(".slnf"):
            self.blocked.append(f"{self._named(path)} is a solution filter, which is not read here")
            return
        self._load_projects([join(folder, it) for it in self._in_solution(path)])

    def _in_solution(self, path: str) -> Iterator[str]:
        text = self.files.read(path) or ""
        if path.endswith(".slnx"):
            read = parse_xml(text)
            if read is None:
                self.blocked.append(f"{self._named(path)} is not valid XML")
            names = [it.attributes.get("Path", "") for it in read.named("Project")] if read is not None else []
        else:
            names = [str(it) for it in _IN_SLN.findall(text)]
        for name in names:
            if name.endswith(PROJECTS):
                yield name.replace("\\", "/")
            elif posixpath.splitext(name)[1].endswith("proj"):
                self.blocked.append(f"{self._named(path)} has a project of a kind that is not known here ({name})")

    def _load_projects(self, waiting: list[str]) -> None:
        while waiting:
            path = waiting.pop(0)
            if path in self.found:
                continue
            if not self.files.exists(path) or len(self.found) > _MOST_FILES:
                self.blocked.append(f"the project {self._named(path)} is not in the build context, or one of very many")
                continue
            folder = posixpath.dirname(path)
            self.outputs.append(join(folder, "obj"))
            for name in _BY_DIRECTORY:
                above = nearest(folder, (name,), self.files)
                waiting += self._file(above, folder) if above is not None else []
            waiting += self._file(path, folder)
            user = f"{path}.user"
            waiting += self._file(user, folder) if self.files.exists(user) else []
            lock = join(folder, "packages.lock.json")
            self.locks += [lock] if self.files.exists(lock) else []
            self.found += [it for it in found_upwards(folder, _SETTINGS, self.files) if it not in self.found]

    def _file(self, path: str, project: str) -> list[str]:
        """Add a project or an imported file, and what it imports; return the projects that it refers to."""
        if path in self.found:
            return []
        self.found.append(path)
        text = self.files.read(path)
        read = parse_xml(text)
        if read is None or text is None:
            self.blocked.append(f"{self._named(path)} can't be read here")
            return []
        if _READS.search(text):
            self.blocked.append(f"{self._named(path)} reads files in its expressions")
        if "<UseArtifactsOutput>" in text:
            self.outputs.append(join(posixpath.dirname(path), "artifacts"))
        return [found for it in read.walk() for found in self._element(it, path, project)]

    def _element(self, it: Element, path: str, project: str) -> list[str]:
        """Judge one element; return the projects that it refers to."""
        condition = it.attributes.get("Condition", "")
        asks = "exists(" in condition.lower()
        if it.name == "Import" and "Sdk" not in it.attributes:
            written = it.attributes.get("Project", "")
            return self._import(written, path, project, optional=asks and written in condition)
        if asks:
            self.blocked.append(f"{self._named(path)} has a condition on whether a file exists")
        if it.name == "ProjectReference":
            return self._paths(it, path, project)
        if it.name in ("PackageReference", "PackageVersion", "GlobalPackageReference"):
            version = it.attributes.get("Version") or it.value("Version") or ""
            self.floating += [it.attributes.get("Include", "?")] if "*" in version else []
        elif it.name in _STEERING:
            self.blocked.append(f"{self._named(path)} sets {it.name}, which may lead to files of the project")
        return []

    def _paths(self, item: Element, path: str, project: str) -> list[str]:
        found: list[str] = []
        for written in (item.attributes.get("Include") or item.attributes.get("Update") or "").split(";"):
            place = self._resolved(written.strip(), path, project, project)
            if place is None or "*" in written:
                self.blocked.append(f"{self._named(path)} refers to a project by an expression ({written.strip()})")
            elif written.strip():
                found.append(place)
        return found

    def _import(self, written: str, path: str, project: str, *, optional: bool) -> list[str]:
        if _OF_SDK.search(written):
            return []
        if above := _ABOVE.fullmatch(written):
            start = join(posixpath.dirname(path), (above["up"] or "").replace("\\", "/"))
            found = nearest(start, (above["name"],), self.files)
            return self._file(found, project) if found is not None else []
        place = self._resolved(written, path, project, posixpath.dirname(path))
        if place is None or "*" in written:
            self.blocked.append(f"{self._named(path)} imports a file by an expression ({written})")
            return []
        if optional and self.files.landing(place) is None:
            return []
        if not self.files.exists(place):
            self.blocked.append(f"{self._named(path)} imports {written}, which the build context lacks")
            return []
        return self._file(place, project)

    def _resolved(self, written: str, path: str, project: str, start: str) -> str | None:
        folder = posixpath.dirname(path)
        if above := _FOLDER_ABOVE.match(written):
            found = nearest(join(folder, above["up"].replace("\\", "/")), (above["name"],), self.files)
            if found is None:
                return None
            written, start = written[above.end() :].lstrip("/\\"), posixpath.dirname(found)
        for pattern, place in ((_HERE, folder), (_PROJECT, project)):
            if matched := pattern.match(written):
                written, start = written[matched.end() :], place
        return None if "$(" in written or "@(" in written else join(start, written.replace("\\", "/"))

    def _named(self, path: str) -> str:
        return shown(path, self.here)


def local_sources(config: str | None) -> list[str] | None:
    """Return the package sources of a nuget.config that are folders; None if it can't be read."""
    read = parse_xml(config)
    if read is None:
        return None
    added = [it for name in ("packageSources", "config") for group in read.named(name) for it in group.named("add")]
    of_sources = [it.attributes.get("value", "") for it in added if it.attributes.get("key", "").lower() not in _PLAIN]
    return [it for it in of_sources if it and not re.match(r"https?://", it) and it != "%NUGET_SOURCE%"]


_PLAIN: Final = frozenset(
    {"http_proxy", "http_proxy.user", "no_proxy", "signaturevalidationmode", "dependencyversion", "defaultpushsource"}
    | {"maxhttprequestspersource", "updatepackagelastaccesstime"}
)
