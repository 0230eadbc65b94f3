"""RubyGems: only an install of what a Gemfile lists."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.ruby.gem import GEM

PROJECT = {"Gemfile": 'source "https://rubygems.org"\ngem "rack"\n', "Gemfile.lock": "GEM\n", "app.rb": ""}


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("gem install --no-document --file Gemfile", "gem install --file"),
        ("gem i -g Gemfile -N", "gem i --file"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(GEM, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize("script", ["gem install rack", "gem update --system", "gem build x.gemspec", "gem install -q"])
def test_not_recognised(script: str) -> None:
    assert recognised(GEM, script) is None


def test_it_writes_the_lockfile() -> None:
    verdict = judge(GEM, "gem install -g Gemfile", PROJECT)
    assert (verdict.manifests, verdict.blocked) == (["Gemfile", "Gemfile.lock"], [])
    assert verdict.check == [
        "`gem install --file` may rewrite Gemfile.lock, and the later COPY would put the old one back"
    ]


@pytest.mark.parametrize(
    ("script", "gemfile", "reason"),
    [
        ("gem install -g Gemfile", "gemspec\n", "Gemfile reads the project's gemspec, a Ruby program that may read any file"),
        ("gem install -g Other", "", "the build context has no such Gemfile for the folder where it runs"),
        ("gem install -g $G", "", "the build context has no such Gemfile for the folder where it runs"),
    ],
)  # fmt: skip
def test_blocked(script: str, gemfile: str, reason: str) -> None:
    assert judge(GEM, script, {**PROJECT, "Gemfile": gemfile}).blocked == [reason]
