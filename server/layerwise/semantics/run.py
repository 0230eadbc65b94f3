"""What a RUN says: its mounts, and its commands with spans in the instruction's text.

Source: BuildKit ``dockerfile2llb/convert.go:dispatchRun``, ``instructions/commands_runmount.go:parseMount``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command, Script, Word, parse_exec, parse_script
from layerwise.syntax.expansion import expand
from layerwise.syntax.instruction import Instruction
from layerwise.syntax.mount import mount_fields
from layerwise.syntax.source_map import SourceMap
from layerwise.text.span import Span

_SOLE_HEREDOC: Final = re.compile(r"[0-9]*<<-?[\t ]*[^\s<]+")
_POSIX_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh", "busybox"})


@dataclass(frozen=True, slots=True)
class Mount:
    """A ``--mount``; ``target`` is an image path; ``source`` is "" for the whole of ``origin`` (None: the context)."""

    kind: str
    target: str
    source: str
    origin: str | None
    known: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A RUN. ``script`` has its commands, ``source`` the way from the script's text back to the instruction's.

    ``script`` is None if the shell is not a POSIX one (PowerShell, cmd) and so says nothing here.
    ``heredoc`` tells whether the script, or a part of it, is a heredoc's body.
    """

    mounts: tuple[Mount, ...]
    script: Script | None
    source: SourceMap | None
    exec_form: bool
    heredoc: bool

    def span_of(self, span: Span) -> Span:
        """Convert a span of the script to one of the instruction's text."""
        return span if self.source is None else self.source.raw_span(span)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the script, none if it can't be read."""
        return () if self.script is None else self.script.commands


def run_of(instruction: Instruction, scope: Scope) -> Run:
    """Read a RUN."""
    mounts = tuple(_mount(it, instruction, scope) for it in instruction.flag_values("mount"))
    if instruction.json is not None:
        argv = tuple(it.text for it in instruction.json)
        script = parse_exec(argv, tuple(it.span for it in instruction.json))
        return Run(mounts, script, None, exec_form=True, heredoc=False)
    shell = scope.shell[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe") if scope.shell else ""
    source = _script_source(instruction)
    if shell not in _POSIX_SHELLS or _is_foreign_script(instruction, source.text):
        return Run(mounts, None, source, exec_form=False, heredoc=bool(instruction.heredocs))
    errexit = any(it.startswith("-") and not it.startswith("--") and "e" in it for it in scope.shell[1:])
    script = parse_script(source.text, errexit=errexit)
    return Run(mounts, script, source, exec_form=False, heredoc=bool(instruction.heredocs))


def _script_source(instruction: Instruction) -> SourceMap:
    """Return the text that the shell gets: a sole heredoc's body, or the line with the bodies glued back."""
    line = instruction.arguments
    if not instruction.heredocs:
        return line
    if is_sole_heredoc(instruction):
        return SourceMap.joined(instruction.text, [instruction.heredocs[0].body])
    first = instruction.heredocs[0].body.start
    bodies = SourceMap.joined(instruction.text, [Span(first, len(instruction.text))])
    glued = f"{line.text}\n{bodies.text}"
    offset = len(line.text) + 1
    return SourceMap(glued, (*line.starts, offset), (*line.raw_starts, first))


def is_sole_heredoc(instruction: Instruction) -> bool:
    """Tell whether the whole command is one heredoc, whose body then is the script (``MustParseHeredoc``)."""
    return len(instruction.heredocs) == 1 and _SOLE_HEREDOC.fullmatch(instruction.arguments.text) is not None


def _is_foreign_script(instruction: Instruction, text: str) -> bool:
    """Tell whether the heredoc is another language's: ``#!/usr/bin/env python`` (a shell's is read as shell)."""
    if not instruction.heredocs or not text.startswith("#!"):
        return False
    words = text.partition("\n")[0][2:].split()
    return not any(it.rpartition("/")[2] in _POSIX_SHELLS for it in words)


def _mount(value: str, instruction: Instruction, scope: Scope) -> Mount:
    fields: dict[str, str] = {}
    known = True
    for key, argument in mount_fields(value):
        if argument is None:
            fields[key] = "true"
            continue
        expansion = expand(argument, scope.variables, escape=instruction.escape)
        known = known and expansion.known
        fields[key] = expansion.text
    kind = fields.get("type", "bind").lower()
    target = next((fields[it] for it in ("target", "dst", "destination") if it in fields), "")
    source = fields.get("source", fields.get("src", ""))
    default_writable = kind in ("cache", "tmpfs")
    flag = next((it for it in ("readwrite", "rw") if it in fields), None)
    return Mount(
        kind,
        join(scope.directory, target, known=known),
        source.strip("/").removeprefix("./") if kind == "bind" else source,
        fields.get("from") or None,
        known,
        default_writable if flag is None else fields[flag].lower() in ("true", "1", "t"),
    )


def literal(word: Word, scope: Scope) -> str | None:
    """Return a shell word's value, with variables that the Dockerfile sets filled in; None if it can't be told.

    Only plain ``$NAME`` and ``${NAME}`` are filled in, and only where the value needs no word splitting.
    """
    if word.value is not None:
        return word.value
    if not word.variables or any(it in word.text for it in ("`", "$(", "~", "'", "${#", "*")):
        return None
    values = [scope.variables.get(it) for it in word.variables]
    if any(it is None or not it or any(c in " \t\n*?[" for c in it) for it in values):
        return None
    expansion = expand(word.text, scope.variables)
    return expansion.text if expansion.known and expansion.problem is None else None
