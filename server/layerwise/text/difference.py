"""The edits that turn one text into another, by whole lines."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import accumulate

from layerwise.text.edit import Edit
from layerwise.text.span import Span


def difference(old: str, new: str) -> tuple[Edit, ...]:
    """Return edits, a few lines each, that make ``new`` of ``old``."""
    before, after = _lines(old), _lines(new)
    offsets = [0, *accumulate(map(len, before))]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        Edit(Span(offsets[start], offsets[end]), "".join(after[new_start:new_end]))
        for tag, start, end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    )


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)
