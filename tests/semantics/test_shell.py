"""Shell scripts as specification tables: a script, and its commands, one a line, as ``render`` shows them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.semantics.shell import Command, Nesting, Script, Word, parse_exec, parse_script
from layerwise.text.span import Span


def show(word: Word) -> str:
    """Show a word's value bare if it is one shell word, quoted if not, ``«raw»`` if it has none."""
    if word.value is None:
        return f"«{word.text}»"
    return repr(word.value) if not word.value or " " in word.value else word.value


def render_command(command: Command) -> str:
    words = [f"{it.name}={'?' if it.value is None else it.value}" for it in command.assignments]
    notes = [command.joined_by.replace("\n", "newline")] if command.joined_by else []
    if command.directory != "":
        notes.append(f"cwd={'?' if command.directory is None else command.directory}")
    notes += [(it.name or "").lower().replace("_", " ") for it in Nesting if it in command.nesting]
    if command.errexit:
        notes.append("errexit")
    if command.redirected:
        notes.append("redirected")
    if command.negated:
        notes.append("negated")
    return " ".join([*words, *map(show, command.words)]) + (f" [{', '.join(notes)}]" if notes else "")


def render(script: Script) -> list[str]:
    return [render_command(it) for it in script.commands] + ["BROKEN"] * script.broken


LISTS = {
    "": [],
    "# npm ci": [],
    "npm ci # npm ci": ["npm ci"],
    "a && b || c; d & e | f": [
        "a",
        "b [&&, conditional]",
        "c [||, conditional]",
        "d [;, background]",
        "e [&, pipeline]",
        "f [|, pipeline]",
    ],
    "a\n\nb;\nc &&\n d": ["a", "b [newline]", "c [;]", "d [&&]"],
    "a || true": ["a", "true [||, conditional]"],
    "a || b && c": ["a", "b [||, conditional]", "c [&&]"],
    "a && b || exit 1": ["a", "b [&&]", "exit 1 [||, conditional]"],
    "a && b || { c; exit 1; }": [
        "a",
        "b [&&]",
        "c [group, conditional]",
        "exit 1 [;, group, conditional]",
    ],
    "[ -f x ] && a": ["[ -f x ]", "a [&&]"],
    "[ -f x ] && a; b": ["[ -f x ]", "a [&&, conditional]", "b [;]"],
    "[[ -f x && $a == b* ]] && c": ["[[ -f x && «$a» == b* ]]", "c [&&]"],
    "! a b && c": ["a b [negated]", "c [&&]"],
    "! a | b": ["a [pipeline, negated]", "b [|, pipeline]"],
    "a |& b && c": ["a [pipeline]", "b [|&, pipeline]", "c [&&]"],
    "a && b &": ["a [background]", "b [&&, background]"],
}

CONSTRUCTS = {
    "(a && b) && c": ["a [subshell]", "b [&&, subshell]", "c [&&]"],
    "{ a; b; }; c": ["a [group]", "b [;, group]", "c [;]"],
    "if a; then b; elif c; then d; else e; fi; f": [
        "a [conditional]",
        "b [conditional]",
        "c [conditional]",
        "d [conditional]",
        "e [conditional]",
        "f [;]",
    ],
    "case $x in a|q) b;; *) c; d;; esac": ["b [conditional]", "c [conditional]", "d [;, conditional]"],
    "for i in a $(b); do c $i; done": ["b [loop, substitution]", "c «$i» [loop]"],
    "for ((i=0; i<3; i++)); do a; done": ["a [loop]"],
    "while read x; do a; done < f": ["read x [loop]", "a [loop]"],
    "until a; do b; done": ["a [loop]", "b [loop]"],
    "f() { a; }; function g { b; }": ["a [cwd=?, group, function]", "b [cwd=?, group, function]"],
    "a $(npm ci) `b`": ["a «$(npm ci)» «`b`»", "npm ci [substitution]", "b [substitution]"],
    'a "x $(b | c)" <(d)': [
        'a «"x $(b | c)"» «<(d)»',
        "b [pipeline, substitution]",
        "c [|, pipeline, substitution]",
        "d [substitution]",
    ],
    "A=$(a) b": ["A=? b", "a [substitution]"],
    "a > $(b)": ["a [redirected]", "b [substitution]"],
}

