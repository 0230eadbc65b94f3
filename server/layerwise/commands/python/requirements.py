"""Requirements files: which files belong to one, and what in them stands in the way of copying only those.

Sources: pip's manual, "Requirements File Format"; pip's source (23.2): ``req_file.py``, ``constructors.py``. Run with
pip 23.2 and uv 0.13 under strace: ``-r`` and ``-c`` start at the including file, archives in the folder where pip runs,
folders of archives at the file or else there, and no other file of the project is opened.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.tables import Table, parse_toml
from layerwise.commands.python.pip_words import ARCHIVE, is_local, is_remote
from layerwise.commands.python.pyproject import computed, local_archives, local_sources, requirement_texts
from layerwise.semantics.paths import join
from layerwise.text.wording import names

_CONTINUED: Final = re.compile(r"\\\r?\n")
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_OPTION: Final = re.compile(r"(?P<name>--[a-z][a-z-]*|-[a-zA-Z])(?:\s*=\s*|\s+|(?<!-)(?<=-[a-zA-Z])|\Z)(?P<value>.*)\Z")
_HARMLESS: Final = names(
    "-i --index-url --extra-index-url --no-index --pre --prefer-binary --no-binary --only-binary --require-hashes"
    " --trusted-host --use-feature"
)
_NO_PATH: Final = re.compile(r"\s*(?:[\s;\[]|$)")
"""What ends the path of an archive: a marker, extras."""

_MOST_FILES: Final = 50


@dataclass(slots=True)
class Requirements:
    """The requirements files that an install in ``directory`` reads, and what stands in the way of copying only those.

    ``folders`` are those in which it looks for archives. ``clones``: it clones repositories into ``src``.
    """

    files: InstallFiles
    directory: str
    found: list[str] = field(default_factory=list[str])
    folders: list[str] = field(default_factory=list[str])
    blocked: list[str] = field(default_factory=list[str])
    clones: bool = False

    def add(self, path: str, named_by: str) -> None:
        """Read a file and all that it includes; of a pyproject.toml only what it lists."""
        if path in self.found:
            return
        if len(self.found) >= _MOST_FILES:
            self.blocked.append(f"it reads more than {_MOST_FILES} requirements files")
            return
        name = posixpath.basename(path)
        landing = self.files.landing(path)
        text = self.files.read(path)
        if text is None:
            reason = (
                "is not in that folder, as far as the build context tells" if landing is None else "can't be read here"
            )
            self.blocked.append(f"{named_by} reads {name}, which {reason}")
            return
        self.found.append(path)
        if name.endswith((".toml", ".py", ".cfg")):
            self._project(text, name)
            return
        for line in _logical_lines(text):
            self.add_line(line, path)

    def _project(self, text: str, name: str) -> None:
        content: Table | None = parse_toml(text) if name.endswith(".toml") else {}
        if content is None:
            self.blocked.append(f"{name} is not valid TOML")
        elif name.startswith("pylock."):
            self.blocked += [
                f"{name} takes {it} from a file or folder of the project" for it in local_archives(content)
            ]
        elif computed(content, ("dependencies", "optional-dependencies")) or not content:
            self.blocked.append(f"{name} leaves the dependencies to a build, which reads the source")
        else:
            local = [*filter(is_local, requirement_texts(content)), *local_sources(content)]
            self.blocked += [f"{name} takes {it} from a file or folder of the project" for it in local]

    def add_line(self, line: str, path: str) -> None:
        """Read one line of a file, without its comment."""
        name = posixpath.basename(path)
        if not line.startswith("-"):
            archive = join(self.directory, _NO_PATH.split(line, maxsplit=1)[0])
            if is_local(line) and ARCHIVE.search(archive) and self.files.exists(archive):
                self.found.append(archive)
            elif is_local(line) or line.startswith("$"):
                self.blocked.append(f"{name} installs a file or folder of the project ({line.split(maxsplit=1)[0]})")
            return
        option = _OPTION.match(line)
        if option is None:
            self.blocked.append(f"{name} has a line that can't be read here ({line})")
        else:
            self._option(option["name"], option["value"].strip().strip("\"'"), path, name)

    def _option(self, option: str, value: str, path: str, name: str) -> None:
        match option:
            case "-r" | "-c" | "--requirement" | "--constraint":
                if "$" in value or " -" in value:
                    self.blocked.append(f"what {name} includes can't be told here ({value})")
                elif not is_remote(value):
                    self.add(join(posixpath.dirname(path), value), name)
            case "-e" | "--editable":
                if is_local(value) or not is_remote(value.partition("@ ")[2] or value):
                    self.blocked.append(f"{name} installs a file or folder of the project ({value})")
                self.clones = True
            case "-f" | "--find-links":
                self.add_links(value, name, posixpath.dirname(path))
            case _ if value.startswith(("file:", "/", ".")):
                self.blocked.append(f"{name} names a file or folder ({option} {value})")
            case known if known in _HARMLESS and " -" not in value:
                pass
            case _:
                self.blocked.append(f"{name} has an option that is not known here ({option})")

    def add_links(self, place: str, named_by: str, *starts: str) -> None:
        """Add a folder of archives, from the first of some folders in which there is one, or from where pip runs."""
        if is_remote(place):
            return
        if place.startswith(("file:", "~")) or "$" in place:
            self.blocked.append(f"{named_by} looks for packages in a folder ({place})")
            return
        # Without a file of the context, what is there comes from elsewhere: another stage, the base image.
        folder = next(filter(self.files.any_below, (join(it, place) for it in (*starts, self.directory))), None)
        if folder is not None and self.files.files_below(folder) == [folder]:
            self.blocked.append(f"{named_by} looks for packages in a page ({place})")
        elif folder is not None:
            self.folders.append(folder)


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines without comments; a backslash joins the next one."""
    for line in _CONTINUED.sub("", text.removeprefix("\ufeff")).splitlines():
        stripped = _COMMENT.sub("", line).strip()
        if stripped:
            yield stripped
