"""Rebar: which commands get dependencies, and what a rebar.config may make them read."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.beam.rebar import REBAR

PROJECT = {"rebar.config": '{deps, [{cowboy, "2.12.0"}]}.\n', "rebar.lock": "[].\n", "src/a.erl": ""}


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("rebar3 get-deps", "rebar3 get-deps"),
        ("rebar3 as prod get-deps", "rebar3 as prod get-deps"),
        ("./rebar3 compile", "rebar3 compile"),
        ("DEBUG=1 rebar3 as prod tar", "rebar3 as prod tar"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(REBAR, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize("script", ["rebar3 eunit", "rebar3 do compile, ct", "rebar3 as $P compile", "rebar3"])
def test_not_recognised(script: str) -> None:
    assert recognised(REBAR, script) is None


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("rebar3 get-deps", None),
        ("rebar3 compile", "rebar3 get-deps"),
        ("REBAR_COLOR=none rebar3 as prod release", "REBAR_COLOR=none rebar3 as prod get-deps"),
    ],
)
def test_always_for_review(script: str, fetch: str | None) -> None:
    verdict = judge(REBAR, script, PROJECT)
    assert (verdict.manifests, verdict.blocked) == (["rebar.config", "rebar.lock"], [])
    assert verdict.check[0] == "`rebar3` may rewrite rebar.lock, and the later COPY would put the old one back"
    assert verdict.needs.fetch == fetch
    assert verdict.needs.outputs == ("/app/_build",)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"rebar.config.script": ""}, "rebar.config.script is a program that may read any file"),
        ({"rebar.config": "{deps, [a]}. {pre_hooks, []}."}, "rebar.config sets pre_hooks, so that rebar3 may read other files"),
        ({"rebar.config": '{deps, [{a, {git, "../a"}}]}.'}, 'rebar.config names a folder of the project ("../a")'),
        ({"_checkouts/a/src/a.erl": ""}, "the project has checked out dependencies (_checkouts/a/src/a.erl)"),
        ({"apps/a/rebar.config": ""}, "/app/apps/a/rebar.config may name more dependencies, and is read only beside its app's source"),
    ],
)  # fmt: skip
def test_blocked(files: dict[str, str], reason: str) -> None:
    assert judge(REBAR, "rebar3 get-deps", {**PROJECT, **files}).blocked == [reason]


@pytest.mark.parametrize("files", [{"src/a.erl": ""}, {"rebar.config": "{erl_opts, []}.", "src/a.erl": ""}])
def test_a_build_without_dependencies(files: dict[str, str]) -> None:
    assert judge(REBAR, "rebar3 compile", files).needs.source
