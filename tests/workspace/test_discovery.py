"""Which files are Dockerfiles, and where they are looked for. What is ignored was checked against git 2.39."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.workspace import discovery
from layerwise.workspace.discovery import find_dockerfiles, is_dockerfile_name

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make empty files, and those of ``texts``."""

    def make(*paths: str, texts: dict[str, str] | None = None) -> Path:
        for path, text in {**dict.fromkeys(paths, ""), **(texts or {})}.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    return make


def found(folder: Path) -> str:
    """Return the Dockerfiles below ``folder``, relative to it; there must be no problems."""
    paths, problems = find_dockerfiles(folder)
    assert not problems
    return " ".join(it.relative_to(folder).as_posix() for it in paths)


def test_names_of_dockerfiles() -> None:
    names = """
        Dockerfile dockerfile DOCKERFILE Dockerfile.dev dockerfile.Prod Dockerfile.a.b
        Containerfile containerfile Containerfile.x web.Containerfile
        web.Dockerfile web.dockerfile a.b.Dockerfile .dockerfile
        Dockerfile-tilt dockerfile-tilt Dockerfile_prod Dockerfile-alpine3.20 Dockerfile-a-b Containerfile-x DOCKERFILE_X
        api-Dockerfile api_dockerfile a.b-Dockerfile web-Containerfile
    """
    assert [it for it in names.split() if not is_dockerfile_name(it)] == []


def test_other_names() -> None:
    names = """
        Dockerfile. Dockerfiles MyDockerfile Dockerfile- -Dockerfile docker.yml
        dockerfile-lint.js Dockerfile_test.go dockerfile-parse.d.ts my-dockerfile.yaml Dockerfile-a.md api-Dockerfile.tmpl
        .dockerignore Dockerfile.dockerignore web.Dockerfile.dockerignore DOCKERFILE.DOCKERIGNORE
        Dockerfile~ Dockerfile.dev~ Dockerfile.swp .Dockerfile.swp Dockerfile.orig Dockerfile.REJ
        .#a.Dockerfile ._a.Dockerfile
        Dockerfile.md Dockerfile.j2 Dockerfile.tmpl Dockerfile.template Dockerfile.in
    """
    assert [it for it in ["", *names.split()] if is_dockerfile_name(it)] == []


def test_they_are_found_in_all_folders_and_sorted(tree: Tree) -> None:
    root = tree("b/Dockerfile", "a/x/web.Dockerfile", "Dockerfile", "a/Dockerfile.dev", "a/README.md", ".ci/Dockerfile")
    assert found(root) == ".ci/Dockerfile Dockerfile a/Dockerfile.dev a/x/web.Dockerfile b/Dockerfile"


def test_paths_start_as_the_folder_was_given(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree("a/b/Dockerfile"))
    assert find_dockerfiles(Path("a")) == ((Path("a/b/Dockerfile"),), ())
    assert find_dockerfiles(Path()) == ((Path("a/b/Dockerfile"),), ())


def test_what_was_installed_is_skipped(tree: Tree) -> None:
    root = tree(
        ".git/Dockerfile", "a/node_modules/x/Dockerfile", "env/pyvenv.cfg", "env/lib/Dockerfile", "a/Dockerfile",
        "vendor/modules.txt", "vendor/x/Dockerfile", "php/vendor/autoload.php", "php/vendor/x/Dockerfile",
        "ours/vendor/Dockerfile", "ours/vendor/x/Dockerfile", "third_party/x/y/Dockerfile", "lib/site-packages/x/Dockerfile",
    )  # fmt: skip
    assert found(root) == "a/Dockerfile ours/vendor/Dockerfile"
    assert found(root / "ours/vendor") == "Dockerfile x/Dockerfile"


NAMED = {
    "Compose": {"compose.yaml": "services: {a: {build: {context: docker, dockerfile: api.build}}}"},
    "Compose, above the Dockerfile's folder": {"dev/compose.yaml": "services: {a: {build: {context: ../docker, dockerfile: api.build}}}"},
    "Bake": {"docker-bake.hcl": 'target "a" {\n  context = "docker"\n  dockerfile = "api.build"\n}\n'},
    "devcontainer": {".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../docker/api.build"}}'},
}  # fmt: skip


