"""Maven: which commands download, and which files belong to a pom."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.jvm.maven import MAVEN


def pom(inside: str = "", artifact: str = "app") -> str:
    return f'<project xmlns="http://maven.apache.org/POM/4.0.0"><artifactId>{artifact}</artifactId>{inside}</project>'


PROJECT = {"pom.xml": pom(), "src/main/java/App.java": "class App {}", "README.md": ""}
ASKS = "<profiles><profile><activation><file><exists>{}</exists></file></activation></profile></profiles>"
TAKES_ALL = "go-offline takes all plugins and dependencies, and none that a plugin downloads itself"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("mvn dependency:go-offline", "mvn dependency:go-offline", "/app"),
        ("mvn -B -q dependency:resolve dependency:resolve-plugins", "mvn dependency:resolve dependency:resolve-plugins", "/app"),
        ("mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.1:go-offline -ntp", "mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.1:go-offline", "/app"),
        ("./mvnw -B clean package -DskipTests -Pprod", "./mvnw clean package", "/app"),
        ("mvn -Drevision=$VERSION \"-Dx=$Y\" -T1C install", "mvn install", "/app"),
        ("cd api && mvn -pl web -am verify", "mvn verify", "/app/api"),
        ("mvn -f api/pom.xml compile", "mvn compile", "/app"),
        ("MAVEN_OPTS=-Xmx1g mvn -s settings.xml test", "mvn test", "/app"),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(MAVEN, script)
    assert install is not None
    assert (install.manager, install.title, install.directory) == ("Maven", title, directory)


@pytest.mark.parametrize(
    "script",
    [
        "mvn -version",
        "mvn -o package",
        "mvn clean",
        "mvn wrapper:wrapper",
        "mvn $GOALS",
        "mvn package --what",
        "mvn -f $POM package",
        "mvn dependency:tree",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(MAVEN, script) is None


def test_going_offline_is_safe() -> None:
    verdict = judge(MAVEN, "mvn -B dependency:go-offline", PROJECT)
    assert verdict.is_safe
    assert verdict.manifests == ["pom.xml"]
    assert verdict.needs.outputs == ("/root/.m2/repository",)
    assert verdict.needs.fetch is None


PARENT = "<parent><artifactId>parent</artifactId></parent>"
MODULES = {
    "pom.xml": pom("<modules><module>core</module><module>web/pom.xml</module></modules>", "parent"),
    "core/pom.xml": pom(PARENT, "core"),
    "web/pom.xml": pom("<parent><artifactId>base</artifactId><relativePath>../base</relativePath></parent>", "web"),
    "base/pom.xml": pom(PARENT, "base"),
    "docs/pom.xml": pom("", "docs"),
}


def test_modules_and_parents() -> None:
    verdict = judge(MAVEN, "mvn dependency:go-offline", MODULES)
    assert verdict.is_safe
    assert sorted(verdict.manifests) == ["base/pom.xml", "core/pom.xml", "pom.xml", "web/pom.xml"]


def test_a_module_alone_takes_its_parent_and_not_its_siblings() -> None:
    """Run with Maven 3.8.7 under strace."""
    verdict = judge(MAVEN, "cd core && mvn dependency:go-offline", MODULES)
    assert verdict.is_safe
    assert verdict.manifests == ["core/pom.xml", "pom.xml"]


@pytest.mark.parametrize(
    ("script", "more", "manifests", "folders"),
    [
        ("./mvnw dependency:go-offline", {"mvnw": "", ".mvn/wrapper/maven-wrapper.properties": ""}, ["pom.xml", "mvnw"], ("/app/.mvn",)),
        ("cd api && ../mvnw dependency:go-offline", {"mvnw": "", ".mvn/jvm.config": "-Xmx1g", "api/pom.xml": pom()}, ["api/pom.xml", "mvnw"], ("/app/.mvn",)),
        ("mvn -s ci/settings.xml dependency:go-offline", {"ci/settings.xml": ""}, ["pom.xml", "ci/settings.xml"], ()),
        ("mvn -f api dependency:go-offline", {"api/pom.xml": pom("<parent><relativePath/></parent>")}, ["api/pom.xml"], ()),
        ("mvn dependency:go-offline", {"pom.xml": pom("<parent><relativePath>../../x/pom.xml</relativePath></parent>")}, ["pom.xml"], ()),
        ("mvn dependency:go-offline", {"pom.xml": pom("<profiles><profile><modules><module>it</module></modules></profile></profiles>"), "it/pom.xml": pom()},
         ["pom.xml", "it/pom.xml"], ()),
        ("mvn dependency:go-offline", {"pom.xml": pom("<build><extensions><extension><artifactId>os-maven-plugin</artifactId></extension></extensions></build>")},
         ["pom.xml"], ()),
    ],
)  # fmt: skip
def test_safe(script: str, more: dict[str, str], manifests: list[str], folders: tuple[str, ...]) -> None:
    verdict = judge(MAVEN, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], [])
    assert (verdict.manifests, verdict.needs.folders) == (manifests, folders)


@pytest.mark.parametrize(
    ("written", "more", "manifests"),
    [
        (".ci", {}, ["pom.xml"]),
        ("${basedir}/.ci", {".ci": ""}, ["pom.xml", ".ci"]),
        ("src/it.xml", {"web/pom.xml": pom(), "web/src/it.xml": ""}, ["pom.xml", "web/pom.xml", "web/src/it.xml"]),
        ("web/pom.xml", {"web/pom.xml": pom()}, ["pom.xml", "web/pom.xml"]),
        ("web", {"web/pom.xml": pom()}, ["pom.xml", "web/pom.xml"]),
    ],
)
def test_files_that_profiles_ask_for(written: str, more: dict[str, str], manifests: list[str]) -> None:
    modules = "<modules><module>web</module></modules>" if "web/pom.xml" in more else ""
    verdict = judge(
        MAVEN, "mvn dependency:go-offline", {**PROJECT, "pom.xml": pom(modules + ASKS.format(written)), **more}
    )
    assert (verdict.blocked, verdict.manifests) == ([], manifests)


def test_settings_of_the_user() -> None:
    copy = "COPY settings.xml /home/app/.m2/\nCOPY . ."
    verdict = judge(MAVEN, "mvn dependency:go-offline", {**PROJECT, "settings.xml": ""}, copy=copy)
    assert verdict.manifests == ["pom.xml", "/home/app/.m2/settings.xml"]


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        ("mvn dependency:go-offline", {"pom.xml": "<project>"}, "pom.xml can't be read here, or is no pom"),
        ("mvn dependency:go-offline", {"pom.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><project>&a;</project>"}, "pom.xml can't be read here, or is no pom"),
        ("mvn dependency:go-offline", {"pom.xml": pom("<modules><module>web</module></modules>")}, "pom.xml has the module web, which the build context lacks"),
        ("mvn package", {"pom.xml": pom("<dependencies><dependency><artifactId>ojdbc</artifactId><scope>system</scope></dependency></dependencies>")},
         "pom.xml takes ojdbc from a file (systemPath)"),
        ("mvn package", {"pom.xml": pom(ASKS.format("${ci.file}"))}, "pom.xml has a profile that depends on whether ${ci.file} exists"),
        ("mvn package", {"pom.xml": pom(ASKS.format("src/it")), "src/it/a.xml": ""}, "pom.xml has a profile that depends on whether the folder src/it exists"),
        ("mvn package", {"pom.xml": pom("<repositories><repository><url>file://${basedir}/lib</url></repository></repositories>")},
         "pom.xml has a repository in a folder of the project (file://${basedir}/lib)"),
        ("mvn package", {".mvn/extensions.xml": "<extensions><extension><artifactId>jgitver-maven-plugin</artifactId></extension></extensions>"},
         ".mvn/extensions.xml loads jgitver-maven-plugin into Maven, which may read any file"),
        ("mvn package", {".mvn/maven.config": "-s\nci/settings.xml"}, ".mvn/maven.config names another file (-s ci/settings.xml)"),
        ("mvn package", {".mvn/jvm.config": "-Djavax.net.ssl.trustStore=ca.jks", "ca.jks": ""}, ".mvn/jvm.config names ca.jks, which is part of the project"),
        ("MAVEN_OPTS=-javaagent:agent.jar mvn package", {"agent.jar": ""}, "MAVEN_OPTS names agent.jar, which is part of the project"),
        ("mvn -s $SETTINGS package", {}, "which settings it reads depends on a variable"),
        ("cd src && mvn -f ../pom.xml dependency:go-offline", {}, "the folder where it runs, /app/src, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked(script: str, more: dict[str, str], reason: str) -> None:
    assert reason in judge(MAVEN, script, {**PROJECT, **more}).blocked


def test_without_a_pom() -> None:
    assert judge(MAVEN, "mvn package", {"a": ""}).needs.source
    assert judge(MAVEN, "mvn dependency:go-offline", {"a": ""}).blocked == [
        "the build context has no pom.xml for the folder where it runs"
    ]


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("mvn clean package -DskipTests", "mvn -B -DskipTests dependency:go-offline"),
        ("./mvnw -B -ntp -Pprod -Drevision=$V verify", "./mvnw -B -ntp -Pprod -Drevision=$V dependency:go-offline"),
        (
            "MAVEN_OPTS=-Xmx1g mvn -s ci.xml -pl web -am install",
            "MAVEN_OPTS=-Xmx1g mvn -B -s ci.xml -pl web -am dependency:go-offline",
        ),
    ],
)
def test_a_build_downloads_first(script: str, fetch: str) -> None:
    verdict = judge(MAVEN, script, PROJECT)
    assert verdict.needs.fetch == fetch
    assert verdict.check == [TAKES_ALL]


def test_modules_that_depend_on_each_other() -> None:
    """GoOfflineMojo.java of 2.8 to 3.1.1 asks Maven to resolve siblings, which nothing has built yet."""
    web = pom(PARENT + "<dependencies><dependency><artifactId>core</artifactId></dependency></dependencies>", "web")
    verdict = judge(MAVEN, "mvn package", {**MODULES, "web/pom.xml": web})
    sibling = (
        "modules depend on each other (core), on which go-offline fails before version 3.1.2 of maven-dependency-plugin"
    )
    assert verdict.check == [TAKES_ALL, sibling]


def test_plugins_that_are_extensions() -> None:
    plugin = "<build><plugins><plugin><artifactId>quarkus-maven-plugin</artifactId><extensions>true</extensions></plugin></plugins></build>"
    verdict = judge(MAVEN, "mvn dependency:go-offline", {"pom.xml": pom(plugin)})
    assert verdict.check == [
        "pom.xml loads quarkus-maven-plugin into Maven itself: make sure that it reads no other file"
    ]


def test_a_repository_in_the_project() -> None:
    verdict = judge(MAVEN, "mvn -Dmaven.repo.local=.m2 -DskipTests package", PROJECT)
    assert verdict.needs.outputs == ("/app/.m2",)
