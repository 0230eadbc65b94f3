"""The layer map: which steps and arrows it has, how each looks, and that every text gives a picture."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.context.build_context import BuildContext
from layerwise.context.listing import FileEntry, FileKind, Listing
from layerwise.ide.expected_cost import Cost
from layerwise.ide.explanation import explain
from layerwise.ide.layer_map import changes_in_words, layer_map
from layerwise.ide.layer_map_layout import Card, lay_out, rounded
from layerwise.ide.layer_map_rows import Look, stacks_of
from layerwise.ide.layer_map_style import SIGNS, STYLE
from layerwise.ide.layer_map_text import cells, cut, printable, sans_width, short, wrap
from layerwise.ide.typical_edit import typical_edit
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from strategies import dockerfiles

SVG: Final = "{http://www.w3.org/2000/svg}"
PROJECT: Final = BuildContext.of_texts(dict.fromkeys(("package.json", "src/a.ts", "src/b.ts", "docs/readme.md"), ""))
# What is not edited as often as source, and a link: an edit of what it leads to changes nothing that is copied.
_ASIDE = (".env", ".github/a.js", "Dockerfile", "LICENSE", "README.md", "docs/a.html")
OTHERS: Final = BuildContext(
    listing=Listing(
        {it: FileEntry() for it in (*_ASIDE, "z.html")} | {"src/a.js": FileEntry(kind=FileKind.SYMLINK, link="../gone")}
    )
)
WEB: Final = """\
FROM node:24 AS build
WORKDIR /app
COPY package.json ./
RUN npm ci
COPY . .
ENV MODE=production
RUN npm run build

FROM build AS test
RUN npm test

