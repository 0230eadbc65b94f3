"""PDM: ``pdm install`` and ``pdm sync``, their lockfiles, hooks and local packages, and the command that gets the rest."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.python.pdm import PDM

NAMED = '[project]\nname = "app"\nversion = "1"\ndependencies = ["idna"]\n'
LOCK = '[metadata]\nlock_version = "4.5.1"\n[[package]]\nname = "idna"\nversion = "3.7"\nfiles = [{file = "idna-3.7-py3-none-any.whl", hash = "sha256:82"}]\n'  # fmt: skip
APP = {"pyproject.toml": NAMED, "pdm.lock": LOCK, "README.md": "", "src/app.py": ""}

AGAIN = "PDM starts the environment's Python again for the project, which may leave a compiled file more of packages with a .pth file (setuptools)"  # fmt: skip


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("pdm install", "pdm install"),
        ("pdm install --check --prod --no-editable", "pdm install"),
        ("pdm sync -G web,db --clean", "pdm sync"),
        ("pdm -n sync -p api", "pdm sync"),
        ("python -m pdm install --frozen-lockfile", "pdm install"),
    ],
)
def test_recognised(script: str, title: str) -> None:
    install = recognised(PDM, script)
    assert install is not None
    assert install.title == title


@pytest.mark.parametrize(
    "script",
    ["pdm install --dry-run", "pdm install --plugins", "pdm sync -g", "pdm add x", "pdm build", "pdm run x", "pdm"],
)
def test_not_recognised(script: str) -> None:
    assert recognised(PDM, script) is None


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("pdm sync", "pdm sync --no-self"),
        ("pdm install --check --prod", "pdm install --check --prod --no-self"),
        ("PDM_NO_CACHE=1 python3 -m pdm install --no-lock -G $X", "PDM_NO_CACHE=1 python3 -m pdm install --no-lock -G $X --no-self"),
        ("pdm sync -k post_install", "pdm sync -k post_install --no-self"),
    ],
)  # fmt: skip
def test_dependencies_first(script: str, fetch: str) -> None:
    verdict = judge(PDM, script, APP)
    assert (verdict.blocked, verdict.check, verdict.needs.fetch) == ([], [AGAIN], fetch)
    assert verdict.manifests == ["pyproject.toml", "pdm.lock"]
    assert {"/app/.venv", "/app/.pdm-python", "/app/__pypackages__"} <= {*verdict.needs.outputs}


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("pdm sync --no-self", {}),
        ("pdm sync", {"pyproject.toml": f"{NAMED}[tool.pdm]\ndistribution = false\n"}),
        ("pdm sync", {"pyproject.toml": f'{NAMED}[tool.pdm]\npackage-type = "application"\n'}),
        ("pdm sync", {"pyproject.toml": "[project]\ndependencies = []\n"}),
    ],
)
def test_dependencies_alone(script: str, files: dict[str, str]) -> None:
    verdict = judge(PDM, script, {**APP, **files})
    assert (verdict.is_safe, verdict.needs.fetch) == (True, None)


def test_settings_and_other_lockfiles() -> None:
    files = {"pyproject.toml": NAMED, "pylock.toml": "", "pdm.toml": "", ".python-version": "3.12", "a.py": ""}
    verdict = judge(PDM, "pdm sync --no-self", files)
    assert (verdict.manifests, verdict.is_safe) == (["pyproject.toml", "pylock.toml", "pdm.toml", ".python-version"], True)  # fmt: skip
    chosen = judge(PDM, "pdm sync --no-self -L prod.lock", {**APP, "prod.lock": LOCK})
    assert (chosen.manifests, chosen.is_safe) == (["pyproject.toml", "prod.lock"], True)


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("pdm sync", {"pyproject.toml": NAMED}, "`pdm sync` needs a lockfile, and the build context has no pdm.lock"),
        ("pdm install --check", {"pyproject.toml": NAMED}, "`pdm install` needs a lockfile, and the build context has no pdm.lock"),
        ("pdm sync -L prod.lock", APP, "`pdm sync` needs a lockfile, and the build context has no prod.lock"),
        ("pdm sync --no-self -p api", {f"api/{it}": text for it, text in APP.items()} | {"pyproject.toml": "[tool.pdm.workspace]\n"},
         "../pyproject.toml has a workspace, which may include the folder where it runs"),
        ("pdm sync --no-self", {**APP, "venv/bin/python": ""},
         "the build context holds a virtual environment (venv), which PDM takes; add it to .dockerignore"),
        ("pdm sync --no-self", {**APP, "pdm.lock": "<<<"}, "pdm.lock is not valid TOML, or too large to read"),
        ("pdm sync --no-self", {**APP, "pdm.lock": f'{LOCK}[[package]]\nname = "lib"\npath = "./lib"\neditable = true\n'},
         "the lockfile takes lib from a file or folder of the project"),
        ("pdm sync --no-self", {**APP, "pdm.lock": f'{LOCK}[[package]]\nname = "lib"\nurl = "file:///${{PROJECT_ROOT}}/x.whl"\n'},
         "the lockfile takes lib from a file or folder of the project"),
        ("pdm install", {"pyproject.toml": f'{NAMED}[tool.pdm.dev-dependencies]\ndev = ["-e file:///${{PROJECT_ROOT}}/lib"]\n'},
         "pyproject.toml takes -e file:///${PROJECT_ROOT}/lib from a file or folder of the project"),
        ("pdm sync --no-self", {**APP, "pyproject.toml": f'{NAMED}[tool.pdm.workspace]\nmembers = ["packages/*"]\n'},
         "pyproject.toml has a workspace, and the install builds its members"),
        ("pdm sync --no-self", {**APP, "pyproject.toml": f'{NAMED}[tool.pdm.scripts]\npost_install = "python gen.py"\ntest = "pytest"\n'},
         'PDM runs the script "post_install" of pyproject.toml, which may read any file'),
        ("pdm sync --no-self", {**APP, "pyproject.toml": f'{NAMED}[[tool.pdm.source]]\nname = "x"\nurl = "file:///app/simple"\n'},
         "pyproject.toml takes packages from a folder (file:///app/simple)"),
        ("pdm -c conf/pdm.toml sync", {**APP, "conf/pdm.toml": ""}, "-c names a file of the project"),
        ("pdm sync -p src", APP, "the folder where it runs, /app/src, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(PDM, script, files).blocked == [reason]


def test_hooks_that_are_skipped_do_not_count() -> None:
    files = {**APP, "pyproject.toml": f'{NAMED}[tool.pdm.scripts]\npost_install = "python gen.py"\n'}
    assert judge(PDM, "pdm sync --no-self -k post_install", files).is_safe
    assert judge(PDM, "pdm sync --no-self --skip=:all", files).is_safe


@pytest.mark.parametrize(
    ("script", "files", "check"),
    [
        ("pdm install --no-self", APP, "`pdm install` rewrites pdm.lock where it is out of date, and the later COPY would put the old one back"),
        ("pdm install --no-self", {"pyproject.toml": NAMED}, "there is no pdm.lock, so the versions of the first build stay until pyproject.toml changes"),
        ("pdm sync --no-self", {**APP, "pdm.toml": "use_uv = true\n"}, "PDM uses uv here, which was not run"),
    ],
)  # fmt: skip
def test_review(script: str, files: dict[str, str], check: str) -> None:
    verdict = judge(PDM, script, files)
    assert (verdict.blocked, verdict.check) == ([], [check])
