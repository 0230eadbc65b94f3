"""JSON with comments: strings stay as they are, and junk takes no longer than anything else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.text.jsonc import load_jsonc

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda it: st.lists(it) | st.dictionaries(st.text(), it),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1} // more', {"a": 1}),
        ('/* "a": 2, */ {"a": [1, 2, /* 3 */],}', {"a": [1, 2]}),
        ('{"a": "// no", /* b */ "b": "/* no */,]",\n}', {"a": "// no", "b": "/* no */,]"}),
        ('{"a": "\\\\", "b": "\\",}"}', {"a": "\\", "b": '",}'}),
        ('\ufeff["a" , // one\n]', ["a"]),
        ("1 /* 2", 1),
        ('{"a" /**/: 1}', {"a": 1}),
        ("{a: 1}", None),
        ("", None),
        ('{"a": "', None),
        ("[1 2]", None),
        ("1/**/2", None),
    ],
)
def test_what_it_says(text: str, value: object) -> None:
    assert load_jsonc(text) == value


@given(VALUES)
def test_json_is_read_as_it_is(value: object) -> None:
    assert load_jsonc(json.dumps(value)) == value


@pytest.mark.parametrize("part", ["/*", '"\\"', ",", ", ", "[", "//", '"'])
def test_junk_of_a_megabyte(part: str) -> None:
    """Were it quadratic, this would not come to an end."""
    assert load_jsonc(part * (1_000_000 // len(part))) is None
