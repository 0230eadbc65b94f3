"""Stages and scopes, and that deriving them from an earlier result equals deriving them anew."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.semantics.dockerfile import Dockerfile, read_dockerfile
from layerwise.semantics.scope import Variables
from layerwise.syntax.tree import parse
from layerwise.text.edit import Edit, apply_edits
from layerwise.text.span import Span
from strategies import dockerfiles, edits_of


def dump(dockerfile: Dockerfile) -> list[object]:
    """Everything that can be seen of a result, as plain values."""
    placed = [
        (
            it.instruction.text,
            dict(it.scope.variables),
            it.scope.directory,
            it.scope.user,
            it.scope.shell,
            it.copy,
            it.run,
        )
        for it in dockerfile.instructions
    ]
    stages = [(it.index, it.opening, it.base, it.first, it.end, it.sources) for it in dockerfile.stages]
    return [placed, list(dockerfile.blocks), stages]


@given(st.data())
def test_incremental_equals_fresh(data: st.DataObject) -> None:
    text = data.draw(dockerfiles())
    tree = parse(text)
    dockerfile = read_dockerfile(tree)
    for _ in range(data.draw(st.integers(1, 5))):
        edit = data.draw(edits_of(text))
        text = apply_edits(text, [edit])
        tree = tree.edited(edit, text)
        dockerfile = read_dockerfile(tree, None, dockerfile)
        assert dump(dockerfile) == dump(read_dockerfile(parse(text)))


THREE_STAGES = """\
ARG BASE=alpine
FROM $BASE AS one
ENV A=1
RUN a
FROM one AS two
COPY --from=one /a /b
RUN b
FROM scratch
COPY --from=1 /b /c
RUN --mount=from=two,target=/m c
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("ENV A=1", "ENV A=2"), ("FROM one AS", "XFROM one AS"), ("AS one", "AS uno"), ("RUN a\n", ""), ("alpine", "debian"),
     ("FROM scratch\n", ""), ("ARG BASE=alpine\n", ""), ("RUN b\n", "RUN b\nFROM x AS one\n")],
)  # fmt: skip
def test_edits_that_later_stages_see(old: str, new: str) -> None:
    tree = parse(THREE_STAGES)
    start = THREE_STAGES.index(old)
    edit = Edit(Span(start, start + len(old)), new)
    after = apply_edits(THREE_STAGES, [edit])
    edited = read_dockerfile(tree.edited(edit, after), None, read_dockerfile(tree))
    assert dump(edited) == dump(read_dockerfile(parse(after)))


def test_stages_that_did_not_change_are_reused() -> None:
    before = read_dockerfile(parse(THREE_STAGES))
    start = THREE_STAGES.index("RUN b") + 4
    edit = Edit(Span(start, start + 1), "x")
    tree = before.tree.edited(edit, apply_edits(THREE_STAGES, [edit]))
    after = read_dockerfile(tree, None, before)
    assert [new is old for new, old in zip(after.stages, before.stages, strict=True)] == [True, False, True]


NONE: set[int] = set()


def stages(text: str) -> list[tuple[str | None, str | int, set[int]]]:
    """Name, base (image, or index of a stage) and needed stages of each stage."""
    read = read_dockerfile(parse(text)).stages
    return [(it.name, it.opening.image if it.base is None else it.base, set(it.sources)) for it in read]


def test_stage_graph() -> None:
    assert stages(THREE_STAGES) == [("one", "alpine", NONE), ("two", 0, {0}), (None, "scratch", {1})]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # FROM knows a stage by its exact lower-case name only, never by its index.
        ("FROM a AS Base\nFROM base\n", [("base", "a", NONE), (None, 0, {0})]),
        ("FROM a AS base\nFROM Base\n", [("base", "a", NONE), (None, "Base", NONE)]),
        ("FROM a\nFROM 0\n", [(None, "a", NONE), (None, "0", NONE)]),
        # COPY --from= takes an index, or a name in any case; a mount a name only.
        ("FROM a AS b\nFROM c\nCOPY --from=B x y\n", [("b", "a", NONE), (None, "c", {0})]),
        ("FROM a\nFROM c\nRUN --mount=from=0,target=/x y\n", [(None, "a", NONE), (None, "c", NONE)]),
        # A later definition of a name shadows the earlier one.
        ("FROM a AS x\nFROM b AS x\nFROM x\n", [("x", "a", NONE), ("x", "b", NONE), (None, 1, {1})]),
        # A later or the own stage is no stage here.
        ("FROM a AS x\nCOPY --from=x a b\nFROM y AS z\n", [("x", "a", NONE), ("z", "y", NONE)]),
    ],
)
def test_references(text: str, expected: list[tuple[str | None, str | int, set[int]]]) -> None:
    assert stages(text) == expected