WORDS = {
    'A=1 B="x y" cmd': ["A=1 B=x y cmd"],
    "A=1 B=$X": ["A=1 B=?"],
    "A= B+=1 C[0]=2 D=(x) cmd": ["A= B=? C=? D=? cmd"],
    "export A=1 B $C": ["export A=1 B «$C»"],
    "unset A": ["unset A"],
    '"$@"': ['«"$@"»'],
    """a"b"'c'\\ d *.js x{1,2} "\\$X\\n" '$Y'""": ["'abc d' *.js x{1,2} $X\\n $Y"],
    'a"b"$x ~/y ~ "~" $((1+X)) ${Y:-$Z}': ['«a"b"$x» «~/y» «~» ~ «$((1+X))» «${Y:-$Z}»'],
    "a $X\\ y \\ z\\\\ '\\ ' b\\\tc": ["a «$X\\ y» ' z\\\\' '\\\\ ' b\tc"],
    "a '' 10 -1 x=y a#b": ["a '' 10 -1 x=y a#b"],
    "a \\\n  b c\\\nd": ["a b cd"],
    "a \\\r\n  b\r\nc": ["a b", "c [newline]"],
    "é 😀 'ü'; b": ["é 😀 ü", "b [;]"],
    "a b `# why` c `# why`": ["a b c"],
}

REDIRECTIONS = {
    "cmd > out 2>&1": ["cmd [redirected]"],
    "> out cmd x": ["cmd x [redirected]"],
    "cmd > out x 2>&- y": ["cmd x y [redirected]"],
    "a | b > out c": ["a [pipeline]", "b c [|, pipeline, redirected]"],
    "(a) > out": ["a [subshell]"],
    "cat <<< x": ["cat [redirected]"],
    "cat <<EOF > x\nnpm ci\n$(npm ci)\nEOF\nb": ["cat [redirected]", "b [newline]"],
    "cat <<EOF > x && b || exit 1; c\nnpm ci '\nEOF\nd": [
        "cat [redirected]",
        "b [&&]",
        "exit 1 [||, conditional]",
        "c [;]",
        "d [newline]",
    ],
    "cat <<'A' <<-\"B\" | b\n1\nA\n2\n\tB\nc": ["cat [pipeline, redirected]", "b [|, pipeline]", "c [newline]"],
    "cat <<EOF\nunterminated ' (": ["cat [redirected]"],
    'a "<<EOF"; b\nEOF': ["a <<EOF", "b [;]", "EOF [newline]"],
    "cat <<EOF\r\nnpm ci\r\nEOF\r\nb": ["cat [redirected]", "b [newline]"],
}

