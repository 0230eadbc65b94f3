"""How much work a text makes, in calls of functions, which no machine makes slower: it grows with the text, not with its square.

What still grows faster, or is done where nothing has to be, is marked as such.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest

from layerwise.cli.checked import Checked
from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.edit import Edit, apply_edits
from layerwise.text.line_index import Encoding, LineIndex, Position
from layerwise.text.span import Span

CONTEXT = BuildContext.of_texts(
    {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3, "packages": {}}', "a.js": "", "r.txt": ""}
)
TEXTS: dict[str, Callable[[int], str]] = {
    "ONBUILD in a row": lambda n: f"FROM a\n{'ONBUILD ' * n}RUN x\n",
    "a long mount": lambda n: f"FROM a\nRUN --mount=type=cache,target=/x{',id=a' * n} x\n",
    "lines of one stage": lambda n: "FROM a\n" + "RUN x\n" * n,
    "problems": lambda n: "FROM a\n" + "COPPY a b\n" * n,
    "WORKDIRs with ..": lambda n: "FROM a\n" + "WORKDIR a/../b\n" * n,
    "commands in a RUN": lambda n: f"FROM a\nRUN npm ci{' && true' * n}\n",
    "open braces": lambda n: f"FROM a\nRUN npm ci {' { ' * n}\n",
    "ignore comments": lambda n: "FROM a\n" + "# layerwise: ignore[copy-before-install]\n" * n + "RUN x\n",
    "a heredoc of installs": lambda n: "FROM a\nCOPY . .\nRUN <<EOF\n" + "npm ci\n" * n + "EOF\n",
}  # fmt: skip


def calls(function: Callable[[], object]) -> int:
    """Count the calls that a function makes."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def check(text: str) -> None:
    _ = Checked.of("Dockerfile", analyse(LineIndex(text), parse(text), CONTEXT, Options()))


@pytest.mark.parametrize("name", TEXTS)
def test_four_times_the_text_is_four_times_the_work(name: str) -> None:
    make = TEXTS[name]
    few, many = (calls(lambda it=it: check(make(it))) for it in (10, 40))
    assert many <= 6 * few


@pytest.mark.xfail(strict=True, reason="each character of such a line is looked at, one by one")
def test_a_place_in_a_long_line_is_found_without_looking_at_each_character() -> None:
    lines = LineIndex("é" + "x" * 10_000)
    assert calls(lambda: lines.offset(Position(0, 9_000), Encoding.UTF16)) <= 200


STAGES = "".join(
    f"FROM node AS s{it}\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run x{it}\n"
    f"FROM node\nCOPY --from=s{it} /app/out /out\nCOPY . .\nRUN npm ci\n"
    for it in range(20)
)
EDITS = {
    "a comment": ("FROM node AS s10\n", "# builds\n", 300),
    "an ignore": ("WORKDIR /app\n", "# layerwise: ignore[copy-before-install]\n", 200),
    "behind an install": ("npm run x10\n", "RUN true\n", 125),
    "between COPY and install": ("/app/out /out\nCOPY . .\n", "LABEL a=b\n", 40),
    "another install": ("npm run x10\n", "COPY . /b\nRUN make\nRUN npm ci\n", 14),
    "a word": ("npm run x10", "0", 38),
    "a source": ("FROM node AS s10\nWORKDIR /app\nCOPY .", "/b", 38),
    "a stage in front": ("", "FROM node\nCOPY . .\nRUN npm ci\n", 2),
    "a stage at the end": (STAGES, "FROM node\nCOPY . .\nRUN npm ci\n", 17),
}
"""What is inserted, and behind what, and how many times as much work it is to analyse all anew."""


@pytest.fixture(scope="module")
def anew() -> int:
    return calls(lambda: analyse(LineIndex(STAGES), parse(STAGES), CONTEXT, Options()).reported)


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_one_stage_asks_of_no_other_anew(name: str, anew: int) -> None:
    behind, inserted, times = EDITS[name]
    before = analyse(LineIndex(STAGES), parse(STAGES), CONTEXT, Options())
    assert len(before.reported) == 40
    at = STAGES.index(behind) + len(behind)
    edit = Edit(Span(at, at), inserted)
    text = apply_edits(STAGES, [edit])

    def again() -> object:
        tree = before.dockerfile.tree.edited(edit, text)
        return analyse(before.lines.edited(edit), tree, CONTEXT, Options(), before).reported

    assert times * calls(again) <= anew


def peak(text: str) -> int:
    """Return the most bytes that are in use at one time."""
    tracemalloc.start()
    try:
        check(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LONG: dict[str, Callable[[int], str]] = {
    "requirements": lambda n: f"FROM a\nCOPY . .\nRUN pip install{''.join(f' -r {it}.txt' for it in range(n))}\n",
    "WORKDIRs with ..": lambda n: "FROM a\n" + "WORKDIR a/../b\n" * 4 * n,
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.xfail(strict=True, reason="each path and each command keeps the whole text of those before it")
def test_four_times_the_text_takes_four_times_the_memory(name: str) -> None:
    make = LONG[name]
    _ = peak(make(1))
    few, many = (peak(make(it)) for it in (250, 1000))
    assert many <= 6 * few


@pytest.mark.xfail(strict=True, reason="no text is too large to judge")
def test_what_no_project_has_is_not_judged_to_the_end() -> None:
    text = "FROM a\nCOPY . .\nRUN <<EOF\n" + "npm ci\n" * 400 + "EOF\n"
    assert calls(lambda: check(text)) <= 200_000