def test_only_stages_that_the_target_needs_are_built() -> None:
    read = read_dockerfile(parse("FROM a AS unused\nFROM b AS used\nFROM used AS last\n"))
    last = read.target(None)
    assert last is not None
    assert read.needed_for(last) == {1, 2}
    assert read.target("UNUSED") is read.stages[0]
    assert read.target("none") is None


def scope(text: str, name: str, build_args: dict[str, str] | None = None) -> str | None:
    """The value of a variable in front of the last instruction; "(unset)" if it has none."""
    placed = read_dockerfile(parse(text), build_args).instructions[-1]
    return placed.scope.variables.get(name, "(unset)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG V=1\nFROM scratch\nRUN x\n", "(unset)"),
        ("ARG V=1\nFROM scratch\nARG V\nRUN x\n", "1"),
        ("ARG V=1\nFROM scratch\nARG V=2\nRUN x\n", "2"),
        ("FROM scratch\nARG V\nRUN x\n", "(unset)"),
        ("FROM scratch\nARG V=\nRUN x\n", ""),
        ("FROM scratch\nENV V=e\nARG V=a\nRUN x\n", "a"),
        ("FROM scratch\nARG V=a\nENV V=e\nRUN x\n", "e"),
        ("FROM scratch\nENV A=1\nENV A=2 V=$A\nRUN x\n", "1"),
        ("FROM scratch AS b\nARG V=a\nFROM b\nRUN x\n", "a"),
        ("FROM alpine\nRUN x\n", None),
        ("FROM scratch\nARG TARGETARCH\nENV V=$TARGETARCH\nRUN x\n", None),
        ("FROM scratch\nENV V=a=b\nENV V ${V}=c\nRUN x\n", "a=b=c"),
    ],
)
def test_arg_and_env(text: str, expected: str | None) -> None:
    assert scope(text, "V") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("FROM scratch\nARG V=default\nRUN x\n", "given"), ("FROM scratch\nENV V=e\nRUN x\n", "e")],
)
def test_a_build_arg_wins_over_a_default(text: str, expected: str) -> None:
    assert scope(text, "V", {"V": "given"}) == expected


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([None, "", "1"]), max_size=3), max_size=40)
)
def test_variables_are_as_one_dictionary_in_few_links(definitions: list[dict[str, str | None]]) -> None:
    variables, expected = Variables({}), dict[str, str | None]()
    for it in definitions:
        variables, expected = variables.defined(it), expected | it
    assert list(variables.items()) == list(expected.items())
    few = [(name, it) for name, it in expected.items() if name in "abh"]
    assert list(variables.named_like((re.compile("[ab]"), re.compile("h"))).items()) == few
    assert len(variables.links) <= 5


def test_values_that_grow_without_end_are_given_up() -> None:
    text = "FROM scratch\nENV V=0123456789\n" + "ENV V=$V$V$V$V$V$V$V$V\n" * 200 + "RUN x\n"
    assert scope(text, "V") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM alpine\nRUN x\n", "?"),
        ("FROM scratch\nRUN x\n", "/"),
        ("FROM alpine\nWORKDIR app\nRUN x\n", "?/app"),
        ("FROM alpine\nWORKDIR app/../..\nRUN x\n", "?/.."),
        ("FROM alpine\nWORKDIR /a\nWORKDIR b/./c/..\nRUN x\n", "/a/b"),
        ("FROM alpine\nENV D=/d\nWORKDIR $D/e\nRUN x\n", "/d/e"),
        ("FROM alpine\nWORKDIR $HOME/e\nRUN x\n", "?$HOME/e"),
        ("FROM alpine AS b\nWORKDIR /a\nFROM b\nRUN x\n", "/a"),
    ],
)
def test_working_directory(text: str, expected: str) -> None:
    assert read_dockerfile(parse(text)).instructions[-1].scope.directory == expected


def test_user_and_shell_of_a_base_stage() -> None:
    text = 'FROM a AS b\nUSER node\nSHELL ["/bin/bash", "-ec"]\nFROM b\nRUN x\n'
    last = read_dockerfile(parse(text)).instructions[-1].scope
    assert (last.user, last.shell) == ("node", ("/bin/bash", "-ec"))
