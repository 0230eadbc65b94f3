"""Swift: which commands resolve, and which packages come from folders of the project."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.swift.swift import SWIFT


def package(dependencies: str = '.package(url: "https://example.org/nio.git", from: "2.0.0")', top: str = "") -> str:
    return f'// swift-tools-version:5.9\nimport PackageDescription\n{top}\nlet package = Package(name: "app", dependencies: [{dependencies}])\n'


PROJECT = {"Package.swift": package(), "Package.resolved": '{"pins": [], "version": 2}', "Sources/app/main.swift": ""}
REWRITES = "`swift package resolve` may rewrite Package.resolved, and the later COPY would put the old one back"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("swift package resolve", "swift package resolve", "/app"),
        ("swift package --package-path api resolve --force-resolved-versions", "swift package resolve", "/app/api"),
        ("swift build -c release --static-swift-stdlib -Xswiftc -g", "swift build", "/app"),
        ("cd api && swift test --parallel", "swift test", "/app/api"),
    ],
)
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(SWIFT, script)
    assert install is not None
    assert (install.manager, install.title, install.directory) == ("Swift", title, directory)


@pytest.mark.parametrize(
    "script", ["swift --version", "swift package clean", "swift build --show-bin-path", "swift build --what", "swift main.swift", "swift package update"]
)  # fmt: skip
def test_not_recognised(script: str) -> None:
    assert recognised(SWIFT, script) is None


def test_a_resolve_of_resolved_versions_is_safe() -> None:
    verdict = judge(SWIFT, "swift package resolve --force-resolved-versions", PROJECT)
    assert verdict.is_safe
    assert verdict.manifests == ["Package.swift", "Package.resolved"]
    assert verdict.needs.outputs == ("/app/.build", "/root/.cache/org.swift.swiftpm")


@pytest.mark.parametrize(
    ("more", "manifests", "folders"),
    [
        ({"Package@swift-6.0.swift": package(), ".swift-version": "6.0"}, ["Package.swift", "Package@swift-6.0.swift", "Package.resolved", ".swift-version"], ()),
        ({"Package.swift": package('.package(path: "libs/core"), .package(name: "b", path: "libs/b")'),
          "libs/core/Package.swift": package('.package(path: "../b")'), "libs/b/Package.swift": package()},
         ["Package.swift", "libs/core/Package.swift", "libs/b/Package.swift", "Package.resolved"], ()),
        ({".swiftpm/configuration/registries.json": "{}"}, ["Package.swift", "Package.resolved"], ("/app/.swiftpm/configuration",)),
    ],
)  # fmt: skip
def test_what_is_copied(more: dict[str, str], manifests: list[str], folders: tuple[str, ...]) -> None:
    verdict = judge(SWIFT, "swift package resolve --force-resolved-versions", {**PROJECT, **more})
    assert verdict.is_safe
    assert (verdict.manifests, verdict.needs.folders) == (manifests, folders)


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("swift build -c release -Xswiftc -g", "swift package resolve"),
        (
            "swift build --scratch-path /tmp/b --force-resolved-versions",
            "swift package resolve --scratch-path /tmp/b --force-resolved-versions",
        ),
    ],
)
def test_a_build_resolves_first(script: str, fetch: str) -> None:
    verdict = judge(SWIFT, script, PROJECT)
    assert verdict.needs.fetch == fetch
    assert verdict.check == ["`swift build` may resolve once more, as it also looks at the targets"]


@pytest.mark.parametrize(
    ("files", "check"),
    [
        (PROJECT, [REWRITES]),
        ({"Package.swift": package()}, ["there is no Package.resolved, so the versions of the first build stay until Package.swift changes"]),
        ({**PROJECT, "Package.swift": package(top="import Foundation")},
         ["Package.swift imports Foundation, so that it may look at files: make sure that it reads no other file of the project", REWRITES]),
        ({**PROJECT, "Package.swift": package(top="let v = Context.gitInformation")},
         ["Package.swift, so that it may look at files: make sure that it reads no other file of the project", REWRITES]),
    ],
)  # fmt: skip
def test_review(files: dict[str, str], check: list[str]) -> None:
    verdict = judge(SWIFT, "swift package resolve", files)
    assert (verdict.blocked, verdict.check) == ([], check)


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        ("swift package resolve", {"Package.swift": package('.package(path: "../core")')}, "Package.swift takes a package from ../core, which the build context lacks"),
        ("swift package resolve", {"Package.swift": package(".package(path: root)")}, "Package.swift takes a package from a folder whose name is put together in code"),
        ("swift package resolve $FLAGS", {}, "which versions it resolves depends on its arguments"),
        ("swift package resolve nio", {}, "which versions it resolves depends on its arguments"),
        ("cd Sources && swift package resolve", {}, "the build context has no Package.swift for the folder where it runs"),
    ],
)  # fmt: skip
def test_blocked(script: str, more: dict[str, str], reason: str) -> None:
    assert judge(SWIFT, script, {**PROJECT, **more}).blocked == [reason]


def test_a_build_that_only_reads_source() -> None:
    assert judge(SWIFT, "swift build", {"Package.swift": package("")}).needs.source
    assert judge(SWIFT, "swift build", {"a": ""}).needs.source
