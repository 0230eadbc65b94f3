"""What the pages tell to write into configurations can be read by those who have to read it."""

from __future__ import annotations

import json
import tomllib
from typing import Any, Final

import pytest

from editors.snippets import EDITORS, README, Snippet, snippets

SNIPPETS: Final = [it for page in (README, EDITORS) for it in snippets(page)]
# The editors themselves read the others in tests/editors.
DATA: Final = [it for it in SNIPPETS if it.language in {"json", "toml"}]
TRIED: Final = {"lua", "elisp"}
SETTINGS: Final = {"layerwise": {"inlay-hints": True}}


def read(heading: str) -> dict[str, Any]:
    (snippet,) = (it for it in DATA if it.heading == heading)
    return tomllib.loads(snippet.text) if snippet.language == "toml" else json.loads(snippet.text)


@pytest.mark.parametrize("snippet", DATA, ids=lambda it: it.heading)
def test_it_is_read_by_its_language(snippet: Snippet) -> None:
    assert read(snippet.heading)


def test_every_section_on_an_editor_is_read_here_or_tried_in_that_editor() -> None:
    assert {it.language for it in snippets(EDITORS)} <= {"json", "toml", *TRIED}
    tried = {it.heading for it in SNIPPETS if it.language in TRIED}
    assert tried == {"Neovim 0.11 and later", "Neovim 0.7 to 0.10", "Neovim", "Emacs"}


def test_helix_starts_the_server_it_names() -> None:
    given = read("Helix")
    (name,) = given["language-server"]
    assert given["language"] == [{"name": "dockerfile", "language-servers": [name]}]
    assert given["language-server"][name] == {"command": "layerwise", "args": ["serve"], "config": SETTINGS}


def test_zed_starts_it_in_the_place_of_the_server_of_its_extension() -> None:
    server = read("Zed")["lsp"]["dockerfile-language-server"]
    binary = {"path": "/path/to/layerwise", "arguments": ["serve"]}
    assert server == {"binary": binary, "initialization_options": SETTINGS}


def test_sublime_text_and_kate_start_it() -> None:
    client, server = read("Sublime Text")["clients"]["layerwise"], read("Kate")["servers"]["docker"]
    assert client["enabled"] is True
    assert client["command"] == server["command"] == ["layerwise", "serve"]
    assert server["settings"] == SETTINGS
