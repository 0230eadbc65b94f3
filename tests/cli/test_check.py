"""What ``check`` prints, and its exit code."""

from __future__ import annotations

import json

import click
import pytest

from .conftest import WEB, Project

FINDING = """\
web/Dockerfile:3:1: warning: Editing any of 3 files copied on line 3 re-runs `npm ci` on line 4, \
which reads only package.json and package-lock.json [copy-before-install]
  |
3 | COPY . .
  | ^^^^^^^^
4 | RUN npm ci
  | ---------- re-runs although it needs none of these files
  |
  = fix: Copy only package.json and package-lock.json before `npm ci`, the rest after it
         `layerwise fix web/Dockerfile` applies it

1 finding in 1 file, 1 with a safe fix
"""


def test_a_finding_shows_its_lines_what_else_is_involved_and_the_fix(project: Project) -> None:
    result = project.run("check")
    assert (result.code, result.out, result.err) == (1, FINDING, "")


def test_a_fix_for_review_says_what_to_look_at(project: Project) -> None:
    project.write({"web/Dockerfile": "FROM node:24\nWORKDIR /app\nCOPY . .\nENV A=1\n\nRUN npm install\n"})
    assert (
        project.run("check", "web/Dockerfile").out
        == """\
web/Dockerfile:3:1: warning: Editing any of 3 files copied on line 3 re-runs `npm install` on line 6, \
which reads only package.json and package-lock.json [copy-before-install]
  |
3 | COPY . .
  | ^^^^^^^^
...
6 | RUN npm install
  | --------------- re-runs although it needs none of these files
  |
  = review: Copy only package.json and package-lock.json before `npm install`, the rest after it
            `layerwise fix --review web/Dockerfile` applies it
  = check: `npm install` may rewrite package-lock.json, and the later COPY would put the old one back

1 finding in 1 file, 1 with a fix to review
"""
    )


def test_without_a_fix_the_reason_is_there(empty: Project) -> None:
    assert (
        empty.run("check", "-", stdin="FROM node:24\nCOPY . .\nRUN npm ci").out
        == """\
-:2:1: warning: Editing any file copied on line 2 re-runs `npm ci` on line 3 [copy-before-install]
  |
2 | COPY . .
  | ^^^^^^^^
3 | RUN npm ci
  | ---------- re-runs with it
  |
  = no safe fix: there is no build context here to look into

1 finding in 1 file
"""
    )


def test_what_a_builder_refuses_counts_as_an_error(empty: Project) -> None:
    empty.write({"Dockerfile": "FROM alpine\nCOPPY a b\n", "empty.Dockerfile": ""})
    result = empty.run("check", "--fail-on", "error")
    assert result.code == 1
    assert (
        result.out
        == """\
Dockerfile:2:1: error: unknown instruction COPPY (did you mean COPY?)
  |
2 | COPPY a b
  | ^^^^^

empty.Dockerfile:1:1: error: the file has no instructions
  |
1 |
  | ^

2 problems and no findings in 2 files
"""
    )


def test_nothing_found_is_said(empty: Project) -> None:
    empty.write({"Dockerfile": "FROM alpine\n", "b/Dockerfile": "FROM alpine\n", "c/x.Dockerfile": "FROM alpine\n"})
    result = empty.run("check")
    assert (result.code, result.out, result.err) == (0, "no findings in 3 files\n", "")


def test_a_file_named_twice_is_checked_once(project: Project) -> None:
    assert project.run("check", "web", "./web/Dockerfile", str(project.root / "web" / "Dockerfile")).out == FINDING


@pytest.mark.parametrize(("fail_on", "code"), [("none", 0), ("info", 1), ("warning", 1), ("error", 0)])
def test_the_severity_that_fails_can_be_chosen(project: Project, fail_on: str, code: int) -> None:
    assert project.run("check", "--fail-on", fail_on).code == code


def test_a_hint_fails_nothing(empty: Project) -> None:
    empty.write({"Dockerfile": "FROM a\n# layerwise: ignore[copy-before-install] why\nRUN x\n"})
    result = empty.run("check", "--fail-on", "info")
    assert result.code == 0
    assert "Dockerfile:2:21: hint: this comment suppresses nothing" in result.out


def test_the_suggested_command_sees_the_same(project: Project) -> None:
    project.write({"web/my Dockerfile": project.read("web/Dockerfile")})
    options = ("--context", "web", "--build-arg", "A=b c", "--select", "copy-before-install")
    out = project.run("check", *options, "web/my Dockerfile").out
    shown = "layerwise fix --context web --build-arg 'A=b c' --select copy-before-install 'web/my Dockerfile'"
    assert f"`{shown}` applies it\n" in out


def test_colour_changes_nothing_but_colour(project: Project) -> None:
    out = project.run("check", "--color", "always").out
    assert "\x1b[33m\x1b[1mwarning:\x1b[0m" in out
    assert click.unstyle(out) == FINDING


