"""``layerwise explain``: what each step's cache key depends on, and what a change re-runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import click

from layerwise.cli.display import encodable, shown_path
from layerwise.cli.explained import Changes, Picture, page_of, picture_of
from layerwise.cli.grid import Layout, signs_for
from layerwise.cli.options import Common, build_options
from layerwise.cli.paint import Paint, is_colored, width_of
from layerwise.cli.render_explain import json_page, render_explanation
from layerwise.cli.sources import STDIN
from layerwise.cli.work import Run

_WIDTH_OF_A_PIPE: Final = 100


def _files(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(values):
        raise click.BadParameter("it is empty; name a file or a folder.")
    return values


def _arguments(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        name, equals, _ = value.partition("=")
        if not name.strip():
            raise click.BadParameter(f"{value!r} has no name; write NAME.")
        if equals:
            raise click.BadParameter(f"{value!r} has a value; write {name}: what other value it gets does not matter.")
    return values


@click.command(
    "explain",
    short_help="Show which steps a change re-runs, and why.",
    context_settings={"allow_extra_args": True},
)
@click.argument("path", metavar="PATH")
@click.option(
    "--changed",
    "files",
    multiple=True,
    metavar="FILE",
    callback=_files,
    help="A file that changes, or a folder: all files in it. Repeatable.",
)
@click.option(
    "--changed-arg",
    "arguments",
    multiple=True,
    metavar="NAME",
    callback=_arguments,
    help="A build argument that gets another value. Repeatable.",
)
@click.option(
    "--since",
    metavar="OLD",
    help="All that changed since OLD: an earlier Dockerfile, an earlier build context, or a git revision.",
)
@click.option(
    "--since-context",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The earlier build context, where OLD is an earlier Dockerfile.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "svg"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@build_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    common: Common,
    path: str,
    files: tuple[str, ...],
    arguments: tuple[str, ...],
    since: str | None,
    folder: Path | None,
    form: str,
) -> None:
    """Show every step of a Dockerfile with what its cache key depends on; or which steps a change re-runs, and why.

    PATH is a Dockerfile, - for standard input, or a folder with one Dockerfile in it or below it. Several changes are
    taken together. In the text, ↻ marks a step that re-runs, ? one that does only if the content that it copies has
    changed, and … one of which it can not be told; svg draws them as a layer map. Exits with 0, or with 2 if something
    could not be read.
    """
    if context.args:
        one = next((it for it, given in (("--changed", files), ("--changed-arg", arguments)) if given), None)
        advice = f"repeat {one} for each: {one} {context.args[0]}." if one else "name one Dockerfile at a time."
        raise click.UsageError(f"there is one PATH, and {shown_path(context.args[0])!r} is one too many; {advice}")
    if since is not None and path == STDIN:
        raise click.UsageError("--since looks for what the Dockerfile was; name the file instead of -.")
    if since is None and folder is not None:
        raise click.UsageError("--since-context goes with --since, which names the earlier Dockerfile.")
    with Run(common) as run:
        changes = Changes(files, arguments, since, folder)
        make = picture_of if form == "svg" else page_of
        page = run.only(path, lambda source, checked: make(source.target, checked, changes))
        if page is None:
            context.exit(2)
        for note in page.notes:
            run.note(note)
        if isinstance(page, Picture):
            click.echo(f"{page.svg}\n".encode(), nl=False)
        elif form == "json":
            data = json.dumps(json_page(page), ensure_ascii=False, indent=2)
            click.echo(f"{encodable(data)}\n".encode(), nl=False)
        else:
            layout = Layout(
                Paint(is_colored(common.color, sys.stdout)),
                width_of(sys.stdout, _WIDTH_OF_A_PIPE),
                signs_for(sys.stdout.encoding),
            )
            click.echo("\n".join(render_explanation(page, layout)), color=True)
        code = 2 if run.failed else 0
    context.exit(code)
