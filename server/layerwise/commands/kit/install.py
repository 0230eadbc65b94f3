"""What an ecosystem says about a command: that it installs, and what that install reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from layerwise.context.image_files import Arrivals, Landing
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import Documentation


@dataclass(frozen=True, slots=True)
class Install:
    """A command that installs what manifests list.

    ``title`` names it in messages (``npm ci``); ``directory`` is the image path whose manifests it reads; ``options``
    are its options, those without a value with "". ``operands`` are the ecosystem's own (pip: requirement files).
    ``only_gets``: it gets all that a later install of the manager needs, and installs nothing itself (``pnpm fetch``).
    ``guessed``: what it does is not known, but behind copied manifests it gets what a later install needs.
    ``lessens``: behind another install it only takes away what development needs (``npm ci --omit=dev``).
    """

    manager: str
    title: str
    command: Command
    directory: str
    options: Mapping[str, str]
    operands: tuple[str, ...] = ()
    only_gets: bool = False
    guessed: bool = False
    lessens: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """What an install reads and writes, judged from the files of this project. All paths are image paths.

    - ``manifests``: the files it reads that exist, in the order in which to copy them.
    - ``folders``: folders of the context that it reads as a whole, whatever is in them (``.mvn``); their files need not
      be among the manifests.
    - ``source``: it reads the project's source as well, so that nothing is out of order.
    - ``blocked``: why it may read more than its manifests, or can't run from them alone: a full clause each.
    - ``check``: what a person should look at before trusting a split: a full clause each.
    - ``outputs``: folders that it writes and that a later COPY must not touch.
    - ``prepares``: it gets nothing, and only sets what a later install finds.
    - ``anywhere``: it reads nothing of the folder where it runs.
    - ``beside``: files that its manifests name for the build of the project itself (a README). It does not need them to
      get the dependencies, but a COPY that brings no more was written for it.
    - ``reads_more``: it reads more of the project than can be told, and ``fetch`` is all that can go first.
    - ``fetch``: a command that only gets the dependencies, where the install does more and has to run again behind the
      source (``go build`` → ``go mod download``, ``uv sync`` → ``uv sync --no-install-project``). What to look at
      before trusting that is in ``check``: without any, the fix is safe.
    - ``variables``: (name, value) of what a file of the project sets in its environment (Pipenv: ``.env``).
    """

    manifests: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    source: bool = False
    blocked: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    prepares: bool = False
    anywhere: bool = False
    beside: tuple[str, ...] = ()
    reads_more: bool = False
    fetch: str | None = None
    variables: tuple[tuple[str, str], ...] = ()

    def reads(self, files: InstallFiles) -> list[str]:
        """Return the image paths of all files of the context that it reads: manifests, and what is in its folders."""
        inside = (path for it in self.folders for path in files.files_below(it))
        return list(dict.fromkeys((*self.manifests, *inside)))


@dataclass(frozen=True, slots=True)
class InstallFiles:
    """The image as an install finds it: files of the context where COPY put them. Raises ``UnreadFileError``.

    ``caches`` are the targets of the RUN's cache mounts: what is written there does not get into the image.
    """

    arrivals: Arrivals
    caches: tuple[str, ...] = ()

    def landing(self, path: str) -> Landing | None:
        """Tell what put the file at an image path."""
        return self.arrivals.find(path)

    def exists(self, path: str) -> bool:
        """Tell whether a file of the context is at an image path."""
        return self.arrivals.exists(path)

    def is_directory(self, path: str) -> bool:
        """Tell whether a folder of the context is at an image path."""
        landing = self.landing(path)
        return landing is not None and landing.path is not None and landing.arrival.context.is_directory(landing.path)

    def read(self, path: str) -> str | None:
        """Return the text of the file at an image path; None if it is not of the context, or no text."""
        return self.arrivals.read(path)

    def files_below(self, directory: str) -> list[str]:
        """Return the image paths of the files of the context that are at or below an image path, sorted."""
        found: set[str] = set()
        for arrival in self.arrivals.items:
            found.update(path for path, _ in arrival.landings_below(directory) if self.exists(path))
        return sorted(found)

    def any_below(self, directory: str) -> str | None:
        """Return a file of the context that is at or below an image path."""
        return self.arrivals.any_below(directory)


SECTIONS: Final = ("What is copied first", "No fix", "Review", "Cache", "Sources")
"""Of an ecosystem's documentation: what a fix copies before the install, when there is no (safe) fix and why, and where
the manager keeps its downloads, and where that is known from."""


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """One package manager.

    ``anywhere``: it installs into the system, and may as well do so in a stage that adds to a finished one.

    ``programs`` are the names its commands start with, without a version at the end (``pip`` for ``pip3.11``).
    ``manifest_globs`` tell its manifests where there is no context to look at; ``telling`` names the files without
    which an install makes no sense, relative to its folder. ``downloads`` are the last parts of folders that hold all
    that an install gets: where one of them is a cache mount, nothing is got again. ``homes`` are variables that name
    such a folder, which only the base image may know (``$CARGO_HOME``).
    """

    name: str
    programs: frozenset[str]
    recognise: Callable[[Command, Scope], Install | None]
    needs: Callable[[Install, InstallFiles, Scope], Needs]
    manifest_globs: tuple[str, ...]
    telling: Callable[[Install], tuple[str, ...]]
    documentation: Documentation
    downloads: tuple[str, ...] = ()
    homes: frozenset[str] = frozenset()
    anywhere: bool = False
