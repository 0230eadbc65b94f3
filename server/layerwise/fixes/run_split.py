"""Cutting a RUN in two: what installs, and what needs the source.

The cut keeps the text of both halves as it is. What the first half does to the shell (``cd``, ``set``, ``export``) is
said again in the second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from layerwise.context.image_files import Arrival
from layerwise.ecosystems.command_line import directory_of
from layerwise.ecosystems.install import Install, Needs
from layerwise.ecosystems.neutral import is_neutral
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, overlap, relative
from layerwise.semantics.run import Run, is_sole_heredoc, literal
from layerwise.semantics.shell import Command, Nesting
from layerwise.text.span import Span
from layerwise.text.wording import code

_STATE: Final = frozenset({"cd", "set", "export"})
_LINE_END: Final = "\r\n"
_FREEING: Final = frozenset({"autoremove", "clean", "del", "prune", "purge", "remove", "uninstall"})
_SIZE: Final = "what the rest of the RUN deletes stays in the layer of the install, so the image may get larger"
_SHELL_ONLY: Final = frozenset({"cd", "set", "true", ":", "echo"})
_OPERATOR: Final = re.compile(r"\s*(&&|;|\n)\s*")


@dataclass(frozen=True, slots=True)
class Cut:
    """The texts of two instructions in place of one; without ``tail`` the RUN stays whole, as ``head``.

    ``check`` is what a person has to look at.
    """

    head: str
    tail: str | None = None
    check: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why there is no fix: a clause."""

    reason: str


def cut_run(placed: Placed, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]) -> Cut | Withheld:
    """Return the RUN cut so that its head can run before the ``moved`` COPYs."""
    run = placed.run
    if run is None or run.script is None or run.script.broken:
        return Withheld("the shell command can't be read with certainty")
    if any(needs.fetch for _, needs in installs):
        return _fetch_first(placed, run, installs)
    commands = [it.command for it, _ in installs]
    kinds = [
        "install" if any(it is command for command in commands) else _kind(it, placed, installs, moved)
        for it in run.commands
    ]
    inside = [it for it, kind in zip(run.commands, kinds, strict=True) if kind == "other" and _is_part(it)]
    if inside and run.source:
        return Withheld(f"{code(inside[0].span.of(run.script.text))} in it may need the copied files")
    if "other" not in kinds:
        return Cut(placed.instruction.text.rstrip(_LINE_END))
    last = len(kinds) - 1 - kinds[::-1].index("install")
    blocking = kinds.index("other")
    if blocking < last:
        text = run.commands[blocking].span.of(run.script.text) if run.source else "another command"
        return Withheld(f"{code(text)} runs before it in the same RUN and may need the copied files")
    return _cut_behind(placed, run, kinds, last)


def _frees_nothing(tail: Sequence[Command]) -> bool:
    """Tell whether no command deletes what the install, now in a layer of its own, has left."""
    for it in tail:
        words = {word.value for word in it.program_words}
        if it.program in ("rm", "unlink", "find") or words & _FREEING:
            return False
    return True


def _is_part(command: Command) -> bool:
    """Tell whether a command's output becomes part of another one."""
    return Nesting.SUBSTITUTION in command.nesting


def _kind(command: Command, placed: Placed, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]) -> str:
    if command.program == "cd":
        target = literal(command.arguments[0], placed.scope) if len(command.arguments) == 1 else None
        folder = directory_of(command, placed.scope, target) if target is not None else None
        return "state" if folder is not None and _exists_early(folder, installs, moved) else "other"
    if not is_neutral(command, placed.scope):
        return "other"
    return "state" if command.program in _STATE or not command.words else "neutral"


def _exists_early(folder: str, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]) -> bool:
    leads_to_install = any(relative(it.directory, folder) is not None for it, _ in installs)
    return leads_to_install or not any(overlap(it.copy.target, folder) for it in moved)


