"""Dart and Flutter: which commands install, and which pubspecs a pubspec pulls in."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.dart.dart import DART

PUBSPEC = "name: app\ndependencies:\n  args: ^2.5.0\n"
PROJECT = {"pubspec.yaml": PUBSPEC, "pubspec.lock": "packages: {}\n", "bin/a.dart": ""}
FROZEN = "dart pub get --enforce-lockfile"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("dart pub get", "dart pub get", "/app"),
        ("dart pub get --enforce-lockfile --no-precompile", "dart pub get", "/app"),
        ("dart --disable-analytics pub get -C server", "dart pub get", "/app/server"),
        ("flutter pub get", "flutter pub get", "/app"),
        ("flutter --no-version-check packages get", "flutter packages get", "/app"),
        ("pub get", "pub get", "/app"),
        ("cd server && dart pub get --offline", "dart pub get", "/app/server"),
    ],
)
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(DART, script)
    assert install is not None
    assert (install.title, install.directory) == (title, directory)


@pytest.mark.parametrize(
    "script",
    [
        "dart pub upgrade",
        "dart pub add args",
        "dart pub get -C $D",
        "dart compile exe a.dart",
        "dart pub get --dry-run",
        "flutter build web",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(DART, script) is None


WORKSPACE = {"pubspec.yaml": "name: _\nworkspace:\n  - a\n  - b\n", "pubspec.lock": "packages: {}\n", "a/pubspec.yaml": "name: a\nresolution: workspace\n", "b/pubspec.yaml": "name: b\nresolution: workspace\n", "b/lib/b.dart": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "manifests"),
    [
        (PROJECT, ["pubspec.yaml", "pubspec.lock"]),
        ({**PROJECT, "pubspec.yaml": PUBSPEC + "  core:\n    path: core\n", "core/pubspec.yaml": "name: core\n"}, ["pubspec.yaml", "pubspec.lock", "core/pubspec.yaml"]),
        ({**PROJECT, "pubspec_overrides.yaml": "dependency_overrides:\n  core:\n    path: core\n", "core/pubspec.yaml": "name: core\n"},
         ["pubspec.yaml", "pubspec.lock", "pubspec_overrides.yaml", "core/pubspec.yaml"]),
        # Only what a dependency itself depends on is resolved.
        ({**PROJECT, "pubspec.yaml": PUBSPEC + "  core:\n    path: core\n", "core/pubspec.yaml": "name: core\ndev_dependencies:\n  x:\n    path: ../x\n"},
         ["pubspec.yaml", "pubspec.lock", "core/pubspec.yaml"]),
        (WORKSPACE, ["pubspec.yaml", "pubspec.lock", "a/pubspec.yaml", "b/pubspec.yaml"]),
    ],
)  # fmt: skip
def test_manifests(files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(DART, FROZEN, files)
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


def test_outputs_in_members() -> None:
    assert {"/app/.dart_tool", "/app/a/.dart_tool", "/app/b/.dart_tool"} <= {
        *judge(DART, FROZEN, WORKSPACE).needs.outputs
    }


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        (FROZEN, {"pubspec.yaml": "a: [\n"}, "pubspec.yaml is not there, as far as the build context tells, or not valid YAML"),
        (FROZEN, {"pubspec.yaml": PUBSPEC + "  core:\n    path: ../core\n"}, "../core/pubspec.yaml is not there, as far as the build context tells, or not valid YAML"),
        (FROZEN, {"pubspec.yaml": PUBSPEC + "".join(f"  {it}:\n    path: ../{it}\n" for it in "abcde")}, "../a/pubspec.yaml, ../b/pubspec.yaml, ../c/pubspec.yaml and 2 more are not there, as far as the build context tells, or not valid YAML"),
        (FROZEN, {"pubspec.yaml": PUBSPEC + "  core:\n    git: ../core\n"}, "pubspec.yaml takes core from a repository in a folder (../core)"),
        (FROZEN, {"pubspec.yaml": "name: a\nresolution: workspace\n"}, "the package is a member of a workspace, whose pubspec.yaml and members are read too"),
        (FROZEN, {"pubspec.yaml": "name: _\nworkspace: [packages/*]\n"}, "pubspec.yaml names the members of its workspace by a pattern (packages/*)"),
        (FROZEN, {**WORKSPACE, "a/pubspec.lock": ""}, "a has a pubspec.lock, which pub deletes and the later COPY would bring back"),
        (FROZEN, {"example/pubspec.yaml": ""}, "pub also gets the packages of example/, for which there is a pubspec.yaml of its own"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(DART, script, {**PROJECT, **files}).blocked == [reason]


def test_enforced_without_a_lockfile() -> None:
    verdict = judge(DART, FROZEN, {"pubspec.yaml": PUBSPEC, "a.dart": ""})
    assert verdict.blocked == ["`--enforce-lockfile` needs a pubspec.lock, and the build context has none"]


def test_review() -> None:
    rewrites = "`dart pub get` may rewrite pubspec.lock, and the later COPY would put the old one back"
    assert judge(DART, "dart pub get", PROJECT).check == [rewrites]
    lacks = "there is no pubspec.lock, so the versions of the first build stay until pubspec.yaml changes"
    assert judge(DART, "dart pub get", {"pubspec.yaml": PUBSPEC, "a.dart": ""}).check == [lacks]
    assert "writes files for plugins" in judge(DART, "flutter pub get --enforce-lockfile", PROJECT).check[0]
