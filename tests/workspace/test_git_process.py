"""git is run on projects of strangers: nothing that a repository names is executed, and every failure is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from layerwise.workspace import git_process
from then_and_now import Project, make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


@pytest.fixture
def marker(project: Project) -> Path:
    """Return a file that is made by whatever a hostile repository gets executed."""
    project.write({".gitattributes": "* filter=evil diff=evil merge=evil text\n", "a": "a\n", "b": "b\n"})
    project.link("link", "a")
    project.commit()
    marker = project.root.parent / "marker"
    trap = project.root / ".git/trap"
    trap.write_text(f"#!/bin/sh\necho $0 $* >> {marker}\nexit 1\n")
    trap.chmod(0o755)
    names = """
        core.fsmonitor core.pager core.sshCommand core.editor core.askPass core.alternateRefsCommand core.gitProxy
        diff.external diff.evil.command diff.evil.textconv credential.helper gpg.program sequence.editor
        filter.evil.clean filter.evil.smudge filter.evil.process uploadpack.packObjectsHook trace2.eventTarget
        pager.rev-parse pager.ls-tree pager.cat-file pager.ls-files pager.check-ignore pager.check-attr pager.config
        alias.rev-parse alias.ls-tree alias.cat-file alias.ls-files alias.check-ignore alias.check-attr alias.config
    """
    for name in names.split():
        project.git("config", name, f"!{trap}" if name.startswith(("alias", "credential")) else str(trap))
    hooks = project.root / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout", "query-watchman"):
        (hooks / name).write_bytes(trap.read_bytes())
        (hooks / name).chmod(0o755)
    project.git("config", "core.untrackedCache", "true")
    marker.unlink(missing_ok=True)
    # Files whose times are not those of the index are the ones that git would put through a filter.
    project.write({"a": "a\r\n", "b": "x\n", "new": "n\n"})
    return marker


def state(folder: Path) -> dict[str, int]:
    return {str(it): it.lstat().st_mtime_ns for it in folder.rglob("*")}


def test_nothing_of_a_repository_is_executed_or_written(project: Project, marker: Path) -> None:
    before = state(project.root)
    assert project.changes("HEAD") == "~a ~b +new"
    assert project.error("none").startswith("it is neither a file nor a folder nor a revision")
    assert not marker.exists()
    assert state(project.root) == before
    # The trap would work: an ordinary command walks into it.
    subprocess.run(["git", "status"], check=False, capture_output=True)
    assert marker.exists()


def _configured(names: Iterable[str], trap: str, form: str) -> dict[str, str]:
    """Return the variables that set names to a program, in one of the forms that git knows."""
    values = {it: f"!{trap}" if it.startswith("alias") else trap for it in names}
    if form == "GIT_CONFIG_PARAMETERS":
        return {form: " ".join(f"'{name}'='{it}'" for name, it in values.items())}
    numbered = [(f"GIT_CONFIG_KEY_{at}", name) for at, name in enumerate(values)]
    numbered += [(f"GIT_CONFIG_VALUE_{at}", it) for at, it in enumerate(values.values())]
    return {"GIT_CONFIG_COUNT": str(len(values)), **dict(numbered)}


@pytest.mark.parametrize("form", ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"])
def test_nothing_of_the_environment_is_executed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    project.write({".gitattributes": "* filter=evil diff=evil text\n", "a": "a\n"})
    project.commit()
    project.write({"a": "x\n", "new": "n\n"})
    marker, trap = tmp_path / "marker", tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 $* >> {marker}\nexit 1\n")
    trap.chmod(0o755)
    names = """
        core.fsmonitor core.pager core.sshCommand core.askPass diff.external diff.evil.command diff.evil.textconv
        filter.evil.clean filter.evil.smudge filter.evil.process alias.rev-parse alias.ls-tree alias.cat-file
        alias.ls-files alias.check-ignore alias.check-attr alias.config pager.rev-parse pager.cat-file pager.ls-files
    """
    variables = _configured(names.split(), str(trap), form)
    programs = ("EXTERNAL_DIFF", "SSH", "SSH_COMMAND", "ASKPASS", "PAGER", "EDITOR", "SEQUENCE_EDITOR", "PROXY_COMMAND")
    for name, value in {**variables, **{f"GIT_{it}": str(trap) for it in programs}}.items():
        monkeypatch.setenv(name, value)
    assert project.changes("HEAD") == "~a +new"
    assert not marker.exists()
    # The trap would work: an ordinary command walks into it.
    subprocess.run(["git", "status"], check=False, capture_output=True)
    assert marker.exists()


def test_settings_for_another_git_are_not_taken_over(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alias or a hook runs with what ``git -c`` said to the git around it."""
    project.write({"a": "a"})
    project.commit()
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.fileMode'='false'")
    (project.root / "a").chmod(0o755)
    assert project.changes("HEAD") == "~a"