FOLDERS = {
    "cd a && b; c\nd": ["cd a", "b [&&, cwd=a]", "c [;, cwd=a]", "d [newline, cwd=a]"],
    "cd /srv/x/../y && cd ./z && a": ["cd /srv/x/../y", "cd ./z [&&, cwd=/srv/y]", "a [&&, cwd=/srv/y/z]"],
    "cd a/ && cd .. && b && cd .. && c": [
        "cd a/",
        "cd .. [&&, cwd=a]",
        "b [&&]",
        "cd .. [&&]",
        "c [&&, cwd=..]",
    ],
    "cd $X && a && cd b && c && cd /d && e": [
        "cd «$X»",
        "a [&&, cwd=${X}]",
        "cd b [&&, cwd=${X}]",
        "c [&&, cwd=${X}/b]",
        "cd /d [&&, cwd=${X}/b]",
        "e [&&, cwd=/d]",
    ],
    # What is above a folder that a variable names can't be told, nor what the script puts into a variable of its own.
    'cd "${X}/a" && b && cd .. && c': [
        'cd «"${X}/a"»',
        "b [&&, cwd=${X}/a]",
        "cd .. [&&, cwd=${X}/a]",
        "c [&&, cwd=?]",
    ],
    "X=/a; cd $X && b": ["X=/a", "cd «$X» [;]", "b [&&, cwd=?]"],
    "for d in a b; do cd $d && c; done": ["cd «$d» [cwd=?, loop]", "c [&&, cwd=?, loop]"],
    ". ./env && cd $X && a": [". ./env", "cd «$X» [&&]", "a [&&, cwd=?]"],
    "cd $(pwd) && a": ["cd «$(pwd)»", "pwd [substitution]", "a [&&, cwd=?]"],
    "cd - && a": ["cd -", "a [&&, cwd=?]"],
    "cd && a": ["cd", "a [&&, cwd=?]"],
    "pushd a && b": ["pushd a", "b [&&, cwd=?]"],
    "cd a > /dev/null && b": ["cd a [redirected]", "b [&&, cwd=a]"],
    "mkdir a && cd a\nb": ["mkdir a", "cd a [&&]", "b [newline, cwd=a]"],
    "(cd a && b) && c": ["cd a [subshell]", "b [&&, cwd=a, subshell]", "c [&&]"],
    "{ cd a; b; }; c": ["cd a [group]", "b [;, cwd=a, group]", "c [;, cwd=a]"],
    "cd a | b; c": ["cd a [pipeline]", "b [|, pipeline]", "c [;]"],
    "cd a & b": ["cd a [background]", "b [&]"],
    "x $(cd a; b); c": ["x «$(cd a; b)»", "cd a [substitution]", "b [;, cwd=a, substitution]", "c [;]"],
    "cd a || exit 1; b": ["cd a", "exit 1 [||, conditional]", "b [;, cwd=a]"],
    "cd a || b; c": ["cd a", "b [||, conditional]", "c [;, cwd=?]"],
    "[ -d a ] && cd a; b": ["[ -d a ]", "cd a [&&, conditional]", "b [;, cwd=?]"],
    "[ -d a ] || exit 1; cd a; b": ["[ -d a ]", "exit 1 [||, conditional]", "cd a [;]", "b [;, cwd=a]"],
    "if cd a; then b; else c; fi; d": [
        "cd a [conditional]",
        "b [cwd=a, conditional]",
        "c [conditional]",
        "d [;, cwd=?]",
    ],
    "case $x in a) cd a; b;; esac; c": ["cd a [conditional]", "b [;, cwd=a, conditional]", "c [;, cwd=?]"],
    "for i in 1 2; do (cd a && b); done; c": [
        "cd a [subshell, loop]",
        "b [&&, cwd=a, subshell, loop]",
        "c [;]",
    ],
    "for i in 1 2; do cd a; b; done; c": ["cd a [cwd=?, loop]", "b [;, cwd=?, loop]", "c [;, cwd=?]"],
    "for i in 1 2; do cd a; b; cd ..; done; c": [
        "cd a [loop]",
        "b [;, cwd=a, loop]",
        "cd .. [;, cwd=a, loop]",
        "c [;]",
    ],
    "f() { cd a; }; b; f; c": ["cd a [cwd=?, group, function]", "b [;]", "f [;]", "c [;, cwd=?]"],
}

OPTIONS = {
    "set -e; a; set +e; b": ["set -e", "a [;, errexit]", "set +e [;, errexit]", "b [;]"],
    "set -euxo pipefail && a": ["set -euxo pipefail", "a [&&, errexit]"],
    "set -u -o errexit; a": ["set -u -o errexit", "a [;, errexit]"],
    "set -ux; a": ["set -ux", "a [;]"],
    "(set -e; a); b": ["set -e [subshell]", "a [;, subshell, errexit]", "b [;]"],
}

NESTED = {
    "sh -c 'cd a && npm ci' && b": [
        "sh -c 'cd a && npm ci'",
        "cd a [nested shell]",
        "npm ci [&&, cwd=a, nested shell]",
        "b [&&]",
    ],
    'cd x && bash -euxo pipefail -c "npm ci"': [
        "cd x",
        "bash -euxo pipefail -c 'npm ci' [&&, cwd=x]",
        "npm ci [cwd=x, nested shell, errexit]",
    ],
    'sudo /bin/bash -lc "cd $X && npm ci"': [
        'sudo /bin/bash -lc «"cd $X && npm ci"»',
        "cd «$X» [nested shell]",
        "npm ci [&&, cwd=${X}, nested shell]",
    ],
    'sh -c "a \\"b c\\""': ["sh -c 'a \"b c\"'", "a 'b c' [nested shell]"],
    "sh x.sh -c 'a b'": ["sh x.sh -c 'a b'"],
}

