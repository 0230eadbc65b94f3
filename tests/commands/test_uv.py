"""uv: ``uv sync`` of projects, workspaces and local packages, ``uv pip``, and the command that gets only dependencies."""

from __future__ import annotations

import pytest

from commands.installs import Verdict, judge, recognised
from layerwise.commands.python.uv import UV

BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
NAMED = '[project]\nname = "app"\nversion = "1"\ndependencies = ["idna"]\n'
IDNA = '[[package]]\nname = "idna"\nversion = "3.7"\nsource = { registry = "https://pypi.org/simple" }\n'


def locked(*packages: tuple[str, str, str], members: str = "") -> str:
    """A uv.lock with (name, kind, path) of local packages."""
    local = "".join(
        f'[[package]]\nname = "{name}"\nsource = {{ {kind} = "{path}" }}\n' for name, kind, path in packages
    )
    return f"version = 1\n{f'[manifest]{chr(10)}members = [{members}]{chr(10)}' if members else ''}{IDNA}{local}"


APP = {"pyproject.toml": NAMED + BUILD, "uv.lock": locked(("app", "editable", ".")), "README.md": "", "src/app.py": ""}
VIRTUAL = {"pyproject.toml": NAMED, "uv.lock": locked(("app", "virtual", ".")), "main.py": ""}
MEMBERS = '"app", "lib", "tools"'
WORKSPACE = {
    "pyproject.toml": f'{NAMED}{BUILD}[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n',
    "uv.lock": locked(("app", "editable", "."), ("lib", "editable", "packages/lib"), ("tools", "virtual", "packages/tools"), members=MEMBERS),
    "packages/lib/pyproject.toml": NAMED.replace("app", "lib") + BUILD,
    "packages/tools/pyproject.toml": NAMED.replace("app", "tools"),
    "packages/old/pyproject.toml": "[project",
    "packages/lib/lib.py": "",
}  # fmt: skip
WITH_SOURCES = {
    **APP,
    "uv.lock": locked(("app", "editable", "."), ("lib", "directory", "lib"), ("Wheel_X", "path", "dist/x.whl")),
    "lib/setup.py": "",
}
SCRIPTS = "uv before 0.12.24 starts the scripts of app with .venv/bin/python3 in place of .venv/bin/python, which is the same program"  # fmt: skip


def sync(script: str, files: dict[str, str], before: str = "") -> Verdict:
    """Judge with a cache that is not kept, so that it leaves nothing behind."""
    return judge(UV, script, files, f"ENV UV_NO_CACHE=1\n{before}")


@pytest.mark.parametrize(
    ("script", "title", "manager"),
    [
        ("uv sync", "uv sync", "uv"),
        ("uv --no-cache sync --frozen --no-dev", "uv sync", "uv"),
        ("/bin/uv sync --locked --extra web --group=x -p 3.12", "uv sync", "uv"),
        ("python3 -m uv sync --all-packages", "uv sync", "uv"),
        ("UV_LINK_MODE=copy uv sync --directory web", "uv sync", "uv"),
        ("uv pip install --system -r requirements.txt", "uv pip install -r requirements.txt", "uv pip"),
        ("uv pip install -q -r a.txt -c c.txt --override o.txt", "uv pip install -r a.txt", "uv pip"),
        ("uv pip install -r pyproject.toml --extra dev", "uv pip install -r pyproject.toml", "uv pip"),
        ("uv pip install --group dev", "uv pip install --group dev", "uv pip"),
        ("uv pip sync a.txt dev.txt", "uv pip sync a.txt dev.txt", "uv pip"),
        ("uv pip install -r a.txt -e .", "uv pip install -r a.txt -e .", "uv pip"),
    ],
)
def test_recognised(script: str, title: str, manager: str) -> None:
    install = recognised(UV, script)
    assert install is not None
    assert (install.title, install.manager) == (title, manager)


@pytest.mark.parametrize(
    "script",
    [
        "uv sync --script tool.py",
        "uv sync --check",
        "uv sync --dry-run",
        "uv sync --only-install-project",
        "uv sync --frobnicate",
        "uv add flask",
        "uv lock",
        "uv venv",
        "uv run python main.py",
        "uv pip install flask",
        "uv pip install .",
        "uv pip compile -r a.in",
        "uv pip install --dry-run -r a.txt",
        "python -m pip sync",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(UV, script) is None


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("uv sync", "uv sync --no-install-project"),
        ("uv sync --frozen --no-dev", "uv sync --frozen --no-dev --no-install-project"),
        ("uv sync --locked -p 3.12", "uv sync --frozen -p 3.12 --no-install-project"),
        ("UV_LINK_MODE=copy python -m uv --quiet sync --frozen", "UV_LINK_MODE=copy python -m uv sync --quiet --frozen --no-install-project"),
        ("UV_FROZEN=1 uv sync --extra $EXTRA", "UV_FROZEN=1 uv sync --extra $EXTRA --no-install-project"),
        ("UV_LOCKED=1 uv sync", "UV_LOCKED=1 uv sync --no-install-project"),
    ],
)  # fmt: skip
def test_dependencies_first(script: str, fetch: str) -> None:
    verdict = sync(script, APP)
    assert (verdict.blocked, verdict.check, verdict.needs.fetch) == ([], [], fetch)
    assert verdict.manifests == ["pyproject.toml", "uv.lock"]
    assert "/app/.venv" in verdict.needs.outputs


