"""dotnet: which commands restore, and what projects and solutions lead to."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.dotnet.dotnet import DOTNET


def project(inside: str = "") -> str:
    return f'<Project Sdk="Microsoft.NET.Sdk">{inside}</Project>'


def refers(path: str) -> str:
    return project(f'<ItemGroup><ProjectReference Include="{path}" /></ItemGroup>')


PROJECT = {"App.csproj": project(), "Program.cs": ""}
ONCE_MORE = "may restore once more with settings of its own (a runtime, a configuration)"


@pytest.mark.parametrize(
    ("script", "title", "operands"),
    [
        ("dotnet restore", "dotnet restore", ("restore",)),
        ("dotnet restore src/App.sln --locked-mode -r linux-x64", "dotnet restore", ("restore", "src/App.sln")),
        ("dotnet restore \"src/App/App.csproj\"", "dotnet restore", ("restore", "src/App/App.csproj")),
        ("dotnet publish -c Release -o /out /p:UseAppHost=false", "dotnet publish", ("build",)),
        ("dotnet publish App.csproj -c $CONFIG --self-contained false -p:Version=$V", "dotnet publish", ("build", "App.csproj")),
        ("dotnet build \"App.csproj\" -c Release -v:q", "dotnet build", ("build", "App.csproj")),
        ("dotnet test --logger trx", "dotnet test", ("build",)),
        ("dotnet run --project src/App", "dotnet run", ("build", "src/App")),
        ("dotnet tool restore", "dotnet tool restore", ("tool",)),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, operands: tuple[str, ...]) -> None:
    install = recognised(DOTNET, script)
    assert install is not None
    assert (install.manager, install.title, install.operands) == ("dotnet", title, operands)


@pytest.mark.parametrize(
    "script",
    [
        "dotnet publish --no-restore", "dotnet test --no-build", "dotnet tool install -g x", "dotnet new console", "dotnet App.dll",
        "dotnet restore --what", "dotnet build -bl:log.binlog", "dotnet --info", "dotnet add package X", "dotnet nuget locals all --clear",
    ],
)  # fmt: skip
def test_not_recognised(script: str) -> None:
    assert recognised(DOTNET, script) is None


SLN = """Microsoft Visual Studio Solution File, Format Version 12.00
Project("{FAE04EC0-301F-11D3-BF4B-00C04F79EFBC}") = "Web", "src\\Web\\Web.csproj", "{1}"
EndProject
Project("{2150E333-8FDC-42A3-9474-1A3956D46DE8}") = "src", "src", "{2}"
EndProject
"""
SLNX = '<Solution><Folder Name="/src/"><Project Path="src/Web/Web.csproj" /></Folder></Solution>'
SOLUTION = {
    "src/Web/Web.csproj": refers("..\\Core\\Core.csproj"),
    "src/Core/Core.csproj": project(),
    "src/Old/Old.csproj": project(),
}


@pytest.mark.parametrize(
    ("script", "files", "manifests"),
    [
        ("dotnet restore", PROJECT, ["App.csproj"]),
        ("dotnet restore App.csproj", {**PROJECT, "Other.csproj": ""}, ["App.csproj"]),
        ("dotnet restore", {**SOLUTION, "App.sln": SLN}, ["App.sln", "src/Core/Core.csproj", "src/Web/Web.csproj"]),
        ("dotnet restore App.slnx", {**SOLUTION, "App.slnx": SLNX}, ["App.slnx", "src/Core/Core.csproj", "src/Web/Web.csproj"]),
        ("dotnet restore src/Web", SOLUTION, ["src/Core/Core.csproj", "src/Web/Web.csproj"]),
        ("cd src/Web && dotnet restore", {**SOLUTION, "nuget.config": "<configuration/>", "global.json": "{}"},
         ["global.json", "nuget.config", "src/Core/Core.csproj", "src/Web/Web.csproj"]),
        ("dotnet restore", {**PROJECT, "Directory.Build.props": '<Project><Import Project="build/Common.props"/></Project>', "build/Common.props": "<Project/>",
                            "Directory.Build.targets": "<Project/>", "Directory.Packages.props": "<Project/>", "Directory.Build.rsp": ""},
         ["App.csproj", "Directory.Build.props", "Directory.Build.rsp", "Directory.Build.targets", "Directory.Packages.props", "build/Common.props"]),
        ("dotnet restore src/Web", {**SOLUTION, "Directory.Build.props": "<Project/>",
                                    "src/Directory.Build.props": "<Project><Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))\"/></Project>"},
         ["Directory.Build.props", "src/Core/Core.csproj", "src/Directory.Build.props", "src/Web/Web.csproj"]),
        ("dotnet restore a/b/c/App.csproj", {"a/b/c/App.csproj": project("<Import Project=\"$([MSBuild]::GetPathOfFileAbove('Common.props', '$(MSBuildThisFileDirectory)../../'))\"/>"),
                                             "a/b/Common.props": "<Project/>", "a/Common.props": "<Project/>"}, ["a/Common.props", "a/b/c/App.csproj"]),
        ("dotnet restore a/App.csproj", {"a/App.csproj": project("<Import Project=\"$([MSBuild]::GetPathOfFileAbove('Common.props'))\"/>"),
                                         "a/Common.props": "<Project/>", "Common.props": "<Project/>"}, ["a/App.csproj", "a/Common.props"]),
        ("dotnet restore a/App.csproj", {"a/App.csproj": project("<Import Project=\"$([MSBuild]::GetDirectoryNameOfFileAbove($(MSBuildThisFileDirectory)..\\, Common.props))\\Common.props\"/>"),
                                         "a/Common.props": "<Project/>", "Common.props": "<Project/>"}, ["Common.props", "a/App.csproj"]),
        ("dotnet restore", {"App.csproj": project('<Import Project="$(MSBuildThisFileDirectory)..\\app\\x.props" Condition="Exists(\'y\')" />'), "x.props": "<Project/>"},
         ["App.csproj", "x.props"]),
        ("dotnet restore", {"App.csproj": project('<Import Project="local.props" Condition="Exists(\'local.props\')" />')}, ["App.csproj"]),
        ("dotnet restore", {"App.csproj": project('<Import Project="$(VSToolsPath)\\Web.targets" />')}, ["App.csproj"]),
        ("dotnet restore --locked-mode", {**PROJECT, "packages.lock.json": '{"version": 1}'}, ["App.csproj", "packages.lock.json"]),
        ("dotnet tool restore", {".config/dotnet-tools.json": "{}"}, [".config/dotnet-tools.json"]),
        ("dotnet restore", {**PROJECT, "nuget.config": '<configuration><packageSources><clear/><add key="a" value="https://a.example/v3"/></packageSources></configuration>'},
         ["App.csproj", "nuget.config"]),
    ],
)  # fmt: skip
def test_safe(script: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(DOTNET, script, files)
    assert (verdict.blocked, verdict.check) == ([], [])
    assert sorted(verdict.manifests) == manifests


def test_outputs() -> None:
    verdict = judge(DOTNET, "dotnet restore src/Web", SOLUTION)
    assert set(verdict.needs.outputs) == {"/app/src/Web/obj", "/app/src/Core/obj", "/root/.nuget"}
    props = {
        **PROJECT,
        "Directory.Build.props": "<Project><PropertyGroup><UseArtifactsOutput>true</UseArtifactsOutput></PropertyGroup></Project>",
    }
    assert "/app/artifacts" in judge(DOTNET, "dotnet restore", props).needs.outputs


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("dotnet restore", {**PROJECT, "B.csproj": ""}, "the folder where it runs has several projects or solutions to choose from (App.csproj and B.csproj)"),
        ("dotnet restore", {"src/App/App.csproj": project()}, "the build context has no project or solution for the folder where it runs"),
        ("dotnet restore src", {"src/App/App.csproj": project()}, "the build context has no project or solution for src"),
        ("dotnet restore B.csproj", PROJECT, "the build context does not bring B.csproj, which it restores"),
        ("dotnet restore $P", PROJECT, "which project or solution it restores depends on a variable"),
        ("dotnet restore", {"App.csproj": "<Project>"}, "App.csproj can't be read here"),
        ("dotnet restore", {"App.csproj": refers("..\\Lib\\Lib.csproj")}, "the project ../Lib/Lib.csproj is not in the build context, or one of very many"),
        ("dotnet restore", {"App.csproj": refers("$(Libs)\\Lib.csproj")}, "App.csproj refers to a project by an expression ($(Libs)\\Lib.csproj)"),
        ("dotnet restore", {"App.csproj": refers("libs\\**\\*.csproj")}, "App.csproj refers to a project by an expression (libs\\**\\*.csproj)"),
        ("dotnet restore", {"App.csproj": project('<Import Project="$(X).props" />')}, "App.csproj imports a file by an expression ($(X).props)"),
        ("dotnet restore", {"App.csproj": project('<Import Project="x.props" />')}, "App.csproj imports x.props, which the build context lacks"),
        ("dotnet restore", {"App.csproj": project("<PropertyGroup><V>$([System.IO.File]::ReadAllText('VERSION'))</V></PropertyGroup>")}, "App.csproj reads files in its expressions"),
        ("dotnet restore", {"App.csproj": project("<ItemGroup Condition=\"Exists('x')\"/>")}, "App.csproj has a condition on whether a file exists"),
        ("dotnet restore", {"App.csproj": project("<PropertyGroup><RestoreSources>libs</RestoreSources></PropertyGroup>")}, "App.csproj sets RestoreSources, which may lead to files of the project"),
        ("dotnet restore", {**PROJECT, "nuget.config": '<configuration><packageSources><add key="l" value="./packages"/></packageSources></configuration>'},
         "nuget.config leads to a folder (./packages)"),
        ("dotnet restore -s ./packages", PROJECT, "it takes packages from a folder (./packages)"),
        ("dotnet restore --configfile $C", PROJECT, "a file or folder that it uses depends on a variable"),
        ("dotnet restore App.sln", {"App.sln": SLN.replace("Web.csproj", "Web.vcxproj")}, "App.sln has a project of a kind that is not known here (src\\Web\\Web.vcxproj)"),
        ("dotnet restore A.slnf", {"A.slnf": "{}"}, "A.slnf is a solution filter, which is not read here"),
        ("dotnet tool restore", PROJECT, "the build context has no dotnet-tools.json for the folder where it runs"),
        ("cd x && dotnet restore ../App.csproj", {**PROJECT, "x/a.cs": ""}, "the folder where it runs, /app/x, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(DOTNET, script, files).blocked == [reason]


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("dotnet publish -c Release -o /out", "dotnet restore"),
        (
            "dotnet publish App.csproj -c Release -r linux-x64 --self-contained",
            "dotnet restore App.csproj -r linux-x64",
        ),
        (
            "dotnet publish -a $TARGETARCH -p:Version=$V /p:UseAppHost=false -v:q",
            "dotnet restore -a $TARGETARCH -p:Version=$V /p:UseAppHost=false",
        ),
        ("dotnet test App.csproj --configfile nuget.ci", "dotnet restore App.csproj --configfile nuget.ci"),
    ],
)
def test_a_build_restores_first(script: str, fetch: str) -> None:
    verdict = judge(DOTNET, script, PROJECT)
    assert verdict.needs.fetch == fetch
    assert verdict.check == [f"`dotnet {script.split()[1]}` {ONCE_MORE}"]


@pytest.mark.parametrize(
    ("script", "files", "check"),
    [
        ("dotnet restore", {**PROJECT, "packages.lock.json": '{"version": 1}'}, "`dotnet restore` may rewrite packages.lock.json, and the later COPY would put the old one back"),
        ("dotnet restore", {"App.csproj": project('<ItemGroup><PackageReference Include="X" Version="1.*" /></ItemGroup>')},
         "versions float (X), so those of the first build stay until a project changes"),
    ],
)  # fmt: skip
def test_review(script: str, files: dict[str, str], check: str) -> None:
    verdict = judge(DOTNET, script, files)
    assert (verdict.blocked, verdict.check) == ([], [check])


def test_a_build_without_a_project() -> None:
    assert judge(DOTNET, "dotnet build", {"a.cs": ""}).needs.source
