"""Positions: three encodings, three line ends, and an index that follows edits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.text.edit import Edit, apply_edits
from layerwise.text.line_index import Encoding, LineIndex, Position
from layerwise.text.span import Span

TEXTS = st.text(alphabet="ab\n\r\u00e9\u65e5\U0001f433\x0b\x0c\x1c\x85\u2028", max_size=40)
ENCODINGS = st.sampled_from(Encoding)


@given(TEXTS, ENCODINGS)
def test_offset_to_position_and_back(text: str, encoding: Encoding) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        # Inside a \r\n there is no position: it goes to the end of its line.
        inside = text[offset - 1 : offset + 1] == "\r\n" and offset > 0
        assert index.offset(index.position(offset, encoding), encoding) == (offset - 1 if inside else offset)


@given(st.data())
def test_edited_equals_fresh(data: st.DataObject) -> None:
    text = data.draw(TEXTS)
    index = LineIndex(text)
    for _ in range(4):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        edit = Edit(Span(start, end), data.draw(TEXTS))
        text = apply_edits(text, [edit])
        index = index.edited(edit)
        assert index.text == text
        assert index.starts == LineIndex(text).starts


@pytest.mark.parametrize(
    ("encoding", "column"),
    [(Encoding.UTF8, 4 + 2 + 3), (Encoding.UTF16, 2 + 1 + 1), (Encoding.UTF32, 1 + 1 + 1)],
)
def test_a_column_counts_the_units_of_its_encoding(encoding: Encoding, column: int) -> None:
    text = "\U0001f433\u00e9\u65e5x"
    assert LineIndex(text).position(3, encoding) == Position(0, column)
    assert LineIndex(text).offset(Position(0, column), encoding) == 3


@pytest.mark.parametrize("text", ["a\fb\nc", "a\vb\nc", "a\x1cb\nc", "a\x85b\nc", "a\u2028b\nc"])
def test_only_line_feeds_and_carriage_returns_end_a_line(text: str) -> None:
    assert LineIndex(text).starts == [0, 4]


@pytest.mark.parametrize(
    ("position", "offset"),
    [(Position(0, 99), 2), (Position(1, 99), 6), (Position(9, 0), 6), (Position(-1, 3), 0)],
)
def test_positions_outside_the_text_are_clamped(position: Position, offset: int) -> None:
    assert LineIndex("ab\r\ncd").offset(position) == offset


def test_a_column_inside_a_character_is_the_characters_start() -> None:
    assert LineIndex("\U0001f433x").offset(Position(0, 1), Encoding.UTF16) == 0
    assert LineIndex("\u65e5x").offset(Position(0, 2), Encoding.UTF8) == 0
