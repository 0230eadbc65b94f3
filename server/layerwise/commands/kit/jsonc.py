"""JSON with comments and commas at the end of lists, as bun and deno write and read it."""

from __future__ import annotations

from layerwise.commands.node.package_json import Table, as_table
from layerwise.text.jsonc import load_jsonc


def parse_jsonc(text: str | None) -> Table | None:
    """Return a JSON object; None for anything else."""
    return None if text is None else as_table(load_jsonc(text))