@pytest.mark.parametrize("script", ["uv sync --frozen", "uv sync --locked"])
def test_projects_that_are_no_package_need_no_second_sync(script: str) -> None:
    verdict = sync(script, VIRTUAL)
    assert (verdict.is_safe, verdict.needs.fetch, verdict.manifests) == (True, None, ["pyproject.toml", "uv.lock"])


def test_an_outdated_lockfile_is_rewritten_by_the_second_sync() -> None:
    verdict = sync("uv sync", VIRTUAL)
    assert (verdict.is_safe, verdict.needs.fetch) == (True, "uv sync --no-install-project")


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("uv sync --frozen --no-install-project", APP),
        ("uv sync --frozen --no-install-workspace", WORKSPACE),
        ("uv sync --frozen --no-install-local", WITH_SOURCES),
        ("uv sync --frozen --no-install-project --no-install-package lib --no-install-package wheel-x", WITH_SOURCES),
    ],
)
def test_dependencies_alone(script: str, files: dict[str, str]) -> None:
    verdict = sync(script, files)
    assert (verdict.is_safe, verdict.needs.fetch, verdict.manifests) == (True, None, ["pyproject.toml", "uv.lock"])


@pytest.mark.parametrize(
    ("script", "files", "fetch", "manifests"),
    [
        ("uv sync --frozen", {**APP, "uv.lock": locked(("app", "editable", "."), ("x", "git", "https://x.example/x"), ("y", "url", "file:///app/y.whl"))},
         "uv sync --frozen --no-install-project --no-install-package y", ["pyproject.toml", "uv.lock"]),
        # What is frozen or locked needs no member (run with uv 0.4, 0.6 and 0.13).
        ("uv sync --frozen", WORKSPACE, "uv sync --frozen --no-install-workspace", ["pyproject.toml", "uv.lock"]),
        ("uv sync --locked --package lib", WORKSPACE, "uv sync --frozen --package lib --no-install-workspace", ["pyproject.toml", "uv.lock"]),
        ("uv sync --all-packages", WORKSPACE, "uv sync --all-packages --no-install-workspace",
         ["pyproject.toml", "uv.lock", "packages/lib/pyproject.toml", "packages/tools/pyproject.toml"]),
        ("uv sync --frozen", WITH_SOURCES,
         "uv sync --frozen --no-install-project --no-install-package lib --no-install-package Wheel_X", ["pyproject.toml", "uv.lock"]),
        ("uv sync --frozen --no-install-project", WITH_SOURCES,
         "uv sync --frozen --no-install-project --no-install-package lib --no-install-package Wheel_X", ["pyproject.toml", "uv.lock"]),
    ],
)  # fmt: skip
def test_members_and_local_packages(script: str, files: dict[str, str], fetch: str, manifests: list[str]) -> None:
    verdict = sync(script, {**files, "pyproject.toml": f'{files["pyproject.toml"]}[tool.uv]\nrequired-version = ">=0.13"\n'})  # fmt: skip
    assert (verdict.blocked, verdict.check) == ([], [])
    assert (verdict.needs.fetch, verdict.manifests) == (fetch, manifests)


def test_a_member_is_synced_from_its_own_folder() -> None:
    verdict = sync("cd packages/lib && uv sync --frozen", WORKSPACE)
    assert verdict.manifests == ["packages/lib/pyproject.toml", "pyproject.toml", "uv.lock"]
    assert (verdict.is_safe, verdict.needs.fetch) == (True, "uv sync --frozen --no-install-workspace")
    assert verdict.needs.outputs == ("/app/.venv",)


def test_a_project_that_the_workspace_leaves_out_has_its_own_lockfile() -> None:
    files = {**WORKSPACE, "packages/old/pyproject.toml": NAMED, "packages/old/uv.lock": locked(("app", "virtual", "."))}
    verdict = sync("uv sync --frozen --project packages/old", files)
    assert (verdict.is_safe, verdict.manifests) == (True, ["packages/old/pyproject.toml", "packages/old/uv.lock"])


