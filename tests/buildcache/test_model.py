"""What a change rebuilds. Every row is one of the observed facts of a real BuildKit, or follows from its source.

A table row is (Dockerfile, change, expected): one letter per instruction that makes a step (FROM, RUN, COPY, ADD, WORKDIR),
`.` cached, `R` rebuilds, `?` only if content changes. A change is a file of the context, or a piece of an instruction.
"""

from __future__ import annotations

import pytest

from layerwise.buildcache.build import Build
from layerwise.buildcache.change import ArgumentChanged, Change, FilesChanged, InstructionEdited, after
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from layerwise.buildcache.reasons import Reasons
from layerwise.context.build_context import BuildContext
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse

CONTEXT = BuildContext.of_texts(
    {
        "a.txt": "",
        "b.txt": "",
        "src/x.py": "",
        "package.json": "",
        "log/big.log": "",
        ".dockerignore": "log\n.dockerignore\n",
    }
)
LETTER = {Verdict.CACHED: ".", Verdict.REBUILDS: "R", Verdict.IF_CONTENT_CHANGES: "?"}


def rebuilds(text: str, change: str) -> Rebuilds:
    dockerfile = read_dockerfile(parse(text))
    what: Change
    if change in text:
        what = InstructionEdited(
            next(at for at, it in enumerate(dockerfile.instructions) if change in it.instruction.text)
        )
    else:
        what = FilesChanged(frozenset({change}))
    build = Build(dockerfile, CONTEXT)
    return what_rebuilds(record(build), after(build, what))


def verdicts(text: str, change: str) -> str:
    return "".join(LETTER[it] for it in rebuilds(text, change).verdicts.values())


F = "FROM base\n"

FILE_CHANGES = [
    (F + "COPY src /s\nRUN x\n", "a.txt", "...", "a file that is not copied"),
    (F + "COPY . .\nRUN x\nCOPY b.txt /\n", "a.txt", ".RRR", "a copied file: the COPY and all that follows"),
    (F + "RUN x\nCOPY src /s\nRUN y\n", "src/x.py", "..RR", "what stands before the COPY stays"),
    (F + "COPY . .\nRUN x\n", "log/big.log", "...", "an ignored file"),
    (F + "COPY *.txt /\nRUN x\n", "a.txt", ".RR", "a file that a wildcard matches"),
    (F + "COPY *.txt /\nRUN x\n", "package.json", "...", "a file that it does not match"),
    (F + "COPY --exclude=*.txt . /\nRUN x\n", "a.txt", "...", "an excluded file"),
    (F + "RUN --mount=type=bind,source=package.json,target=/p x\nRUN y\n", "package.json", ".RR", "a mounted file"),
    (F + "RUN --mount=type=bind,source=package.json,target=/p x\n", "a.txt", "..", "a file beside the mounted one"),
    (F + "RUN --mount=type=bind,target=/p x\n", "a.txt", ".R", "a mount of the whole context"),
    ("FROM base AS one\nCOPY a.txt /\nFROM one\nRUN x\n", "a.txt", ".RRR", "a stage that starts from the changed one"),
    ("FROM base AS one\nCOPY a.txt /\nFROM base\nCOPY --from=one /a.txt /\nRUN x\n", "a.txt", ".R.??",
     "a stage that copies from the changed one"),
    ("FROM base AS one\nCOPY a.txt /\nFROM base\nRUN --mount=from=one,target=/m x\nRUN y\n", "a.txt", ".R.??",
     "a stage that mounts the changed one"),
    ("FROM base AS one\nRUN x\nFROM base\nCOPY --from=one /r /\nCOPY b.txt /\n", "b.txt", "....R",
     "a stage after the copied one"),
]  # fmt: skip

