"""The context of a git revision: what git knows of it, and what it cannot know.

``~a`` is another now, ``-a`` is gone, ``+a`` is new, and ``a=b`` is the same under another name.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from layerwise.workspace.earlier import earlier
from layerwise.workspace.git_repository import Repository
from layerwise.workspace.git_tree import compare_commit
from then_and_now import Project, changes, make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


def test_what_is_not_committed_counts_as_well(project: Project) -> None:
    project.write({"a": "a", "b": "b", "c": "c", "d": "d"})
    project.commit()
    project.write({"a": "x", "b": "x", "new": "n", "staged": "s"})
    project.remove("c")
    project.git("add", "b", "staged")
    project.git("rm", "--cached", "d")
    assert project.changes("HEAD") == "~a ~b -c +new +staged"


def test_files_that_git_ignores_are_carried_over(project: Project) -> None:
    project.write({".gitignore": "*.log\nnode_modules/\n/build\n", ".dockerignore": ".git\nbuild\n", "a": "a"})
    project.commit()
    project.write({"node_modules/x/y.js": "y", "logs/a.log": "a", "new/b.log": "b", "new/c": "c", "build/x": "x"})
    seen = project.see("HEAD")
    assert changes(seen) == "+new/c"
    assert [it for it in seen.context.entries if "/" in it] == ["logs/a.log", "new/b.log", "node_modules/x", "node_modules/x/y.js"]  # fmt: skip
    assert seen.notes == ("3 files that git ignores (logs/a.log, …) are taken as unchanged",)


def test_a_file_that_is_tracked_although_it_is_ignored_is_not_carried_over(project: Project) -> None:
    project.write({".gitignore": "*.log\n", "old.log": "a"})
    project.commit()
    project.git("add", "--force", "old.log")
    seen = project.see("HEAD")
    assert (changes(seen), seen.notes) == ("+old.log", ())
    project.commit()
    project.git("rm", "--cached", "old.log")
    assert project.changes("HEAD") == ""
    project.write({"old.log": "b"})
    assert project.changes("HEAD") == "~old.log"


def test_what_is_carried_over_stays_below_the_ignore_file_of_then(project: Project) -> None:
    project.write({".gitignore": "*.log\n", ".dockerignore": ".git\nlogs\n"})
    project.commit()
    project.write({"a.log": "a", "logs/b.log": "b", ".dockerignore": ".git\n"})
    seen = project.see("HEAD")
    assert changes(seen) == "~.dockerignore +logs +logs/b.log"
    assert seen.notes[1].startswith("the ignore file is another now: what git does not track")


def test_nothing_is_carried_over_to_below_a_file(project: Project) -> None:
    project.write({".gitignore": "x.log\n", "data": "a"})
    project.commit()
    project.remove("data")
    project.write({"data/x.log": "x"})
    (project.root / "data/empty").mkdir()
    assert project.changes("HEAD") == "~data +data/empty +data/x.log"


def test_an_ignore_file_that_git_ignores_is_that_of_then_too(project: Project) -> None:
    project.write({".gitignore": "*.dockerignore\n.dockerignore\n", ".dockerignore": ".git\na\n", "a": "a", "b": "b"})
    project.commit()
    project.write({"a": "x", "b": "x"})
    assert project.changes("HEAD") == "~b"
    project.write({"Dockerfile.dockerignore": ".git\nb\n"})
    assert project.changes("HEAD") == "~a"
    project.remove(".gitignore")
    assert project.changes("HEAD") == "+.dockerignore -.gitignore +Dockerfile.dockerignore ~a -b"


def test_a_context_that_git_ignores_is_taken_as_unchanged(project: Project) -> None:
    project.write({".gitignore": "dist\n"})
    project.commit()
    project.write({"dist/deep/a": "a", "dist/b": "b"})
    seen = project.see("HEAD", "Dockerfile", "dist/deep")
    assert (changes(seen), list(seen.context.entries)) == ("", ["a"])


def test_empty_folders_are_unknown_to_git(project: Project) -> None:
    project.commit()
    (project.root / "a/b").mkdir(parents=True)
    seen = project.see("HEAD")
    assert changes(seen) == ""
    assert {"a", "a/b"} < set(seen.context.entries)
    project.write({"a/b/c": "x"})
    assert project.changes("HEAD") == "+a +a/b +a/b/c"


def test_a_folder_whose_files_the_builder_does_not_see_is_not_empty(project: Project) -> None:
    project.write({".dockerignore": ".git\n**/*.test\n**/*.pyc\n", ".gitignore": "*.pyc\n", "src/a": "a"})
    project.commit()
    project.write({"src/cache/a.pyc": "a", "src/tests/unit/a.test": "a"})
    assert project.changes("HEAD") == "+src/tests +src/tests/unit"
    project.commit()
    assert project.changes("HEAD") == ""


def test_of_permissions_git_knows_one(project: Project) -> None:
    project.write({"a": "a", "b": "b", "d/c": "c"})
    project.commit()
    (project.root / "a").chmod(0o600)
    (project.root / "b").chmod(0o755)
    (project.root / "d").chmod(0o700)
    assert project.changes("HEAD") == "~b"
    project.git("config", "core.fileMode", "false")
    assert project.changes("HEAD") == ""


def test_modes_that_no_checkout_gives_are_told(project: Project) -> None:
    project.write({"a": "a", "run.sh": "b", "c": "c", "d": "d"})
    for path, mode in {"Dockerfile": 0o644, ".dockerignore": 0o644, "a": 0o644, "run.sh": 0o755, "c": 0o644}.items():
        (project.root / path).chmod(mode)
    (project.root / "d").chmod(0o755)
    project.commit()
    assert project.see("HEAD").notes == ()
    (project.root / "a").chmod(0o600)
    (project.root / "d").chmod(0o644)
    seen = project.see("HEAD")
    why = "git keeps no modes, so {} taken as unchanged"
    assert (changes(seen), seen.notes) == (
        "~d",
        (f"1 file has another mode than a checkout here gives (a: 600, not 644); {why.format('it is')}",),
    )
    (project.root / "run.sh").chmod(0o700)
    assert project.see("HEAD").notes == (
        f"2 files have another mode than a checkout here gives (a: 600, not 644, …); {why.format('they are')}",
    )


def test_line_ends_of_a_checkout_are_no_difference(project: Project) -> None:
    lines = "".join(f"{'x' * at}\n" for at in range(1000))
    project.write({"a": "a\nb\n", "long": lines, "moved": lines + "x\n", "mixed": "a\r\nb\n", "lone": "\n\r"})
    project.write({"partly": "p\nq\n"})
    project.commit()
    project.git("config", "core.autocrlf", "true")
    project.write({it: (project.root / it).read_bytes().replace(b"\n", b"\r\n") for it in ("a", "long", "moved")})
    (project.root / "moved").rename(project.root / "new")
    project.write({"mixed": "a\nb\n", "lone": "\r\n\r\r", "partly": "p\r\nq\n"})
    assert project.changes("HEAD") == "moved=new ~lone ~mixed ~partly"


WRITES_CRLF = [
    ("", "", False),
    ("core.autocrlf=true", "", True),
    ("core.autocrlf=yes", "", True),
    ("core.autocrlf=false", "", False),
    ("core.autocrlf=input", "", False),
    ("core.eol=crlf", "", False),
    ("core.eol=crlf", "* text", True),
    ("core.eol=crlf", "* text=auto", True),
    ("core.eol=crlf core.autocrlf=input", "* text=auto", False),
    ("core.eol=lf core.autocrlf=true", "* text=auto", True),
    ("", "* text=auto", False),
    ("", "* eol=crlf", True),
    ("", "* text eol=crlf", True),
    ("core.autocrlf=true", "* eol=lf", False),
    ("core.autocrlf=true", "* -text", False),
    ("core.autocrlf=true", "* binary", False),
    ("", "* -text eol=crlf", False),
    ("core.autocrlf=true", "* -crlf", False),
    ("core.autocrlf=true", "* crlf=input", False),
    ("core.autocrlf=true", "*.md -text", True),
]


@pytest.mark.parametrize(("settings", "attributes", "is_written"), WRITES_CRLF)
def test_git_writes_crlf_only_where_it_was_told_to(
    project: Project, settings: str, attributes: str, *, is_written: bool
) -> None:
    project.write({"a.sh": "a\nb\n", ".gitattributes": f"{attributes}\n"})
    project.commit()
    for it in settings.split():
        project.git("config", *it.split("="))
    project.write({"a.sh": "a\r\nb\r\n"})
    assert project.changes("HEAD") == ("" if is_written else "~a.sh")
    # git itself says the same.
    project.remove("a.sh")
    project.git("checkout", "a.sh")
    assert (project.root / "a.sh").read_bytes() == (b"a\r\nb\r\n" if is_written else b"a\nb\n")


def test_a_pointer_of_git_lfs_stands_for_its_file(project: Project) -> None:
    contents = {"same": "S" * 100_000, "edited": "E" * 100_000, "moved": "M" * 1000, "pointer": "P" * 1000}
    for path, it in contents.items():
        oid = hashlib.sha256(it.encode()).hexdigest()
        project.write({path: f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(it)}\n"})
    project.commit()
    project.write({**contents, "edited": "e" * 100_000, "pointer": (project.root / "pointer").read_text()})
    (project.root / "moved").rename(project.root / "new")
    assert project.changes("HEAD") == "moved=new ~edited"


def test_filters_are_not_run(project: Project) -> None:
    project.write(
        {".gitattributes": "*.key filter=crypt\n*.id ident\n", "a.key": "a", "b.id": "b", "c": "c", "d.key": "d"}
    )
    project.commit()
    project.write({"a.key": "x", "b.id": "x", "c": "x"})
    seen = project.see("HEAD")
    assert changes(seen) == "~a.key ~b.id ~c"
    assert seen.notes == ("2 files that git writes with a filter, an encoding or an id (a.key, …) are taken as edited",)


def test_gits_own_folder_is_taken_as_unchanged(project: Project) -> None:
    project.write({".dockerignore": "x"})
    project.commit()
    seen = project.see("HEAD")
    assert changes(seen) == ""
    assert {".git/HEAD", ".git/refs/tags"} < set(seen.context.entries)
    assert seen.notes[0].startswith("the build context has git's own folder .git, which is taken as unchanged")


def test_submodules_are_taken_as_unchanged(project: Project) -> None:
    project.git("init", "../library")
    project.write({"../library/a": "a"})
    project.git("add", ".", folder="../library")
    project.git("commit", "--message", "x", folder="../library")
    project.commit()
    project.git("submodule", "add", "../library", "lib")
    # New, it is as new as any folder.
    assert project.changes("HEAD") == "+.gitmodules +lib +lib/.git +lib/a"
    project.commit()
    project.write({"lib/a": "x", "lib/b": "b"})
    seen = project.see("HEAD")
    assert (changes(seen), seen.notes) == ("", ("1 submodule (lib) is taken as unchanged",))
    assert {"lib/.git", "lib/a", "lib/b"} < set(seen.context.entries)
    project.git("rm", "--force", "lib")
    assert project.changes("HEAD") == "~.gitmodules -lib"


def test_a_sparse_checkout_builds_without_the_rest(project: Project) -> None:
    project.write({"a/x": "x", "b/y": "y"})
    project.commit()
    project.git("sparse-checkout", "set", "--cone", "a")
    seen = project.see("HEAD")
    assert changes(seen) == "-b -b/y"
    assert seen.notes == ("the checkout is sparse: what it leaves out counts as removed",)


def test_a_repository_may_use_sha256(project: Project) -> None:
    project.write({"a": "a", "b": "b"})
    project.link("link", "a")
    assert len(project.commit("--object-format=sha256")) == 64
    project.write({"b": "x"})
    assert project.changes("HEAD") == "~b"


def test_a_tree_is_listed_up_to_a_limit(project: Project) -> None:
    project.write({"a": "a", "b": "b", "c": "c"})
    commit = project.commit()
    project.write({"a": "x", "c": "x", "d": "x"})
    repository = Repository.around(project.root)
    assert repository is not None
    now = project.see("HEAD")
    context = earlier("Dockerfile", project.root / "Dockerfile", now.context).context
    found = compare_commit(commit, repository, "Dockerfile", repository, context, limit=3)
    assert (found.context.truncated, list(found.context.entries)) == (True, [".dockerignore", "Dockerfile", "a"])
    assert (list(found.marks), list(found.marks_now)) == (["a"], ["a"])


def test_a_broken_tree_leads_nowhere(project: Project) -> None:
    project.write({"a": "a"})
    project.commit()
    blob = bytes.fromhex(project.git("rev-parse", "HEAD:Dockerfile"))
    tree = b"".join(b"100644 " + name + b"\0" + blob for name in (b"..", b".", b"Dockerfile"))
    project.write({".git/tree": tree})
    made = project.git("hash-object", "-w", "-t", "tree", "--literally", ".git/tree")
    seen = project.see(project.git("commit-tree", made, "-m", "x"))
    assert (list(seen.context.entries), changes(seen)) == (["Dockerfile"], "+.dockerignore +a")
