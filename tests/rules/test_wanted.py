"""What is not so yet: each test states the wanted answer, and fails until it is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import layerwise
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

FILES = {"package.json": "{}", "package-lock.json": '{"packages": {}}', "main.go": "", "go.sum": "a v1.0.0 h1:x\n"}
GO_MOD = "module a\n\nrequire golang.org/x/text v0.3.0\n"


def analysed(text: str) -> Analysis:
    return analyse(LineIndex(text), parse(text), BuildContext.of_texts({**FILES, "go.mod": GO_MOD}), Options())


@pytest.mark.xfail(strict=True, reason="the comment stays with the RUN's place")
def test_a_comment_stands_over_the_step_that_it_describes() -> None:
    text = "FROM golang\nWORKDIR /a\nCOPY . .\n# modules are installed already: this builds\nRUN go build -o /b .\n"
    fixed = fix_all(analysed(text), review=True).text
    assert "RUN go mod download\n" in fixed
    assert "# modules are installed already: this builds\nRUN go build -o /b .\n" in fixed


@pytest.mark.xfail(strict=True, reason="one native pass over all messages is still to come")
def test_messages_say_cant() -> None:
    sources = (it.read_text() for it in Path(layerwise.__file__).parent.rglob("*.py"))
    assert not [line for it in sources for line in it.splitlines() if re.search(r"\b(can not|cannot)\b", line)]
