"""What dockerfile-parse reads, what BuildKit reads, and that we read the latter: one row per difference."""

from __future__ import annotations

import io

import dockerfile
import pytest
from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter
from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.reading import GO_SPACE, split_instruction, split_words

INSTRUCTIONS = [
    pytest.param("FROM", ("FROM", ""), id="an instruction without arguments is dropped"),
    pytest.param("RUN a \\\\", ("RUN", "a \\\\"), id="an escaped escape character at the end is stripped"),
    pytest.param("RUN\u00a0a b", ("RUN\u00a0a", "b"), id="a no-break space ends the keyword"),
    pytest.param("RUN\x1ca b", ("RUN\x1ca", "b"), id="a separator control character ends the keyword"),
    pytest.param("\x1c#x y", ("\x1c#x", "y"), id="a control character before a hash makes a comment"),
]


@pytest.mark.parametrize(("line", "expected"), INSTRUCTIONS)
def test_instruction(line: str, expected: tuple[str, str]) -> None:
    assert split_instruction(line) == expected
    command = dockerfile.parse_string(f"FROM a\n{line}\n")[1]
    assert (command.cmd or "").upper() == expected[0].upper()
    if (command.cmd or "").lower() in dockerfile.all_cmds():
        assert " ".join(command.value) == expected[1]


@pytest.mark.parametrize(("line", "expected"), INSTRUCTIONS)
def test_instruction_needs_its_correction(line: str, expected: tuple[str, str]) -> None:
    structure = DockerfileParser(fileobj=io.StringIO(line)).structure
    raw = [(it["instruction"].upper(), it["value"]) for it in structure]
    assert raw != [(expected[0].upper(), expected[1])]


WORDS = [
    pytest.param("`", "a=b` c d=", ["a=b` c", "d="], id="the escape character is always a backslash"),
    pytest.param("`", "a=b\\ c=d", ["a=b\\", "c=d"], id="a backslash escapes although the escape character is another"),
    pytest.param("\\", "a=b\x1cc", ["a=b\x1cc"], id="a separator control character splits"),
    pytest.param("\\", "a=b \\", ["a=b"], id="a lone escape character at the end is a word"),
]


@pytest.mark.parametrize(("escape", "text", "expected"), WORDS)
def test_words(escape: str, text: str, expected: list[str]) -> None:
    assert split_words(text, escape) == expected
    assert list(WordSplitter(text).split(dequote=False)) != expected, "the correction is no longer needed"
    command = dockerfile.parse_string(f"# escape={escape}\nFROM a\nENV {text} z=z\n")
    if len(expected) > 1 or not text.endswith(escape):
        pairs = [f"{name}={value}" for name, value in zip(*[iter(command[1].value)] * 2, strict=True)]
        assert pairs == [*expected, "z=z"]


@given(st.text(alphabet="ab='\"\\` \t\u00a0\x1c=$", max_size=20), st.sampled_from("\\`"))
def test_words_are_pieces_of_the_text_in_order(text: str, escape: str) -> None:
    cursor = 0
    for word in split_words(text, escape):
        cursor = text.index(word, cursor) + len(word)


@given(st.text(max_size=20))
def test_keyword_and_rest_are_ends_of_the_line(line: str) -> None:
    stripped = line.replace("\n", "").strip(GO_SPACE)
    if stripped:
        keyword, rest = split_instruction(stripped)
        assert stripped.startswith(keyword)
        assert stripped.endswith(rest)
