"""What a fix writes holds for members that the workspace does not have yet."""

from __future__ import annotations

import json

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

MEMBERS = ("packages/a", "packages/b", "packages/c")
LINKS = {f"node_modules/{it[-1]}": {"resolved": it, "link": True} for it in MEMBERS}
FILES = {
    "package.json": '{"workspaces": ["packages/*"]}',
    "package-lock.json": json.dumps(
        {"lockfileVersion": 3, "packages": {"": {}, **{it: {"version": "1.0.0"} for it in MEMBERS}, **LINKS}}
    ),
    **{f"{it}/package.json": "{}" for it in MEMBERS},
    **{f"{it}/index.js": "" for it in MEMBERS},
}
TEXT = "# syntax=docker/dockerfile:1\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


@pytest.mark.xfail(strict=True, reason="the fix lists today's members: a new one would not be installed")
def test_members_are_copied_by_the_pattern_of_the_workspace() -> None:
    fixed = fix_all(analyse(LineIndex(TEXT), parse(TEXT), BuildContext.of_texts(FILES), Options())).text
    assert "\nCOPY --parents package.json package-lock.json packages/*/package.json ./\nRUN npm ci\n" in fixed
