"""What a keystroke costs: at 10,000 lines little more than at 200. Ratios of one run, never times."""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable
from statistics import median

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.edit import Edit
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

CONTEXT = BuildContext.of_texts(
    {
        "package.json": "{}",
        "package-lock.json": '{"lockfileVersion": 3, "packages": {}}',
        "src/a.js": "",
        "requirements.txt": "x\n",
    }
)

STAGE = """\
# stage {i}
FROM node:24 AS n{i}
WORKDIR /srv/{i}
ENV NODE_ENV=production
COPY . .
RUN npm ci --omit=dev
RUN apt-get update \\
    && apt-get install -y curl
CMD ["node", "x.js"]

"""
FLAT = """\
# step {i}
COPY src /srv/{i}
RUN make -C /srv/{i}
ENV STEP_{i}=done
LABEL step.{i}="{i}"
RUN pip install -r /srv/requirements-{i}.txt
"""


def stages(lines: int) -> str:
    return "".join(STAGE.format(i=i) for i in range(lines // STAGE.count("\n")))


def flat(lines: int) -> str:
    return "FROM python:3.14\nWORKDIR /srv\n" + "".join(FLAT.format(i=i) for i in range(lines // FLAT.count("\n")))


HEAD = """\
FROM python:3.14
ENV MODE=fast
ARG VERSION=1
WORKDIR /srv
COPY package.json /etc/project/
RUN make tools
"""
PLACES = {
    it: HEAD.index(it) + HEAD[HEAD.index(it) :].index("\n") for it in ("FROM", "ENV", "ARG", "WORKDIR", "COPY", "RUN")
}


def seconds_at_the_top(lines: int, keyword: str, edits: int) -> float:
    """The median time of the processor from typing in one of the first lines of a long stage to the findings."""
    text = HEAD + flat(lines).partition("WORKDIR /srv\n")[2]
    return seconds_per_edit(text, edits, PLACES[keyword])


def seconds_per_edit(text: str, edits: int, place: int | None = None) -> float:
    """The median time of the processor from an edit of one character to the findings."""
    lines, tree = LineIndex(text), parse(text)
    analysis = analyse(lines, tree, CONTEXT, Options())
    _ = analysis.reported
    spent: list[float] = []
    choose = random.Random(7)
    gc.collect()
    gc.freeze()
    for _ in range(edits):
        at = choose.randrange(len(text)) if place is None else place
        for edit in (Edit(Span(at, at), "x"), Edit(Span(at, at + 1), "")):
            start = time.thread_time()
            lines = lines.edited(edit)
            tree = tree.edited(edit, lines.text)
            analysis = analyse(lines, tree, CONTEXT, Options(), analysis)
            _ = analysis.reported
            spent.append(time.thread_time() - start)
    gc.unfreeze()
    return median(spent)


@pytest.mark.parametrize("make", [stages, flat])
def test_an_edit_of_a_large_file(make: Callable[[int], str]) -> None:
    small, large = seconds_per_edit(make(200), 100), seconds_per_edit(make(10_000), 30)
    sys.stderr.write(
        f"\n{make.__name__}: 200 lines {small * 1e3:.2f} ms, 10,000 lines {large * 1e3:.2f} ms, x {large / small:.1f}\n"
    )
    # What is left are copies of lists, fifty times as long; the protocol around it costs the same for both.
    assert large < 15 * small


@pytest.mark.parametrize("keyword", PLACES)
def test_an_edit_at_the_top_of_a_long_stage(keyword: str) -> None:
    small, large = seconds_at_the_top(2_000, keyword, 4), seconds_at_the_top(10_000, keyword, 2)
    sys.stderr.write(
        f"\n{keyword}: 2,000 lines {small * 1e3:.2f} ms, 10,000 lines {large * 1e3:.2f} ms, x {large / small:.1f}\n"
    )
    # Five times the lines, where each install is behind as many COPYs as are looked at: none is judged more than once.
    assert large < 8 * small
