"""Package.swift: the packages that it takes from folders, and whether it can look at files at all.

A manifest is a program in Swift. With no module but PackageDescription it has no way to open a file: Swift's standard
library has none.

Sources: the Swift Package Manager's documentation (docs.swift.org: "PackageDescription API"); its source
(ManifestLoader.swift, ToolsVersionLoader.swift: ``Package@swift-6.1.swift`` comes before Package.swift).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<![:\w\"])//[^\n]*", re.DOTALL)
_LOCAL: Final = re.compile(r"\.package\s*\(\s*(?:name:\s*\"[^\"]*\"\s*,\s*)?path:\s*(?P<path>\"[^\"\\]*\"|[^,)]+)")
_IMPORT: Final = re.compile(
    r"\bimport[ \t]+(?:(?:struct|class|enum|protocol|actor|func|let|var|typealias)[ \t]+)?(?P<module>\w+)"
)
_LOOKS: Final = re.compile(
    r"\.binaryTarget\s*\([^)]*\bpath:|@_silgen_name|@_extern|\breadLine\(|\bContext\.gitInformation\b|\bdlopen\b"
)
_HARMLESS: Final = frozenset({"PackageDescription", "CompilerPluginSupport"})


@dataclass(frozen=True, slots=True)
class SwiftManifest:
    """``local`` are folders as written, None for one that code puts together; ``modules`` may look at files."""

    local: tuple[str | None, ...]
    remote: bool
    modules: tuple[str, ...]
    looks: bool


def read_swift_manifest(text: str) -> SwiftManifest:
    """Read a Package.swift."""
    code = _COMMENT.sub(" ", text)
    local: list[str | None] = []
    for match in _LOCAL.finditer(code):
        path = match["path"]
        local.append(path[1:-1] if path.startswith('"') else None)
    modules = [it for it in dict.fromkeys(_IMPORT.findall(code)) if it not in _HARMLESS]
    remote = re.search(r"\.package\s*\(\s*(name:[^,]*,\s*)?(url|id):", code) is not None
    return SwiftManifest(tuple(local), remote, tuple(modules), _LOOKS.search(code) is not None)
