"""Our parser reads what BuildKit's own parser reads.

The oracle is PyPI `dockerfile`, which wraps the parser of BuildKit v0.12.5. It has one door, `parse_string`, and stops at
the first error, so a refused file is compared by the refusal alone.

Every fixture is compared, and every Dockerfile of the corpora named in LAYERWISE_CORPUS (JSON lines with a "text", or folders).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import dockerfile
import pytest
from hypothesis import assume, example, given

from layerwise.syntax.instruction import Instruction
from layerwise.syntax.problem import Pass
from layerwise.syntax.tree import Tree, parse
from layerwise.syntax.validation import FLAGS, problems_of_all
from strategies import dockerfiles

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True)
class Read:
    """What either parser reads in one instruction."""

    keyword: str
    trigger: str | None
    json: bool
    start_line: int
    end_line: int
    flags: tuple[str, ...]
    value: tuple[str, ...]
    heredocs: tuple[tuple[str, int, str], ...]


def by_buildkit(text: str) -> tuple[Read, ...] | str:
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        return str(error)
    return tuple(
        Read(
            (it.cmd or "").upper(),
            it.sub_cmd and it.sub_cmd.upper(),
            it.json,
            it.start_line,
            it.end_line,
            tuple(it.flags),
            tuple(it.value),
            tuple((doc.name, doc.file_descriptor, doc.content) for doc in it.heredocs),
        )
        for it in commands
    )


def by_us(text: str) -> tuple[Read, ...] | str:
    tree = parse(text)
    refusals = [it.message for it in (*tree.problems(), *problems_of_all(tree)) if it.found_by is Pass.PARSER]
    if refusals:
        return refusals[0]
    return tuple(_read(tree, index, it) for index, it in tree.instructions())


def _read(tree: Tree, index: int, instruction: Instruction) -> Read:
    start = tree.starts[index]
    subject = instruction.trigger or instruction
    return Read(
        instruction.keyword,
        instruction.trigger and instruction.trigger.keyword,
        subject.json is not None,
        # BuildKit counts from the first line that is not blank or comment, which is where our block starts too.
        text_line(tree.text, start),
        text_line(tree.text, start + len(instruction.text.removesuffix("\n"))),
        tuple(it.text for it in subject.flags),
        _value(subject),
        tuple((it.name, it.descriptor, it.body.of(instruction.text)) for it in instruction.heredocs),
    )


def text_line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _value(instruction: Instruction) -> tuple[str, ...]:
    keyword, text = instruction.keyword, instruction.arguments.text
    words = tuple(it.text for it in instruction.words)
    if keyword in ("ENV", "LABEL"):
        return tuple(it for pair in instruction.pairs for it in (pair.name, pair.value))
    if keyword == "HEALTHCHECK":
        kind, _, rest = text.partition(" ")
        command = words if instruction.json is not None else (rest.strip(),) if rest.strip() else ()
        return (kind, *command) if kind else ()
    if instruction.json is not None or keyword in ("FROM", "COPY", "ADD", "VOLUME", "EXPOSE", "ARG"):
        return words
    return (text,) if text else ()


_BLANK_IN_HEREDOC = re.compile(r"<<-?\s")
_STRINGS_ONLY = "when using JSON array syntax, arrays must be comprised of strings only"
_JSON_THEN_TEXT = re.compile(r"(?:^|\s)\[.*\]\s*\S")


def _excused(instruction: Instruction) -> str | None:
    """Why the oracle's word on an instruction's arguments does not count: every exception, with its reason."""
    subject = instruction.trigger or instruction
    if subject.keyword not in FLAGS:
        return "the wrapper has no arguments for an unknown instruction"
    if subject.json is None and _JSON_THEN_TEXT.search(subject.arguments.text):
        return "v0.12.5 takes JSON followed by text for JSON; since July 2024 (`parseJSON`: Unmarshal) it is shell form"
    if any("\0" in it.text for it in subject.words):
        return "the wrapper passes C strings, which end at a NUL"
    if instruction.trigger is not None and subject.flags:
        return "the wrapper drops the flags of an ONBUILD trigger"
    return None


def _without_arguments(read: Read) -> Read:
    return replace(read, value=(), json=False, flags=())


def _same(text: str) -> None:
    theirs, ours = by_buildkit(text), by_us(text)
    instructions = [it for _, it in parse(text).instructions()]
    if any(it.trigger is not None and it.trigger.keyword == "ONBUILD" for it in instructions):
        # Its parser reads on inside, and its second pass refuses that in any case.
        return
    if isinstance(theirs, str) or isinstance(ours, str):
        if theirs == _STRINGS_ONLY and any(_excused(it) for it in instructions):
            return
        assert isinstance(ours, str) == isinstance(theirs, str), f"ours: {ours}\ntheirs: {theirs}"
        return
    assert len(ours) == len(theirs)
    for our, their, instruction in zip(ours, theirs, instructions, strict=True):
        if _excused(instruction):
            assert _without_arguments(our) == _without_arguments(their)
        else:
            assert our == their


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(FIXTURES.rglob("*ockerfile*")):
        if path.is_file():
            yield str(path.relative_to(FIXTURES)), path.read_bytes().decode()
    for name in filter(None, os.environ.get("LAYERWISE_CORPUS", "").split(os.pathsep)):
        yield from _corpus(Path(name))


def _corpus(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield f"{path.name}:{number}", json.loads(line)["text"]


@given(dockerfiles())
@example("RUN <<A <<'B'\n1\nA\n2\nB\nRUN x")
@example("# escape=`\nRUN a `\n b\\\n")
@example("\\\n\\\nFROM a\n")
@example("RUN a \\")
@example("RUN --mount=type=bind,source=é,target=/x y")
@example('RUN --mount=type=cache,target="/x\\\n\r b npm ci\n')
def test_reads_what_buildkit_reads_of_anything(text: str) -> None:
    # v0.12.5 has other ideas of a heredoc's word: with `${X:-y}` in its line (Dockerfile 1.10) or a blank (1.16).
    assume(not ("<<" in text and ("${" in text or _BLANK_IN_HEREDOC.search(text))))
    # The wrapper passes C strings, which end at a NUL.
    assume("\0" not in text)
    _same(text)


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in _texts()])
def test_reads_what_buildkit_reads(text: str) -> None:
    _same(text)
