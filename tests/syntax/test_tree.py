"""The tree: lossless, and after any edits the same as if it were read anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.instruction import Instruction
from layerwise.syntax.tree import Blank, Comment, Directive, parse
from layerwise.syntax.validation import problems_of
from layerwise.text.edit import Edit, apply_edits
from layerwise.text.span import Span
from strategies import dockerfiles, edits_of


@given(st.one_of(dockerfiles(), st.text()))
def test_lossless(text: str) -> None:
    tree = parse(text)
    assert tree.text == text
    assert all(text.startswith(it.text, start) for it, start in zip(tree.blocks, tree.starts, strict=True))


@given(st.data())
def test_incremental_equals_fresh(data: st.DataObject) -> None:
    text = data.draw(dockerfiles())
    tree = parse(text)
    for _ in range(data.draw(st.integers(1, 5))):
        edit = data.draw(edits_of(text))
        text = apply_edits(text, [edit])
        tree = tree.edited(edit, text)
        assert tree == parse(text)


@given(st.one_of(dockerfiles(), st.text()))
def test_everything_read_has_a_place_in_the_text(text: str) -> None:
    tree = parse(text)
    for problem in problems_of(tree):
        assert problem.span.end <= len(text)
    for _, instruction in tree.instructions():
        # A continuation may part even a keyword.
        assert instruction.keyword.startswith(instruction.keyword_span.of(instruction.text)[:1].upper())
        for part in (*instruction.words, *instruction.flags):
            assert part.span.end <= len(instruction.text)
        for heredoc in instruction.heredocs:
            assert heredoc.body.end <= len(instruction.text)


def kinds(text: str) -> list[str]:
    names = {Blank: "blank", Comment: "comment", Directive: "directive"}
    return [it.keyword if isinstance(it, Instruction) else names[type(it)] for it in parse(text).blocks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("FROM a\nRUN b", ["FROM", "RUN"]),
        ("\n# c\n  # d\nFROM a\n", ["blank", "comment", "comment", "FROM"]),
        ("# syntax=x\n# escape=`\n# note\n# escape=`\n", ["directive", "directive", "comment", "comment"]),
        ("\n# escape=`\n", ["blank", "comment"]),
        ("RUN a \\\n# comment\n\n  b\nCMD c\n", ["RUN", "CMD"]),
        ("RUN a \\\n# comment\nRUN b\n", ["RUN"]),
        ("RUN <<EOF\nRUN inner\nEOF\nCMD x\n", ["RUN", "CMD"]),
        ("RUN <<EOF\nCMD swallowed\n", ["RUN"]),
        ("RUN <<A <<B\n1\nA\n2\nB\nCMD x\n", ["RUN", "CMD"]),
        ("RUN cat <<-E\n\tE\nCMD x\n", ["RUN", "CMD"]),
        ("CMD <<EOF\nEOF\n", ["CMD", "EOF"]),
        ("\ufeffFROM a\n", ["FROM"]),
        ("FROM a\r\nRUN b \\\r\n c\r\n", ["FROM", "RUN"]),
    ],
)
def test_blocks(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


EDITS = [
    pytest.param("FROM a\nRUN b\nRUN c\n", "RUN b", "RUN b <<c", id="opens a heredoc that never ends"),
    pytest.param("FROM a\nRUN <<E\nRUN x\nE\nRUN y\n", "<<E", "<", id="closes a heredoc"),
    pytest.param("FROM a\nRUN b\nRUN c\n", "RUN b", "RUN b \\", id="opens a continuation"),
    pytest.param("FROM a\nRUN b \\\n c\nRUN d\n", " \\", "", id="closes a continuation"),
    pytest.param("# escape=`\nRUN a `\n b\nRUN c \\\n d\n", "escape=`", "escape=\\", id="changes the escape directive"),
    pytest.param("FROM a\nRUN b `\n c\n", "FROM a", "# escape=`\nFROM a", id="adds the escape directive"),
    pytest.param("# a\n# escape=`\nRUN b `\n c\n", "# a\n", "", id="makes a comment a directive"),
    pytest.param("\ufeffFROM a\nRUN b\n", "\ufeff", "RUN x\n\ufeff", id="moves the byte order mark off the start"),
    pytest.param("FROM a\r\nRUN b\r\n", "\r\nRUN", "\rRUN", id="parts a CRLF"),
]


@pytest.mark.parametrize(("text", "old", "new"), EDITS)
def test_edits_that_reach_further_than_their_line(text: str, old: str, new: str) -> None:
    edit = Edit(Span(text.index(old), text.index(old) + len(old)), new)
    after = apply_edits(text, [edit])
    assert parse(text).edited(edit, after) == parse(after)


def test_untouched_blocks_are_reused() -> None:
    text = "FROM a\n" + "".join(f"RUN {it}\n" for it in range(100))
    tree = parse(text)
    position = text.index("RUN 50")
    edit = Edit(Span(position + 4, position + 6), "fifty \\\n  lines")
    edited = tree.edited(edit, apply_edits(text, [edit]))
    assert [it for it, old in zip(edited.blocks, tree.blocks, strict=True) if it is not old] == [edited.blocks[51]]
