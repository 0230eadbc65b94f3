"""What ``explain`` prints: keys and verdicts, step by step."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as Xml

import click
import pytest

from layerwise.cli import explained as explaining

from .conftest import Project

DOCKERFILE = """\
FROM node:24 AS build
ARG MODE=production
WORKDIR /app
COPY package.json ./
RUN npm install
COPY . .
RUN npm run build

FROM build AS test
RUN npm test

FROM nginx
COPY --from=build /app/dist /srv
USER nobody
EXPOSE 80
"""
KEYS = """\
Dockerfile · context ., 3 files

   1  FROM node:24 AS build
      └ the content that the image node:24 has at the time of the build
   2    ARG MODE=production  in the key of every later RUN, if it has a value
   3    WORKDIR /app
        └ the path /app
   4    COPY package.json ./
        ├ the names of its sources, its destination and its flags
        └ the content and mode of package.json
   5    RUN npm install
        ├ its command, blanks included
        ├ the values of MODE, read or not, and their order
        └ the working directory /app
   6    COPY . .
        ├ the names of its sources, its destination and its flags
        └ the content and mode of Dockerfile, package.json and src/index.js
   7    RUN npm run build
        ├ its command, blanks included
        ├ the values of MODE, read or not, and their order
        └ the working directory /app

   9  FROM build AS test     not built: stage 2 does not need it

  12  FROM nginx             stage 2
      └ the content that the image nginx has at the time of the build
  13    COPY --from=build /app/dist /srv
        ├ the names of its sources, its destination and its flags
        └ the content of /app/dist in stage build
  14    USER nobody          in the key of every later RUN and WORKDIR
  15    EXPOSE 80            no effect on cache

A step re-runs when anything in its key changes, or when the step above it does.
"""
REBUILDS = """\
Dockerfile · context ., 3 files

   1  FROM node:24 AS build
   2    ARG MODE=production
   3    WORKDIR /app
   4    COPY package.json ./
   5    RUN npm install
↻  6    COPY . .                          it copies src/index.js, which was edited
↻  7    RUN npm run build                 the step before it re-runs

   9  FROM build AS test                  not built: stage 2 does not need it

  12  FROM nginx                          stage 2
? 13    COPY --from=build /app/dist /srv  it takes files from stage build, which re-runs: only other
                                          content makes it re-run
  14    USER nobody
  15    EXPOSE 80                         no effect on cache

