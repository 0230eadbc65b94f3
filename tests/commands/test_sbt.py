"""sbt: which commands download, and which files are the build's definition."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.jvm.sbt import SBT

PROGRAM = "the build's definition is a program: make sure that it reads no other file of the project"
PROJECT = {
    "build.sbt": 'name := "app"\n',
    "project/build.properties": "sbt.version=1.10.0",
    "project/plugins.sbt": "",
    "src/main/scala/App.scala": "",
}


@pytest.mark.parametrize(
    ("script", "title", "kind"),
    [
        ("sbt update", "sbt update", "fetch"),
        ("sbt -batch core/update", "sbt core/update", "fetch"),
        ("sbt clean compile", "sbt clean compile", "build"),
        ("sbt -Dsbt.ci=true -J-Xmx2G 'clean; assembly'", "sbt clean; assembly", "build"),
        ("sbt 'set assembly / test := {}' assembly", "sbt set assembly / test := {} assembly", "build"),
        ("SBT_OPTS=-Xmx2g sbt stage", "sbt stage", "build"),
    ],
)
def test_recognised(script: str, title: str, kind: str) -> None:
    install = recognised(SBT, script)
    assert install is not None
    assert (install.manager, install.title, install.operands) == ("sbt", title, (kind,))


@pytest.mark.parametrize(
    "script", ["sbt", "sbt sbtVersion", "sbt about", "sbt clean", "sbt $TASK", "sbt --what update"]
)
def test_not_recognised(script: str) -> None:
    assert recognised(SBT, script) is None


@pytest.mark.parametrize(
    ("more", "manifests"),
    [
        ({}, ["build.sbt"]),
        ({".sbtopts": "", ".jvmopts": "", "core/build.sbt": "", "version.sbt": ""}, ["build.sbt", "core/build.sbt", "version.sbt", ".sbtopts", ".jvmopts"]),
    ],
)  # fmt: skip
def test_what_is_copied(more: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(SBT, "sbt update", {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], [PROGRAM])
    assert verdict.manifests == manifests
    assert verdict.needs.folders == ("/app/project",)
    assert verdict.needs.outputs[:3] == ("/app/target", "/app/project/target", "/app/project/project/target")


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("sbt -Dsbt.ci=true 'clean; assembly'", "sbt -Dsbt.ci=true update"),
        ("SBT_OPTS=-Xmx2g sbt -mem 2048 dist", "SBT_OPTS=-Xmx2g sbt -mem 2048 update"),
    ],
)
def test_a_build_downloads_first(script: str, fetch: str) -> None:
    verdict = judge(SBT, script, PROJECT)
    assert (verdict.needs.fetch, verdict.check) == (fetch, [PROGRAM])


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        ("sbt update", {"build.sbt": 'lazy val lib = ProjectRef(file("../lib"), "lib")'}, "build.sbt takes a build from another folder (../lib)"),
        ("SBT_HOME=/app/tools sbt update", {"tools/sbt.sh": ""}, "SBT_HOME names /app/tools, which is part of the project"),
        ("cd sub && sbt update", {"sub/x": ""}, "the build context has no build.sbt for the folder where it runs"),
    ],
)  # fmt: skip
def test_blocked(script: str, more: dict[str, str], reason: str) -> None:
    assert judge(SBT, script, {**PROJECT, **more}).blocked == [reason]


def test_a_build_without_a_definition() -> None:
    assert judge(SBT, "sbt compile", {"a": ""}).needs.source