HALF_TYPED = {
    "&& a": ["BROKEN"],
    "npm ci &&": ["npm ci", "BROKEN"],
    "a; b 'x": ["a", "b [;]", "BROKEN"],
    "a && (b": ["a", "b [subshell]", "BROKEN"],
    "if a; then b c": ["a [broken]", "b c [;, broken]", "BROKEN"],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(text, expected, id=text)
        for table in (LISTS, CONSTRUCTS, WORDS, REDIRECTIONS, FOLDERS, OPTIONS, NESTED, HALF_TYPED)
        for text, expected in table.items()
    ],
)
def test_commands(text: str, expected: list[str]) -> None:
    assert render(parse_script(text)) == expected


@pytest.mark.parametrize(
    ("text", "program", "arguments"),
    [
        ("npm ci", "npm", ["ci"]),
        ("./node_modules/.bin/x y", "./node_modules/.bin/x", ["y"]),
        ("env -u X A=1 B=$C npm ci", "npm", ["ci"]),
        ("env -C api npm ci", "env", ["-C", "api", "npm", "ci"]),
        ("sudo -E -u app A=1 npm ci", "npm", ["ci"]),
        ("sudo --user=app -- npm ci", "npm", ["ci"]),
        ("/usr/bin/env nice -n 5 time npm ci", "npm", ["ci"]),
        ("exec npm ci", "npm", ["ci"]),
        ("command -v npm", "command", ["-v", "npm"]),
        ("timeout -k 5 60 npm ci", "npm", ["ci"]),
        ("gosu app npm ci", "npm", ["ci"]),
        ("sudo", "sudo", []),
        ("sudo $X ci", None, ["ci"]),
        ("$X ci", None, ["ci"]),
        ("A=1", None, []),
    ],
)
def test_wrappers(text: str, program: str | None, arguments: list[str]) -> None:
    (command,) = parse_script(text).commands
    assert (command.program, [it.text for it in command.arguments]) == (program, arguments)


@pytest.mark.parametrize(
    ("word", "variables"),
    [
        ("x", ""),
        ("'$X'", ""),
        ("$X/${Y:-$Z}", "X Y Z"),
        ('"$(a $X)$1"', "1 X"),
        ("$((X+1))", "X"),
        ("~/x", "HOME"),
    ],
)
def test_variables(word: str, variables: str) -> None:
    command = parse_script(f"A={word} a {word}").commands[0]
    assert sorted(command.words[1].variables) == variables.split()
    assert command.assignments[0].variables == command.words[1].variables


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("é 😀; A=1 b ü > x", ["é 😀", "A=1 b ü > x"]),
        ("a && cat <<EOF > x\nbody\nEOF\nc", ["a", "cat <<EOF > x", "c"]),
        ("sh -c 'é && b'", ["sh -c 'é && b'", "é", "b"]),
        ('sh -c "a \\"b\\" && c"', ['sh -c "a \\"b\\" && c"', '"a \\"b\\" && c"', '"a \\"b\\" && c"']),
    ],
)
def test_spans(text: str, spans: list[str]) -> None:
    assert [it.span.of(text) for it in parse_script(text).commands] == spans


def test_plain() -> None:
    script = parse_script("cd a && b; c | d; (e); f & ! g; h || i")
    assert [it.words[0].value for it in script.commands if it.is_plain] == ["cd", "b", "h"]


def test_errexit_of_the_caller() -> None:
    assert render(parse_script("a; b", errexit=True)) == ["a [errexit]", "b [;, errexit]"]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], []),
        (["npm", "ci"], ["npm ci"]),
        (["echo", "$X && *"], ["echo '$X && *'"]),
        (["/bin/sh", "-c", "cd a && npm ci"], ["cd a", "npm ci [&&, cwd=a]"]),
        (["bash", "-eo", "pipefail", "-c", "a | b", "x"], ["a [pipeline, errexit]", "b [|, pipeline, errexit]"]),
        (["bash", "-c"], ["bash -c"]),
    ],
)
def test_exec_form(argv: list[str], expected: list[str]) -> None:
    script = parse_exec(tuple(argv))
    assert render(script) == expected
    assert all(word.span.of(script.text) == word.text for it in script.commands for word in it.words)


