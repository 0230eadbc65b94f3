"""BuildKit's second pass over an instruction: its keyword, flags and the number and form of its arguments.

Source: BuildKit ``frontend/dockerfile/instructions/parse.go``, ``bflag.go:Parse``, ``commands_runmount.go:parseMount``.
"""

from __future__ import annotations

import csv
import enum
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from layerwise.syntax.instruction import FLAGLESS_KEYWORDS, Flag, Instruction
from layerwise.syntax.problem import Pass, Problem
from layerwise.syntax.tree import Tree
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

MOUNT_TYPES: Final = ("bind", "cache", "tmpfs", "secret", "ssh")
MOUNT_KEYS: Final = frozenset(
    {"type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw"}
    | {"id", "sharing", "required", "size", "mode", "uid", "gid", "env"}
)
_SWITCH_KEYS: Final = frozenset({"readonly", "ro", "readwrite", "rw", "required"})
_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9-_.]*\Z")
_NON_BLANK: Final = re.compile(r"\S+")
_ONE_ARGUMENT: Final = frozenset({"MAINTAINER", "WORKDIR", "USER", "STOPSIGNAL"})
_AT_LEAST_ONE: Final = frozenset({"ENV", "LABEL", "EXPOSE", "VOLUME", "ARG", "ONBUILD", "HEALTHCHECK"})


def problems_of(tree: Tree) -> list[Problem]:
    """Return everything that makes BuildKit refuse the file before it builds, in the order of the text."""
    found = list(tree.problems())
    started = False
    for index, instruction in tree.instructions():
        start = tree.starts[index]
        found += [it.shift(start) for it in instruction_problems(instruction)]
        started = started or instruction.keyword == "FROM"
        if not started and instruction.keyword != "ARG" and instruction.keyword in FLAGS:
            message = f"{instruction.keyword} stands before the first FROM, where only ARG may"
            found.append(Problem(message, instruction.keyword_span.shift(start), Pass.INSTRUCTIONS))
    return sorted(found, key=lambda it: it.span)


def instruction_problems(instruction: Instruction) -> Iterator[Problem]:
    """Yield what is wrong with one instruction, with spans in its text."""
    keyword = instruction.keyword
    if keyword not in FLAGS:
        yield _problem(f"unknown instruction {keyword}{_suggest(keyword, FLAGS)}", instruction.keyword_span)
        return
    if keyword not in FLAGLESS_KEYWORDS and not _is_healthcheck_none(instruction):
        yield from _flag_problems(instruction)
    if not instruction.problems:
        yield from _argument_problems(instruction)


def _problem(message: str, span: Span) -> Problem:
    return Problem(message, span, Pass.INSTRUCTIONS)


def _suggest(word: str, known: Mapping[str, object] | tuple[str, ...] | frozenset[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _is_healthcheck_none(instruction: Instruction) -> bool:
    return instruction.keyword == "HEALTHCHECK" and instruction.arguments.text.split()[:1] in (["NONE"], ["none"])


def _flag_problems(instruction: Instruction) -> Iterator[Problem]:
    known = FLAGS[instruction.keyword]
    seen: set[str] = set()
    for flag in instruction.flags:
        kind = known.get(flag.name)
        if kind is None:
            hint = _suggest(flag.name, known).replace("mean ", "mean --")
            yield _problem(f"{instruction.keyword} has no flag --{flag.name}{hint}", flag.span)
        elif flag.name in seen and kind is not FlagKind.LIST:
            yield _problem(f"--{flag.name} stands twice", flag.span)
        elif kind is FlagKind.SWITCH:
            if flag.value is not None and flag.value.lower() not in ("true", "false"):
                yield _problem(f"--{flag.name} takes true or false, not {flag.value!r}", flag.span)
        elif flag.value is None:
            yield _problem(f"--{flag.name} needs a value: --{flag.name}=…", flag.span)
        elif flag.name == "mount":
            yield from _mount_problems(flag)
        seen.add(flag.name)


def mount_fields(value: str) -> list[tuple[str, str | None]]:
    """Split a ``--mount`` value into (key in lower case, value); a bare key has None."""
    rows = list(csv.reader([value], strict=False))
    pairs = (it.partition("=") for it in (rows[0] if rows else []))
    return [(key.lower(), argument if equals else None) for key, equals, argument in pairs]


def _mount_problems(flag: Flag) -> Iterator[Problem]:
    kind = "bind"
    for key, value in mount_fields(flag.value or ""):
        if key not in MOUNT_KEYS:
            yield _problem(f"--mount has no key {key!r}{_suggest(key, MOUNT_KEYS)}", flag.span)
        elif value is None and key not in _SWITCH_KEYS:
            yield _problem(f"the --mount key {key!r} needs a value", flag.span)
        elif key == "type" and value is not None and "$" not in value:
            kind = value.lower()
            if kind not in MOUNT_TYPES:
                yield _problem(f"unknown mount type {value!r}{_suggest(kind, MOUNT_TYPES)}", flag.span)
        elif key == "sharing" and kind != "cache":
            yield _problem("sharing= is only for type=cache, which must come first", flag.span)


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


def _blank_name_problems(instruction: Instruction) -> Iterator[Problem]:
    for word in instruction.words:
        if word.text.startswith("="):
            yield _problem(f"a name in {instruction.keyword} can not be blank", word.span)


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
            message = (
                f"{words[2].text!r} can not name a stage: it must start with a letter, then letters, digits, - _ ."
            )
            yield _problem(message, words[2].span)
    elif len(words) != 1:
        yield _problem("FROM takes an image, or an image AS name", instruction.span)


def _trigger_problems(instruction: Instruction) -> Iterator[Problem]:
    trigger = instruction.trigger
    if trigger is None:
        return
    if trigger.keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        yield _problem(f"{trigger.keyword} can not be an ONBUILD trigger", trigger.keyword_span)


_CHECKS: Final[Mapping[str, Callable[[Instruction], Iterator[Problem]]]] = {
    "ARG": _blank_name_problems,
    "ENV": _blank_name_problems,
    "FROM": _from_problems,
    "HEALTHCHECK": _healthcheck_problems,
    "LABEL": _blank_name_problems,
    "ONBUILD": _trigger_problems,
}
