"""How far files reach is what the model says of the edit of each of them, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facts import FACTS
from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.change import FilesChanged, after
from layerwise.buildcache.model import Verdict, record, what_rebuilds
from layerwise.buildcache.reach import alike, reach_of
from layerwise.context.build_context import BuildContext
from layerwise.context.listing import FileEntry, FileKind, Listing
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse

FILES = ("a.txt", "b.txt", "package.json", "src/x.py", "src/deep/z.py", "lib/y.py")
LINK = {"l": FileEntry(kind=FileKind.SYMLINK, link="a.txt"), "d": FileEntry(kind=FileKind.SYMLINK, link="src")}
CONTEXTS = {
    "known": BuildContext(listing=Listing({**dict.fromkeys(FILES, FileEntry()), **LINK})),
    "unknown": BuildContext.unknown(),
}
STEPS = [
    "COPY . /all/", "COPY a.txt /", "COPY src lib /d/", "COPY src/*.py /", "COPY --link b.txt /", "COPY --link src /s/",
    "COPY --exclude=*.txt . /e/", "COPY l /", "COPY d /", "COPY gone /", "COPY $X /", "COPY a.txt $X /", "COPY --from=one / /o/",
    "COPY --link --from=one / /o/", "COPY --from=image / /i/", "ADD lib /lib/", "ADD https://example.org/x /", "COPY <<E /h\nx\nE",
    "RUN x", "RUN --mount=type=bind,source=package.json,target=/p x", "RUN --mount=type=bind,target=/m x",
    "RUN --mount=type=bind,source=$X,target=/m x", "RUN --mount=from=one,target=/m x", "RUN --mount=type=cache,target=/c x",
    "RUN --mount=type=bind,source=src,target=/m --mount=type=bind,source=b.txt,target=/b x",
    "WORKDIR /w", "WORKDIR /", "ENV A=1", "ARG X", "ARG X=a.txt", "USER me", "LABEL a=1", "MAINTAINER me",
]  # fmt: skip
BASES = ["image", "scratch", "one", "two", "$X", "${NOPE}"]


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """Draw stages that start from each other or from an image, with triggers, and some that nothing needs."""
    lines = draw(st.sampled_from([[], ["ARG X"], ["ARG X=one"]]))
    step = st.one_of(st.sampled_from(STEPS), st.sampled_from(STEPS).map(lambda it: f"ONBUILD {it}"))
    for name in ["one", "two", "three"][: draw(st.integers(1, 3))]:
        lines = [*lines, f"FROM {draw(st.sampled_from(BASES))} AS {name}", *draw(st.lists(step, max_size=6))]
    return "\n".join(lines) + "\n"


def build_of(text: str, context: BuildContext, builder: Builder, target: str | None = None) -> Build:
    return Build(read_dockerfile(parse(text)), context, target, builder)


def check(build: Build) -> None:
    before = record(build)
    found = {
        it: what_rebuilds(before, after(build, FilesChanged(frozenset({it})))) for it in build.context.files_under()
    }
    reached = [it for steps in reach_of(before.keys).values() for it in steps]
    for it in reached:
        part = it.step.part
        verdicts = {path: rebuilds.verdict(it.step.index, part) for path, rebuilds in found.items()}
        assert {path for path, verdict in verdicts.items() if verdict is Verdict.REBUILDS} == it.reach.files
        others = {verdict for path, verdict in verdicts.items() if path not in it.reach.files}
        assert others <= {
            Verdict.CACHED,
            *([Verdict.UNKNOWN] if it.reach.unknown else []),
            *([Verdict.IF_CONTENT_CHANGES, Verdict.UNKNOWN] if it.reach.stages else []),
        }
    # All steps are there, and those that re-run for each file are those of its group alone.
    parts = [verdict for index, of in before.keys.steps.items() for verdict in of if index >= 0]
    images = sum(it.base is None for it in before.keys.stages)
    assert len(reached) == len(parts) - images
    effect = {path: frozenset(at for at, it in enumerate(reached) if path in it.reach.files) for path in found}
    groups = {effect[min(it)]: it for it in alike(reached)}
    assert groups == {
        of: {path for path, one in effect.items() if one == of} for of in {it for it in effect.values() if it}
    }


@pytest.mark.parametrize("builder", list(Builder))
@pytest.mark.parametrize("text", list(dict.fromkeys(it.before.dockerfile for it in FACTS)))
def test_of_the_facts(text: str, builder: Builder) -> None:
    files = {it: file.content or "" for it, file in FACTS[0].before.files.items()}
    check(build_of(text, BuildContext.of_texts(files), builder))


@given(
    dockerfiles(),
    st.sampled_from(sorted(CONTEXTS)),
    st.sampled_from(list(Builder)),
    st.sampled_from([None, "one", "two"]),
)
def test_of_any_stages(text: str, context: str, builder: Builder, target: str | None) -> None:
    check(build_of(text, CONTEXTS[context], builder, target))