FROM nginx
COPY --from=build /app/dist /srv
RUN --mount=from=build,source=/app,target=/app true
EXPOSE 80
"""


def analysed(text: str, context: BuildContext = PROJECT, target: str | None = None) -> Analysis:
    return analyse(LineIndex(text), parse(text), context, Options(target=target))


def drawn(text: str, context: BuildContext = PROJECT, target: str | None = None) -> str:
    """Draw the map of the edit that is typical."""
    analysis = analysed(text, context, target)
    typical = typical_edit(analysis)
    return layer_map(explain(analysis, typical.rebuilds), (typical.subject,), typical.remark)


def parsed(svg: str) -> Xml.Element:
    return Xml.fromstring(svg)  # noqa: S314 - our own


def groups(root: Xml.Element) -> list[tuple[str, int, str]]:
    """Return the class, the line and the instruction of each step and stage, as it is hovered."""
    found: list[tuple[str, int, str]] = []
    for it in root.iter(f"{SVG}g"):
        kind = it.get("class", "")
        if kind.split(" ")[0] in ("step", "stage"):
            title = (it.findtext(f"{SVG}title") or "").split("\n")
            found.append((kind, int(it.get("data-line", "")), title[kind.startswith("stage")]))
    return sorted(found, key=lambda it: it[1])


def arrows(root: Xml.Element) -> list[tuple[str, int, int]]:
    """Return the kind of each arrow, and the lines that it leads from and to."""
    paths = (it for it in root.iter(f"{SVG}path") if it.get("data-from") is not None)
    return sorted(
        (it.get("class", "").split(" ")[1], int(it.get("data-from", "")), int(it.get("data-to", ""))) for it in paths
    )


def text_of(root: Xml.Element, kind: str) -> str:
    found = next(it for it in root.iter(f"{SVG}text") if kind in it.get("class", "").split(" "))
    return "".join(found.itertext())


def test_every_step_is_there_once_on_its_line_and_looks_like_its_verdict() -> None:
    assert groups(parsed(drawn(WEB))) == [
        ("stage kept", 0, "FROM node:24 AS build"),
        ("step kept", 1, "WORKDIR /app"),
        ("step kept", 2, "COPY package.json ./"),
        ("step kept", 3, "RUN npm ci"),
        ("step rebuilds", 4, "COPY . ."),
        ("step plain", 5, "ENV MODE=production"),
        ("step rebuilds", 6, "RUN npm run build"),
        ("stage unbuilt", 8, "FROM build AS test"),
        ("step unbuilt", 9, "RUN npm test"),
        ("stage kept", 11, "FROM nginx"),
        ("step maybe", 12, "COPY --from=build /app/dist /srv"),
        ("step maybe", 13, "RUN --mount=from=build,source=/app,target=/app true"),
        ("step plain", 14, "EXPOSE 80"),
    ]


def test_arrows_lead_from_the_last_step_of_a_stage_to_what_takes_from_it() -> None:
    assert arrows(parsed(drawn(WEB))) == [("copy", 6, 12), ("from", 6, 8), ("mount", 6, 13)]
    assert arrows(parsed(drawn("FROM a\nRUN b\nFROM c\nCOPY --from=0 / /\nCOPY --from=alpine / /\n"))) == [
        ("copy", 1, 3)
    ]
    assert arrows(parsed(drawn("FROM a AS b\nONBUILD COPY --from=a / /\nFROM b\n"))) == [("from", 0, 2)]
    assert arrows(parsed(drawn("FROM a AS a\nFROM b AS b\nONBUILD COPY --from=a / /\nFROM b\n"))) == [
        ("copy", 0, 2),
        ("from", 1, 3),
    ]


def test_what_a_base_leaves_with_onbuild_is_drawn_where_it_is_carried_out() -> None:
    text = "FROM a AS base\nONBUILD COPY src /src\nONBUILD RUN make\nFROM base AS app\nRUN x\nFROM b\nCOPY --from=app / /\n"
    root = parsed(drawn(text))
    assert text_of(root, "summary") == "An edit of src/a.ts rebuilds 3 of 4 steps"
    assert groups(root) == [
        ("stage kept", 0, "FROM a AS base"),
        ("step plain", 1, "ONBUILD COPY src /src"),
        ("step rebuilds", 1, "COPY src /src"),
        ("step plain", 2, "ONBUILD RUN make"),
        ("step rebuilds", 2, "RUN make"),
        ("stage kept", 3, "FROM base AS app"),
        ("step rebuilds", 4, "RUN x"),
        ("stage kept", 5, "FROM b"),
        ("step maybe", 6, "COPY --from=app / /"),
    ]
    titles = [it.text or "" for it in root.iter(f"{SVG}title")]
    assert any(it.startswith("ONBUILD RUN make") and it.endswith("carried out in stage app") for it in titles)
    assert "RUN make\nline 3, rebuilds: the step before it re-runs\nONBUILD of stage base" in "\n".join(titles)


def test_the_summary_answers_the_question() -> None:
    root = parsed(drawn(WEB))
    assert text_of(root, "summary") == "An edit of src/a.ts rebuilds 2 of 7 steps"
    assert root.get("aria-label") == text_of(root, "summary")
    notes = ["".join(it.itertext()) for it in root.iter(f"{SVG}text") if it.get("class") == "quiet note"]
    assert notes == [
        "2 more only if copied content differs.",
        "The same goes for 3 of the 4 files of the build context that are in the key of a step.",
    ]


@pytest.mark.parametrize(
    ("text", "context", "summary"),
    [
        ("", PROJECT, "There are no steps that a build could keep in its cache"),
        ("FROM a\nENV A=1\n", PROJECT, "There are no steps that a build could keep in its cache"),
        ("FROM a\nRUN b\n", PROJECT, "An edit of a source file rebuilds nothing: the only step stays cached"),
        ("FROM a\nCOPY src /\n", PROJECT, "An edit of src/a.ts rebuilds the only step"),
        ("FROM a\nCOPY . /\nRUN b\n", OTHERS, "An edit of z.html rebuilds all 2 steps"),
        ("FROM a\nCOPY gone.txt /\nRUN b\n", BuildContext(), "A new gone.txt rebuilds all 2 steps"),
        ("FROM a\nCOPY . /\nRUN b\n", BuildContext(), "A new file in the build context rebuilds all 2 steps"),
        ("FROM a\nRUN b\nCOPY . /\n", BuildContext.unknown(), "An edit of a source file may rebuild 1 of 2 steps"),
        ("FROM a\nCOPY src /\nCOPY $X /\nCOPY --link $X /\n", PROJECT, "An edit of src/a.ts rebuilds 2 of 3 steps"),
    ],
)
def test_what_is_asked_if_nobody_names_a_change(text: str, context: BuildContext, summary: str) -> None:
    assert parsed(drawn(text, context)).get("aria-label") == summary


def test_the_words_of_a_change() -> None:
    assert changes_in_words(["a", "b"], ["V"], "HEAD") == (
        "an edit of a and b",
        "another value of V",
        "what changed since HEAD",
    )
    assert changes_in_words("abcd", "VWXY") == ("an edit of 4 files", "another value of 4 build arguments")
    explanation = explain(analysed(WEB))
    summary = text_of(parsed(layer_map(explanation, changes_in_words(["a"], ["V"]))), "summary")
    assert summary == "An edit of a and another value of V rebuild nothing: all 7 steps stay cached"
    assert text_of(parsed(layer_map(explanation)), "summary") == "7 steps"


def test_the_target_decides_what_is_built() -> None:
    looks = {line: kind for kind, line, _ in groups(parsed(drawn(WEB, target="test")))}
    assert (looks[8], looks[9], looks[11], looks[12]) == (
        "stage rebuilds", "step rebuilds", "stage unbuilt", "step unbuilt",
    )  # fmt: skip
    assert "There is no stage x, so nothing is built." in drawn(WEB, target="x")


def test_hovering_tells_all_and_it_can_be_reached_by_keyboard() -> None:
    root = parsed(drawn(WEB))
    copy = next(it for it in root.iter(f"{SVG}g") if it.get("data-line") == "4")
    assert copy.findtext(f"{SVG}title") == (
        "COPY . .\n"
        "line 5, rebuilds: it copies src/a.ts, which was edited\n"
        "its key holds: the step before it; the names of its sources, its destination and its flags; "
        "the names, content and modes of 4 files\n"
        "4 files"
    )
    assert (copy.get("role"), copy.get("tabindex")) == ("link", "0")
    assert (copy.get("aria-label") or "").startswith("COPY . ., line 5, rebuilds: it copies src/a.ts")
    arrow = next(it for it in root.iter(f"{SVG}g") if it.find(f"{SVG}path[@data-to='12']") is not None)
    assert arrow.findtext(f"{SVG}title") == "line 13 copies /app/dist from stage build"


def test_a_look_is_not_told_by_colour_alone() -> None:
    assert set(SIGNS) == set(Look) - {Look.PLAIN}
    for it in parsed(drawn(WEB)).iter(f"{SVG}g"):
        kind, _, look = it.get("class", "").partition(" ")
        if kind == "step" and look != "plain":
            assert it.find(f"{SVG}path[@class='sign']") is not None


def luminance(color: tuple[float, ...]) -> float:
    linear = (it / 12.92 if it <= 0.03928 else ((it + 0.055) / 1.055) ** 2.4 for it in (part / 255 for part in color))
    return sum(share * it for share, it in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_text_has_the_contrast_that_it_needs() -> None:
    """WCAG AA: 4.5 for text, on each tint over the card."""
    palettes = re.findall(r"\.layer-map\{(--lm-paper:.*?)(?:font-family|\})", STYLE)
    assert len(palettes) == 5
    for palette in palettes:
        found = re.findall(r"--lm-([\w-]+):(?:var\(--vscode-\w+-?\w*,)?(#\w{6})", palette)
        colors = {name: tuple(int(it[at : at + 2], 16) for at in (1, 3, 5)) for name, it in found}
        for look in ("kept", "rebuilds", "maybe", "unknown"):
            share = 0.18 if look == "rebuilds" else 0.14
            ground = tuple(
                a * (1 - share) + b * share for a, b in zip(colors["card"], colors[f"{look}-tint"], strict=True)
            )
            for ink in (look, "ink", "quiet"):
                bright, dark = sorted((luminance(ground), luminance(colors[ink])), reverse=True)
                assert (bright + 0.05) / (dark + 0.05) >= 4.5, (look, ink)


def test_what_is_expected_to_take_longer_is_taller() -> None:
    text = "FROM a\nENV A=1\nWORKDIR /b\nCOPY f /\nCOPY some /\nCOPY many /\nRUN c\nRUN npm ci\n"
    files = ["f", *(f"some/{it}" for it in range(100)), *(f"many/{it}" for it in range(501))]
    explanation = explain(analysed(text, BuildContext.of_texts(dict.fromkeys(files, ""))))
    (stage,) = explanation.stages
    assert [it.expected.cost for it in stage.steps[1:]] == list(Cost)
    assert [it.expected.words for it in stage.steps[3:6]] == ["1 file", "100 files", "501 files"]
    (stack,), _ = stacks_of(explanation)
    heights = [it.height for it in stack.rows[1:]]
    assert heights == sorted(set(heights))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("cd x && npm ci", "npm ci"),
        ("npm run build", "npm run build"),
        ("apt-get update && sudo -E apt-get -y install b", "apt-get install"),
        ("python3 -m pip install -r r.txt", "pip install"),
        ("pip3.12 install a", "pip3.12 install"),
        ("./configure && true", "configure"),
        ("GOOS=linux go build ./...", "go build"),
        ("go mod download", "go mod download"),
        ("yarn", "yarn"),
        ("apt-get clean", ""),
        ("npm --version", ""),
        ("echo make", ""),
    ],
)
def test_what_is_expected_to_take_long(command: str, words: str) -> None:
    (stage,) = explain(analysed(f"FROM a\nRUN {command}\n")).stages
    expected = stage.steps[1].expected
    assert expected.cost is (Cost.LONG if words else Cost.COMMAND)
    assert expected.words == (f"{words}: expected to take long" if words else "")


def test_runs_of_many_steps_are_folded() -> None:
    text = "FROM a AS a\n" + "RUN b\n" * 200 + "COPY src /\n" + "RUN c\nENV D=1\n" * 150 + "FROM b\nCOPY --from=a / /\n"
    svg = drawn(text)
    root = parsed(svg)
    found = groups(root)
    assert len(svg) < 30_000
    assert [(kind, line) for kind, line, _ in found if line < 502] == [
        ("stage kept", 0),
        ("step kept", 1),
        ("step kept", 2),
        ("step kept", 3),
        ("step kept", 200),
        ("step rebuilds", 201),
        ("step rebuilds", 202),
        ("step rebuilds", 203),
        ("step plain", 501),
    ]
    titles = [title for _, _, title in found]
    assert titles[3] == "197 instructions, lines 4 to 200: 197 kept"
    assert titles[7] == "298 instructions, lines 204 to 501: 149 rebuilds, 149 makes no step"
    # An arrow from or to one that is folded leads from or to the fold, and says the true line.
    assert arrows(root) == [("copy", 500, 503)]


def test_steps_that_look_different_one_by_one_are_folded_as_well() -> None:
    text = "FROM a\n" + "COPY --link src /\nCOPY --link docs /\n" * 500
    assert len(groups(parsed(drawn(text)))) < 40


def test_a_picture_has_a_limit() -> None:
    text = "".join(f"FROM a AS s{it}\nRUN b\nCOPY . .\nRUN c\n" for it in range(400)) + "FROM s0\nCOPY --from=s7 / /\n"
    svg = drawn(text)
    root = parsed(svg)
    assert len(svg) < 400_000
    assert "321 more stages are left out of the picture." in svg
    assert {"FROM a AS s0", "FROM a AS s7", "FROM s0"} <= {title for _, _, title in groups(root)}


def test_it_is_the_same_each_time() -> None:
    assert drawn(WEB) == drawn(WEB)


@pytest.mark.parametrize(
    "evil", ["<script>&\"'", "]]>", "\x01\x00\x0b", "\u202etxt", "\ufffe\uffff", "🐳" * 90, "x" * 9000]
)
def test_any_text_is_shown_as_text(evil: str) -> None:
    root = parsed(drawn(f'FROM a AS {evil}\nRUN {evil}\nRUN npm run "{evil}"\nCOPY {evil} /\n'))
    assert not list(root.iter(f"{SVG}script"))
    assert all(cells("".join(it.itertext())) < 90 for it in root.iter(f"{SVG}text"))


@given(dockerfiles() | st.text(), st.booleans())
def test_any_text_gives_a_picture(text: str, is_known: bool) -> None:  # noqa: FBT001
    analysis = analysed(text, PROJECT if is_known else BuildContext.unknown())
    typical = typical_edit(analysis)
    explanation = explain(analysis, typical.rebuilds)
    root = parsed(layer_map(explanation, (typical.subject,), typical.remark))
    lines = sorted(step.line - 1 for stage in explanation.stages for step in stage.steps)
    shown = [line for _, line, _ in groups(root)]
    assert shown == lines if len(lines) < 20 else set(shown) <= set(lines)


@st.composite
def stage_graphs(draw: st.DrawFn) -> str:
    """Draw a Dockerfile whose stages take from earlier ones."""
    lines: list[str] = []
    for index in range(draw(st.integers(1, 14))):
        bases = ["alpine", *(f"s{it}" for it in range(index))]
        lines.append(f"FROM {draw(st.sampled_from(bases))} AS s{index}")
        lines += draw(
            st.lists(st.sampled_from(["RUN a", "RUN make", "WORKDIR /x", "ENV A=1", "COPY src /"]), max_size=6)
        )
        for origin in draw(st.lists(st.integers(0, index - 1), max_size=3)) if index else ():
            lines.append(
                draw(st.sampled_from([f"COPY --from=s{origin} / /", f"RUN --mount=from=s{origin},target=/m x"]))
            )
    return "\n".join(lines)


@given(stage_graphs())
def test_nothing_overlaps(text: str) -> None:
    """No card lies on another, and no arrow runs through a card."""
    drawing = lay_out(stacks_of(explain(analysed(text)))[0], 600)
    cards = drawing.cards
    assert all(not overlap(a, b) for at, a in enumerate(cards) for b in cards[:at])
    assert all(it.x >= 0 and it.x + it.width <= drawing.width and it.y + it.height <= drawing.height for it in cards)
    for arrow in drawing.arrows:
        for (x1, y1), (x2, y2) in pairwise(arrow.points):
            assert x1 == x2 or y1 == y2
            for card in cards:
                # The first and the last line end at a row, which is a little inside the card.
                left, right = card.x + 8, card.x + card.width - 8
                crosses = max(x1, x2) > left and min(x1, x2) < right
                assert not (crosses and max(y1, y2) > card.y and min(y1, y2) < card.y + card.height)


def overlap(a: Card, b: Card) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def test_text_is_cut_and_broken_by_its_width() -> None:
    assert cut("COPY . .", 8) == "COPY . ."
    assert cut("COPY . ..", 8) == "COPY .…"
    assert cut("日本語", 5) == "日本…"
    assert wrap("RUN one two three", 8, 2) == ["RUN one", "two thr…"]
    assert wrap("x" * 20, 8, 3) == ["x" * 8, "x" * 8, "x" * 4]
    assert wrap("", 8, 2) == []
    assert sans_width(10)("WiW") > sans_width(10)("iii")
    assert short("src/" + "a" * 60) == "…" + "a" * 43
    assert short("packages/" * 9 + "src/main.ts") == "…/packages/packages/packages/src/main.ts"
    assert printable("a\tb\x01\ud800") == "a b␁\ufffd"
    assert printable("x" * 20, 10) == "x" * 9 + "…"


def test_corners_are_round_where_there_is_room() -> None:
    assert rounded([(0, 0), (20, 0), (20, 4), (40, 4)], 9) == "M0,0L18,0Q20,0 20,2L20,2Q20,4 22,4L40,4"
    assert rounded([(0, 0), (0, 0), (9, 0)], 9) == "M0,0L9,0"
