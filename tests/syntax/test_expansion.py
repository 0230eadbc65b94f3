"""Words as the builder reads them: specification tables, then laws that hold for any text.

The facts were compared with BuildKit's lexer on more than a million random texts; the tables keep one of each kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.syntax.expansion import (
    HeredocStart,
    expand,
    expand_heredoc_body,
    expand_words,
    heredocs_of,
    mentioned,
)
from layerwise.syntax.shell_pattern import without_prefix, without_suffix

SET: Final[dict[str, str | None]] = {
    "DIR": "/opt",
    "EMPTY": "",
    "FILE": "app.tar.gz",
    "PATH_": "/a/b/a/c",
    "STAR": "*",
    "SPACED": "a  b",
    "PADDED": "  a b  ",
    "DOLLAR": "$0",
    "UNKNOWN": None,
    "한": "국",
}

VALUES: Final = {
    "quotes": [
        ("plain", "plain"),
        ("pl'ai'n", "plain"),
        ('"it\'s"', "it's"),
        ("'say \"hi\"'", 'say "hi"'),
        ("a  b", "a  b"),
        ("안'녕'", "안녕"),
        ("''", ""),
    ],
    "escapes": [
        (r"a\tb", "atb"),
        (r"it\'s", "it's"),
        ("end\\", "end"),
        (r"end\\", "end\\"),
        (r"\$DIR", "$DIR"),
        (r"\\$DIR", r"\/opt"),
        (r"\${DIR}", "${DIR}"),
        (r'"a\tb"', r"a\tb"),
        (r'"a\\tb"', r"a\tb"),
        (r'"\$DIR \" \x"', r'$DIR " \x'),
        (r"'a\\tb\$'", r"a\\tb\$"),
    ],
    "names": [
        ("$DIR.x", "/opt.x"),
        ("$DIRx", ""),
        ("${DIR}x", "/optx"),
        ("$dir", ""),
        ("$한", "국"),
        ('"$DIR"', "/opt"),
        ("'$DIR'", "$DIR"),
        ("\"'$DIR'\"", "'/opt'"),
        ("$", "$"),
        ("$.", "$."),
        ("$1x", "x"),
        ("$001x", "x"),
        ("$@@", "@"),
        ("$$DIR", "DIR"),
        ("$?$#$*$-$!$0", ""),
    ],
    "default": [
        ("${NO:-w}", "w"),
        ("${NO-w}", "w"),
        ("${EMPTY:-w}", "w"),
        ("${EMPTY-w}", ""),
        ("${DIR:-w}", "/opt"),
        ("${NO:-$DIR}", "/opt"),
        ("${NO:-${NOR:-w}}z", "wz"),
        (r"${NO:-\${DIR}z}", "${DIRz}"),
        ("${NO:-'}'}", "}"),
        ("${NO:-}", ""),
        ("${NO:-a {b}", "a {b"),
        ("${NO}}", "}"),
        ("${@:-w}", "w"),
    ],
    "alternative": [
        ("${DIR:+w}", "w"),
        ("${DIR+w}", "w"),
        ("${EMPTY:+w}", ""),
        ("${EMPTY+w}", "w"),
        ("${NO:+w}", ""),
        ("${NO+w}", ""),
        ("${DIR:+:${DIR}:}", ":/opt:"),
    ],
    "required": [
        ("${DIR:?m}", "/opt"),
        ("${DIR?}", "/opt"),
        ("${EMPTY?m}", ""),
    ],
    "without prefix": [
        ("${FILE#*.}", "tar.gz"),
        ("${FILE##*.}", "gz"),
        ("${FILE#a?p}", ".tar.gz"),
        ("${FILE#tar}", "app.tar.gz"),
        ("${FILE#}", "app.tar.gz"),
        ("${FILE#*}", "app.tar.gz"),
        ("${FILE##*}", ""),
        (r"${STAR#\*}", ""),
        ("${FILE#$STAR.}", "tar.gz"),
        ("${PATH_##*a*/}", "c"),
        ("${NO#x}", ""),
        ("'${FILE#a}'", "${FILE#a}"),
    ],
    "without suffix": [
        ("${FILE%.*}", "app.tar"),
        ("${FILE%%.*}", "app"),
        ("${FILE%x}", "app.tar.gz"),
        ("${FILE%}", "app.tar.gz"),
        ("${PATH_%/*a*}", "/a/b"),
        ("${PATH_%%/*a*}", ""),
        (r"${STAR%%\*}", ""),
    ],
    "replacement": [
        ("${FILE/a/o}", "opp.tar.gz"),
        ("${FILE//a/o}", "opp.tor.gz"),
        ("${FILE//./}", "apptargz"),
        (r"${PATH_//\//-}", "-a-b-a-c"),
        ("${PATH_/$DIR/x}", "/a/b/a/c"),
        ("${FILE/.*/}", "app"),
        ("${FILE//*/w}", "w"),
        ("${EMPTY/$NO/w}", "w"),
        ("${FILE/app/$DIR}", "/opt.tar.gz"),
        (r"${FILE//./\/}", r"app\/tar\/gz"),
        ("${NO//a/b}", ""),
        # Go's template, for every match but not for the first.
        ("${FILE//t?r/<$DOLLAR>}", "app.<tar>.gz"),
        ("${FILE/t?r/<$DOLLAR>}", "app.<$0>.gz"),
    ],
}

PROBLEMS: Final = {
    "quotes": [
        ("it's", "matching single-quote"),
        ('"open', "matching double-quote"),
        (r'"open\"', "matching double-quote"),
        (r"\\'a", "matching single-quote"),
    ],
    "braces": [
        ("${", "missing '}'"),
        ("${}", "bad substitution"),
        ("${:-w}", "bad substitution"),
        ("${{DIR}}", "bad substitution"),
        ("${DIR", "missing '}'"),
        ("${DIR:", "missing '}'"),
        ("${DIR:-w", "missing '}'"),
        ("${NO:-a ${DIR}", "missing '}'"),
        ("${NO:-'}", "missing '}'"),
        ("${FILE/a", "missing '/' in ${}"),
        ("${FILE//a}", "missing '/' in ${}"),
        ("${FILE/a/b", "missing '}'"),
    ],
    "operators": [
        ("${.}", "unsupported modifier (.)"),
        ("${DIR=w}", "unsupported modifier (=)"),
        ("${DIR:=w}", "unsupported modifier (:=)"),
        ("${DIR:1}", "unsupported modifier (:1)"),
        ("${DIR^}", "unsupported modifier (^)"),
        ("${#DIR}", "unsupported modifier (D)"),
        ("${DIR:#w}", "unsupported modifier (:#)"),
        ("${DIR:%w}", "unsupported modifier (:%)"),
    ],
    "required": [
        ("${NO?}", "NO: is not allowed to be unset"),
        ("${NO:?}", "NO: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${NO:?set $DIR}", "NO: set /opt"),
        ("${DIR:-${NO?m}}", "NO: m"),
    ],
    "patterns": [
        (r"${FILE#\a}", "invalid pattern"),
        (r"${FILE%\a}", "invalid pattern"),
        (r"${FILE/\a/b}", "invalid pattern"),
        (r"${NO#\a}", "invalid pattern"),
    ],
}


def rows(table: Mapping[str, Sequence[tuple[str, str]]]) -> list[object]:
    return [pytest.param(*row, id=f"{group}: {row[0]}") for group, group_rows in table.items() for row in group_rows]


@pytest.mark.parametrize(("text", "value"), rows(VALUES))
def test_value(text: str, value: str) -> None:
    result = expand(text, SET)
    assert (result.text, result.problem, result.known) == (value, None, True)


@pytest.mark.parametrize(("text", "message"), rows(PROBLEMS))
def test_problem(text: str, message: str) -> None:
    result = expand(text, SET)
    assert message in (result.problem or "")
    assert (result.text, result.words, result.known) == (text, (), False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("80 443", ["80", "443"]),
        (" 80\t 443 ", ["80", "443"]),
        ("a$SPACED.d", ["aa", "b.d"]),
        ('a"$SPACED"d', ["aa  bd"]),
        ("a${PADDED}d", ["a", "a", "b", "d"]),
        ('"a b"c', ["a bc"]),
        (r"a\ b", ["a b"]),
        (r"a\" b", ['a"', "b"]),
        ("'' $NO", []),
        ("a << b", ["a", "<< b"]),
        ("a < b", ["a", "<", "b"]),
        ("'open", []),
        # Reading an operand loses the part of the word before it.
        ("80${NO:-81}82 90", ["8182", "90"]),
        ('"80${NO:-81}"', ["8081"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(expand_words(text, SET)) == words


def test_other_escape() -> None:
    assert expand(r"C:\dir`$DIR", SET, escape="`").text == r"C:\dir$DIR"
    assert mentioned(r"`$A \$B", escape="`") == {"B"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("'$DIR' \"${NO:-'w'}\"\n", "'/opt' \"'w'\"\n"),
        (r"\$DIR a\nb \\", "$DIR anb \\"),
        ("it's $DIR\n", "it's /opt\n"),
    ],
)
def test_heredoc_body(text: str, result: str) -> None:
    assert expand_heredoc_body(text, SET).text == result


@pytest.mark.parametrize(
    ("text", "result", "known"),
    [
        ("a$UNKNOWN", "a$UNKNOWN", False),
        ("${UNKNOWN}/$DIR", "${UNKNOWN}//opt", False),
        ("${UNKNOWN:-w}", "${UNKNOWN:-w}", False),
        ("${UNKNOWN:+w}", "${UNKNOWN:+w}", False),
        ("${UNKNOWN+w}", "w", True),
        ("${UNKNOWN?w}", "${UNKNOWN?w}", False),
        ("${UNKNOWN#w}", "${UNKNOWN#w}", False),
        ("${FILE#$UNKNOWN}", "${FILE#$UNKNOWN}", False),
        ("${FILE/a/$UNKNOWN}", "${FILE/a/$UNKNOWN}", False),
        ("${NO:-$UNKNOWN}", "$UNKNOWN", False),
        ("${DIR:-$UNKNOWN}", "/opt", True),
        ("${NO:+$UNKNOWN}", "", True),
        ("'$UNKNOWN'", "$UNKNOWN", True),
    ],
)
def test_unknown_value(text: str, result: str, *, known: bool) -> None:
    expansion = expand(text, SET)
    assert (expansion.text, expansion.known, expansion.problem) == (result, known, None)


@pytest.mark.parametrize(
    ("text", "used", "unset"),
    [
        ("plain", "", ""),
        ("$DIR $NO '$EMPTY'", "DIR", "NO"),
        ("${DIR:-$NO}${NO:+$EMPTY}", "DIR EMPTY", "NO"),
        ("${FILE/$STAR/$NO}", "FILE STAR", "NO"),
        ("$UNKNOWN$1", "UNKNOWN", "1"),
        ("$DIR${NO?}$EMPTY", "DIR", "NO"),
    ],
)
def test_names_looked_up(text: str, used: str, unset: str) -> None:
    result = expand(text, SET)
    assert result.used == set(used.split())
    assert result.unset == set(unset.split())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("plain", ""),
        (r"$A ${B:-$C} '$D' \$E", "A B C"),
        ("${A:?$B} $C", "A B C"),
        ("$A ${} $B", "A"),
    ],
)
def test_mentioned(text: str, names: str) -> None:
    assert mentioned(text) == set(names.split())


def test_mentioned_in_heredoc_body() -> None:
    assert mentioned("it's '$A'", quotes=False) == {"A"}


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ("RUN echo", []),
        ("RUN <<E", [HeredocStart("E")]),
        ("RUN cat << E", [HeredocStart("E")]),
        (
            "RUN <<-'E' 3<<\"F\"G",
            [HeredocStart("E", expand=False, chomp=True), HeredocStart("FG", expand=False, descriptor=3)],
        ),
        ("RUN <<'a b'", [HeredocStart("a b", expand=False)]),
        (r"RUN <<a\ b", [HeredocStart("a b")]),
        ("RUN <<$E <<${F}", [HeredocStart("$E"), HeredocStart("${F}")]),
        ("RUN echo $((1 << 2))", [HeredocStart("2))")]),
        ("RUN ${A:=x} <<E", [HeredocStart("E")]),
        ("RUN 99999999999999999999999<<E", [HeredocStart("E", descriptor=2**64 - 1)]),
        ("RUN cat<<E <<<F <<- <<'' << <", []),
        ("RUN echo '1 << 2' 1<<2>3", [HeredocStart("2>3", descriptor=1)]),
        ("RUN echo it's <<E", []),
        ("RUN ${#A} <<E", []),
        ("RUN <<${E:-E}", []),
    ],
)
def test_heredocs(line: str, starts: list[HeredocStart]) -> None:
    assert list(heredocs_of(line)) == starts


def test_hostile_text_ends() -> None:
    deep = "${A:-" * 5000 + "}" * 5000
    assert expand(deep, {}).problem == "substitutions are nested too deeply"
    wide = "${A//?/${A//?/${A//?/$A}}}"
    assert expand(wide, {"A": "x" * 1000}).problem == "the value of a substitution is too long"
    assert expand("${A%%" + "*a" * 30 + "b}", {"A": "a" * 2000}).text == "a" * 2000


TEXT: Final = st.lists(
    st.sampled_from(
        ["$", "${", "}", "'", '"', "\\", " ", "<<", ":-", "+", "?", "#", "%", "/", "*", "A", "B", "$A", "é"]
    )
    | st.characters(),
    max_size=20,
).map("".join)
VARIABLES: Final = st.dictionaries(st.sampled_from(["A", "B", ""]), st.none() | TEXT)
VALUE: Final = st.text("ab.", max_size=8)
PATTERN: Final = st.text("ab.*?", max_size=6)


@given(TEXT, VARIABLES, st.sampled_from("\\`"))
def test_never_raises_and_looks_up_what_is_mentioned(text: str, variables: dict[str, str | None], escape: str) -> None:
    heredocs_of(text)
    for result, names in (
        (expand(text, variables, escape=escape), mentioned(text, escape=escape)),
        (expand_heredoc_body(text, variables), mentioned(text, quotes=False)),
    ):
        looked_up = result.used | result.unset
        assert looked_up <= names
        assert result.used <= variables.keys()
        assert not result.unset & variables.keys()
        if result.problem is None:
            assert looked_up == names


@given(st.text(st.characters(exclude_characters="$'\"\\\ufeff")))
def test_plain_text_stays(text: str) -> None:
    result = expand(text, {})
    assert (result.text, result.problem, result.known) == (text, None, True)


@given(TEXT, VARIABLES, TEXT)
def test_known_means_that_unknown_values_do_not_matter(text: str, variables: dict[str, str | None], value: str) -> None:
    result = expand(text, variables)
    filled = expand(text, {name: value if it is None else it for name, it in variables.items()})
    if result.known and filled.problem is None:
        assert (result.text, result.words) == (filled.text, filled.words)


@given(value=VALUE, pattern=PATTERN, longest=st.booleans())
def test_pattern_finds_the_shortest_or_longest_match(value: str, pattern: str, *, longest: bool) -> None:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    ends = [end for end in range(len(value) + 1) if re.fullmatch(expression, value[:end])]
    starts = [start for start in range(len(value) + 1) if re.fullmatch(expression, value[start:])]
    end = (max if longest else min)(ends, default=0)
    start = (min if longest else max)(starts, default=len(value))
    assert without_prefix(value, pattern, longest=longest) == value[end:]
    assert without_suffix(value, pattern, longest=longest) == value[:start]
