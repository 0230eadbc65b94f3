"""An empty or broken lockfile is judged alike for all managers; so is one that is there, whatever is wrong with it."""

from __future__ import annotations

import pytest

from commands.installs import judge
from layerwise.commands.registry import ecosystems

MANAGERS = {it.name: it for it in ecosystems()}
NODE = {"package.json": "{}"}
PYTHON = {"pyproject.toml": '[project]\nname = "a"\nversion = "1"\n', "a.py": ""}


@pytest.mark.parametrize("text", ["{}", "  ", "<<<<<<< HEAD"])
@pytest.mark.parametrize(
    ("manager", "script", "project", "lock"),
    [
        ("npm", "npm ci", NODE, "package-lock.json"),
        ("npm", "npm install", NODE, "npm-shrinkwrap.json"),
        ("pnpm", "pnpm install --frozen-lockfile", NODE, "pnpm-lock.yaml"),
        ("yarn", "yarn install --frozen-lockfile", NODE, "yarn.lock"),
        ("bun", "bun install --frozen-lockfile", NODE, "bun.lock"),
        ("deno", "deno install --frozen", {"deno.json": "{}"}, "deno.lock"),
        ("Poetry", "poetry install --no-root", {"pyproject.toml": '[tool.poetry]\nname = "a"\n'}, "poetry.lock"),
        ("PDM", "pdm sync --no-self", PYTHON, "pdm.lock"),
        ("uv", "uv sync --frozen --no-install-project", PYTHON, "uv.lock"),
        ("Pipenv", "pipenv sync", {"Pipfile": "[packages]\n"}, "Pipfile.lock"),
        ("Composer", "composer install --no-scripts --no-autoloader", {"composer.json": "{}"}, "composer.lock"),
        ("Bundler", "bundle install", {"Gemfile": 'source "https://rubygems.org"\ngem "a"\n'}, "Gemfile.lock"),
        ("Dart and Flutter", "dart pub get --enforce-lockfile", {"pubspec.yaml": "name: a\n"}, "pubspec.lock"),
        ("dotnet", "dotnet restore", {"App/App.csproj": '<Project Sdk="Microsoft.NET.Sdk"></Project>'}, "App.sln"),
    ],
)  # fmt: skip
def test_a_lockfile_that_can_be_none_withholds_the_fix(
    manager: str, script: str, project: dict[str, str], lock: str, text: str
) -> None:
    text = text if lock != "yarn.lock" or text.strip() else "{}"  # an empty one is good for yarn
    verdict = judge(MANAGERS[manager], script, {**project, lock: text})
    assert [it for it in verdict.blocked if it.startswith(lock)], verdict.blocked
    assert not [it for it in verdict.blocked if "does not have" in it or "has no" in it], "it is there"
