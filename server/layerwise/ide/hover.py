"""What an instruction is to the build cache, with the facts of this project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.buildcache.change import InstructionEdited
from layerwise.buildcache.inputs import InputKind, context_files, inputs_of
from layerwise.buildcache.model import Verdict
from layerwise.buildcache.step import StepKind, kind_of
from layerwise.rules.analysis import Analysis
from layerwise.semantics.dockerfile import Placed, Stage
from layerwise.text.span import Span
from layerwise.text.wording import code, join_words

_MARKUP: Final = re.compile(r"\*\*|`|^- ", re.MULTILINE)
_MOST_FOLLOWERS: Final = 3


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
    if kind is StepKind.SOURCE:
        yield from _from(analysis, stage, index, name)
        return
    if kind is StepKind.METADATA:
        yield f"{name} · no layer, in no cache key"
        yield "Changing it re-runs nothing: it is written into the image's configuration at the end."
        return
    if kind is StepKind.ENVIRONMENT:
        yield f"{name} · no layer"
        yield _environment(placed)
    else:
        yield f"{name} · makes a layer"
        yield _key(analysis, stage, index)
    yield from _followers(analysis, index, placed)


def _from(analysis: Analysis, stage: Stage, index: int, name: str) -> Iterator[str]:
    dockerfile = analysis.dockerfile
    target = dockerfile.target(analysis.options.target)
    built = target is not None and stage.index in dockerfile.needed_for(target)
    steps = sum(kind_of(it) is StepKind.LAYER for it in stage.body.placed)
    label = f"stage `{stage.name}`" if stage.name else f"stage {stage.index}"
    count = "1 step" if steps == 1 else f"{steps} steps"
    yield f"{name} · starts {label}, {count}"
    (base,) = inputs_of(dockerfile, stage, index, analysis.context)
    if base.kind is InputKind.STAGE:
        yield f"It goes on from {base.detail}: when that step re-runs, so does this whole stage."
    elif stage.opening.image == "scratch":
        yield "It starts from an empty image, which never changes."
    else:
        yield (f"In its cache key: {base.detail}. When the tag points to another image, this whole stage re-runs.")
    if not built and target is not None:
        yield f"The build skips this stage: {target.label} does not need it."
    context = analysis.context
    if not context.known:
        yield f"Build context: unknown ({context.found_by})."
        return
    files = len(context.files_under())
    more = "more than " if context.truncated else ""
    ignored = f", after {context.ignore_file}" if context.ignore_file else ""
    yield f"Build context: `{context.root or '.'}` ({context.found_by}), {more}{files:,} files{ignored}."


def _environment(placed: Placed) -> str:
    if placed.keyword == "ENV":
        return "In the cache key of every later RUN, whether it reads it or not. In that of COPY only where it is used."
    if placed.keyword == "ARG":
        return (
            "With a value, in the cache key of every later RUN, whether it reads it or not. "
            "In that of COPY only where it is used."
        )
    if placed.keyword == "USER":
        return (
            "In the cache key of every later RUN and WORKDIR. COPY ignores it: files belong to root, or to `--chown`."
        )
    return "In the cache key of every later RUN in shell form."


def _key(analysis: Analysis, stage: Stage, index: int) -> str:
    inputs = inputs_of(analysis.dockerfile, stage, index, analysis.context)
    lines = [f"- {it.detail}" for it in inputs]
    return "\n".join(["In its cache key:", *lines])


def _followers(analysis: Analysis, index: int, placed: Placed) -> Iterator[str]:
    """Yield what re-runs when the key of this instruction changes."""
    files = context_files(placed, analysis.context).paths
    what = "this line" if not files else "this file" if len(files) == 1 else "one of these files"
    outcomes = analysis.what_rebuilds(InstructionEdited(index)).verdicts
    certain = [at for at, it in outcomes.items() if at > index and it is Verdict.REBUILDS]
    maybe = [at for at, it in outcomes.items() if at > index and it is Verdict.IF_CONTENT_CHANGES]
    here = kind_of(placed) is StepKind.LAYER
    if certain:
        named = join_words([_step_name(analysis, at) for at in certain[:_MOST_FOLLOWERS]])
        rest = len(certain) - _MOST_FOLLOWERS
        more = f" and {rest} more" if rest > 0 else ""
        start = "this step and, after it, " if here else ""
        yield f"Editing {what} re-runs {start}{named}{more}: each step's key holds the one before it."
    else:
        yield f"Editing {what} re-runs {'only this step' if here else 'no step of this stage'}."
    if maybe:
        yield (
            f"{_step_name(analysis, maybe[0])} takes files from this stage by their content: "
            "it and what follows re-run only if those files come out different."
        )


def _step_name(analysis: Analysis, index: int) -> str:
    placed = analysis.dockerfile.instructions[index]
    text = placed.instruction.logical.text
    return f"{code(text, 40)} (line {analysis.line_of(placed)})"
