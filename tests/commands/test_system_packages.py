"""System packages: which commands install, what makes them read files of the project, and what is only a preparation."""

from __future__ import annotations

import pytest

from commands.installs import judge, last_run, recognised
from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.system.packages import SYSTEM_PACKAGES
from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse

PROJECT = {"app.py": "", "packages.txt": "curl\n", "tool.deb": "", "deb/tool.deb": "", "x.apk": "", "x.rpm": ""}


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("apt-get install -y curl", "apt-get install"),
        ("apt-get update && apt-get install -yqq --no-install-recommends gcc=4:12.* libpq-dev", "apt-get install"),
        ("DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-confold install -y tzdata", "apt-get install"),
        ('apt-get install -y -o Acquire::http::Proxy="http://proxy.example.org" curl', "apt-get install"),
        ("apt-get -t bookworm-backports install -y git", "apt-get install"),
        ("sudo apt-get dist-upgrade -y", "apt-get dist-upgrade"),
        ("/usr/bin/apt-get upgrade -y", "apt-get upgrade"),
        ("apt install -y nginx=${NGINX_VERSION}", "apt install"),
        ("apk add --no-cache --virtual .build-deps gcc", "apk add"),
        ("apk add --no-cache $PHPIZE_DEPS", "apk add"),
        ("apk --no-cache -X https://alpine.example.org/edge add git", "apk add"),
        ("dnf install -y --setopt=install_weak_deps=False --nodocs gcc", "dnf install"),
        ("dnf -y group install 'Development Tools'", "dnf group-install"),
        ("dnf -y module install nodejs:20", "dnf module-install"),
        ("dnf install -y https://rpm.example.org/x.rpm", "dnf install"),
        ("yum -y update", "yum update"),
        ("microdnf install -y --nodocs java-21-openjdk-headless", "microdnf install"),
        ("zypper --non-interactive in -y --no-recommends gcc", "zypper in"),
        ("zypper -n --gpg-auto-import-keys install gcc", "zypper install"),
        ("pacman -Syu --noconfirm --needed git", "pacman -Syu"),
        ("pacman -S --noconfirm git", "pacman -S"),
        ("xargs -a packages.txt apt-get install -y", "apt-get install"),
        ("sh -c 'apk add git'", "apk add"),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str) -> None:
    install = recognised(SYSTEM_PACKAGES, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize(
    "script",
    [
        "apt-get update",
        "apt-get clean",
        "apt-get autoremove -y",
        "apt-get purge -y gcc",
        "apt-get source curl",
        "apt-get download curl",
        "apt-get --unknown install curl",
        "./apt-get install curl",
        "apt-cache policy curl",
        "apk update",
        "apk del .build-deps",
        "dnf clean all",
        "dnf module enable nodejs:20",
        "yum makecache",
        "zypper refresh",
        "pacman -Sy",
        "pacman -Scc --noconfirm",
        "pacman -Rns gcc",
        "xargs rm -f",
        "xargs -I{} apt-get install {}",
    ],
)
def test_no_install(script: str) -> None:
    assert recognised(SYSTEM_PACKAGES, script) is None


@pytest.mark.parametrize(
    ("script", "manifests"),
    [
        ("apt-get install -y curl", []),
        ("apt-get install -y ./tool.deb ./deb/tool.deb", ["tool.deb", "deb/tool.deb"]),
        ("cd deb && apt-get install -y ./tool.deb", ["deb/tool.deb"]),
        ("apt-get install -y /app/tool.deb", ["tool.deb"]),
        ('apt-get install -y "$(< packages.txt)"', ["packages.txt"]),
        ("xargs -a packages.txt apt-get install -y", ["packages.txt"]),
        ("xargs -r --arg-file=packages.txt apt-get install -y", ["packages.txt"]),
        ("apk add --allow-untrusted x.apk", ["x.apk"]),
        ("dnf install -y x.rpm", ["x.rpm"]),
        # What no COPY brings is of the image.
        ("apt-get install -y /tmp/downloaded.deb", []),
        ("dnf install -y /usr/bin/which", []),
        ("apk add .build-deps", []),
    ],
)
def test_manifests(script: str, manifests: list[str]) -> None:
    verdict = judge(SYSTEM_PACKAGES, script, PROJECT)
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


@pytest.mark.parametrize(
    ("script", "before", "reason"),
    [
        ("apt-get install -y $PACKAGES", "", "what $PACKAGES stands for can't be told here, and it may name files of the project"),
        ("apt-get install -y python3-*", "", "what python3-* stands for can't be told here, and it may name files of the project"),
        ("xargs apt-get install -y < packages.txt", "", "it takes the names of packages from a file or a pipe"),
        ("apt-get install -y ./missing.deb", "", "it installs ./missing.deb, which is not in that folder, as far as the build context tells"),
        ("apt-get build-dep -y /app/deb", "", "it reads the folder /app/deb of the project"),
        ("apt-get -c apt.conf install -y curl", "", "one of its options may name a file of the project"),
        ("apt-get -o Dir::Etc::sourcelist=/app/sources.list install -y curl", "", "one of its options may name a file of the project"),
        ("apk add -X /app/packages tool", "", "one of its options may name a file of the project"),
        ("dnf install -y --setopt=reposdir=/app/repos gcc", "", "one of its options may name a file of the project"),
        ("apt-get install -y curl", "ENV APT_CONFIG=/app/app.py", "APT_CONFIG names /app/app.py, which is part of the project"),
        ("apt-get install -y curl", "ENV PERL5LIB=/app/deb", "PERL5LIB names /app/deb, which is part of the project"),
    ],
)  # fmt: skip
def test_blocked(script: str, before: str, reason: str) -> None:
    assert judge(SYSTEM_PACKAGES, script, PROJECT, before).blocked == [reason]


@pytest.mark.parametrize(
    ("files", "before", "copy", "check"),
    [
        ({"index.html": ""}, "", "COPY . /var/www/html", "packages of servers put a first page into /var/www if there is none: make sure that none of those that `apt-get install` brings looks at what is copied there"),
        ({"logging.py": ""}, "ENV PYTHONPATH=/app", "COPY . .", "PYTHONPATH lets scripts of packages load the project's own logging in place of Python's"),
    ],
)  # fmt: skip
def test_review(files: dict[str, str], before: str, copy: str, check: str) -> None:
    verdict = judge(SYSTEM_PACKAGES, "apt-get install -y curl", files, before, copy)
    assert (verdict.blocked, verdict.check) == ([], [check])


@pytest.mark.parametrize(
    ("script", "lists", "unclear"),
    [
        ("apt-get install -y $(cat packages.txt)", ("packages.txt",), False),
        ("apt-get install -y `cat packages.txt` ./tool.deb", ("./tool.deb", "packages.txt"), False),
        ("apt-get install -y $(grep -v ^# packages.txt)", (), True),
        ("apt-get install -y linux-headers-$(uname -r)", (), True),
    ],
)
def test_substitutions(script: str, lists: tuple[str, ...], *, unclear: bool) -> None:
    placed, commands = last_run(script)
    install = SYSTEM_PACKAGES.recognise(commands[0], placed.scope)
    assert install is not None
    assert (install.operands, "unclear" in install.options) == (lists, unclear)


def test_the_folder_of_the_base_image_may_be_one_of_those() -> None:
    placed, commands = last_run("apt-get install -y curl")
    install = SYSTEM_PACKAGES.recognise(commands[0], placed.scope)
    dockerfile = read_dockerfile(parse("FROM php:8-apache\nCOPY . .\n"))
    arrivals = Arriving(BuildContext.of_texts({"index.php": ""})).at(dockerfile.instructions[1], Arrivals())
    assert install is not None
    check = "the files are copied into the base image's own folder: make sure that packages write nothing there"
    assert SYSTEM_PACKAGES.needs(install, InstallFiles(arrivals), placed.scope).check == (check,)


def test_another_root() -> None:
    needs = judge(SYSTEM_PACKAGES, "dnf install -y --installroot=/app/root gcc", PROJECT).needs
    assert needs.outputs == ("/app/root",)