@pytest.mark.parametrize("texts", NAMED.values(), ids=NAMED)
def test_what_a_build_file_names_is_one_whatever_it_is_called(tree: Tree, texts: dict[str, str]) -> None:
    root = tree(".git/HEAD", "docker/api.build", "docker/other.build", texts=texts)
    assert found(root) == "docker/api.build"
    # Those above the folder that is searched are asked too, as far as the repository goes.
    (root / "docker/deep").mkdir()
    assert found(root / "docker/deep") == ""
    assert found(root / "docker") == ("" if "dev/compose.yaml" in texts else "api.build")


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        ("gone.build", ""),
        ("folder", "folder/x"),
        ("ignored.build", "ignored.build"),
        ("node_modules/x/api.build", "node_modules/x/api.build"),
        ("../outside.build", "../outside.build"),
    ],
)
def test_what_a_build_file_names_has_to_be_there_and_to_be_searched(tree: Tree, dockerfile: str, files: str) -> None:
    compose = f"services: {{a: {{build: {{context: ., dockerfile: {dockerfile}}}}}}}"
    root = tree(".git/HEAD", "r/x", texts={"r/compose.yaml": compose, "r/.gitignore": "ignored*"})
    if files:
        tree(f"r/{files}")
    assert found(root / "r") == ""


def test_links_to_folders_are_not_followed_and_a_file_is_one(tree: Tree) -> None:
    root = tree("a/real.txt")
    (root / "loop").symlink_to(root)
    (root / "Dockerfile").symlink_to("a/real.txt")
    (root / "Dockerfile.gone").symlink_to("gone")
    (root / "Dockerfile.d").mkdir()
    os.mkfifo(root / "Dockerfile.pipe")
    assert found(root) == "Dockerfile"


@pytest.mark.parametrize(
    ("ignore", "paths", "expected"),
    [
        pytest.param("build/", "build/Dockerfile a/build/Dockerfile", "", id="a folder anywhere"),
        pytest.param("/build", "build/Dockerfile a/build/Dockerfile", "a/build/Dockerfile", id="anchored"),
        pytest.param("Dockerfile/", "Dockerfile", "Dockerfile", id="a folder is no file"),
        pytest.param("Dockerfile.*\n!Dockerfile.ci", "Dockerfile.x Dockerfile.ci", "Dockerfile.ci", id="the last wins"),
        pytest.param("a/\n!a/Dockerfile", "a/Dockerfile", "", id="nothing below an ignored folder comes back"),
        pytest.param("a/*\n!a/b/", "a/Dockerfile a/b/Dockerfile", "a/b/Dockerfile", id="a folder comes back"),
        pytest.param("a/**\n!a/b/", "a/Dockerfile a/b/Dockerfile", "", id="but not what is in it"),
        pytest.param("*\n!*/\n!Dockerfile", "Dockerfile a/Dockerfile a/Dockerfile.x", "Dockerfile a/Dockerfile", id="a list of what is kept"),
        pytest.param("/*\n!/a", "Dockerfile a/Dockerfile b/Dockerfile", "a/Dockerfile", id="all but a folder"),
        pytest.param("**/x/**", "x/Dockerfile a/x/b/Dockerfile a/Dockerfile", "a/Dockerfile", id="any depth"),
        pytest.param("*/", "Dockerfile a/Dockerfile", "Dockerfile", id="all folders"),
        pytest.param("\ufeffa\r\n# b\r\n\r\nc  \r\n", "a/Dockerfile b/Dockerfile c/Dockerfile", "b/Dockerfile", id="as Windows writes it"),
        pytest.param("a[\n[z-a]\n!\n/\n\\", "Dockerfile a/Dockerfile", "Dockerfile a/Dockerfile", id="no patterns"),
    ],
)  # fmt: skip
def test_what_git_ignores(tree: Tree, ignore: str, paths: str, expected: str) -> None:
    assert found(tree(*paths.split(), texts={".gitignore": ignore})) == expected


