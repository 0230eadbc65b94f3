"""Requests of our own: every step explained, and what an edited file re-runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from pygls.exceptions import JsonRpcException

from layerwise.lsp import on_disk
from layerwise.lsp.on_disk import OnDisk
from layerwise.workspace.affected import affected_on_disk
from layerwise.workspace.settings import Layer
from lsp.editor import Editor, StartEditor
from lsp.test_keystroke import Gate, insert
from lsp.wire import Wire

EXPLAIN = "layerwise/explain"
AFFECTED_BY = "layerwise/affectedBy"
LAYER_MAP = "layerwise/layerMap"


async def rebuilds(editor: Editor, **change: object) -> list[tuple[str, object, str | None]]:
    """Return the verdict on each step, and the reason."""
    found = await editor.ask(EXPLAIN, {"textDocument": {"uri": editor.uri}, **change})
    return [(it["instruction"].split()[0], it["rebuilds"], it["reason"]) for it in found["stages"][0]["steps"]]


@pytest.mark.asyncio
async def test_explain(start: StartEditor, project: Path) -> None:
    editor = await start()
    params = {"textDocument": {"uri": editor.uri}}
    assert await editor.ask(EXPLAIN, params) is None
    editor.open("FROM node:24\nARG V=1\nRUN true\nCOPY index.js .\nRUN npm ci\n")
    found = await editor.ask(EXPLAIN, params)
    assert (found["path"], found["context"]) == (str(project / "Dockerfile"), str(project))
    assert all(it[1:] == (False, None) for it in await rebuilds(editor))

    index = (project / "index.js").as_uri()
    outside = [(project.parent / "index.js").as_uri(), "untitled:index.js", (project / "readme.md").as_uri()]
    assert all(it[1:] == (False, None) for it in await rebuilds(editor, changed=outside))
    assert (await rebuilds(editor, changed=[*outside, index]))[3:] == [
        ("COPY", True, "it copies index.js, which was edited"),
        ("RUN", True, "the step before it re-runs"),
    ]
    by_argument = await rebuilds(editor, changed=None, changedArguments=["V"])
    assert [it[1] for it in by_argument] == [False, False, True, True, True]
    assert by_argument[2][2] == "V has another value (ARG on line 2)"


@pytest.mark.asyncio
async def test_layer_map(start: StartEditor, project: Path) -> None:
    """It is what ``explain`` says, drawn; without a change it is what an edit of a source file does."""
    editor = await start()
    document = {"uri": editor.uri}
    assert await editor.ask(LAYER_MAP, {"textDocument": document}) is None
    editor.open("FROM node:24 AS a\nCOPY package.json .\nRUN npm ci\nCOPY . .\nFROM scratch\nCOPY --from=a / /\n")

    async def drawn(**more: object) -> tuple[str | None, list[tuple[str | None, str | None]]]:
        root = Xml.fromstring((await editor.ask(LAYER_MAP, {"textDocument": document, **more}))["svg"])  # noqa: S314
        return root.get("aria-label"), [
            (it.get("class"), it.get("data-line")) for it in root.iterfind(".//*[@tabindex]")
        ]

    summary, steps = await drawn(changed=None)
    assert summary == "An edit of index.js rebuilds 1 of 4 steps"
    assert steps == [
        ("stage kept", "0"),
        ("step kept", "1"),
        ("step kept", "2"),
        ("step rebuilds", "3"),
        ("stage kept", "4"),
        ("step maybe", "5"),
    ]
    package = (project / "package.json").as_uri()
    assert (await drawn(changed=[package]))[0] == "An edit of package.json rebuilds 3 of 4 steps"
    files = [(project.parent / "x.js").as_uri(), "untitled:y"]
    outside = await drawn(changed=files, changedArguments=["V"])
    assert (
        outside[0] == "An edit of x.js and untitled:y and another value of V rebuild nothing: all 4 steps stay cached"
    )
    picture = (await editor.ask(LAYER_MAP, {"textDocument": document, "changed": files}))["svg"]
    assert "x.js and untitled:y are outside the build context" in picture
    summary, steps = await drawn(changed=[package], target="a")
    assert summary == "An edit of package.json rebuilds all 3 steps"
    assert steps[-1] == ("step unbuilt", "5")


@pytest.mark.asyncio
async def test_without_a_build_context_nothing_is_said_to_stay_cached(start: StartEditor, project: Path) -> None:
    editor = await start()
    editor.open("FROM node:24\nCOPY . .\nRUN npm ci\n", "untitled:Dockerfile")
    asked = {"textDocument": {"uri": "untitled:Dockerfile"}, "changed": [(project / "index.js").as_uri()]}
    (stage,) = (await editor.ask(EXPLAIN, asked))["stages"]
    assert [it["rebuilds"] for it in stage["steps"]] == [False, "unknown", "unknown"]
    picture = Xml.fromstring((await editor.ask(LAYER_MAP, asked))["svg"])  # noqa: S314
    assert picture.get("aria-label") == "An edit of index.js may rebuild all 2 steps"


@pytest.mark.asyncio
async def test_affected_by(start: StartEditor, project: Path) -> None:
    """What is open counts as it is in the editor, all else as it is on the disk."""
    for name, text in {
        ".dockerignore": "**/*.log\n",
        "web/Dockerfile": "FROM node:24\nCOPY app.js /\n",
        "web/app.js": "",
        # One that can not be read costs itself only.
        "bad/Dockerfile": "\0",
    }.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    (project / "Dockerfile").write_text("FROM node:24\nCOPY readme.md /\n", encoding="utf-8")
    editor = await start()
    editor.open("FROM node:24 AS a\nCOPY web web\nRUN ['🐳']\nFROM scratch\nCOPY --from=a / /\n")

    async def touched(path: str) -> list[dict[str, Any]]:
        return await editor.ask(AFFECTED_BY, {"uri": (project / path).as_uri()})

    mine, other = await touched("web/app.js")
    assert (mine["uri"], mine["context"], mine["total"]) == (editor.uri, str(project), 3)
    assert [(it["stage"], it["index"], it["line"], it["rebuilds"]) for it in mine["steps"]] == [
        (0, 1, 2, True),
        (0, 2, 3, True),
        (1, 1, 5, "if-content-changes"),
    ]
    assert mine["steps"][0]["reason"] == "it copies web/app.js, which was edited"
    assert mine["steps"][1]["instruction"] == "RUN ['🐳']"
    assert mine["steps"][1]["range"] == {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 10}}
    assert other["uri"] == (project / "web" / "Dockerfile").as_uri()
    assert [(it["line"], it["rebuilds"]) for it in other["steps"]] == [(2, True)]

    # One that is not there yet; one that only the saved text copies; one that is ignored; one outside.
    assert [it["uri"] for it in await touched("web/new.js")] == [editor.uri]
    for path in ("readme.md", "web/x.log", "../app.js"):
        assert await touched(path) == []
    assert await editor.ask(AFFECTED_BY, {"uri": "untitled:app.js"}) == []
    # The ignore file decides what else is seen.
    assert [it["steps"][0]["rebuilds"] for it in await touched(".dockerignore")] == ["unknown"]


@pytest.mark.asyncio
async def test_parameters_of_another_shape(start: StartEditor) -> None:
    editor = await start()
    document = {"uri": editor.uri}
    wrong: list[tuple[str, object]] = [
        (EXPLAIN, None),
        (EXPLAIN, [editor.uri]),
        (EXPLAIN, {"textDocument": editor.uri}),
        (EXPLAIN, {"textDocument": {"uri": 5}}),
        (EXPLAIN, {"textDocument": document, "changed": editor.uri}),
        (EXPLAIN, {"textDocument": document, "changed": [None]}),
        (EXPLAIN, {"textDocument": document, "changedArguments": {"V": 1}}),
        (LAYER_MAP, {"textDocument": document, "target": 1}),
        (AFFECTED_BY, {}),
        (AFFECTED_BY, {"uri": None}),
    ]
    for method, params in wrong:
        with pytest.raises(JsonRpcException, match="must be") as caught:
            await editor.ask(method, params)
        assert caught.value.code == -32602
    # What is no URI of a file is no error, and more than we know is none.
    for uri in ("", "x", "file:///\0", "http://[", "file:///\udc80/%ff"):
        assert await editor.ask(AFFECTED_BY, {"uri": uri, "type_name": {}, "class": 1}) == []
        assert await editor.ask(EXPLAIN, {"textDocument": {"uri": uri}, "changed": [uri]}) is None
    editor.open()
    assert await editor.ask(EXPLAIN, {"textDocument": document, "changed": ["file:///\udc80/%ff", "file:///\0"]})
    # Nor is it one to want no answer.
    editor.client.protocol.notify(EXPLAIN, {"textDocument": document})
    assert await editor.ask(EXPLAIN, {"textDocument": document})
    assert not editor.client.messages


@pytest.mark.asyncio
@pytest.mark.parametrize("method", [EXPLAIN, "textDocument/codeLens", "textDocument/inlayHint"])
async def test_a_document_that_changes_meanwhile(project: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    gate = Gate(monkeypatch)
    wire, uri = Wire(), (project / "Dockerfile").as_uri()
    await wire.initialize()
    wire.open(uri, "FROM node:24\nCOPY . .\n")
    place = {"line": 0, "character": 0}
    number = wire.ask(method, {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}})
    await asyncio.sleep(0.05)
    wire.change(uri, 2, insert("# x\n", 0))
    gate.open()
    assert (await wire.answer(number))["error"]["code"] == -32801


@pytest.mark.asyncio
async def test_those_who_ask_at_once_share_a_look(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[frozenset[Path]] = []

    def look(folders: dict[Path, tuple[Layer, ...]], files: frozenset[Path], but: frozenset[Path]) -> object:
        looks.append(files)
        return affected_on_disk(folders, files, but)

    async def layers(_uri: str) -> tuple[Layer, ...]:
        return ()

    monkeypatch.setattr(on_disk, "affected_on_disk", look)
    asked = OnDisk(lambda: (project,), frozenset[Path], layers)
    names = ("index.js", "readme.md", "none")
    first = asyncio.create_task(asked.affected_by(project / "package.json"))
    await asyncio.sleep(0.05)
    assert len(looks) == 1
    others = [asyncio.create_task(asked.affected_by(project / it)) for it in names]
    await asyncio.sleep(0)
    others[2].cancel()
    assert [len(await it) for it in (first, *others[:2])] == [1, 1, 1]
    assert looks == [{project / "package.json"}, {project / it for it in names}]
