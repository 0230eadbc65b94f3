"""How lines are shown with what is meant underlined."""

from __future__ import annotations

import pytest

from layerwise.cli.display import display_width, printable
from layerwise.cli.paint import Paint
from layerwise.cli.snippet import Mark, snippet
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span


def shown(text: str, *marked: str, width: int = 80) -> str:
    """Show a text with the first place of ``marked[0]`` as the primary mark, and of the others as related ones."""
    marks: list[Mark] = []
    for it in marked:
        start = text.index(it)
        marks.append(Mark(Span(start, start + len(it)), "" if not marks else "here", "error", is_primary=not marks))
    return "\n".join(snippet(LineIndex(text), marks, Paint(), width))


def test_one_line_that_is_left_out_is_shown_and_more_are_dots() -> None:
    assert (
        shown("FROM a\nRUN b\nUSER c\n\n\nRUN d\n", "RUN b", "FROM a", "RUN d")
        == """\
  |
1 | FROM a
  | ------ here
2 | RUN b
  | ^^^^^
...
6 | RUN d
  | ----- here"""
    )
    assert (
        shown("FROM a\nRUN b\n\nRUN d\n", "RUN b", "RUN d")
        == """\
  |
2 | RUN b
  | ^^^^^
3 |
4 | RUN d
  | ----- here"""
    )


def test_line_numbers_are_aligned() -> None:
    text = "".join(f"RUN {it}\n" for it in range(1, 12))
    assert (
        shown(text, "RUN 9\n", "RUN 10")
        == """\
   |
 9 | RUN 9
   | ^^^^^…
10 | RUN 10
   | ------ here"""
    )


def test_of_several_lines_the_first_is_underlined() -> None:
    assert (
        shown("FROM a\nRUN b && \\\n  c && \\\n  d\nRUN e", "RUN b && \\\n  c && \\\n  d", "RUN e")
        == """\
  |
2 | RUN b && \\
  | ^^^^^^^^^^…
...
5 | RUN e
  | ----- here"""
    )


def test_two_marks_on_a_line_are_one_below_the_other() -> None:
    assert (
        shown("COPY --from=a x y", "--from=a", "x")
        == """\
  |
1 | COPY --from=a x y
  |      ^^^^^^^^
  |               - here"""
    )


@pytest.mark.parametrize(
    ("line", "marked", "expected"),
    [
        ("RUN\techo\tx", "x", ["RUN    echo    x", "               ^"]),
        ("RUN 日本語 x", "x", ["RUN 日本語 x", "           ^"]),
        ("RUN 日本語 x", "本", ["RUN 日本語 x", "      ^^"]),
        ("RUN 😀😀 x", "x", ["RUN 😀😀 x", "         ^"]),
        ("RUN cafe\u0301 x", "x", ["RUN cafe\u0301 x", "         ^"]),
        ("RUN 👨‍👩‍👧 x", "x", ["RUN 👨‍👩‍👧 x", "       ^"]),
        ("RUN \x1b[31m x", "x", ["RUN ␛[31m x", "          ^"]),
        ("RUN a\u202eb x", "x", ["RUN a\ufffdb x", "        ^"]),
    ],
)
def test_underlines_stand_below_what_they_mean(line: str, marked: str, expected: list[str]) -> None:
    rows = shown(line, marked).split("\n")[1:]
    assert [it[4:] for it in rows] == expected
    assert display_width(rows[0][4:].partition(printable(marked))[0]) == rows[1][4:].index("^")


def test_a_line_that_is_too_wide_is_cut_around_the_mark() -> None:
    line = "RUN " + " ".join(f"{it:03}" for it in range(200))
    assert shown(line, "000", width=60).split("\n")[1:] == [
        "1 | RUN 000 001 002 003 004 005 006 007 008 009 010 011 01…",
        "  |     ^^^",
    ]
    assert shown(line, "100", width=60).split("\n")[1:] == [
        "1 | …6 097 098 099 100 101 102 103 104 105 106 107 108 109 …",
        "  |                ^^^",
    ]
    assert shown(line, line, width=60).split("\n")[2].endswith("^^…")


@pytest.mark.parametrize("width", [10, 40, 77])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    line = "RUN " + "日本語 \t😀" * 50
    for offset in range(0, len(line), 7):
        mark = Mark(Span(offset, min(offset + 3, len(line))), "", "error", is_primary=True)
        rows = snippet(LineIndex(line), [mark], Paint(), width)
        assert all(display_width(it) <= max(width, 24) for it in rows)


def test_a_mark_at_the_end_is_one_caret() -> None:
    assert snippet(LineIndex("FROM a\n"), [Mark(Span(7, 7), "", "error", is_primary=True)], Paint(), 80) == [
        "  |",
        "2 |",
        "  | ^",
    ]
