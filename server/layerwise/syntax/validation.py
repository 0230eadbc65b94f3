"""BuildKit's second pass over an instruction: its keyword, flags and the number and form of its arguments.

Source: BuildKit ``frontend/dockerfile/instructions/parse.go``, ``bflag.go:Parse``.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from layerwise.syntax.instruction import FLAGLESS_KEYWORDS, Instruction
from layerwise.syntax.mount import mount_problems
from layerwise.syntax.problem import Pass, Problem
from layerwise.syntax.spelling import Written, in_flag, unknown
from layerwise.syntax.tree import Block, Tree, block_problems
from layerwise.text.span import Span


class FlagKind(enum.Enum):
    """What a flag takes."""

    VALUE = "value"
    LIST = "list"
    SWITCH = "switch"


_V, _L, _S = FlagKind.VALUE, FlagKind.LIST, FlagKind.SWITCH
FLAGS: Final[Mapping[str, Mapping[str, FlagKind]]] = {
    "ADD": {
        "chown": _V, "chmod": _V, "link": _S, "keep-git-dir": _S, "checksum": _V, "unpack": _S, "exclude": _L,
    },
    "ARG": {}, "CMD": {},
    "COPY": {"chown": _V, "from": _V, "chmod": _V, "link": _S, "exclude": _L, "parents": _S},
    "ENTRYPOINT": {}, "ENV": {}, "EXPOSE": {},
    "FROM": {"platform": _V},
    "HEALTHCHECK": {
        "interval": _V, "timeout": _V, "start-period": _V, "start-interval": _V, "retries": _V,
    },
    "LABEL": {}, "MAINTAINER": {}, "ONBUILD": {},
    "RUN": {"mount": _L, "network": _V, "security": _V, "device": _L},
    "SHELL": {}, "STOPSIGNAL": {}, "USER": {}, "VOLUME": {}, "WORKDIR": {},
}  # fmt: skip
"""Every instruction with its flags."""

_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9-_.]*\Z")
_NON_BLANK: Final = re.compile(r"\S+")
_ONE_ARGUMENT: Final = frozenset({"MAINTAINER", "WORKDIR", "USER", "STOPSIGNAL"})
_AT_LEAST_ONE: Final = frozenset({"ENV", "LABEL", "EXPOSE", "VOLUME", "ARG", "ONBUILD", "HEALTHCHECK"})


def problems_of(tree: Tree) -> list[Problem]:
    """Return everything that makes BuildKit refuse the file before it builds, in the order of the text."""
    found = list(problems_of_all(tree))
    started = False
    for block, start in zip(tree.blocks, tree.starts, strict=True):
        found += [it.shift(start) for it in refusals_of(block, started=started)]
        started = started or starts_a_stage(block)
    return found


def problems_of_all(tree: Tree) -> Iterator[Problem]:
    """Yield what is wrong with the file, as against one of its blocks."""
    if not tree.instruction_blocks:
        yield Problem("the file has no instructions", Span(0, 0), Pass.PARSER)


def starts_a_stage(block: Block) -> bool:
    """Tell whether a block is a FROM."""
    return isinstance(block, Instruction) and block.keyword == "FROM"


def refusals_of(block: Block, *, started: bool) -> tuple[Problem, ...]:
    """Return what is wrong with a block, with spans in its text, in order; ``started``: there was a FROM before it."""
    found = list(block_problems(block))
    if isinstance(block, Instruction):
        found += instruction_problems(block)
        is_early = not started and block.keyword not in ("FROM", "ARG")
        if is_early and block.keyword in FLAGS:
            message = f"{block.keyword} stands before the first FROM, where only ARG may"
            found.append(_problem(message, block.keyword_span))
    return tuple(sorted(found, key=lambda it: it.span))


def instruction_problems(instruction: Instruction) -> Iterator[Problem]:
    """Yield what is wrong with one instruction, with spans in its text."""
    keyword = instruction.keyword
    if keyword not in FLAGS:
        written = Written(keyword, instruction.keyword_span)
        yield unknown(f"unknown instruction {keyword}", instruction.keyword_span, written, FLAGS)
        return
    if keyword not in FLAGLESS_KEYWORDS and not _is_healthcheck_none(instruction):
        yield from _flag_problems(instruction)
    if not instruction.problems:
        yield from _argument_problems(instruction)


def _problem(message: str, span: Span) -> Problem:
    return Problem(message, span, Pass.INSTRUCTIONS)


def _is_healthcheck_none(instruction: Instruction) -> bool:
    return instruction.keyword == "HEALTHCHECK" and instruction.arguments.text.split()[:1] in (["NONE"], ["none"])


def _flag_problems(instruction: Instruction) -> Iterator[Problem]:
    known = FLAGS[instruction.keyword]
    seen: set[str] = set()
    for flag in instruction.flags:
        kind = known.get(flag.name)
        if kind is None:
            written = in_flag(flag, instruction.text, 0, flag.name, prefix="--")
            yield unknown(f"{instruction.keyword} has no flag --{flag.name}", flag.span, written, known)
        elif flag.name in seen and kind is not FlagKind.LIST:
            yield _problem(f"--{flag.name} stands twice", flag.span)
        elif kind is FlagKind.SWITCH:
            if flag.value is not None and flag.value.lower() not in ("true", "false"):
                yield _problem(f"--{flag.name} takes true or false, not {flag.value!r}", flag.span)
        elif flag.value is None:
            yield _problem(f"--{flag.name} needs a value: --{flag.name}=…", flag.span)
        elif flag.name == "mount":
            yield from mount_problems(flag, instruction.text)
        seen.add(flag.name)


def _argument_problems(instruction: Instruction) -> Iterator[Problem]:
    keyword, words = instruction.keyword, instruction.words
    if keyword in ("COPY", "ADD") and len(words) < 2:
        yield _problem(f"{keyword} needs a source and a destination", instruction.span)
    elif keyword in _ONE_ARGUMENT and not instruction.arguments.text:
        yield _problem(f"{keyword} needs an argument", instruction.span)
    elif keyword in _AT_LEAST_ONE and not words:
        yield _problem(f"{keyword} needs at least one argument", instruction.span)
    elif keyword == "SHELL" and not instruction.json:
        yield _problem('SHELL needs a JSON array, such as ["/bin/bash", "-c"]', instruction.span)
    elif keyword in _CHECKS:
        yield from _CHECKS[keyword](instruction)


def _blank_argument_problems(instruction: Instruction) -> Iterator[Problem]:
    for word in instruction.words:
        if word.text.startswith("="):
            yield _problem("a name in ARG can't be blank", word.span)


def _blank_name_problems(instruction: Instruction) -> Iterator[Problem]:
    # Not of words: in the old form `ENV name = value`, the value is all that follows the name.
    for pair in instruction.pairs:
        if not pair.name:
            yield _problem(f"a name in {instruction.keyword} can't be blank", pair.span)


def _healthcheck_problems(instruction: Instruction) -> Iterator[Problem]:
    word = _NON_BLANK.match(instruction.arguments.text)
    kind = word.group().upper() if word else ""
    has_command = bool(instruction.arguments.text[len(kind) :].strip()) and instruction.json != ()
    if kind not in ("CMD", "NONE"):
        yield _problem(f"HEALTHCHECK takes CMD or NONE, not {kind}", instruction.span)
    elif has_command != (kind == "CMD"):
        yield _problem("HEALTHCHECK CMD needs a command, HEALTHCHECK NONE takes none", instruction.span)


def _from_problems(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if len(words) == 3 and words[1].text.lower() == "as":
        if not _STAGE_NAME.match(words[2].text.lower()):
            message = f"{words[2].text!r} can't name a stage: it must start with a letter, then letters, digits, - _ ."
            yield _problem(message, words[2].span)
    elif len(words) != 1:
        yield _problem("FROM takes an image, or an image AS name", instruction.span)


def _trigger_problems(instruction: Instruction) -> Iterator[Problem]:
    trigger = instruction.trigger
    if trigger is None:
        return
    if trigger.keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        yield _problem(f"{trigger.keyword} can't be an ONBUILD trigger", trigger.keyword_span)


_CHECKS: Final[Mapping[str, Callable[[Instruction], Iterator[Problem]]]] = {
    "ARG": _blank_argument_problems,
    "ENV": _blank_name_problems,
    "FROM": _from_problems,
    "HEALTHCHECK": _healthcheck_problems,
    "LABEL": _blank_name_problems,
    "ONBUILD": _trigger_problems,
}
