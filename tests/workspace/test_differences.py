"""What differs between two build contexts: first what holds for folders and revisions alike.

``~a`` is another now, ``-a`` is gone, ``+a`` is new, and ``a=b`` is the same under another name.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import pytest

from layerwise.workspace import differences
from layerwise.workspace.disk import read_context
from layerwise.workspace.earlier import earlier
from then_and_now import Project, changes, make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


both = pytest.mark.parametrize("how", ["folder", "revision"])


@both
def test_nothing_changed(project: Project, how: str) -> None:
    project.write({"src/a": "a", "run.sh": "x"})
    project.link("latest", "src")
    (project.root / "run.sh").chmod(0o755)
    old = project.keep(how)
    os.utime(project.root / "src/a", (1, 1))
    seen = project.see(old)
    assert changes(seen) == ""
    assert seen.text == "FROM a\n"
    assert list(seen.context.entries) == [".dockerignore", "Dockerfile", "latest", "run.sh", "src", "src/a"]
    assert seen.context.entries["latest"].link == "src"
    assert seen.context.entries["run.sh"].executable
    assert (seen.context.root, seen.context.known) == (old if how == "folder" else str(project.root), True)
    assert seen.notes == ()


@both
def test_files_are_edited_added_and_removed(project: Project, how: str) -> None:
    project.write({"edited": "a", "longer": "a", "gone": "g", "same": "s"})
    old = project.keep(how)
    project.write({"edited": "b", "longer": "ab", "new": "n"})
    project.remove("gone")
    assert project.changes(old) == "~edited -gone ~longer +new"


@both
def test_the_dockerfile_is_a_file_of_the_context_too(project: Project, how: str) -> None:
    old = project.keep(how)
    project.write({"Dockerfile": "\ufeffFROM b\n"})
    seen = project.see(old)
    assert (changes(seen), seen.text) == ("~Dockerfile", "FROM a\n")
    project.write({".dockerignore": ".git\nDockerfile"})
    assert project.changes(old) == "~.dockerignore -Dockerfile"


@both
def test_a_renamed_file_keeps_its_identity(project: Project, how: str) -> None:
    project.write({"a": "content", "other": "CONTENT", "d/e/f": "x"})
    project.link("link", "a")
    old = project.keep(how)
    for then, now in (("a", "b"), ("link", "name"), ("d", "D")):
        (project.root / then).rename(project.root / now)
    (project.root / "other").write_text("altered")
    seen = project.see(old)
    pairs = (("a", "b"), ("link", "name"), ("d", "D"), ("d/e", "D/e"), ("d/e/f", "D/e/f"))
    assert [seen.marks[then] == seen.marks_now[now] for then, now in pairs] == [True] * 5
    assert seen.marks["other"] not in seen.marks_now.values()
    assert set(seen.marks) == {"other", *(then for then, _ in pairs)}
    assert set(seen.marks_now) == {"other", *(now for _, now in pairs)}


@both
def test_a_renamed_file_that_became_executable_does_not(project: Project, how: str) -> None:
    project.write({"a": "content"})
    old = project.keep(how)
    (project.root / "a").rename(project.root / "b").chmod(0o755)
    assert project.changes(old) == "-a +b"


@both
def test_permissions_and_link_targets_count(project: Project, how: str) -> None:
    project.write({"a": "a", "b": "b"})
    project.link("link", "a")
    old = project.keep(how)
    (project.root / "a").chmod(0o755)
    project.link("link", "./a")
    assert project.changes(old) == "~a ~link"


@both
def test_one_kind_replaces_another(project: Project, how: str) -> None:
    project.write({"file": "1", "folder/a": "2", "other": "3"})
    project.link("link", "4")
    old = project.keep(how)
    project.remove("file", "link", "folder/a", "other")
    (project.root / "folder").rmdir()
    project.write({"file/a": "5", "link": "4"})
    project.link("folder", "6")
    project.link("other", "3")
    # What was a folder is one elsewhere.
    assert project.changes(old) == "folder=file +file/a -folder/a ~link ~other"


@both
def test_each_context_is_seen_through_its_own_ignore_file(project: Project, how: str) -> None:
    project.write({"a.log": "a", "b.txt": "b", "c": "c", "logs/x": "x", ".dockerignore": ".git\n*.log\nlogs"})
    old = project.keep(how)
    project.write({".dockerignore": ".git\n*.txt\n", "a.log": "other"})
    seen = project.see(old)
    assert changes(seen) == "~.dockerignore +a.log -b.txt +logs +logs/x"
    assert (seen.context.ignore_file, seen.context.would_ignore("x.log")) == (".dockerignore", True)


@both
def test_the_dockerfiles_own_ignore_file_counts(project: Project, how: str) -> None:
    project.write({"docker/web": "FROM a\n", "docker/web.dockerignore": "*\n!app\napp/b\n", "app/a": "", "app/b": ""})
    old = project.keep(how)
    project.write({"docker/web.dockerignore": "*\n!app\n"})
    seen = project.see(old, "docker/web")
    assert changes(seen) == "+app/b"
    assert (list(seen.context.entries), seen.context.ignore_file) == (["app", "app/a"], "docker/web.dockerignore")
    own = project.see(f"{old}/docker" if how == "folder" else old, "docker/web", "docker")
    assert (changes(own), own.context.ignore_file) == ("", "web.dockerignore")
    assert dict(own.context.entries) == {}


@both
def test_names_need_not_be_text(project: Project, how: str) -> None:
    name = os.fsdecode(b"caf\xe9\n*:(top)")
    project.write({name: "a", ":(glob)**": "a"})
    old = project.keep(how)
    project.write({name: "b", f"{name}2": "c"})
    assert project.changes(old) == f"~{name} +{name}2"


def test_permissions_of_a_folder_count_where_they_are_noticed(project: Project) -> None:
    project.write({"a": "a", "d/e": "x"})
    (project.root / "empty").mkdir()
    old = project.keep("folder")
    (project.root / "a").chmod(0o600)
    (project.root / "d").chmod(0o700)
    (project.root / "empty").rmdir()
    assert project.changes(old) == "~a ~d -empty"
    assert project.see(old).notes == (
        "d has another mode, which BuildKit does not notice if it built a folder of the same name before",
    )


def test_pipes_and_sockets_are_not_read(project: Project) -> None:
    os.mkfifo("pipe")
    os.mkfifo("other")
    old = project.root.parent / "then"
    old.mkdir()
    (old / "Dockerfile").write_text("FROM a\n")
    os.mkfifo(old / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(old / "other"))
        assert project.changes(str(old)) == "+.dockerignore ~other"


def test_contents_are_read_only_if_nothing_else_tells_files_apart(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"longer": "a", "mode": "bb", "same": "cccc"})
    old = project.keep("folder")
    project.write({"longer": "aaaaa", "new": "dddddd"})
    (project.root / "Dockerfile").unlink()
    os.link(f"{old}/Dockerfile", "Dockerfile")
    read: set[str] = set()
    chunks = differences.chunks

    def watched(file: Path) -> Iterator[bytes]:
        read.add(file.name)
        return chunks(file)

    monkeypatch.setattr(differences, "chunks", watched)
    assert project.changes(old) == "~longer +new"
    assert read == {".dockerignore", "mode", "same"}


@both
def test_what_can_not_be_read_is_taken_as_unchanged(
    project: Project, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"a": "a", "b": "b"})
    old = project.keep(how)
    project.write({"a": "x", "b": "x", "new": "n"})
    open_regular = differences.open_regular

    def refusing(file: Path, *, follow: bool) -> BufferedReader:
        if file.name in ("a", "new"):
            raise PermissionError
        return open_regular(file, follow=follow)

    monkeypatch.setattr(differences, "open_regular", refusing)
    seen = project.see(old)
    assert (changes(seen), seen.notes) == ("~b +new", ("1 path that can not be read (a) is taken as unchanged",))


def test_what_a_listing_did_not_get_to_is_not_missing(project: Project) -> None:
    project.write({"a": "a", "b": "b", "c": "c"})
    old = project.keep("folder")
    project.write({"a": "x"})
    context = read_context(project.root, project.root / "Dockerfile", "", limit=3)
    seen = earlier(old, project.root / "Dockerfile", context)
    assert (changes(seen), context.truncated) == ("~a", True)
    assert seen.notes == ("the build context has more files than are compared; a .dockerignore makes it smaller",)
