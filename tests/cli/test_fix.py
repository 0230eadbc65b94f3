"""What ``fix`` does to files, and what it leaves as it was."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.cli import write as writing
from layerwise.cli.diff import unified_diff
from layerwise.cli.paint import Paint

from .conftest import WEB, Project

SCRIPTED = {
    "ws/Dockerfile": "FROM node:24\nCOPY . .\nRUN npm ci\n",
    "ws/package.json": '{"name": "ws", "scripts": {"postinstall": "node x.js"}}',
    "ws/package-lock.json": WEB["web/package-lock.json"],
}


def test_safe_fixes_are_applied_and_said(project: Project, fixed: str) -> None:
    result = project.run("fix")
    assert (result.code, result.err) == (0, "")
    assert project.read("web/Dockerfile") == fixed
    assert (
        result.out
        == """\
web/Dockerfile: 1 fix applied
  Copy only package.json and package-lock.json before `npm ci`, the rest after it
1 fix applied in 1 file, nothing left
"""
    )
    assert project.run("fix").out == "no fixes applied in 1 file, nothing left\n"
    assert project.read("web/Dockerfile") == fixed


def test_what_is_left_comes_with_the_reason(project: Project) -> None:
    project.write({**SCRIPTED, "web/Dockerfile": "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm install\nRUNN\n"})
    before = project.files()
    result = project.run("fix")
    assert result.code == 0
    assert project.files() == before
    assert (
        result.out
        == """\
web/Dockerfile: no fixes applied
  line 5: error: unknown instruction RUNN (did you mean RUN?)
  line 3: warning: Editing any of 3 files copied on line 3 re-runs `npm install` on line 4, \
which reads only package.json and package-lock.json [copy-before-install]
    review: Copy only package.json and package-lock.json before `npm install`, the rest after it (--review applies it)
    check: `npm install` may rewrite package-lock.json, and the later COPY would put the old one back
ws/Dockerfile: no fixes applied
  line 2: info: Editing Dockerfile, copied on line 2, re-runs `npm ci` on line 3; add it to .dockerignore [copy-before-install]
    no safe fix: npm runs the script "postinstall" of package.json during the install, which may read any file
no fixes applied in 2 files, 3 left
"""
    )


def test_review_applies_more_and_says_what_to_look_at(project: Project, fixed: str) -> None:
    project.write({"web/Dockerfile": project.read("web/Dockerfile").replace("npm ci", "npm install")})
    assert (
        project.run("fix", "--review").out
        == """\
web/Dockerfile: 1 fix applied
  Copy only package.json and package-lock.json before `npm install`, the rest after it
    check: `npm install` may rewrite package-lock.json, and the later COPY would put the old one back
1 fix applied in 1 file, nothing left
"""
    )
    assert project.read("web/Dockerfile") == fixed.replace("npm ci", "npm install")


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def with_mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


def without_end(text: str) -> bytes:
    return (text.replace("COPY . .\n", "") + "COPY . .").encode() if text.endswith("COPY . .\n") else text[:-1].encode()


def crlf_with_mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + crlf(text)


def wide(text: str) -> bytes:
    return text.replace("WORKDIR /app", "# 日本語 😀\nWORKDIR /app").encode()


SHAPES: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "crlf": crlf,
    "byte order mark": with_mark,
    "both": crlf_with_mark,
    "wide": wide,
    "no newline at the end": without_end,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_line_ends_and_marks_stay(project: Project, dockerfile: str, fixed: str, shape: Callable[[str], bytes]) -> None:
    project.write({"web/Dockerfile": shape(dockerfile)})
    assert project.run("fix").code == 0
    assert project.read("web/Dockerfile").encode() == shape(fixed)
    project.write({"web/Dockerfile": shape(dockerfile)})
    piped = project.run("fix", "--context", "web", "-", stdin=shape(dockerfile))
    assert (piped.code, piped.out.encode()) == (0, shape(fixed))
    assert piped.err.endswith("1 fix applied in 1 file, nothing left\n")


@pytest.mark.parametrize("tool", [("git", "apply"), ("patch", "--binary", "-p1", "-i")])
@pytest.mark.parametrize("name", ["Dockerfile", "my Dockerfile", 'quo"te.Dockerfile', "日本.Dockerfile"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_diff_is_a_patch(
    project: Project, dockerfile: str, fixed: str, shape: Callable[[str], bytes], name: str, tool: tuple[str, ...]
) -> None:
    path = f"web/{name}"
    project.write({path: shape(dockerfile)})
    before = project.files()
    result = project.run("fix", "--diff", path)
    assert (result.code, project.files()) == (1, before)
    assert result.err.endswith("1 fix to apply in 1 file, nothing left\n")
    project.write({"it.patch": result.out})
    subprocess.run([*tool, "it.patch"], check=True, capture_output=True)
    assert project.read(path).encode() == shape(fixed)


def test_the_diff_reads_as_git_has_it(project: Project) -> None:
    text = "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci"
    project.write({"web/Dockerfile": text})
    absolute = str(project.root / "web" / "Dockerfile")
    assert (
        project.run("fix", "--diff", absolute).out
        == """\
