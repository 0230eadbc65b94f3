"""The files of a bundle: the Gemfile and what it pulls in, the lockfile, the settings and the cache of a project.

Sources: Bundler's manual: gemfile(5), bundle-config(1), bundle-install(1).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.names import listed
from layerwise.commands.ruby.gemfile import Gemfile, read_gemfile
from layerwise.semantics.paths import join
from layerwise.text.yaml import load_yaml

_LOCAL_SOURCE: Final = re.compile(
    r"^(?:PATH|GIT)\n  remote: (?P<place>\.{0,2}/.*|\.|(?!https?:|ssh:|git)[^:@\n]+)$", re.MULTILINE
)
_MOST_FILES: Final = 20


@dataclass(slots=True)
class Bundle:
    """What an install in ``directory`` reads, and what stands in the way; ``locked`` is the lockfile's name."""

    files: InstallFiles
    directory: str
    found: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    plugins: list[str] = field(default_factory=list[str])
    locked: str = ""

    def settings(self) -> dict[str, str]:
        """Return what .bundle/config says, which belongs to what is read."""
        path = join(self.directory, ".bundle/config")
        text = self.files.read(path)
        if self.files.exists(path):
            self.found.append(path)
        content = load_yaml(text) if text else None
        if text and not isinstance(content, dict):
            self.blocked.append(".bundle/config can't be read here")
        if self.files.any_below(join(self.directory, ".bundle/plugin")):
            self.blocked.append("the project has plugins of Bundler of its own (.bundle/plugin)")
        settings = {key: str(value) for key, value in cast("dict[str, object]", content or {}).items()}
        steering = [
            it
            for it in settings
            if it.startswith("BUNDLE_LOCAL__") or it in ("BUNDLE_CACHE_PATH", "BUNDLE_SSL_CA_CERT")
        ]
        if steering:
            self.blocked.append(f".bundle/config sets {listed(steering)}, which may name files of the project")
        return settings

    def add(self, path: str) -> None:
        """Read a Gemfile and all that it includes."""
        if path in self.found:
            return
        name = posixpath.basename(path)
        text = self.files.read(path)
        if text is None or len(self.found) > _MOST_FILES:
            self.blocked.append(f"{name} can't be read here")
            return
        self.found.append(path)
        gemfile = read_gemfile(text)
        self.plugins += gemfile.plugins
        self.blocked += _reasons(gemfile, name)
        folder = posixpath.dirname(path)
        if gemfile.reads and folder != self.directory:
            self.blocked.append(f"{name} reads {gemfile.reads[0]}, seen from the folder where it runs")
        reads = [join(folder, it) for it in gemfile.reads]
        self.found += [it for it in reads if self.files.exists(it) and it not in self.found]
        for it in gemfile.includes:
            if self.files.exists(join(folder, it)):
                self.add(join(folder, it))
            else:
                self.blocked.append(
                    f"{name} reads {it}, which is not in that folder, as far as the build context tells"
                )

    def lock(self, gemfile: str) -> None:
        """Read the lockfile of a Gemfile."""
        name = posixpath.basename(gemfile)
        path = posixpath.join(posixpath.dirname(gemfile), "gems.locked" if name == "gems.rb" else f"{name}.lock")
        if not self.files.exists(path):
            return
        self.locked = posixpath.basename(path)
        # In the order in which people write them.
        self.found.insert(self.found.index(gemfile) + 1 if gemfile in self.found else 0, path)
        text = self.files.read(path)
        if text is None:
            self.blocked.append(f"{self.locked} can't be read here")
        elif (local := _LOCAL_SOURCE.search(text)) is not None and not self.blocked:
            self.blocked.append(f"{self.locked} takes gems from a folder of the project ({local['place']})")

    def folders(self) -> tuple[str, ...]:
        """Return the cache of gems, if the project has one."""
        path = join(self.directory, "vendor/cache")
        return (path,) if self.files.any_below(path) else ()


def _reasons(gemfile: Gemfile, name: str) -> Iterator[str]:
    """Yield why a Gemfile may make Bundler read more than the files that it names."""
    if gemfile.unknown:
        yield f"{name} uses {gemfile.unknown}, and may read any file"
    if "gemspec" in gemfile.local:
        yield f"{name} reads the project's gemspec, a Ruby program that may read any file"
    if local := [it for it in gemfile.local if it != "gemspec"]:
        yield f"{name} takes gems from a folder of the project ({listed(local)})"
