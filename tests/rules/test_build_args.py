"""A value that the one who builds gives, in place of the default of a global ARG, may be another one each time."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

CONTEXT = BuildContext.of_texts({"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": ""})
SAID = "; after a fix, a new value of CHANNEL (line 3) still re-runs it"


@pytest.mark.parametrize(
    ("default", "given", "expected"),
    [("=stable", {}, ""), ("=stable", {"CHANNEL": "beta"}, SAID), ("", {}, SAID), ("", {"CHANNEL": "beta"}, SAID)],
)
def test_a_global_argument(default: str, given: dict[str, str], expected: str) -> None:
    text = f"ARG CHANNEL{default}\nFROM node\nARG CHANNEL\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    (found,) = analyse(LineIndex(text), parse(text), CONTEXT, Options(build_args=given)).findings
    assert found.message.endswith(f"package.json and package-lock.json{expected}")