def test_settings_and_certificates() -> None:
    files = {**APP, "uv.toml": 'cache-dir = "x"\n', ".python-version": "3.12\n", "ca.pem": ""}
    verdict = sync("SSL_CERT_FILE=ca.pem uv sync --frozen", files)
    assert verdict.manifests == ["pyproject.toml", "uv.lock", "uv.toml", ".python-version", "ca.pem"]


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("uv sync", {"main.py": ""}, "the build context has no pyproject.toml for the folder where it runs"),
        ("uv sync --frozen", {"pyproject.toml": NAMED}, "`uv sync` needs uv.lock, which the build context does not have"),
        ("uv sync --frozen", {**APP, "pyproject.toml": "[project"}, "pyproject.toml is not valid TOML, or too large to read"),
        ("uv sync --frozen", {**APP, "uv.lock": "<<<<<<<"}, "uv.lock is not valid TOML, or too large to read"),
        ("uv sync", {"pyproject.toml": WORKSPACE["pyproject.toml"]}, "without uv.lock it reads the pyproject.toml of every member and of local packages"),
        ("uv sync", WITH_SOURCES, "uv compares uv.lock with lib/pyproject.toml, which the build context does not have"),
        ("uv sync", {**APP, "pyproject.toml": '[project]\nname = "app"\ndynamic = ["dependencies"]\n'}, "pyproject.toml leaves its dependencies to a build, which reads the source"),
        ("uv sync --frozen", {**APP, "pyproject.toml": f'{NAMED}[[tool.uv.index]]\nname = "x"\nurl = "./simple"\n'}, "pyproject.toml takes packages from a folder (./simple)"),
        ("uv sync --frozen", {**APP, "uv.toml": 'find-links = ["wheels"]\n'}, "uv.toml takes packages from a folder (wheels)"),
        ("uv sync --frozen", {**APP, "uv.lock": APP["uv.lock"].replace("https://pypi.org/simple", "wheels")}, "uv.lock takes packages from a folder (wheels)"),
        ("uv sync --frozen -f wheels", {**APP, "wheels/x.whl": ""}, "it looks for packages in a folder (wheels)"),
        ("uv sync --frozen --index ./simple", APP, "--index names a folder (./simple)"),
        ("uv sync --frozen --config-file conf/uv.toml", {**APP, "conf/uv.toml": ""}, "--config-file names a file of the project"),
        ("UV_CONFIG_FILE=conf/uv.toml uv sync --frozen", {**APP, "conf/uv.toml": ""}, "UV_CONFIG_FILE names conf/uv.toml, which is part of the project"),
        ("UV_PROJECT_ENVIRONMENT=$VENV uv sync --frozen", APP, "where uv installs depends on a variable (UV_PROJECT_ENVIRONMENT)"),
        ("uv sync --frozen --directory src", APP, "the folder where it runs, /app/src, is not there before the COPY"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert reason in sync(script, files).blocked


@pytest.mark.parametrize(
    ("script", "files", "check"),
    [
        ("uv sync", {"pyproject.toml": NAMED + BUILD, "a.py": ""}, "there is no uv.lock, so the versions of the first build stay until pyproject.toml changes"),
        ("uv sync --no-install-project", APP, "`uv sync` may rewrite uv.lock, and the later COPY would put the old one back"),
        ("uv sync --inexact", APP, "`uv sync --inexact` keeps packages that an outdated uv.lock asked for"),
        ("uv sync", {**APP, "pyproject.toml": f'[project]\nname = "app"\ndynamic = ["version"]\n{BUILD}'}, "pyproject.toml leaves the version to a build, which uv before 0.6 runs to check uv.lock"),
        ("uv sync --frozen", {**APP, "pyproject.toml": f'{NAMED}[project.scripts]\napp = "app:main"\n{BUILD}'}, SCRIPTS),
        ("uv sync --frozen", {**APP, "pyproject.toml": f'[tool.poetry]\nname = "app"\n{BUILD}'}, SCRIPTS),
        ("python -m uv sync --frozen", {**APP, "uv/__init__.py": ""}, "uv may load the project's own uv in place of Python's module of that name"),
    ],
)  # fmt: skip
def test_review(script: str, files: dict[str, str], check: str) -> None:
    verdict = sync(script, files)
    assert (verdict.blocked, verdict.check) == ([], [check])


@pytest.mark.parametrize(
    ("before", "check"),
    [
        ("COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /bin/", []),
        ("COPY --from=astral/uv:0.12.24-alpine /uv /uvx /bin/", []),
        ("COPY --from=ghcr.io/astral-sh/uv:0.5.11 /uv /bin/", [SCRIPTS]),
        ("COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/", [SCRIPTS]),
    ],
)
def test_the_version_of_uv_counts_for_scripts(before: str, check: list[str]) -> None:
    files = {**APP, "pyproject.toml": f'{NAMED}[project.scripts]\napp = "app:main"\n{BUILD}'}
    assert sync("uv sync --frozen", files, before).check == check


@pytest.mark.parametrize(
    ("script", "before", "folder"),
    [
        ("uv sync --frozen", "", "/root/.cache/uv"),
        ("--mount=type=cache,target=/root/.cache/uv uv sync --frozen", "", ""),
        ("--mount=type=cache,target=/root/.cache uv sync --frozen", "", ""),
        ("--mount=type=cache,target=/root/.cache/uv uv sync --frozen", "USER app", "/home/app/.cache/uv"),
        ("--mount=type=cache,target=/cache uv sync --frozen", "ENV UV_CACHE_DIR=/cache", ""),
        ("--mount=type=cache,target=/root/.cache/uv uv sync --frozen --cache-dir /cache", "", "/cache"),
        ("--mount=type=cache,target=/home/app/.cache uv sync --frozen", "ENV HOME=/home/app", ""),
        ("uv sync --frozen -n", "", ""),
        ("uv sync --frozen", "ENV UV_NO_CACHE=true", ""),
        ("uv sync --frozen --no-install-project", "", ""),
    ],
)
def test_what_a_second_sync_leaves_in_the_cache(script: str, before: str, folder: str) -> None:
    note = "uv leaves a file more in its cache in {}, a note on the environment's Python, unless that is a cache mount or left out (--no-cache)"  # fmt: skip
    assert judge(UV, script, APP, before).check == ([note.format(folder)] if folder else [])


@pytest.mark.parametrize(
    ("script", "before", "output"),
    [
        ("uv sync --frozen", "ENV UV_PROJECT_ENVIRONMENT=/usr/local", "/usr/local"),
        ("uv sync --frozen --active", "ENV VIRTUAL_ENV=/app/env", "/app/env"),
        ("uv sync --frozen --cache-dir .uv", "", "/app/.uv"),
        ("uv pip install -r requirements.txt", "", "/app/.venv"),
        ("uv pip install --target=lib -r requirements.txt", "", "/app/lib"),
    ],
)
def test_outputs(script: str, before: str, output: str) -> None:
    assert output in judge(UV, script, {**APP, "requirements.txt": "six"}, before).needs.outputs


@pytest.mark.parametrize(
    ("script", "files", "manifests"),
    [
        ("uv pip install --system -r requirements.txt", {"requirements.txt": "six\n-c c.txt", "c.txt": ""}, ["requirements.txt", "c.txt"]),
        ("uv pip sync requirements.txt -b b.txt", {"requirements.txt": "six", "b.txt": ""}, ["requirements.txt", "b.txt"]),
        ("uv pip install -r requirements.txt", {"requirements.txt": "six", "pyproject.toml": NAMED, "uv.toml": ""},
         ["requirements.txt", "uv.toml", "pyproject.toml"]),
        ("uv pip install -r pyproject.toml", {"pyproject.toml": NAMED + BUILD}, ["pyproject.toml"]),
        ("uv pip install -r pylock.toml", {"pylock.toml": '[[packages]]\nname = "six"\nversion = "1"\n'}, ["pylock.toml"]),
    ],
)  # fmt: skip
def test_pip(script: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(UV, script, {"main.py": "", **files})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)
    assert verdict.needs.fetch is None


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("uv pip install -r pyproject.toml", {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n'},
         "pyproject.toml leaves the dependencies to a build, which reads the source"),
        ("uv pip install -r setup.py", {"setup.py": ""}, "setup.py leaves the dependencies to a build, which reads the source"),
        ("uv pip install -r pyproject.toml", {"pyproject.toml": f'{NAMED}[tool.uv.sources]\nidna = {{ path = "./idna" }}\n'},
         "pyproject.toml takes idna from a file or folder of the project"),
        ("uv pip install -r pylock.toml", {"pylock.toml": '[[packages]]\nname = "lib"\ndirectory = { path = "lib" }\n'},
         "pylock.toml takes lib from a file or folder of the project"),
        ("uv pip install -r requirements.txt", {"requirements.txt": "-e ."}, "requirements.txt installs a file or folder of the project (.)"),
        ("uv pip install -r requirements.txt", {"requirements.txt": "six", "pyproject.toml": '[tool.uv]\nindex-url = "simple"\n'},
         "pyproject.toml takes packages from a folder (simple)"),
        ("uv pip install -r requirements.txt", {"requirements.txt": "six", "env/pyvenv.cfg": ""},
         "the build context holds a virtual environment (env); add it to .dockerignore"),
    ],
)  # fmt: skip
def test_pip_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(UV, script, {"main.py": "", **files}).blocked == [reason]


def test_pip_installs_the_requirements_first_and_then_the_project() -> None:
    verdict = judge(UV, "uv pip install --system -r requirements.txt -e .", {"requirements.txt": "six", **APP})
    assert (verdict.blocked, verdict.needs.fetch) == ([], "uv pip install --system -r requirements.txt")
    assert len(verdict.check) == 1
