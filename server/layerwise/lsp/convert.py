"""Between offsets, paths and records inside, and positions, URIs and lsprotocol's types outside: the one place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from layerwise.rules.rule import Severity
from layerwise.text.edit import Edit
from layerwise.text.line_index import Encoding, LineIndex, Position
from layerwise.text.span import Span
from layerwise.workspace.document import TextChange

_DRIVE: Final = re.compile(r"/[A-Za-z]:")
SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}


def uri_to_path(uri: str) -> Path | None:
    """Return the file that a URI names; None if it names none, like ``untitled:Untitled-1``."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if parts.scheme.lower() != "file" or not path.startswith("/") or "\0" in path:
        return None
    if os.name == "nt" and _DRIVE.match(path):
        return Path(path[1:])
    return Path(path if parts.netloc in ("", "localhost") else f"//{parts.netloc}{path}")


def position_to_offset(lines: LineIndex, position: types.Position, encoding: Encoding) -> int:
    """Return the offset of a position; one outside the text is clamped to it."""
    return lines.offset(Position(position.line, position.character), encoding)


def range_to_span(lines: LineIndex, range_: types.Range, encoding: Encoding) -> Span:
    """Return the span of a range; one outside the text is clamped to it, one whose end comes first turned round."""
    return Span(*sorted(position_to_offset(lines, it, encoding) for it in (range_.start, range_.end)))


def span_to_range(lines: LineIndex, span: Span, encoding: Encoding) -> types.Range:
    """Return the range of a span."""
    start, end = lines.position(span.start, encoding), lines.position(span.end, encoding)
    return types.Range(types.Position(start.line, start.column), types.Position(end.line, end.column))


def span_to_json(lines: LineIndex, span: Span, encoding: Encoding) -> dict[str, dict[str, int]]:
    """Return the range of a span as its JSON; what ``span_to_range`` would become, in a hundredth of the time."""
    return {
        "start": offset_to_json(lines, span.start, encoding),
        "end": offset_to_json(lines, span.end, encoding),
    }


def offset_to_json(lines: LineIndex, offset: int, encoding: Encoding) -> dict[str, int]:
    """Return the position of an offset as its JSON."""
    position = lines.position(offset, encoding)
    return {"line": position.line, "character": position.column}


def edits_to_lsp(lines: LineIndex, edits: Iterable[Edit], encoding: Encoding) -> list[types.TextEdit]:
    """Return edits of one text."""
    return [types.TextEdit(span_to_range(lines, it.span, encoding), it.new_text) for it in edits]


def changes_from_lsp(changes: Sequence[types.TextDocumentContentChangeEvent]) -> list[TextChange]:
    """Return what an editor did."""
    return [_change(it) for it in changes]


def _change(change: types.TextDocumentContentChangeEvent) -> TextChange:
    if not isinstance(change, types.TextDocumentContentChangePartial):
        return TextChange(change.text)
    start, end = change.range.start, change.range.end
    return TextChange(change.text, Position(start.line, start.character), Position(end.line, end.character))
