"""What BuildKit's second pass refuses, and where it points: the tables of tests/refused.py."""

from __future__ import annotations

import pytest

from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from layerwise.text.edit import apply_edits
from refused import ACCEPTED, REFUSED


@pytest.mark.parametrize(("text", "marked", "message"), REFUSED, ids=[it[2][:40] for it in REFUSED])
def test_refused(text: str, marked: str, message: str) -> None:
    problems = [(it.span.of(text), it.message) for it in problems_of(parse(text))]
    assert problems == [(marked, message)]


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda it: it[:40])
def test_accepted(text: str) -> None:
    assert problems_of(parse(text)) == []


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("FROM a\nCOPPY . .\n", "FROM a\nCOPY . .\n"),
        ("FROM a\n  cop\\\npy . .\n", "FROM a\n  COPY . .\n"),
        ("FROM a\nCOPY --link --form=x a b\n", "FROM a\nCOPY --link --from=x a b\n"),
        ("FROM a\nRUN --mount=type=cache,taget=/x y\n", "FROM a\nRUN --mount=type=cache,target=/x y\n"),
        ("FROM a\nRUN --mount=target=/x,type=cach y\n", "FROM a\nRUN --mount=target=/x,type=cache y\n"),
        # Where quotes, escapes or line ends are in between, nobody knows how to write it.
        ('FROM a\nCOPY --"form"=x a b\n', None),
        ('FROM a\nRUN --mount=\\"taget=/a,b\\",type=cache y\n', None),
        ("FROM a\nRUN --mount=type=cache,\\\ntaget=/x y\n", None),
        # Not a misspelt name, or of nothing that there is.
        ("FROM a\nCOPY x\n", None),
        ("FROM a\nSUDO x\n", None),
        (f"FROM a\n{'COPY' * 20_000} x\n", None),
    ],
    ids=lambda it: str(it)[:40],
)
def test_what_was_meant(text: str, mended: str | None) -> None:
    problem = next(it for it in problems_of(parse(text)) if "longer" not in it.message)
    assert (None if problem.meant is None else apply_edits(text, [problem.meant])) == mended


@pytest.mark.xfail(strict=True, reason="neither the shell's syntax nor the default of an ARG in FROM is looked at yet")
@pytest.mark.parametrize("text", ["FROM a\nRUN echo hi &&\n", "ARG V\nFROM a:$V\n"])
def test_builds_that_must_fail_and_are_not_told(text: str) -> None:
    assert problems_of(parse(text))
