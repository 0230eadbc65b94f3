"""``layerwise serve``: the language server. The one door from the command line to it."""

from __future__ import annotations

import click


@click.command("serve")
@click.option("--stdio", is_flag=True, help="Talk over stdin and stdout; so it does without the option, too.")
@click.pass_context
def command(context: click.Context, /, *, stdio: bool) -> None:  # noqa: ARG001 - editors give it
    """Run the language server, for an editor to talk to."""
    # Only here: pygls takes longer to import than a small file to check.
    from layerwise.lsp.server import run_stdio  # noqa: PLC0415

    context.exit(run_stdio())