The next build re-runs 2 of 6 steps, 1 more only if copied content differs.
"""


@pytest.fixture
def web(empty: Project) -> Project:
    empty.write({"Dockerfile": DOCKERFILE, "package.json": "{}", "src/index.js": ""})
    return empty


def explained(project: Project, *arguments: str) -> tuple[dict[str, object], list[dict[str, Any]]]:
    """Return the JSON and, taken out of it, its stages."""
    result = project.run("explain", *arguments, "--format", "json")
    assert result.code == 0
    data = json.loads(result.out)
    return data, data.pop("stages")


def verdicts(project: Project, *arguments: str) -> str:
    """Return the sign of each step of the built stages that makes a layer: ``.`` for cached."""
    signs = {True: "R", False: ".", "unknown": "u", "if-content-changes": "?"}
    _, stages = explained(project, *arguments)
    steps = [step for stage in stages if stage["built"] for step in stage["steps"] if step["kind"] == "layer"]
    return "".join(signs[it["rebuilds"]] for it in steps)


def test_without_a_change_each_step_has_what_its_key_depends_on(web: Project) -> None:
    result = web.run("explain", "Dockerfile")
    assert (result.code, result.out, result.err) == (0, KEYS, "")


def test_a_change_shows_what_re_runs_and_why(web: Project) -> None:
    result = web.run("explain", "Dockerfile", "--changed", "src/index.js")
    assert (result.code, result.out, result.err) == (0, REBUILDS, "")


def test_it_is_drawn_as_a_layer_map(web: Project) -> None:
    def drawn(*arguments: str) -> tuple[str | None, list[tuple[str | None, str | None]]]:
        """Return what the picture says, and the look and line of each step."""
        result = web.run("explain", "Dockerfile", *arguments, "--format", "svg")
        assert (result.code, result.err) == (0, "")
        root = Xml.fromstring(result.out)  # noqa: S314 - our own
        return root.get("aria-label"), [
            (it.get("class"), it.get("data-line")) for it in root.iterfind(".//*[@tabindex]")
        ]

    # Without a change it is what an edit of a source file does.
    summary, steps = drawn()
    assert summary == "An edit of src/index.js rebuilds 2 of 6 steps"
    assert len(steps) == sum(map(bool, DOCKERFILE.splitlines()))
    assert drawn("--changed", "src/index.js") == (summary, steps)
    assert ("step rebuilds", "5") in steps
    assert ("step maybe", "12") in steps
    changed = ("--changed", "package.json", "--changed-arg", "MODE")
    assert drawn(*changed)[0] == "An edit of package.json and another value of MODE rebuild 4 of 6 steps"
    web.write({"old": DOCKERFILE.replace("npm install", "npm ci")})
    assert drawn("--since", "old")[0] == "What changed since old rebuilds 3 of 6 steps"


def test_a_folder_with_one_dockerfile_stands_for_it(web: Project) -> None:
    assert web.run("explain", ".").out == KEYS
    web.write({"dockerfile.go": "package dockerfile\n"})
    assert web.run("explain", ".", "--changed", "src/index.js").out.startswith("Dockerfile · context ., 4 files\n")


def test_a_folder_with_several_lists_some_of_them(web: Project) -> None:
    web.write({f"{it}/Dockerfile": "FROM a\n" for it in "abc"})
    message = (
        "there are 4 Dockerfiles in this folder and below it (Dockerfile, a/Dockerfile, b/Dockerfile, c/Dockerfile)"
    )
    result = web.run("explain", ".")
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: .: {message}; name one of them\n")
    web.write({f"{it}/Dockerfile": "FROM a\n" for it in "def"})
    assert "7 Dockerfiles" in web.run("explain", ".").err
    assert "(Dockerfile, a/Dockerfile, b/Dockerfile, c/Dockerfile, d/Dockerfile, …)" in web.run("explain", ".").err


def test_a_folder_without_any_is_an_error(empty: Project) -> None:
    empty.write({"a/main.py": "", "b/dockerfile.go": "package dockerfile\n"})
    for folder in "ab":
        result = empty.run("explain", folder)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"layerwise: {folder}: there is no Dockerfile in this folder or below it; ")


def test_the_target_decides_what_is_built(web: Project) -> None:
    out = web.run("explain", "Dockerfile", "--target", "test", "--changed", "src").out
    assert out.startswith("Dockerfile · context ., 3 files · target test\n")
    assert "↻  9  FROM build AS test   its base, stage build, re-runs\n" in out
    assert "\n  12  FROM nginx           stage 2; not built: stage test does not need it\n" in out
    assert out.endswith("\nThe next build re-runs 3 of 6 steps.\n")
    result = web.run("explain", "Dockerfile", "--target", "tset")
    assert (result.code, result.out) == (2, "")
    assert result.err == "layerwise: Dockerfile: it has no stage 'tset' for --target; its stages are build, test\n"


def test_the_builder_and_its_arguments_count(web: Project) -> None:
    assert "· builder legacy\n" in web.run("explain", "Dockerfile", "--builder", "legacy").out
    web.write({"Dockerfile": "FROM a\nARG WHAT=x\nCOPY $WHAT /\n"})
    assert verdicts(web, "Dockerfile", "--changed", "src/index.js") == "."
    assert verdicts(web, "Dockerfile", "--changed", "src/index.js", "--build-arg", "WHAT=src") == "R"


def test_settings_files_count(web: Project) -> None:
    web.write({"layerwise.toml": 'target = "test"\n'})
    assert " · target test\n" in web.run("explain", "Dockerfile").out


def test_standard_input(web: Project) -> None:
    text = "FROM a\nCOPY . .\n"
    out = web.run("explain", "-", stdin=text).out
    assert out.startswith("- · no build context\n\nThere is no build context to look at: it is not a file.\n\n")
    assert "\n       └ the names, content and modes of what . selects\n" in out
    out = web.run("explain", "-", "--context", ".", "--changed", "package.json", stdin=text).out
    assert "↻ 2    COPY . .  it copies package.json, which was edited\n" in out
    result = web.run("explain", "-", "--changed", "package.json", stdin=text)
    message = "there is no build context for --changed: it is not a file; name one with --context"
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: -: {message}\n")


def test_lines_that_end_otherwise_are_the_same(web: Project) -> None:
    web.write({"Dockerfile": "\ufeff" + DOCKERFILE.replace("\n", "\r\n")})
    assert web.run("explain", "Dockerfile").out == KEYS
    web.write({"Dockerfile": "FROM a\r\nRUN one && \\\r\n    two\r\n"})
    assert "\n  2    RUN one && two\n" in web.run("explain", "Dockerfile").out


def test_a_step_that_does_not_follow_says_so(web: Project) -> None:
    web.write({"Dockerfile": "FROM a\nRUN b\nCOPY --link src /src\n"})
    assert web.run("explain", "Dockerfile").out.count("not the step above it: --link\n") == 1


def test_a_dockerfile_that_builders_refuse_is_explained_as_far_as_it_goes(empty: Project) -> None:
    empty.write({"Dockerfile": "FROM a\nCOPPY a b\nRUN c\nFRM\n", "empty.Dockerfile": ""})
    result = empty.run("explain", "Dockerfile")
    message = "builders refuse it: line 2: unknown instruction COPPY (did you mean COPY?) (and 1 more)"
    assert (result.code, result.err) == (0, f"layerwise: Dockerfile: {message}; `layerwise check` shows it\n")
    assert "\n  3    RUN c\n" in result.out
    result = empty.run("explain", "empty.Dockerfile")
    assert (result.code, result.out.splitlines()[-1]) == (0, "There are no steps that a build could keep in its cache.")


@pytest.mark.parametrize(
    ("text", "changed", "summary"),
    [
        ("COPY src /", "package.json", "The next build re-runs nothing: the only step stays cached."),
        ("COPY src /\nRUN a", "package.json", "The next build re-runs nothing: all 2 steps stay cached."),
        ("COPY src /", "src", "The next build re-runs the only step."),
        ("COPY src /\nRUN a", "src", "The next build re-runs all 2 steps."),
        ("RUN a\nCOPY src /", "src", "The next build re-runs 1 of 2 steps."),
        ("RUN a\nCOPY $A /", "src", "Whether the next build re-runs 1 of 2 steps can not be told."),
        ("COPY src /\nCOPY --link $A /", "src", "The next build re-runs 1 of 2 steps; of 1 more it can not be told."),
        ("EXPOSE 1", "src", "There are no steps that a build could keep in its cache."),
    ],
)
def test_the_summary(web: Project, text: str, changed: str, summary: str) -> None:
    web.write({"Dockerfile": f"FROM a\n{text}\n"})
    assert web.run("explain", "Dockerfile", "--changed", changed).out.splitlines()[-1] == summary


def test_what_a_base_leaves_to_do_is_a_step_of_the_stage_that_starts_from_it(empty: Project) -> None:
    text = """\
