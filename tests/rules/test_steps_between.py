"""Of steps between COPY and install each is looked at, up to a bound; where there are more, there is no fix."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

CONTEXT = BuildContext.of_texts({"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": ""})
FAR = "there are more than 200 steps in between"
ELSEWHERE = "the COPY stands in another stage, which other stages may start from too"


@pytest.mark.parametrize(
    ("start", "between", "expected"),
    [
        ("WORKDIR /app\nCOPY . .\n", 199, None),
        ("WORKDIR /app\nCOPY . .\n", 200, FAR),
        ("WORKDIR /app\n" + "LABEL a=b\n" * 9 + "COPY . .\n", 199, None),
        ("WORKDIR /app\n" + "LABEL a=b\n" * 9 + "COPY . .\n", 200, FAR),
        ("FROM node\nWORKDIR /app\nCOPY . .\n", 199, None),
        ("COPY . .\n", 199, None),
        ("COPY . .\n", 200, FAR),
        ("AS base\nWORKDIR /app\nCOPY . .\nFROM base\n", 200, ELSEWHERE),
        ("AS base\nWORKDIR /app\nCOPY . .\nFROM base\n", 201, FAR),
    ],
)
def test_a_fix_looks_at_so_many_steps(start: str, between: int, expected: str | None) -> None:
    text = f"FROM node {start}" if start.startswith("AS ") else f"FROM node\n{start}"
    text += "LABEL a=b\n" * between + "RUN npm ci\n"
    (found,) = analyse(LineIndex(text), parse(text), CONTEXT, Options()).findings
    assert found.withheld == expected