--- a/web/Dockerfile
+++ b/web/Dockerfile
@@ -1,4 +1,5 @@
 FROM node:24
 WORKDIR /app
-COPY . .
-RUN npm ci
\\ No newline at end of file
+COPY package.json package-lock.json ./
+RUN npm ci
+COPY . .
\\ No newline at end of file
"""
    )


def test_the_diff_of_nothing_is_nothing(empty: Project) -> None:
    empty.write({"Dockerfile": "FROM a\n"})
    result = empty.run("fix", "--diff")
    assert (result.code, result.out, result.err) == (0, "", "no fixes to apply in 1 file, nothing left\n")


def test_a_diff_ends_in_1_where_there_is_something_to_change(project: Project) -> None:
    piped = project.run("fix", "--diff", "--context", "web", "-", stdin=project.read("web/Dockerfile"))
    assert (piped.code, piped.out.startswith("--- a/stdin\n")) == (1, True)
    project.write({"other/Dockerfile": "FROM a\n"})
    assert [project.run("fix", "--diff", *it).code for it in ((), ("other",), ("web", "other"), ("web", "no"))] == [
        1,
        0,
        1,
        2,
    ]
    project.write({"web/Dockerfile": project.read("web/Dockerfile").replace("npm ci", "npm install")})
    assert [project.run("fix", "--diff", *it).code for it in ((), ("--review",))] == [0, 1]
    assert project.run("fix").code == 0


def test_the_diff_in_colour_has_no_carriage_return_nor_escape_of_the_file() -> None:
    out = unified_diff("x", "a\x1b[1m\r\n", "b\r\n", Paint(colored=True))
    assert "\x1b[31m-a␛[1m\x1b[0m\n\x1b[32m+b\x1b[0m\n" in out


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_the_mode_stays(project: Project, mode: int) -> None:
    file = project.root / "web/Dockerfile"
    file.chmod(mode)
    assert project.run("fix").code == 0
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays(project: Project) -> None:
    file = project.root / "web/Dockerfile"
    os.chown(file, 1234, 2345)
    assert project.run("fix").code == 0
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 2345)


def test_a_link_stays_a_link(project: Project, fixed: str) -> None:
    (project.root / "web/Dockerfile").rename(project.root / "real")
    link = project.root / "web/Dockerfile"
    link.symlink_to("../real")
    assert project.run("fix", "web/Dockerfile").code == 0
    assert link.is_symlink()
    assert project.read("real") == fixed


def test_what_is_read_only_is_left_alone(project: Project) -> None:
    project.write({"web/b.Dockerfile": project.read("web/Dockerfile")})
    (project.root / "web/Dockerfile").chmod(0o444)
    before = project.files()
    result = project.run("fix")
    assert result.code == 2
    assert result.err == "layerwise: web/Dockerfile: it is read-only, and was not changed; make it writable first\n"
    after = project.files()
    assert {it for it in before if before[it] != after[it]} == {"web/b.Dockerfile"}
    assert project.run("fix", "--diff", "web/Dockerfile").code == 1


def test_what_has_changed_meanwhile_is_left_alone(empty: Project) -> None:
    empty.write({"Dockerfile": "new"})
    with pytest.raises(writing.SourceError, match="has changed meanwhile"):
        writing.write(Path("Dockerfile"), b"old", b"fixed")
    assert empty.files() == {"Dockerfile": b"new"}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = project.files()
    result = project.run("fix")
    assert result.code == 2
    expected = "layerwise: web/Dockerfile: it can not be written: No space left on device; nothing was changed\n"
    assert result.err == expected
    assert project.files() == before


def test_a_broken_file_is_printed_as_it_came(empty: Project) -> None:
    result = empty.run("fix", "-", stdin="FROM a\nCOPPY\n")
    assert (result.code, result.out) == (0, "FROM a\nCOPPY\n")
    assert "line 2: error: unknown instruction COPPY" in result.err


@pytest.mark.xfail(strict=True, reason="the new file is moved over one of the names")
def test_all_names_of_a_file_have_what_was_fixed(project: Project, fixed: str) -> None:
    os.link(project.root / "web/Dockerfile", project.root / "other")
    assert project.run("fix").code == 0
    assert (project.read("web/Dockerfile"), project.read("other")) == (fixed, fixed)


@pytest.mark.xfail(strict=True, reason="a link is followed wherever it leads")
def test_a_link_that_leads_out_is_not_written_through(
    project: Project, dockerfile: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "Dockerfile"
    outside.write_text(dockerfile)
    (project.root / "web/Dockerfile").unlink()
    (project.root / "web/Dockerfile").symlink_to(outside)
    assert project.run("fix").code == 2
    assert outside.read_text() == dockerfile


@pytest.mark.xfail(strict=True, reason="the new file is written beside the old one")
def test_a_file_that_may_be_written_is_written_though_its_folder_may_not(
    project: Project, fixed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    assert project.run("fix").code == 0
    assert project.read("web/Dockerfile") == fixed
