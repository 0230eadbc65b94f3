"""What a program may read besides what its arguments and manifests name. This is the one home of that knowledge.

- PATH, in all spellings: a file named like a program that is started, in a folder on it.
- The shell of the RUN, and what stands in front of the program.
- HOME and XDG: settings of the user, by the program's habits (``habits``).
- The files by which shims of version managers choose a version: copied early, as manifests are.
- The values of variables: certificates are copied early, settings withhold, others are a doubt.
- Places where any program of the system looks.

``implied`` is asked when an install is judged, with all files in front of it; ``reached`` when a fix is planned, with
the COPYs that are to come later. All paths are image paths (``semantics.paths``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from layerwise.context.image_files import Arrival, Arrivals
from layerwise.context.listing import Listing
from layerwise.effects.environment import homes_of, steers, texts_of, working_folder, wrappers
from layerwise.effects.habits import ALL_VERSIONS, CERTIFICATES, HOME, STARTUP, Habits, habits_of
from layerwise.effects.programs import is_started
from layerwise.effects.shells import odd_shell
from layerwise.effects.system import system_files
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, relative, upwards
from layerwise.semantics.run import literal
from layerwise.semantics.shell import Command
from layerwise.text.wording import code

_ABSOLUTE: Final = re.compile(r"(?<![\w.$}])/(?!/)[^\s:=,;'\"@]+")
_RELATIVE: Final = re.compile(r"(?<![\w./$}{-])[\w.][^\s:=,;'\"@$]*")
_OF_SYSTEM: Final = re.compile(r"(/usr(/local)?)?/s?bin/[\w.-]+")
_HOME_VARIABLE: Final = re.compile(r"(\$HOME|\$\{HOME\}|~)(?=/|\Z)")
_MISE: Final = re.compile(r"^\s*_\.|^\s*env_file|hooks|exec\s*\(|read_file|include", re.MULTILINE)
_OWN_RULE: Final = frozenset({"PATH", "HOME", "PWD", "OLDPWD"})
_BASE_PATH: Final = frozenset({"$PATH", "${PATH}"})
"""The folders that the base image has on PATH: taken to be the system's, not the project's."""


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """A program as a RUN starts it: ``title`` names it in messages, ``manager`` tells its habits.

    ``directory`` is the folder whose manifests it reads; it may be started in another one (``npm --prefix web ci``).
    ``variables`` are (name, value) of what a file of the project sets for it; what the Dockerfile sets comes first.
    """

    title: str
    manager: str
    command: Command
    directory: str
    placed: Placed
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders from which relative paths may start."""
        working = working_folder(self.command, self.placed.scope)
        return tuple(dict.fromkeys(it for it in (working, self.directory) if it is not None))

    @property
    def texts(self) -> dict[str, list[str]]:
        """All that each variable may be set to (``texts_of``)."""
        return {name: [value] for name, value in self.variables} | texts_of(self.command, self.placed.scope)

    @property
    def habits(self) -> Habits:
        """What it looks for by habit."""
        return habits_of(self.manager)