@pytest.mark.parametrize("lazy_fetch", [True, False])
@pytest.mark.parametrize("url", ["ext::TRAP", "ssh://host/x", "file:///x", "evil::x"])
def test_no_object_is_fetched(
    project: Project, marker: Path, monkeypatch: pytest.MonkeyPatch, url: str, *, lazy_fetch: bool
) -> None:
    if lazy_fetch:
        # As before git 2.45, which does not know this variable.
        monkeypatch.delitem(vars(git_process)["_VARIABLES"], "GIT_NO_LAZY_FETCH")
    trap = project.root / ".git/trap"
    for name, value in {
        "remote.origin.url": url.replace("TRAP", str(trap)),
        "remote.origin.uploadpack": str(trap),
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "protocol.evil.allow": "always",
    }.items():
        project.git("config", name, value)
    (project.root / ".git/git-remote-evil").write_bytes(trap.read_bytes())
    (project.root / ".git/git-remote-evil").chmod(0o755)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{project.root}/.git")
    # The trees are there and the blobs are not.
    link = project.git("rev-parse", "HEAD:link")
    (project.root / ".git/objects" / link[:2] / link[2:]).unlink()
    message = project.error("HEAD")
    assert lazy_fetch or message == f"the object {link} is not in the repository ROOT; fetch it first"
    assert not marker.exists()
    subprocess.run(["git", "cat-file", "-p", link], check=False, capture_output=True)
    assert marker.exists() or url.startswith("file:")


@pytest.mark.parametrize("name", ["--all", "-h", "--git-dir", "-n1", "--output=marker", "--", "-"])
def test_a_revision_is_no_option(project: Project, name: str) -> None:
    commit = project.commit()
    assert "nor a revision of the repository ROOT" in project.error(name)
    assert not (project.root / "marker").exists()
    if name != "--":
        (project.root / ".git/refs/heads" / name).write_text(f"{commit}\n")
        assert project.see(name).text == "FROM a\n"


def test_the_environment_leads_to_no_other_repository(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.commit()
    # As in a hook of another repository.
    for name in ("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "COMMON_DIR", "NAMESPACE"):
        monkeypatch.setenv(f"GIT_{name}", "/none")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare'='true'")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/none")
    monkeypatch.setenv("GIT_TRACE", "2")
    assert project.changes("HEAD") == ""


def test_a_bare_repository_inside_a_project_is_not_used(project: Project) -> None:
    project.commit()
    project.git("clone", "--bare", ".", "bare")
    project.write({"bare/Dockerfile": "FROM x\n"})
    assert "cannot use bare repository" in project.error("HEAD", "bare/Dockerfile")


def test_without_git(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.commit()
    # One in the working folder is not taken for git.
    (project.root / "git").write_text("#!/bin/sh\ntouch marker\n")
    (project.root / "git").chmod(0o755)
    message = "it is neither a file nor a folder, and to look for a revision needs git; install git"
    for path in ("/none", ".", "", "/none:.:"):
        monkeypatch.setenv("PATH", path)
        assert project.error("HEAD") == message
    assert not (project.root / "marker").exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "echo 'fatal: it broke' >&2; echo more >&2; exit 128",
            "git can not read the repository around ROOT: it broke;",
        ),
        (
            "exit 3",
            "git can not read the repository around ROOT: it does not say why; see what `git status` says there",
        ),
        (
            "echo --show-object-format",
            "what git says of the repository around ROOT is not understood; git may be too old",
        ),
        ("sleep 9", "git did not answer about ROOT within 0.5 seconds; try again, or name a folder instead"),
        (
            "echo \"fatal: dubious ownership in repository at '/x'\n\n git config --add safe.directory /x\" >&2; exit 128",
            "git can not read the repository around ROOT: dubious ownership in repository at '/x'; if you trust it, add",
        ),
    ],
)
def test_failures_are_told(project: Project, monkeypatch: pytest.MonkeyPatch, script: str, message: str) -> None:
    project.commit()
    program = project.root.parent / "bin/git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script.replace('sleep', 'exec sleep')}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    if "sleep" in script:
        monkeypatch.setattr(git_process, "_SECONDS", 0.5)
    assert project.error("HEAD").startswith(message)


@pytest.mark.parametrize("command", ["ls-tree", "check-ignore", "cat-file"])
@pytest.mark.parametrize(("script", "message"), [("exit 9", "it does not say why"), ("exec sleep 9", "did not answer")])
def test_a_failure_halfway_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str, script: str, message: str
) -> None:
    project.commit()
    project.write({"new": "n"})
    program = project.root.parent / "bin/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncase "$*" in *{command}*) {script};; esac\nPATH=/usr/bin:/bin exec git "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    if "sleep" in script:
        monkeypatch.setattr(git_process, "_SECONDS", 0.5)
    assert message in project.error("HEAD")


def test_a_program_that_is_none_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.commit()
    project.write({"../bin/git": b"\0"})
    (project.root / "../bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", str(project.root.parent / "bin"))
    assert project.error("HEAD").startswith("git can not be started: Exec format error; check the installation")


def test_a_broken_repository_is_told(project: Project) -> None:
    project.commit()
    (project.root / ".git/config").write_text("[core\n")
    assert "bad config line 1" in project.error("HEAD")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_repository_of_somebody_else_is_not_read(project: Project) -> None:
    project.commit()
    for it in (project.root, project.root / ".git"):
        os.chown(it, 12345, 12345)
    assert "dubious ownership" in project.error("HEAD")
    assert project.error("HEAD").endswith("if you trust it, add it to git's setting safe.directory")
