"""One open document: its text, its lines and its tree, all of one version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from layerwise.syntax.tree import Tree, parse
from layerwise.text.edit import Edit
from layerwise.text.line_index import Encoding, LineIndex, Position
from layerwise.text.span import Span


@dataclass(frozen=True, slots=True)
class TextChange:
    """What an editor says that it did: a range replaced, or with ``start`` None the whole text."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Immutable: ``changed`` derives the next version. ``version`` is the editor's number.

    ``edited`` is the block in which the last edit ended; None if the whole text was new.
    """

    version: int
    lines: LineIndex
    tree: Tree
    edited: int | None = None

    @staticmethod
    def of(text: str, version: int = 0) -> Document:
        """Read a text."""
        return Document(version, LineIndex(text), parse(text))

    @property
    def text(self) -> str:
        """The whole text."""
        return self.lines.text

    def changed(self, version: int, changes: Sequence[TextChange], encoding: Encoding) -> Document:
        """Apply changes one after the other, each to the result of the one before, as LSP has it."""
        document = replace(self, version=version)
        for change in changes:
            document = document._changed(change, encoding)  # noqa: SLF001 - the same class
        return document

    def _changed(self, change: TextChange, encoding: Encoding) -> Document:
        if change.start is None or change.end is None:
            return Document.of(change.text, self.version)
        # One whose end comes first is turned round, as VS Code's library does it.
        start, end = sorted(self.lines.offset(it, encoding) for it in (change.start, change.end))
        edit = Edit(Span(start, end), change.text)
        lines = self.lines.edited(edit)
        tree = self.tree.edited(edit, lines.text)
        return Document(self.version, lines, tree, tree.block_at(start + len(change.text)))
