"""An edit replaces one span of a text; edits against one text are applied together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from layerwise.text.span import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace ``span`` by ``new_text``."""

    span: Span
    new_text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that all refer to ``text``; raises ``ValueError`` if two overlap."""
    out: list[str] = []
    cursor = 0
    for edit in sorted(edits, key=lambda it: it.span):
        if edit.span.start < cursor:
            raise ValueError(f"overlapping edit at {edit.span}")
        out += [text[cursor : edit.span.start], edit.new_text]
        cursor = edit.span.end
    return "".join([*out, text[cursor:]])
