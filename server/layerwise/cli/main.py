"""The command ``layerwise``: which commands there are, and how the program ends.

A command is imported when it is used, so that ``layerwise --version`` does not pay for the analysis.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Final, cast

import click
from typing_extensions import override

from layerwise.cli.end import INTERRUPTED, be_printable, code_after, flushed, internal_error, usage_error

_COMMANDS: Final = ("check", "fix", "explain", "rules", "ecosystems", "serve")
"""Each is the ``command`` of the module of its name."""


class _Commands(click.Group):
    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return cast("click.Command", importlib.import_module(f"layerwise.cli.{cmd_name}").command)

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            import difflib  # noqa: PLC0415 - not needed otherwise

            close = difflib.get_close_matches(name, _COMMANDS, 1)
            hint = f"did you mean {close[0]}?" if close else f"the commands are {', '.join(_COMMANDS)}."
            ctx.fail(f"there is no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    @override
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except OSError as error:
            ctx.exit(code_after(error))
        except Exception as error:  # noqa: BLE001 - no traceback for those who can do nothing about it
            click.echo(f"layerwise: {internal_error(error)}", err=True)
            ctx.exit(2)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="layerwise", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, /) -> None:
    """Make Docker's build cache visible: which steps re-run for nothing, and how to keep them cached."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
    be_printable()
    try:
        code: object = cli.main(arguments, prog_name="layerwise", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.UsageError as error:
        click.echo(f"layerwise: {usage_error(error)}", err=True)
        return error.exit_code
    return flushed(code if isinstance(code, int) else 0)
