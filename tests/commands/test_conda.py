"""Conda, Mamba and Micromamba: the files that list an environment, and what their ``pip:`` sections include."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.python.conda import CONDA

PLAIN = "name: app\nchannels: [conda-forge]\ndependencies:\n  - python=3.12\n  - numpy\n"
APP = {"environment.yml": PLAIN, "app.py": ""}


def with_pip(*lines: str) -> str:
    return f"{PLAIN}  - pip\n  - pip:\n" + "".join(f"      - {it}\n" for it in lines)


@pytest.mark.parametrize(
    ("script", "title", "operands"),
    [
        ("conda env create", "conda env create", ["environment.yml"]),
        ("conda env create -f env.yml -n base", "conda env create -f env.yml", ["env.yml"]),
        ("/opt/conda/bin/conda env update --name=base --file=env.yml --prune", "conda env update -f env.yml", ["env.yml"]),
        ("mamba env create -q -f env.yml", "mamba env create -f env.yml", ["env.yml"]),
        ("micromamba install -y -n base -f env.yml", "micromamba install --file env.yml", ["env.yml"]),
        ("conda install --yes --file a.txt --file b.txt -c conda-forge pip", "conda install --file a.txt --file b.txt", ["a.txt", "b.txt"]),
        ("conda create -p /env --file conda-linux-64.lock", "conda create --file conda-linux-64.lock", ["conda-linux-64.lock"]),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, operands: list[str]) -> None:
    install = recognised(CONDA, script)
    assert install is not None
    assert (install.title, [*install.operands]) == (title, operands)


@pytest.mark.parametrize(
    "script",
    [
        "conda install -y numpy",
        "conda create -n x python=3.12",
        "conda env create --dry-run",
        "conda env export -f env.yml",
        "conda run -n app pip install -r a.txt",
        "conda clean -afy",
        "conda build -f x",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(CONDA, script) is None


@pytest.mark.parametrize(
    ("script", "files", "manifests"),
    [
        ("conda env create", {}, ["environment.yml"]),
        ("conda env update -n base -f conda/env.yml", {"conda/env.yml": with_pip("flask", "-r req.txt"), "conda/req.txt": "six\n-c c.txt", "conda/c.txt": ""},
         ["conda/env.yml", "conda/req.txt", "conda/c.txt"]),
        ("micromamba create -f environment.yml", {"environment.yml": with_pip("-r req.txt  # pinned"), "req.txt": ""}, ["environment.yml", "req.txt"]),
        ("conda install --file spec.txt", {"spec.txt": "# pinned\nnumpy=1.26\nconda-forge::scipy\n"}, ["spec.txt"]),
        ("conda create --file spec.txt", {"spec.txt": "@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/noarch/x-1-py_0.conda#ab\n"}, ["spec.txt"]),
        ("conda env create", {"environment.yml": f"{PLAIN}variables:\n  A: b\nprefix: /opt/x\n"}, ["environment.yml"]),
    ],
)  # fmt: skip
def test_safe(script: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(CONDA, script, {**APP, **files})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


def test_settings_in_a_home_folder() -> None:
    verdict = judge(CONDA, "conda env create", {**APP, "condarc": ""}, "COPY condarc /root/.condarc")
    assert verdict.needs.manifests == ("/app/environment.yml", "/root/.condarc")


def test_files_of_the_network_are_none_of_the_project() -> None:
    assert judge(CONDA, "conda env create -f https://x.example/env.yml", APP).needs.source


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("conda env create -f env.yml", {}, "`conda env create -f env.yml` reads env.yml, which the build context does not have there"),
        ("conda env create -f $FILE", {}, "the name of a file depends on a variable"),
        ("conda env create", {"environment.yml": "a: [b"}, "environment.yml can't be read here"),
        ("conda env create", {"environment.yml": with_pip("-e .")}, "environment.yml installs a file or folder of the project (.)"),
        ("conda env create", {"environment.yml": with_pip("./lib")}, "environment.yml installs a file or folder of the project (./lib)"),
        ("conda env create", {"environment.yml": with_pip("-r req.txt")},
         "environment.yml reads req.txt, which is not in that folder, as far as the build context tells"),
        ("conda env create", {"environment.yml": "channels: [./channel]\n"}, "environment.yml has a channel that is a folder (./channel)"),
        ("conda env create", {"environment.yml": "dependencies: [./x.conda]\n"}, "environment.yml lists a file or folder of the project (./x.conda)"),
        ("conda create --file spec.txt", {"spec.txt": "@EXPLICIT\nfile:///app/x-1.tar.bz2\n"}, "spec.txt lists a file or folder of the project (file:///app/x-1.tar.bz2)"),
        ("conda create --file spec.txt", {"spec.txt": "pkgs/x-1-0.tar.bz2\n"}, "spec.txt lists a file or folder of the project (pkgs/x-1-0.tar.bz2)"),
        ("conda env create -c ./channel", {}, "a channel is a folder (./channel)"),
        ("micromamba create -f conf/env.yml", {"conf/env.yml": with_pip("-r req.txt"), "conf/req.txt": ""},
         "where micromamba looks for what the pip section of env.yml includes is not known"),
        ("CONDARC=conf/condarc conda env create", {"conf/condarc": ""}, "CONDARC names conf/condarc, which is part of the project"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert reason in judge(CONDA, script, {**APP, **files}).blocked


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("conda env create -p ./env", "/app/env"),
        ("conda env create", "/opt/conda"),
        ("MAMBA_ROOT_PREFIX=/app/m micromamba create -f environment.yml", "/app/m"),
    ],
)
def test_outputs(script: str, output: str) -> None:
    assert output in judge(CONDA, script, APP).needs.outputs
