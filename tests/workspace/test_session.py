"""The session: documents, and the disk around them handed out and handed back."""

from __future__ import annotations

import builtins
import os
from pathlib import Path

import pytest

from layerwise.text.line_index import Encoding, Position
from layerwise.workspace.document import TextChange
from layerwise.workspace.session import Session, analyse_now
from layerwise.workspace.settings import Layer
from layerwise.workspace.surroundings import Place

TEXT = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


@pytest.fixture
def shop(tmp_path: Path) -> Place:
    for name, text in (
        ("package.json", "{}"),
        ("package-lock.json", '{"lockfileVersion": 3, "packages": {}}'),
        ("server.js", ""),
        ("Dockerfile", TEXT),
    ):
        (tmp_path / name).write_text(text)
    return Place(tmp_path / "Dockerfile", tmp_path)


def settle(session: Session, key: str) -> None:
    """Run all I/O that the session hands out, as its users do."""
    look = session.pending_look(key)
    assert look is not None
    session.accept(key, look())
    while (pending := session.pending_load(key)) is not None:
        before, load = pending
        session.accept_contents(key, before, load())


def typed(session: Session, key: str, line: int, column: int, text: str) -> None:
    version = session.document(key)
    assert version is not None
    position = Position(line, column)
    session.change(key, version.version + 1, [TextChange(text, position, position)], Encoding.UTF16)


def messages(session: Session, key: str) -> list[str]:
    analysis = session.analysis(key)
    assert analysis is not None
    return [it.message for it in analysis.findings]


def test_nothing_is_said_before_the_disk_was_looked_at(shop: Place) -> None:
    session = Session()
    session.open("d", TEXT, 1, shop)
    assert session.analysis("d") is None
    assert not session.is_ready("d")


def test_files_that_findings_need_are_asked_for_one_after_the_other(shop: Place) -> None:
    session = Session()
    session.open("d", TEXT, 1, shop)
    look = session.pending_look("d")
    assert look is not None
    session.accept("d", look())
    assert messages(session, "d") == []
    asked: list[str] = []
    while (pending := session.pending_load("d")) is not None:
        analysis = session.analysis("d")
        assert analysis is not None
        asked += analysis.unread
        session.accept_contents("d", pending[0], pending[1]())
    assert asked == ["package.json", "package-lock.json"]
    assert len(messages(session, "d")) == 1


def test_a_keystroke_touches_no_disk(shop: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.open("d", TEXT, 1, shop)
    settle(session, "d")

    def touched(*arguments: object, **_: object) -> None:
        pytest.fail(f"the disk was touched: {arguments}")

    for module, name in ((os, "open"), (os, "scandir"), (os, "stat"), (os, "lstat"), (builtins, "open")):
        monkeypatch.setattr(module, name, touched)
    for at in range(8):
        typed(session, "d", 2, 4 + at, "x")
        _ = messages(session, "d")


def test_changes_apply_one_after_the_other(shop: Place) -> None:
    session = Session()
    session.open("d", "a\n", 1, shop)
    zero, one = Position(0, 0), Position(0, 1)
    session.change(
        "d", 2, [TextChange("\U0001f433b", zero, zero), TextChange("", zero, Position(0, 2))], Encoding.UTF16
    )
    document = session.document("d")
    assert document is not None
    assert (document.text, document.version) == ("ba\n", 2)
    session.change("d", 3, [TextChange("FROM x\n"), TextChange("f", zero, one)], Encoding.UTF16)
    document = session.document("d")
    assert document is not None
    assert document.text == "fROM x\n"


def test_a_change_whose_end_comes_first_is_turned_round(shop: Place) -> None:
    """As VS Code's own library does it; the protocol says nothing."""
    session = Session()
    session.open("d", "FROM a\nRUN b\n", 1, shop)
    session.change("d", 2, [TextChange("x", Position(1, 5), Position(0, 5))], Encoding.UTF16)
    document = session.document("d")
    assert document is not None
    assert document.text == "FROM x\n"


def test_what_comes_back_late_is_dropped(shop: Place) -> None:
    session = Session()
    session.open("d", TEXT, 1, shop)
    look = session.pending_look("d")
    assert look is not None
    session.accept("d", look())
    late = session.pending_load("d")
    assert late is not None
    session.accept("d", look())
    session.accept_contents("d", late[0], late[1]())
    analysis = session.analysis("d")
    assert analysis is not None
    assert analysis.context is not late[0]
    session.close("d")
    session.accept("d", look())
    session.change("d", 9, [], Encoding.UTF8)
    assert "d" not in session


def test_settings_from_outside_win_over_files(shop: Place, tmp_path: Path) -> None:
    (tmp_path / "layerwise.toml").write_text('[rules]\ncopy-before-install = "off"\n')
    session = Session()
    session.open("d", TEXT, 1, shop)
    settle(session, "d")
    assert messages(session, "d") == []
    look = session.pending_look("d", (Layer("the editor", {"rules": {"copy-before-install": "error"}}),))
    assert look is not None
    session.accept("d", look())
    settle(session, "d")
    analysis = session.analysis("d")
    assert analysis is not None
    assert [it.severity.value for it in analysis.findings] == ["error"]


def test_analyse_now_runs_to_the_end(shop: Place) -> None:
    analysis, surroundings = analyse_now(TEXT, shop)
    assert [it.withheld for it in analysis.findings] == [None]
    assert surroundings.context.found_by == "the Dockerfile's folder"


def test_a_text_that_is_no_file_has_no_context() -> None:
    analysis, _ = analyse_now(TEXT, Place(None, None))
    assert [it.withheld for it in analysis.findings] == ["there is no build context here to look into"]


def test_a_context_that_does_not_exist_is_said(shop: Place) -> None:
    place = Place(shop.path, shop.root, (Layer("the editor", {"context": "nowhere"}),))
    context = analyse_now(TEXT, place)[1].context
    assert not context.known
    assert context.found_by.endswith("nowhere, which the setting names, does not exist")


@pytest.mark.xfail(strict=True, reason="each file that is asked for is read by itself, and everything judged anew")
def test_the_files_of_a_workspace_are_read_in_few_rounds(tmp_path: Path) -> None:
    members = [f"packages/p{it}" for it in range(20)]
    for folder in ("", *members):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "package.json").write_text(
            '{"name": "x", "version": "1.0.0", "workspaces": ["packages/*"]}'
        )
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    session, rounds = Session(), 0
    session.open("d", TEXT, 1, Place(tmp_path / "Dockerfile", tmp_path))
    look = session.pending_look("d")
    assert look is not None
    session.accept("d", look())
    while (pending := session.pending_load("d")) is not None:
        session.accept_contents("d", pending[0], pending[1]())
        rounds += 1
    assert rounds <= 4
