"""Gradle's settings and build scripts: which projects there are, and which other files the scripts name.

Scripts are programs in Groovy or Kotlin. Only plain calls with texts are read here (``include("api", ":web")``); what
is found by code, or named in another way, is told as such.

Sources: the Gradle User Manual (docs.gradle.org): "Organizing Gradle Projects", "Settings File Basics", "Composite
Builds", "Sharing build logic", "Locking versions", "Version catalogs".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<![:\w\"'])//[^\n]*", re.DOTALL)
_FROM_ROOT: Final = re.compile(r"\$\{?(rootDir|rootProject\.projectDir|settingsDir)\}?/")
_FROM_HERE: Final = re.compile(r"\$\{?projectDir\}?/")
_TEXT: Final = r"(?:\"[^\"\n$]*\"|'[^'\n]*')"
_INCLUDE: Final = re.compile(rf"(?<![\w.])include\s*\(?\s*(?:listOf\()?({_TEXT}(?:\s*,\s*{_TEXT})*)")
_ANY_INCLUDE: Final = re.compile(r"(?<![\w.\"'])include(Flat)?\b\s*[\(\"'\w*$]")
_INCLUDE_BUILD: Final = re.compile(rf"(?<![\w.])includeBuild\s*\(?\s*({_TEXT})")
_ANY_INCLUDE_BUILD: Final = re.compile(r"(?<![\w.])includeBuild\b\s*[\(\"'\w*$]")
_PROJECT_DIR: Final = re.compile(
    rf"project\s*\(\s*({_TEXT})\s*\)\.projectDir\s*=\s*(?:new\s+)?[fF]ile\s*\(\s*(?:(?:rootDir|settingsDir|rootProject\.projectDir)\s*,\s*)?({_TEXT})\s*\)"
)
_MOVED: Final = re.compile(r"\.projectDir\s*=|buildFileName\s*=")
_RENAMED: Final = re.compile(r"(?<!\brootProject)\.name\s*=(?!=)")
_APPLY: Final = re.compile(rf"\bapply\s*\(?\s*\[?\s*from\s*[:=]\s*({_TEXT})")
_ANY_APPLY: Final = re.compile(r"\bapply\s*\(?\s*\[?\s*from\s*[:=]")
_READS: Final = re.compile(
    r"\breadText\(|\.text\b|\breadLines\(|\bFileInputStream\b|\bexec\s*[{(]|\.execute\(\)|\bproviders\.(exec|fileContents)"
    r"|\.eachDir\b|\.listFiles\(|\bfileTree\s*\(|\.walk\w*\(|\.exists\(\)"
)


ROOT: Final = "<root>/"
"""Stands for the folder of the settings, in front of a path."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a script names: projects by their path, included builds and other scripts by folder or file.

    ``moved`` are (project, folder). ``unclear`` are names of what is there but not in plain texts. ``reads`` tells that
    it looks at files while the build is set up.
    """

    projects: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    builds: tuple[str, ...]
    applied: tuple[str, ...]
    unclear: tuple[str, ...]
    reads: bool


def read_script(text: str) -> Script:
    """Read a settings or build script."""
    code = _FROM_HERE.sub("", _FROM_ROOT.sub(ROOT, _COMMENT.sub(" ", text)))
    includes = _INCLUDE.findall(code)
    moved = [(_plain(project), _plain(folder)) for project, folder in _PROJECT_DIR.findall(code)]
    builds = [_plain(it) for it in _INCLUDE_BUILD.findall(code)]
    applied = [_plain(it) for it in _APPLY.findall(code)]
    unclear: list[str] = []
    for name, found, every in (
        ("include", len(includes), _ANY_INCLUDE),
        ("includeBuild", len(builds), _ANY_INCLUDE_BUILD),
        ("projectDir", len(moved), _MOVED),
        ("project.name", 0, _RENAMED),
        ("apply from", len(applied), _ANY_APPLY),
    ):
        if len(every.findall(code)) > found:
            unclear.append(name)
    projects = [_plain(it) for texts in includes for it in re.findall(_TEXT, texts)]
    return Script(
        tuple(projects), tuple(moved), tuple(builds), tuple(applied), tuple(unclear), _READS.search(code) is not None
    )


def _plain(text: str) -> str:
    return text[1:-1]
