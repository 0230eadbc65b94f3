"""Every sentence of a hover, a code lens and a hint rests on facts that the model and real builders were asked about.

Those are the facts of tests/facts.py. The hovers of all instructions of all facts' projects are cut into sentences, their
lenses into parts. Each has to be one of ``CLAIMS``, where the facts that bear it are named; a claim that is never made, or
rests on nothing, fails as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from facts import FACTS, project
from layerwise.ide.code_lens import code_lenses
from layerwise.ide.hover import hover
from layerwise.ide.inlay_hints import inlay_hints
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place
from project import File, Version, build_of

NAME = "<>"
"""Stands for what is in backticks."""

DASH = "\N{EN DASH}"
STEP = r"<> \(line \d+(, in stage \S+)?\)"
STEPS = rf"{STEP}((, {STEP})* and ({STEP}|\d+ more))?"
REASONS: dict[str, tuple[str, ...]] = {
    r"\w+( and \w+)? (has another value|have other values|is new in its environment)( \((ENV|ARG) on line \d+\))?": (
        "ENV before RUN", "an unused ARG has another value, before RUN", "an ARG with an empty value is added",
        "the proxy, declared", "two ARGs in one line",
    ),
    r"X is new in its environment \(ARG on line \d+\) and a value in its mounts is another": (
        "an ARG with an empty value is added", "the mounted file",
    ),
    r"it runs as another user": ("USER, then RUN", "USER of a base, then a trigger"),
    r"another user will own the folder": ("USER, then WORKDIR",),
    r"another shell runs it": ("SHELL, then RUN in shell form", "SHELL, then a RUN that is a script"),
    r"it runs in another folder": ("the root as working directory",),
    r"it follows the folder that this line makes then": ("the root as working directory",),
    r"its path is another": ("ENV that a WORKDIR uses",),
    r"its destination is another": ("ENV that a COPY uses", "an ARG that a COPY uses"),
    r"a value in its sources is another": ("an ARG that a COPY uses",),
    r"a value in its heredoc is another": ("ENV in a heredoc of a COPY",),
}  # fmt: skip
"""Why a step re-runs that does not follow one that does."""

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
    r"In its cache key: the folder \S+, called \S+, which every build takes anew\.": ("a stage that starts from a folder, nothing happens",),
    r"- the content of \S+ in the folder \S+, called \S+": (
        "a file of a named context is edited", "another file of a named context is edited",
        "a named context in place of a stage", "the stage that a named context replaces",
    ),
    r"- the content of \S+ in the folder \S+, called \S+, mounted": ("a mounted file of a named context", "a file beside that"),
    r"It goes on from the last step of stage \S+: when that step re-runs, so does this whole stage\.": ("a stage starts from one that re-runs",),
    r"Every build takes the folder that it starts from anew\.": ("a stage that starts from a folder, nothing happens",),
    r"It starts from an empty image, which never changes\.": ("a stage without a base",),
    r"In its cache key: the content that the image \S+ has at the time of the build\.": ("the base of a stage is another",),
    r"When the tag points to another image and the builder looks, this whole stage re-runs: it looks with <>, or where it does not have the image\.": (
        "the base of a stage is another",
    ),
    r"Its first (step is|\d+ steps are) what ONBUILD in that stage left to do\.": ("a trigger of a base is edited", "a trigger of a base copies a file"),
    r"The build skips this stage: stage \S+ does not need it\.": ("a stage that nothing needs",),
    r"The build skips this stage, and so this step\.": ("a stage that nothing needs",),
    r"Build context: .*": (),
    # Global arguments.
    r"A global argument, for FROM lines\.": ("a global ARG that the stage does not declare", "the base of a stage is another"),
    r"A stage sees it only behind an <> of its own with the same name\.": ("a global ARG that the stage declares",),
    r"Only the base image knows what its ONBUILD does\.": (),
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
    r"Editing (this line|this file|one of these files) re-runs this step\.": (
        "a copied file is edited", "a RUN re-runs and makes the same", "what stands before the COPY stays",
    ),
    rf"{STEPS} re-runs? as well, as (it follows|each follows) a step that re-runs\.": (
        "a copied file is edited", "a RUN re-runs and makes the same", "a stage starts from one that re-runs", "a step is removed",
    ),
    **{rf"(Editing this line re-runs )?{STEP}( re-runs)?: {reason}\.": facts for reason, facts in REASONS.items()},
    rf"Editing this line re-runs {STEPS}\.": ("a trigger of a base is edited",),
    rf"{STEPS} re-runs? for the same reason\.": ("ENV before RUN", "USER of a base, then a trigger", "a stage starts from one that re-runs"),
    r"\d+ more re-runs? for other reasons\.": ("ENV that a COPY uses",),
    r"Editing (this line|this file|one of these files) re-runs only this step\.": ("a destination at the end is another",),
    r"Editing this line re-runs no step\.": ("an ARG after RUN", "SHELL, then COPY"),
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
    r"It is carried out in stage \S+(( and |, )stage \S+)*, which starts? from this stage\.": ("a trigger of a base is edited", "a trigger of a base copies a file"),
    r"It is carried out in builds that start from the image\.": ("a trigger of a base is edited", "metadata is edited and moved"),
    # Files that are counted twice, or missing.
    r"Of these \d+ files, <> \(line \d+\) does not read \d+: the finding counts these\.": (),
    r".* (is|are) not in the build context, so a build fails\.": (),
    # Other readers.
    r"\w+ · unknown": (),
    r"<>, which <> names, reads this Dockerfile by rules of its own\.": (),
    # Lenses.
    r"lens: \d+ steps?": (),
    r"lens: editing a source file \(\S+\) rebuilds \d+": ("a copied file is edited", "what stands before the COPY stays", "the mounted file"),
    r"lens: editing \S+ rebuilds (at least )?\d+": ("a copied file is edited", "an ARG that a COPY uses"),
    r"lens: no source file rebuilds any, editing \S+ rebuilds \d+": ("the mounted file", "a file beside the mounted one"),
    r"lens: new content from (stage \S+|\d+ stages) rebuilds \d+": ("a stage comes out different", "a mounted stage comes out different"),
    r"lens: new content from the context \S+ rebuilds \d+": ("a file of a named context is edited", "a mounted file of a named context"),
    r"lens: no file of the context rebuilds any": ("an ignored file is edited", "what stands before the COPY stays"),
    r"lens: not built: stage \S+ does not need it": ("a stage that nothing needs",),
    r"lens: what files rebuild is not known: .*": (),
    r"lens: .* (is|are) not in the build context, so a build fails": (),
    r"lens: builders refuse line \d+: .*": (),
    r"lens: read by another frontend, which # syntax= names": (),
    # Hints.
    r"hint: ↻ [\w./]+(, [\w./]+)*(, what stage \S+ makes)?(, in stage \S+)?": (
        "a copied file is edited", "the mounted file", "a trigger of a base copies a file", "a stage comes out different",
    ),
    r"hint: ↻ any of \d+ files": ("a copied file is edited", "a mount of the whole context"),
    r"hint: ↻ what stage \S+(( and |, )stage \S+)* makes?": ("a stage comes out different", "a mounted stage comes out different"),
    r"hint: ↻ ([\w./]+, )?files that only the build knows": (),
    r"hint: ✓ no file of the context(, in stage \S+)?": ("an ignored file is edited", "what stands before the COPY stays"),
    r"hint: ↻ files of the context \S+": ("a file of a named context is edited", "a mounted file of a named context"),
    r"hint: ↻ every later RUN": ("ENV before RUN", "an unused ARG has another value, before RUN"),
    r"hint: ↻ every later RUN, if it has a value": ("an ARG without a value is removed", "an ARG with an empty value is added"),
    r"hint: ↻ every later RUN, in stage \S+": ("a trigger of a base sets a variable",),
    r"hint: ↻ every later RUN and WORKDIR": ("USER, then RUN", "USER, then WORKDIR"),
    r"hint: ↻ every later RUN in shell form": ("SHELL, then RUN in shell form", "SHELL, then RUN in exec form"),
    rf"hint: {DASH} no effect on cache": ("metadata is edited and moved",),
    rf"hint: {DASH} not built": ("a stage that nothing needs",),
    r"hint: \? another frontend reads this": (),
    r"tip: An edit of one of these re-runs this step: it is in its key, or in that of a step before it\.": ("a copied file is edited", "what stands before the COPY stays"),
    r"tip: It is carried out in stage \S+, which starts from this stage\.": ("a trigger of a base is edited",),
    r"tip: In the cache key of every later (RUN|RUN and WORKDIR|RUN in shell form)\.": (
        "ENV before RUN", "USER, then RUN", "USER, then WORKDIR", "SHELL, then RUN in shell form",
    ),
    r"tip: With a value, in the cache key of every later RUN\.": ("an ARG without a value is removed", "an ARG with an empty value is added"),
    r"tip: In no cache key: changing it re-runs nothing\.": ("metadata is edited and moved",),
    r"tip: The build skips this stage\.": ("a stage that nothing needs",),
    r"tip: The frontend that # syntax= names has rules of its own\.": (),
}  # fmt: skip

NO_FACTS = {
    r"Only the base image knows what its ONBUILD does\.": "says that it is not known",
    r"Of these \d+ files, <> \(line \d+\) does not read \d+: the finding counts these\.": "what an install reads is shown by tests/builder",
    r".* (is|are) not in the build context, so a build fails\.": "a build that fails shows nothing of the cache",
    r"lens: \d+ steps?": "a count",
    r"lens: what files rebuild is not known: .*": "says that it is not known",
    r"lens: .* (is|are) not in the build context, so a build fails": "a build that fails shows nothing of the cache",
    r"lens: builders refuse line \d+: .*": "what is refused is shown by tests/conformance and tests/builder",
    r"lens: read by another frontend, which # syntax= names": "says that nothing is known",
    r"hint: ↻ ([\w./]+, )?files that only the build knows": "says that it is not known",
    r"hint: \? another frontend reads this": "says that nothing is known",
    r"tip: The frontend that # syntax= names has rules of its own\.": "says that nothing is known",
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
    # Two stages that start from one: each has a first step that re-runs.
    project("FROM base AS one\nENV A=1\nFROM one AS two\nRUN true\nFROM one\nRUN echo\nCOPY --from=two / /\n"),
    # One value, used in four ways.
    project(
        "FROM base AS one\nENV A=/w\nFROM one AS two\nRUN true\nFROM one AS three\nWORKDIR $A\nFROM one AS four\nCOPY a.txt $A/\n"
        "FROM one AS five\nCOPY <<EOF /h\n$A\nEOF\nFROM one\nCOPY --from=two / /\nCOPY --from=three / /\nCOPY --from=four / /\nCOPY --from=five / /\n"
    ),
    project("FROM base AS one\nONBUILD COPY a.txt /\nONBUILD RUN true\nONBUILD ENV A=1\nFROM one\nRUN true\n"),
    project("FROM base\nARG X\nCOPY $X /x\nCOPY a.txt /\nRUN true\n"),
    project("FROM base\nENV A=$B\nCOPY $A /x\nRUN true\n"),
    project("FROM base\nWORKDIR /\nCOPY a.txt /x\n"),
    project("FROM node:4-onbuild\nRUN true\n"),
    project("FROM base\nCOPY gone.txt /\n"),
    project("FROM base\nCOPPY a.txt /\n"),
    replace(
        project("FROM base\nWORKDIR /w\nCOPY . .\nRUN npm ci\n"),
        files={
            "package.json": File("{}"),
            "package-lock.json": File('{"lockfileVersion": 3, "packages": {}}'),
            "a.js": File(""),
            "b.js": File(""),
        },
    ),
]


def sentences(version: Version, folder: Path) -> Iterator[str]:
    """Yield all that is said of a project."""
    version.write(folder)
    text = version.dockerfile
    if version.named:
        analysis = analyse(LineIndex(text), parse(text), build_of(version, folder).context, Options())
    else:
        analysis, _ = analyse_now(text, Place(folder / "Dockerfile", folder))
    for index in range(len(analysis.dockerfile.instructions)):
        found = hover(analysis, analysis.dockerfile.start(index))
        assert found is not None
        text = re.sub(r"`[^`]*`", NAME, found.markdown.replace("**", ""))
        for line in text.splitlines():
            yield from (it for it in re.split(r"(?<=\.) (?=[A-Z<\d])", line) if it)
    for lens in code_lenses(analysis):
        yield from (f"lens: {it}" for it in lens.title.split(" · "))
    for hint in inlay_hints(analysis, Span(0, len(version.dockerfile))):
        yield f"hint: {hint.label}"
        yield f"tip: {hint.tooltip}"


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
