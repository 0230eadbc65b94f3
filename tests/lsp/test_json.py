"""The JSON that is made here is what lsprotocol would make, after any edit."""

from __future__ import annotations

import json

import pytest
from lsprotocol import types
from pygls.protocol import default_converter

from layerwise.context.build_context import BuildContext
from layerwise.lsp.capabilities import Client
from layerwise.lsp.diagnostics import DiagnosticTexts, diagnostic, typed
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.text.line_index import Encoding, Position
from layerwise.workspace.document import Document, TextChange

URI = "file:///a%20b/Dockerfile"
STAGE = (
    'FROM node AS "é🐳"\nCOPY . .\nCOPY src src\n# x\nRUN echo é🐳 && npm ci\n# layerwise: ignore[nothing]\nRUN npm i\n'
)
EDITS = (
    # Within a line, at its start, a line more, a line less, a line moved, all of it.
    [((4, 4), (4, 4), "true && ")],
    [((3, 2), (3, 2), "y")],
    [((0, 0), (0, 0), "# z\n")],
    [((3, 0), (4, 0), "")],
    [((0, 0), (0, 0), "# z\n"), ((10, 0), (11, 0), "")],
    [((1, 0), (2, 0), ""), ((5, 0), (5, 0), "\n")],
    [((0, 0), (99, 0), STAGE)],
)


@pytest.mark.parametrize("client", [Client(), Client(Encoding.UTF8, shows_related=True)], ids=["plain", "related"])
def test_json_of_diagnostics(client: Client) -> None:
    context = BuildContext.of_texts(
        {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3, "packages": {}}', "src/é.js": "", "a": ""}
    )
    document = Document.of(STAGE * 3)
    analysis = analyse(document.lines, document.tree, context, Options())
    texts = DiagnosticTexts(URI, client)
    assert len(analysis.findings) >= 6
    check(texts, analysis, client)
    for edits in EDITS:
        changes = [TextChange(text, Position(*start), Position(*end)) for start, end, text in edits]
        document = document.changed(1, changes, Encoding.UTF16)
        analysis = analyse(document.lines, document.tree, context, Options(), analysis)
        check(texts, analysis, client)


def check(texts: DiagnosticTexts, analysis: Analysis, client: Client) -> None:
    converter = default_converter()
    expected = [converter.unstructure(typed(diagnostic(analysis, it, URI, client))) for it in analysis.findings]
    made = [json.loads(it) for it in texts.of(analysis)]
    assert sorted(made, key=json.dumps) == sorted(expected, key=json.dumps)
    assert all(isinstance(converter.structure(it, types.Diagnostic), types.Diagnostic) for it in expected)
