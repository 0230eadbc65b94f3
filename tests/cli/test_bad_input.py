"""What is wrong with a path, a setting or an option is said in one line; the rest is still done."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerwise.cli.sources import MOST_BYTES

from .conftest import Project

BAD: list[tuple[str, bytes, str]] = [
    (
        "nul",
        b"FROM a\nRUN \0\n",
        "it is not a text file: there is a NUL byte in line 2; name another file",
    ),
    (
        "latin1",
        b"FROM a\nRUN caf\xe9\n",
        "it is not UTF-8: byte 0xe9 in line 2 (byte 15 of the file); save it as UTF-8",
    ),
    (
        "latin1-after-bom",
        b"\xef\xbb\xbfFROM \xe9\n",
        "it is not UTF-8: byte 0xe9 in line 1 (byte 9 of the file); save it as UTF-8",
    ),
    (
        "utf16",
        "FROM a\n".encode("utf-16"),
        "it is UTF-16, and builders read UTF-8 only; save it as UTF-8",
    ),
    (
        "big",
        b"#" * (MOST_BYTES + 1),
        "it is larger than 10 MiB, which no Dockerfile needs; name another file",
    ),
]


@pytest.mark.parametrize("command", [("check",), ("fix",), ("fix", "--diff")])
@pytest.mark.parametrize(("name", "content", "message"), BAD, ids=[it[0] for it in BAD])
def test_what_is_no_dockerfile(
    project: Project, command: tuple[str, ...], name: str, content: bytes, message: str
) -> None:
    project.write({name: content, "good": "FROM a\n"})
    before = project.files()
    result = project.run(*command, name, "good")
    assert (result.code, result.err.splitlines()[0]) == (2, f"layerwise: {name}: {message}")
    assert "in 1 file" in result.out + result.err
    assert project.files() == before
    piped = project.run(command[0], "-", stdin=content)
    assert (piped.code, piped.out, piped.err) == (2, "", f"layerwise: -: {message}\n")


@pytest.mark.parametrize("command", ["check", "fix", "explain"])
def test_what_is_not_there(empty: Project, command: str) -> None:
    (empty.root / "folder" / "Dockerfile").mkdir(parents=True)
    (empty.root / "loop").symlink_to("loop")
    (empty.root / "dangling").symlink_to("nowhere")
    here = Path.cwd()
    there_is_none = (
        "there is no Dockerfile in this folder or below it; name the file if it is called otherwise,"
        " or give another folder"
    )
    for name, message in {
        "nowhere/Dockerfile": f"there is no such file or folder; check the name, which starts at {here}",
        "dangling": f"there is no such file or folder; check the name, which starts at {here}",
        "loop": "it can not be read: Too many levels of symbolic links; check its type and permissions",
        "folder": there_is_none,
        "folder/Dockerfile": there_is_none,
    }.items():
        result = empty.run(command, name)
        assert (result.code, result.out, result.err) == (2, "", f"layerwise: {name}: {message}\n")


def test_a_socket_is_said_not_to_be_readable(empty: Project) -> None:
    with socket.socket(socket.AF_UNIX) as it:
        it.bind("Dockerfile")
        result = empty.run("check", "Dockerfile")
    assert result.code == 2
    assert result.err.startswith("layerwise: Dockerfile: it can not be read: ")


@pytest.fixture
def locked(project: Project) -> Iterator[Project]:
    """A Dockerfile that may not be read; root may read everything, so it becomes somebody else for a while."""
    owner, nobody = os.geteuid(), 65534
    project.root.chmod(0o755)
    (project.root / "web/Dockerfile").chmod(0)
    if owner == 0:
        os.seteuid(nobody)
    yield project
    os.seteuid(owner)


def test_a_file_without_permission(locked: Project) -> None:
    result = locked.run("check", "web/Dockerfile")
    expected = "layerwise: web/Dockerfile: it can not be read: Permission denied; check its type and permissions\n"
    assert (result.code, result.err) == (2, expected)


def test_all_that_is_bad_is_said_and_the_good_is_checked(project: Project) -> None:
    project.write({"bad": b"\0"})
    result = project.run("check", "nowhere", "bad", "web")
    assert result.code == 2
    assert [it.split(":")[1] for it in result.err.splitlines()] == [" nowhere", " bad"]
    assert result.out.endswith("1 finding in 1 file, 1 with a safe fix\n")


def test_wrong_settings_are_said_once_and_cost_nothing_else(project: Project) -> None:
    project.write({"layerwise.toml": 'builder = "docker"\n[rules]\ncopy-before-install = "error"\n'})
    project.write({"other/Dockerfile": "FROM a\n", "broken/Dockerfile": "FROM a\n", "broken/layerwise.toml": "a = [\n"})
    result = project.run("check", "--fail-on", "error")
    assert result.code == 2
    assert "web/Dockerfile:3:1: error: Editing" in result.out
    first, second = sorted(result.err.splitlines(), reverse=True)
    assert first.startswith(f'layerwise: {project.root}/layerwise.toml: `builder` is "docker": ')
    assert second.startswith(f"layerwise: {project.root}/broken/layerwise.toml:2:1: is not valid TOML: ")


BAD_SETTINGS: list[tuple[str, str]] = [
    ("builder = \n", "layerwise.toml:1:11: is not valid TOML: Invalid value"),
    ("bulder = 'kaniko'\n", "layerwise.toml: unknown setting `bulder`: did you mean `builder`?"),
    ("builder = 'docker'\n", 'layerwise.toml: `builder` is "docker": it must be '),
    ("[rules]\ncopy-befor-install = 'off'\n", "layerwise.toml: unknown rule `copy-befor-install` in `rules`: did you"),
    ("[rules]\ncopy-before-install = 'loud'\n", 'layerwise.toml: `rules.copy-before-install` is "loud": it must be '),
    ("[build-args]\nNODE = 3.1\n", "layerwise.toml: `build-args.NODE` is 3.1: it must be in quotes"),
    ("context = '..'\n", 'layerwise.toml: `context` is "..": it leads to a place outside ROOT; an option or the editor'),
    ("context = 'gone'\n", "Dockerfile: the folder ROOT/gone, which the setting names, does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_SETTINGS, ids=[it[0] for it in BAD_SETTINGS])
def test_settings_that_say_nothing_end_in_2(empty: Project, text: str, message: str) -> None:
    empty.write({"Dockerfile": "FROM scratch\n", "layerwise.toml": text})
    for command in ("check", "fix", "explain"):
        result = empty.run(command, ".")
        assert result.code == 2
        assert (
            result.err.replace(f"{empty.root}/layerwise", "layerwise")
            .replace(str(empty.root), "ROOT")
            .startswith(f"layerwise: {message}")
        )
        assert result.out != ""


def test_a_target_of_the_settings_that_is_in_no_stage(project: Project) -> None:
    project.write({"layerwise.toml": "target = 'fnal'\n"})
    said = "layerwise: web/Dockerfile: it has no stage 'fnal' for the setting `target`; its stages have no names;"
    result = project.run("check")
    assert (result.code, result.err) == (2, f"{said} the last stage is taken\n")
    assert "web/Dockerfile:3:1: warning: Editing" in result.out
    result = project.run("explain", "web", "--changed", "web/src/page.js")
    assert (result.code, "The next build re-runs 2 of 3 steps." in result.out) == (2, True)


def test_settings_that_another_file_says_better_are_a_note(empty: Project) -> None:
    empty.write(
        {"Dockerfile": "FROM scratch\n", "layerwise.toml": "", "pyproject.toml": "[tool.layerwise]\ntarget = 'x'"}
    )
    result = empty.run("check")
    assert (result.code, "is not read, because there is a layerwise.toml beside it" in result.err) == (0, True)


def test_an_option_may_name_a_context_elsewhere(empty: Project) -> None:
    empty.write({"app/Dockerfile": "FROM a\nCOPY x /\n", "app/layerwise.toml": "", "x": ""})
    result = empty.run("explain", "app", "--context", "..", "--format", "json")
    assert (result.code, json.loads(result.out)["context"]) == (0, str(empty.root.parent))


def test_a_context_that_is_not_there(project: Project) -> None:
    project.write({"web/layerwise.toml": 'context = "gone"\n'})
    result = project.run("check")
    assert result.err == (
        f"layerwise: web/Dockerfile: the folder {project.root}/web/gone, which the setting names, does not exist;"
        " it is read without a build context\n"
    )
    assert "no safe fix: there is no build context here to look into" in result.out


USAGE: list[tuple[str, str]] = [
    ("--nope", "no such option '--nope'; see `layerwise --help`"),
    ("check --frmat json", "no such option '--frmat'. Did you mean '--format'?"),
    ("check --format yaml", "--format: 'yaml' is not one of 'text', 'json'."),
    ("check --fail-on hint", "--fail-on: 'hint' is not one of 'none', 'info', 'warning', 'error'."),
    ("check --context nowhere", "--context: directory 'nowhere' does not exist."),
    ("check --builder docker", "--builder: 'docker' is not one of 'buildkit', 'legacy', 'buildah', 'kaniko'."),
    ("check --build-arg =x", "--build-arg: '=x' has no name; write NAME=VALUE."),
    (
        "check --select copy_before_instal",
        "--select: there is no rule 'copy_before_instal'; did you mean copy-before-install?",
    ),
    ("fix --ignore zzz", "--ignore: there is no rule 'zzz'; `layerwise rules` lists those there are."),
    ("check --ignore ,", "--ignore: it names no rule."),
    ("rules unused-ignor", "there is no rule 'unused-ignor'; did you mean unused-ignore?"),
    ("rules a b", "got unexpected extra argument (b); see `layerwise rules --help`"),
    ("fix - web", "- must be the only PATH, because its result is printed."),
    ("explain", "missing argument 'PATH'; see `layerwise explain --help`"),
    ("explain web --since", "option '--since' requires an argument"),
    ("chek", "there is no command 'chek'; did you mean check?"),
    ("zzz", "there is no command 'zzz'; the commands are check, fix, explain, rules, ecosystems, serve."),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_usage_errors(project: Project, arguments: str, message: str) -> None:
    before = project.files()
    result = project.run(*arguments.split())
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: {message}\n")
    assert project.files() == before


def test_no_command_at_all_gets_the_help(project: Project) -> None:
    result = project.run()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: layerwise [OPTIONS] COMMAND")


def test_a_target_that_is_in_no_stage(project: Project) -> None:
    project.write({"Dockerfile": "FROM a AS base\nFROM base AS final\n"})
    result = project.run("check", "--target", "fnal", "Dockerfile", "web/Dockerfile")
    assert result.code == 2
    assert result.err == (
        "layerwise: Dockerfile: it has no stage 'fnal' for --target; its stages are base, final\n"
        "layerwise: web/Dockerfile: it has no stage 'fnal' for --target; its stages have no names\n"
    )
    assert project.run("check", "--target", "base", "Dockerfile").code == 0


@pytest.mark.parametrize(
    "line",
    ["RUN echo hello world\n", "# a comment\n", "\n", "RUN a \\\n", "COPY a b\n"],
    ids=["run", "comment", "blank", "continued", "copy"],
)
def test_a_large_file_is_no_trouble(empty: Project, line: str) -> None:
    empty.write({"Dockerfile": "FROM a\n" + line * (60_000 // len(line))})
    assert empty.run("check", "--fail-on", "none").code == 0


def test_the_largest_file_is_read(empty: Project) -> None:
    empty.write({"Dockerfile": (b"FROM a\n" + b"# a comment\n" * MOST_BYTES)[:MOST_BYTES]})
    result = empty.run("check")
    assert (result.code, result.out) == (0, "no findings in 1 file\n")
