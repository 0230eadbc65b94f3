"""JSON with comments and commas at the end of lists, as bun and deno write and read it."""

from __future__ import annotations

import re
from typing import Final

from layerwise.ecosystems.project_files.package_json import Table, parse_object

_TOKEN: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])", re.DOTALL)


def parse_jsonc(text: str | None) -> Table | None:
    """Return a JSON object; None for anything else."""
    if text is None:
        return None
    without = _TOKEN.sub(lambda it: it[0] if it[0].startswith('"') else "", text)
    # A comma may have been kept from its bracket by a comment.
    return parse_object(_TOKEN.sub(lambda it: it[0] if it[0].startswith('"') else "", without))
