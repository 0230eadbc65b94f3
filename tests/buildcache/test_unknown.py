"""Where the model can't know, it says so, and why; what is known all the same stays known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.change import (
    ArgumentChanged,
    Change,
    FilesChanged,
    FilesRemoved,
    ImageMoved,
    InstructionEdited,
    after,
)
from layerwise.buildcache.model import Verdict, record, what_rebuilds
from layerwise.buildcache.reasons import Reasons
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

CONTEXT = BuildContext.of_texts({"a.txt": "", "src/x": "", ".dockerignore": "*.log\n"})
LETTER = {
    Verdict.CACHED: ".",
    Verdict.REBUILDS: "R",
    Verdict.IF_CONTENT_CHANGES: "?",
    Verdict.UNKNOWN: "u",
}


def outcome(text: str, change: Change, context: BuildContext = CONTEXT) -> tuple[str, Mapping[int, str]]:
    build = Build(read_dockerfile(parse(text)), context)
    found = what_rebuilds(record(build), after(build, change))
    reasons = Reasons(found)
    letters = "".join(LETTER[it] for it in found.verdicts.values())
    return letters, {index: reasons.reason(index) for index in found.verdicts}


def edited(*paths: str) -> FilesChanged:
    return FilesChanged(frozenset(paths))


def test_a_path_that_only_the_build_knows() -> None:
    text = "FROM base\nRUN x\nCOPY $DIR /d\nRUN y\nCOPY a.txt /\n"
    letters, reasons = outcome(text, edited("a.txt"))
    assert letters == "..uuR"
    assert reasons[2] == "only the build knows what `$DIR` stands for"
    assert reasons[3] == "the step before it may re-run"
    assert reasons[4] == "it copies a.txt, which was edited"


def test_what_does_not_concern_files_is_known_all_the_same() -> None:
    assert outcome("FROM base\nCOPY $DIR /d\nRUN y\n", InstructionEdited(2))[0] == "..R"


def test_a_variable_in_a_path_that_is_made_of_another() -> None:
    text = "FROM base\nENV A=$HOME/a\nENV B=$A/b\nCOPY $B /d\n"
    letters, reasons = outcome(text, InstructionEdited(1))
    assert letters == ".R"
    assert reasons[3] == "a value in its sources is another"


def test_no_context() -> None:
    letters, reasons = outcome("FROM base\nCOPY a.txt /\nRUN y\n", edited("a.txt"), BuildContext.unknown())
    assert letters == ".uu"
    assert reasons[1] == "there is no build context to look at"


def test_an_ignore_file_whose_new_text_is_not_known() -> None:
    letters, reasons = outcome("FROM base\nCOPY src /s\nRUN y\n", edited(".dockerignore"))
    assert letters == ".uu"
    assert reasons[1] == ".dockerignore may hide other files now"


def test_an_ignore_file_that_is_copied_itself() -> None:
    assert outcome("FROM base\nCOPY . /s\nRUN y\n", edited(".dockerignore"))[0] == ".RR"


@pytest.mark.parametrize("image", ["example/frontend:1", "docker/other", "example.org/x@sha256:1"])
def test_a_frontend_of_its_own(image: str) -> None:
    letters, reasons = outcome(f"# syntax={image}\nFROM base\nCOPY a.txt /\nLABEL a=1\n", edited("a.txt"))
    assert letters == "uu"
    assert reasons[1] == f"the frontend {image}, which reads this Dockerfile, has rules of its own"


@pytest.mark.parametrize(
    "image",
    [
        "docker/dockerfile:1",
        "docker/dockerfile:1-labs",
        "docker.io/docker/dockerfile-upstream",
        "mirror.example.org/docker/dockerfile@sha256:1",
    ],
)
def test_dockers_own_frontend(image: str) -> None:
    assert outcome(f"# syntax={image}\nFROM base\nCOPY a.txt /\n", edited("a.txt"))[0] == ".R"


def test_a_frontend_by_build_argument() -> None:
    dockerfile = read_dockerfile(parse("FROM base\nCOPY a.txt /\n"), {"BUILDKIT_SYNTAX": "example/frontend"})
    build = Build(dockerfile, CONTEXT)
    found = what_rebuilds(record(build), after(build, edited("a.txt")))
    assert set(found.verdicts.values()) == {Verdict.UNKNOWN}


def test_nothing_is_reported_for_a_frontend_of_its_own() -> None:
    context = BuildContext.of_texts(
        {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3, "packages": {}}', "a.js": ""}
    )
    text = "FROM node\nCOPY . .\nRUN npm ci\n"
    for first, findings in (("", 1), ("# syntax=docker/dockerfile:1\n", 1), ("# syntax=example/frontend\n", 0)):
        found = analyse(LineIndex(first + text), parse(first + text), context, Options())
        assert len(found.findings) == findings


@pytest.mark.parametrize(
    ("text", "change", "letters"),
    [
        ("FROM base\nADD https://example.org/a.tar /\nRUN x\n", InstructionEdited(2), "..R"),
        ("FROM base AS one\nRUN x\nFROM base\nCOPY --from=img /a /\nRUN y\n", ImageMoved("img"), ".??"),
        ("FROM base\nRUN x\n", ImageMoved("base"), "RR"),
        ("FROM base\nRUN x\n", ImageMoved("other"), ".."),
        ("FROM base\nRUN --mount=from=img,target=/m x\nRUN y\n", ImageMoved("img"), ".??"),
        ("ARG V\nFROM base:$V\nRUN x\n", ArgumentChanged("V"), "RR"),
    ],
)
def test_what_comes_from_outside(text: str, change: Change, letters: str) -> None:
    assert outcome(text, change)[0] == letters


def test_another_url_may_have_the_same_content() -> None:
    before = Build(read_dockerfile(parse("FROM base\nADD https://one.example.org/a.tar /\nRUN x\n")), CONTEXT)
    now = Build(read_dockerfile(parse("FROM base\nADD https://two.example.org/a.tar /\nRUN x\n")), CONTEXT)
    found = what_rebuilds(record(before), now)
    assert [it.value for it in found.verdicts.values()] == [False, "if-content-changes", "if-content-changes"]
    assert Reasons(found).reason(1).startswith("it takes files from https://two.example.org/a.tar: ")


def test_a_doubt_is_no_reason_of_what_re_runs_for_certain() -> None:
    text = "FROM base\nRUN {}\nCOPY a.txt {}\n"
    before, now = (
        Build(read_dockerfile(parse(text.format(*it))), CONTEXT) for it in (("one", "/d"), ("other", "$FOLDER"))
    )
    reasons = Reasons(what_rebuilds(record(before), now))
    assert [reasons.reason(it) for it in (1, 2)] == ["its command was edited", "the step before it re-runs"]
    reasons = Reasons(what_rebuilds(record(now), replace(now, dockerfile=before.dockerfile)))
    assert reasons.reason(2) == "the step before it re-runs"


ARCHITECTURES = (
    "FROM base AS for-amd64\nCOPY a.txt /\nFROM base AS for-arm64\nRUN x\nFROM base AS other\nCOPY a.txt /\n"
)


def test_a_base_that_only_the_build_knows() -> None:
    text = f"{ARCHITECTURES}FROM for-$TARGETARCH\nRUN y\n"
    letters, reasons = outcome(text, edited("a.txt"))
    assert letters == ".R..uu", "the two that it may be are built; the other is not"
    assert reasons[6] == "only the build knows which stage `for-$TARGETARCH` is"
    assert outcome(text, InstructionEdited(7))[0] == ".....R"


def test_a_base_that_an_argument_names() -> None:
    text = f"ARG ARCH=arm64\n{ARCHITECTURES}FROM for-${{ARCH}}\nRUN y\n"
    assert outcome(text, InstructionEdited(4))[0] == ".RRR"
    assert outcome(text, edited("a.txt"))[0] == "...."


def test_linux_is_built_for() -> None:
    text = "FROM base AS on-linux\nCOPY a.txt /\nFROM on-$TARGETOS\nARG TARGETOS\nCOPY $TARGETOS /\nRUN y\n"
    assert outcome(text, edited("a.txt"))[0] == ".RRRR"
    assert outcome(text, edited("linux/x"))[0] == "...RR"


@pytest.mark.parametrize(
    ("before", "now", "letters"),
    [
        ("", "--platform=$TARGETPLATFORM ", ".."),
        ("--platform=linux/amd64 ", "--platform=linux/arm64 ", "RR"),
        ("", "--platform=$BUILDPLATFORM ", "uu"),
        ("", "--platform=linux/amd64 ", "uu"),
        ("--platform=$BUILDPLATFORM ", "--platform=linux/amd64 ", "uu"),
    ],
)
def test_platforms(before: str, now: str, letters: str) -> None:
    old, new = (Build(read_dockerfile(parse(f"FROM {it}base\nRUN x\n")), CONTEXT) for it in (before, now))
    found = what_rebuilds(record(old), new)
    assert "".join(LETTER[it] for it in found.verdicts.values()) == letters
    if letters == "uu" and not before:
        assert Reasons(found).reason(0).startswith("only the build knows whether ")


@pytest.mark.parametrize("image", ["node:4-onbuild", "example.org/onbuild", "maven:3-jdk-8-onbuild-alpine"])
def test_a_base_image_with_triggers(image: str) -> None:
    text = f"FROM {image}\nARG V\nWORKDIR /w\nRUN x\nCOPY a.txt /\n"
    letters, reasons = outcome(text, edited("src/x"))
    assert letters == "uuuu"
    assert reasons[0] == "only the base image knows what its ONBUILD does"
    assert outcome(text, edited("a.txt"))[0] == "uuuR"
    assert outcome(text, ArgumentChanged("V"))[0] == "uuRR"
    assert outcome(text, FilesRemoved(frozenset({"no/such/file"})))[0] == "...."


def test_what_is_only_named_like_it() -> None:
    assert outcome("FROM monbuilder:1\nRUN x\n", edited("a.txt"))[0] == ".."


def test_the_same_text_that_another_frontend_reads() -> None:
    text = "# syntax=example/frontend\nFROM base\nCOPY a.txt /\n"
    one, other = (Build(read_dockerfile(parse(text)), CONTEXT) for _ in range(2))
    assert set(what_rebuilds(record(one), other).verdicts.values()) == {Verdict.CACHED}


@pytest.mark.parametrize("outside", [True, False])
@pytest.mark.parametrize("ignore_file", ["*.log\n", "*.log\n.dockerignore\n"])
def test_what_dockers_own_client_adds_to_the_ignore_file(ignore_file: str, *, outside: bool) -> None:
    context = replace(BuildContext.of_texts({"a.txt": "", ".dockerignore": ignore_file}), outside=outside)
    build = Build(read_dockerfile(parse("FROM base\nCOPY . /\n")), context, builder=Builder.LEGACY)
    is_new = outside and ".dockerignore" not in ignore_file
    assert list(what_rebuilds(record(build), build).verdicts.values()) == [
        Verdict.CACHED,
        Verdict.REBUILDS if is_new else Verdict.CACHED,
    ]
