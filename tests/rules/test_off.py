"""What is not said: of a rule that is off, and of a comment as long as what it hides is not known yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

CONTEXT = BuildContext.of_texts({"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": ""})
LATE = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
SUPPRESSED = LATE.replace("COPY", "# layerwise: ignore[copy-before-install]\nCOPY")
UNUSED = "FROM node\n# layerwise: ignore[copy-before-install]\nWORKDIR /app\n"


def found(text: str, options: Options, context: BuildContext = CONTEXT) -> list[str]:
    return [it.finding.rule for it in analyse(LineIndex(text), parse(text), context, options).findings]


@pytest.mark.parametrize(
    ("text", "off", "expected"),
    [
        (LATE, "unused-ignore", ["copy-before-install"]),
        (LATE, "copy-before-install", []),
        (SUPPRESSED, "unused-ignore", []),
        # The comment is of use where the rule is on.
        (SUPPRESSED, "copy-before-install", []),
        (UNUSED, "copy-before-install", []),
        (UNUSED, "unused-ignore", []),
        (UNUSED, "no-such-rule", ["unused-ignore"]),
    ],
)
def test_a_rule_that_is_off(text: str, off: str, expected: list[str]) -> None:
    assert found(text, Options(severities={off: None})) == expected


def test_a_comment_may_be_of_use_until_all_files_are_read() -> None:
    unread = replace(CONTEXT, contents={})
    assert found(SUPPRESSED, Options(), unread) == []
    assert found(UNUSED + "COPY . .\nRUN npm ci\n", Options(), unread) == []
    assert found(UNUSED, Options(), unread) == ["unused-ignore"]
