"""YAML of strangers: what it says in plain values, and None for what is not valid or not to be carried."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layerwise.text.yaml import load_yaml

# Tags go, `!reset` and `!override` of Compose among them; what an application would make of a tag is not asked.
VALUES: dict[str, object] = {
    "": None,
    "# nothing\n": None,
    "a": "a",
    "- 1\n- 0o17\n- 0xff\n- -2\n- 010\n": [1, 15, 255, -2, 10],
    "[1.5, .5, 3.10, 1e3, .inf]": [1.5, 0.5, 3.1, 1000.0, ".inf"],
    "[true, False, yes, no, on, y]": [True, False, "yes", "no", "on", "y"],
    "[~, null, '', '~', 'true', \"1\"]": [None, None, "", "~", "true", "1"],
    "[2001-01-01, 2001-01-01T10:00:00Z, 12:30:45, 1_000]": ["2001-01-01", "2001-01-01T10:00:00Z", "12:30:45", "1_000"],
    "on: 1\n3.10: 2\n2001-01-01: 3\nnull: 4\n": {"on": 1, "3.10": 2, "2001-01-01": 3, "null": 4},
    "a:\n  b:\n": {"a": {"b": None}},
    "a: !reset null\nb: !override [1]\nc: !reset {}\nd: !!str 3.10\ne: !x y\n": {
        "a": None,
        "b": [1],
        "c": {},
        "d": "3.10",
        "e": "y",
    },
    "!!python/object/apply:os.system ['true']": ["true"],
    "a: &x {k: 1}\nb: *x\nc: &s t\n*s : u\n": {"a": {"k": 1}, "b": {"k": 1}, "c": "t", "t": "u"},
    "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\nc: {m: 4, <<: [{k: 5}, *x]}\n": {
        "a": {"k": 1, "l": 2},
        "b": {"k": 3, "l": 2},
        "c": {"m": 4, "k": 5, "l": 2},
    },
    "\ufeffa: 1\r\nb: |\r\n  x\r\n": {"a": 1, "b": "x\n"},
    "---\na: 1\n...\n": {"a": 1},
    '{"a": [1, "\\u00e9"]}': {"a": [1, "é"]},
    "9999999999999999999999": "9999999999999999999999",
}
NOT_TAKEN = {
    "not valid": "a: [",
    "a tab": "a:\n\tb: 1\n",
    "a key that is there twice": "a: 1\na: 2\n",
    "a key that is a list": "[1]: 2\n",
    "two documents": "a: 1\n---\nb: 1\n",
    "an unknown alias": "a: *b\n",
    "an alias inside of what it names": "&a [*a]",
    "a merge of what is no mapping": "a: {<<: 1}\n",
    "a control character": "a: \x01\n",
    "half a character": "a: \ud800\n",
    "too deep": "[" * 101 + "]" * 101,
    "far too deep": "[" * 100_000,
    "too deep by aliases": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200)),
    "too long": "a: " + "x" * 1024 * 1024,
    "billion laughs": "a0: &a0 lol\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)),
    "billion merges": "a0: &a0 {k: v}\n"
    + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 9)),
}


@pytest.mark.parametrize("text", VALUES)
@pytest.mark.parametrize("in_c", [True, False])
def test_what_it_says(text: str, in_c: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setattr(yaml, "__with_libyaml__", in_c and yaml.__with_libyaml__)
    assert repr(load_yaml(text)) == repr(VALUES[text])


@pytest.mark.parametrize("why", NOT_TAKEN)
def test_not_taken(why: str) -> None:
    assert load_yaml(NOT_TAKEN[why]) is None


@given(st.text(alphabet="ab:-?&*!|>'\"%@`#{}[],~ \n\t<x0", max_size=60))
def test_whatever_the_text_nothing_raises(text: str) -> None:
    value = load_yaml(text)
    assert value is None or isinstance(value, dict | list | str | int | float)


def is_no_number(text: str) -> bool:
    """PyYAML writes ``0E0`` without quotes, as it is no number in YAML 1.1; in 1.2, which is read here, it is one."""
    try:
        float(text)
    except ValueError:
        return True
    return False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=8).filter(is_no_number),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5).filter(is_no_number), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_what_was_written_is_read(value: object) -> None:
    assert load_yaml(yaml.safe_dump(value)) == value
