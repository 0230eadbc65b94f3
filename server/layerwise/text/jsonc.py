"""JSON with comments and a comma before a closing bracket, as devcontainers, bun and deno have it."""

from __future__ import annotations

import json
import re
from typing import Final

# What is not closed runs to the end, so that each character is looked at once.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_COMMA: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|,(?=\s*[}\]])', re.DOTALL)


def load_jsonc(text: str) -> object | None:
    """Return what the text says, None if it is not valid."""
    plain = _without(_COMMA, _without(_TOKEN, text.removeprefix("\ufeff")))
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        return None


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Return the text without what matches, strings excepted."""
    return pattern.sub(lambda it: it[0] if it[0].startswith('"') else " " if it[0] != "," else "", text)
