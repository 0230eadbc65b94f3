"""What a build context answers, and what a COPY source selects (checked against Docker 20.10 unless said otherwise)."""

from __future__ import annotations

import time

import pytest

from layerwise.context.build_context import BuildContext, UnreadFileError
from layerwise.context.listing import FileEntry, FileKind, Listing, clean_path

_LINK = FileKind.SYMLINK


def context_of(*paths: str, **links: str) -> BuildContext:
    """Build a context of empty files; links by keyword, with ``__`` for a slash."""
    base = BuildContext.of_texts(dict.fromkeys(paths, ""))
    named = {name.replace("__", "/"): FileEntry(kind=_LINK, link=to) for name, to in links.items()}
    return BuildContext(listing=Listing({**base.entries, **named}))


PROJECT = context_of(
    "README.md", "a.md", "docs/b.md", "docs/img/c.png", "src/a.py", "src/pkg/b.py", "src-old/x.py", "src0"
)


def test_entries_are_sorted_and_have_their_folders() -> None:
    context = BuildContext.of_texts({"b/c/d": "12", "a": "é"})
    assert list(context.entries) == ["a", "b", "b/c", "b/c/d"]
    assert context.entries["a"].size == 2
    assert context.entries["b/c"].kind is FileKind.DIRECTORY


def test_what_the_ignore_file_hides_does_not_exist() -> None:
    context = BuildContext.of_texts({".dockerignore": "*\n!src/a\n", "src/a": "1", "src/b": "2"})
    assert list(context.entries) == ["src", "src/a"]
    assert context.ignore_file == ".dockerignore"
    assert context.read("src/a") == "1"
    assert context.read("src/b") is None
    assert context.would_ignore("/src/./b")
    assert not context.would_ignore("src/a")


def test_files_under_a_folder_are_not_those_beside_it() -> None:
    assert PROJECT.files_under("src") == ("src/a.py", "src/pkg/b.py")
    assert PROJECT.files_under("src/a.py") == ("src/a.py",)
    assert PROJECT.files_under("nothing") == ()
    assert len(PROJECT.files_under()) == len(PROJECT.files_under(".")) == 8


@pytest.mark.parametrize("path", ["src", "/src", "./src/", "docs/../src", "../../src"])
def test_paths_are_taken_from_the_root(path: str) -> None:
    assert PROJECT.exists(path)
    assert PROJECT.is_directory(path)
    assert clean_path(path) == "src"


def test_the_root_exists_even_in_an_empty_context() -> None:
    empty = BuildContext.of_texts({})
    assert empty.exists(".")
    assert empty.is_directory("/")
    assert not empty.exists("a")
    assert empty.known


def test_an_unknown_context_says_so() -> None:
    assert not BuildContext.unknown().known


def test_reading_a_file_that_was_not_loaded_names_it() -> None:
    context = BuildContext(listing=Listing({"d": FileEntry(kind=FileKind.DIRECTORY), "d/a": FileEntry(1)}))
    with pytest.raises(UnreadFileError) as caught:
        context.read("./d/a")
    assert caught.value.path == "d/a"
    loaded = context.with_contents({"d/a": "x"})
    assert loaded.read("d/a") == "x"
    assert loaded.listing is context.listing
    assert context.with_contents({"d/a": None}).read("d/a") is None
    assert context.read("d") is None
    assert context.read("gone") is None


def test_links_are_followed_inside_the_context() -> None:
    context = context_of("d/a", "b", up="d", d__out="../../../b", abs="/d", dangling="gone", loop="loop", deep="up/out")
    assert context.exists("up/a")
    assert context.is_directory("abs")
    assert context.exists("d/out")
    assert context.exists("deep")
    assert not context.exists("dangling")
    assert not context.exists("loop")
    assert not context.exists("b/x")
    assert context.files_under("up") == ("d/a", "d/out")
    with pytest.raises(UnreadFileError) as caught:
        context.read("up/a")
    assert caught.value.path == "d/a"


