"""Reading a context from the disk: what a real folder can hold, and where the context is."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from layerwise.context.listing import FileKind
from layerwise.workspace import disk
from layerwise.workspace.disk import Walks, find_context, load_files, read_context

Tree = Callable[..., Path]
Scan = AbstractContextManager[Iterator[os.DirEntry[str]]]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make files, empty or with the text that is given by keyword ``texts``."""

    def make(*paths: str, **texts: str) -> Path:
        for path in paths:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(texts.get("text", ""), encoding="utf-8")
        return tmp_path

    return make


def test_a_listing_has_sizes_and_executable_bits(tree: Tree) -> None:
    root = tree("run.sh", "d/a", text="123")
    (root / "run.sh").chmod(0o755)
    context = read_context(root, None, "the setting")
    assert {path: (it.kind, it.size, it.executable) for path, it in context.entries.items()} == {
        "d": (FileKind.DIRECTORY, 0, False),
        "d/a": (FileKind.FILE, 3, False),
        "run.sh": (FileKind.FILE, 3, True),
    }
    assert (context.root, context.found_by, context.ignore_file) == (str(root), "the setting", None)
    assert (context.truncated, context.unreadable, context.known) == (False, (), True)


def test_ignored_folders_are_not_entered(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("node_modules/x/y", "src/a", "src/b", "doc/x")
    (root / ".dockerignore").write_text("node_modules\n*\n!src/a\n")
    entered: list[str] = []
    scandir = os.scandir

    def watched(path: Path) -> Scan:
        entered.append(path.name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    context = read_context(root, None, "")
    assert list(context.entries) == ["src", "src/a"]
    assert entered == [root.name, "src"]
    assert context.ignore_file == ".dockerignore"


def test_the_ignore_file_of_a_dockerfile_replaces_the_other(tree: Tree) -> None:
    root = tree("a", "b", "docker/web.Dockerfile")
    (root / ".dockerignore").write_text("a")
    own = root / "docker/web.Dockerfile.dockerignore"
    own.write_text("b\ndocker\n.dockerignore")
    context = read_context(root, root / "docker/web.Dockerfile", "")
    assert list(context.entries) == ["a"]
    assert context.ignore_file == "docker/web.Dockerfile.dockerignore"
    assert read_context(root / "docker", root / "Dockerfile", "").ignore_file is None
    # An empty one replaces it too (as Docker 20.10 does).
    own.write_text("")
    assert "a" in read_context(root, root / "docker/web.Dockerfile", "").entries


def test_an_ignore_file_outside_the_context_is_named(tree: Tree) -> None:
    root = tree("app/a", "app/b", "Dockerfile")
    (root / "Dockerfile.dockerignore").write_text("a")
    context = read_context(root / "app", root / "Dockerfile", "")
    assert (list(context.entries), context.ignore_file) == (["b"], "../Dockerfile.dockerignore")


def test_sockets_pipes_and_links_are_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        (tmp_path / "loop").symlink_to("loop")
        (tmp_path / "up").symlink_to("..")
        context = load_files(read_context(tmp_path, None, ""), ["pipe", "sock", "loop", "up"])
    assert {path: (it.kind.value, it.link) for path, it in context.entries.items()} == {
        "loop": ("symlink", "loop"),
        "pipe": ("other", ""),
        "sock": ("other", ""),
        "up": ("symlink", ".."),
    }
    assert set(context.contents.values()) == {None}
    assert context.is_directory("up")
    assert not context.exists("loop")


def test_names_need_not_be_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (tmp_path / name).write_text("x")
    context = load_files(read_context(tmp_path, None, ""), [name])
    assert context.read(name) == "x"


def test_unreadable_folders_are_reported(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("locked/a", "open/a", "gone/a")
    scandir = os.scandir

    def refusing(path: Path) -> Scan:
        if path.name in ("locked", "gone"):
            raise PermissionError if path.name == "locked" else FileNotFoundError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    context = read_context(root, None, "")
    assert context.unreadable == ("locked",)
    assert list(context.entries) == ["gone", "locked", "open", "open/a"]


def test_files_that_vanish_while_walking_are_left_out(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("a", "b")
    scandir = os.scandir

    class Vanishing:
        def __init__(self, path: Path) -> None:
            self.entries = list(scandir(path))
            (path / "a").unlink()

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Vanishing)
    assert list(read_context(root, None, "").entries) == ["b"]


def test_a_root_that_does_not_exist_is_an_empty_context(tmp_path: Path) -> None:
    context = read_context(tmp_path / "none", None, "the setting")
    assert (dict(context.entries), context.unreadable) == ({}, (".",))


def test_the_limit_keeps_what_is_near_the_root(tree: Tree) -> None:
    root = tree("z", "a/b/c/d/e", "a/1", "a/2", "a/3")
    context = read_context(root, None, "", limit=3)
    assert context.truncated
    assert list(context.entries) == ["a", "a/1", "z"]
    assert not read_context(root, None, "", limit=9).truncated


def test_a_folder_of_too_many_names_is_cut(tree: Tree) -> None:
    root = tree(*(f"{at:03}.log" for at in range(100)), ".dockerignore")
    (root / ".dockerignore").write_text("*.log")
    context = read_context(root, None, "", limit=10)
    assert context.truncated
    assert set(context.entries) <= {".dockerignore"}


def test_contents_are_text_of_the_context_only(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    tree("secret", "root/a", "root/big", text="0123456789")
    root = tmp_path / "root"
    (root / "a").write_text("é\r\n", newline="")
    (root / "latin").write_bytes(b"\xe9")
    (root / "inside").symlink_to("a")
    (root / "outside").symlink_to(outside)
    (root / "ignored").write_text("x")
    (root / ".dockerignore").write_text("ignored")
    context = read_context(root, None, "")
    names = ["a", "big", "latin", "inside", "outside", "ignored", "none", "../secret"]
    loaded = load_files(context, names, max_bytes=9)
    assert loaded.contents == {"a": "é\r\n", "big": None, "latin": None, "inside": "é\r\n", "outside": None}
    assert loaded.read("inside") == "é\r\n"
    assert loaded.read("outside") is None


def test_a_file_that_is_replaced_by_a_way_out_is_not_read(tree: Tree, tmp_path: Path) -> None:
    tree("secret/a", "root/d/a", text="x")
    root = tmp_path / "root"
    context = read_context(root, None, "")
    (root / "d/a").unlink()
    (root / "d").rmdir()
    (root / "d").symlink_to(tmp_path / "secret")
    assert load_files(context, ["d/a"]).read("d/a") is None


def test_the_setting_decides(tmp_path: Path) -> None:
    dockerfile = tmp_path / "docker/Dockerfile"
    assert find_context(dockerfile, tmp_path, [], "app") == (tmp_path / "app", "the setting")
    assert find_context(dockerfile, None, [], "..") == (tmp_path, "the setting")
    assert find_context(dockerfile, None, [], "/x") == (Path("/x"), "the setting")


@pytest.mark.parametrize(
    ("sources", "folder", "reason"),
    [
        (["package.json", "src/", "gone"], ".", "2 of 3 COPY sources exist there"),
        (["entry.sh"], "deploy/web", "its COPY source exists there"),
        (["entry.sh", "package.json", "src"], ".", "2 of 3 COPY sources exist there"),
        (["both"], "deploy/web", "its COPY source exists there"),
        (["pack*.json", "*/a.py"], ".", "2 of 2 COPY sources exist there"),
        (["web/*.sh"], "deploy", "its COPY source exists there"),
        ([".", "./", "/", "$SRC", "https://x/y", "<<EOF"], "deploy/web", "the Dockerfile's folder"),
        (["gone", "*.gone", "[", "a\0b"], "deploy/web", "the Dockerfile's folder"),
        ([".", "package.json", "package.json"], ".", "its COPY source exists there"),
        (["../../package.json"], ".", "its COPY source exists there"),
        (["above"], "deploy/web", "the Dockerfile's folder"),
    ],
)
def test_the_context_is_where_the_sources_are(tree: Tree, sources: list[str], folder: str, reason: str) -> None:
    files = ["package.json", "src/a.py", "both", "deploy/web/both", "deploy/web/entry.sh", "deploy/web/Dockerfile"]
    root = tree("above", *(f"project/{it}" for it in files)) / "project"
    found = find_context(root / "deploy/web/Dockerfile", root, sources, None)
    assert found == (root / folder, reason)


def test_without_a_workspace_the_repository_is_the_limit(tree: Tree) -> None:
    root = tree("a", "repository/.git/HEAD", "repository/a", "repository/docker/Dockerfile", "b")
    dockerfile = root / "repository/docker/Dockerfile"
    assert find_context(dockerfile, None, ["a"], None)[0] == root / "repository"
    assert find_context(dockerfile, None, ["b"], None)[0] == dockerfile.parent


def test_without_a_repository_it_is_the_dockerfiles_folder(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("a", "docker/Dockerfile")
    monkeypatch.setattr(disk, "_MOST_LEVELS", 3)
    assert find_context(root / "docker/Dockerfile", None, ["a"], None) == (root / "docker", "the Dockerfile's folder")


def test_a_dockerfile_outside_the_workspace_keeps_its_folder(tree: Tree) -> None:
    root = tree("a", "docker/Dockerfile", "workspace/a")
    assert find_context(root / "docker/Dockerfile", root / "workspace", ["a"], None)[0] == root / "docker"


def test_one_look_walks_once_for_all_that_see_the_same(tmp_path: Path) -> None:
    for name in ("Dockerfile", "b.Dockerfile", "src/a.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "c.Dockerfile").touch()
    (tmp_path / "c.Dockerfile.dockerignore").write_text("src\n", encoding="utf-8")
    walks = Walks()
    one, other, apart = (
        read_context(tmp_path, tmp_path / name, name, walks=walks)
        for name in ("Dockerfile", "b.Dockerfile", "c.Dockerfile")
    )
    assert one.listing is other.listing
    assert (one.dockerfile, other.dockerfile, other.found_by) == ("Dockerfile", "b.Dockerfile", "b.Dockerfile")
    assert "src/a.js" in one.entries
    assert "src/a.js" not in apart.entries


def test_many_contexts_far_up_are_walked_over_in_bounded_time(tmp_path: Path) -> None:
    for name in ("Dockerfile", *(f"a{at}" for at in range(30))):
        (tmp_path / name).touch()
    walks = Walks(most=50, least=5)

    def seen(at: int) -> int:
        (tmp_path / f"{at}.Dockerfile").touch()
        (tmp_path / f"{at}.Dockerfile.dockerignore").write_text(f"# {at}\n*.Dockerfile*\n", encoding="utf-8")
        context = read_context(tmp_path, tmp_path / f"{at}.Dockerfile", "", walks=walks)
        assert context.truncated == (len(context.entries) < 31)
        return len(context.entries)

    # What was walked over once is not walked over again.
    assert [seen(at) for at in (1, 1, 2, 3, 4, 1)] == [31, 31, 50 - 33, 5, 5, 31]


def test_a_walk_is_kept_while_smaller_ones_come_and_go(tmp_path: Path) -> None:
    walks = Walks()
    for at in range(20):
        (tmp_path / f"x{at}").mkdir()
    first = read_context(tmp_path, None, "", walks=walks)
    for at in range(20):
        read_context(tmp_path / f"x{at}", None, "", walks=walks)
        assert read_context(tmp_path, None, "", walks=walks).listing is first.listing
