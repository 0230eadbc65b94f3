"""What is said of a stage depends on whether the build needs it; what is mended does not."""

from __future__ import annotations

import pytest

from layerwise.buildcache.build import Builder
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.rules.rule import Severity
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

CONTEXT = BuildContext.of_texts(
    {"package.json": "{}", "package-lock.json": '{"packages": {}}', "src/i.js": "", "b": ""}
)
TEXT = """\
FROM node:24 AS early
WORKDIR /app
COPY . .
RUN npm ci
FROM node:24
WORKDIR /app
COPY . .
RUN npm ci
FROM node:24
"""
BUILT = "warning: Editing any of 2 files"
SKIPPED = (
    "hint: When stage early is built, editing any of 2 files",
    "hint: When stage 1 is built, editing any of 2 files",
)


@pytest.mark.parametrize(
    ("ending", "options", "expected"),
    [
        ("", Options(), SKIPPED),
        ("COPY --from=early /app /app\n", Options(), (BUILT, SKIPPED[1])),
        ("COPY --from=1 /app /app\n", Options(), (SKIPPED[0], BUILT)),
        ("RUN --mount=type=bind,from=early true\n", Options(), (BUILT, SKIPPED[1])),
        ("", Options(target="early"), (BUILT, SKIPPED[1])),
        # Build files build more than the one target.
        ("", Options(targets=frozenset({None, "early"})), (BUILT, SKIPPED[1])),
        ("", Options(target="early", targets=frozenset({"nobody"})), (BUILT, SKIPPED[1])),
        ("", Options(builder=Builder.LEGACY), (BUILT, BUILT)),
        ("", Options(target="early", builder=Builder.LEGACY), (BUILT, SKIPPED[1])),
        # Nobody knows what such a build would need.
        ("", Options(target="nobody"), (BUILT, BUILT)),
        ("", Options(severities={"copy-before-install": Severity.ERROR}), SKIPPED),
        ("COPY --from=1 /a /a\n", Options(severities={"copy-before-install": Severity.INFO}), (SKIPPED[0], "info: Editing any of 2 files")),
    ],
)  # fmt: skip
def test_a_stage_that_no_build_needs_gets_hints(ending: str, options: Options, expected: tuple[str, str]) -> None:
    text = TEXT + ending
    analysis = analyse(LineIndex(text), parse(text), CONTEXT, options)
    found = [f"{it.severity.value}: {it.message.partition(' copied on')[0]}" for it in analysis.findings]
    assert found == [*expected]


@pytest.mark.parametrize("target", [None, "early"])
def test_the_fix_is_the_same_in_every_stage(target: str | None) -> None:
    fixed = fix_all(analyse(LineIndex(TEXT), parse(TEXT), CONTEXT, Options(target=target))).text
    assert fixed.count("COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n") == 2


@pytest.mark.parametrize(
    ("builder", "many"), [(Builder.BUILDKIT, 2), (Builder.BUILDAH, 2), (Builder.LEGACY, 1), (Builder.KANIKO, 1)]
)
def test_mounts_are_offered_where_the_builder_knows_them(builder: Builder, many: int) -> None:
    analysis = analyse(LineIndex(TEXT), parse(TEXT), CONTEXT, Options(builder=builder))
    assert [len(analysis.fixes_of(it)) for it in analysis.findings] == [many, many]
