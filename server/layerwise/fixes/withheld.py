"""Why there is no fix, in words that name steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.run import is_sole_heredoc
from layerwise.text.wording import code

Message: TypeAlias = Sequence[str | Placed]
"""Text in which an instruction stands for the number of its line, so that a line more above changes nothing of it."""


def shown(step: Placed) -> str:
    """Return what a message calls a step: a RUN by its command line, that of a heredoc by its first command or line."""
    run = step.run
    if run is None:
        return code(step.instruction.text)
    if is_sole_heredoc(step.instruction):
        body = step.instruction.heredocs[0].content(step.instruction.text)
        text, commands = (run.script.text, run.commands) if run.script is not None else ("", ())
        return code(next((it.span.of(text) for it in commands if it.program != "set"), body.partition("\n")[0]))
    return code(step.instruction.arguments.text)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why there is no fix: a clause. ``step`` is the one that stands in the way, if it is one."""

    reason: Message
    step: Placed | None = None

    @property
    def message(self) -> Message:
        """The clause in parts."""
        return [self.reason] if isinstance(self.reason, str) else self.reason