def test_a_nearer_ignore_file_wins_and_is_about_its_own_folder(tree: Tree) -> None:
    root = tree(
        "Dockerfile.dev", "a/Dockerfile.dev", "a/b/Dockerfile.dev", "a/b/x/Dockerfile", "x/Dockerfile",
        texts={".gitignore": "*.dev", "a/.gitignore": "!/Dockerfile.dev\n/b/x"},
    )  # fmt: skip
    assert found(root) == "a/Dockerfile.dev x/Dockerfile"


def test_the_ignore_files_of_the_repository_hold_in_a_folder_of_it(tree: Tree) -> None:
    root = tree(
        "r/.git/HEAD", "r/a/b/x/Dockerfile", "r/a/b/y/Dockerfile", "r/a/b/z/Dockerfile", "r/a/b/Dockerfile",
        texts={".gitignore": "Dockerfile", "r/.gitignore": "/a/b/x", "r/a/.gitignore": "/b/y", "r/.git/info/exclude": "z"},
    )  # fmt: skip
    assert found(root / "r/a/b") == "Dockerfile"
    assert found(root / "r/a") == "b/Dockerfile"


def test_a_folder_that_is_asked_for_is_searched_though_ignored(tree: Tree) -> None:
    root = tree(".git/HEAD", "build/Dockerfile", texts={".gitignore": "build/"})
    assert found(root) == ""
    assert found(root / "build") == "Dockerfile"


def test_a_repository_in_a_repository_has_its_own_rules(tree: Tree) -> None:
    root = tree(
        ".git/HEAD", "sub/.git/HEAD", "sub/Dockerfile.x", "sub/Dockerfile.y", "sub/Dockerfile.z",
        texts={".gitignore": "*.x", "sub/.gitignore": "*.y", "sub/.git/info/exclude": "*.z"},
    )  # fmt: skip
    assert found(root) == "sub/Dockerfile.x"


def test_in_a_worktree_git_is_a_file(tree: Tree) -> None:
    root = tree("a/Dockerfile", "b/Dockerfile", texts={".git": "gitdir: /elsewhere", ".gitignore": "/a"})
    assert found(root / "b") == "Dockerfile"
    assert found(root) == "b/Dockerfile"


def test_what_cannot_be_read_is_reported_and_the_rest_found(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("Dockerfile", "a/Dockerfile", "b/Dockerfile", "real")
    (root / "b/.gitignore").symlink_to(root / "real")
    scan = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(discovery.os, "scandir", refuse)
    paths, problems = find_dockerfiles(root)
    assert paths == (root / "Dockerfile", root / "b/Dockerfile")
    assert sorted(map(str, problems)) == [
        f"{root}/a: cannot be read: Permission denied",
        f"{root}/b/.gitignore: cannot be read: it is not a regular file",
    ]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    paths, problems = find_dockerfiles(tmp_path / "gone")
    assert paths == ()
    assert [str(it) for it in problems] == [f"{tmp_path}/gone: cannot be read: No such file or directory"]


def test_a_search_is_bounded_and_begins_near_the_folder(tree: Tree) -> None:
    root = tree("a/b/c/Dockerfile", "a/Dockerfile", "Dockerfile")
    paths, problems = find_dockerfiles(root, limit=4)
    assert paths == (root / "Dockerfile", root / "a/Dockerfile")
    (problem,) = problems
    assert str(problem) == (
        f"{root}: there are more than 4 files and folders, and the search ended there:"
        " Dockerfiles further down may be missing; search a smaller folder, or name them"
    )
    assert not find_dockerfiles(root, limit=6)[1]


def test_a_large_tree_takes_no_time(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("\n".join(f"/{it}/*.tmp\n{it}.log\n!{it}/keep" for it in range(50)))
    for folder in range(1000):
        path = tmp_path / f"{folder % 10}" / f"{folder}"
        path.mkdir(parents=True)
        for file in range(20):
            (path / f"{file}.py").touch()
    (tmp_path / "3/13/Dockerfile").touch()
    start = time.perf_counter()
    assert found(tmp_path) == "3/13/Dockerfile"
    assert time.perf_counter() - start < 1
