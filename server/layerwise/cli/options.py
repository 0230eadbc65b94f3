"""The options that commands have in common, and the settings that they make."""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import click

from layerwise.buildcache.build import Builder
from layerwise.rules.registry import NAMES
from layerwise.workspace.settings import Layer

_Option: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]

COLOR: Final = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the output; auto: in a terminal, unless NO_COLOR is set.",
)


DOCUMENTATION_FORMAT: Final = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print.",
)


@dataclass(frozen=True, slots=True)
class Common:
    """What was given on the command line; ``build_args`` as written."""

    context: Path | None = None
    builder: str | None = None
    target: str | None = None
    build_args: tuple[str, ...] = ()
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    color: str = "auto"
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def layer(self) -> Layer:
        """Return the settings that win over those of files."""
        off = (NAMES - self.select if self.select else frozenset[str]()) | self.ignore
        values: dict[str, object] = {
            "context": None if self.context is None else str(self.context.absolute()),
            "builder": self.builder,
            "target": self.target,
            "build-args": dict(self._build_args()),
            "rules": dict.fromkeys(sorted(off), "off"),
        }
        return Layer("the command line", values)

    def _build_args(self) -> list[tuple[str, str]]:
        """Return the arguments with their values; one without takes the environment's, or is not given at all."""
        parts = (it.partition("=") for it in self.build_args)
        pairs = ((name, value if equals else self.environment.get(name)) for name, equals, value in parts)
        return [(name, value) for name, value in pairs if value is not None]

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the options that another command needs to see the same."""
        given = [
            ("--context", None if self.context is None else str(self.context)),
            ("--builder", self.builder),
            ("--target", self.target),
            *(("--build-arg", it) for it in self.build_args),
            ("--select", ",".join(sorted(self.select)) or None),
            ("--ignore", ",".join(sorted(self.ignore)) or None),
        ]
        return tuple(part for name, value in given if value is not None for part in (name, value))


def _rules(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(name for it in values for part in it.split(",") if (name := part.strip()))
    if values and not names:
        raise click.BadParameter("it names no rule.")
    for name in sorted(names - NAMES):
        raise click.BadParameter(unknown_rule(name))
    return names


def unknown_rule(name: str) -> str:
    """Say that there is no such rule, and which one may have been meant."""
    close = difflib.get_close_matches(name.lower().replace("_", "-")[:100], sorted(NAMES), 1)
    hint = f"did you mean {close[0]}?" if close else "`layerwise rules` lists those there are."
    return f"there is no rule {name!r}; {hint}"


def _build_args(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.partition("=")[0].strip():
            raise click.BadParameter(f"{value!r} has no name; write NAME=VALUE.")
    return values


_BUILD: Final = (
    click.option(
        "--context",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="The folder of the build context (otherwise found).",
    ),
    click.option(
        "--builder",
        type=click.Choice([it.value for it in Builder]),
        help="The builder whose cache is meant (buildkit).",
    ),
    click.option("--target", metavar="STAGE", help="The stage that is built (otherwise the last)."),
    click.option(
        "--build-arg",
        "build_args",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_build_args,
        help="A build argument; NAME alone takes the environment's value. Repeatable.",
    ),
)
_RULES: Final = (
    click.option("--select", multiple=True, metavar="RULE,…", callback=_rules, help="Only these rules."),
    click.option("--ignore", multiple=True, metavar="RULE,…", callback=_rules, help="Not these rules."),
)


def build_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what is built, and ``--color``; it gets them as ``common``."""
    return _with(command, (*_BUILD, COLOR))


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these and the options that choose rules."""
    return _with(command, (*_BUILD, *_RULES, COLOR))


def _with(command: Callable[..., None], options: Sequence[_Option]) -> Callable[..., None]:
    @functools.wraps(command)
    def wrapped(
        *,
        context: Path | None,
        builder: str | None,
        target: str | None,
        build_args: tuple[str, ...],
        color: str,
        select: frozenset[str] = frozenset(),
        ignore: frozenset[str] = frozenset(),
        **others: object,
    ) -> None:
        command(common=Common(context, builder, target, build_args, select, ignore, color), **others)

    result: Callable[..., None] = wrapped
    for option in reversed(options):
        result = option(result)
    return result
