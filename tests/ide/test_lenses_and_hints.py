"""Code lenses and inlay hints, and that they name the file of the layer map, and count what the model says of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from layerwise.buildcache.build import Builder
from layerwise.buildcache.change import FilesChanged
from layerwise.buildcache.model import Verdict
from layerwise.context.build_context import BuildContext, NamedContext
from layerwise.ide.code_lens import code_lenses
from layerwise.ide.inlay_hints import inlay_hints
from layerwise.ide.typical_edit import typical_edit
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from projects import PROJECTS

GO = BuildContext.of_texts({"go.mod": "", "go.sum": "", **{f"cmd/{it}.go": "" for it in range(212)}})
DOCKERFILES = [file for it in PROJECTS for file in sorted(it.glob("Dockerfile*"))]
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
        "5 steps · editing a source file (cmd/0.go) rebuilds 2",
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
        (
            "COPY --from=a / /\nCOPY go.mod /\nRUN z",
            "3 steps · no source file rebuilds any, editing go.mod rebuilds 2",
        ),
        (
            "COPY --from=a / /\nCOPY $X /",
            "2 steps · what files rebuild is not known: only the build knows what `$X` stands for",
        ),
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


@pytest.mark.parametrize(
    ("text", "files", "says"),
    [
        (
            "FROM golang\nWORKDIR /src\nCOPY go.mod go.sum .\nRUN go mod download\nCOPY main.go .\nRUN go build -o /a .\n",
            "go.mod go.sum main.go",
            "5 steps · editing a source file (main.go) rebuilds 2",
        ),
        (
            "FROM node AS deps\nCOPY package.json yarn.lock ./\nRUN yarn\nFROM deps\nCOPY src src\nRUN yarn build\n",
            "package.json yarn.lock src/i.js",
            "2 steps · no source file rebuilds any, editing package.json rebuilds 2",
        ),
        (
            (
                "FROM uv\nRUN --mount=type=bind,source=uv.lock,target=uv.lock "
                "--mount=type=bind,source=pyproject.toml,target=pyproject.toml uv sync --no-install-project\nCOPY . .\nRUN uv sync\n"
            ),
            "uv.lock pyproject.toml a.py",
            "3 steps · editing a source file (a.py) rebuilds 2",
        ),
        # The command says that it is a manifest, not the name.
        (
            "FROM python\nCOPY deps/base.in deps/dev.in ./\nRUN pip install -r base.in -r dev.in\nCOPY a.py ./\n",
            "deps/base.in deps/dev.in a.py",
            "3 steps · editing a source file (a.py) rebuilds 1",
        ),
        (
            "FROM a\nCOPY LICENSE README.md .dockerignore Dockerfile compose.dev.yaml .github docs/a.md /x/\nCOPY node_modules /y\nRUN x\n",
            "LICENSE README.md .dockerignore Dockerfile compose.dev.yaml .github/a.js docs/a.md node_modules/a/i.js node_modules/b/i.js",
            "3 steps · no source file rebuilds any, editing LICENSE rebuilds 3",
        ),
        # One file that is built from counts more than many that are not.
        (
            "FROM node\nCOPY main.js /\nCOPY package.json package-lock.json .npmrc /\nRUN npm ci\n",
            "main.js package.json package-lock.json .npmrc",
            "3 steps · editing a source file (main.js) rebuilds 3",
        ),
    ],
)
def test_a_source_file_is_one_that_no_install_reads(text: str, files: str, says: str) -> None:
    texts = {it: "{}" if it.endswith(".json") else "" for it in files.split()}
    context = replace(BuildContext.of_texts(texts), dockerfile="Dockerfile")
    assert lenses(text, context)[0] == says


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda it: f"{it.parent.name}/{it.name}")
def test_lens_and_map_name_the_same_file_and_the_model_counts_the_same(dockerfile: Path) -> None:
    analysis, _ = analyse_now(dockerfile.read_text(), Place(dockerfile, dockerfile.parent))
    typical = typical_edit(analysis)
    mapped = typical.subject.removeprefix("an edit of ")
    assert mapped in analysis.context.files_under()
    named: list[str] = []
    for stage, lens in zip(analysis.dockerfile.stages, code_lenses(analysis), strict=True):
        if found := re.search(r"editing (?:a source file \((.+?)\)|(\S+)) rebuilds (\d+)$", lens.title):
            named.append(found[1] or found[2])
            rebuilds = analysis.what_rebuilds(FilesChanged(frozenset({named[-1]})))
            parts = [it for at in range(stage.first, stage.end) for it in rebuilds.parts.get(at, ())]
            assert int(found[3]) == parts.count(Verdict.REBUILDS) > 0
    assert not named or mapped in named


@pytest.mark.parametrize(
    ("text", "context", "says"),
    [
        ("FROM a\nCOPY . .\nRUN x\n", GO, "2 steps · editing a source file (cmd/0.go) rebuilds 2"),
        (
            "FROM a\nCOPY $X /\n",
            GO,
            "1 step · what files rebuild is not known: only the build knows what `$X` stands for",
        ),
        ("FROM a\nCOPY $X /\nCOPY cmd /\n", GO, "2 steps · editing a source file (cmd/0.go) rebuilds at least 1"),
        ("FROM a\nCOPY $X /\nCOPY go.mod /\n", GO, "2 steps · editing go.mod rebuilds at least 1"),
        (
            "FROM a\nCOPY . .\n",
            BuildContext.unknown("the folder x, which the setting names, does not exist"),
            (
                "1 step · what files rebuild is not known: there is no build context to look at "
                "(the folder x, which the setting names, does not exist)"
            ),
        ),
        (
            "FROM a\nCOPY gone.txt more /\n",
            GO,
            "1 step · gone.txt and more are not in the build context, so a build fails",
        ),
        ("# syntax=example/x\nFROM a\nRUN x\n", GO, "1 step · read by another frontend, which # syntax= names"),
        (
            "FROM a\nCOPPY . .\nRUN x\nCOPY --form=x a b\n",
            GO,
            "2 steps · builders refuse line 2: unknown instruction COPPY (did you mean COPY?)",
        ),
    ],
)
def test_what_can_not_be_told_is_said_with_the_reason(text: str, context: BuildContext, says: str) -> None:
    assert lenses(text, context) == [says]


@pytest.mark.xfail(strict=True, reason="a count of steps does not show what the fix does: name the expensive step")
def test_the_lens_shows_what_the_fix_is_good_for() -> None:
    before, after = (
        it for it in DOCKERFILES if it.parent.name == "npm" and it.name in ("Dockerfile", "Dockerfile.fixed")
    )
    said = [next(code_lenses(analyse_now(it.read_text(), Place(it, it.parent))[0])).title for it in (before, after)]
    assert ["re-runs `npm ci`" in said[0], "`npm ci` stays cached" in said[1]] == [True, True]


def test_only_the_stage_that_is_refused_says_so() -> None:
    assert lenses("FROM a AS one\nCOPY . /\nFROM b\nCOPY --from=one / /\nWORKDIR\n") == [
        "1 step · editing a source file (cmd/0.go) rebuilds 1",
        "2 steps · builders refuse line 5: WORKDIR needs an argument",
    ]


ONBUILD = """\
FROM a AS base
ONBUILD COPY go.mod .
ONBUILD ENV A=1
ONBUILD USER 1
ONBUILD LABEL a=b
ONBUILD RUN make
FROM base AS app
RUN x
FROM base
COPY --from=app / /
"""


def test_what_a_base_leaves_with_onbuild_counts_where_it_is_carried_out() -> None:
    assert lenses(ONBUILD) == [
        "0 steps",
        "3 steps · no source file rebuilds any, editing go.mod rebuilds 3",
        "3 steps · no source file rebuilds any, editing go.mod rebuilds 3",
    ]
    assert hints(ONBUILD) == [
        (2, "↻ go.mod, in stage app and stage 2"),
        (3, "↻ every later RUN, in stage app and stage 2"),
        (4, "↻ every later RUN and WORKDIR, in stage app and stage 2"),
        (5, "\N{EN DASH} no effect on cache, in stage app and stage 2"),
        (6, "↻ go.mod, in stage app and stage 2"),
        (8, "↻ go.mod"),
        (10, "↻ go.mod, what stage app makes"),
    ]
    # Nothing starts from it, so that it is for builds to come.
    assert hints("FROM a\nONBUILD RUN x\n") == [(2, "\N{EN DASH} no effect on cache")]
    assert lenses("FROM a AS base\nONBUILD RUN x\nFROM base AS unused\nRUN y\nFROM b\n")[1] == (
        "2 steps · not built: stage 2 does not need it"
    )


def test_files_of_a_named_context_are_told_from_those_of_the_context() -> None:
    context = replace(GO, named={"shared": NamedContext("./shared", BuildContext.of_texts({"s.txt": ""}))})
    text = "FROM a\nCOPY --from=shared s.txt /s\nCOPY go.mod /\nRUN x\n"
    assert hints(text, context) == [
        (2, "↻ files of the context shared"),
        (3, "↻ go.mod, files of the context shared"),
        (4, "↻ go.mod, files of the context shared"),
    ]
    assert lenses("FROM a\nRUN x\nCOPY --from=shared s.txt /s\n", context) == [
        "2 steps · new content from the context shared rebuilds 1"
    ]


def test_hints_of_what_is_not_known() -> None:
    assert hints("FROM a\nCOPY $X /\nRUN x\n")[1] == (3, "↻ files that only the build knows")
    assert hints("FROM a\nCOPY . /\n", BuildContext.unknown()) == [(2, "↻ files of a build context that is not known")]
    assert hints("FROM a\nCOPY gone /\n") == [(2, "✓ no file of the context")]


def test_an_argument_counts_if_it_has_a_value() -> None:
    text = "ARG G=1\nFROM a\nARG V\nARG W=1\nARG G\nARG TARGETARCH\nRUN x\n"
    assert [it for _, it in hints(text)[:4]] == [
        "↻ every later RUN, if it has a value", "↻ every later RUN", "↻ every later RUN", "↻ every later RUN",
    ]  # fmt: skip


def test_builders_whose_every_instruction_is_a_step() -> None:
    assert lenses("FROM a\nCOPY cmd /\nUSER u\nLABEL a=b\n", builder=Builder.LEGACY) == [
        "3 steps · editing a source file (cmd/0.go) rebuilds 3"
    ]
    assert hints("FROM a\nCOPY go.mod /\nLABEL a=b\n", builder=Builder.BUILDAH)[1] == (3, "↻ go.mod")
