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
    "package-lock.json": "{}",
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
     "image, this whole stage re-runs."),
     "Build context: `/home/me/shop` (the Dockerfile's folder), 5 files, after .dockerignore."]),
    ("WORKDIR", ["**WORKDIR** · makes a layer",
     "In its cache key:\n- the step before it\n- the path /app",
     ("Editing this line re-runs this step and, after it, `COPY . .` (line 5), "
     "`RUN --mount=type=cache,target=/root/.np…` (line 7) and `RUN npm run build` (line 8): each step's key holds the one "
     "before it."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("ENV", ["**ENV** · no layer",
     "In the cache key of every later RUN, whether it reads it or not, until it is set anew. In that of COPY and WORKDIR only where it is used.",
     ("Editing this line re-runs `RUN --mount=type=cache,target=/root/.np…` (line 7) and `RUN npm run build` (line 8): each "
     "step's key holds the one before it."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("COPY . .", ["**COPY** · makes a layer",
     "In its cache key:\n- the step before it\n- the names of its sources, its destination and its flags\n- the names, content and modes of 5 files",
     ("Editing one of these files re-runs this step and, after it, `RUN --mount=type=cache,target=/root/.np…` (line 7) and "
     "`RUN npm run build` (line 8): each step's key holds the one before it."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("USER", ["**USER** · no layer",
     "In the cache key of every later RUN and WORKDIR. COPY ignores it: files belong to root, or to `--chown`.",
     ("Editing this line re-runs `RUN --mount=type=cache,target=/root/.np…` (line 7) and `RUN npm run build` (line 8): each "
     "step's key holds the one before it."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("RUN --mount", ["**RUN** · makes a layer",
     ("In its cache key:\n- the step before it\n- its command, blanks included\n- the values of NODE_ENV, read or not, and their order\n"
     "- the working directory /app and the user node\n- that there is a cache mount at /root/.npm (its content is not)"),
     ("Editing this line re-runs this step and, after it, `RUN npm run build` (line 8): each step's key holds the one before "
     "it."),
     ("`COPY --from=build /app/dist /srv` (line 10) takes files by their content: it and what follows re-run "
     "only if those files come out different.")]),
    ("COPY --from", ["**COPY** · makes a layer",
     "In its cache key:\n- the step before it\n- the names of its sources, its destination and its flags\n- the content of /app/dist in stage build",
     "Editing this line re-runs this step and, after it, `RUN nginx -t` (line 11): each step's key holds the one before it."]),
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
