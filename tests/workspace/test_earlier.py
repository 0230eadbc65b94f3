"""What may name an earlier build: a Dockerfile, a folder, a revision. Where its Dockerfile and its context are.

``~a`` is another now, ``-a`` is gone, ``+a`` is new, and ``a=b`` is the same under another name.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.workspace.disk import read_context
from layerwise.workspace.earlier import EarlierError, earlier
from then_and_now import Project, changes, make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


def test_a_dockerfile_leaves_the_context_as_it_is(project: Project) -> None:
    project.write({"a": "a", "docker/web": "FROM b\n"})
    Path("../old").write_bytes(b"\xef\xbb\xbfFROM a\n")
    context = read_context(project.root, project.root / "Dockerfile", "")
    seen = earlier("../old", project.root / "Dockerfile", context)
    assert (seen.text, seen.notes) == ("FROM a\n", ())
    assert seen.context is context
    assert changes(seen) == "~Dockerfile"
    assert changes(earlier("../old", Path("docker/web"), context)) == "~docker/web"
    assert project.changes("../old", "docker/web", "docker") == "~web"
    assert project.changes("Dockerfile") == ""


def test_a_dockerfile_that_the_builder_does_not_see_is_no_difference(project: Project) -> None:
    project.write({"old": "FROM b\n", "app/a": "a", ".dockerignore": "Dockerfile"})
    assert project.changes("old") == ""
    assert project.changes("old", context="app") == ""


def test_a_dockerfile_behind_a_link_differs_where_it_is(project: Project) -> None:
    project.write({"old": "FROM b\n", "docker/web": "FROM a\n"})
    project.link("Dockerfile", "docker/web")
    assert project.changes("old") == "~docker/web"


def test_a_folder_has_its_dockerfile_where_that_of_now_is(project: Project) -> None:
    project.write({"docker/web": "FROM a\n", "web": "FROM w\n", "app/a": "a", "app/web": "FROM x\n"})
    old = project.keep("folder")
    project.write({"app/a": "b"})
    assert project.see(old, "docker/web").text == "FROM a\n"
    # Where it is outside its context, too: app/web is a file of the context.
    seen = project.see(f"{old}/app", "docker/web", "app")
    assert (seen.text, changes(seen)) == ("FROM a\n", "~a")
    assert seen.notes == (f"{old}/docker/web is taken as the earlier Dockerfile",)
    Path(f"{old}/docker/web").unlink()
    message = project.error(old, "docker/web")
    assert message.startswith("there is no docker/web in this folder; name a folder with an earlier build context")


def test_a_dockerfile_that_only_lies_in_an_earlier_context_is_no_file_of_it(project: Project) -> None:
    project.write({"ctx/a": "a", "Dockerfile.dockerignore": "*.log\n"})
    then = project.root.parent / "then"
    Project(then).write({"Dockerfile": "FROM x\n", "Dockerfile.dockerignore": "*.log\n", "a": "a", "x.log": "x"})
    seen = project.see("../then", "Dockerfile", "ctx")
    assert (seen.text, changes(seen)) == ("FROM x\n", "")
    assert seen.notes == ("../then/Dockerfile is taken as the earlier Dockerfile",)


def test_an_earlier_dockerfile_and_an_earlier_context_may_both_be_named(project: Project) -> None:
    project.write({"ctx/a": "a", "old/ctx/a": "b", "old/ctx/Dockerfile": "FROM y\n", "old/docker/web": "FROM x\n"})
    context = read_context(project.root / "ctx", project.root / "Dockerfile", "")
    seen = earlier("old/docker/web", project.root / "Dockerfile", context, Path("old/ctx"))
    assert (seen.text, changes(seen), seen.notes) == ("FROM x\n", "-Dockerfile ~a", ())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"then/Dockerfile": "", "Dockerfile": "", "now/a": ""}, "whether its Dockerfile is T/then/Dockerfile or T/Dockerfile"),
        ({"then/Dockerfile": "", "then/ctx/a": ""}, "whether T/then or T/then/ctx was the context"),
    ],
)  # fmt: skip
def test_two_layouts_that_fit_are_told(project: Project, files: dict[str, str], message: str) -> None:
    top = project.root.parent
    Project(top).write({**files, "now/ctx/a": "a"})
    advice = "name the Dockerfile with --since and the folder with --since-context"
    with pytest.raises(EarlierError) as caught:
        project.see(f"{top}/then", "Dockerfile", "ctx")
    assert str(caught.value).replace(str(top), "T") == f"it can't be told {message}; {advice}"


@pytest.mark.parametrize("old", ["HEAD", "ctx"])
def test_with_an_earlier_context_only_a_file_is_the_earlier_dockerfile(project: Project, old: str) -> None:
    project.write({"ctx/a": "a"})
    context = read_context(project.root, project.root / "Dockerfile", "")
    with pytest.raises(EarlierError, match="with --since-context, --since names the earlier Dockerfile"):
        earlier(old, project.root / "Dockerfile", context, Path("ctx"))


@pytest.mark.parametrize("revision", ["HEAD~1", "main^", "v1", "annotated", "ID", "SHORT", ":/first", "side", "@{1}"])
def test_a_revision_is_whatever_git_takes_for_one(project: Project, revision: str) -> None:
    first = project.commit()
    project.git("tag", "v1")
    project.git("tag", "--annotate", "annotated", "--message", "x")
    project.git("branch", "side")
    project.git("commit", "--amend", "--message", "the first one")
    project.git("tag", "amended")
    project.write({"Dockerfile": "FROM b\n"})
    project.commit()
    # Both commits have the same tree.
    seen = project.see({"ID": first, "SHORT": first[:8]}.get(revision, revision))
    assert (seen.text, changes(seen)) == ("FROM a\n", "~Dockerfile")


def test_line_ends_of_a_checkout_are_no_edit_of_a_dockerfile(project: Project) -> None:
    project.write({"Dockerfile": "FROM a\nRUN b\n"})
    project.commit()
    project.write({"Dockerfile": "FROM a\r\nRUN c\r\n"})
    assert project.see("HEAD").text == "FROM a\nRUN b\n"
    project.git("config", "core.autocrlf", "true")
    assert project.see("HEAD").text == "FROM a\r\nRUN b\r\n"


def test_a_context_may_be_a_folder_of_the_repository(project: Project) -> None:
    project.write(
        {"app/web/a": "a", "app/web/Dockerfile": "FROM w\n", "app/b": "b", "app/.gitignore": "*.log", "z": "z"}
    )
    project.commit()
    project.write({"app/web/a": "x", "app/web/x.log": "x", "app/b": "x", "z": "x", "app/web/Dockerfile": "FROM x\n"})
    seen = project.see("HEAD", "app/web/Dockerfile", "app/web")
    assert (seen.text, changes(seen)) == ("FROM w\n", "~Dockerfile ~a")
    assert list(seen.context.entries) == ["Dockerfile", "a", "x.log"]
    assert project.changes("HEAD", "app/web/Dockerfile", "app") == "~b ~web/Dockerfile ~web/a"
    # The Dockerfile is elsewhere, and the context did not exist yet.
    project.write({"late/a": "a"})
    assert project.changes("HEAD", "Dockerfile", "late") == "+a"
    assert project.changes("HEAD", "Dockerfile", "app/web") == "~Dockerfile ~a"


def test_a_context_elsewhere_is_taken_as_unchanged(project: Project) -> None:
    project.write({"inner/Dockerfile": "FROM a\n", "inner/a": "a", "b": "b"})
    project.git("init", "inner")
    project.git("add", ".", folder="inner")
    project.git("commit", "--message", "x", folder="inner")
    project.write({"inner/Dockerfile": "FROM b\n", "inner/a": "x"})
    seen = project.see("HEAD", "inner/Dockerfile", "")
    assert (seen.text, changes(seen)) == ("FROM a\n", "~inner/Dockerfile")
    assert [it.replace(str(project.root), "ROOT") for it in seen.notes] == [
        "the build context ROOT is not in the repository ROOT/inner, and is taken as unchanged"
    ]


def test_worktrees_have_their_own_files(project: Project) -> None:
    project.write({"a": "a"})
    first = project.commit()
    project.git("worktree", "add", "../side")
    side = Project(project.root.parent / "side")
    side.write({"a": "b"})
    assert side.changes("HEAD") == side.changes(first) == "~a"
    assert project.changes("HEAD") == ""


def test_links_lead_to_a_dockerfile_and_to_a_project(project: Project) -> None:
    project.write({"docker/web": "FROM w\n", "a": "a"})
    project.link("Dockerfile", "docker/web")
    project.commit()
    project.write({"docker/web": "FROM x\n"})
    there = project.root.parent / "there"
    there.symlink_to(project.root)
    for it in (project, Project(there)):
        assert (it.see("HEAD").text, it.changes("HEAD")) == ("FROM w\n", "~docker/web")
    project.link("Dockerfile", "../outside")
    project.commit()
    assert project.error("HEAD").startswith("there is no Dockerfile in this revision")


@pytest.mark.parametrize("how", ["file", "folder", "revision"])
def test_without_a_context_only_the_dockerfile_is_known(project: Project, how: str) -> None:
    old = "Dockerfile" if how == "file" else project.keep(how)
    seen = earlier(old, project.root / "Dockerfile", BuildContext.unknown("it is not a file"))
    assert (seen.text, seen.context.known, changes(seen)) == ("FROM a\n", False, "")
    assert seen.notes == ("there is no build context to compare: it is not a file",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"F\0", "it is not a text file: there is a NUL byte in line 1"),
        (b"\xff\xfeF\0", "it is UTF-16, and builders read UTF-8 only; save it as UTF-8"),
        (b"FROM a\n\xe9", "it is not UTF-8: byte 0xe9 in line 2"),
        (b"#" * (10 * 1024 * 1024 + 1), "it is larger than 10 MiB"),
    ],
    ids=["NUL", "UTF-16", "Latin-1", "large"],
)
def test_what_is_no_dockerfile(project: Project, content: bytes, message: str) -> None:
    project.write({"old": content, "then/Dockerfile": content, "Dockerfile": content})
    project.commit()
    assert project.error("old").startswith(message)
    assert project.error("then").startswith(f"its Dockerfile can not be used: {message}")
    large = "its Dockerfile is larger than any Dockerfile needs; name another revision"
    assert project.error("HEAD").startswith((f"its Dockerfile can not be used: {message}", large))


def test_names_that_can_not_be_used(project: Project) -> None:
    os.mkfifo("pipe")
    (project.root / "then/Dockerfile").mkdir(parents=True)
    neither = "it is neither a regular file nor a folder; name an earlier Dockerfile, a folder or a revision"
    assert project.error("pipe") == project.error("") == project.error("/dev/null") == neither
    assert (
        project.error("then")
        == "its Dockerfile can not be read: it is not a regular file; check its type and permissions"
    )
    assert project.error("a" * 300).startswith("it is neither a file nor a folder, and ROOT is in no git repository")
    assert project.error("a\0").startswith("it can not be read: embedded null byte; check its name")


def test_the_dockerfile_has_to_be_in_the_revision(project: Project) -> None:
    project.write({".gitignore": "*.dev"})
    project.write({"docker/x": "FROM a\n", "a\nb": "FROM a\n"})
    commit = project.commit()
    project.write({"Dockerfile.dev": "FROM a\n", "docker/new": "FROM a\n"})
    advice = "name a revision that has it, or an earlier Dockerfile"
    for path in ("Dockerfile.dev", "docker/new", "docker", "a\nb"):
        assert project.error("HEAD", path) == f"there is no {path} in this revision ({commit[:12]}); {advice}"


def test_a_name_that_means_nothing(project: Project) -> None:
    neither = "it is neither a file nor a folder"
    message = f"{neither}, and ROOT is in no git repository with revisions; check the name, which starts at ROOT"
    assert project.error("HEAD") == message
    project.commit()
    message = f"{neither} nor a revision of the repository ROOT; check the name, or fetch it"
    for name in (
        "none",
        "HEAD:Dockerfile",
        "HEAD..HEAD",
        "^HEAD",
        "0" * 40,
        "HEAD~9",
        "a b",
        "HEAD\nHEAD",
        "HEAD@{99}",
    ):
        assert project.error(name) == message
