"""What an ignore file hides. Each case was checked against moby/patternmatcher and the walk of fsutil, run in Go.

Docker 20.10 agrees but for the cases marked ``since``: there its matcher is older, and current source is followed.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.context.dockerignore import IgnoreProblem, exclude_rules, parse_ignore
from layerwise.context.glob import glob_regex, has_wildcards, matches_glob
from layerwise.context.ignore_pattern import ignore_test


def shown(ignore: str, paths: str) -> str:
    """Return those of the paths that are not ignored."""
    rules = parse_ignore(ignore)
    assert not rules.problems
    return " ".join(it for it in paths.split() if not rules.ignores(it))


@pytest.mark.parametrize(
    ("ignore", "paths", "expected"),
    [
        pytest.param("", "a a/b", "a a/b", id="nothing"),
        pytest.param("*.md", "a.md d/a.md", "d/a.md", id="anchored at the root"),
        pytest.param("**/*.md", "a.md d/a.md d/e/a.md d/a", "d/a", id="any depth"),
        pytest.param("**/a", "a b/a b/ca a/x b/a/x", "b/ca", id="any depth, and all below"),
        pytest.param("**a", "a ba c/ba c/d", "c/d", id="** inside a name is a suffix"),
        pytest.param("a**", "a ab a/b b/a", "b/a", id="** at the end is a prefix"),
        pytest.param("a/**", "a a/b a/b/c", "a", id="a/** leaves the directory"),
        pytest.param("a/**/b", "a/b a/c/b a/c/d/b a/b/x b", "b", id="** is zero or more folders"),
        pytest.param("**/a/**/b", "a/b x/a/y/b a/x", "a/x", id="two **"),
        pytest.param("**", "a a/b", "", id="everything"),
        pytest.param("**/**", "a a/b", "", id="everything, twice"),
        pytest.param("*/*", "a a/b", "a", id="second level"),
        pytest.param("?", "a ab é /", "ab /", id="? is one character but no slash"),
        pytest.param("?b", "a/b ab", "a/b", id="? stops at a slash"),
        pytest.param("[a-c]", "a b d", "d", id="range"),
        pytest.param("[^a-c]", "a b d", "a b", id="negated range"),
        pytest.param("[!a]", "a ! b", "b", id="! does not negate a class"),
        pytest.param(r"\[a\]", "a [a]", "a", id="escaped bracket"),
        pytest.param(r"\*", "a *", "a", id="escaped star"),
        pytest.param(r"\!a", "a !a", "a", id="escaped bang"),
        pytest.param(r"\#a", "a #a", "a", id="escaped hash"),
        pytest.param("a.b", "a.b axb", "axb", id="a dot is a dot"),
        pytest.param("/a", "a b/a", "b/a", id="leading slash"),
        pytest.param("a/", "a a/b", "", id="trailing slash: a file too"),
        pytest.param("./b/../a", "a b", "b", id="cleaned"),
        pytest.param("//a", "a", "", id="two leading slashes"),
        pytest.param(".\n..\n../a\n/", "a b", "a b", id="nothing outside, and never the root"),
        pytest.param("A", "a A", "a", id="case matters"),
        pytest.param("#a\n #a", "#a a", "a", id="a comment has its # in column 0"),
        pytest.param("\ufeff#a", "a #a", "a #a", id="byte order mark, then a comment"),
        pytest.param("  a\t\r\n\r\n b", "a b", "", id="blanks and CRLF"),
        pytest.param("! a\n*\n!  b", "a b", "b", id="blanks behind !"),
        pytest.param("!a\na", "a", "", id="the last match wins"),
        pytest.param("a\n!a\na\n!a", "a", "a", id="and wins again"),
        pytest.param("*\n!src", "a src src/a src/b/c", "src src/a src/b/c", id="all but one"),
        pytest.param("*\n!src/a", "src src/a src/b", "src/a", id="! below an ignored parent"),
        pytest.param("src\n!src/a\nsrc/a/b", "src src/a src/a/b src/a/c", "src/a src/a/c", id="and ignored again"),
        pytest.param("a\n!**/k", "a/k a/b/k a/b", "a/k a/b/k", id="!** below an ignored parent (since)"),
        pytest.param("!**/k\na", "a/k", "", id="unless ignored later"),
        pytest.param("a/b\n!a", "a a/b a/b/c", "a", id="a ! that was not needed for the parent (since)"),
        pytest.param("*\n!**/k\na", "a a/k a/b", "a/k", id="nor one that ignores what is ignored (since)"),
        pytest.param("a\n!a/*/**", "a a/b a/b/c", "", id="/*/** does not lead into a folder (since)"),
        pytest.param("a\n!a/*/**\n!**/z", "a a/b a/b/c", "a/b/c", id="unless the walk looks everywhere (since)"),
        pytest.param("a|b", "a b a|b", "a b", id="| is a character (since)"),
        pytest.param("a|b*", "a abc xb a|b c", "c", id="but in a pattern with wildcards it means or"),
        pytest.param("x{2}*", "xx x{2} x", "x{2} x", id="and {2} means twice"),
        pytest.param("*.{js,ts}", "a.js a.{js,ts}", "a.js", id="there are no alternatives in braces"),
        pytest.param(r"a\d", "a1 ad", "ad", id="an escaped letter is that of a regular expression"),
        pytest.param("[[:digit:]]*", "1a a", "a", id="named class"),
        pytest.param("[*]", "* a /", "* a /", id="a star in a class is no class any more"),
        pytest.param("!!a\n*\n!!a", "!a a", "!a", id="!! re-includes a name with !"),
    ],
)
def test_what_is_shown(ignore: str, paths: str, expected: str) -> None:
    assert shown(ignore, paths) == expected


@pytest.mark.parametrize(
    "line", ["!", "! ", "!/", "a\\", "[", "[]", "[a", "[a-]", "[z-a]", "x{2}{3}*", r"\y", "[[:no:]]"]
)
def test_what_the_builder_refuses(line: str) -> None:
    rules = parse_ignore(f"# first\na\n{line}\nb")
    assert [it.line for it in rules.problems] == [2]
    assert [(it.text, it.line) for it in rules.patterns] == [("a", 1), ("b", 3)]


def test_what_only_python_calls_a_blank_is_part_of_the_name() -> None:
    rules = parse_ignore("\x1fa\n\u2003b")
    assert [it.text for it in rules.patterns] == ["\x1fa", "b"]


def test_a_problem_names_its_pattern() -> None:
    problem = IgnoreProblem(0, "The builder refuses `[a`: a `[` is not closed")
    assert parse_ignore("[a").problems == (problem,)


def test_the_deciding_pattern_is_known() -> None:
    rules = parse_ignore("# all but sources\n*\n!src\nsrc/*.log")
    decisions = [rules.decided_by(it) for it in ("src/x.log", "src/x/y.c", "doc/x")]
    assert [(it.text, it.negated, it.line) for it in decisions if it] == [
        ("src/*.log", False, 3),
        ("src", True, 2),
        ("*", False, 1),
    ]
    assert parse_ignore("a").decided_by("b") is None


@pytest.mark.parametrize(
    ("ignore", "directory", "expected"),
    [
        ("a", "a", False),
        ("a\n!b", "a", False),
        ("a\n!a/b/c", "a", True),
        ("a\n!a/b/c", "a/b", True),
        ("a\n!a/b/c", "a/x", False),
        ("*\n!*.md", "node_modules", False),
        ("*\n!*/*.md", "node_modules", True),
        ("*\n!*/*.md", "node_modules/x", False),
        ("*\n!**/*.md", "node_modules/x", True),
        ("*\n!**/*.md\nnode_modules", "node_modules", True),
        ("!**/*.md\nnode_modules", "node_modules", False),
        ("a\n!a/[b]", "a", True),
    ],
)
def test_where_a_walk_may_stop(ignore: str, directory: str, *, expected: bool) -> None:
    assert parse_ignore(ignore).may_reinclude_below(directory) is expected


_NAMES = st.sampled_from(["a", "b", "ab", "a.b", "c"])
_PARTS = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b", "?", "[ab]", "[^a]", "*.b", "a|b*", r"\a"])
_PATTERNS = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)
_LINES = st.tuples(st.sampled_from(["", "!"]), _PATTERNS).map("".join)
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(_LINES, max_size=6), _PATHS)
def test_below_a_folder_that_a_walk_skips_all_is_ignored(lines: list[str], path: str) -> None:
    rules = parse_ignore("\n".join(lines))
    parts = path.split("/")
    parents = ["/".join(parts[:end]) for end in range(1, len(parts))]
    if any(rules.ignores(it) and not rules.may_reinclude_below(it) for it in parents):
        assert rules.ignores(path)


@given(st.lists(_LINES, max_size=6), st.lists(_PATHS, max_size=5))
def test_the_order_of_questions_does_not_matter(lines: list[str], paths: list[str]) -> None:
    text = "\n".join(lines)
    rules = parse_ignore(text)
    for path in paths:
        rules.ignores(path)
    assert [rules.ignores(it) for it in paths] == [parse_ignore(text).ignores(it) for it in paths]


@given(st.text(), st.text())
def test_any_text_is_an_ignore_file(text: str, path: str) -> None:
    rules = parse_ignore(text)
    assert rules.ignores(path) in (True, False)
    assert rules == parse_ignore(text)


def exponent(regex: str) -> int:
    """Return the most e for which the steps of a match may grow with the length of the path to the power of e.

    Each ``*`` is a choice that may be taken back, and so a loop inside those in front of it; but the choices inside of an
    atomic group are never taken back once it has matched.
    """
    plain = re.sub(r"\\.|\[\^?.[^]]*\]", "x", regex, flags=re.DOTALL)
    assert not re.search(r"[+{]", plain), "there is another way to repeat"
    outer: list[tuple[bool, int, int]] = []
    choices = within = 0
    for piece in re.findall(r"\(\?>|\(|\)|\*", plain):
        if piece == "*":
            choices += 1
        elif piece == ")":
            is_atomic, before, beside = outer.pop()
            within = max(beside, within + choices if is_atomic else within)
            choices = before + (0 if is_atomic else choices)
        else:
            outer.append((piece == "(?>", choices, within))
            choices = within = 0
    return choices + within


@pytest.mark.parametrize(
    ("pattern", "most"),
    [
        ("*a*a*a*a*a*a*a*a*a*a*b", 2),
        ("a*?a*?a*?a*?a*?a*?a*?a*?a*?b", 2),
        ("**/a/**/a/**/a/**/a/**/a/**/a/**/b", 2),
        ("**/*a*a*a/**/*a*a*a*/**/*a*a*a*/**/b", 4),
    ],
)
def test_more_wildcards_are_no_higher_power_of_the_path(pattern: str, most: int) -> None:
    test: Any = ignore_test(pattern)
    assert exponent(test.__self__.pattern) == most
    assert exponent(glob_regex(pattern).pattern) == 2


def test_a_regular_expression_with_many_wildcards_is_not_tried() -> None:
    assert parse_ignore("[ab]*a*a*a*a*a*a*a*b").problems == ()
    (problem,) = parse_ignore("[ab]*a*a*a*a*a*a*a*a*b").problems
    assert problem.message.endswith("it has too many wildcards to be evaluated here")


def test_a_path_of_thousands_of_folders() -> None:
    assert not parse_ignore("a/" * 5_000 + "*").ignores("a/" * 4_999 + "b")
    assert parse_ignore("a/" * 5_000 + "*").ignores("a/" * 6_000 + "b")


def test_excludes_are_relative_to_the_source_and_keep_their_slash() -> None:
    rules = exclude_rules(("*.md", "/a", "!keep.md"))
    assert [it for it in ("x.md", "d/x.md", "a", "keep.md") if rules.ignores(it)] == ["x.md"]


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.py", "a.py .py", "a/b.py a.pyc"),
        ("a*b*c", "abc axbyc abbcc", "ab/c acb"),
        ("**/a", "b/a", "a b/c/a"),
        ("a?c", "abc aéc", "a/c ac"),
        ("[a-c]x", "ax cx", "dx x"),
        ("[^a-c]x", "dx /x", "ax"),
        ("a[]b", "", "a[]b"),
        ("[z-a]", "", "z a -"),
        (r"\*a", "*a", "xa"),
        (r"[\]\-]", "] -", "\\"),
        ("a{b,c}", "a{b,c}", "ab"),
        ("a.c", "a.c", "abc"),
    ],
)
def test_globs_of_copy(pattern: str, matching: str, other: str) -> None:
    assert all(matches_glob(pattern, it) for it in matching.split())
    assert not any(matches_glob(pattern, it) for it in other.split())


def test_a_backslash_hides_a_wildcard() -> None:
    assert [has_wildcards(it) for it in ("a", r"\*", r"\\*", "a[", "a?", "a\\")] == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]
