"""What a person does with a Dockerfile in an editor, and what is to be seen of it: the same in every editor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TITLE: Final = "Copy only package.json and package-lock.json before `npm ci`, the rest after it"
FILES: Final = {
    "package.json": '{"name": "web", "version": "1.0.0", "scripts": {"build": "node build.js"}}\n',
    "package-lock.json": '{"name": "web", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {}}}\n',
    "build.js": "console.log('built')\n",
}
Step = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A Dockerfile with one finding; lines count from 1."""

    name: str
    before: str
    after: str
    """What the quick fix makes of it."""
    marked: str
    """What the finding underlines: all of a line."""
    install: str
    """The line that installs, with a bar where a person deletes the end of the line and types it again."""

    @property
    def line(self) -> int:
        """That of the finding."""
        return self._lines.index(self.marked) + 1

    @property
    def install_line(self) -> int:
        """That of the install."""
        return self._lines.index(self.install.replace("|", "")) + 1

    @property
    def message(self) -> str:
        """What the finding says."""
        return (
            f"Editing any of 2 files copied on line {self.line} re-runs `npm ci` on line {self.install_line}, "
            "which reads only package.json and package-lock.json"
        )

    @property
    def finding(self) -> Mapping[str, object]:
        """What an editor shows of it, but for the message, which some adorn."""
        return {"line": self.line, "marked": self.marked, "severity": "warning"}

    @property
    def steps(self) -> Sequence[Step]:
        """What a person does, for the driver of an editor."""
        kept, _, end = self.install.partition("|")
        type_: Step = {"what": "type", "line": self.install_line, "behind": kept}
        return (
            {"what": "findings", "count": 1},
            {"what": "hover", "line": self.line},
            {**type_, "text": "true"},
            {"what": "findings", "count": 0},
            {**type_, "text": end},
            {"what": "findings", "count": 1},
            {"what": "fix", "line": self.line, "title": TITLE},
            {"what": "findings", "count": 0},
            {"what": "save"},
        )

    @property
    def _lines(self) -> Sequence[str]:
        return self.before.splitlines()


PLAIN: Final = Scenario(
    "plain",
    before="""\
FROM node:24-slim
WORKDIR /app

COPY . .
RUN npm ci && npm run build
""",
    after="""\
FROM node:24-slim
WORKDIR /app

COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
""",
    marked="COPY . .",
    install="RUN |npm ci && npm run build",
)
# Characters of two, three and four bytes; the last is two units of UTF-16, in which the places of the protocol count.
_NON_ASCII: Final = Scenario(
    "non-ascii",
    before="""\
# é 漢字 🚀
FROM node:24-slim
WORKDIR /app
COPY . ./é漢字🚀/
WORKDIR é漢字🚀
RUN echo 'é 漢字 🚀🚀🚀🚀' && npm ci && npm run build
""",
    after="""\
# é 漢字 🚀
FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./é漢字🚀/
WORKDIR é漢字🚀
RUN echo 'é 漢字 🚀🚀🚀🚀' && npm ci
COPY . /app/é漢字🚀/
RUN npm run build
""",
    marked="COPY . ./é漢字🚀/",
    install="RUN echo 'é 漢字 🚀🚀🚀🚀' && |npm ci && npm run build",
)


def _with_crlf(scenario: Scenario) -> Scenario:
    before, after = (it.replace("\n", "\r\n") for it in (scenario.before, scenario.after))
    return Scenario(f"{scenario.name}-crlf", before, after, scenario.marked, scenario.install)


SCENARIOS: Final = (PLAIN, _NON_ASCII, _with_crlf(PLAIN), _with_crlf(_NON_ASCII))


def write_project(folder: Path, scenario: Scenario) -> Path:
    """Write a project with the Dockerfile of a scenario; return the path of that."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "Dockerfile"
    path.write_bytes(scenario.before.encode())
    return path
