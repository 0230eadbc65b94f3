"""What the light bulb offers. `$0` marks the cursor, or both ends of a selection."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.ide.code_actions import FIX_ALL, QUICK_FIX, Action, code_actions, fix_all_action
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
    fix, ignore = offered(marked)
    assert (fix.title, fix.kind, fix.preferred) == (
        "Copy only package.json and package-lock.json before `npm ci`, the rest after it", QUICK_FIX, True,
    )  # fmt: skip
    assert apply_edits(SHOP, fix.edits) == (
        "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nENV A=1\nRUN npm ci\nCOPY . .\n"
    )
    assert (ignore.title, ignore.preferred) == ("Ignore copy-before-install here", False)


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
    files = {**FILES, "package.json": '{"workspaces": ["a"]}'}
    fix, _ = offered(SHOP.replace("npm ci", "npm ci$0"), files)
    assert fix.edits == ()
    assert fix.disabled == "package.json has workspaces, and the install reads the package.json of every member"


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
