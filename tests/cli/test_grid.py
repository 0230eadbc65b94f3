"""How instructions stand in columns with what is said of them, whatever the width."""

from __future__ import annotations

import pytest

from layerwise.buildcache.model import Verdict
from layerwise.cli.columns import cut, one_line, wrap
from layerwise.cli.display import display_width
from layerwise.cli.grid import Grid, Layout, Row, signs_for

ROWS = [
    Row(Verdict.CACHED, 9, "FROM a"),
    Row(Verdict.REBUILDS, 10, "RUN make", 2, "its command was edited"),
    Row(Verdict.UNKNOWN, 11, "COPY $A /opt/somewhere/far/away/", 2, "only the build knows what `$A` stands for"),
    Row(Verdict.CACHED, 12, "EXPOSE 80", 2, "no effect on cache", is_quiet=True),
]
LEAVES = [Row(Verdict.CACHED, 1, "COPY a b /", 2, "", ("the names of its sources", "the content and mode of a and b"))]


def shown(rows: list[Row], width: int, encoding: str = "utf-8") -> str:
    grid = Grid(rows, Layout(width=width, signs=signs_for(encoding)))
    return "\n".join(line.rstrip() for row in rows for line in grid.lines(row))


def test_with_room_remarks_stand_beside() -> None:
    assert (
        shown(ROWS, 100)
        == """\
   9  FROM a
↻ 10    RUN make                          its command was edited
… 11    COPY $A /opt/somewhere/far/away/  only the build knows what `$A` stands for
  12    EXPOSE 80                         no effect on cache"""
    )


def test_with_less_room_instructions_are_cut_and_remarks_broken() -> None:
    assert (
        shown(ROWS, 76)
        == """\
   9  FROM a
↻ 10    RUN make                       its command was edited
… 11    COPY $A /opt/somewhere/far/a…  only the build knows what `$A` stands
                                       for
  12    EXPOSE 80                      no effect on cache"""
    )


def test_with_little_room_reasons_go_below() -> None:
    assert (
        shown(ROWS, 52)
        == """\
   9  FROM a
↻ 10    RUN make
        └ its command was edited
… 11    COPY $A /opt/somewhere/far/away/
        └ only the build knows what `$A` stands for
  12    EXPOSE 80  no effect on cache"""
    )


def test_what_hangs_below_is_a_tree() -> None:
    assert (
        shown(LEAVES, 30)
        == """\
  1    COPY a b /
       ├ the names of its
       │ sources
       └ the content and mode
         of a and b"""
    )


def test_a_terminal_that_can_not_show_the_signs_gets_others() -> None:
    assert (
        shown([*ROWS[1:], *LEAVES], 52, "latin-1")
        == """\
* 10    RUN make
        ` its command was edited
~ 11    COPY $A /opt/somewhere/far/away/
        ` only the build knows what `$A` stands for
  12    EXPOSE 80  no effect on cache
   1    COPY a b /
        + the names of its sources
        ` the content and mode of a and b"""
    )
    assert signs_for("no-such-encoding") == signs_for("ascii") != signs_for(None)


@pytest.mark.parametrize("width", [40, 47, 60, 79, 100, 131])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    texts = ["RUN " + "日本語 😀" * 40, "RUN " + "x" * 200, "RUN cafe\u0301 " * 30, "RUN a", ""]
    remarks = ["", "it copies " + "日本語/" * 30, "the step before it re-runs " * 4, "no effect on cache"]
    rows = [
        Row(verdict, 10**at, text, at % 3, remark, (remark, text))
        for at, text in enumerate(texts)
        for remark in remarks
        for verdict in Verdict
    ]
    for indent in range(3):
        some = [it for it in rows if it.indent == indent]
        grid = Grid(some, Layout(width=width))
        assert [it for row in some for it in grid.lines(row) if display_width(it) > width] == []


def test_instructions_are_one_printable_line() -> None:
    assert one_line("RUN  a \\\n\t b\x1b[31m \u202e") == "RUN a \\ b␛[31m \ufffd"
    assert len(one_line("RUN " + "x" * 10_000_000)) < 10_000


def test_cutting_counts_columns() -> None:
    assert cut("abcdef", 6, "…") == "abcdef"
    assert cut("abcdefg", 6, "…") == "abcde…"
    assert cut("abcd efg", 6, "…") == "abcd…"
    assert cut("日本語の", 6, "…") == "日本…"
    assert cut("cafe\u0301s x", 5, "…") == "cafe\u0301…"


def test_wrapping_breaks_only_words_that_are_too_wide() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("one abcdefghij two", 4) == ["one", "abcd", "efgh", "ij", "two"]
    assert wrap("日本語", 4) == ["日本", "語"]
    assert wrap("日本", 1) == ["日", "本"]
    assert wrap("", 4) == [""]