@pytest.mark.parametrize(
    ("source", "matches", "files"),
    [
        ("src", "src", "src/a.py src/pkg/b.py"),
        ("/src/", "src", "src/a.py src/pkg/b.py"),
        ("../src/.", "src", "src/a.py src/pkg/b.py"),
        ("a.md", "a.md", "a.md"),
        ("*.md", "README.md a.md", "README.md a.md"),
        ("s*/*.py", "src-old/x.py src/a.py", "src-old/x.py src/a.py"),
        ("src/*", "src/a.py src/pkg", "src/a.py src/pkg/b.py"),
        ("**/*.md", "docs/b.md", "docs/b.md"),
        ("docs/**", "docs/b.md docs/img", "docs/b.md docs/img/c.png"),
        ("src?", "src0", "src0"),
        ("[ab].md", "a.md", "a.md"),
        ("*.txt", "", ""),
        ("gone", "", ""),
        ("[", "", ""),
    ],
)
def test_what_a_source_selects(source: str, matches: str, files: str) -> None:
    found = PROJECT.resolve_source(source)
    assert " ".join(it.path for it in found.matches) == matches
    assert " ".join(found.files) == files


def test_the_whole_context() -> None:
    for source in (".", "./", "/", ".."):
        found = PROJECT.resolve_source(source)
        assert [(it.path, it.is_directory) for it in found.matches] == [("", True)]
        assert found.files == PROJECT.files_under()


def test_a_plain_source_has_to_exist_and_a_pattern_has_to_be_well_formed() -> None:
    missing = [it for it in ("src", "gone", "*.txt", "[") if PROJECT.resolve_source(it).missing]
    assert missing == ["gone", "["]


def test_a_source_may_be_a_link() -> None:
    context = context_of("r/1/a", "r/2/a", now="r/2", r__last="2")
    found = context.resolve_source("now")
    assert [(it.path, it.target, it.is_directory) for it in found.matches] == [("now", "r/2", True)]
    assert found.files == ("now", "r/2/a")
    assert context.resolve_source("no*").files == ("now", "r/2/a")
    assert [it.path for it in context.resolve_source("now/*").matches] == ["r/2/a"]
    assert context.resolve_source("r").files == ("r/1/a", "r/2/a", "r/last")


def test_excludes_are_relative_to_the_folder_and_leave_named_files_alone() -> None:
    """Current source only: 20.10 has no ``--exclude``; for named files see moby/buildkit#5489."""
    assert PROJECT.resolve_source("src", exclude=["pkg"]).files == ("src/a.py",)
    assert PROJECT.resolve_source("src", exclude=["src/pkg", "*.py"]).files == ("src/pkg/b.py",)
    assert PROJECT.resolve_source(".", exclude=["**/*", "!src"]).files == ("src/a.py", "src/pkg/b.py")
    assert PROJECT.resolve_source("*.md", exclude=["*.md"]).files == ("README.md", "a.md")
    assert PROJECT.resolve_source("s*", exclude=["*.py"]).files == ("src/pkg/b.py", "src0")


@pytest.mark.parametrize(
    ("source", "covered", "not_covered"),
    [
        ("src", "src src/new.py src/a.py src/tmp", "srcs docs src/x.log src/x.log/y"),
        (".", "anything a/b", "x.log"),
        ("*.md", "new.md README.md", "docs/new.md"),
        ("d*", "docs/new dir/new dir", "dir/x.log a/dir"),
        ("gone", "gone gone/x", "gon"),
        ("a.md", "a.md", "a.md/x b.md"),
    ],
)
def test_a_new_file_may_be_part_of_a_source(source: str, covered: str, not_covered: str) -> None:
    found = PROJECT.resolve_source(source, exclude=["*.log"])
    assert [it for it in covered.split() if not found.covers(it)] == []
    assert [it for it in not_covered.split() if found.covers(it)] == []


def test_a_retargeted_link_is_part_of_the_source() -> None:
    assert context_of("r/a", now="r").resolve_source("now").covers("now")


def test_large_contexts_are_quick() -> None:
    names = [f"d{at % 500}/e{at % 7}/f{at}.py" for at in range(200_000)]
    listing = Listing(dict.fromkeys(names, FileEntry()))
    start = time.perf_counter()
    for _ in range(1_000):
        assert len(listing.files_under("d42")) == 400
    assert time.perf_counter() - start < 1
    first = listing.resolve("d*/*/*7.py")
    start = time.perf_counter()
    assert all(listing.resolve("d*/*/*7.py") is first for _ in range(1_000))
    assert time.perf_counter() - start < 0.5
