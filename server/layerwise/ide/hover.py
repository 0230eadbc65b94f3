"""What an instruction is to the build cache, with the facts of this project.

Each sentence is one that tests/ide/test_claims.py traces back to facts that real builders were asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerwise.buildcache.build import Builder
from layerwise.buildcache.change import InstructionEdited, after
from layerwise.buildcache.inputs import InputKind, context_files, inputs_of
from layerwise.buildcache.model import Verdict, what_rebuilds
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.text.span import Span
from layerwise.text.wording import code, join_words

_MARKUP: Final = re.compile(r"\*\*|`|^- ", re.MULTILINE)
_MOST_FOLLOWERS: Final = 3
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
    elif placed.keyword == "ONBUILD" and any(it.base == stage.index for it in analysis.dockerfile.stages):
        yield f"{name} · no layer here"
        yield "It is carried out in each stage that starts from this one: there its step re-runs when it is edited."
        yield from _followers(analysis, stage, index, placed)
    elif kind is StepKind.METADATA:
        yield f"{name} · no layer, in no cache key"
        yield "Changing it re-runs nothing: it is written into the image's configuration at the end."
        yield from _own_file(analysis, index)
    elif kind is StepKind.ENVIRONMENT:
        yield f"{name} · no layer"
        yield _ENVIRONMENT[placed.keyword]
        yield from _followers(analysis, stage, index, placed)
    else:
        yield f"{name} · makes a layer"
        yield _key(analysis, stage, index)
        yield from _followers(analysis, stage, index, placed)


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
    steps = sum(kind_of(it) is StepKind.LAYER for it in stage.body.placed)
    label = f"stage `{stage.name}`" if stage.name else f"stage {stage.index}"
    count = "1 step" if steps == 1 else f"{steps} steps"
    yield f"{name} · starts {label}, {count}"
    (base,) = inputs_of(analysis.build, stage, analysis.dockerfile.instructions[index])
    if base.kind is InputKind.STAGE:
        yield f"It goes on from {base.detail}: when that step re-runs, so does this whole stage."
    elif stage.opening.image == "scratch":
        yield "It starts from an empty image, which never changes."
    else:
        moved = " When the tag points to another image, this whole stage re-runs."
        yield f"In its cache key: {base.detail}.{moved if '@' not in stage.opening.image else ''}"
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
    yield f"Build context: `{context.root or '.'}` ({context.found_by}), {more}{files:,} files{ignored}."


def _key(analysis: Analysis, stage: Stage, index: int) -> str:
    inputs = inputs_of(analysis.build, stage, analysis.dockerfile.instructions[index])
    return "\n".join(["In its cache key:", *(f"- {it.detail}" for it in inputs)])


def _followers(analysis: Analysis, stage: Stage, index: int, placed: Placed) -> Iterator[str]:
    """Yield what re-runs when the key of this instruction changes."""
    if stage.index not in analysis.build.built_stages():
        yield "The build skips this stage, and so this step."
        return
    files = context_files(placed, analysis.context).paths
    what = "this line" if not files else "this file" if len(files) == 1 else "one of these files"
    # The Dockerfile may be copied itself; that is said apart, as it is not about this line.
    edited = after(replace(analysis.build, own_file=None), InstructionEdited(index))
    verdicts = what_rebuilds(analysis.record, edited).verdicts
    # A FROM is no step; those of a stage that starts from here are.
    steps = [at for at in verdicts if at != index and kind_of(analysis.dockerfile.instructions[at]) is StepKind.LAYER]
    certain = [at for at in steps if verdicts[at] is Verdict.REBUILDS]
    maybe = [at for at in steps if verdicts[at] is Verdict.IF_CONTENT_CHANGES]
    here = kind_of(placed) is StepKind.LAYER
    if certain:
        rest = len(certain) - _MOST_FOLLOWERS
        names = [_step_name(analysis, at) for at in certain[:_MOST_FOLLOWERS]]
        named = join_words([*names, f"{rest} more"] if rest > 0 else names)
        start = "this step and, after it, " if here else ""
        yield f"Editing {what} re-runs {start}{named}: each step's key holds the one before it."
    else:
        yield f"Editing {what} re-runs {'only this step' if here else 'no step of this stage'}."
    if placed.copy is not None and placed.copy.is_apart:
        yield "A change before it does not re-run it (`--link`), if the builder can merge layers."
    if maybe:
        yield (
            f"{_step_name(analysis, maybe[0])} takes files by their content: "
            "it and what follows re-run only if those files come out different."
        )
    yield from _own_file(analysis, index, but=certain if not files else None)


def _own_file(analysis: Analysis, index: int, but: Sequence[int] | None = ()) -> Iterator[str]:
    """Yield which step copies the Dockerfile itself, so that every edit of it is one of its files.

    Nothing if it is one of ``but``, which re-run anyway; None are all others than that at ``index``.
    """
    own = analysis.context.dockerfile
    if own is None:
        return
    for at in analysis.record.keys.steps:
        placed = analysis.dockerfile.instructions[at]
        if own in context_files(placed, analysis.context).paths:
            if at == index:
                yield f"{own} is one of them: any edit of it, even of a comment, re-runs this step."
            elif but is not None and at not in but:
                name = _step_name(analysis, at)
                yield f"{name} copies {own} itself: any edit of it, even of a comment, re-runs that step."
            return


def _step_name(analysis: Analysis, index: int) -> str:
    placed = analysis.dockerfile.instructions[index]
    text = placed.instruction.logical.text
    return f"{code(text, 40)} (line {analysis.line_of(placed)})"
