"""What ``ecosystems`` prints."""

from __future__ import annotations

import json

import pytest

from layerwise.commands.kit.install import SECTIONS, Ecosystem
from layerwise.commands.registry import ecosystems

from .conftest import Project


def test_the_list_has_a_line_for_each(empty: Project) -> None:
    result = empty.run("ecosystems")
    assert result.code == 0
    lines = result.out.splitlines()
    assert [it.split("  ")[0] for it in lines] == sorted((it.name for it in ecosystems()), key=str.lower)
    names = [it.split("  ")[0] for it in lines if it.lower().count(it.split("  ")[0].lower() + ":")]
    assert names == [], "said twice"


@pytest.mark.parametrize("ecosystem", ecosystems(), ids=lambda it: it.name)
def test_each_says_what_is_copied_and_when_there_is_no_fix(empty: Project, ecosystem: Ecosystem) -> None:
    it = ecosystem
    text = empty.run("ecosystems", it.name).out
    assert text.startswith(f"{it.name}\n\n{it.documentation.summary}\n")
    assert [line for line in text.splitlines() if line in SECTIONS] == list(SECTIONS)
    assert "``" not in text


def test_one_is_found_by_its_command_too(empty: Project) -> None:
    (it,) = json.loads(empty.run("ecosystems", "mvn", "--format", "json").out)["ecosystems"]
    assert (it["name"], list(it["sections"])) == ("Maven", list(SECTIONS))
    assert it["programs"] == ["mvn", "mvnw"]


def test_an_unknown_one_is_refused_with_those_that_are_known(empty: Project) -> None:
    result = empty.run("ecosystems", "nix")
    assert result.code == 2
    assert "there is no package manager 'nix' here; known are " in result.err