def _cut_behind(placed: Placed, run: Run, kinds: list[str], last: int) -> Cut | Withheld:
    is_heredoc = run.heredoc and is_sole_heredoc(placed.instruction)
    if run.exec_form or (run.heredoc and not is_heredoc) or run.script is None or run.source is None:
        return Withheld("the RUN holds more commands, in a form that can't be cut in two")
    commands = run.commands
    while kinds[last + 1] == "neutral":
        last += 1
    head = commands[: last + 1]
    if not all(it.is_plain for it in head) or any(it.joined_by == "||" for it in commands):
        return Withheld("the install is tied to other commands of its RUN (a condition, a loop, a pipe or ||)")
    text = run.script.text
    operator = _OPERATOR.match(text, head[-1].span.end)
    if operator is None or (operator[1] != "&&" and not head[-1].errexit):
        return Withheld("the commands of the RUN go on even if the install fails")
    head_end = run.span_of(Span(0, head[-1].span.end)).end
    tail_start = run.source.raw(operator.end())
    raw = placed.instruction.text
    state = [it.span.of(text) for it, kind in zip(head, kinds, strict=False) if kind == "state"]
    size = "" if _frees_nothing(commands[len(head) :]) else _SIZE
    if is_heredoc:
        return _cut_heredoc(placed, state, head_end, tail_start, size)
    prelude = "".join(f"{it} && " for it in state)
    comments = "".join(f"{it.strip()}\n" for it in raw[head_end:tail_start].splitlines() if it.strip().startswith("#"))
    tail = f"{comments}{opening(placed)}{prelude}{raw[tail_start:].rstrip(_LINE_END)}"
    return Cut(raw[:head_end], tail, size)


def _cut_heredoc(placed: Placed, state: Sequence[str], head_end: int, tail_start: int, size: str) -> Cut:
    """Cut a heredoc between two lines: both halves get the first line and the last."""
    raw, body = placed.instruction.text, placed.instruction.heredocs[0].body
    head, tail = raw[body.start : head_end], raw[tail_start:]
    line = raw.rfind("\n", 0, tail_start) + 1
    indentation = raw[line:tail_start] if not raw[line:tail_start].strip() else ""
    prelude = "".join(f"{indentation}{it}\n" for it in state)
    first, last = raw[: body.start], raw[body.end :].rstrip(_LINE_END)
    return Cut(f"{first}{head}\n{last}", f"{first}{prelude}{indentation}{tail.rstrip(_LINE_END)}", size)


def _fetch_first(placed: Placed, run: Run, installs: Sequence[tuple[Install, Needs]]) -> Cut | Withheld:
    if len({needs.fetch for _, needs in installs}) > 1 or any(not needs.fetch for _, needs in installs):
        return Withheld("the RUN holds several installs")
    if any(it.kind == "bind" for it in run.mounts):
        return Withheld("the RUN mounts files of the build context")
    if any(it.program == "export" or (it.assignments and not it.words) for it in run.commands):
        return Withheld("the RUN sets variables, which the download may need too")
    install, needs = installs[0]
    prelude = ""
    for it in run.commands:
        if it is install.command:
            break
        text = it.span.of(run.script.text) if run.script is not None and run.source else "another command"
        if _prepares(it, placed, install, needs):
            prelude += f"{text} && "
        elif it.program not in _SHELL_ONLY:
            # Credentials, packages or settings that the download needs as well may come from it.
            return Withheld(f"{code(text)} runs before it in the same RUN and may prepare the download")
    folder = f"cd {install.command.directory} && " if install.command.directory else ""
    return Cut(f"{opening(placed)}{folder}{prelude}{needs.fetch}", placed.instruction.text.rstrip(_LINE_END))


def _prepares(command: Command, placed: Placed, install: Install, needs: Needs) -> bool:
    """Tell whether a command only lets a manifest be run: ``chmod +x mvnw``. The RUN below the COPY does so again."""
    mode, *paths = [literal(it, placed.scope) for it in command.arguments] or [None]
    if command.program != "chmod" or not paths or mode is None or mode.startswith("-") or not command.is_plain:
        return False
    is_there = command.directory is not None and command.directory == install.command.directory
    folder = directory_of(command, placed.scope) if is_there else None
    return folder is not None and all(it is not None and join(folder, it) in needs.manifests for it in paths)


def opening(placed: Placed) -> str:
    """Return the start of an instruction as written: indentation, keyword and flags, each flag with one blank."""
    instruction = placed.instruction
    start = instruction.keyword_span.start
    indentation = instruction.text[:start].rpartition("\n")[2].removeprefix("\ufeff")
    words = [instruction.keyword_span.of(instruction.text), *(it.span.of(instruction.text) for it in instruction.flags)]
    return f"{indentation}{' '.join(words)} "
