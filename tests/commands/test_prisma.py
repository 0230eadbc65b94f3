"""Prisma's client: its install script reads the schema, with every manager for Node.js."""

from __future__ import annotations

import pytest

from commands.installs import judge
from commands.test_npm import LOCK, locked
from layerwise.commands.kit.install import Ecosystem
from layerwise.commands.node.bun import BUN
from layerwise.commands.node.npm import NPM
from layerwise.commands.node.pnpm import PNPM
from layerwise.commands.node.yarn import YARN

CLIENT = '{"dependencies": {"@prisma/client": "6.1.0"}}'
NPM_LOCK = locked("node_modules/@prisma/client", version="6.1.0", hasInstallScript=True)["package-lock.json"]
PNPM_LOCK = "lockfileVersion: '9.0'\npackages:\n  '@prisma/client@6.1.0':\n"
CLIENT_CHECK = "@prisma/client runs Prisma during the install: make sure that it reads nothing but "


@pytest.mark.parametrize(
    ("ecosystem", "script", "locks"),
    [
        (NPM, "npm ci", {"package-lock.json": NPM_LOCK}),
        (NPM, "npm install", {"package-lock.json": NPM_LOCK}),
        (PNPM, "pnpm install --frozen-lockfile", {"pnpm-lock.yaml": PNPM_LOCK}),
        (YARN, "yarn install --frozen-lockfile", {"yarn.lock": "# yarn lockfile v1\n"}),
        (YARN, "yarn install --immutable", {"yarn.lock": "__metadata:\n  version: 8\n", ".yarnrc.yml": ""}),
        (BUN, "bun install --frozen-lockfile", {"bun.lock": '{"lockfileVersion": 1, "packages": {}}'}),
    ],
)
@pytest.mark.parametrize(
    ("more", "read", "folders", "named"),
    [
        ({"prisma/schema.prisma": ""}, ["prisma/schema.prisma"], (), "prisma/schema.prisma"),
        ({"schema.prisma": ""}, ["schema.prisma"], (), "schema.prisma"),
        ({"prisma/schema/a.prisma": "", "prisma/schema/b.prisma": ""}, [], ("/app/prisma/schema",), "prisma/schema"),
        ({"package.json": CLIENT[:-1] + ', "prisma": {"schema": "db/main.prisma"}}', "db/main.prisma": ""}, ["db/main.prisma"], (), "db/main.prisma"),
        ({"prisma.config.ts": 'export default {\n  schema: "db/a.prisma",\n}', "db/a.prisma": ""}, ["db/a.prisma", "prisma.config.ts"], (), "db/a.prisma"),
        ({"prisma.config.ts": 'export default {\n  schema: path.join("db", "schema"),\n}', "db/schema/a.prisma": ""}, ["prisma.config.ts"], ("/app/db/schema",), "db/schema"),
    ],
)  # fmt: skip
def test_the_client_of_prisma_is_made_from_the_schema_by_its_install_script(
    ecosystem: Ecosystem,
    script: str,
    locks: dict[str, str],
    more: dict[str, str],
    read: list[str],
    folders: tuple[str, ...],
    named: str,
) -> None:
    verdict = judge(ecosystem, script, {"package.json": CLIENT, "src/i.js": "", **locks, **more})
    assert sorted({*verdict.manifests} & {*more} - {"package.json"}) == read
    assert verdict.needs.folders == folders
    assert verdict.blocked == []
    assert [it for it in verdict.check if "@prisma/client" in it] == [f"{CLIENT_CHECK}{named}"]


@pytest.mark.parametrize(
    ("ecosystem", "script", "project"),
    [
        (NPM, "npm ci --ignore-scripts", {"package-lock.json": LOCK}),
        (NPM, "npm ci", locked("node_modules/@prisma/client", version="7.0.0")),
        (PNPM, "pnpm install --frozen-lockfile", {"pnpm-lock.yaml": PNPM_LOCK, "pnpm-workspace.yaml": "onlyBuiltDependencies: []\n", "package.json": CLIENT[:-1] + ', "packageManager": "pnpm@10.1.0"}'}),
        (YARN, "yarn install --immutable", {"yarn.lock": "__metadata:\n", ".yarnrc.yml": "enableScripts: false"}),
        (BUN, "bun install", {"bun.lock": "{}", "package.json": CLIENT[:-1] + ', "trustedDependencies": []}'}),
    ],
)  # fmt: skip
def test_where_its_install_script_does_not_run_the_schema_is_not_needed(
    ecosystem: Ecosystem, script: str, project: dict[str, str]
) -> None:
    verdict = judge(ecosystem, script, {"package.json": CLIENT, "prisma/schema.prisma": "", **project})
    assert "prisma/schema.prisma" not in verdict.manifests
    assert [it for it in verdict.check if "@prisma/client" in it] == []
