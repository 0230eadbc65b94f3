"""Manifests, lockfiles and settings as plain values: JSON, JSON with comments, TOML; None for what is broken."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import cast

from layerwise.text.jsonc import load_jsonc

Table = Mapping[str, object]


def parse_object(text: str | None) -> Table | None:
    """Return a JSON object; None for anything else."""
    try:
        value: object = json.loads(text.removeprefix("\ufeff")) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return as_table(value)


def parse_jsonc(text: str | None) -> Table | None:
    """Return a JSON object with comments and commas at its ends, as bun and deno have it; None for anything else."""
    return None if text is None else as_table(load_jsonc(text))


def parse_toml(text: str | None) -> Table | None:
    """Return a TOML document; None for anything else."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff")) if text is not None else None
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def as_table(value: object) -> Table | None:
    """Return a value that is an object; None for any other."""
    return cast("Table", value) if isinstance(value, dict) else None


def table(parent: Table, key: str) -> Table:
    """Return an object inside another; an empty one if there is none."""
    return as_table(parent.get(key)) or {}


def items(value: object) -> list[object]:
    """Return the items of a list; none if it is no list."""
    return cast("list[object]", value) if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """Return the texts of a list; none if it is no list."""
    return [it for it in items(value) if isinstance(it, str)]


def tables(value: object) -> list[Table]:
    """Return the objects of a list; none if it is no list."""
    return [it for it in map(as_table, items(value)) if it is not None]