def exec_words(json: str, argv: tuple[str, ...]) -> list[str]:
    """Return what stands in ``json`` at the spans of the words."""
    quotes = [index for index, it in enumerate(json) if it == '"' and json[index - 1] != "\\"]
    spans = tuple(Span(start, end + 1) for start, end in list(pairwise(quotes))[::2])
    return [word.span.of(json) for it in parse_exec(argv, spans).commands for word in it.words]


def test_exec_form_with_spans_of_its_json() -> None:
    assert exec_words('["npm", "ci"]', ("npm", "ci")) == ['"npm"', '"ci"']
    assert exec_words('["sh", "-c", "npm ci"]', ("sh", "-c", "npm ci")) == ["npm", "ci"]
    assert exec_words('["sh", "-c", "a \\"b\\""]', ("sh", "-c", 'a "b"')) == ['"a \\"b\\""'] * 2


@pytest.mark.parametrize(
    "text",
    ["(" * 500, "$(" * 500, "! " * 500 + "a", '"$(' * 500, "if a; then " * 200 + "fi; " * 200, "sh -c '" * 50],
)
def test_depth_is_no_danger(text: str) -> None:
    assert len(parse_script(text).commands) <= 500


def test_long_lists_are_read_whole() -> None:
    assert len(parse_script(" && ".join(["a"] * 1000)).commands) == 1000


TOKENS = [
    *(
        "a",
        "é",
        "😀",
        "cd x",
        "A=",
        "$X",
        "${X",
        "1",
        "~",
        "*",
        "#",
        "!",
        "\\",
        "\\\n",
        "\\\r\n",
        " ",
        "\t",
        "\n",
        "\r\n",
    ),
    *(
        "&&",
        "||",
        ";",
        "&",
        "|",
        ";;",
        "(",
        ")",
        "((",
        "))",
        "{ ",
        "}",
        "[ ",
        "]",
        "[[ ",
        "]]",
        "$(",
        "<(",
        "`",
        "'",
        '"',
    ),
    *(
        "$'",
        "<<EOF",
        "\nEOF\n",
        "<<-'E'",
        "<<<",
        ">",
        "2>&1",
        "if ",
        "then ",
        "else ",
        "fi",
        "for i in ",
        "do ",
        "done",
    ),
    *("while ", "case ", " in ", "esac", "function ", "f()", "sh -c ", "set -e", "exit 1", "\0", "\ud800", "\u2028"),
]


# The last two crashed the process: the grammar's scanner is not fit for what is outside ASCII.
@pytest.mark.parametrize("text", ["{\u00d9", "{\U000a7cf6", "a {\u65e5\u672c} ${\U0001f433}", "\u00e9=1 \u00e9 \u65e5"])
def test_characters_outside_ascii(text: str) -> None:
    assert parse_script(text).text == text


SCRIPTS = st.text(max_size=80) | st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)


@given(SCRIPTS)
def test_any_text_parses_and_its_spans_hold(text: str) -> None:
    script = parse_script(text)
    assert script.text == text
    for command in script.commands:
        assert command.span.end <= len(text)
        assert [it.span for it in command.words] == sorted(it.span for it in command.words)
        for word in command.words:
            assert word.span.of(text) == word.text
            assert command.span.start <= word.span.start <= word.span.end <= command.span.end


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), min_size=1, max_size=5))
def test_single_quotes_keep_any_value(values: list[str]) -> None:
    text = " ".join("'" + it.replace("'", "'\\''") + "'" for it in ["x", *values])
    (command,) = parse_script(text).commands
    assert [it.value for it in command.words] == ["x", *values]


@given(st.lists(st.text(), max_size=5))
def test_exec_form_keeps_any_value(values: list[str]) -> None:
    (command,) = parse_exec(("x", *values)).commands
    assert [it.value for it in command.words] == ["x", *values]
