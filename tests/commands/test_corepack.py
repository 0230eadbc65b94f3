"""corepack: it gets the manager that the nearest package.json names."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.node.corepack import COREPACK

NAMED = '{"packageManager": "pnpm@10.0.0"}'


@pytest.mark.parametrize("script", ["corepack install", "corepack prepare --activate", "cd web && corepack install"])
def test_recognised(script: str) -> None:
    assert recognised(COREPACK, script) is not None


@pytest.mark.parametrize("script", ["corepack enable", "corepack prepare pnpm@9 --activate", "corepack install -g pnpm", "corepack pnpm i"])  # fmt: skip
def test_not_recognised(script: str) -> None:
    assert recognised(COREPACK, script) is None


@pytest.mark.parametrize(
    ("files", "manifests"),
    [
        ({"package.json": NAMED, "x": ""}, ["package.json"]),
        ({"package.json": NAMED, ".corepack.env": ""}, ["package.json", ".corepack.env"]),
        ({"package.json": NAMED, "web/package.json": NAMED}, ["web/package.json"]),
    ],
)
def test_manifests(files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(COREPACK, "cd web && corepack install", files)
    assert verdict.is_safe
    assert verdict.manifests == manifests


def test_a_folder_that_has_no_manifest_comes_with_the_copy() -> None:
    # Corepack looks up until a package.json has the field.
    verdict = judge(COREPACK, "cd web && corepack install", {"package.json": NAMED, "web/package.json": "{}"})
    assert verdict.manifests == ["package.json"]
    assert verdict.blocked == ["the folder where it runs, /app/web, is not there before the COPY"]


def test_no_manager_named() -> None:
    assert judge(COREPACK, "corepack install", {"package.json": "{}"}).blocked == [
        "no package.json of the build context names the manager to get (packageManager)"
    ]
