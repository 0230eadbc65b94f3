"""The marker language of rule fixtures: carets in a Dockerfile's comments say what is found in the line above.

    COPY . .
    #^^^^^^^ copy-before-install Editing any of 3 files copied on line 3 re-runs `npm ci` on line 4
    #        withheld: package.json has workspaces
    #        line 4: re-runs with it

The carets stand under the text that is marked; a ``#`` glued to the first caret counts as a caret, so that column 0 can
be marked. A finding of several lines is marked in its first one, up to its end with a ``…``: ``#^^^…``. One that is less
severe than its rule says so: ``copy-before-install/hint``. What a finding says of other lines is there for all findings of
a file, or for none. Marker lines are no part of the Dockerfile, and lines are counted without them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_MARKER = re.compile(
    r"#(?P<gap>[ \t]*)(?P<carets>\^+)(?P<more>…?)[ \t]+(?P<rule>[a-z-]+(/[a-z]+)?)[ \t]+(?P<message>.*?)\s*\Z"
)
_WITHHELD = re.compile(r"#[ \t]+(?P<kind>withheld|check): (?P<text>.*?)\s*\Z")
_RELATED = re.compile(r"#[ \t]+(?P<text>line \d+: .*?)\s*\Z")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


@dataclass(frozen=True, order=True)
class Expected:
    """A finding in a fixture: 0-based line and columns, ``end`` None for one that goes on below its first line."""

    line: int
    start: int
    end: int | None
    rule: str
    message: str
    withheld: str | None = None
    related: tuple[str, ...] = ()


def parse_fixture(raw: str) -> tuple[str, tuple[Expected, ...]]:
    """Return the Dockerfile without markers, and what they expect."""
    kept: list[str] = []
    expected: list[Expected] = []
    for line in _LINE.findall(raw):
        if marker := _MARKER.match(line):
            start = 1 + len(marker["gap"]) if marker["gap"] else 0
            end = None if marker["more"] else 1 + len(marker["gap"]) + len(marker["carets"])
            expected.append(Expected(len(kept) - 1, start, end, marker["rule"], marker["message"]))
        elif expected and (withheld := _WITHHELD.match(line)):
            expected[-1] = replace(expected[-1], withheld=withheld["text"])
        elif expected and (related := _RELATED.match(line)):
            expected[-1] = replace(expected[-1], related=(*expected[-1].related, related["text"]))
        else:
            kept.append(line)
    return "".join(kept), tuple(sorted(expected))
