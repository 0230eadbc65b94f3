"""What ``--changed``, ``--changed-arg`` and ``--since`` stand for, and what is said where nothing re-runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from .conftest import Project

DOCKERFILE = """\
ARG BASE=node
FROM $BASE
COPY package.json ./
ARG MODE
RUN npm install
COPY src src
RUN npm run build
"""
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


@pytest.fixture
def app(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in a folder of the working folder."""
    for name in [it for it in os.environ if it.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    files = {"Dockerfile": DOCKERFILE, ".dockerignore": "# c\n\n*.log\ntmp\n!keep.log\n", "package.json": "{}"}
    empty.write({f"app/{path}": text for path, text in files.items()})
    empty.write({"app/src/a.js": "a", "app/src/b.js": "b", "app/x.log": "", "app/tmp/y": "", "other": ""})
    return empty


def git(project: Project, *arguments: str) -> None:
    subprocess.run(["git", *IDENTITY, *arguments], cwd=project.root / "app", check=True, capture_output=True)


def commit(project: Project) -> None:
    if not (project.root / "app" / ".git").exists():
        git(project, "init")
    git(project, "add", "--all")
    git(project, "commit", "--message", "x")


def seen(project: Project, *arguments: str, path: str = "app") -> tuple[str, str]:
    """Return the verdicts on the four steps (``.`` for cached), and what is said on stderr."""
    signs = {True: "R", False: ".", "unknown": "u", "if-content-changes": "?"}
    result = project.run("explain", path, *arguments, "--format", "json")
    assert result.code == 0
    data = json.loads(result.out)
    steps = [step for stage in data["stages"] for step in stage["steps"] if step["kind"] == "layer"]
    notes = [it.removeprefix("layerwise: ") for it in result.err.splitlines()]
    told = [it for it in data["notes"] if not it.startswith("From ")]
    assert told == [f"{it}." for it in notes]
    return "".join(signs[it["rebuilds"]] for it in steps), "\n".join(notes).replace(str(project.root), "ROOT")


ELSEWHERE = "is not below the working folder; it is looked for in the build context ROOT/app"
NEW = "does not exist; taken as a file that is new, or was removed"
HIDDEN = "is hidden from the build by .dockerignore"
NOTHING = "it re-runs nothing"
FILES: list[tuple[str, str, str]] = [
    ("app/src/a.js", "..RR", ""),
    ("./app//src/../src/b.js", "..RR", ""),
    ("app/src", "..RR", ""),
    ("app/package.json", "RRRR", ""),
    ("app", "RRRR", ""),
    (".", "RRRR", ""),
    ("app/src/new.js", "..RR", f"app/src/new.js {NEW}"),
    ("app/README.md", "....", f"app/README.md {NEW}"),
    ("app/x.log", "....", f"app/x.log {HIDDEN} (line 3: `*.log`): {NOTHING}"),
    ("app/new.log", "....", f"app/new.log {HIDDEN} (line 3: `*.log`): {NOTHING}"),
    ("app/tmp", "....", f"app/tmp {HIDDEN} (line 4: `tmp`): {NOTHING}"),
    ("app/tmp/y", "....", f"app/tmp/y {HIDDEN} (line 4: `tmp`): {NOTHING}"),
    ("app/keep.log", "....", f"app/keep.log {NEW}"),
    ("other", "....", f"other is outside the build context ROOT/app: {NOTHING}"),
    ("src/a.js", "..RR", f"src/a.js {ELSEWHERE}"),
    ("src/new.js", "..RR", f"src/new.js {ELSEWHERE}\nsrc/new.js {NEW}"),
    ("x.log", "....", f"x.log {ELSEWHERE}\nx.log {HIDDEN} (line 3: `*.log`): {NOTHING}"),
    (
        "app/Dockerfile",
        "....",
        "app/Dockerfile is the Dockerfile itself: it counts as a file to copy; for edits of it, use --since",
    ),
    ("app/.dockerignore", "uuuu", ""),
    (
        "app/Dockerfile.dockerignore",
        "uuuu",
        "app/Dockerfile.dockerignore does not exist; taken as a new ignore file, of which it is not known what it hides",
    ),
]


@pytest.mark.parametrize(("name", "expected", "note"), FILES, ids=[it[0] for it in FILES])
def test_a_file_or_a_folder(app: Project, name: str, expected: str, note: str) -> None:
    assert seen(app, "--changed", name) == (expected, note)


def test_a_path_starts_at_the_working_folder(app: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(app, "--changed", str(app.root / "app" / "src" / "a.js")) == ("..RR", "")
    monkeypatch.chdir(app.root / "app" / "src")
    assert seen(app, "--changed", "a.js", path="../Dockerfile") == ("..RR", "")
    assert seen(app, "--changed", "..", path="..") == ("RRRR", "")


def test_the_context_decides_what_is_inside(app: Project) -> None:
    text = DOCKERFILE.replace("src src", "app/src src").replace("package.json", "app/package.json")
    app.write({"app/Dockerfile": text})
    assert seen(app, "--context", ".", "--changed", "app/src/a.js") == ("..RR", "")
    app.write({".dockerignore": "app/src\n"})
    missing = "Not in the build context ROOT, so a build fails: app/src (line 6)"
    hidden = f"app/src/a.js {HIDDEN} (line 1: `app/src`): {NOTHING}"
    assert seen(app, "--context", ".", "--changed", "app/src/a.js") == ("....", f"{missing}\n{hidden}")


def test_an_ignore_file_of_the_dockerfile_is_named(app: Project) -> None:
    app.write({"app/Dockerfile.dockerignore": "src/b.js\n"})
    note = f"app/src/b.js is hidden from the build by Dockerfile.dockerignore (line 1: `src/b.js`): {NOTHING}"
    assert seen(app, "--changed", "app/src/b.js") == ("....", note)
    assert seen(app, "--changed", "app/Dockerfile.dockerignore") == ("uuuu", "")
    assert seen(app, "--changed", "app/.dockerignore") == ("....", "")


def test_a_first_ignore_file_may_hide_anything(app: Project) -> None:
    (app.root / "app" / ".dockerignore").unlink()
    verdicts, note = seen(app, "--changed", "app/.dockerignore")
    assert (verdicts, note.startswith("app/.dockerignore does not exist; taken as a new ignore file")) == ("uuuu", True)
    out = app.run("explain", "app", "--changed", "app/.dockerignore").out
    assert "… 3    COPY package.json ./  app/.dockerignore, which is new, may hide files\n" in out


def test_links_are_followed_as_the_builder_does(app: Project) -> None:
    folder = app.root / "app"
    (folder / "link.js").symlink_to("src/a.js")
    (folder / "folder").symlink_to("src")
    (folder / "dangling").symlink_to("nowhere")
    (app.root / "shortcut").symlink_to("app/src")
    followed = "is a link: src/a.js, where it leads, is taken as changed"
    assert seen(app, "--changed", "app/link.js") == ("..RR", f"app/link.js {followed}")
    assert seen(app, "--changed", "app/folder/a.js") == ("..RR", "")
    assert seen(app, "--changed", "shortcut/a.js") == ("..RR", "")
    assert seen(app, "--changed", "app/folder")[0] == "..RR"
    alone = "app/dangling is a link to nothing that the build sees: the link itself is taken as changed"
    assert seen(app, "--changed", "app/dangling") == ("....", alone)
    (folder / "loop").symlink_to("loop")
    assert seen(app, "--changed", "app/loop/a") == (
        "....",
        "app/loop/a does not exist; taken as a file that is new, or was removed",
    )


def test_a_context_behind_a_link(app: Project) -> None:
    (app.root / "here").symlink_to("app")
    for name in ("here/src/a.js", "app/src/a.js", "here/src"):
        assert seen(app, "--changed", name, path="here") == ("..RR", "")
    assert seen(app, "--changed", "here/Dockerfile", path="app")[1].startswith("here/Dockerfile is the Dockerfile")


def test_a_folder_in_which_nothing_is_visible(app: Project) -> None:
    (app.root / "app" / "hollow").mkdir()
    assert seen(app, "--changed", "app/hollow")[1] == f"app/hollow has no file in it that the build sees: {NOTHING}"


def test_the_dockerfile_counts_where_it_is_copied(app: Project) -> None:
    app.write({"app/Dockerfile": "FROM a\nRUN b\nCOPY . .\n"})
    assert seen(app, "--changed", "app/Dockerfile")[0] == ".R"
    app.write({"app/.dockerignore": "Dockerfile\n"})
    assert seen(app, "--changed", "app/Dockerfile")[0] == ".."


ARGUMENTS: list[tuple[str, str, str]] = [
    ("MODE", ".RRR", ""),
    ("BASE", "RRRR", ""),
    ("BUILDKIT_INLINE_CACHE", "....", "BUILDKIT_INLINE_CACHE is declared by no ARG, so it is in no cache key"),
    ("BUILDKIT_SYNTAX", "uuuu", ""),
    ("HTTP_PROXY", "....", "HTTP_PROXY is declared by no ARG, and a proxy without one is never in a cache key"),
    ("no_proxy", "....", "no_proxy is declared by no ARG, and a proxy without one is never in a cache key"),
    ("TARGETARCH", "....", "TARGETARCH is declared by no ARG, so only a FROM can use it"),
]


@pytest.mark.parametrize(("name", "expected", "note"), ARGUMENTS, ids=[it[0] for it in ARGUMENTS])
def test_an_argument(app: Project, name: str, expected: str, note: str) -> None:
    assert seen(app, "--changed-arg", name) == (expected, note)


@pytest.mark.parametrize("name", ["../elsewhere", "app/../../elsewhere", "/nowhere/a.js", "app/src/../../../x"])
def test_a_file_that_no_build_could_see_is_an_error(app: Project, name: str) -> None:
    result = app.run("explain", "app", "--changed", "app/src/a.js", "--changed", name)
    assert (result.code, result.out) == (2, "")
    assert result.err.replace(str(app.root), "ROOT") == (
        f"layerwise: app/Dockerfile: --changed {name}: there is no such file, and the build could not see it;"
        " check the name, which starts at ROOT and then at the build context ROOT/app\n"
    )


def test_a_file_outside_is_told_apart_from_one_of_that_name_inside(app: Project) -> None:
    app.write({"package.json": "{}"})
    note = f"package.json is outside the build context ROOT/app: {NOTHING}; ROOT/app/package.json is in it"
    assert seen(app, "--changed", "package.json") == ("....", note)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("OTHER", "this Dockerfile declares BASE and MODE."),
        ("mode", "did you mean MODE?"),
        ("BAES", "did you mean BASE?"),
    ],
)
def test_an_argument_that_there_is_not_is_an_error(app: Project, name: str, hint: str) -> None:
    result = app.run("explain", "app", "--changed-arg", name)
    said = f"--changed-arg {name}: it is declared by no ARG, and no builder knows it; {hint}"
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: app/Dockerfile: {said}\n")


