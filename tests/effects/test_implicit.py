"""What an install reads though neither its command nor its manifests name it: one file, one way to it, one answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from effects.started_installs import unasked
from layerwise.effects.programs import is_started

PROBES = sorted((Path(__file__).parents[2] / "fixtures" / "probes").glob("*.json"))

ON_PATH = [
    ("bin/npm", "ENV PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/npm", "ENV PATH=bin:$PATH", "RUN npm ci"),
    ("bin/npm", "ENV PATH=./bin/:$PATH", "RUN npm ci"),
    ("npm", "ENV PATH=.:$PATH", "RUN npm ci"),
    ("npm", "ENV PATH=$PATH:", "RUN npm ci"),
    ("bin/npm", "ENV PATH=/usr/bin:/app/bin", "RUN npm ci"),
    ("bin/npm", "ENV PATH=/app/bin:$PATH\nENV PATH=/x:$PATH", "RUN npm ci"),
    ("bin/npm", "", "RUN PATH=/app/bin:$PATH npm ci"),
    ("bin/npm", "", 'RUN PATH="/app/bin:$PATH" npm ci'),
    ("bin/npm", "", "RUN env PATH=/app/bin:$PATH npm ci"),
    ("bin/npm", "ENV PATH=/app/bin:$PATH", "RUN PATH=/x:$PATH npm ci"),
    ("bin/npm", "ARG PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/npm", "ARG TOOLS\nENV PATH=$TOOLS:$PATH", "RUN npm ci"),
    ("bin/npm", "ENV PATH=$HOME/bin:$PATH", "RUN npm ci"),
    ("bin/npm", "ENV PATH=${HOME}/bin:${PATH}", "RUN npm ci"),
    ("bin/npm", "ENV PATH=/opt/$TOOLS/bin:$PATH", "RUN npm ci"),
    ("web/bin/npm", "ENV PATH=bin:$PATH", "RUN cd web && npm ci"),
    ("bin/git", "ENV PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/sh", "ENV PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/python3.12", "ENV PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/x86_64-linux-gnu-gcc-14", "ENV PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/pg_config", "ENV PATH=/app/bin:$PATH", "RUN npm ci"),
    ("bin/rare", "ENV PATH=/app/bin:$PATH", "RUN rare ci"),
]


@pytest.mark.parametrize(("file", "before", "run"), ON_PATH)
def test_a_program_of_the_project_on_path_withholds(file: str, before: str, run: str) -> None:
    found = unasked(file, before, run)
    assert [it.startswith(f"{file} lies in a folder of PATH (") for it in found.withheld] == [True]


@pytest.mark.parametrize(
    ("file", "before"),
    [
        ("bin/x", "ENV PATH=$PATH:/app/bin"),
        ("bin/npmrc", "ENV PATH=/app/bin:$PATH"),
        ("bin/npm/x", "ENV PATH=/app/bin:$PATH"),
        ("bin/deep/npm", "ENV PATH=/app/bin:$PATH"),
        ("tools/npm", "ENV PATH=/app/bin:$PATH"),
        ("bin/npm", "ENV PATH=/app/binary:$PATH"),
        ("bin/npm", "ENV PATH=$TOOLS/sbin:$PATH"),
        ("bin/npm", "ENV PATH=/app/bin:$PATH\nENV PATH=/usr/bin"),
        ("npm", "ENV PATH=$PATH"),
        ("npm", ""),
    ],
)
def test_what_can_not_be_started_by_path_does_not_matter(file: str, before: str) -> None:
    assert unasked(file, before) == ([], [], [])


@pytest.mark.parametrize("path", [pytest.param(it, id=it.stem) for it in PROBES])
def test_programs_that_real_managers_looked_for_on_path(path: Path) -> None:
    asked = {name for it in json.loads(path.read_text())["runs"] for name in it["programs"]}
    assert sorted(it for it in asked if not is_started(it)) == []


SHELLS = [
    ('SHELL ["/app/tools/sh", "-c"]', "RUN npm ci", "/app/tools/sh"),
    ('SHELL ["./tools/sh", "-c"]', "RUN npm ci", "./tools/sh"),
    ('SHELL ["/opt/sh", "-c"]', "RUN npm ci", "/opt/sh"),
    ('SHELL ["/bin/bash", "-c", ". ./env.sh; eval \\"$0\\""]', "RUN npm ci", '. ./env.sh; eval "$0"'),
    ('SHELL ["/bin/bash", "--rcfile", "env.sh", "-c"]', "RUN npm ci", "--rcfile"),
    ('SHELL ["/bin/bash", "-O", "extglob", "-c"]', "RUN npm ci", "-O"),
    ("", 'RUN ["/app/tools/sh", "-c", "npm ci"]', "/app/tools/sh"),
    ("", 'RUN ["/bin/bash", "--rcfile", "env.sh", "-c", "npm ci"]', "--rcfile"),
    ("", "RUN <<EOF\n#!/app/tools/sh\nnpm ci\nEOF", "/app/tools/sh"),
]


@pytest.mark.parametrize(("before", "run", "odd"), SHELLS)
def test_a_shell_that_is_or_reads_a_file_of_the_project_withholds(before: str, run: str, odd: str) -> None:
    found = unasked("tools/sh env.sh", before, run)
    assert found.withheld == [f"the shell of the RUN ({odd}) may be, or read, a file of the project"]


@pytest.mark.parametrize(
    ("before", "run"),
    [
        ('SHELL ["/bin/bash", "-o", "pipefail", "-euxc"]', "RUN npm ci"),
        ('SHELL ["/bin/bash", "-eo", "pipefail", "-l", "-c"]', "RUN npm ci"),
        ('SHELL ["/usr/local/bin/bash", "--login", "-c"]', "RUN npm ci"),
        ('SHELL ["/bin/busybox", "sh", "-c"]', "RUN npm ci"),
        ('SHELL ["bash", "-c"]', "RUN npm ci"),
        ("", 'RUN ["/bin/sh", "-ec", "npm ci"]'),
        ("", 'RUN ["npm", "ci"]'),
        ('SHELL ["/app/tools/sh", "-c"]', 'RUN ["npm", "ci"]'),
        ("", "RUN <<EOF\n#!/usr/bin/env bash\nnpm ci\nEOF"),
        ("", "RUN <<EOF\n#!/bin/sh -e\nnpm ci\nEOF"),
    ],
)
def test_a_plain_shell_reads_nothing(before: str, run: str) -> None:
    assert unasked("tools/sh env.sh", before, run).withheld == []


@pytest.mark.parametrize(
    ("run", "program"),
    [
        ("RUN ./tools/env A=1 npm ci", "./tools/env"),
        ("RUN /app/tools/nice npm ci", "/app/tools/nice"),
        ("RUN ./tools/npm ci", "./tools/npm"),
    ],
)
def test_a_program_of_the_project_withholds(run: str, program: str) -> None:
    found = unasked("tools/env tools/nice tools/npm", run=run)
    assert f"{program} is a file of the project, which may read others" in found.withheld


def test_a_program_of_the_system_does_not() -> None:
    assert unasked("usr/bin/env x", run="RUN /usr/bin/env A=1 npm ci").withheld == []
    assert unasked("x", run="RUN /opt/env A=1 npm ci").withheld == []


HOMES = [
    ("npm", ".npmrc", "ENV HOME=/app"),
    ("npm", ".netrc", "ENV HOME=/app"),
    ("npm", "home/.npmrc", "ENV HOME=home"),
    ("npm", "home/.gitconfig", "ENV HOME=/app/home"),
    ("pip", ".local/lib/python3.11/site-packages/usercustomize.py", "ENV HOME=/app"),
    ("pip", ".pip/pip.conf", "ENV HOME=/app"),
    ("Composer", ".composer/config.json", "ENV HOME=/app"),
    ("Bundler", ".bundle/config", "ENV HOME=/app"),
    ("Conda", ".condarc", "ENV HOME=/app"),
    ("Gradle", ".gradle/init.gradle", "ENV HOME=/app"),
    ("Maven", ".m2/settings.xml", "ENV HOME=/app"),
    ("bun", ".bunfig.toml", "ENV HOME=/app"),
    ("dotnet", ".nuget/NuGet/NuGet.Config", "ENV HOME=/app"),
    ("RubyGems", ".gemrc", "ENV HOME=/app"),
    ("Cargo", ".cargo/config.toml", "ENV HOME=/app"),
    ("apt-get", ".dpkg.cfg", "ENV HOME=/app"),
    # Nobody sets HOME: the folder may be the user's.
    ("npm", ".npmrc", ""),
    ("npm", ".npmrc", "USER app"),
    ("npm", ".netrc", "ENV HOME=$DIR"),
    # Another user's than HOME tells.
    ("npm", ".npmrc", "ENV HOME=/x\nUSER root", "RUN sudo -u app npm ci"),
    ("npm", ".npmrc", "ENV HOME=/x\nUSER root", "RUN gosu app npm ci"),
    ("npm", ".npmrc", "ENV HOME=/x", "RUN env -u HOME npm ci"),
]


@pytest.mark.parametrize("case", HOMES, ids=" ".join)
def test_settings_in_a_home_folder_withhold(case: tuple[str, ...]) -> None:
    manager, file, before, *run = case
    found = unasked(file, before, *run, manager=manager)
    assert found.withheld == [f"the COPY brings {file} to a place where any program may look for settings or code"]


@pytest.mark.parametrize(
    ("manager", "file", "before", "copy"),
    [
        ("pip", ".npmrc", "ENV HOME=/app", "COPY . ."),
        ("npm", ".cargo/config.toml", "", "COPY . ."),
        ("npm", ".npmrc", "ENV HOME=/home/node", "COPY . ."),
        ("npm", "web/.npmrc", "ENV HOME=/app", "COPY . ."),
        ("npm", ".config/dotnet-tools.json", "", "COPY . ."),
    ],
)
def test_settings_that_the_program_does_not_look_for(manager: str, file: str, before: str, copy: str) -> None:
    assert unasked(file, before, copy=copy, manager=manager) == ([], [], [])


@pytest.mark.parametrize(
    ("copy", "before"),
    [
        ("COPY .npmrc /root/", ""),
        ("COPY .npmrc /home/node/", "USER node"),
        ("COPY .npmrc /etc/npmrc", ""),
        ("COPY . /usr/local/lib/x", ""),
        ("COPY . /bin", ""),
        ("COPY . $PHP_INI_DIR", ""),
        ("COPY . /srv", "RUN ln -s /srv/.npmrc /root/.npmrc"),
        ("COPY . /srv", "RUN ln -sf /srv/.npmrc /usr/local/etc/"),
    ],
)
def test_files_for_the_system_or_its_user_withhold(copy: str, before: str) -> None:
    found = unasked(".npmrc", f"ENV HOME=/root\n{before}" if "USER" not in before else before, copy=copy)
    assert found.withheld == ["the COPY brings .npmrc to a place where any program may look for settings or code"]


VERSIONS = [
    ("pip", ".python-version"),
    ("npm", ".nvmrc"),
    ("npm", ".node-version"),
    ("npm", ".tool-versions"),
    ("pnpm", "mise.toml"),
    ("yarn", ".mise.toml"),
    ("Bundler", ".ruby-version"),
    ("Gradle", ".java-version"),
    ("Maven", ".sdkmanrc"),
    ("Cargo", "rust-toolchain.toml"),
    ("dotnet", "global.json"),
    ("Poetry", ".config/mise.toml"),
]


@pytest.mark.parametrize(("manager", "file"), VERSIONS)
def test_files_of_version_managers_are_copied_early(manager: str, file: str) -> None:
    assert unasked(file, "ENV HOME=/x", manager=manager).files == [file]


def test_files_of_version_managers_above_are_copied_too() -> None:
    assert unasked(".nvmrc", run="RUN cd web/app && npm ci").files == [".nvmrc"]
    assert unasked(".nvmrc", run="RUN npm --prefix web ci", directory="/app/web").files == [".nvmrc"]
    assert unasked("web/.nvmrc", run="RUN npm --prefix web ci", directory="/app/web").files == ["web/.nvmrc"]
    assert unasked("web/.nvmrc x").files == []
    assert unasked("x", copy="COPY x .nvmrc").files == [".nvmrc"]


def test_a_file_of_another_languages_version_manager_is_not() -> None:
    assert unasked(".python-version .ruby-version").files == []
    assert unasked(".nvmrc", manager="pip").files == []


@pytest.mark.parametrize(
    "text", ['[env]\n_.file = ".env"\n', '[hooks]\nenter = "x"\n', "[env]\nA = \"{{exec(command='x')}}\"\n"]
)
def test_settings_of_mise_that_name_more_withhold(text: str) -> None:
    assert unasked({"mise.toml": text}).withheld == ["mise.toml may name other files"]
    assert unasked({"mise.toml": '[tools]\nnode = "24"\n'}).withheld == []


STEERED = [
    ("npm", "conf/x", "ENV XDG_CONFIG_HOME=conf", "XDG_CONFIG_HOME names conf"),
    ("pip", "ub/x", "ENV PYTHONUSERBASE=ub", "PYTHONUSERBASE names ub"),
    ("npm", "netrc", "ENV NETRC=netrc", "NETRC names netrc"),
    ("npm", "a/x", "ENV XDG_CONFIG_DIRS=/etc/xdg:a", "XDG_CONFIG_DIRS names /etc/xdg:a"),
    ("dotnet", "x.props", "ENV DirectoryBuildPropsPath=x.props", "DirectoryBuildPropsPath names x.props"),
    ("npm", "env.sh", "ENV BASH_ENV=./env.sh", "BASH_ENV names ./env.sh"),
    ("npm", "web/env.sh", "ENV BASH_ENV=env.sh", "BASH_ENV names env.sh"),
    ("pip", "pip.conf", "ENV PIP_CONFIG_FILE=/app/pip.conf", "PIP_CONFIG_FILE names /app/pip.conf"),
]


@pytest.mark.parametrize(("manager", "file", "before", "said"), STEERED)
def test_variables_that_name_settings_withhold(manager: str, file: str, before: str, said: str) -> None:
    folder = "web" if file.startswith("web/") else "."
    found = unasked(file, f"ENV HOME=/x\n{before}", f"RUN cd {folder} && npm ci", manager=manager)
    assert f"{said}, which is part of the project" in found.withheld


def test_variables_that_only_the_build_knows_withhold() -> None:
    said = "XDG_CONFIG_HOME depends on a variable, and may name a file of the project"
    assert unasked("x", "ARG DIR\nENV XDG_CONFIG_HOME=$DIR").withheld == [said]
    assert unasked("x", "ENV XDG_CONFIG_HOME=/x/$DIR").withheld == [said]
    assert unasked("x", "ENV XDG_CONFIG_HOME=$HOME/.config").withheld == []
    assert unasked("x", "ARG DIR\nENV APP_DIR=$DIR").withheld == []
    assert unasked("x", "ENV XDG_CONFIG_HOME=conf PIP_CONFIG_FILE=x").withheld == []


def test_settings_of_the_home_folder_by_a_variable() -> None:
    found = unasked("conf/x", "ENV XDG_CONFIG_HOME=$HOME/conf\nENV HOME=/app")
    assert "XDG_CONFIG_HOME names $HOME/conf, which is part of the project" in found.withheld


def test_variables_that_a_file_of_the_project_sets() -> None:
    said = ["PIP_CONFIG_FILE names pip.conf, which is part of the project"]
    given = (("PIP_CONFIG_FILE", "pip.conf"),)
    assert unasked("pip.conf", "ENV HOME=/x", manager="Pipenv", variables=given).withheld == said
    assert unasked("pip.conf", "ENV PIP_CONFIG_FILE=/x", manager="Pipenv", variables=given).withheld == []


@pytest.mark.parametrize(
    ("file", "before", "run"),
    [
        ("ca.pem", "ENV NODE_EXTRA_CA_CERTS=/app/ca.pem", "RUN npm ci"),
        ("ca.pem", "ENV SSL_CERT_FILE=ca.pem", "RUN npm ci"),
        ("ca.pem", "", "RUN NODE_EXTRA_CA_CERTS=ca.pem npm ci"),
    ],
)
def test_certificates_are_copied_early(file: str, before: str, run: str) -> None:
    assert unasked(file, before, run).files == [file]


@pytest.mark.parametrize(
    ("before", "run", "names"),
    [
        ("ENV NODE_PATH=lib", "RUN npm ci", "NODE_PATH names /app/lib"),
        ("ENV NODE_PATH=/app/lib", "RUN npm ci", "NODE_PATH names /app/lib"),
        ("ENV APP_LIB=/app/lib", "RUN npm ci", "APP_LIB names /app/lib"),
        ("ENV NODE_OPTIONS=--require=lib/x.js", "RUN npm ci", "NODE_OPTIONS names /app/lib/x.js"),
        ("ENV LD_LIBRARY_PATH=$X:/app/lib", "RUN npm ci", "LD_LIBRARY_PATH names /app/lib"),
        ("", "RUN npm ci --cache /app/lib", "the command names /app/lib"),
    ],
)
def test_paths_that_nobody_knows_the_use_of_are_doubts(before: str, run: str, names: str) -> None:
    found = unasked("lib/x.js y.js", f"ENV HOME=/x\n{before}", run)
    assert found.withheld == []
    assert found.doubts == [f"{names}, which the later COPY brings: `{run}` must not need it"]


@pytest.mark.parametrize(
    "before",
    [
        "ENV SERVICE=lib",
        "ENV NODE_ENV=lib",
        "ENV APP_HOME=/app",
        "ENV PIP_INDEX_URL=https://example.org/lib",
        "ENV NODE_PATH=/lib/other",
        "ENV NODE_PATH=.",
        "ENV HOME=/app/lib",
    ],
)
def test_values_that_name_nothing_of_the_project(before: str) -> None:
    assert unasked("lib/x.js y.js", before) == ([], [], [])


LOCK = {"yarn.lock": '"a@git+ssh://git@example.org/a.git#1":\n  version "1"\n', ".git/config": "", "x": ""}


def test_settings_of_git_count_where_packages_come_from_repositories() -> None:
    said = ["git reads .git/config for packages of repositories; add .git to .dockerignore first"]
    assert unasked(LOCK, manager="yarn").withheld == said
    assert unasked(LOCK, run="RUN cd web && npm ci", manager="yarn").withheld == said
    assert unasked(LOCK, manager="pip").withheld == []
    assert unasked({**LOCK, "yarn.lock": "a@1:\n"}, manager="yarn").withheld == []
    assert unasked({**LOCK, ".dockerignore": ".git"}, manager="yarn").withheld == []
    assert unasked(LOCK, copy="COPY yarn.lock x ./", manager="yarn").withheld == []
