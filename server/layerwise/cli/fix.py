"""``layerwise fix``: apply the fixes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from layerwise.cli.checked import Checked
from layerwise.cli.diff import unified_diff
from layerwise.cli.options import Common, common_options
from layerwise.cli.paint import Paint, is_colored
from layerwise.cli.render_fix import Fixed, fixed, render_fixed, render_summary
from layerwise.cli.sources import STDIN, Source
from layerwise.cli.work import Run
from layerwise.cli.write import write


@click.command("fix", short_help="Apply the fixes that leave the image the same.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--review", is_flag=True, help="Apply also the fixes that a person has to look at.")
@click.option("--diff", is_flag=True, help="Print the changes as a unified diff, and write nothing.")
@common_options
@click.pass_context
def command(context: click.Context, /, *, common: Common, paths: tuple[str, ...], review: bool, diff: bool) -> None:
    """Apply the fixes that are proven to leave the image the same, until there are no more.

    A PATH is a Dockerfile, - for standard input (the result is printed), or a folder, which is searched for
    Dockerfiles (default: this one). Exits with 0, with 1 if --diff has a change to show, or with 2 if something could
    not be read or written.
    """
    if STDIN in paths and len(paths) > 1 and not diff:
        raise click.UsageError("- must be the only PATH, because its result is printed.")
    paint = Paint(is_colored(common.color, sys.stdout))
    is_report_result = not diff and STDIN not in paths

    def one(source: Source, checked: Checked) -> _Done:
        result = fixed(checked, review=review)
        if is_report_result and source.target.path is not None and result.is_changed:
            write(source.target.path, source.data, source.encode(result.text))
        return _Done(source, result)

    with Run(common) as run:
        done: list[Fixed] = []
        for it in run.each(paths or (".",), one):
            if diff:
                click.echo(it.diff(paint), nl=False, color=True)
            elif not is_report_result:
                click.echo(it.source.encode(it.result.text), nl=False)
            done.append(it.result)
            report = render_fixed(it.result, paint if is_report_result else Paint(), is_written=not diff)
            click.echo("".join(f"{line}\n" for line in report), nl=False, err=not is_report_result, color=True)
        if done:
            click.echo(render_summary(done, is_written=not diff), err=not is_report_result)
        code = 2 if run.failed else int(diff and any(it.is_changed for it in done))
    context.exit(code)


@dataclass(frozen=True, slots=True)
class _Done:
    source: Source
    result: Fixed

    def diff(self, paint: Paint) -> str | bytes:
        source = self.source
        path = "stdin" if source.target.path is None else _from_here(source.target.path)
        before, after = source.data, source.encode(self.result.text)
        text = unified_diff(path, before.decode(), after.decode(), paint)
        # In bytes, so that no stream changes the line ends.
        return text if paint.colored else text.encode("utf-8", "surrogateescape")


def _from_here(path: Path) -> str:
    """Return the path from the working folder, where a patch is applied, if it is below it."""
    here = Path.cwd()
    normal = Path(os.path.normpath(path.absolute()))
    return normal.relative_to(here).as_posix() if normal.is_relative_to(here) else normal.as_posix()