@pytest.mark.parametrize(
    ("env", "is_colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
def test_colour_is_what_the_environment_wants(project: Project, env: dict[str, str], *, is_colored: bool) -> None:
    assert ("\x1b[" in project.run("check", env=env).out) == is_colored
    assert "\x1b[" in project.run("check", "--color", "always", env=env).out
    assert "\x1b[" not in project.run("check", "--color", "never", env=env).out


def test_json_is_as_documented(project: Project) -> None:
    result = project.run("check", "--format", "json")

    def span(*places: int) -> dict[str, object]:
        line, column, end_line, end_column = places
        return {"start": {"line": line, "column": column}, "end": {"line": end_line, "column": end_column}}

    assert (result.code, result.err) == (1, "")
    given = json.loads(result.out)["files"][0]["findings"][0]["fixes"]
    assert json.loads(result.out) == {
        "version": 1,
        "files": [
            {
                "path": "web/Dockerfile",
                "context": str(project.root / "web"),
                "context_found_by": "the Dockerfile's folder",
                "problems": [],
                "findings": [
                    {
                        "rule": "copy-before-install",
                        "severity": "warning",
                        "message": "Editing any of 3 files copied on line 3 re-runs `npm ci` on line 4, which reads only"
                        " package.json and package-lock.json",
                        "range": span(3, 1, 3, 9),
                        "related": [
                            {
                                "message": "re-runs although it needs none of these files",
                                "range": span(4, 1, 4, 11),
                            }
                        ],
                        "fixes": [
                            {
                                "title": "Copy only package.json and package-lock.json before `npm ci`,"
                                " the rest after it",
                                "applicability": "safe",
                                "check": None,
                                "edits": given[0]["edits"],
                            },
                            {
                                "title": "Mount package.json and package-lock.json for `npm ci` instead of copying first",
                                "applicability": "safe",
                                "check": None,
                                "edits": given[1]["edits"],
                            },
                        ],
                        "withheld": None,
                    }
                ],
            }
        ],
    }


def test_the_edits_of_json_make_the_fixed_file(project: Project, dockerfile: str, fixed: str) -> None:
    (file,) = json.loads(project.run("check", "--format", "json").out)["files"]
    edits = file["findings"][0]["fixes"][0]["edits"]
    text = dockerfile
    lines = text.splitlines(keepends=True)

    def offset(place: dict[str, int]) -> int:
        return sum(map(len, lines[: place["line"] - 1])) + place["column"] - 1

    for edit in sorted(edits, key=lambda it: offset(it["range"]["start"]), reverse=True):
        assert edit["path"] == "web/Dockerfile"
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["new_text"] + text[end:]
    assert text == fixed


def test_json_has_what_was_meant(empty: Project) -> None:
    """In the shape of a finding's fixes; `fix` leaves it to a person."""
    text = "FROM a\nCOPPY . .\nCOPY a\n"
    (file,) = json.loads(empty.run("check", "--format", "json", "-", stdin=text).out)["files"]
    place = {"start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 6}}
    fix = {
        "title": "Change to `COPY`",
        "applicability": "review",
        "check": "that this is what was meant",
        "edits": [{"path": "-", "range": place, "new_text": "COPY"}],
    }
    assert [(it["message"], it["fixes"]) for it in file["problems"]] == [
        ("unknown instruction COPPY (did you mean COPY?)", [fix]),
        ("COPY needs a source and a destination", []),
    ]
    assert empty.run("fix", "--review", "-", stdin=text).out == text


def test_json_counts_columns_in_code_points_and_no_byte_order_mark(empty: Project) -> None:
    text = "\ufeffFRM 日本\nFROM a\nCOPY --😀=1 --frm=x a b\n"
    (file,) = json.loads(empty.run("check", "--format", "json", "-", stdin=text).out)["files"]
    assert (file["path"], file["context"], file["context_found_by"]) == ("-", None, "it is not a file")
    starts = [it["range"]["start"] for it in file["problems"]]
    assert {"line": 1, "column": 1} in starts
    assert {"line": 3, "column": 12} in starts


def test_json_shows_names_that_are_not_utf_8(project: Project) -> None:
    (project.root / "web").rename(project.root / "caf\udce9")
    (file,) = json.loads(project.run("check", "--format", "json").out)["files"]
    assert (file["path"], file["context"]) == ("caf\ufffd/Dockerfile", f"{project.root}/caf\ufffd")


def test_json_without_any_file_is_still_json(empty: Project) -> None:
    result = empty.run("check", "--format", "json", "nowhere")
    assert (result.code, json.loads(result.out)) == (2, {"version": 1, "files": []})


def test_standard_input_takes_the_context_that_is_given(empty: Project, dockerfile: str) -> None:
    empty.write(WEB)
    result = empty.run("check", "--context", "web", "-", stdin=dockerfile)
    assert "re-runs `npm ci` on line 4, which reads only package.json and package-lock.json" in result.out


def test_a_file_that_was_found_by_its_name_but_is_a_program_is_passed_over(empty: Project) -> None:
    empty.write({"dockerfile.go": 'package dockerfile\n\nimport "fmt"\n', "Dockerfile": "FROM scratch\n"})
    assert empty.run("check").out == "no findings in 1 file\n"
    assert empty.run("check", "dockerfile.go").code == 1


@pytest.mark.xfail(strict=True, reason="version 1 of the JSON has absolute contexts")
def test_json_is_the_same_on_each_machine(project: Project) -> None:
    out = project.run("check", "--format", "json").out
    assert json.loads(out)["version"] == 2
    assert json.loads(out)["files"][0]["context"] == "web"
    assert str(project.root) not in out


@pytest.mark.xfail(strict=True, reason="a finding has no fingerprint yet, nor its command as data")
def test_json_has_data_where_programs_need_it(project: Project) -> None:
    (file,) = json.loads(project.run("check", "--format", "json").out)["files"]
    (finding,) = file["findings"]
    assert finding["fingerprint"]
    assert finding["work"] == [{"line": 4, "command": "npm ci", "kind": "get"}]
