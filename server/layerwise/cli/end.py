"""How the program ends when not by itself: a closed pipe, a full disk, a bug, options that are none.

Light, since every start imports it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

import click

BROKEN_PIPE: Final = 141
"""What a shell reports of a program that SIGPIPE ended."""
INTERRUPTED: Final = 130
BUG: Final = "this is a bug in layerwise, please report it"


def be_printable() -> None:
    """Have a terminal or pipe of another encoding show what it can not write as an escape, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def code_after(error: OSError) -> int:
    """Tell of an error outside of any Dockerfile, and return the exit code; a reader that left is told nothing."""
    # What is still buffered must not fail again when Python closes the streams.
    _give_up(sys.stdout)
    if isinstance(error, BrokenPipeError):
        _give_up(sys.stderr)
        return BROKEN_PIPE
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    click.echo(f"layerwise: {where}{error.strerror or error}; the results are not complete", err=True)
    return 2


def flushed(code: int) -> int:
    """Write out what is buffered, and return the exit code: the given one, if that went well."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return code_after(error)
    return code


def _give_up(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def usage_error(error: click.UsageError) -> str:
    """Return what is wrong with the command line in one line, as other errors are told, without the usage.

    Click's own messages begin with a capital; those of layerwise say what to do.
    """
    if isinstance(error, click.BadParameter) and error.message and error.param is not None:
        return f"{error.param.opts[0]}: {_in_the_middle(error.message)}"
    message = error.format_message()
    if not message[:1].isupper() or message.endswith("?"):
        return _in_the_middle(message)
    more = f"; see `{error.ctx.command_path} --help`" if error.ctx is not None else ""
    return f"{_in_the_middle(message).rstrip('.')}{more}"


def _in_the_middle(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def internal_error(error: BaseException) -> str:
    """Return the message on a bug; the environment variable LAYERWISE_DEBUG adds the traceback to it."""
    message = f"internal error ({type(error).__name__}: {str(error)[:200]}); {BUG}"
    return f"{message}\n{traceback_of(error)}" if traceback_of(error) else message


def traceback_of(error: BaseException) -> str:
    """Return the traceback if the environment variable LAYERWISE_DEBUG asks for it, else ""."""
    if not os.environ.get("LAYERWISE_DEBUG"):
        return ""
    import traceback  # noqa: PLC0415 - not needed otherwise

    return "".join(traceback.format_exception(error)).rstrip("\n")
