"""The files that Maven reads of a project: pom.xml with its parents and modules, and what .mvn names.

Sources: Maven's POM reference (maven.apache.org/pom.html), "Guide to Working with Multiple Modules", "Configuring
Apache Maven"; Maven 4's model (subprojects). Run with Maven 3.8.7 under strace: ``mvn`` opens the pom.xml of the
folder, those of modules, ``../pom.xml`` where relativePath is not given, profiles.xml beside them if there is one, and
maven.config, jvm.config and extensions.xml of the nearest ``.mvn``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import shown
from layerwise.commands.kit.xml_tree import Element, parse_xml
from layerwise.semantics.paths import join

_MOST_POMS: Final = 500
HARMLESS_EXTENSIONS: Final = frozenset(
    {"os-maven-plugin", "wagon-http", "wagon-ssh", "wagon-ftp", "wagon-webdav-jackrabbit"}
)
"""Extensions that look at no file of the project: the operating system's name, and ways to transfer files."""

_BASE: Final = re.compile(r"^\$\{(project\.)?basedir\}/")
_LOCAL: Final = re.compile(r"\$\{(project\.)?basedir\}|\$\{maven\.multiModuleProjectDirectory\}|file:")


@dataclass(slots=True)
class Poms:
    """The poms that belong together, as image paths; ``blocked`` and ``check`` as in ``Needs``.

    ``artifacts`` are the names of those that are built here, ``taken`` the names of all dependencies; ``asked`` are
    files on whose existence profiles depend, each with its pom's name.
    """

    files: InstallFiles
    here: str
    found: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    check: list[str] = field(default_factory=list[str])
    artifacts: list[str] = field(default_factory=list[str])
    taken: set[str] = field(default_factory=set[str])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def load(self, path: str) -> None:
        """Load a pom, its modules and all parents."""
        waiting = [(path, True)]
        while waiting:
            path, is_module = waiting.pop(0)
            if path in self.found:
                continue
            pom = parse_xml(self.files.read(path))
            name = shown(path, self.here)
            if pom is None or pom.name != "project" or len(self.found) >= _MOST_POMS:
                self.blocked.append(f"{name} can't be read here, or is no pom")
                continue
            self.found.append(path)
            self._judge(pom, name)
            folder = posixpath.dirname(path)
            parent = self._parent(pom, folder)
            waiting += [(parent, False)] if parent is not None else []
            waiting += [(it, True) for it in self._modules(pom, folder, name)] if is_module else []
            beside = join(folder, "profiles.xml")
            self.found += [beside] if self.files.exists(beside) else []
        for written, name in self.asked:
            self._add_asked(_BASE.sub("", written), written, name)

    @property
    def siblings(self) -> list[str]:
        """The artifacts of the project that others of it depend on."""
        return [it for it in self.artifacts if it in self.taken]

    def _parent(self, pom: Element, folder: str) -> str | None:
        if pom.child("parent") is None:
            return None
        written = pom.value("parent", "relativePath")
        # An empty one says: from the repository.
        if written == "":
            return None
        # What is not there comes from the repository as well.
        return pom_at(join(folder, written or "../pom.xml"), self.files)

    def _modules(self, pom: Element, folder: str, name: str) -> Iterator[str]:
        profiles = pom.child("profiles")
        for holder in (pom, *(profiles.children if profiles is not None else ())):
            for module in holder.values("modules", "module") + holder.values("subprojects", "subproject"):
                found = pom_at(join(folder, module), self.files)
                if found is not None:
                    yield found
                elif holder is pom or "$" in module:
                    # Those of a profile are looked for only where it is active.
                    self.blocked.append(f"{name} has the module {module}, which the build context lacks")

    def _add_asked(self, path: str, written: str, name: str) -> None:
        """Add a file on whose existence a profile depends; a parent's profile asks in the folder of each child."""
        if "$" in path:
            self.blocked.append(f"{name} has a profile that depends on whether {written} exists")
            return
        for place in dict.fromkeys(join(posixpath.dirname(it), path) for it in self.found):
            inside = self.files.files_below(place) if self.files.any_below(place) is not None else []
            if inside == [place]:
                self.found += [place] if place not in self.found else []
            elif inside and not any(it in self.found for it in inside):
                self.blocked.append(f"{name} has a profile that depends on whether the folder {written} exists")

    def _judge(self, pom: Element, name: str) -> None:
        self.artifacts += pom.values("artifactId")
        for it in pom.named("dependency"):
            self.taken.add(it.value("artifactId") or "")
            if it.value("scope") == "system":
                self.blocked.append(f"{name} takes {it.value('artifactId')} from a file (systemPath)")
        for it in pom.named("file"):
            self.asked += [(path, name) for kind in ("exists", "missing") if (path := it.value(kind)) is not None]
        for it in (*pom.named("repository"), *pom.named("pluginRepository")):
            if _LOCAL.search(it.value("url") or ""):
                self.blocked.append(f"{name} has a repository in a folder of the project ({it.value('url')})")
        loaded = [it.value("artifactId") or "" for it in pom.named("extension")]
        loaded += [it.value("artifactId") or "" for it in pom.named("plugin") if it.value("extensions") == "true"]
        if unknown := [it for it in dict.fromkeys(loaded) if it and it not in HARMLESS_EXTENSIONS]:
            self.check.append(
                f"{name} loads {listed(unknown)} into Maven itself: make sure that it reads no other file"
            )


def pom_at(path: str, files: InstallFiles) -> str | None:
    """Return the pom that a path names: the file, or pom.xml in the folder."""
    return next((it for it in (join(path, "pom.xml"), path) if files.exists(it)), None)


def settings_named(options: str) -> list[tuple[str, str]]:
    """Return (option, path) of files that maven.config names."""
    words = re.split(r"[\s=]+", options)
    pairs = pairwise(words)
    return [(option, path) for option, path in pairs if re.fullmatch(_NAMES_FILE, option)]


_NAMES_FILE: Final = r"-(s|gs|t|gt|f|is|ps|-settings|-global-settings|-toolchains|-global-toolchains|-file)"