@dataclass(frozen=True, slots=True)
class Implied:
    """What a program reads unasked: ``files`` are to be copied early, ``blocked`` says why it may read more."""

    files: tuple[str, ...]
    blocked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Something that a later COPY brings and that a program may read: ``reason`` is a clause.

    ``doubt``: only a person can tell whether it matters; else it withholds a fix.
    """

    reason: str
    doubt: bool


def implied(started: Started, arrivals: Arrivals) -> Implied:
    """Return what a program reads of the files in front of it unasked. Raises ``UnreadFileError``."""
    versions = list(_version_files(started, arrivals))
    texts = started.texts
    blocked = [*_odd_start(started, arrivals), *_steered(started, arrivals, texts)]
    blocked += [f"{posixpath.basename(it)} may name other files" for it in versions if _names_more(it, arrivals)]
    return Implied(tuple(dict.fromkeys([*versions, *_certificates(started, arrivals, texts)])), tuple(blocked))


def reached(started: Started, moved: Sequence[Arrival], read: Set[str | None]) -> Iterator[Reached]:
    """Yield what COPYs that are to come later bring where a program may look; ``read`` are files that come early."""
    names = (*HOME, *started.habits.home)
    homes, all_known = homes_of(started.command, started.placed.scope)
    texts = started.texts
    for arrival in moved:
        places = homes if all_known else homes | {arrival.copy.target, *started.folders}
        for file in sorted(system_files(arrival, names, places) - read)[:1]:
            reason = f"the COPY brings {file} to a place where any program may look for settings or code"
            yield Reached(reason, doubt=False)
        for folder, file in _on_path(started, arrival, texts.get("PATH", ())):
            if file not in read:
                reason = f"{file} lies in a folder of PATH ({folder}), so {code(started.title)} may start it"
                yield Reached(reason, doubt=False)
    for name, path in _named(started, texts):
        if any(it not in read for arrival in moved for it in _strictly_below(arrival, path)):
            reason = f"{name} names {path}, which the later COPY brings: {code(started.title)} must not need it"
            yield Reached(reason, doubt=True)


def _odd_start(started: Started, arrivals: Arrivals) -> Iterator[str]:
    """Yield a clause if the shell, or a program in front of the command, may be a file of the project or read one."""
    odd = odd_shell(started.placed)
    if odd is not None:
        yield f"the shell of the RUN ({odd}) may be, or read, a file of the project"
    for word in wrappers(started.command):
        if not _OF_SYSTEM.fullmatch(word) and any(_exists(join(it, word), arrivals) for it in started.folders):
            yield f"{word} is a file of the project, which may read others"


def _steered(started: Started, arrivals: Arrivals, texts: dict[str, list[str]]) -> Iterator[str]:
    """Yield a clause for each variable whose file or folder, of the context, steers the program."""
    homes, _ = homes_of(started.command, started.placed.scope)
    for name, values in texts.items():
        if not (_is_one_of(name, started.habits.variables) or _is_one_of(name, STARTUP)):
            continue
        for value in values:
            at_home = _HOME_VARIABLE.match(value)
            rest = value[at_home.end() :].lstrip("/") if at_home else value
            if "$" in rest:
                yield f"{name} depends on a variable, and may name a file of the project"
                break
            if rest and any(
                _any_below(join(folder, it), arrivals)
                for folder in (homes if at_home else started.folders)
                for it in {rest, *re.split(r"[:;,\s]+", rest)} - {""}
            ):
                yield f"{name} names {value}, which is part of the project"
                break


def _certificates(started: Started, arrivals: Arrivals, texts: dict[str, list[str]]) -> Iterator[str]:
    for name, values in texts.items():
        if _is_one_of(name, CERTIFICATES):
            places = (join(it, value) for value in values if value for it in started.folders)
            yield from (it for it in places if _exists(it, arrivals))


def _version_files(started: Started, arrivals: Arrivals) -> Iterator[str]:
    """Yield the files of version managers in the folders of the program and above."""
    there = {posixpath.basename(it.copy.target) for it in arrivals.items}
    there |= {name for it in arrivals.items[:1] for name in _version_names(it.context.listing)}
    names = [it for it in started.habits.versions if posixpath.basename(it) in there]
    for folder in dict.fromkeys(it for start in started.folders for it in upwards(start)) if names else ():
        yield from (path for it in names if _exists(path := join(folder, it), arrivals))


@lru_cache(maxsize=16)
def _version_names(listing: Listing) -> frozenset[str]:
    """Return the names of version managers' files that a context has anywhere; kept, as hardly one has any."""
    known = {posixpath.basename(it) for it in ALL_VERSIONS}
    return frozenset(name for path in listing.entries if (name := posixpath.basename(path)) in known)


def _names_more(path: str, arrivals: Arrivals) -> bool:
    """Tell whether mise's settings, which may set variables from files or run code, do so."""
    landing = arrivals.find(path) if path.endswith(".toml") and "mise" in path else None
    text = landing.arrival.context.read(landing.path) if landing is not None and landing.path is not None else ""
    return text is None or _MISE.search(text) is not None


def _on_path(started: Started, arrival: Arrival, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (folder, file of the context) for what a COPY brings to a folder of PATH and that may be started."""
    own = posixpath.basename(started.command.program or "")
    folders = dict.fromkeys(it for text in texts for it in text.split(":") if it not in _BASE_PATH)
    for folder in folders:
        for start in started.folders:
            place = join(
                start, _HOME_VARIABLE.sub("$HOME", folder) or ".", known="$" not in folder and folder[:1] != "~"
            )
            for path, file in _in_folder(arrival, place):
                name = posixpath.basename(path)
                if is_started(name) or name == own:
                    yield folder or ".", file


def _in_folder(arrival: Arrival, folder: str) -> Iterator[tuple[str, str]]:
    """Yield (image path, file) of what a COPY brings right into a folder, whose start may not be known."""
    if "$" not in folder and folder[0] == arrival.copy.target[0]:
        yield from (it for it in arrival.landings_below(folder) if posixpath.dirname(it[0]) == folder)
        return
    end = folder.rpartition("$" if "$" in folder else "?")[2].partition("/")[2]
    for path, file in arrival.landings():
        if not end or posixpath.dirname(path).endswith(f"/{end}"):
            yield path, file


def _named(started: Started, texts: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield (variable, image path) of all paths that values and the words of the command name, be they there or not.

    A relative one counts where the variable is one that managers and shells know.
    """
    for name, values in texts.items():
        if name in _OWN_RULE:
            continue
        for value in values:
            yield from ((name, it) for it in _ABSOLUTE.findall(value))
            if steers(name):
                relatives = (it for it in _RELATIVE.findall(value) if it.strip("./"))
                yield from ((name, join(folder, it)) for it in relatives for folder in started.folders)
    for word in started.command.words:
        yield from (("the command", it) for it in _ABSOLUTE.findall(literal(word, started.placed.scope) or ""))


def _strictly_below(arrival: Arrival, path: str) -> list[str]:
    """Return what a COPY brings at or below ``path``, unless that is all of it."""
    return arrival.files_at(path) if relative(arrival.copy.target, path.rstrip("/") or "/") is None else []


def _exists(path: str, arrivals: Arrivals) -> bool:
    landing = arrivals.find(path)
    return landing is not None and landing.path is not None


def _any_below(path: str, arrivals: Arrivals) -> bool:
    return any(it.files_at(path) for it in reversed(arrivals.items))


@lru_cache(maxsize=20_000)
def _is_one_of(name: str, names: re.Pattern[str]) -> bool:
    """Tell whether a variable is one of those; kept, since each install asks it of each variable in scope."""
    return names.fullmatch(name) is not None
