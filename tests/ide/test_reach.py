"""Code lenses and inlay hints, and that what they count is what the model says of each file."""

from __future__ import annotations

from collections import Counter

import pytest

from facts import FACTS
from layerwise.buildcache.build import Builder
from layerwise.buildcache.change import FilesChanged
from layerwise.buildcache.model import Verdict
from layerwise.context.build_context import BuildContext
from layerwise.ide.code_lens import code_lenses
from layerwise.ide.inlay_hints import inlay_hints
from layerwise.ide.reach import reach_of
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

GO = BuildContext.of_texts({"go.mod": "", "go.sum": "", **{f"cmd/{it}.go": "" for it in range(212)}})
SERVICE = """\
FROM golang AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0
RUN go build \\
  ./...
FROM debian AS tools
RUN apt-get update
FROM scratch
COPY --from=build /src/app /app
USER 1000
LABEL team=shop
"""


def analysed(text: str, context: BuildContext = GO, builder: Builder = Builder.BUILDKIT) -> Analysis:
    return analyse(LineIndex(text), parse(text), context, Options(builder=builder))


def hints(text: str, context: BuildContext = GO, builder: Builder = Builder.BUILDKIT) -> list[tuple[int, str]]:
    analysis = analysed(text, context, builder)
    found = inlay_hints(analysis, Span(0, len(text)))
    return [(analysis.lines.line(it.offset) + 1, it.label) for it in found]


def lenses(text: str, context: BuildContext = GO, builder: Builder = Builder.BUILDKIT) -> list[str]:
    return [it.title for it in code_lenses(analysed(text, context, builder))]


def test_lenses() -> None:
    assert lenses(SERVICE) == [
        "5 steps · editing a source file rebuilds 2",
        "1 step · not built: stage 2 does not need it",
        "1 step · new content from stage build rebuilds 1",
    ]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("RUN x", "1 step · no file of the context rebuilds any"),
        ("RUN x\nCOPY --from=a /x /\nRUN y\nUSER u\nRUN z", "4 steps · new content from stage a rebuilds 3"),
        ("COPY --link --from=a /x /\nRUN y", "2 steps · new content from stage a rebuilds 2"),
        ("COPY --from=a /x /\nCOPY --link --from=nginx /y /", "2 steps · new content from stage a rebuilds 1"),
        (
            "RUN --mount=from=a,target=/a y\nCOPY --from=b / /\nRUN z",
            "3 steps · new content from stage a and stage b rebuilds 3",
        ),
        ("COPY --from=a / /\nCOPY go.mod /\nRUN z", "3 steps · editing any file that it copies rebuilds 2"),
        ("COPY --from=a / /\nCOPY $X /", "2 steps · what files rebuild is not known here"),
        ("COPY --from=nginx / /", "1 step · no file of the context rebuilds any"),
    ],
)
def test_lens_of_a_stage_that_takes_from_others(steps: str, says: str) -> None:
    assert lenses(f"FROM one AS a\nRUN a\nFROM two AS b\nRUN b\nFROM three\n{steps}\n")[2] == says


def test_hints_stand_behind_the_last_line_of_an_instruction() -> None:
    assert hints(SERVICE) == [
        (2, "✓ no file of the context"),
        (3, "↻ go.mod, go.sum"),
        (4, "↻ go.mod, go.sum"),
        (5, "↻ any of 214 files"),
        (6, "↻ every later RUN"),
        (8, "↻ any of 214 files"),
        (10, "\N{EN DASH} not built"),
        (12, "↻ what stage build makes"),
        (13, "↻ every later RUN and WORKDIR"),
        (14, "\N{EN DASH} no effect on cache"),
    ]


def test_hints_of_a_part() -> None:
    analysis = analysed(SERVICE)
    third = SERVICE.index("COPY go.mod")
    assert [it.label for it in inlay_hints(analysis, Span(third, third + 4))] == ["↻ go.mod, go.sum"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_heredoc_is_hinted_behind_its_first_line(end: str) -> None:
    text = end.join(["FROM a", "RUN true && \\", "  cat <<EOF > /x", "hello", "EOF", ""])
    (hint,) = inlay_hints(analysed(text), Span(0, len(text)))
    assert text[: hint.offset].endswith("cat <<EOF > /x")


def test_alike_and_unknown() -> None:
    assert lenses("FROM a\nCOPY . .\nRUN x\n") == ["2 steps · editing any file that it copies rebuilds 2"]
    assert lenses("FROM a\nCOPY $X /\n") == ["1 step · what files rebuild is not known here"]
    assert lenses("# syntax=example/x\nFROM a\nRUN x\n") == ["1 step · read by another frontend, which # syntax= names"]
    assert hints("FROM a\nCOPY $X /\nRUN x\n")[1] == (3, "↻ files that only the build knows")


def test_builders_whose_every_instruction_is_a_step() -> None:
    assert lenses("FROM a\nCOPY go.mod /\nUSER u\nLABEL a=b\n", builder=Builder.LEGACY) == [
        "3 steps · editing any file that it copies rebuilds 3"
    ]
    assert hints("FROM a\nCOPY go.mod /\nLABEL a=b\n", builder=Builder.BUILDAH)[1] == (3, "↻ go.mod")


LINKS = [
    "FROM a\nCOPY a.txt /\nCOPY --link b.txt /\nRUN x\n",
    "FROM a\nCOPY . /\nCOPY --link b.txt src /\nRUN x\nCOPY --link a.txt /\n",
    "FROM a AS one\nCOPY --link . /\nONBUILD COPY a.txt /\nFROM one\nCOPY --link b.txt /\nRUN x\n",
    "FROM a\nRUN --mount=type=bind,source=b.txt,target=/b x\nUSER u\n",
]
CONTEXT = BuildContext.of_texts({it: file.content or "" for it, file in FACTS[0].before.files.items()})


@pytest.mark.parametrize("builder", list(Builder))
@pytest.mark.parametrize("text", [*dict.fromkeys(it.before.dockerfile for it in FACTS), *LINKS])
def test_what_is_counted_is_what_the_model_says(text: str, builder: Builder) -> None:
    analysis = analysed(text, CONTEXT, builder)
    steps, stages = reach_of(analysis)
    rebuilt = {it: analysis.what_rebuilds(FilesChanged(frozenset({it}))) for it in CONTEXT.files_under()}
    for index, reach in steps.items():
        if index in analysis.record.keys.steps and reach.complete:
            files = {it for it, found in rebuilt.items() if found.verdicts[index] is Verdict.REBUILDS}
            assert reach.count == len(files), text.splitlines()[index]
    for stage in analysis.record.keys.stages:
        reach, counts = stages[stage.index], Counter[int]()
        for found in rebuilt.values():
            parts = [it for at in range(stage.first, stage.end) for it in found.parts.get(at, ())]
            count = sum(it is Verdict.REBUILDS for it in parts)
            counts += Counter({count: 1} if count else {})
        if reach.complete:
            assert reach.files == counts.total()
            assert reach.rebuilt in {it for it, n in counts.items() if n == max(counts.values())} | (
                {0} if not counts else set()
            )
