"""What the hover says, word for word. `$0` marks the cursor."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.ide.hover import Hover, hover
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

FILES = {
    "package.json": "{}",
    "package-lock.json": '{"lockfileVersion": 3, "packages": {}}',
    "src/a.js": "",
    "src/b.js": "",
    ".dockerignore": "Dockerfile\n",
}
CONTEXT = BuildContext.of_texts(FILES, root="/home/me/shop", found_by="the Dockerfile's folder")


def hovered(marked: str, context: BuildContext = CONTEXT) -> Hover | None:
    text = marked.replace("$0", "")
    analysis = analyse(LineIndex(text), parse(text), context, Options())
    return hover(analysis, marked.index("$0"))


SHOP = """\
ARG NODE=24
FROM node:${NODE} AS build
WORKDIR /app
ENV NODE_ENV=production
COPY . .
USER node
RUN --mount=type=cache,target=/root/.npm npm ci
RUN npm run build
FROM nginx
COPY --from=build /app/dist /srv
RUN nginx -t
LABEL team=shop
"""

EXPECTED = [
    ("ARG NODE", ["**ARG** · no layer",
     "A global argument, for FROM lines. A stage sees it only behind an `ARG` of its own with the same name."]),
    ("FROM node", ["**FROM** · starts stage `build`, 4 steps",
     ("In its cache key: the content that the image node:24 has at the time of the build. When the tag points to another "
     "image and the builder looks, this whole stage re-runs: it looks with `--pull`, or where it does not have the image."),
     "Build context: `/home/me/shop` (the Dockerfile's folder), 5 files, after .dockerignore."]),
    ("WORKDIR", ["**WORKDIR** · makes a layer",
     "In its cache key:\n- the step before it\n- the path /app",
     ("Editing this line re-runs this step. `COPY . .` (line 5), "
     "`RUN --mount=type=cache,target=/root/.npm …` (line 7) and `RUN npm run build` (line 8) re-run as well, "
     "as each follows a step that re-runs."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("ENV", ["**ENV** · no layer",
     "In the cache key of every later RUN, whether it reads it or not, until it is set anew. In that of COPY and WORKDIR only where it is used.",
     ("Editing this line re-runs `RUN --mount=type=cache,target=/root/.npm …` (line 7): NODE_ENV has another value (ENV on line 4). "
     "`RUN npm run build` (line 8) re-runs as well, as it follows a step that re-runs."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("COPY . .", ["**COPY** · makes a layer",
     "In its cache key:\n- the step before it\n- the names of its sources, its destination and its flags\n- the names, content and modes of 5 files",
     "Of these 5 files, `npm ci` (line 7) does not read 3: the finding counts these.",
     ("Editing one of these files re-runs this step. `RUN --mount=type=cache,target=/root/.npm …` (line 7) and "
     "`RUN npm run build` (line 8) re-run as well, as each follows a step that re-runs."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("USER", ["**USER** · no layer",
     "In the cache key of every later RUN and WORKDIR. COPY ignores it: files belong to root, or to `--chown`.",
     ("Editing this line re-runs `RUN --mount=type=cache,target=/root/.npm …` (line 7): it runs as another user. "
     "`RUN npm run build` (line 8) re-runs as well, as it follows a step that re-runs."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("RUN --mount", ["**RUN** · makes a layer",
     ("In its cache key:\n- the step before it\n- its command, blanks included\n- the values of NODE_ENV, read or not, and their order\n"
     "- the working directory /app and the user node\n- that there is a cache mount at /root/.npm (its content is not)"),
     ("Editing this line re-runs this step. `RUN npm run build` (line 8) re-runs as well, as it follows a step that "
     "re-runs."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("COPY --from", ["**COPY** · makes a layer",
     "In its cache key:\n- the step before it\n- the names of its sources, its destination and its flags\n- the content of /app/dist in stage build",
     "Editing this line re-runs this step. `RUN nginx -t` (line 11) re-runs as well, as it follows a step that re-runs."]),
    ("RUN nginx", ["**RUN** · makes a layer", "In its cache key:\n- the step before it\n- its command, blanks included",
     "Editing this line re-runs only this step."]),
    ("LABEL", ["**LABEL** · no layer, in no cache key",
     "Changing it re-runs nothing: it is written into the image's configuration at the end."]),
]  # fmt: skip


@pytest.mark.parametrize(("at", "paragraphs"), EXPECTED, ids=[it[0] for it in EXPECTED])
def test_hover(at: str, paragraphs: list[str]) -> None:
    found = hovered(SHOP.replace(at, f"$0{at}", 1))
    assert found is not None
    assert found.markdown.split("\n\n") == paragraphs


NODE = """\
FROM node:22
WORKDIR /app
ENV NODE_ENV=production PORT=3000
COPY package.json package-lock.json ./
RUN npm ci
USER node
COPY src ./src
RUN npm run build
"""
ONBUILD = """\
FROM x AS base
ENV A=1
ONBUILD COPY src /src
ONBUILD RUN make
ONBUILD LABEL a=b
FROM base AS app
USER me
RUN x
FROM base
COPY --from=app / /
"""

EDITED = [
    # The value of a line is told by the first step that re-runs because of it; what is between stays cached.
    (NODE, "ENV", ("Editing this line re-runs `RUN npm ci` (line 5): NODE_ENV and PORT have other values (ENV on line 3). "
     "`COPY src ./src` (line 7) and `RUN npm run build` (line 8) re-run as well, as each follows a step that re-runs.")),
    (NODE, "USER", "Editing this line re-runs `RUN npm run build` (line 8): it runs as another user."),
    ("FROM a\nARG V\nCOPY src /s\nRUN x\n", "ARG",
     "Editing this line re-runs `RUN x` (line 4): V is new in its environment (ARG on line 2)."),
    ('FROM a\nSHELL ["/bin/bash", "-c"]\nCOPY src /s\nRUN ["x"]\nRUN y\nRUN z\n', "SHELL",
     ("Editing this line re-runs `RUN y` (line 5): another shell runs it. "
     "`RUN z` (line 6) re-runs as well, as it follows a step that re-runs.")),
    ('FROM a\nSHELL ["/bin/bash", "-c"]\nCOPY src /s\n', "SHELL", "Editing this line re-runs no step."),
    ("FROM a\nWORKDIR /\nCOPY src s\nRUN x\n", "WORKDIR",
     ("Editing this line re-runs `COPY src s` (line 3): its destination is another. "
     "`RUN x` (line 4) re-runs as well, as it follows a step that re-runs.")),
    ("FROM a\nWORKDIR /\nCOPY src /s\nRUN x\n", "WORKDIR",
     ("Editing this line re-runs `COPY src /s` (line 3): it follows the folder that this line makes then. "
     "`RUN x` (line 4) re-runs as well, as it follows a step that re-runs.")),
    ("FROM a\nUSER me\nWORKDIR /w\nRUN x\n", "USER",
     ("Editing this line re-runs `WORKDIR /w` (line 3): another user will own the folder. "
     "`RUN x` (line 4) re-runs as well, as it follows a step that re-runs.")),
    # Nothing goes on from what --link copies to, but for what comes behind it.
    ("FROM a\nENV D=/d\nRUN x\nCOPY --link src $D/\nRUN y\n", "ENV",
     ("Editing this line re-runs `RUN x` (line 3): D has another value (ENV on line 2). "
     "`COPY --link src $D/` (line 4) re-runs: its destination is another. "
     "`RUN y` (line 5) re-runs as well, as it follows a step that re-runs.")),
    # Stages that start from one that has no step of its own behind the line.
    ("FROM a AS base\nUSER me\nFROM base AS one\nRUN x\nRUN y\nFROM base\nCOPY --from=one / /\nRUN z\n", "USER",
     ("Editing this line re-runs `RUN x` (line 4): it runs as another user. "
     "`RUN z` (line 8) re-runs for the same reason. "
     "`RUN y` (line 5) re-runs as well, as it follows a step that re-runs.")),
    ("FROM a\nARG D=src\nCOPY $D/a.js /s\n", "ARG",
     "Editing this line re-runs `COPY $D/a.js /s` (line 3): a value in its sources is another."),
    ("FROM a\nENV V=1\nCOPY $V/x /s\nRUN x\n", "RUN", "Editing this line re-runs only this step."),
    (ONBUILD, "ENV", ("Editing this line re-runs `RUN make` (line 4, in stage app): A has another value (ENV on line 2). "
     "`RUN make` (line 4, in stage 2) re-runs for the same reason. "
     "`RUN x` (line 8) and `COPY --from=app / /` (line 10) re-run as well, as each follows a step that re-runs.")),
    (ONBUILD, "ONBUILD COPY", ("Editing this line re-runs `COPY src /src` (line 3, in stage app) and `COPY src /src` (line 3, in stage 2). "
     "`RUN make` (line 4, in stage app), `RUN x` (line 8), `RUN make` (line 4, in stage 2) and 1 more re-run as well, "
     "as each follows a step that re-runs.")),
    (ONBUILD, "ONBUILD LABEL", "Editing this line re-runs no step."),
    (ONBUILD, "USER", "Editing this line re-runs `RUN x` (line 8): it runs as another user."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "says"), EDITED)
def test_what_an_edit_of_the_line_re_runs_and_why(text: str, at: str, says: str) -> None:
    found = hovered(text.replace(at, f"$0{at}", 1))
    assert found is not None
    assert next(it for it in found.markdown.split("\n\n") if it.startswith("Editing")) == says


def test_a_stage_begins_with_what_its_base_leaves_to_do() -> None:
    found = hovered(ONBUILD.replace("FROM base AS app", "$0FROM base AS app"))
    assert found is not None
    assert found.markdown.split("\n\n")[:3] == [
        "**FROM** · starts stage `app`, 3 steps",
        "It goes on from the last step of stage base: when that step re-runs, so does this whole stage.",
        "Its first 2 steps are what ONBUILD in that stage left to do.",
    ]
    found = hovered(ONBUILD.replace("ONBUILD RUN", "$0ONBUILD RUN"))
    assert found is not None
    assert found.markdown.split("\n\n")[:2] == [
        "**ONBUILD** · no layer here",
        "It is carried out in stage app and stage 2, which start from this stage.",
    ]
    found = hovered("FROM a\n$0ONBUILD RUN x\n")
    assert found is not None
    assert found.markdown.endswith("It is carried out in builds that start from the image.")


def test_what_only_the_base_image_knows() -> None:
    found = hovered("FROM $0node:4-onbuild\nRUN x\n")
    assert found is not None
    assert "Only the base image knows what its ONBUILD does." in found.markdown.split("\n\n")


def test_sources_that_are_missing_are_all_named() -> None:
    found = hovered("FROM a\nCOPY$0 gradlew build.gradle settings.gradle ./\n")
    assert found is not None
    assert found.markdown.split("\n\n")[1:3] == [
        (
            "In its cache key:\n- the step before it\n- the names of its sources, its destination and its flags\n"
            "- the names, content and modes of what gradlew, build.gradle and settings.gradle select"
        ),
        "gradlew, build.gradle and settings.gradle are not in the build context, so a build fails.",
    ]


COUNTED = [
    ("COPY . .\nRUN npm ci\n", "Of these 8 files, `npm ci` (line 3) does not read 6: the finding counts these."),
    (
        "COPY package.json package-lock.json a.txt ./\nCOPY src src\nRUN npm ci\n",
        "Of these 3 files, `npm ci` (line 4) does not read 1: the finding counts these and others.",
    ),
    (
        "COPY . .\nRUN go build .\n",
        "Of these 8 files, `go build` (line 3) does not need 6 to get its dependencies: the finding counts these.",
    ),
    # It counts all of them, none, or there is none.
    ("COPY src src\nCOPY package.json package-lock.json ./\nRUN npm ci\n", None),
    ("COPY package.json package-lock.json ./\nCOPY src src\nRUN npm ci\n", None),
    ("COPY . .\nRUN true\n", None),
    ("# layerwise: ignore[copy-before-install]\nCOPY . .\nRUN npm ci\n", None),
]
COUNTED_FILES = {**FILES, "a.txt": "", "go.mod": "module a\n\nrequire b.example/b v1.0.0\n", "go.sum": ""}


@pytest.mark.parametrize(("steps", "says"), COUNTED)
def test_two_numbers_for_the_same_files_are_explained(steps: str, says: str | None) -> None:
    context = BuildContext.of_texts(COUNTED_FILES)
    found = hovered(f"FROM a\n{steps}".replace("COPY", "$0COPY", 1), context)
    assert found is not None
    assert next((it for it in found.markdown.split("\n\n") if it.startswith("Of these")), None) == says


@pytest.mark.xfail(
    strict=True, reason="what an edit of a file re-runs is said on the COPY only, and the finding nowhere"
)
def test_a_run_says_which_files_re_run_it_and_that_there_is_a_finding() -> None:
    found = hovered("FROM node:22\nWORKDIR /app\nCOPY . .\n$0RUN npm ci\n")
    assert found is not None
    assert "any of 5 files" in found.markdown
    assert "`COPY . .` (line 3)" in found.markdown
    assert "package.json and package-lock.json" in found.markdown


@pytest.mark.xfail(strict=True, reason="a hover begins with the key, and the consequence stands below it")
def test_the_consequence_comes_first() -> None:
    found = hovered("FROM node:22\nWORKDIR /app\nCOPY$0 . .\nRUN npm ci\n")
    assert found is not None
    assert found.markdown.index("re-runs") < found.markdown.index("cache key")


@pytest.mark.xfail(strict=True, reason="a stage without a name is called by its index, which people count from 1")
def test_the_second_stage_is_not_called_stage_1() -> None:
    found = hovered("FROM a\nFROM$0 b\nRUN x\n")
    assert found is not None
    assert "stage 1" not in found.markdown


def test_plain_text_has_no_markup() -> None:
    found = hovered(SHOP.replace("COPY .", "CO$0PY ."))
    assert found is not None
    assert found.plain.startswith("COPY · makes a layer\n\nIn its cache key:\n• the step before it\n")
    assert "`" not in found.plain
    assert "**" not in found.plain


def test_the_span_is_the_instruction() -> None:
    text = "FROM a\nRUN x \\\n  && y\n"
    found = hovered("FROM a\nRUN x \\\n  &$0& y\n")
    assert found is not None
    assert found.span.of(text) == "RUN x \\\n  && y"


@pytest.mark.parametrize("marked", ["$0", "# com$0ment\nFROM a\n", "FROM a\n$0\nRUN x\n"])
def test_nothing_outside_instructions(marked: str) -> None:
    assert hovered(marked) is None


def test_a_stage_that_the_build_skips() -> None:
    found = hovered("FROM a AS $0unused\nFROM b\n")
    assert found is not None
    assert "The build skips this stage: stage 1 does not need it." in found.markdown


def test_an_unknown_context() -> None:
    found = hovered("FROM $0a\n", BuildContext.unknown("it is not a file"))
    assert found is not None
    assert found.markdown.endswith("Build context: unknown (it is not a file).")


@pytest.mark.parametrize(
    "text", ["COPY", "FROM", "RUN", "ADD x", "WORKDIR", "FOO bar", "ENV", "ONBUILD", "RUN <<EOF\nx"]
)
def test_half_typed_instructions_are_no_trouble(text: str) -> None:
    assert hovered(f"FROM a\n$0{text}") is not None
