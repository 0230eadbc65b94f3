"""What an instruction is to the build cache, with the facts of this project.

Each sentence is one that tests/ide/test_claims.py traces back to facts that real builders were asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.build import Builder
from layerwise.buildcache.carried_out import carried_out
from layerwise.buildcache.inputs import InputKind, context_files, inputs_of, missing_sources
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.ide.consequences import consequences, own_file
from layerwise.ide.explanation import left_to
from layerwise.rules import copy_before_install
from layerwise.rules.analysis import Analysis
from layerwise.rules.late_installs import LateInstall
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.text.span import Span
from layerwise.text.wording import code, join_words, shortened

_MARKUP: Final = re.compile(r"\*\*|`|^- ", re.MULTILINE)
_MOVED: Final = (
    "When the tag points to another image and the builder looks, this whole stage re-runs: "
    "it looks with `--pull`, or where it does not have the image."
)
_ENVIRONMENT: Final = {
    "ENV": (
        "In the cache key of every later RUN, whether it reads it or not, until it is set anew. "
        "In that of COPY and WORKDIR only where it is used."
    ),
    "ARG": (
        "With a value, in the cache key of every later RUN, whether it reads it or not, until it is set anew. "
        "In that of COPY and WORKDIR only where it is used."
    ),
    "USER": "In the cache key of every later RUN and WORKDIR. COPY ignores it: files belong to root, or to `--chown`.",
    "WORKDIR": "The root is there already. In the cache key of every later RUN, and of COPY where it tells the place.",
    "SHELL": "In the cache key of every later RUN in shell form.",
}


@dataclass(frozen=True, slots=True)
class Hover:
    """Short Markdown, the same as plain text, and the span that it is about."""

    markdown: str
    plain: str
    span: Span


def hover(analysis: Analysis, offset: int) -> Hover | None:
    """Return the hover of the instruction at ``offset``; None outside instructions."""
    dockerfile = analysis.dockerfile
    index = dockerfile.index_at(offset)
    if index is None:
        return None
    placed = dockerfile.instructions[index]
    stage = dockerfile.stage_of(index)
    paragraphs = list(_global(placed) if stage is None else _sentences(analysis, stage, index, placed))
    markdown = "\n\n".join(paragraphs)
    plain = _MARKUP.sub(lambda it: "" if it.group() != "- " else "• ", markdown)
    return Hover(markdown, plain, dockerfile.span(index))


def _global(placed: Placed) -> Iterator[str]:
    yield f"**{placed.keyword}** · no layer"
    if placed.keyword == "ARG":
        yield "A global argument, for FROM lines. A stage sees it only behind an `ARG` of its own with the same name."


def _sentences(analysis: Analysis, stage: Stage, index: int, placed: Placed) -> Iterator[str]:
    kind = kind_of(placed)
    name = f"**{placed.keyword}**"
    frontend = analysis.build.foreign_frontend
    if frontend is not None:
        yield f"{name} · unknown"
        yield f"{code(frontend)}, which `# syntax=` names, reads this Dockerfile by rules of its own."
    elif kind is StepKind.SOURCE:
        yield from _from(analysis, stage, index, name)
    elif analysis.options.builder.is_sequential:
        yield from _link(analysis, stage, index, name)
    elif placed.keyword == "ONBUILD" and (takers := left_to(analysis, stage)):
        where, verb = join_words(shortened([it.label for it in takers])), "starts" if len(takers) == 1 else "start"
        yield f"{name} · no layer here"
        yield f"It is carried out in {where}, which {verb} from this stage."
        yield from consequences(analysis, stage, index, placed)
    elif kind is StepKind.METADATA:
        yield f"{name} · no layer, in no cache key"
        yield "Changing it re-runs nothing: it is written into the image's configuration at the end."
        if placed.keyword == "ONBUILD":
            yield "It is carried out in builds that start from the image."
        yield from own_file(analysis, index)
    elif kind is StepKind.ENVIRONMENT:
        yield f"{name} · no layer"
        yield _ENVIRONMENT[placed.keyword]
        yield from consequences(analysis, stage, index, placed)
    else:
        yield f"{name} · makes a layer"
        yield _key(analysis, stage, index)
        yield from _files(analysis, stage, placed)
        yield from consequences(analysis, stage, index, placed)


def _link(analysis: Analysis, stage: Stage, index: int, name: str) -> Iterator[str]:
    """Yield what an instruction is to a builder that chains them all."""
    builder = analysis.options.builder
    if not inputs_of(analysis.build, stage, analysis.dockerfile.instructions[index]):
        yield f"{name} · in no cache key of {builder.value}"
        return
    who = "docker's legacy builder" if builder is Builder.LEGACY else builder.value
    yield f"{name} · a link of the cache chain"
    yield _key(analysis, stage, index)
    yield f"Changing it re-runs all from here to the end of its stage: in {who} metadata is a link as well."


def _from(analysis: Analysis, stage: Stage, index: int, name: str) -> Iterator[str]:
    dockerfile = analysis.dockerfile
    carried = [it for it in carried_out(dockerfile, stage) if kind_of(it.placed) is StepKind.LAYER]
    steps, left = len(carried), sum(it.is_trigger for it in carried)
    label = f"stage `{stage.name}`" if stage.name else f"stage {stage.index}"
    count = "1 step" if steps == 1 else f"{steps} steps"
    yield f"{name} · starts {label}, {count}"
    (base,) = inputs_of(analysis.build, stage, analysis.dockerfile.instructions[index])
    if base.kind is InputKind.STAGE:
        yield f"It goes on from {base.detail}: when that step re-runs, so does this whole stage."
        if left:
            first = "Its first step is" if left == 1 else f"Its first {left} steps are"
            yield f"{first} what ONBUILD in that stage left to do."
    elif stage.opening.image == "scratch":
        yield "It starts from an empty image, which never changes."
    else:
        moved = f" {_MOVED}"
        yield f"In its cache key: {base.detail}.{moved if '@' not in stage.opening.image else ''}"
    first = analysis.record.keys.steps.get(stage.first, ()) if stage.base is None else ()
    for unknown in (it for key in first for it in (key.always, *(content.unknown for content in key.contents)) if it):
        yield f"{unknown[0].upper()}{unknown[1:]}."
    target = dockerfile.target(analysis.options.target)
    if target is not None and stage.index not in analysis.build.built_stages():
        yield f"The build skips this stage: {target.label} does not need it."
    context = analysis.context
    if not context.known:
        yield f"Build context: unknown ({context.found_by})."
        return
    files = len(context.files_under())
    more = "more than " if context.truncated else ""
    ignored = f", after {context.ignore_file}" if context.ignore_file else ""
    number = "1 file" if files == 1 else f"{more}{files:,} files"
    yield f"Build context: `{context.root or '.'}` ({context.found_by}), {number}{ignored}."
    if analysis.options.said:
        yield analysis.options.said


def _key(analysis: Analysis, stage: Stage, index: int) -> str:
    inputs = inputs_of(analysis.build, stage, analysis.dockerfile.instructions[index])
    return "\n".join(["In its cache key:", *(f"- {it.detail}" for it in inputs)])


def _files(analysis: Analysis, stage: Stage, placed: Placed) -> Iterator[str]:
    """Yield what is to be said of the files that a step copies: what is missing, and which of them a finding counts."""
    missing = missing_sources(placed, analysis.context)
    if missing and analysis.context.known:
        verb = "is" if len(missing) == 1 else "are"
        yield f"{join_words(shortened(missing))} {verb} not in the build context, so a build fails."
    reported = {step for it in analysis.reported if it.rule == copy_before_install.NAME for step in it.involved}
    files = context_files(placed, analysis.context).paths
    for position, late_install in analysis.scans[stage.index].late_installs:
        run, count = stage.body.placed[position], len(files & (late_install.unneeded or frozenset()))
        is_early = any(it.placed is placed for it in late_install.early)
        if is_early and run in reported and count not in (0, len(files)):
            yield _of_finding(analysis, late_install, run, count, len(files))


def _of_finding(analysis: Analysis, late_install: LateInstall, run: Placed, count: int, total: int) -> str:
    """Tell apart the files that a step copies and those that a finding counts, as an install does not need them."""
    installs = join_words(list(dict.fromkeys(code(it.title) for it, _ in late_install.installs)))
    one = len({it.title for it, _ in late_install.installs}) == 1
    does = "may not read" if late_install.blocked else "does not read" if one else "do not read"
    if any(needs.fetch for _, needs in late_install.installs):
        does = "does not need" if one else "do not need"
    why = " to get its dependencies" if "need" in does else ""
    counted = (
        "the finding counts these"
        if count == len(late_install.unneeded or ())
        else "the finding counts these and others"
    )
    return f"Of these {total:,} files, {installs} (line {analysis.line_of(run):,}) {does} {count:,}{why}: {counted}."
