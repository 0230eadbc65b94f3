"""Record what package managers ask the disk for: ``python -m probes.record NAME…`` (``make probes``).

Each recipe runs a command of the program that PATH has in a copy of a small project, under Debian's strace. What comes out
is fixtures/probes/NAME.json; ``PROJECT/``, ``ABOVE/`` (the folder around it), ``HOME/``, ``PATH/`` (the first folder of
PATH, which has no program) and settings of the system stand for where things lay. A program's own files are left out, and
so is what the system's libraries ask for in every program. A command that ends at the network has asked for all that it
reads before.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from builder.debian_base import registries
from probes.recipes import RECIPES, Recipe
from probes.trace import CALLS, Asked, read_trace, shortened

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
SETTINGS: Final = ("/etc", "/usr/etc", "/usr/local/etc")
_OF_LIBRARIES: Final = re.compile(
    r"/etc(/((net)?svc\.conf|ld\.so.*|nsswitch\.conf|passwd|group|shadow|local(time|e.*)|timezone|resolv\.conf|hosts?(\.conf)?"
    r"|gai\.conf|services|protocols|ssl(/.*)?|ca-certificates(/.*)?|pki(/.*)?|machine-id|(debian_version|.*-release)"
    r"|alternatives(/.*)?|java-.*|mime\.types|malloc\.conf|ld-musl.*|inputrc|terminfo(/.*)?|crypto-policies(/.*)?|mtab|fstab"
    r"|sysctl.*|OpenCL.*|lsb-release|default/.*|apparmor.*|maven/logging/.*))?"
)
_NO_FILE: Final = re.compile(r".*/(pipe:\[\d+\]|https?:(/.*)?)")
_DEEP: Final = re.compile(r"((?:HOME/\.cache|/etc)/[^/]+/[^/]+|HOME/\.cache/[^/]+)/.+")
"""Where names change from run to run, or with the machine: no more than the folders."""
_CHANGING: Final = re.compile(
    r"(?<=[-_./])(?=\w*\d)(?:\d{4,}|[0-9a-f]{6,}|(?=\w*[a-z])(?=\w*[A-Z])\w{8,})(?=[-_./]|\Z)"
)
_COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")
_VERSION: Final = re.compile(r"^[^/\n]*?\d+\.\d+(\.\d+)?", re.MULTILINE)
_TIMEOUT: Final = 300


def record(recipe: Recipe, root: Path) -> dict[str, object]:
    """Run one command, and return what it asked for."""
    project, home, first = root / "above" / "project", root / "home", root / "path"
    shutil.rmtree(root, ignore_errors=True)
    for it in (home, first, project.parent):
        it.mkdir(parents=True)
    shutil.copytree(
        FIXTURES / "projects" / recipe.project, project, ignore=shutil.ignore_patterns("Dockerfile*", *recipe.without)
    )
    for name, content in recipe.files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content)
    environment = {
        **registries(), "HOME": str(home), "PATH": f"{first}:{os.environ['PATH']}", "UV_USE_IO_URING": "0", "LANG": "C.UTF-8",
        # Java takes the home folder from the accounts; corepack gets what packageManager names.
        "JAVA_TOOL_OPTIONS": f"-Duser.home={home}", "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
        **{it: os.environ[it] for it in ("RUSTUP_HOME", "PYENV_ROOT") if it in os.environ}, **recipe.environment,
    }  # fmt: skip
    trace = root / "trace"
    here = project / recipe.folder
    command = ["strace", "-f", "-y", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
    done = subprocess.run(
        [*command, *recipe.words],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
    asked = read_trace(trace.read_text(errors="replace").splitlines(), str(here))
    names = {str(project): "PROJECT", str(project.parent): "ABOVE", str(home): "HOME", str(first): "PATH"}
    says = _COLOUR.sub("", done.stderr.strip() or done.stdout.strip()).splitlines()
    return {
        "command": recipe.command,
        "project": recipe.project,
        **({"files": dict(recipe.files)} if recipe.files else {}),
        **({"without": list(recipe.without)} if recipe.without else {}),
        **({"folder": recipe.folder} if recipe.folder != "." else {}),
        **({"environment": dict(recipe.environment)} if recipe.environment else {}),
        **({"ends": says[-1].replace(str(root), "")[:120]} if done.returncode and says else {}),
        **_kept(asked, names),
    }


def _kept(asked: Asked, names: dict[str, str]) -> dict[str, list[str]]:
    # Who lists a folder of settings (lsb_release) asks for whatever this machine has there.
    settings = {it: it for it in SETTINGS if it not in asked.listed}
    written = shortened((f"{it}/" if it in asked.made else it for it in asked.written), names)
    found, missed = (shortened(it, names | settings) for it in (asked.found, asked.missed))
    programs = sorted({it.partition("/")[2].partition("/")[0] for it in missed if it.startswith("PATH/")})
    parts = {"found": found, "missed": missed, "written": written}
    return {"programs": programs, **{name: _plain(paths) for name, paths in parts.items()}}


def _plain(paths: list[str]) -> list[str]:
    """Return the paths without what is another in each run and what every program asks for."""
    plain = {_CHANGING.sub("*", _DEEP.sub(r"\1", it)) for it in paths if not it.startswith("PATH")}
    return sorted(it for it in plain if not _OF_LIBRARIES.fullmatch(it) and not _NO_FILE.fullmatch(it))


def main(names: list[str]) -> None:
    """Record the managers of these names, or all whose program is there."""
    for name, recipes in RECIPES.items():
        if names and name not in names:
            continue
        if shutil.which(recipes[0].words[0]) is None:
            print(f"{name}: no {recipes[0].words[0]} on PATH")  # noqa: T201
            continue
        with TemporaryDirectory(prefix="probe") as folder:
            runs = [record(it, Path(folder) / "root") for it in recipes]
            # Where corepack starts it, the project tells the version.
            here = Path(folder) / "root" / "above" / "project"
            said = subprocess.run(recipes[0].version, capture_output=True, text=True, check=False, cwd=here)
        version = _VERSION.search(_COLOUR.sub("", f"{said.stdout}\n{said.stderr}"))
        text = json.dumps({"version": version[0] if version else "", "runs": runs}, indent=1, ensure_ascii=False)
        (FIXTURES / "probes").mkdir(exist_ok=True)
        (FIXTURES / "probes" / f"{name}.json").write_text(f"{text}\n")
        print(f"{name}: {len(runs)} runs")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
