"""What an edited file re-runs, in one Dockerfile and in all below a folder."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest

from layerwise.buildcache.change import ArgumentChanged, FilesChanged
from layerwise.buildcache.model import Verdict
from layerwise.workspace import affected as module
from layerwise.workspace.affected import affected_by, affected_on_disk, path_in_context, rebuilds_after
from layerwise.workspace.session import analyse_now
from layerwise.workspace.settings import Layer
from layerwise.workspace.surroundings import Place


def write(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_steps(tmp_path: Path) -> None:
    write(tmp_path, a_txt="", b_txt="", Dockerfile="")
    text = """\
ARG V=1
FROM scratch AS one
ONBUILD RUN echo $V
COPY a.txt /
USER me
RUN true
FROM one
RUN true
FROM scratch
COPY --from=1 /a.txt /
COPY b.txt /
"""
    analysis, _ = analyse_now(text, Place(tmp_path / "Dockerfile", tmp_path))
    found = affected_by(analysis, tmp_path / "a.txt")
    assert found is not None
    # What the base left with ONBUILD is a step behind the FROM; what makes no step is none.
    assert found.total == 6
    assert [(it.stage, it.index, it.line, it.span.of(text).split()[0], it.verdict) for it in found.steps] == [
        (0, 2, 4, "COPY", Verdict.REBUILDS),
        (0, 4, 6, "RUN", Verdict.REBUILDS),
        (1, 1, 3, "ONBUILD", Verdict.REBUILDS),
        (1, 2, 8, "RUN", Verdict.REBUILDS),
        (2, 1, 10, "COPY", Verdict.IF_CONTENT_CHANGES),
        (2, 2, 11, "COPY", Verdict.IF_CONTENT_CHANGES),
    ]
    assert affected_by(analysis, tmp_path / "c.txt") is None
    both = rebuilds_after(analysis, [FilesChanged(frozenset({"b.txt"})), ArgumentChanged("V")])
    assert both.rebuilt == (10,)
    assert rebuilds_after(analysis, []).rebuilt == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_path_in_context(tmp_path: Path) -> None:
    write(tmp_path, app__a_js="", elsewhere__b_js="", docker__Dockerfile="FROM scratch\nCOPY a.js /\n")
    write(tmp_path, docker__Dockerfile_dockerignore="x\n")
    app = tmp_path / "app"
    (app / "link.js").symlink_to("a.js")
    (app / "out.js").symlink_to(tmp_path / "elsewhere" / "b.js")
    (app / "loop").symlink_to("loop")
    (tmp_path / "also").symlink_to("app")
    layer = Layer("test", {"context": str(tmp_path / "also")})
    place = Place(tmp_path / "docker" / "Dockerfile", tmp_path, (layer,))
    analysis, _ = analyse_now(place.path.read_text() if place.path else "", place)
    for path, expected in {
        "app/a.js": "a.js",
        "also/sub/../a.js": "a.js",
        "app/new/c.js": "new/c.js",
        # What is edited is the file behind the link, which may be none of the build.
        "app/link.js": "a.js",
        "app/out.js": None,
        "elsewhere/b.js": None,
        "app": None,
        "docker/Dockerfile": None,
        "docker/Dockerfile.dockerignore": "../docker/Dockerfile.dockerignore",
        "app/\0": None,
        "app/\ud800": None,
    }.items():
        assert path_in_context(analysis.context, tmp_path / path) == expected, path
    # Which of the two it is differs between versions of Python.
    assert path_in_context(analysis.context, app / "loop") in (None, "loop")
    untitled, _ = analyse_now("FROM scratch\nCOPY . .\n", Place(None, tmp_path))
    assert path_in_context(untitled.context, app / "a.js") is None


def test_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    text = "FROM scratch AS one\nCOPY a.js /\nFROM scratch\nRUN true\n"
    write(tmp_path, Dockerfile=text, a_js="", in__Dockerfile=text, in__a_js="", dockerfile_go="package dockerfile\n")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "Dockerfile").write_bytes(b"FROM \xff\n")
    if hasattr(os, "mkfifo"):
        (tmp_path / "gone.Dockerfile").symlink_to("nowhere")
        os.mkfifo(tmp_path / "pipe.Dockerfile")
    files = [tmp_path / "a.js", tmp_path / "in" / "a.js", tmp_path / "b.js"]
    # Of folders in each other, the settings of the deeper one hold.
    folders = {tmp_path: (Layer("outer", {"target": "one"}),), tmp_path / "in": (Layer("inner", {}),)}

    def found() -> list[list[str]]:
        by_file = affected_on_disk(folders, files)
        return [[it.relative_to(tmp_path).as_posix() for it in by_file[file]] for file in files]

    assert found() == [["Dockerfile"], [], []]
    folders = {tmp_path: (Layer("outer", {"target": "one"}),)}
    assert found() == [["Dockerfile"], ["in/Dockerfile"], []]
    assert [*affected_on_disk(folders, files, {tmp_path / "Dockerfile"})[tmp_path / "a.js"]] == []
    assert affected_on_disk({}, files) == {it: {} for it in files}

    # A bug costs one Dockerfile; and nobody waits for ever.
    def broken(text: str, place: Place, *_: object) -> object:
        if place.path == tmp_path / "Dockerfile":
            raise ZeroDivisionError
        return analyse_now(text, place)

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(module, "analyse_now", broken)
        assert found() == [[], ["in/Dockerfile"], []]
        patched.setattr(module, "_MOST_SECONDS", -1.0)
        assert found() == [[], [], []]
    assert [it.levelname for it in caplog.records] == ["ERROR", "WARNING"]


def test_a_file_of_a_named_context(tmp_path: Path) -> None:
    text = "FROM alpine\nCOPY --from=shared s.txt /s\nRUN cat /s\n"
    build = "{context: ./app, additional_contexts: {shared: ./shared}}"
    (tmp_path / "app").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "app/Dockerfile").write_text(text)
    (tmp_path / "shared/s.txt").write_text("s")
    (tmp_path / "compose.yaml").write_text(f"services: {{app: {{build: {build}}}}}\n")
    analysis, _ = analyse_now(text, Place(tmp_path / "app/Dockerfile", tmp_path))
    found = affected_by(analysis, tmp_path / "shared/s.txt")
    assert found is not None
    assert [(it.line, it.reason) for it in found.steps] == [
        (2, "it copies s.txt of shared, which was edited"),
        (3, "the step before it re-runs"),
    ]
    assert affected_by(analysis, tmp_path / "shared/other.txt") is None
