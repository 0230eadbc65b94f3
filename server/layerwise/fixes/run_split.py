"""Cutting a RUN in two: what installs, and what needs the source.

The cut keeps the text of both halves as it is. What the first half does to the shell (``cd``, ``set``, ``export``) is
said again in the second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerwise.commands.kit.command_line import directory_of
from layerwise.commands.kit.install import Install, Needs
from layerwise.commands.shell.neutral import is_neutral
from layerwise.context.image_files import Arrival
from layerwise.fixes.withheld import Withheld
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.paths import join, overlap, relative
from layerwise.semantics.run import Run, is_sole_heredoc, literal
from layerwise.semantics.shell import Command, Nesting
from layerwise.text.span import Span
from layerwise.text.wording import code, join_words

_STATE: Final = frozenset({"cd", "set", "export"})
_LINE_END: Final = "\r\n"
_FREEING: Final = frozenset({"autoremove", "clean", "del", "prune", "purge", "remove", "uninstall"})
_SIZE: Final = "what the rest of the RUN deletes stays in the layer of the install, so the image may get larger"
_GOES_ON: Final = "the commands of the RUN go on even if the install fails; cut in two, the build ends there"
_TIED: Final = "the install is tied to other commands of its RUN (a condition, a loop, a pipe or ||)"
_OPERATOR: Final = re.compile(r"(?P<comment>[ \t]+#[^\n]*)?\s*(?P<operator>&&|;|\n)\s*")


@dataclass(frozen=True, slots=True)
class Cut:
    """The texts of two instructions in place of one; without ``tail`` the RUN stays whole, as ``head``.

    ``check`` is what a person has to look at.
    """

    head: str
    tail: str | None = None
    check: str = ""


def cut_run(placed: Placed, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]) -> Cut | Withheld:
    """Return the RUN cut so that its head can run before the ``moved`` COPYs."""
    cut = _cut(placed, installs, moved)
    sourced = [it for it in placed.run.commands if _is_sourced(it, placed, moved)] if placed.run is not None else []
    if isinstance(cut, Withheld) or not sourced:
        return cut
    texts = join_words([code(" ".join(word.text for word in it.words)) for it in sourced])
    check = f"{texts} then comes before the COPY: make sure that it needs no file of the project"
    return replace(cut, check="; ".join(filter(None, (cut.check, check))))


def _cut(placed: Placed, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]) -> Cut | Withheld:
    run = placed.run
    if run is None or run.script is None or run.script.broken:
        return Withheld("the shell command can't be read with certainty")
    if any(needs.fetch for _, needs in installs):
        return _fetch_first(placed, run, installs, moved)
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
    if _clears_outputs(command, placed, installs):
        return "neutral"
    if _is_sourced(command, placed, moved):
        return "state"
    if not is_neutral(command, placed.scope, [it.copy.target for it in moved]):
        return "other"
    return "state" if command.program in _STATE or not command.words else "neutral"


def _is_sourced(command: Command, placed: Placed, moved: Sequence[Arrival]) -> bool:
    """Tell whether a command reads settings into the shell that no COPY which moves brings: ``. /tmp/target.env``."""
    path = literal(command.arguments[0], placed.scope) if len(command.arguments) == 1 else None
    is_plain = command.program in (".", "source") and command.is_plain and not command.redirected
    return is_plain and (path or "").startswith("/") and not any(overlap(it.copy.target, path or "") for it in moved)


def _clears_outputs(command: Command, placed: Placed, installs: Sequence[tuple[Install, Needs]]) -> bool:
    """Tell whether a command deletes what the install wrote, and where no later COPY brings anything.

    ``rm -rf vendor/bundle/ruby/*/cache``: a glob can't leave its folder.
    """
    # What stands for "*" can't hold a slash, so any name does for it here.
    words = [literal(replace(it, text=it.text.replace("*", "_")), placed.scope) for it in command.arguments]
    folder = directory_of(command, placed.scope)
    if command.program != "rm" or command.redirected or folder is None:
        return False
    paths = [join(folder, it) for it in words if it and not it.startswith("-")]
    is_plain = all(it is not None and re.fullmatch(r"-[rRfv]+|[^-].*", it) and ".." not in it for it in words)
    outputs = [it for _, needs in installs for it in needs.outputs]
    return bool(paths) and is_plain and all(any(relative(path, it) for it in outputs) for path in paths)


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
    text = run.script.text
    operator = _OPERATOR.match(text, head[-1].span.end)
    if operator is None or not all(it.is_plain for it in head) or _has_alternatives(run):
        return Withheld(_TIED)
    goes_on = operator["operator"] != "&&" and not head[-1].errexit
    head_end = run.span_of(Span(0, max(head[-1].span.end, operator.end("comment")))).end
    tail_start = run.source.raw(operator.end())
    raw = placed.instruction.text
    state = [it.span.of(text) for it, kind in zip(head, kinds, strict=False) if kind == "state"]
    checks = [*([] if _frees_nothing(commands[len(head) :]) else [_SIZE]), *([_GOES_ON] if goes_on else [])]
    check = "; ".join(checks)
    if is_heredoc:
        return _cut_heredoc(placed, state, head_end, tail_start, check)
    prelude = "".join(f"{it} && " for it in state)
    comments = "".join(f"{it.strip()}\n" for it in raw[head_end:tail_start].splitlines() if it.strip().startswith("#"))
    tail = f"{comments}{opening(placed)}{prelude}{raw[tail_start:].rstrip(_LINE_END)}"
    return Cut(raw[:head_end], tail, check)


def _cut_heredoc(placed: Placed, state: Sequence[str], head_end: int, tail_start: int, check: str) -> Cut:
    """Cut a heredoc between two lines: both halves get the first line and the last."""
    raw, body = placed.instruction.text, placed.instruction.heredocs[0].body
    head, tail = raw[body.start : head_end], raw[tail_start:]
    line = raw.rfind("\n", 0, tail_start) + 1
    indentation = raw[line:tail_start] if not raw[line:tail_start].strip() else ""
    prelude = "".join(f"{indentation}{it}\n" for it in state)
    first, last = raw[: body.start], raw[body.end :].rstrip(_LINE_END)
    return Cut(f"{first}{head}\n{last}", f"{first}{prelude}{indentation}{tail.rstrip(_LINE_END)}", check)


def _fetch_first(
    placed: Placed, run: Run, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]
) -> Cut | Withheld:
    if len({(it.directory, needs.fetch) for it, needs in installs}) > 1:
        return Withheld("the RUN holds several installs")
    if any(it.kind == "bind" for it in run.mounts):
        return Withheld("the RUN mounts files of the build context")
    install, needs = installs[0]
    at = next(index for index, it in enumerate(run.commands) if it is install.command)
    before, behind = run.commands[:at], run.commands[at + 1 :]
    kinds = [_kind_before(it, placed, installs, moved) for it in before]
    if "other" in kinds:
        # Credentials, packages or settings that the download needs as well may come from it.
        text = before[kinds.index("other")].span.of(run.script.text) if run.script and run.source else "another command"
        return Withheld(f"{code(text)} runs before it in the same RUN and may prepare the download")
    size = "" if _frees_nothing(behind) else _SIZE
    if "neutral" in kinds:
        return _fetch_behind(placed, run, before, kinds, install, needs, size)
    said = [
        it.span.of(run.script.text) for it, kind in zip(before, kinds, strict=True) if run.script and kind == "state"
    ]
    head = f"{opening(placed)}{''.join(f'{it} && ' for it in said)}{needs.fetch}"
    return Cut(head, placed.instruction.text.rstrip(_LINE_END), size)


def _kind_before(
    command: Command, placed: Placed, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]
) -> str:
    """Tell what a command in front of an install does; ``nothing`` is what needs not be said again."""
    if any(_prepares(command, placed, install, needs) for install, needs in installs):
        return "state"
    if command.program in ("true", ":", "echo", "[", "test") and not command.redirected:
        return "nothing"
    return _kind(command, placed, installs, moved)


def _said_again(run: Run, commands: Sequence[Command], kinds: Sequence[str]) -> str:
    """Return what sets the shell's state, to stand in front of another command."""
    text = run.script.text if run.script is not None else ""
    return "".join(f"{it.span.of(text)} && " for it, kind in zip(commands, kinds, strict=True) if kind == "state")


def _fetch_behind(
    placed: Placed, run: Run, before: Sequence[Command], kinds: Sequence[str], install: Install, needs: Needs, size: str
) -> Cut | Withheld:
    """Cut in front of the install: what stands before it runs once, with the download; state is set again."""
    command = install.command
    if run.exec_form or run.heredoc or run.script is None or run.source is None:
        return Withheld("the RUN holds more commands, in a form that can't be cut in two")
    chained = all(it.joined_by == "&&" or it.errexit for it in (*before[1:], command))
    if not chained or not all(it.is_plain for it in (*before, command)) or _has_alternatives(run):
        return Withheld(_TIED)
    raw, start = placed.instruction.text, run.span_of(command.span).start
    tail = f"{opening(placed)}{_said_again(run, before, kinds)}{raw[start:].rstrip(_LINE_END)}"
    return Cut(f"{raw[:start]}{needs.fetch}", tail, size)


def _has_alternatives(run: Run) -> bool:
    return any(it.joined_by == "||" for it in run.commands)


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
