"""What the options of ``check`` and ``fix`` set, and that they win over files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerwise.cli.options import Common

from .conftest import WEB, Project


def test_options_are_settings() -> None:
    common = Common(
        context=Path("/src"),
        builder="kaniko",
        target="final",
        build_args=("A=1", "B=x=y", "C", "D", "E="),
        ignore=frozenset({"unused-ignore"}),
        environment={"C": "from the environment"},
    )
    assert common.layer.values == {
        "context": "/src",
        "builder": "kaniko",
        "target": "final",
        "build-args": {"A": "1", "B": "x=y", "C": "from the environment", "E": ""},
        "rules": {"unused-ignore": "off"},
    }


def test_select_is_all_others_off() -> None:
    assert Common(select=frozenset({"unused-ignore"})).layer.values["rules"] == {"copy-before-install": "off"}


def test_select_and_ignore_choose_rules(project: Project) -> None:
    assert project.run("check", "--ignore", "copy-before-install").code == 0
    assert project.run("check", "--select", "unused-ignore").code == 0
    assert project.run("check", "--select", "unused-ignore, copy-before-install").code == 1
    both = ("--select", "copy-before-install", "--ignore", "copy-before-install")
    assert project.run("check", *both).out == "no findings in 1 file\n"


def test_select_wins_over_a_file_that_switches_off(project: Project) -> None:
    project.write({"layerwise.toml": '[rules]\ncopy-before-install = "off"\n'})
    assert project.run("check").code == 0
    assert project.run("check", "--select", "copy-before-install").code == 1
    project.run("fix", "--select", "copy-before-install")
    assert "COPY package.json" in project.read("web/Dockerfile")


def test_the_nearest_settings_file_holds(project: Project) -> None:
    project.write({"layerwise.toml": '[rules]\ncopy-before-install = "off"\n'})
    project.write({"web/layerwise.toml": '[rules]\ncopy-before-install = "error"\n'})
    assert "web/Dockerfile:3:1: error: " in project.run("check").out


def test_context_starts_at_the_working_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"docker/Dockerfile": project.read("web/Dockerfile")})
    monkeypatch.chdir(project.root / "docker")
    (file,) = json.loads(project.run("check", "--context", "../web", "--format", "json").out)["files"]
    assert (file["context"], file["context_found_by"]) == (str(project.root / "web"), "the setting")
    assert len(file["findings"]) == 1


def test_without_a_repository_the_context_is_found_up_to_the_working_folder(empty: Project) -> None:
    empty.write(WEB)
    empty.write({"docker/Dockerfile": "FROM node:24\nCOPY web/package.json web/src ./\n"})
    (file,) = json.loads(empty.run("check", "docker", "--format", "json").out)["files"]
    assert (file["context"], file["context_found_by"]) == (str(empty.root), "2 of 2 COPY sources exist there")


def test_the_context_that_a_compose_file_names(empty: Project) -> None:
    empty.write({"a.txt": "", "docker/Dockerfile": "FROM a\nCOPY a.txt .\n", "docker/a.txt": ""})
    empty.write({"compose.yaml": "services: {web: {build: {context: ., dockerfile: docker/Dockerfile}}}\n"})
    (file,) = json.loads(empty.run("check", "docker", "--format", "json").out)["files"]
    assert (file["context"], file["context_found_by"]) == (str(empty.root), "service web of compose.yaml")


def test_build_arguments_reach_the_analysis(empty: Project) -> None:
    empty.write(WEB)
    empty.write({"web/Dockerfile": "FROM node:24\nARG WHAT\nWORKDIR /app\nCOPY $WHAT .\nRUN npm ci\n"})
    assert empty.run("check", "--build-arg", "WHAT=package*.json").code == 0
    assert empty.run("check", "--build-arg", "WHAT=.").code == 1
    assert empty.run("check", "--build-arg", "WHAT", env={"WHAT": "."}).code == 1


WORKSPACE = {
    "package.json": '{"name": "a", "workspaces": ["apps/*"]}',
    "bun.lock": '{"lockfileVersion": 1, "workspaces": {}}',
    "apps/web/package.json": '{"name": "web"}',
    "apps/web/tsconfig.json": "{}",
    "apps/web/Dockerfile": (
        "FROM oven/bun:1\nWORKDIR /app\nCOPY . .\nRUN bun install --filter web\nRUN cd apps/web && bun run build\n"
    ),
}
GRADLE = {
    **dict.fromkeys(("gradlew", "settings.gradle", "build.gradle", "src/main/java/A.java"), ""),
    "gradle/wrapper/gradle-wrapper.properties": "",
    "docker/ci/Dockerfile": "FROM gradle:8 AS b\nCOPY . /app\nWORKDIR /app\nRUN ./gradlew build -x test\n",
}


@pytest.mark.xfail(strict=True, reason="what tells a context is looked for by the names of sources and manifests only")
@pytest.mark.parametrize("files", [WORKSPACE, GRADLE], ids=["a member of a workspace", "a folder for Dockerfiles"])
def test_the_root_of_the_project_is_the_context(empty: Project, files: dict[str, str]) -> None:
    empty.write(files)
    (file,) = json.loads(empty.run("check", "--format", "json").out)["files"]
    assert empty.root / file["context"] == empty.root
