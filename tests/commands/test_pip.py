"""pip: which commands install, the requirements files that belong together, and what else pip would read."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.python.pip import PIP

PROJECT = {"requirements.txt": "six==1.16.0\n", "app.py": "", "setup.py": "", "pyproject.toml": "", "src/app/x.py": ""}


@pytest.mark.parametrize(
    ("script", "title", "operands"),
    [
        ("pip install -r requirements.txt", "pip install -r requirements.txt", ["requirements.txt"]),
        ("pip3 install -rrequirements.txt", "pip3 install -r requirements.txt", ["requirements.txt"]),
        ("pip3.12 install --requirement=a.txt", "pip3.12 install -r a.txt", ["a.txt"]),
        ("python -m pip install -U -r a.txt -r b.txt", "pip install -r a.txt -r b.txt", ["a.txt", "b.txt"]),
        ("/venv/bin/pip install --no-cache-dir -r a.txt", "pip install -r a.txt", ["a.txt"]),
        ("pip install -qr a.txt -c c.txt", "pip install -r a.txt", ["a.txt", "c.txt"]),
        ("pip install --index-url=$INDEX -r a.txt gunicorn", "pip install -r a.txt", ["a.txt"]),
        ("pip wheel -w /wheels -r a.txt", "pip wheel -r a.txt", ["a.txt"]),
        ("pip install --group dev", "pip install --group dev", ["pyproject.toml"]),
        ("pip install --group web/pyproject.toml:dev -r a.txt", "pip install -r a.txt --group web/pyproject.toml:dev",
         ["a.txt", "web/pyproject.toml"]),
        ("pip install -r a.txt . -e ./lib", "pip install -r a.txt . -e ./lib", ["a.txt"]),
        ("pip-sync", "pip-sync requirements.txt", ["requirements.txt"]),
        ("/venv/bin/pip-sync -q a.txt dev.txt", "pip-sync a.txt dev.txt", ["a.txt", "dev.txt"]),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, operands: list[str]) -> None:
    install = recognised(PIP, script)
    assert install is not None
    assert (install.title, [*install.operands]) == (title, operands)


@pytest.mark.parametrize(
    "script",
    [
        "pip install flask",
        "pip install .",
        "pip install -e .",
        "pip-sync --dry-run a.txt",
        "pip-sync --pip-args '-c c.txt' a.txt",
        "pip-compile a.in",
        "pip freeze -r a.txt",
        "python -m build -r a.txt",
        "python setup.py install -r a.txt",
        "pip install --dry-run -r a.txt",
        "pip install --frobnicate -r a.txt",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(PIP, script) is None


@pytest.mark.parametrize(
    "script",
    [
        "pip install -r requirements.txt dist/*.whl",
        "pip install -r requirements.txt $X",
        "pip wheel -w /wheels -r requirements.txt .",
        "pip download -d /wheels --group dev -e .",
    ],
)
def test_reads_what_can_not_be_told(script: str) -> None:
    assert judge(PIP, script, PROJECT).needs.source


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("pip install -r requirements.txt .", "pip install -r requirements.txt"),
        ("pip install -q . -rrequirements.txt -e ./lib -i $INDEX", "pip install -q -rrequirements.txt -i $INDEX"),
        ("python3 -m pip install --no-cache-dir -r requirements.txt -e .", "python3 -m pip install --no-cache-dir -r requirements.txt"),
        ("PIP_INDEX_URL=https://x.example pip3 install -r requirements.txt 'lib @ file:///app/lib'",
         "PIP_INDEX_URL=https://x.example pip3 install -r requirements.txt"),
    ],
)  # fmt: skip
def test_requirements_first_then_the_project(script: str, fetch: str) -> None:
    verdict = judge(PIP, script, PROJECT)
    assert (verdict.blocked, verdict.needs.fetch, verdict.manifests) == ([], fetch, ["requirements.txt"])
    assert [it.partition(":")[0] for it in verdict.check] == [
        "the requirements by themselves may get other versions than together with the project"
    ]


@pytest.mark.parametrize(
    ("requirements", "script", "files", "folders"),
    [
        ("six", "pip install -f wheels -r req/a.txt", {"wheels/x.whl": ""}, ["/app/wheels"]),
        ("-f ./wheels\nsix", "pip install -r req/a.txt", {"wheels/x.whl": ""}, ["/app/wheels"]),
        ("-f ./wheels\nsix", "pip install -r req/a.txt", {"wheels/x.whl": "", "req/wheels/x.whl": ""}, ["/app/req/wheels"]),
        # What is there comes from another stage.
        ("six", "pip install --no-index --find-links=/wheels -r req/a.txt", {}, []),
        ("six", "pip install -f https://x.example/wheels -r req/a.txt", {}, []),
    ],
)  # fmt: skip
def test_folders_of_archives(requirements: str, script: str, files: dict[str, str], folders: list[str]) -> None:
    verdict = judge(PIP, script, {"req/a.txt": requirements, "app.py": "", **files})
    assert (verdict.blocked, [*verdict.needs.folders]) == ([], folders)
    assert verdict.is_safe


def test_archives_that_requirements_name() -> None:
    project = {"req/a.txt": "./wheels/x-1.whl ; python_version > '3'\nfoo\nsrc/y.zip[extra]", "wheels/x-1.whl": "", "src/y.zip": ""}  # fmt: skip
    verdict = judge(PIP, "pip install -r req/a.txt", project)
    assert (verdict.manifests, verdict.is_safe) == (["req/a.txt", "wheels/x-1.whl", "src/y.zip"], True)


def test_groups_are_all_that_is_read_of_a_project() -> None:
    project = {"pyproject.toml": '[dependency-groups]\ndev = ["pytest", {include-group = "lint"}]\nlint = ["ruff"]\n', "a.py": ""}  # fmt: skip
    verdict = judge(PIP, "pip install --group dev", project)
    assert (verdict.manifests, verdict.is_safe) == (["pyproject.toml"], True)
    local = {"pyproject.toml": '[dependency-groups]\ndev = ["lib @ file:///app/lib"]\n'}
    assert judge(PIP, "pip install --group dev", local).blocked == [
        "pyproject.toml takes lib @ file:///app/lib from a file or folder of the project"
    ]


def test_settings_of_pip_tools() -> None:
    project = {"requirements.txt": "six", "pyproject.toml": "[tool.pip-tools]\n", "app.py": ""}
    verdict = judge(PIP, "pip-sync", project)
    assert (verdict.manifests, verdict.is_safe) == (["requirements.txt", "pyproject.toml"], True)


@pytest.mark.parametrize(
    ("files", "script", "manifests"),
    [
        ({}, "pip install -r requirements.txt", ["requirements.txt"]),
        ({}, "pip install -r requirements.txt 'uvicorn[standard]' flask==3.0", ["requirements.txt"]),
        ({"requirements.txt": "-r base.txt\n-c limits.txt", "base.txt": "six", "limits.txt": "six<2"}, "pip install -r requirements.txt",
         ["requirements.txt", "base.txt", "limits.txt"]),
        # Run with pip 23.2: includes start at the including file.
        ({"req/dev.txt": "-r base.txt\n--constraint=../c.txt", "req/base.txt": "six", "c.txt": ""}, "pip install -r req/dev.txt",
         ["req/dev.txt", "req/base.txt", "c.txt"]),
        ({"a.txt": "-r b.txt", "b.txt": "-r a.txt"}, "pip install -r a.txt", ["a.txt", "b.txt"]),
        ({"requirements.txt": "\ufeff# -e .\nsix \\\n  --hash=sha256:aa\n\nflask[async]>=2 ; python_version > '3'  # ./x"}, "pip install --require-hashes -r requirements.txt",
         ["requirements.txt"]),
        ({"requirements.txt": "--index-url https://${TOKEN}@pypi.example/simple\n--no-binary :all:\nsix"}, "pip install -r requirements.txt", ["requirements.txt"]),
        ({"requirements.txt": "a @ git+https://github.com/a/a@v1\ngit+ssh://git@github.com/b/b.git#egg=b\nhttps://x.example/c.whl"}, "pip install -r requirements.txt",
         ["requirements.txt"]),
        ({"requirements.txt": "-r https://x.example/r.txt\n-f https://x.example/wheels"}, "pip install -r requirements.txt", ["requirements.txt"]),
        ({"ca.pem": ""}, "REQUESTS_CA_BUNDLE=ca.pem pip install -r requirements.txt", ["requirements.txt", "ca.pem"]),
        ({"setup.cfg": "[flake8]\n", "types.py": ""}, "pip install -r requirements.txt", ["requirements.txt"]),
    ],
)  # fmt: skip
def test_safe(files: dict[str, str], script: str, manifests: list[str]) -> None:
    verdict = judge(PIP, script, {**PROJECT, **files})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


@pytest.mark.parametrize(
    ("requirements", "reason"),
    [
        ("-e .", "requirements.txt installs a file or folder of the project (.)"),
        ("--editable=./lib", "requirements.txt installs a file or folder of the project (./lib)"),
        ("./lib", "requirements.txt installs a file or folder of the project (./lib)"),
        ("libs/thing", "requirements.txt installs a file or folder of the project (libs/thing)"),
        (
            "wheels/a-1-py3-none-any.whl",
            "requirements.txt installs a file or folder of the project (wheels/a-1-py3-none-any.whl)",
        ),
        ("a-1.tar.gz", "requirements.txt installs a file or folder of the project (a-1.tar.gz)"),
        ("lib @ file:///app/lib", "requirements.txt installs a file or folder of the project (lib)"),
        ("git+file:///app/lib", "requirements.txt installs a file or folder of the project (git+file:///app/lib)"),
        ("${LIB}", "requirements.txt installs a file or folder of the project (${LIB})"),
        (
            "-r missing.txt",
            "requirements.txt reads missing.txt, which is not in that folder, as far as the build context tells",
        ),
        ("-r ${WHICH}.txt", "what requirements.txt includes can't be told here (${WHICH}.txt)"),
        ("--find-links ${WHEELS}", "requirements.txt looks for packages in a folder (${WHEELS})"),
        ("-f file:wheels", "requirements.txt looks for packages in a folder (file:wheels)"),
        ("-f setup.py", "requirements.txt looks for packages in a page (setup.py)"),
        ("--what ever", "requirements.txt has an option that is not known here (--what)"),
    ],
)
def test_blocked_by_requirements(requirements: str, reason: str) -> None:
    project = {**PROJECT, "requirements.txt": f"six\n{requirements}\n"}
    assert judge(PIP, "pip install -r requirements.txt", project).blocked == [reason]


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("pip install -r dev.txt", {}, "`pip install -r dev.txt` reads dev.txt, which is not in that folder, as far as the build context tells"),
        ("pip install -r requirements/*.txt -r $X", {}, "the name of a requirements file depends on a variable"),
        ("pip install -f ~/wheels -r requirements.txt", {}, "`pip install -r requirements.txt` looks for packages in a folder ($)"),
        ("pip install --index-url=./simple -r requirements.txt", {}, "--index-url names a folder (./simple)"),
        ("PIP_CONSTRAINT=c.txt pip install -r requirements.txt", {"c.txt": ""}, "PIP_CONSTRAINT names c.txt, which is part of the project"),
        ("pip install --cert ca.pem -r requirements.txt", {"ca.pem": ""}, "--cert names a file of the project"),
        ("pip install -r requirements.txt", {"env3/pyvenv.cfg": ""}, "the build context holds a virtual environment (env3); add it to .dockerignore"),
        ("cd src && pip install -r ../requirements.txt", {}, "the folder where it runs, /app/src, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked_by_surroundings(script: str, files: dict[str, str], reason: str) -> None:
    assert reason in judge(PIP, script, {**PROJECT, **files}).blocked


@pytest.mark.parametrize(
    ("script", "before", "files", "check"),
    [
        ("python -m pip install -r requirements.txt", "", {"types.py": ""}, "pip may load the project's own types in place of Python's module of that name"),
        ("python -m pip install -r requirements.txt", "", {"pip/__init__.py": ""}, "pip may load the project's own pip in place of Python's module of that name"),
        ("pip install -r requirements.txt", "ENV PYTHONPATH=/app/src", {"src/sitecustomize.py": ""},
         "pip may load the project's own sitecustomize in place of Python's module of that name"),
        ("pip install -r requirements.txt", "", {"setup.cfg": "[install]\nprefix=/x"}, "pip on Python 3.9 and older reads from setup.cfg where to install"),
    ],
)  # fmt: skip
def test_review(script: str, before: str, files: dict[str, str], check: str) -> None:
    verdict = judge(PIP, script, {**PROJECT, **files}, before)
    assert (verdict.blocked, verdict.check) == ([], [check])


@pytest.mark.parametrize(
    ("script", "before", "output"),
    [
        ("pip install -t lib -r requirements.txt", "", "/app/lib"),
        ("pip install --prefix=/install -r requirements.txt", "", "/install"),
        ("pip wheel -r requirements.txt", "", "/app"),
        ("pip download -d wheels -r requirements.txt", "", "/app/wheels"),
        ("pip install -r requirements.txt -e git+https://x.example/a#egg=a", "", "/app/src"),
        ("venv/bin/pip install -r requirements.txt", "", "/app/venv"),
        ("pip install -r requirements.txt", "ENV VIRTUAL_ENV=/app/.venv", "/app/.venv"),
        ("pip install -r requirements.txt", "", "/usr/local/lib"),
    ],
)
def test_outputs(script: str, before: str, output: str) -> None:
    assert output in judge(PIP, script, PROJECT, before).needs.outputs


def test_clones_of_a_requirements_file_are_outputs() -> None:
    project = {"requirements.txt": "-e git+https://x.example/a#egg=a"}
    assert "/app/src" in judge(PIP, "pip install -r requirements.txt", project).needs.outputs
