"""Gradle: which commands download, and what settings and build scripts name."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.jvm.gradle import GRADLE

PROGRAMS = "build scripts are programs: make sure that they read no other file of the project"
NOT_ALL = "`dependencies` gets the plugins, and may leave the files of libraries to the build"
PROJECT = {
    "build.gradle": "plugins { id 'java' }\n",
    "settings.gradle": "rootProject.name = 'app'\n",
    "src/main/java/App.java": "",
}


@pytest.mark.parametrize(
    ("script", "title", "directory", "kind"),
    [
        ("./gradlew dependencies", "./gradlew dependencies", "/app", "fetch"),
        ("gradle --no-daemon :api:dependencies --configuration runtimeClasspath", "gradle :api:dependencies", "/app", "fetch"),
        ("gradle downloadDependencies", "gradle downloadDependencies", "/app", "fetch"),
        ("./gradlew clean bootJar -x test --no-daemon", "./gradlew clean bootJar", "/app", "build"),
        ("gradle build -Pversion=$V --info", "gradle build", "/app", "build"),
        ("cd api && ../gradlew :api:installDist", "../gradlew", "/app/api", "build"),
        ("./gradlew -p api shadowJar", "./gradlew shadowJar", "/app/api", "build"),
        ("GRADLE_OPTS=-Xmx1g gradle assemble", "gradle assemble", "/app", "build"),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, directory: str, kind: str) -> None:
    install = recognised(GRADLE, script)
    assert install is not None
    assert install.title.startswith(title.replace("../", "./"))
    assert (install.manager, install.directory, install.operands) == ("Gradle", directory, (kind,))


@pytest.mark.parametrize(
    "script",
    [
        "gradle --version",
        "gradle --offline build",
        "./gradlew wrapper",
        "gradle clean",
        "gradle tasks",
        "gradle build --what",
        "gradle $TASK",
        "gradle build --dry-run",
        "gradle -p $D build",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(GRADLE, script) is None


@pytest.mark.parametrize(
    ("script", "more", "manifests", "folders"),
    [
        ("gradle dependencies", {}, ["settings.gradle", "build.gradle"], []),
        ("./gradlew dependencies", {"gradlew": "", "gradle/wrapper/gradle-wrapper.jar": "", "gradle/libs.versions.toml": "", "buildSrc/build.gradle": ""},
         ["gradlew", "settings.gradle", "build.gradle"], ["gradle", "buildSrc"]),
        ("gradle dependencies", {"gradle.properties": "", "gradle.lockfile": "", "settings-gradle.lockfile": ""},
         ["settings-gradle.lockfile", "settings.gradle", "build.gradle", "gradle.properties", "gradle.lockfile"], []),
        ("gradle dependencies", {"settings.gradle": "include 'api', ':libs:core'\n", "api/build.gradle": "", "libs/core/build.gradle.kts": ""},
         ["settings.gradle", "build.gradle", "api/build.gradle", "libs/core/build.gradle.kts"], []),
        ("cd api && gradle dependencies", {"settings.gradle": 'include("api")\n// include("gone")\n', "api/build.gradle": ""},
         ["settings.gradle", "build.gradle", "api/build.gradle"], []),
        ("gradle dependencies", {"settings.gradle": "include('web')\nproject(':web').projectDir = file('client/web')\n", "client/web/build.gradle": ""},
         ["settings.gradle", "build.gradle", "client/web/build.gradle"], []),
        ("gradle dependencies", {"settings.gradle": 'pluginManagement { includeBuild("build-logic") }\n', "build-logic/build.gradle": ""},
         ["settings.gradle", "build.gradle"], ["build-logic"]),
        ("gradle dependencies", {"build.gradle": "apply from: \"$rootDir/ci/a.gradle\"\napply from: 'https://x.example/b.gradle'\n", "ci/a.gradle": "apply from: 'ci/c.gradle'", "ci/c.gradle": ""},
         ["settings.gradle", "build.gradle", "ci/a.gradle", "ci/c.gradle"], []),
    ],
)  # fmt: skip
def test_what_is_copied(script: str, more: dict[str, str], manifests: list[str], folders: list[str]) -> None:
    verdict = judge(GRADLE, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], [PROGRAMS])
    assert verdict.manifests == manifests
    assert [it.removeprefix("/app/") for it in verdict.needs.folders] == folders


def test_outputs() -> None:
    assert judge(GRADLE, "gradle dependencies", PROJECT).needs.outputs == (
        "/app/.gradle", "/app/buildSrc/.gradle", "/app/buildSrc/build", "/root/.gradle",
    )  # fmt: skip
    assert "/app/.home" in judge(GRADLE, "gradle -g .home dependencies", PROJECT).needs.outputs


@pytest.mark.parametrize(
    ("script", "more", "fetch"),
    [
        ("gradle build -x test --no-daemon", {}, "gradle --no-daemon dependencies"),
        ("./gradlew -Pversion=$V clean bootJar", {}, "./gradlew -Pversion=$V dependencies"),
        ("gradle build", {"settings.gradle": "include 'a'\ninclude 'b:c'", "a/build.gradle": "", "b/c/build.gradle": ""},
         "gradle dependencies :a:dependencies :b:c:dependencies"),
    ],
)  # fmt: skip
def test_a_build_downloads_first(script: str, more: dict[str, str], fetch: str) -> None:
    verdict = judge(GRADLE, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], [PROGRAMS, NOT_ALL])
    assert verdict.needs.fetch == fetch


def test_scripts_that_look_at_files() -> None:
    verdict = judge(GRADLE, "gradle dependencies", {**PROJECT, "build.gradle": "version = file('VERSION').text.trim()"})
    assert verdict.check == [f"{PROGRAMS} (build.gradle may)"]


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        ("gradle build", {"settings.gradle": "rootDir.eachDir { include it.name }"}, "settings.gradle names files or projects in code (include)"),
        ("gradle build", {"settings.gradle": 'include("a")\n'}, "the project :a has no build script, so that its folder would be missing"),
        ("gradle build", {"settings.gradle": 'includeBuild("../lib")\n'}, "settings.gradle includes a build that the build context lacks (../lib)"),
        ("gradle build", {"settings.gradle": "rootProject.children.each { it.buildFileName = it.name }"}, "settings.gradle names files or projects in code (projectDir)"),
        ("gradle build", {"settings.gradle": "rootProject.name = 'x'\ninclude 'a'\nrootProject.children.each { it.name = \"x-${it.name}\" }"},
         "settings.gradle names files or projects in code (project.name)"),
        ("gradle build", {"build.gradle": "apply from: 'ci/a.gradle'"}, "build.gradle applies ci/a.gradle, which the build context lacks"),
        ("gradle build", {"build.gradle": "apply from: new File(x)"}, "build.gradle names files or projects in code (apply from)"),
        ("gradle -b other.gradle build", {}, "-b names other scripts (other.gradle)"),
        ("gradle -g $H build", {}, "the folder of Gradle's settings depends on a variable"),
        ("GRADLE_USER_HOME=/app/.g gradle build", {".g/gradle.properties": ""}, "GRADLE_USER_HOME names /app/.g, which is part of the project"),
        ("cd src && gradle build", {}, "the folder where it runs, /app/src, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked(script: str, more: dict[str, str], reason: str) -> None:
    assert judge(GRADLE, script, {**PROJECT, **more}).blocked == [reason]


def test_without_scripts() -> None:
    assert judge(GRADLE, "gradle build", {"a": ""}).needs.source
    assert judge(GRADLE, "gradle dependencies", {"a": ""}).blocked == [
        "the build context has no build.gradle or settings.gradle for the folder where it runs"
    ]
