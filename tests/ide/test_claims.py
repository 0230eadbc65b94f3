"""Every sentence of a hover rests on facts that the model and real builders were asked about: those of tests/facts.py.

The hovers of all instructions of all facts' projects are cut into sentences. Each has to be one of ``CLAIMS``, where the
facts that bear it are named; a claim that is never made, or rests on nothing, fails as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from facts import FACTS, project
from layerwise.context.build_context import BuildContext
from layerwise.ide.hover import hover
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from layerwise.workspace.disk import read_context
from project import File, Version

NAME = "<>"
"""Stands for what is in backticks."""

CLAIMS: dict[str, tuple[str, ...]] = {
    # What it is.
    r"\w+ · starts stage \S+, \d+ steps?": (),
    r"\w+ · makes a layer": ("a RUN re-runs and makes the same", "WORKDIR", "a copied file is edited"),
    r"(ENV|ARG|USER|SHELL|WORKDIR) · no layer": ("ENV before COPY and WORKDIR only", "an ARG before COPY only", "USER, then COPY", "SHELL, then COPY"),
    r"\w+ · no layer, in no cache key": ("metadata is edited and moved",),
    r"Changing it re-runs nothing: it is written into the image's configuration at the end\.": (
        "metadata is edited and moved", "metadata moves behind the last step",
    ),
    # The stage.
    r"It goes on from the last step of stage \S+: when that step re-runs, so does this whole stage\.": ("a stage starts from one that re-runs",),
    r"It starts from an empty image, which never changes\.": ("a stage without a base",),
    r"In its cache key: the content that the image \S+ has at the time of the build\.": ("the base of a stage is another",),
    r"When the tag points to another image, this whole stage re-runs\.": ("the base of a stage is another",),
    r"The build skips this stage: stage \S+ does not need it\.": ("a stage that nothing needs",),
    r"The build skips this stage, and so this step\.": ("a stage that nothing needs",),
    r"Build context: .*": (),
    # Global arguments.
    r"A global argument, for FROM lines\.": ("a global ARG that the stage does not declare", "the base of a stage is another"),
    r"A stage sees it only behind an <> of its own with the same name\.": ("a global ARG that the stage declares",),
    # Settings.
    r"In the cache key of every later RUN, whether it reads it or not, until it is set anew\.": ("ENV before RUN", "ENV set twice"),
    r"With a value, in the cache key of every later RUN, whether it reads it or not, until it is set anew\.": (
        "an unused ARG has another value, before RUN", "ENV hides ARG", "an ARG after RUN", "an ARG without a value is removed",
    ),
    r"In that of COPY and WORKDIR only where it is used\.": ("ENV that a COPY uses", "ENV before COPY and WORKDIR only", "an ARG that a COPY uses"),
    r"In the cache key of every later RUN and WORKDIR\.": ("USER, then RUN", "USER, then WORKDIR"),
    r"COPY ignores it: files belong to root, or to <>\.": ("USER, then COPY",),
    r"In the cache key of every later RUN in shell form\.": ("SHELL, then RUN in shell form", "SHELL, then RUN in exec form"),
    # The key.
    r"In its cache key:": (),
    r"- the step before it": ("a step is removed", "a RUN re-runs and makes the same"),
    r"- its command, blanks included": ("a double space in a RUN", "a continuation is indented otherwise"),
    r"- the values of .*, read or not, and their order": ("ENV before RUN", "two ENVs swapped"),
    r"- the working directory \S+": ("WORKDIR",),
    r"- (the working directory \S+ and )?the user \S+": ("USER, then RUN",),
    r"- the shell .*": ("SHELL, then RUN in shell form",),
    r"- the path .*": ("WORKDIR", "ENV that a WORKDIR uses"),
    r"- the user \S+, who will own the folder": ("USER, then WORKDIR",),
    r"- the names of its sources, its destination and its flags": (
        "a source is renamed", "the destination loses its slash", "the flags of a COPY",
    ),
    r"- the content and mode of .*": ("a copied file is edited", "the mode of a copied file", "the time and owner of a file"),
    r"- the names, content and modes of \d+ files": ("a file is renamed", "a file is added below the copied folder", "an ignored file is edited"),
    r"- the content and mode of .*, mounted": ("the mounted file", "a file beside the mounted one", "the mounted file under another name"),
    r"- the names, content and modes of (at least )?(\d+ files|what \S+ selects), mounted": ("a mount of the whole context",),
    r"- the names, content and modes of what \S+ selects": ("an ARG that a COPY uses",),
    r"- the content of .* in stage \S+": ("a stage comes out the same", "a stage comes out different", "another part of a stage is copied"),
    r"- the content of .* in stage \S+, mounted": ("a mounted stage comes out the same", "a mounted stage comes out different"),
    r"- the text of its heredoc": ("a heredoc of a COPY",),
    r"- that there is a cache mount at \S+ \(its content is not\)": ("a cache mount is added", "the content of a cache mount"),
    r"- that there is a secret mount \(its value is not\)": ("a secret has another value", "a secret at another place"),
    r"- that there is a tmpfs mount at \S+ \(its content is not\)": ("a tmpfs is added",),
    # What follows.
    r"Editing (this line|this file|one of these files) re-runs this step and, after it, .*: each step's key holds the one before it\.": (
        "a copied file is edited", "a RUN re-runs and makes the same", "what stands before the COPY stays",
    ),
    r"Editing this line re-runs <> .*: each step's key holds the one before it\.": ("ENV before RUN", "SHELL, then RUN in shell form"),
    r"Editing (this line|this file|one of these files) re-runs only this step\.": ("a destination at the end is another",),
    r"Editing this line re-runs no step of this stage\.": ("an ARG after RUN", "SHELL, then COPY"),
    r"<> \(line \d+\) takes files by their content: it and what follows re-run only if those files come out different\.": (
        "a stage comes out the same", "a stage comes out different",
    ),
    r"A change before it does not re-run it \(<>\), if the builder can merge layers\.": ("an earlier step of COPY --link",),
    r"Dockerfile is one of them: any edit of it, even of a comment, re-runs this step\.": ("a comment in a Dockerfile that is copied",),
    r"<> \(line \d+\) copies Dockerfile itself: any edit of it, even of a comment, re-runs that step\.": (
        "a comment in a Dockerfile that is copied", "a comment in a Dockerfile that is ignored",
    ),
    r"The root is there already\.": ("the root as working directory",),
    r"In the cache key of every later RUN, and of COPY where it tells the place\.": ("the root as working directory",),
    r"ONBUILD · no layer here": ("a trigger of a base is edited",),
    r"It is carried out in each stage that starts from this one: there its step re-runs when it is edited\.": ("a trigger of a base is edited",),
    # Other readers.
    r"\w+ · unknown": (),
    r"<>, which <> names, reads this Dockerfile by rules of its own\.": (),
}  # fmt: skip

NO_FACTS = {
    r"\w+ · starts stage \S+, \d+ steps?": "a count",
    r"Build context: .*": "says where it is",
    r"In its cache key:": "a heading",
    r"\w+ · unknown": "says that nothing is known",
    r"<>, which <> names, reads this Dockerfile by rules of its own\.": "says that nothing is known",
}

MORE = [
    project("FROM scratch\nCOPY a.txt /\nCMD x\n"),
    project("# syntax=example/frontend\nFROM base\nRUN true\n"),
    project("FROM base AS one\nRUN true\nFROM base\nRUN true\n"),
    replace(project("FROM base\nLABEL a=1\nCOPY . /all/\n"), files={"a.txt": File("a")}),
    project("FROM base\nUSER node\nWORKDIR /w\nARG X\nCOPY $X /x\nUSER root\nRUN true\n"),
    project("FROM base\nARG X\nRUN --mount=type=bind,source=$X,target=/m true\n"),
    project("FROM base\nRUN --mount=type=tmpfs,target=/t true\n"),
]


def sentences(version: Version, folder: Path) -> Iterator[str]:
    version.write(folder)
    context: BuildContext = read_context(folder, folder / "Dockerfile", "the test")
    lines = LineIndex(version.dockerfile)
    analysis = analyse(lines, parse(version.dockerfile), context, Options())
    for index in range(len(analysis.dockerfile.instructions)):
        found = hover(analysis, analysis.dockerfile.start(index))
        assert found is not None
        text = re.sub(r"`[^`]*`", NAME, found.markdown.replace("**", ""))
        for line in text.splitlines():
            yield from (it for it in re.split(r"(?<=\.) (?=[A-Z<])", line) if it)


def test_every_sentence_rests_on_facts(tmp_path: Path) -> None:
    versions = [*(it.before for it in FACTS), *MORE]
    said = {it for at, version in enumerate(versions) for it in sentences(version, tmp_path / str(at))}
    baseless = {it for it in said if not any(re.fullmatch(claim, it) for claim in CLAIMS)}
    unsaid = {claim for claim in CLAIMS if not any(re.fullmatch(claim, it) for it in said)}
    assert (baseless, unsaid) == (set(), set())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda it: it[:60])
def test_the_facts_exist(claim: str) -> None:
    assert set(CLAIMS[claim]) <= {it.name for it in FACTS}
    assert bool(CLAIMS[claim]) != (claim in NO_FACTS)
