"""Which heredocs a RUN line opens, compared with BuildKit's own parser (PyPI ``dockerfile``, BuildKit 0.12.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import dockerfile
from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.expansion import heredocs_of


class Heredoc(Protocol):
    name: str
    file_descriptor: int
    content: str


class Command(Protocol):
    cmd: str
    heredocs: Sequence[Heredoc]


# The package has no types.
parse_string: Final[Callable[[str], Sequence[Command]]] = vars(dockerfile)["parse_string"]

PIECES: Final = (
    *("<<", "<<-", "<<E", "<<'E'", '<<"F"', "3<<", "<", "<<<", "E", "F", "a", " ", " ", "\t", "'", '"', "\\"),
    *("$", "$A", "${A}", "${", "}", "-", "1", "(", ")", "#", ";", "é", "\u00a0", ">x"),
)

# What has changed since this version: an operand in braces clears the word that it stands in (Dockerfile 1.10), and
# blanks may follow `<<` (1.16).
NEWER: Final = re.compile(r"\$\{\w*-|<<(?=[\t ])")
TAIL: Final = st.lists(st.sampled_from(PIECES), max_size=10).map("".join).filter(lambda it: not NEWER.search(it))


@given(TAIL)
def test_heredocs_of_a_line(tail: str) -> None:
    line = f"RUN cat {tail}x"
    ours = heredocs_of(line)
    # With a body for each, the builder reads on to the last line, unless it opens others.
    bodies = "".join(f"body {number}\n{start.name}\n" for number, start in enumerate(ours))
    run, last = parse_string(f"{line}\n{bodies}STOPSIGNAL 9\n")
    assert last.cmd.upper() == "STOPSIGNAL"
    assert [(it.name, it.file_descriptor, it.content) for it in run.heredocs] == [
        (start.name, start.descriptor, f"body {number}\n") for number, start in enumerate(ours)
    ]