def test_without_any_argument_that_is_said(app: Project) -> None:
    app.write({"app/Dockerfile": "FROM a\n"})
    assert app.run("explain", "app", "--changed-arg", "A").err.endswith("; this Dockerfile has no ARG.\n")


def test_a_proxy_that_is_declared_is_an_argument(app: Project) -> None:
    app.write({"app/Dockerfile": "FROM a\nONBUILD ARG A\nARG http_proxy\nRUN b\n"})
    assert seen(app, "--changed-arg", "http_proxy") == ("R", "")
    assert seen(app, "--changed-arg", "A") == (".", "")


def test_a_folder_outside_the_workspace_that_the_build_is_given(
    empty: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = "{context: ., additional_contexts: {shared: ../shared}}"
    text = "FROM alpine\nCOPY --from=shared s.txt /s\nRUN cat /s\n"
    empty.write({"app/compose.yaml": f"services: {{app: {{build: {build}}}}}\n", "app/Dockerfile": text})
    empty.write({"shared/s.txt": "", "other": ""})
    monkeypatch.chdir("app")
    note = "../shared/s.txt is in the context called shared, which is not read here"
    assert seen(empty, "--changed", "../shared/s.txt", path=".") == ("??", note)
    verdicts, note = seen(empty, "--changed", "../other", path=".")
    assert (verdicts, "../other is outside the build context" in note) == ("..", True)


def test_what_another_build_makes_may_change_with_any_file(empty: Project) -> None:
    bake = 'target "app" {\n  contexts = {base = "target:lib"}\n}\ntarget "lib" {\n  context = "lib"\n}\n'
    empty.write({"docker-bake.hcl": bake, "Dockerfile": "FROM base\nRUN x\n", "lib/a.c": "", "b.c": ""})
    note = "whether target:lib changes too can't be told: another build makes it"
    assert seen(empty, "--changed", "lib/a.c", path=".") == (".", note)


def test_an_argument_that_is_given_has_another_value(app: Project) -> None:
    assert seen(app, "--changed-arg", "MODE", "--build-arg", "MODE=1") == (".RRR", "")
    out = app.run("explain", "app", "--changed-arg", "MODE").out
    assert "↻ 5    RUN npm install    MODE is new in its environment (ARG on line 4)\n" in out


def test_changes_are_taken_together(app: Project) -> None:
    app.write({"app/Dockerfile": "FROM a\nARG A\nCOPY src/a.js /\nRUN b\nCOPY src/b.js /\n"})
    both = ("--changed", "app/src/b.js", "--changed", "app/x.log", "--changed", "app/new", "--changed-arg", "A")
    verdicts, notes = seen(app, *both)
    assert (verdicts, len(notes.splitlines())) == (".RR", 2)
    out = app.run("explain", "app", *both).out
    assert "↻ 5    COPY src/b.js /  it copies src/b.js, which was edited\n" in out


def test_since_an_earlier_dockerfile(app: Project) -> None:
    app.write({"old.Dockerfile": DOCKERFILE.replace("npm install", "npm ci")})
    assert seen(app, "--since", "old.Dockerfile") == (".RRR", "")
    assert seen(app, "--since", "app/Dockerfile") == ("....", "")
    out = app.run("explain", "app/Dockerfile", "--since", "old.Dockerfile").out
    assert "↻ 5    RUN npm install    its command was edited\n" in out


def test_since_a_folder(app: Project) -> None:
    shutil.copytree("app", "then")
    app.write({"app/src/a.js": "other"})
    assert seen(app, "--since", "then") == ("..RR", "")
    assert seen(app, "--since", str(app.root / "then")) == ("..RR", "")
    app.write({"then/Dockerfile": DOCKERFILE.replace("ARG MODE", "ARG MODE=1")})
    assert seen(app, "--since", "then") == (".RRR", "")


def test_another_mode_is_named(app: Project) -> None:
    def said(old: str) -> str:
        return " ".join(app.run("explain", "app", "--since", old).out.split())

    (app.root / "app/src/a.js").chmod(0o644)
    shutil.copytree("app", "then")
    (app.root / "app/src/a.js").chmod(0o600)
    assert "it copies src/a.js, which has mode 600 now, and had 644" in said("then")
    (app.root / "app/src/b.js").chmod(0o755)
    assert "it copies src/a.js and src/b.js, whose modes were changed" in said("then")
    app.write({"app/.dockerignore": ".git\n"})
    commit(app)
    (app.root / "app/src/b.js").chmod(0o644)
    assert "it copies src/b.js, whose mode was changed" in said("HEAD")


def test_since_a_revision(app: Project) -> None:
    app.write({"app/.dockerignore": ".git\n"})
    commit(app)
    assert seen(app, "--since", "HEAD") == ("....", "")
    app.write({"app/src/a.js": "other"})
    assert seen(app, "--since", "HEAD") == ("..RR", "")
    app.write({"app/Dockerfile": DOCKERFILE.replace("$BASE", "$BASE:1")})
    assert seen(app, "--since", "HEAD") == ("RRRR", "")
    commit(app)
    assert seen(app, "--since", "HEAD") == ("....", "")
    assert seen(app, "--since", "HEAD~1") == ("RRRR", "")


def test_what_could_not_be_compared_is_said(app: Project) -> None:
    app.write({"app/.gitignore": "*.js\n", "app/.dockerignore": ".git\n"})
    commit(app)
    verdicts, notes = seen(app, "--since", "HEAD")
    assert verdicts == "...."
    assert notes == "--since HEAD: 2 files that git ignores (src/a.js, …) are taken as unchanged"


def test_since_combines_with_changes(app: Project) -> None:
    app.write({"old.Dockerfile": DOCKERFILE.replace("npm run build", "npm run make")})
    assert seen(app, "--since", "old.Dockerfile") == ("...R", "")
    assert seen(app, "--since", "old.Dockerfile", "--changed", "app/src/a.js") == ("..RR", "")
    assert seen(app, "--since", "old.Dockerfile", "--changed-arg", "MODE") == (".RRR", "")
    shutil.copytree("app", "then")
    app.write({"app/src/a.js": "other"})
    assert seen(app, "--since", "then", "--changed", "app/package.json") == ("RRRR", "")


def test_build_arguments_are_those_of_both(app: Project) -> None:
    app.write({"old.Dockerfile": DOCKERFILE.replace("ARG MODE", "ARG MODE=1")})
    assert seen(app, "--since", "old.Dockerfile") == (".RRR", "")
    assert seen(app, "--since", "old.Dockerfile", "--build-arg", "MODE=2") == ("....", "")


def test_since_a_dockerfile_and_a_context(app: Project) -> None:
    shutil.copytree("app", "then/ctx")
    app.write({"then/web": DOCKERFILE, "app/src/a.js": "other"})
    (app.root / "then/ctx/Dockerfile").unlink()
    assert seen(app, "--since", "then/web", "--since-context", "then/ctx") == ("..RR", "")
    alone = app.run("explain", "app", "--since-context", "then/ctx")
    message = "--since-context goes with --since, which names the earlier Dockerfile."
    assert (alone.code, alone.err) == (2, f"layerwise: {message}\n")
    result = app.run("explain", "app/Dockerfile", "--since", "then", "--since-context", "then/ctx")
    assert (result.code, "it is no file; with --since-context" in result.err) == (2, True)


@pytest.mark.parametrize("old", ["nowhere", "app/src", ""])
def test_since_something_that_can_not_be_had(app: Project, old: str) -> None:
    result = app.run("explain", "app/Dockerfile", "--since", old)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.err.startswith(f"layerwise: app/Dockerfile: --since {old}: ")


def test_since_a_dockerfile_without_the_target(app: Project) -> None:
    app.write({"app/Dockerfile": "FROM a AS one\nRUN b\nFROM a AS two\n", "old.Dockerfile": "FROM a AS uno\n"})
    result = app.run("explain", "app/Dockerfile", "--since", "old.Dockerfile", "--target", "one")
    message = "--since old.Dockerfile: the earlier Dockerfile has no stage 'one' for --target; its stages are uno"
    assert (result.code, result.out, result.err) == (2, "", f"layerwise: app/Dockerfile: {message}\n")


def test_nothing_is_written(app: Project) -> None:
    commit(app)
    before = app.files()
    app.run("explain", "app", "--since", "HEAD", "--changed", "app/src", "--changed-arg", "MODE")
    assert app.files() == before


@pytest.mark.parametrize(
    ("image", "note"),
    [
        ("example.org/base", "That nothing re-runs holds as far as the base image example.org/base has no ONBUILD."),
        ("node:22", ""),
        ("scratch", ""),
    ],
)
def test_a_base_image_may_have_triggers(app: Project, image: str, note: str) -> None:
    app.write({"app/Dockerfile": f"FROM {image}\nWORKDIR /w\n"})
    found = json.loads(app.run("explain", "app", "--changed", "app/src/a.js", "--format", "json").out)
    assert found["notes"] == ([note] if note else [])


def test_dockers_own_client_changes_the_ignore_file(app: Project) -> None:
    app.write({"app/.dockerignore": "*.log\n", "Dockerfile": "FROM node\nCOPY . /\n"})
    result = app.run("explain", "Dockerfile", "--context", "app", "--builder", "legacy", "--changed", "other")
    assert "docker adds a name to .dockerignore in each build" in " ".join(result.out.split())
    assert "↻ 2    COPY . /" in result.out
