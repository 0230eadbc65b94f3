"""pnpm: which commands install, what a project makes an install read, and when `pnpm fetch` goes first."""

from __future__ import annotations

import json

import pytest

from commands.installs import judge, recognised
from layerwise.commands.node.pnpm import PNPM

PACKAGE = '{"name": "app", "packageManager": "pnpm@10.34.9", "dependencies": {"left-pad": "1.3.0"}}'
LOCK = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      left-pad:
        specifier: 1.3.0
        version: 1.3.0

packages:

  left-pad@1.3.0:
    resolution: {integrity: sha512-x}

  '@x/native@2.0.0':
    resolution: {integrity: sha512-x}

snapshots:

  left-pad@1.3.0: {}
"""
OLD_LOCK = """\
lockfileVersion: '6.0'

packages:

  /left-pad@1.3.0:
    resolution: {integrity: sha512-x}
    dev: false

  /@x/native@2.0.0(y@1.0.0):
    resolution: {integrity: sha512-x}
    requiresBuild: true
"""
PROJECT = {"package.json": PACKAGE, "pnpm-lock.yaml": LOCK, "src/index.js": "", "tsconfig.json": "{}"}
FROZEN = "pnpm i --frozen-lockfile"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("pnpm i", "pnpm i", "/app"),
        ("pnpm install --frozen-lockfile --prod", "pnpm install", "/app"),
        ("pnpm -r i --offline", "pnpm i", "/app"),
        ("pnpm recursive install", "pnpm install", "/app"),
        ("pnpm install --filter=web... --filter '!docs'", "pnpm install", "/app"),
        ("pnpm -C web i --no-optional", "pnpm i", "/app/web"),
        ("pnpm --dir web install", "pnpm install", "/app/web"),
        ("cd web && pnpm ci", "pnpm ci", "/app/web"),
        ("corepack pnpm i", "pnpm i", "/app"),
        ("corepack pnpm@9.1.0 install -P", "pnpm install", "/app"),
        ("npx pnpm i", "pnpm i", "/app"),
        ("npx -y pnpm@10 i --frozen-lockfile", "pnpm i", "/app"),
        ("env CI=1 pnpm fetch --prod", "pnpm fetch", "/app"),
        ("pnpm i --store-dir=$STORE", "pnpm i", "/app"),
    ],
)
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(PNPM, script)
    assert install is not None
    assert (install.title, install.directory) == (title, directory)


@pytest.mark.parametrize(
    "script",
    [
        *("pnpm add express", "pnpm install express", "pnpm run build", "pnpm build", "pnpm", "pnpm -r build"),
        *("pnpm i $FLAGS", "pnpm i --lockfile-only", "pnpm i --what x", "pnpm deploy out", "corepack yarn"),
        *("npx create-app", "npm i", "pnpm -C $DIR i", "corepack enable pnpm", "npx --package pnpm@9 pnpm i"),
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(PNPM, script) is None


@pytest.mark.parametrize(
    ("script", "more", "manifests"),
    [
        (FROZEN, {}, ["package.json", "pnpm-lock.yaml"]),
        (FROZEN, {".npmrc": "strict-peer-dependencies=false"}, ["package.json", "pnpm-lock.yaml", ".npmrc"]),
        ("CI=true pnpm i", {}, ["package.json", "pnpm-lock.yaml"]),
        ("pnpm ci", {}, ["package.json", "pnpm-lock.yaml"]),
        ("pnpm fetch", {}, ["package.json", "pnpm-lock.yaml"]),
        (FROZEN, {".pnpmfile.cjs": "module.exports = { hooks: {} }"}, ["package.json", "pnpm-lock.yaml", ".pnpmfile.cjs"]),
        (FROZEN, {"pnpm-workspace.yaml": "patchedDependencies:\n  left-pad@1.3.0: patches/l.patch\n", "patches/l.patch": "", "patches/other": ""},
         ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "patches/l.patch"]),
        ("pnpm i --frozen-lockfile --ignore-scripts", {"package.json": '{"packageManager": "pnpm@9.0.0", "scripts": {"prepare": "tsc"}}'}, ["package.json", "pnpm-lock.yaml"]),
        # `engines.pnpm` of the root is heeded by every pnpm; npx knows of no packageManager.
        ("npx pnpm@10 i --frozen-lockfile", {"package.json": "{}"}, ["package.json", "pnpm-lock.yaml"]),
        (f"COREPACK_ENABLE_AUTO_PIN=0 {FROZEN}", {"package.json": '{"engines": {"pnpm": ">=10.5"}}'}, ["package.json", "pnpm-lock.yaml"]),
        (FROZEN, {"package.json": '{"packageManager": "pnpm@10.0.0", "pnpm": {"onlyBuiltDependencies": ["esbuild", "absent"]}}'}, ["package.json", "pnpm-lock.yaml"]),
        (FROZEN, {"package.json": '{"packageManager": "pnpm@8.15.9"}', "pnpm-lock.yaml": OLD_LOCK.replace("    requiresBuild: true\n", "")}, ["package.json", "pnpm-lock.yaml"]),
    ],
)  # fmt: skip
def test_safe(script: str, more: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(PNPM, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)
    assert verdict.needs.fetch is None


UNSAID = (
    "pnpm-lock.yaml does not tell whose install scripts run, which may read any file (pnpm 10 and later run approved"
    " ones only, but package.json has no packageManager that asks for it)"
)
NATIVE = "@x/native runs its own install script: make sure that it reads no file of the project"


@pytest.mark.parametrize(
    ("script", "more", "checks"),
    [
        ("pnpm i", {}, ["`pnpm i` may rewrite pnpm-lock.yaml, and the later COPY would put the old one back"]),
        ("CI=1 pnpm i --no-frozen-lockfile", {}, ["`pnpm i` may rewrite pnpm-lock.yaml, and the later COPY would put the old one back"]),
        (FROZEN, {"package.json": '{"packageManager": "pnpm@9.15.0"}'}, [UNSAID]),
        (FROZEN, {"package.json": '{"packageManager": "pnpm@10.1.0"}', "pnpm-workspace.yaml": "dangerouslyAllowAllBuilds: true"}, [UNSAID]),
        (FROZEN, {"pnpm-workspace.yaml": "allowBuilds:\n  '@x/native@2': true\n  left-pad: false\n"}, [NATIVE]),
        (FROZEN, {"pnpm-lock.yaml": OLD_LOCK}, [NATIVE]),
        (FROZEN, {"package.json": "{}"}, ["corepack before 0.33 adds a packageManager to package.json, which the later COPY would undo", UNSAID]),
    ],
)  # fmt: skip
def test_review(script: str, more: dict[str, str], checks: list[str]) -> None:
    verdict = judge(PNPM, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], checks)


@pytest.mark.parametrize(("script", "fetch"), [(FROZEN, None), (f"{FROZEN} --prod", "pnpm fetch --prod")])
def test_archives(script: str, fetch: str | None) -> None:
    """Run with pnpm 9.15 and 10.34: `pnpm fetch` fails without them."""
    archive = "  x@file:web/x.tgz:\n    resolution: {integrity: sha512-x, tarball: file:web/x.tgz}\n"
    project = {
        **PROJECT,
        "pnpm-lock.yaml": LOCK.replace("snapshots:", f"{archive}\nsnapshots:"),
        "pnpm-workspace.yaml": "packages: [web]",
        "web/package.json": json.dumps({"bin": "x.js" if fetch else "built.js", "dependencies": {"x": "file:x.tgz"}}),
        "web/x.js": "",
    }
    verdict = judge(PNPM, script, {**project, "web/x.tgz": ""})
    assert (verdict.blocked, verdict.check, verdict.needs.fetch) == ([], [], fetch)
    members = [] if fetch else ["web/package.json"]
    assert verdict.manifests == ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "web/x.tgz", *members]
    missing = "the build context has no web/x.tgz, which pnpm-lock.yaml takes a package from"
    assert missing in judge(PNPM, script, project).blocked


def test_folders_of_the_lockfile_are_named() -> None:
    lock = LOCK.replace(
        "snapshots:", "  '@x/y@file:lib':\n    resolution: {directory: lib, type: directory}\n\nsnapshots:"
    )
    verdict = judge(PNPM, f"{FROZEN} --ignore-scripts", {**PROJECT, "pnpm-lock.yaml": lock})
    assert verdict.blocked == ["pnpm-lock.yaml takes @x/y from folders of the project"]


def test_without_lockfile() -> None:
    project = {it: text for it, text in PROJECT.items() if it != "pnpm-lock.yaml"}
    assert judge(PNPM, FROZEN, project).blocked == [
        "`pnpm i` needs a lockfile, and the build context has no pnpm-lock.yaml for it"
    ]
    assert judge(PNPM, "pnpm i", project).check == [
        "there is no lockfile, so the versions of the first build stay until package.json changes"
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"package.json": "{"}, "package.json is not valid JSON"),
        ({"pnpm-lock.yaml": "<<<<<<<"}, "pnpm-lock.yaml is empty or broken"),
        ({"pnpm-lock.yaml": "lockfileVersion: 5.4\n"}, "pnpm-lock.yaml is of a pnpm older than 8"),
        ({"pnpm-workspace.yaml": "packages: ["}, "pnpm-workspace.yaml is not valid YAML"),
        ({".pnpmfile.cjs": "const fs = require('fs')"}, ".pnpmfile.cjs is code that may load or read other files"),
        ({"pnpm-workspace.yaml": "patchedDependencies:\n  a@1: patches/a.patch\n"}, "the build context has no patches/a.patch, which patchedDependencies names"),
        ({".npmrc": "modules-dir=lib"}, "modules-dir is set, so that pnpm reads or writes other places"),
        ({"pnpm-workspace.yaml": "lockfileDir: .."}, "lockfile-dir is set, so that pnpm reads or writes other places"),
        ({"pnpm-workspace.yaml": "sharedWorkspaceLockfile: false"}, "each member of the workspace has a lockfile of its own (shared-workspace-lockfile)"),
        ({"package.yaml": ""}, "there is a package.yaml, which is not looked into here"),
        ({".npmrc": "//r.example/:keyfile=my.key"}, ".npmrc names a file that may be part of the project (//r.example/:keyfile=my.key)"),
    ],
)  # fmt: skip
def test_blocked(more: dict[str, str], reason: str) -> None:
    verdict = judge(PNPM, FROZEN, {**PROJECT, **more})
    assert verdict.blocked == [reason]
    assert verdict.needs.fetch is None


def workspace(**member: object) -> dict[str, str]:
    return {
        **PROJECT,
        "pnpm-workspace.yaml": "packages: ['packages/*', '!packages/old']\n",
        "packages/a/package.json": json.dumps({"name": "a", **member}),
        "packages/a/cli.js": "",
        "packages/b/package.json": '{"name": "b", "dependencies": {"a": "workspace:*"}}',
        "packages/b/.npmrc": "",
        "packages/a/test/package.json": "{",
    }


@pytest.mark.parametrize(
    "script", [FROZEN, f"{FROZEN} -r --prod", f"{FROZEN} --filter b...", f"cd packages/b && {FROZEN}", f"{FROZEN} -w"]
)
def test_workspaces_are_closed_by_the_manifests_of_their_members(script: str) -> None:
    verdict = judge(PNPM, script, workspace())
    assert verdict.is_safe
    assert verdict.manifests == [
        *("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "packages/a/package.json"),
        *("packages/b/package.json", "packages/b/.npmrc"),
    ]
    assert "/app/packages/a/node_modules" in verdict.needs.outputs


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        (FROZEN, "pnpm fetch"),
        (f"{FROZEN} --prod", "pnpm fetch --prod"),
        ("corepack pnpm i --frozen-lockfile -P --store-dir /s", "corepack pnpm fetch -P --store-dir /s"),
        ("NODE_ENV=production pnpm -C . i --frozen-lockfile", "NODE_ENV=production pnpm fetch -C ."),
    ],
)
@pytest.mark.parametrize("member", [{"bin": "cli.js"}, {"scripts": {"postinstall": "tsc"}}, {"dependencies": {"x": "file:./x"}}, {"dependenciesMeta": {"b": {"injected": True}}}])  # fmt: skip
def test_fetches_first_where_the_install_reads_the_source(member: dict[str, object], script: str, fetch: str) -> None:
    """Run with pnpm 9.15, 10.34 and 12.21: `pnpm fetch` first leaves the same node_modules and store."""
    verdict = judge(PNPM, script, workspace(**member))
    assert (verdict.blocked, verdict.check, verdict.needs.fetch) == ([], [], fetch)
    assert verdict.manifests == ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"]


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        (f"{FROZEN} --filter a", {}, "packages/a/package.json has a command (bin), which pnpm links and makes executable"),
        (FROZEN, {".npmrc": "node-linker=hoisted"}, "packages/a/package.json has a command (bin), which pnpm links and makes executable"),
        (f"cd packages/a && {FROZEN}", {}, "packages/a/package.json has a command (bin), which pnpm links and makes executable"),
        (f"{FROZEN} --filter '[origin/main]'", {}, "its filter asks git what has changed"),
    ],
)  # fmt: skip
def test_where_fetching_first_is_not_the_same(script: str, more: dict[str, str], reason: str) -> None:
    verdict = judge(PNPM, script, {**workspace(bin="cli.js"), **more})
    assert reason in verdict.blocked
    assert verdict.needs.fetch is None


def test_an_offline_install_is_the_second_half() -> None:
    assert judge(PNPM, "pnpm i -r --offline", PROJECT).needs.source


def test_links_are_closed_by_their_manifest() -> None:
    project = {**PROJECT, "package.json": PACKAGE[:-1] + ', "pnpm": {"overrides": {"lib": "link:./lib"}}}'}
    verdict = judge(PNPM, FROZEN, {**project, "lib/package.json": "{}", "lib/index.js": ""})
    assert verdict.is_safe
    assert verdict.manifests == ["package.json", "pnpm-lock.yaml", "lib/package.json"]
