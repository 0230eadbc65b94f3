"""The way back from a logical line to the raw text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.source_map import SourceMap
from layerwise.syntax.tree import parse
from layerwise.text.span import Span
from strategies import dockerfiles


@given(dockerfiles())
def test_each_character_of_a_logical_line_stands_where_it_says(text: str) -> None:
    for _, instruction in parse(text).instructions():
        for part in (instruction.logical, instruction.arguments):
            for offset, character in enumerate(part.text):
                assert instruction.text[part.raw(offset)] == character


@given(st.text("abc", max_size=12), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), max_size=4), st.data())
def test_a_slice_maps_like_the_whole(raw: str, cuts: list[tuple[int, int]], data: st.DataObject) -> None:
    spans = [Span(min(start, len(raw)), min(start + size, len(raw))) for start, size in sorted(cuts)]
    whole = SourceMap.joined(raw, spans)
    start = data.draw(st.integers(0, len(whole.text)))
    end = data.draw(st.integers(start, len(whole.text)))
    part = whole.slice(Span(start, end))
    assert part.text == whole.text[start:end]
    assert [part.raw(it) for it in range(end - start)] == [whole.raw(it) for it in range(start, end)]


def test_a_span_over_a_continuation() -> None:
    raw = "RUN a \\\n  && b"
    logical = next(parse(raw).instructions())[1].logical
    assert logical.text == "RUN a   && b"
    assert logical.raw_span(Span(4, len(logical.text))).of(raw) == "a \\\n  && b"
    assert logical.raw_span(Span(5, 5)) == Span(5, 5)
