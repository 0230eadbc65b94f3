"""A program as a RUN starts it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layerwise.effects.environment import texts_of, working_folder
from layerwise.effects.habits import Habits, habits_of
from layerwise.semantics.dockerfile import Placed
from layerwise.semantics.shell import Command


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """A program as a RUN starts it: ``title`` names it in messages, ``manager`` tells its habits.

    ``directory`` is the folder whose manifests it reads; it may be started in another one (``npm --prefix web ci``).
    ``variables`` are (name, value) of what a file of the project sets for it; what the Dockerfile sets comes first.
    """

    title: str
    manager: str
    command: Command
    directory: str
    placed: Placed
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders from which relative paths may start."""
        working = working_folder(self.command, self.placed.scope)
        return tuple(dict.fromkeys(it for it in (working, self.directory) if it is not None))

    @property
    def texts(self) -> dict[str, list[str]]:
        """All that each variable may be set to (``texts_of``)."""
        return {name: [value] for name, value in self.variables} | texts_of(self.command, self.placed.scope)

    def texts_like(self, *patterns: re.Pattern[str]) -> dict[str, list[str]]:
        """Return all that each of the variables that match a pattern may be set to."""
        own = {name: [value] for name, value in self.variables if any(it.fullmatch(name) for it in patterns)}
        return own | texts_of(self.command, self.placed.scope, *patterns)

    @property
    def habits(self) -> Habits:
        """What it looks for by habit."""
        return habits_of(self.manager)