EDITS = [
    (F + "ENV A=1\nRUN x\nCOPY a.txt /\n", "ENV", ".RR", "ENV before RUN"),
    (F + "ENV A=1\nCOPY a.txt /\nWORKDIR /w\n", "ENV", "...", "ENV before COPY and WORKDIR only"),
    (F + "ENV A=/w\nCOPY a.txt $A\nRUN x\n", "ENV", ".RR", "ENV that a COPY uses"),
    (F + "ENV A=/w\nWORKDIR $A\nRUN x\n", "ENV", ".RR", "ENV that a WORKDIR uses"),
    (F + "RUN x\nARG V=1\nCOPY a.txt /\n", "ARG", "...", "ARG after the RUN"),
    (F + "ARG V=1\nRUN x\n", "ARG", ".R", "ARG before a RUN that does not read it"),
    ("ARG V=1\nFROM base\nRUN x\n", "ARG", "..", "global ARG that nothing uses"),
    ("ARG V=1\nFROM base:$V\nRUN x\n", "ARG V=1", "RR", "global ARG in FROM"),
    ("ARG V=1\nFROM base\nARG V\nRUN x\n", "ARG V=1", ".R", "global ARG that the stage declares"),
    (F + "LABEL a=b\nEXPOSE 1\nCMD x\nENTRYPOINT y\nVOLUME /v\nRUN x\n", "LABEL", "..", "metadata"),
    (F + "CMD x\nRUN x\n", "CMD", "..", "CMD"),
    (F + "USER u\nCOPY a.txt /\nRUN x\n", "USER", "..R", "USER: not COPY, but RUN"),
    (F + "USER u\nWORKDIR /w\nCOPY a.txt /\n", "USER", ".RR", "USER: WORKDIR, and what follows it"),
    (F + "WORKDIR /w\nCOPY a.txt /\nRUN x\n", "WORKDIR", ".RRR", "WORKDIR: itself and all that follows"),
    (F + 'SHELL ["/bin/bash", "-c"]\nCOPY a.txt /\nRUN x\n', "SHELL", "..R", "SHELL: a RUN in shell form"),
    (F + 'SHELL ["/bin/bash", "-c"]\nRUN ["x"]\n', "SHELL", "..", "SHELL: not a RUN in exec form"),
    (F + "RUN x\nCOPY a.txt /\nRUN y\n", "RUN x", ".RRR", "RUN: itself and all that follows, whatever it produces"),
    ("FROM base AS one\nENV A=1\nFROM one\nRUN x\n", "ENV", "..R", "ENV that a later stage inherits"),
    ("FROM base AS one\nENV A=1\nFROM base\nCOPY --from=one /a /\nRUN x\n", "ENV", "....", "ENV does not travel by COPY --from"),
    ("FROM base AS one\nRUN x\nFROM base\nCOPY --from=one /x /y\n", "FROM base AS one", "RR.?", "FROM: its own stage"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "change", "expected", "name"), FILE_CHANGES, ids=[it[3] for it in FILE_CHANGES])
def test_a_file_changes(text: str, change: str, expected: str, name: str) -> None:
    assert verdicts(text, change) == expected, name


@pytest.mark.parametrize(("text", "change", "expected", "name"), EDITS, ids=[it[3] for it in EDITS])
def test_an_instruction_is_edited(text: str, change: str, expected: str, name: str) -> None:
    assert verdicts(text, change) == expected, name


def test_each_rebuild_has_its_reason() -> None:
    text = "FROM base AS one\nENV A=1\nCOPY *.txt /\nRUN x\nFROM base\nCOPY --from=one /a /\nRUN y\n"
    found = rebuilds(text, "a.txt")
    reasons = Reasons(found)
    assert [reasons.reason(it) for it in found.verdicts] == [
        "",
        "it copies a.txt, which was edited",
        "the step before it re-runs",
        "",
        "it takes files from stage one, which re-runs: only other content makes it re-run",
        "the step before it may re-run",
    ]
    found = rebuilds(text, "ENV")
    assert [Reasons(found).reason(it) for it in found.verdicts][1:3] == ["", "A has another value (ENV on line 2)"]


REASONS = [
    ("FROM base\nWORKDIR /w\nRUN x\n", ArgumentChanged("SOURCE_DATE_EPOCH"), 1,
     "SOURCE_DATE_EPOCH, the time of its folder, has another value"),
    ("FROM base\nRUN x\n", ArgumentChanged("BUILDKIT_SANDBOX_HOSTNAME"), 1,
     "BUILDKIT_SANDBOX_HOSTNAME has another value"),
    ("FROM base\nRUN --mount=type=cache,target=/c x\n", ArgumentChanged("BUILDKIT_CACHE_MOUNT_NS"), 1,
     "a value in its mounts is another"),
    ("FROM base\nARG V=1\nCOPY --chown=$V a.txt /\n", ArgumentChanged("V"), 2, "a value in its flags is another"),
    ("FROM base\n# a\rb\nARG V\nRUN x\n", ArgumentChanged("V"), 2, "V is new in its environment (ARG on line 4)"),
    ("FROM base\nARG V=a.txt\nCOPY $V b.txt /x/\n", InstructionEdited(1), 2, "a value in its sources is another"),
    ("FROM base\nUSER u\nWORKDIR /w\n", InstructionEdited(1), 2, "another user will own the folder"),
    ("FROM base\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x\n", InstructionEdited(1), 2, "another shell runs it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "change", "index", "reason"), REASONS, ids=[it[3] for it in REASONS])
def test_a_reason_is_the_part_of_the_key_that_differs(text: str, change: Change, index: int, reason: str) -> None:
    build = Build(read_dockerfile(parse(text)), CONTEXT)
    assert Reasons(what_rebuilds(record(build), after(build, change))).reason(index) == reason


def test_a_copy_that_moves_re_runs_only_if_its_content_is_another() -> None:
    def build(text: str) -> Build:
        return Build(read_dockerfile(parse(text)), CONTEXT)

    taken = "COPY --link --from=one /a /\n"
    before = record(build(f"FROM base AS one\nRUN a\nFROM base\nRUN x\nRUN y\n{taken}"))
    found = what_rebuilds(before, build(f"FROM base AS one\nRUN b\nFROM base\n{taken}RUN x\nRUN y\n"))
    assert "".join(LETTER[it] for it in found.verdicts.values()) == ".R.?RR"
    assert Reasons(found).reason(3) == "it is new, and takes files from stage one: only other content makes it re-run"
