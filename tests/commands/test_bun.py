"""bun: which commands install, and what a project makes an install read."""

from __future__ import annotations

import json

import pytest

from commands.installs import judge, recognised
from layerwise.commands.node.bun import BUN

PACKAGE = '{"name": "app", "dependencies": {"left-pad": "1.3.0"}, "trustedDependencies": []}'
LOCK = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "app", "dependencies": { "left-pad": "1.3.0", }, },
  },
  "packages": {
    "left-pad": ["left-pad@1.3.0", "", {}, "sha512-x"],
    "esbuild": ["esbuild@0.25.0", "", {}, "sha512-x"],
    "a": ["a@workspace:packages/a"],
  },
}
"""
PROJECT = {"package.json": PACKAGE, "bun.lock": LOCK, "index.ts": "", "tsconfig.json": "{}"}
FROZEN = "bun install --frozen-lockfile"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("bun install", "bun install", "/app"),
        ("bun i --production", "bun i", "/app"),
        ("bun ci --ignore-scripts", "bun ci", "/app"),
        ("bun install -p --no-save --omit=dev --omit optional", "bun install", "/app"),
        ("bun install --cwd web --frozen-lockfile", "bun install", "/app/web"),
        ("cd web && /usr/local/bin/bun install --filter ./web", "bun install", "/app/web"),
    ],
)
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(BUN, script)
    assert install is not None
    assert (install.title, install.directory) == (title, directory)


@pytest.mark.parametrize(
    "script",
    [
        *("bun add x", "bun install x", "bun run build", "bun build", "bun x", "bunx y", "bun install -g"),
        *("bun install --what x", "bun install --dry-run", "bun install --lockfile-only", "bun --cwd $DIR install"),
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(BUN, script) is None


@pytest.mark.parametrize(
    ("script", "more", "manifests"),
    [
        (FROZEN, {}, ["package.json", "bun.lock"]),
        ("bun ci", {}, ["package.json", "bun.lock"]),
        ("bun install --production", {"bunfig.toml": '[install]\nregistry = "https://r.example"\n', ".npmrc": "x=1"}, ["package.json", "bun.lock", "bunfig.toml", ".npmrc"]),
        # Run with bun 1.4 under strace: it loads .env.
        (FROZEN, {".env": "", ".env.production.local": ""}, ["package.json", "bun.lock", ".env", ".env.production.local"]),
        (FROZEN, {"package.json": PACKAGE[:-1] + ', "patchedDependencies": {"left-pad@1.3.0": "patches/l.patch"}}', "patches/l.patch": ""}, ["package.json", "bun.lock", "patches/l.patch"]),
        (f"{FROZEN} --ignore-scripts", {"package.json": '{"scripts": {"postinstall": "tsc"}}'}, ["package.json", "bun.lock"]),
        (FROZEN, {"package.json": '{"trustedDependencies": ["esbuild"]}'}, ["package.json", "bun.lock"]),
    ],
)  # fmt: skip
def test_safe(script: str, more: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(BUN, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


def workspace(**member: object) -> dict[str, str]:
    return {
        **PROJECT,
        "package.json": '{"workspaces": ["packages/*"], "trustedDependencies": []}',
        "packages/a/package.json": json.dumps({"name": "a", **member}),
        "packages/a/cli.ts": "",
        "packages/b/package.json": '{"name": "b", "dependencies": {"a": "workspace:*"}}',
    }


@pytest.mark.parametrize("script", [FROZEN, f"cd packages/b && {FROZEN}", f"{FROZEN} --filter b"])
def test_workspaces_are_closed_by_the_manifests_of_their_members(script: str) -> None:
    verdict = judge(BUN, script, workspace())
    assert verdict.is_safe
    assert verdict.manifests == ["package.json", "bun.lock", "packages/a/package.json", "packages/b/package.json"]


OWN_LIST = (
    "bun runs install scripts of packages on its own list (trustedDependencies of package.json would take its place):"
    " make sure that they read no file of the project"
)


@pytest.mark.parametrize(
    ("script", "more", "checks"),
    [
        (FROZEN, {"package.json": "{}"}, [OWN_LIST]),
        (FROZEN, {"package.json": '{"trustedDependencies": ["left-pad"]}'}, ["left-pad runs its own install script: make sure that it reads no file of the project"]),
        ("bun install", {}, ["`bun install` may rewrite bun.lock, and the later COPY would put the old one back"]),
    ],
)  # fmt: skip
def test_review(script: str, more: dict[str, str], checks: list[str]) -> None:
    verdict = judge(BUN, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], checks)


def test_without_lockfile() -> None:
    """Run with bun 1.4: it succeeds if frozen as well, and takes versions from other managers' lockfiles."""
    verdict = judge(BUN, FROZEN, {"package.json": PACKAGE, "yarn.lock": ""})
    assert verdict.manifests == ["package.json", "yarn.lock"]
    assert verdict.check == ["there is no bun.lock, so the versions of the first build stay until package.json changes"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"package.json": "{"}, "package.json is not valid JSON"),
        ({"bun.lock": "<<<<"}, "bun.lock can't be read here"),
        ({"bun.lock": LOCK.replace("left-pad@1.3.0", "left-pad@file:lib")}, "bun.lock takes left-pad from a file or folder of the project"),
        ({"bunfig.toml": "[install"}, "bunfig.toml is not valid TOML"),
        ({"bunfig.toml": "[install.security]\nscanner = './scan.ts'\n"}, "bunfig.toml sets install.security, which may name other files"),
        ({"package.json": PACKAGE.replace("1.3.0", "file:lib")}, "package.json takes left-pad from a file or folder of the project (file:lib)"),
        ({"package.json": PACKAGE.replace("1.3.0", "link:lib")}, "package.json takes left-pad from a file or folder of the project (link:lib)"),
        ({"package.json": PACKAGE[:-1] + ', "patchedDependencies": {"a@1.0.0": "patches/a.patch"}}'}, "the build context has no patches/a.patch, which patchedDependencies names"),
        ({"package.json": PACKAGE[:-1] + ', "scripts": {"prepare": "tsc"}}'}, 'bun runs the script "prepare" of package.json during the install, which may read any file'),
        (workspace(bin="cli.ts"), "packages/a/package.json has a command (bin), which bun links and makes executable"),
        ({"binding.gyp": ""}, "bun compiles the project's own native code during the install, as there is a binding.gyp"),
    ],
)  # fmt: skip
def test_blocked(more: dict[str, str], reason: str) -> None:
    assert judge(BUN, FROZEN, {**PROJECT, **more}).blocked == [reason]


def test_no_project() -> None:
    reason = "the build context has no package.json for the folder where it runs"
    assert judge(BUN, FROZEN, {"index.ts": ""}).blocked == [reason]
