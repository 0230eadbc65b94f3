"""The shell text of a RUN as a flat tuple of commands, each knowing where it stands and in what folder it runs."""

from __future__ import annotations

from layerwise.semantics.shell.command import Assignment, Command, Nesting, Script, Word
from layerwise.semantics.shell.parse import parse_exec, parse_script

__all__ = ["Assignment", "Command", "Nesting", "Script", "Word", "parse_exec", "parse_script"]
