"""``layerwise ecosystems``: the package managers that are known, what a fix copies for each, and when there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Final

import click

from layerwise.cli.options import COLOR, DOCUMENTATION_FORMAT
from layerwise.cli.paint import Paint, is_colored
from layerwise.cli.sections import section_lines
from layerwise.commands.kit.install import Ecosystem
from layerwise.commands.registry import ecosystems

_TITLE: Final = "Package managers"
_INTRODUCTION: Final = """\
What layerwise knows of each package manager: the files that a fix copies before the install, when there is no fix, and
when a fix is for review. `layerwise ecosystems` prints this page, and `layerwise ecosystems NAME` a part of it.
"""


@click.command("ecosystems")
@click.argument("name", required=False)
@DOCUMENTATION_FORMAT
@COLOR
def command(*, name: str | None, form: str, color: str) -> None:
    """List the package managers, or print the documentation of one."""
    known = ecosystems()
    chosen = [it for it in known if name is None or name.lower() == it.name.lower()]
    chosen = chosen or [it for it in known if name in it.programs]
    if not chosen:
        listed = ", ".join(sorted((it.name for it in known), key=str.lower))
        raise click.UsageError(f"there is no package manager {name!r} here; known are {listed}")
    paint = Paint(is_colored(color, sys.stdout))
    if form == "json":
        text = json.dumps({"version": 1, "ecosystems": [_json(it) for it in chosen]}, ensure_ascii=False, indent=2)
        click.echo(text.encode())
    elif form == "markdown":
        click.echo(markdown(chosen).encode(), nl=False)
    else:
        lines = _table(chosen, paint) if name is None else [line for it in chosen for line in _page(it, paint)]
        click.echo("\n".join(lines), color=True)


def markdown(chosen: Sequence[Ecosystem]) -> str:
    """Return the documentation as one page of Markdown."""
    parts = [f"# {_TITLE}\n\n{_INTRODUCTION}"]
    for it in chosen:
        body = "\n\n".join(f"**{title}.** {text}" for title, text in it.documentation.sections.items())
        parts.append(f"## {it.name}\n\n{it.documentation.summary}\n\n{body}\n")
    return "\n".join(parts)


def _json(ecosystem: Ecosystem) -> dict[str, object]:
    return {
        "name": ecosystem.name,
        "programs": sorted(ecosystem.programs),
        "summary": ecosystem.documentation.summary,
        "sections": dict(ecosystem.documentation.sections),
    }


def _table(chosen: Sequence[Ecosystem], paint: Paint) -> list[str]:
    width = max(len(it.name) for it in chosen)
    rows = sorted(chosen, key=lambda it: it.name.lower())
    return [f"{paint('path', it.name)}{'':{width - len(it.name)}}  {_without_name(it)}" for it in rows]


def _without_name(ecosystem: Ecosystem) -> str:
    """Return the summary; where it begins with the name, which stands beside it, the rest of it."""
    summary, start = ecosystem.documentation.summary, f"{ecosystem.name}: "
    return summary[len(start) :] if summary.lower().startswith(start.lower()) else summary


def _page(ecosystem: Ecosystem, paint: Paint) -> list[str]:
    title = [paint("path", ecosystem.name), "", ecosystem.documentation.summary]
    return [*title, *section_lines(ecosystem.documentation, paint)]
