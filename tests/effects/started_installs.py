"""An install as it is started in /app, behind a COPY of the whole context: what it reads though nothing names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.effects.implicit import implied, reached
from layerwise.effects.places import links_of
from layerwise.effects.started import Started
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse


class Unasked(NamedTuple):
    """``files`` are copied early (in /app: as relative paths), ``withheld`` and ``doubts`` are reasons."""

    files: list[str]
    withheld: list[str]
    doubts: list[str]


def unasked(
    files: Mapping[str, str] | str,
    before: str = "",
    run: str = "RUN npm ci",
    *,
    copy: str = "COPY . .",
    manager: str = "npm",
    directory: str | None = None,
    variables: tuple[tuple[str, str], ...] = (),
) -> Unasked:
    """Tell what the last command of a RUN reads unasked; ``files`` may be names parted by blanks."""
    texts = dict.fromkeys(files.split(), "") if isinstance(files, str) else files
    dockerfile = read_dockerfile(parse(f"FROM base\nWORKDIR /app\n{before}\n{copy}\n{run}\n"))
    arriving, arrivals = Arriving(BuildContext.of_texts(texts)), Arrivals()
    for it in dockerfile.instructions[1:-1]:
        arrivals = arriving.at(it, arrivals.and_links(tuple(links_of(it.run, it.scope))))
    placed = dockerfile.instructions[-1]
    assert placed.run is not None
    start = Started(run, manager, placed.run.commands[-1], directory or placed.scope.directory, placed, variables)
    early = implied(start, arrivals, [f"/app/{it}" for it in texts if it.endswith(".lock")])
    late = list(reached(start, arrivals.items, frozenset(), arrivals.made))
    return Unasked(
        [it.removeprefix("/app/") for it in early.files],
        [*early.blocked, *(it.reason for it in late if not it.doubt)],
        [it.reason for it in late if it.doubt],
    )
