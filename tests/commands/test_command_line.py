"""Options, their values, and operands: rather nothing than a wrong reading."""

from __future__ import annotations

import pytest

from commands.installs import last_run
from layerwise.commands.kit.command_line import CommandLine, directory_of, read_command_line, syntax

GNU = syntax("-r --require --level", "-q -y -U --quiet --force")
GO = syntax("-o -mod", "-v -race", one_dash=True)
NPM = syntax("--level", "--audit -f", negations=True)


def read(script: str, known: object = GNU, before: str = "") -> CommandLine | None:
    placed, commands = last_run(script, before)
    assert known in (GNU, GO, NPM)
    return read_command_line(commands[-1], placed.scope, next(it for it in (GNU, GO, NPM) if it is known))


@pytest.mark.parametrize(
    ("script", "options", "operands"),
    [
        ("x", {}, []),
        ("x a b", {}, ["a", "b"]),
        ("x -q a", {"-q": [""]}, ["a"]),
        ("x -qyU a", {"-q": [""], "-y": [""], "-U": [""]}, ["a"]),
        ("x --level error a", {"--level": ["error"]}, ["a"]),
        ("x --level=error a", {"--level": ["error"]}, ["a"]),
        ("x --level= a", {"--level": [""]}, ["a"]),
        ("x --force=false", {"--force": ["false"]}, []),
        ("x -r a -r b", {"-r": ["a", "b"]}, []),
        ("x -ra.txt", {"-r": ["a.txt"]}, []),
        ("x -qra.txt", {"-q": [""], "-r": ["a.txt"]}, []),
        ("x -qr a.txt b", {"-q": [""], "-r": ["a.txt"]}, ["b"]),
        ("x a -- -q --what", {}, ["a", "-q", "--what"]),
        ("x - a", {}, ["-", "a"]),
        ("x --level $L a", {"--level": ["$"]}, ["a"]),
        ("x --level=$L a", {"--level": ["$"]}, ["a"]),
        ("x $A *.txt 'b*'", {}, [None, None, "b*"]),
        ("x foo[bar]>=1", {}, ["foo[bar]"]),
        ("x {a,b} ~/c", {}, [None, None]),
        ("sudo -E env A=1 /usr/bin/x -q", {"-q": [""]}, []),
    ],
)
def test_read(script: str, options: dict[str, list[str]], operands: list[str | None]) -> None:
    line = read(script)
    assert line is not None
    assert (line.program, line.options, line.operands) == ("x", options, operands)


@pytest.mark.parametrize(
    "script", ["x --what a", "x --what=a", "x -w", "x -qw", "x --quie", "x a --level", "x -r", "$X -q", "x --what=$A"]
)
def test_not_read(script: str) -> None:
    assert read(script) is None


def test_known_variables_are_filled_in() -> None:
    line = read("x --level $LEVEL ${NAME}.txt", before="ENV LEVEL=error NAME=a")
    assert line is not None
    assert (line.options, line.operands) == ({"--level": ["error"]}, ["a.txt"])


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("go -v -o=x -race", {"-v": [""], "-o": ["x"], "-race": [""]}),
        ("go -o x --mod=mod", {"-o": ["x"], "-mod": ["mod"]}),
        ("go -mod=$M", {"-mod": ["$"]}),
    ],
)
def test_one_dash(script: str, options: dict[str, list[str]]) -> None:
    line = read(script, GO)
    assert line is not None
    assert line.options == options


def test_letters_do_not_cluster_with_one_dash() -> None:
    assert read("go -vo x", GO) is None


def test_negations() -> None:
    line = read("npm --no-audit --level=x", NPM)
    assert line is not None
    assert line.options == {"--no-audit": [""], "--level": ["x"]}
    assert read("npm --no-level", NPM) is None
    assert read("npm --no-what", NPM) is None


@pytest.mark.parametrize(
    ("script", "moved_to", "directory"),
    [
        ("x", None, "/app"),
        ("cd web && x", None, "/app/web"),
        ("cd /srv && x", "api", "/srv/api"),
        ("cd $DIR && x", None, "?$DIR"),
        ("cd $(dir) && x", None, None),
        ("x", "../lib", "/lib"),
        ("x", "$", None),
    ],
)
def test_directory(script: str, moved_to: str | None, directory: str | None) -> None:
    placed, commands = last_run(script)
    assert directory_of(commands[-1], placed.scope, moved_to) == directory
