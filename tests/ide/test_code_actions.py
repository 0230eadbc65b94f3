"""What the light bulb offers. `$0` marks the cursor, or both ends of a selection."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.ide.code_actions import FIX_ALL, QUICK_FIX, REWRITE, Action, code_actions, fix_all_action, rewrite_action
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.edit import apply_edits
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

FILES = {"package.json": "{}", "package-lock.json": '{"packages": {}}', "server.js": ""}
SHOP = "FROM node\nWORKDIR /app\nCOPY . .\nENV A=1\nRUN npm ci\n"


def analysed(text: str, files: dict[str, str]) -> Analysis:
    return analyse(LineIndex(text), parse(text), BuildContext.of_texts(files), Options())


def offered(marked: str, files: dict[str, str] = FILES) -> list[Action]:
    start = marked.index("$0")
    text = marked.replace("$0", "")
    return list(code_actions(analysed(text, files), Span(start, marked.rindex("$0") - (2 * (marked.count("$0") - 1)))))


@pytest.mark.parametrize("marked", [SHOP.replace("COPY", "CO$0PY"), SHOP.replace("npm ci", "npm ci$0"), f"$0{SHOP}$0"])
def test_the_fix_is_offered_on_every_line_involved(marked: str) -> None:
    fix, _, ignore = offered(marked)
    assert (fix.title, fix.kind, fix.preferred) == (
        "Copy only package.json and package-lock.json before `npm ci`, the rest after it", QUICK_FIX, True,
    )  # fmt: skip
    assert apply_edits(SHOP, fix.edits) == (
        "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nENV A=1\nRUN npm ci\nCOPY . .\n"
    )
    assert (ignore.title, ignore.preferred) == ("Ignore copy-before-install here", False)


def test_the_other_form_of_the_fix_comes_second() -> None:
    _, mount, _ = offered(SHOP.replace("npm ci", "npm ci$0"))
    assert (mount.title, mount.kind, mount.preferred) == (
        "Mount package.json and package-lock.json for `npm ci` instead of copying first", QUICK_FIX, False,
    )  # fmt: skip
    assert apply_edits(SHOP, mount.edits) == (
        "FROM node\nWORKDIR /app\nENV A=1\n"
        "RUN --mount=type=bind,source=package.json,target=package.json \\\n"
        "    --mount=type=bind,source=package-lock.json,target=package-lock.json \\\n"
        "    npm ci\nCOPY . .\n"
    )


@pytest.mark.parametrize("syntax", ["docker/dockerfile:1.1", "docker/dockerfile:1.0-experimental"])
def test_there_is_no_other_form_where_mounts_are_not_known(syntax: str) -> None:
    offers = offered(f"# syntax={syntax}\n{SHOP.replace('npm ci', 'npm ci$0')}")
    assert not any(it.title.startswith("Mount") for it in offers)


@pytest.mark.parametrize("marked", [SHOP.replace("FROM", "FR$0OM"), SHOP.replace("ENV", "E$0NV")])
def test_nothing_elsewhere(marked: str) -> None:
    assert offered(marked) == []


def test_a_fix_for_review_says_what_to_look_at_and_is_not_preferred() -> None:
    fix, _ = offered(SHOP.replace("npm ci", "npm install$0"))
    assert not fix.preferred
    assert fix.title.endswith(
        "(review: `npm install` may rewrite package-lock.json, and the later COPY would put the old one back)"
    )


def test_where_there_is_no_fix_a_disabled_entry_says_why() -> None:
    files = {**FILES, "package.json": '{"scripts": {"postinstall": "node x.js"}}'}
    fix, _ = offered(SHOP.replace("npm ci", "npm ci$0"), files)
    assert fix.edits == ()
    assert fix.disabled == (
        'npm runs the script "postinstall" of package.json during the install, which may read any file'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHOP, "FROM node\nWORKDIR /app\n# layerwise: ignore[copy-before-install]\nCOPY . .\nENV A=1\nRUN npm ci\n"),
        ("FROM node\r\n  COPY . .\r\nRUN npm ci\r\n",
         "FROM node\r\n  # layerwise: ignore[copy-before-install]\r\n  COPY . .\r\nRUN npm ci\r\n"),
    ],
)  # fmt: skip
def test_the_comment_that_suppresses_goes_above_the_copy(text: str, expected: str) -> None:
    ignore = offered(text.replace("npm ci", "npm ci$0"))[-1]
    after = apply_edits(text, ignore.edits)
    assert after == expected
    assert analysed(after, FILES).findings == ()


def test_fix_all_applies_every_safe_fix_with_small_edits() -> None:
    text = SHOP + "FROM node AS two\n" + SHOP.removeprefix("FROM node\n")
    action = fix_all_action(analysed(text, FILES))
    assert action is not None
    assert (action.title, action.kind) == ("Apply all 2 safe layerwise fixes", FIX_ALL)
    after = apply_edits(text, action.edits)
    assert analysed(after, FILES).findings == ()
    assert sum(len(it.new_text) for it in action.edits) < len(text)


def test_fix_all_leaves_fixes_for_review_alone() -> None:
    assert fix_all_action(analysed(SHOP.replace("npm ci", "npm install"), FILES)) is None


def test_the_rewrite_of_a_stage_leaves_the_others_alone() -> None:
    """However alike they are."""
    first, second = SHOP, SHOP.replace("FROM node", "FROM node AS two")
    text = f"# syntax=docker/dockerfile:1\n{first}{second}"
    fixed = "WORKDIR /app\nCOPY package.json package-lock.json ./\nENV A=1\nRUN npm ci\nCOPY . .\n"
    for stage, label in ((first, "0"), (second, "two")):
        start = text.index(stage) + stage.index("ENV")
        action = rewrite_action(analysed(text, FILES), Span(start, start))
        assert action is not None
        assert (action.title, action.kind) == (f"Optimise stage {label} for the build cache", REWRITE)
        expected = stage[: stage.index("WORKDIR")] + fixed
        assert apply_edits(text, action.edits) == text.replace(stage, expected)


def test_no_rewrite_where_nothing_safe_is_to_be_done() -> None:
    text = f"# syntax=docker/dockerfile:1\n{SHOP}FROM scratch\n"
    for place in ("syntax", "scratch"):
        start = text.index(place)
        assert rewrite_action(analysed(text, FILES), Span(start, start)) is None
    assert rewrite_action(analysed(SHOP.replace("npm ci", "npm install"), FILES), Span(20, 20)) is None