FROM x AS base
ONBUILD COPY . .
ONBUILD ENV A=1
ONBUILD RUN make
FROM base AS app
FROM y
COPY --from=app /o /o
"""
    empty.write({"Dockerfile": text, "a.txt": ""})
    lines = empty.run("explain", "--changed", "a.txt", ".").out.splitlines()
    said = [" ".join(it.split()) for it in lines[2:] if it]
    assert said[1:9] == [
        "2 ONBUILD COPY . . carried out in stage app",
        "3 ONBUILD ENV A=1 carried out in stage app",
        "4 ONBUILD RUN make carried out in stage app",
        "5 FROM base AS app",
        "↻ 2 COPY . . ONBUILD of stage base; it copies a.txt, which was edited",
        "3 ENV A=1 ONBUILD of stage base",
        "↻ 4 RUN make ONBUILD of stage base; the step before it re-runs",
        "6 FROM y stage 2",
    ]
    assert said[-1] == "The next build re-runs 2 of 3 steps, 1 more only if copied content differs."


def test_json_is_as_documented(web: Project) -> None:
    data, stages = explained(web, "Dockerfile", "--changed", "src/index.js", "--changed", "new")
    assert data == {
        "version": 1,
        "path": "Dockerfile",
        "context": str(web.root),
        "builder": "buildkit",
        "target": "2",
        "notes": ["new does not exist; taken as a file that is new, or was removed."],
    }
    assert [(it["name"], it["index"], it["base"], it["built"], len(it["steps"])) for it in stages] == [
        ("build", 0, "node:24", True, 7),
        ("test", 1, "stage build", False, 2),
        (None, 2, "nginx", True, 4),
    ]
    assert stages[2]["steps"][1] == {
        "index": 1,
        "line": 13,
        "instruction": "COPY --from=build /app/dist /srv",
        "kind": "layer",
        "inputs": [
            {"kind": "previous", "detail": "the step before it"},
            {"kind": "text", "detail": "the names of its sources, its destination and its flags"},
            {"kind": "stage", "detail": "the content of /app/dist in stage build"},
        ],
        "rebuilds": "if-content-changes",
        "reason": "it takes files from stage build, which re-runs: only other content makes it re-run",
    }
    kinds = {step["kind"] for it in stages for step in it["steps"]}
    assert kinds == {"source", "layer", "environment", "metadata"}


def test_json_has_no_reason_where_nothing_re_runs(web: Project) -> None:
    _, stages = explained(web, "Dockerfile")
    assert {(step["rebuilds"], step["reason"]) for it in stages for step in it["steps"]} == {(False, None)}


def test_names_that_are_not_utf_8_are_shown(web: Project) -> None:
    web.write({"Dockerfile": "FROM a\nCOPY src /\n", "src/caf\udce9": ""})
    assert "which was edited" in web.run("explain", ".", "--changed", "src/caf\udce9").out
    assert "content and mode of src/caf\ufffd and src/index.js" in web.run("explain", ".").out
    assert "caf\ufffd" in web.run("explain", ".", "--format", "json").out


def test_colour_changes_nothing_but_colour(web: Project) -> None:
    arguments = ("explain", "Dockerfile", "--changed", "src/index.js")
    out = web.run(*arguments, "--color", "always").out
    assert "\x1b[33m\x1b[1m↻\x1b[0m" in out
    assert click.unstyle(out) == REBUILDS
    assert "\x1b[" in web.run(*arguments, env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in web.run(*arguments, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out


def test_a_terminal_of_another_encoding_gets_other_signs(web: Project) -> None:
    process = web.start("explain", "Dockerfile", "--changed", "src/index.js", PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out.startswith(b"Dockerfile - context ., 3 files\n")
    assert b"\n*  6    COPY . . " in out


USAGE: list[tuple[tuple[str, ...], str]] = [
    ((), "missing argument 'PATH'; see `layerwise explain --help`"),
    (("Dockerfile", "src"), "there is one PATH, and 'src' is one too many; name one Dockerfile at a time."),
    (
        ("Dockerfile", "--changed", "a", "b"),
        "there is one PATH, and 'b' is one too many; repeat --changed for each: --changed b.",
    ),
    (("Dockerfile", "--changed", ""), "--changed: it is empty; name a file or a folder."),
    (("Dockerfile", "--changed-arg", "=1"), "--changed-arg: '=1' has no name; write NAME."),
    (
        ("Dockerfile", "--changed-arg", "A=1"),
        "--changed-arg: 'A=1' has a value; write A: what other value it gets does not matter.",
    ),
    (("Dockerfile", "--format", "png"), "--format: 'png' is not one of 'text', 'json', 'svg'."),
    (("Dockerfile", "--select", "unused-ignore"), "no such option '--select'; see `layerwise explain --help`"),
    (("-", "--since", "HEAD"), "--since looks for what the Dockerfile was; name the file instead of -."),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE)
def test_usage_errors(web: Project, arguments: tuple[str, ...], message: str) -> None:
    result = web.run("explain", *arguments)
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: {message}\n")


def test_what_can_not_be_read(web: Project) -> None:
    web.write({"bad": b"\0"})
    result = web.run("explain", "bad")
    assert (result.code, result.out) == (2, "")
    assert result.err == "layerwise: bad: it is not a text file: there is a NUL byte in line 1; name another file\n"
    assert web.run("explain", "nowhere").code == 2


def test_a_bug_is_told_without_a_traceback(web: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> object:
        raise RuntimeError("what happened")

    monkeypatch.setattr(explaining, "explain", broken)
    result = web.run("explain", "Dockerfile")
    message = "internal error (RuntimeError: what happened); this is a bug in layerwise, please report it"
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: Dockerfile: {message}\n")
    assert "Traceback (most recent call last):" in web.run("explain", "Dockerfile", env={"LAYERWISE_DEBUG": "1"}).err


def test_a_reader_that_leaves_is_told_nothing(web: Project) -> None:
    process = web.start("explain", "Dockerfile")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")
