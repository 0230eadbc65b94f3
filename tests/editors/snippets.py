"""What README.md and docs/editors.md tell a person to write into the configuration of an editor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
EDITORS: Final = ROOT / "docs" / "editors.md"
_BLOCK: Final = re.compile(
    r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of code, word for word."""

    heading: str
    language: str
    text: str


def snippets(page: Path) -> Sequence[Snippet]:
    """Return the blocks of a page, each with the heading above it."""
    found: list[Snippet] = []
    heading = ""
    for it in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        # The other names are None: a heading has no language.
        heading = str(it["heading"] or heading)
        if it["language"]:
            found.append(Snippet(heading, it["language"], it["text"]))
    return found


def configuration(heading: str, page: Path = README) -> str:
    """Return what a person who follows a section of a page has in the configuration."""
    found = [it.text for it in snippets(page) if it.heading == heading]
    assert found, f"{page.name} has no code below {heading!r}"
    return "\n".join(found)
