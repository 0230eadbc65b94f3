"""deno: which commands install, and what deno.json makes an install read."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.node.deno import DENO

CONFIG = """\
{
  // Comments, and commas at the end, are fine.
  "imports": { "left-pad": "npm:left-pad@1.3.0", "@/": "./src/", },
}
"""
PROJECT = {"deno.json": CONFIG, "deno.lock": '{"version": "5"}', "main.ts": "", "src/x.ts": ""}
FROZEN = "deno install --frozen"


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("deno install", "deno install"),
        ("deno i --quiet --frozen", "deno i"),
        ("deno install --frozen=true --allow-scripts=npm:x", "deno install"),
        ("deno ci", "deno ci"),
        ("deno cache main.ts deps.ts", "deno cache"),
        ("deno install --entrypoint main.ts", "deno install"),
        ("deno cache --allow-import --no-check main.ts", "deno cache"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(DENO, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize(
    "script", ["deno run main.ts", "deno install -g npm:x", "deno install npm:x", "deno task build", "deno ci --what x"]
)
def test_not_recognised(script: str) -> None:
    assert recognised(DENO, script) is None


@pytest.mark.parametrize(
    ("script", "more", "manifests"),
    [
        (FROZEN, {}, ["deno.json", "deno.lock"]),
        ("deno ci", {"tsconfig.json": "", ".npmrc": ""}, ["deno.json", ".npmrc", "tsconfig.json", "deno.lock"]),
        (FROZEN, {"package.json": '{"dependencies": {"is-odd": "3.0.1"}, "scripts": {"postinstall": "tsc"}}'}, ["deno.json", "package.json", "deno.lock"]),
        (FROZEN, {"deno.json": '{"importMap": "./import_map.json"}', "import_map.json": '{"imports": {"a": "npm:a@1"}}'}, ["deno.json", "import_map.json", "deno.lock"]),
        (FROZEN, {"deno.json": '{"workspace": ["./a", "b"]}', "a/deno.jsonc": "{}", "b/package.json": "{}"}, ["deno.json", "a/deno.jsonc", "b/package.json", "deno.lock"]),
        ("deno install", {"deno.json": '{"lock": {"frozen": true}}'}, ["deno.json", "deno.lock"]),
    ],
)  # fmt: skip
def test_safe(script: str, more: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(DENO, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


@pytest.mark.parametrize(
    ("script", "more", "check"),
    [
        ("deno install", {}, "`deno install` may rewrite deno.lock, and the later COPY would put the old one back"),
        (FROZEN, {"deno.json": '{"imports": {"@std/path": "jsr:@std/path@1"}}'}, "packages from JSR are got as well, which layerwise has not seen deno do from deno.json only"),
        (FROZEN, {"deno.json": '{"allowScripts": ["npm:sharp"]}'}, "allowScripts lets packages run install scripts: make sure that they read no file of the project"),
    ],
)  # fmt: skip
def test_review(script: str, more: dict[str, str], check: str) -> None:
    verdict = judge(DENO, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check) == ([], [check])


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        (FROZEN, {"deno.json": "{"}, "deno.json can't be read here"),
        # Run with deno 2.9 under strace: it reads the file, and what that imports.
        (FROZEN, {"deno.json": '{"imports": {"x": "./src/x.ts"}}'}, "deno.json imports x from ./src/x.ts, which deno reads with all that it imports"),
        (FROZEN, {"deno.json": '{"links": ["../lib"]}'}, "deno.json sets links, which reads or writes other folders"),
        (FROZEN, {"deno.json": '{"vendor": true}'}, "deno.json sets vendor, which reads or writes other folders"),
        (FROZEN, {"deno.json": '{"lock": false}'}, "deno.json sets where the lockfile is"),
        (FROZEN, {"deno.json": '{"lock": "other.lock"}'}, "deno.json sets where the lockfile is"),
        (f"{FROZEN} --config ci.json", {}, "--config names files or folders of its own"),
        (FROZEN, {"package.json": '{"dependencies": {"a": "file:./a"}}'}, "package.json takes a from a file or folder of the project (file:./a)"),
        ("cd src && deno install --frozen", {}, "the folder where it runs may belong to a workspace above it"),
    ],
)  # fmt: skip
def test_blocked(script: str, more: dict[str, str], reason: str) -> None:
    assert judge(DENO, script, {**PROJECT, **more}).blocked == [reason]


def test_without_lockfile() -> None:
    assert judge(DENO, FROZEN, {"deno.json": "{}"}).blocked == [
        "`deno install` needs a lockfile, and the build context has no deno.lock"
    ]
    assert judge(DENO, "deno install", {"deno.json": "{}"}).check == [
        "there is no lockfile, so the versions of the first build stay until deno.json changes"
    ]


def test_cache_of_a_program() -> None:
    verdict = judge(DENO, "deno cache --frozen main.ts", PROJECT)
    assert verdict.needs.fetch == "deno install"
    assert (verdict.blocked, verdict.check) == (
        [],
        ["the install needs deno 2, and takes all that deno.json lists, also what the program does not import"],
    )
    assert judge(DENO, "deno cache main.ts", {"main.ts": ""}).needs.source
