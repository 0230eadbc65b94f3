"""What the values of variables make a program read: certificates, settings, and paths that nobody knows the use of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerwise.context.image_files import Arrivals
from layerwise.effects.environment import HOME_VARIABLE, homes_of, steers
from layerwise.effects.habits import CERTIFICATES, STARTUP
from layerwise.effects.started import Started
from layerwise.semantics.paths import join
from layerwise.semantics.run import literal

_ABSOLUTE: Final = re.compile(r"(?<![\w.$}])/(?!/)[^\s:=,;'\"@]+")
_RELATIVE: Final = re.compile(r"(?<![\w./$}{-])[\w.][^\s:=,;'\"@$]*")
_OWN_RULE: Final = frozenset({"PATH", "HOME", "PWD", "OLDPWD"})


def steered(started: Started, arrivals: Arrivals) -> Iterator[str]:
    """Yield a clause for each variable whose file or folder, of the context, steers the program."""
    homes, _ = homes_of(started.command, started.placed.scope)
    for name, values in started.texts_like(started.habits.variables, STARTUP).items():
        for value in values:
            at_home = HOME_VARIABLE.match(value)
            rest = value[at_home.end() :].lstrip("/") if at_home else value
            if "$" in rest:
                yield f"{name} depends on a variable, and may name a file of the project"
                break
            if rest and any(
                arrivals.any_below(join(folder, it))
                for folder in (homes if at_home else started.folders)
                for it in {rest, *re.split(r"[:;,\s]+", rest)} - {""}
            ):
                yield f"{name} names {value}, which is part of the project"
                break


def certificates(started: Started, arrivals: Arrivals) -> Iterator[str]:
    """Yield the certificates of the context that variables name, as image paths."""
    for values in started.texts_like(CERTIFICATES).values():
        places = (join(it, value) for value in values if value for it in started.folders)
        yield from (it for it in places if arrivals.exists(it))


def named(started: Started) -> Iterator[tuple[str, str]]:
    """Yield (variable, image path) of all paths that values and the words of the command name, be they there or not.

    A relative one counts where the variable is one that managers and shells know.
    """
    for name, values in started.texts.items():
        if name in _OWN_RULE:
            continue
        for value in values:
            yield from ((name, it) for it in _ABSOLUTE.findall(value))
            if steers(name):
                relatives = (it for it in _RELATIVE.findall(value) if it.strip("./"))
                yield from ((name, join(folder, it)) for it in relatives for folder in started.folders)
    for word in started.command.words:
        yield from (("the command", it) for it in _ABSOLUTE.findall(literal(word, started.placed.scope) or ""))
