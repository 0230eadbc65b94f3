"""Which commands of which managers are recorded, and in what project. Explicit, in the order of their files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Recipe:
    """One command in a project of fixtures/projects, with some files in addition, and without those of some globs."""

    command: str
    project: str
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: str = "."
    without: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    version_option: str = "--version"

    @property
    def words(self) -> list[str]:
        """The command as words."""
        return shlex.split(self.command)

    @property
    def version(self) -> list[str]:
        """The command that tells the program's version."""
        return [self.words[0], self.version_option]


_NO_LOCK: Final = ("*.lock", "*lock.json", "*lock.yaml")

_PYPROJECT: Final = {
    "pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndependencies = ["six"]\n[dependency-groups]\ndev = ["six"]\n'
}
_GEMFILE: Final = {"Gemfile": 'source "https://rubygems.org"\ngem "rake"\n', "Gemfile.lock": ""}
_COMPOSER: Final = {
    "composer.json": '{"repositories": [{"packagist.org": false}, {"type": "path", "url": "lib"}], "require": {"a/lib": "*"}}',
    "lib/composer.json": '{"name": "a/lib", "version": "1.0.0"}',
}
_GO: Final = {
    "go.mod": "module example.org/a\ngo 1.19\nrequire example.org/lib v0.0.0\nreplace example.org/lib => ./lib\n",
    "go.sum": "",
    "lib/go.mod": "module example.org/lib\ngo 1.19\n",
    "lib/lib.go": "package lib\n",
    "cmd/tickets/main.go": 'package main\nimport _ "example.org/lib"\nfunc main() {}\n',
}
_MIX: Final = {
    "mix.exs": (
        "defmodule A.MixProject do\n  use Mix.Project\n  def project do\n"
        '    [app: :a, version: "1.0.0", deps: [{:lib, path: "libs/lib"}]]\n  end\nend\n'
    ),
    "libs/lib/mix.exs": (
        'defmodule Lib.MixProject do\n  use Mix.Project\n  def project, do: [app: :lib, version: "1.0.0"]\nend\n'
    ),
}
_REBAR: Final = {"rebar.config": "{deps, []}.\n"}
_NO_DEPENDENCIES: Final = {"rebar.lock": "[].\n"}

RECIPES: Final[Mapping[str, Sequence[Recipe]]] = {
    "apt-get": (Recipe("apt-get install --print-uris --no-install-recommends curl", "system-packages"),),
    "bun": (Recipe("bun install --frozen-lockfile", "bun"), Recipe("bun install", "bun", without=_NO_LOCK)),
    "bundler": (Recipe("bundle install", "gem", _GEMFILE),),
    "cargo": (
        Recipe("cargo fetch --locked", "cargo"),
        Recipe("cargo build --release --locked", "cargo"),
        Recipe("cargo build --release", "cargo", folder="server", without=_NO_LOCK),
        Recipe("cargo install --path server --locked --root /tmp/installed", "cargo"),
    ),
    "composer": (
        Recipe("composer install --no-dev --no-interaction", "composer", _COMPOSER, without=_NO_LOCK),
        Recipe("composer install --no-scripts --no-autoloader --no-dev", "composer"),
    ),
    "corepack": (Recipe("corepack install", "corepack"), Recipe("corepack enable --install-directory .", "corepack")),
    "curl": (Recipe("curl -fsSLO https://localhost:1/a.tar.gz", "npm"),),
    "deno": (
        Recipe("deno install --frozen", "deno"),
        Recipe("deno cache main.ts", "deno"),
        Recipe("deno install", "npm", without=_NO_LOCK),
    ),
    "gem": (
        Recipe("gem install --no-document --file Gemfile", "gem", _GEMFILE),
        Recipe("gem install --no-document rake", "gem"),
    ),
    "git": (Recipe("git clone https://localhost:1/a.git", "npm"),),
    "go": (
        Recipe("go mod download", "go", _GO, version_option="version"),
        Recipe("go mod download", "go", folder="cmd/tickets", files=_GO),
        Recipe("go build -o /tmp/tickets ./cmd/tickets", "go", _GO),
        Recipe("go install ./...", "go", _GO),
    ),
    "gradle": (
        Recipe("gradle --no-daemon dependencies", "gradle"),
        Recipe("gradle --no-daemon --offline build", "gradle", folder="web"),
    ),
    "make": (Recipe("make -f Makefile install", "npm", {"Makefile": "install:\n\ttrue\n"}), Recipe("make", "npm")),
    "maven": (
        Recipe("mvn -B dependency:go-offline", "maven"),
        Recipe("mvn -B -o package", "maven"),
        Recipe("mvn -B -o package -pl web -am", "maven"),
    ),
    "mix": (Recipe("mix deps.get", "mix", _MIX, without=_NO_LOCK), Recipe("mix deps.compile", "mix", _MIX)),
    "npm": (
        Recipe("npm ci", "npm"),
        Recipe("npm install", "npm", without=_NO_LOCK),
        Recipe("npm ci --omit=dev --ignore-scripts", "npm"),
    ),
    "pdm": (
        Recipe("pdm install --prod --frozen-lockfile", "pdm"),
        Recipe("pdm sync --no-self", "pdm"),
        Recipe("pdm install", "pdm", without=_NO_LOCK),
    ),
    "pip": (
        Recipe("pip install -r requirements.txt", "pip"),
        Recipe("pip install --user -r requirements.txt", "pip"),
        Recipe("python -m pip install -r requirements.txt", "pip"),
        Recipe("pip install --group dev", "pip", _PYPROJECT),
    ),
    "pip-tools": (Recipe("pip-sync requirements.txt", "pip", {"requirements.txt": "six==1.17.0\n"}),),
    "pipenv": (
        Recipe("pipenv install --deploy", "pipenv"),
        Recipe("pipenv sync", "pipenv"),
        Recipe("pipenv install --system --deploy", "pipenv"),
    ),
    "pnpm": (
        Recipe("pnpm install --frozen-lockfile", "pnpm"),
        Recipe("pnpm install --frozen-lockfile", "pnpm", folder="packages/server"),
        Recipe("pnpm fetch", "pnpm"),
    ),
    "poetry": (
        Recipe("poetry install --only main --no-root", "poetry"),
        Recipe("poetry sync --no-root", "poetry", environment={"POETRY_VIRTUALENVS_IN_PROJECT": "1"}),
        Recipe("poetry install", "poetry"),
    ),
    "pyenv": (
        Recipe("pip install -r requirements.txt", "pip"),
        Recipe("pip install -r requirements.txt", "pip", folder="app"),
    ),
    "rebar3": (
        Recipe("rebar3 get-deps", "rebar", _REBAR | _NO_DEPENDENCIES),
        Recipe("rebar3 compile --deps_only", "rebar", _REBAR | _NO_DEPENDENCIES),
    ),
    "rustup": (Recipe("cargo fetch --locked", "cargo", folder="server"),),
    "uv": (
        Recipe("uv sync --locked --no-dev", "uv"),
        Recipe("uv sync --frozen --no-install-project", "uv"),
        Recipe("uv pip install --system -r requirements.txt", "pip"),
        Recipe("uv pip sync --system requirements.txt", "pip"),
    ),
    "yarn-berry": (Recipe("yarn install --immutable", "yarn-berry"), Recipe("yarn install", "npm", without=_NO_LOCK)),
    "yarn-classic": (
        Recipe("yarn install --frozen-lockfile --production", "yarn-classic"),
        Recipe("yarn install --frozen-lockfile --ignore-scripts", "yarn-classic"),
        Recipe("yarn install", "yarn-classic", without=_NO_LOCK),
    ),
}
