"""``layerwise check``: report what is found."""

from __future__ import annotations

import json
import sys

import click

from layerwise.cli.checked import Checked
from layerwise.cli.display import encodable
from layerwise.cli.options import Common, common_options
from layerwise.cli.paint import Paint, is_colored, width_of
from layerwise.cli.render_json import json_of
from layerwise.cli.render_text import Look, Tally, render_file
from layerwise.cli.work import Run
from layerwise.rules.rule import Severity


@click.command("check", short_help="Report what wastes the build cache.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
@click.option(
    "--fail-on",
    type=click.Choice(["none", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="Exit with 1 if there is a finding of this severity or above.",
)
@common_options
@click.pass_context
def command(context: click.Context, /, *, common: Common, paths: tuple[str, ...], form: str, fail_on: str) -> None:
    """Report what makes Docker's build cache less useful than it could be.

    A PATH is a Dockerfile, - for standard input, or a folder, which is searched for Dockerfiles (default: this one).
    Exits with 0 if nothing at or above --fail-on is found, 1 if something is, 2 if something could not be read.
    """
    is_loud = False
    with Run(common) as run:
        look = Look(Paint(is_colored(common.color, sys.stdout)), width_of(sys.stdout), common.arguments)
        files: list[Checked] = []
        tally = Tally()
        for checked, text in run.each(paths or (".",), lambda _, it: (it, _text(it, look) if form == "text" else "")):
            is_loud = is_loud or _is_loud(checked, fail_on)
            tally.add(checked)
            click.echo(text, nl=False, color=True)
            if form == "json":
                files.append(checked)
        if form == "json":
            data = json.dumps(json_of(files), ensure_ascii=False, indent=2)
            click.echo(f"{encodable(data)}\n".encode(), nl=False)
        elif tally.files:
            click.echo(tally)
        code = 2 if run.failed else int(is_loud)
    context.exit(code)


def _text(checked: Checked, look: Look) -> str:
    return "".join(f"{it}\n" for it in render_file(checked, look))


def _is_loud(checked: Checked, fail_on: str) -> bool:
    if fail_on == "none":
        return False
    found = [it.severity for it in checked.findings] + [Severity.ERROR] * bool(checked.problems)
    return any(it.loudness >= Severity(fail_on).loudness for it in found)
