"""An edit replaces one span of a text; edits against one text are applied together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layerwise.text.span import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace ``span`` by ``new_text``."""

    span: Span
    new_text: str


def check_edits(text: str, edits: Iterable[Edit]) -> None:
    """Raise ``ValueError`` if two edits overlap, or one does not lie in the text."""
    cursor = 0
    for it in sorted(it.span for it in edits):
        if not cursor <= it.start <= it.end <= len(text):
            raise ValueError(f"overlapping edit, or one outside the text, at {it}")
        cursor = it.end


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Apply edits that all refer to ``text``; raises ``ValueError`` if two overlap."""
    check_edits(text, edits)
    out: list[str] = []
    cursor = 0
    for edit in sorted(edits, key=lambda it: it.span):
        out += [text[cursor : edit.span.start], edit.new_text]
        cursor = edit.span.end
    return "".join([*out, text[cursor:]])
