"""Mix: which tasks install, and what a mix.exs and the configuration make them read."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.beam.mix import MIX
from layerwise.commands.beam.mix_exs import read_script


def mix(deps: str = '{:jason, "~> 1.4"}', more: str = "") -> str:
    return (
        "defmodule App.MixProject do\n  use Mix.Project\n\n"
        f'  def project, do: [app: :app, {more}version: "1.0.0", deps: [{deps}]]\nend\n'
    )


PROJECT = {
    "mix.exs": mix(),
    "mix.lock": "%{}",
    "lib/a.ex": "",
    "config/config.exs": 'import Config\nimport_config "#{config_env()}.exs"\n',
    "config/dev.exs": "import Config\n",
    "config/prod.exs": 'import Config\nconfig :app, App.Repo, url: System.get_env("URL")\n',
    "config/runtime.exs": "import Config\n",
}


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("mix deps.get", "mix deps.get"),
        ("mix deps.get --only prod", "mix deps.get"),
        ("MIX_ENV=prod mix deps.get --only $MIX_ENV", "mix deps.get"),
        ("mix deps.compile", "mix deps.compile"),
        ("mix deps.compile jason --force", "mix deps.compile"),
        ("mix do deps.get, deps.compile", "mix do deps.get, deps.compile"),
        ("mix do deps.get --only prod + deps.compile", "mix do deps.get, deps.compile"),
        ("mix do local.hex --force, local.rebar --force, deps.get", "mix deps.get"),
        ("mix do deps.get, compile", "mix deps.get"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(MIX, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize(
    "script", ["mix compile", "mix release", "mix local.hex --force", "mix deps.get --what", "mix"]
)
def test_not_recognised(script: str) -> None:
    assert recognised(MIX, script) is None


@pytest.mark.parametrize(
    ("script", "files", "manifests"),
    [
        ("mix deps.get --check-locked", {}, ["mix.exs", "mix.lock"]),
        ("mix deps.get --check-locked", {"mix.exs": mix().replace('"1.0.0"', 'String.trim(File.read!("VERSION"))'), "VERSION": ""}, ["mix.exs", "mix.lock", "VERSION"]),
        ("mix deps.get --check-locked", {"mix.exs": mix('{:a, path: "libs/a"}'), "libs/a/mix.exs": mix('{:b, path: "../b"}'), "libs/b/mix.exs": mix("")},
         ["mix.exs", "mix.lock", "libs/a/mix.exs", "libs/b/mix.exs"]),
        ("mix deps.get --check-locked", {"mix.exs": mix("", 'apps_path: "apps", '), "apps/a/mix.exs": mix("{:b, in_umbrella: true}"), "apps/b/mix.exs": mix(), "apps/README": ""},
         ["mix.exs", "mix.lock", "apps/a/mix.exs", "apps/b/mix.exs"]),
        ("mix deps.compile", {}, ["mix.exs", "mix.lock", "config/config.exs", "config/dev.exs"]),
        ("MIX_ENV=prod mix deps.compile", {}, ["mix.exs", "mix.lock", "config/config.exs", "config/prod.exs"]),
    ],
)  # fmt: skip
def test_manifests(script: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(MIX, script, {**PROJECT, **files})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)
    assert verdict.needs.outputs == ("/app/deps", "/app/_build")


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("mix deps.get", {"mix.exs": mix().replace('"1.0.0"', 'elem(System.cmd("git", []), 0)')}, "mix.exs uses System.cmd, and may read any file"),
        ("mix deps.get", {"mix.exs": 'Code.require_file("x.exs")\n' + mix()}, "mix.exs uses Code.require_file, and may read any file"),
        ("mix deps.get", {"mix.exs": mix().replace('"1.0.0"', "File.read!(path())")}, "mix.exs uses File.read!, and may read any file"),
        ("mix deps.get", {"mix.exs": mix('{:a, path: "../a"}')}, "../a/mix.exs is not there, as far as the build context tells, or can't be read here"),
        ("mix deps.compile", {"mix.exs": mix('{:a, path: "a"}'), "a/mix.exs": mix("")}, "`mix deps.compile` compiles the project's own apps and path dependencies as well, from their source"),
        ("mix deps.compile", {"config/dev.exs": 'import_config "../apps/*/config.exs"\n'}, "config/dev.exs uses import_config, and may read any file"),
        ("MIX_ENV=$E mix deps.compile", {"config/config.exs": "import Config\n"}, "MIX_ENV depends on a variable, and with it which configuration is read"),
        ("mix do compile, deps.get", {}, "other tasks run in front of deps.get"),
        ("cd /elsewhere && mix deps.get", {}, "the build context has no mix.exs for the folder where it runs"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(MIX, script, {**PROJECT, **files}).blocked == [reason]


def test_review() -> None:
    rewrites = "`mix deps.get` may rewrite mix.lock, and the later COPY would put the old one back"
    assert judge(MIX, "mix deps.get", PROJECT).check == [rewrites]
    lacks = "there is no mix.lock, so the versions of the first build stay until mix.exs changes"
    assert judge(MIX, "mix deps.get", {"mix.exs": mix(), "lib/a.ex": ""}).check == [lacks]


def test_other_tasks_behind_the_download() -> None:
    needs = judge(MIX, "MIX_ENV=prod mix do deps.get --only prod, compile", PROJECT).needs
    assert needs.fetch == "MIX_ENV=prod mix deps.get --only prod"


@pytest.mark.parametrize(
    "text",
    [
        mix('{:phoenix, "~> 1.7"}, {:plug_cowboy, "~> 2.5", only: [:dev]}, {:x, github: "a/b", branch: "main"}'),
        mix(more="elixirc_paths: elixirc_paths(Mix.env()), start_permanent: Mix.env() == :prod, "),
        "def application, do: [mod: {App.Application, []}, extra_applications: [:logger]]",
        'releases: [app: [steps: [:assemble, &App.Release.copy/1], path: "x"]]'.replace(', path: "x"', ""),
        "config :app, root: File.cwd!(), idle: :timer.minutes(5), day: Duration.new!(day: 1)",
        'config :app, App.Endpoint, secret: System.fetch_env!("S"), pattern: ~r/File.read/ # Code.eval_file("x")',
        'description: """\nUses File.read!("x") and System.cmd\n"""',
    ],
)
def test_usual_scripts(text: str) -> None:
    script = read_script(text, "prod")
    assert (script.unknown, script.reads, script.local) == ("", [], [])
