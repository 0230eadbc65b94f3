"""Documentation as data, so that help, hover, the manual and the tests share one source: a module's docstring."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_SECTION: Final = re.compile(r"^## (?P<title>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"(?<!`)``(?!`)")
_FENCE: Final = re.compile(r"```dockerfile\n(?P<code>.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Documentation:
    """A parsed docstring: its first line, and its sections by title."""

    summary: str
    sections: Mapping[str, str]

    def code(self, title: str) -> str:
        """Return the Dockerfile shown in section ``title``; raises ``ValueError`` if there is none."""
        match = _FENCE.search(self.sections[title])
        if match is None:
            raise ValueError(f"section {title!r} shows no Dockerfile")
        return match["code"]

    def markdown(self, name: str) -> str:
        """Return all of it as Markdown, under the heading ``name``."""
        body = "\n\n".join(f"## {title}\n{text}" for title, text in self.sections.items())
        return f"# {name}\n\n{self.summary}\n\n{body}\n"


def parse_documentation(docstring: str | None, titles: Sequence[str]) -> Documentation:
    """Parse a module's docstring; raises ``ValueError`` at import time if it lacks one of the sections."""
    if docstring is None:
        raise ValueError("this module needs a docstring (is Python running with -OO?)")
    # A docstring has two backticks where Markdown has one.
    docstring = _CODE.sub("`", docstring)
    sections = {match["title"]: match["body"].strip("\n") for match in _SECTION.finditer(docstring)}
    if tuple(sections) != tuple(titles):
        raise ValueError(f"the sections have to be {', '.join(titles)}, in this order")
    return Documentation(docstring.partition("\n")[0], sections)
