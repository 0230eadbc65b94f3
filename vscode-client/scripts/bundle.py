"""Puts the server and all that it needs into ``bundled``, as ``launch.py`` expects it. Needs pip only."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
BUNDLED: Final = ROOT / "vscode-client" / "bundled"
_PURE: Final = BUNDLED / "python"
_NATIVE: Final = BUNDLED / "native"
OLDEST: Final = "3.11"
PYTHONS: Final = (OLDEST, "3.12", "3.13", "3.14")
# By the name that launch.py gives a platform, those that wheels may be for. For musl on ARM tree-sitter-hcl has none.
PLATFORMS: Final = {
    "linux-x86_64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
    "linux-aarch64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "musllinux-x86_64": ("musllinux_1_2_x86_64",),
    "macosx-x86_64": ("macosx_10_9_x86_64", "macosx_10_13_x86_64", "macosx_10_15_x86_64"),
    "macosx-arm64": ("macosx_11_0_arm64",),
    "win-amd64": ("win_amd64",),
    "win-arm64": ("win_arm64",),
}
# Works without the modules that are compiled, only slower.
_PLAIN_ENOUGH: Final = re.compile("pyyaml", re.IGNORECASE)
_PIP: Final = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def main() -> int:
    """Return the exit code."""
    try:
        _bundle()
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stderr)
        return 1
    return 0


def _bundle() -> None:
    """Make the folder anew; what is compiled only if it is to be something else than it is."""
    shutil.rmtree(_PURE, ignore_errors=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    native = [it for it in project["dependencies"] if it.startswith("tree-sitter")]
    plain_enough = [it for it in project["dependencies"] if _PLAIN_ENOUGH.match(it)]
    pure = [it for it in project["dependencies"] if it not in (*native, *plain_enough)]
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        _pip("wheel", "--no-deps", "--wheel-dir", wheels, ROOT)
        # No platform at all: what isn't pure is not found.
        anywhere = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")
        target = ("--target", _PURE, "--no-compile", "--python-version", OLDEST)
        _pip("install", *anywhere, *target, "--no-deps", *wheels.glob("*.whl"))
        _pip("install", *anywhere, *target, *pure)
        _download(plain_enough, wheels / "plain", PLATFORMS["linux-x86_64"], OLDEST)
        for wheel in (wheels / "plain").glob("*.whl"):
            _unpack(wheel, _PURE, ".py")
        versions = _newest(native, wheels)
        _bundle_native(versions, wheels)
    shutil.rmtree(_PURE / "bin", ignore_errors=True)
    size = sum(it.stat().st_size for it in BUNDLED.rglob("*") if it.is_file())
    sys.stdout.write(f"bundled {', '.join(versions)} and pure packages: {size / 1e6:.1f} MB\n")


def _newest(requirements: Iterable[str], wheels: Path) -> list[str]:
    """Return which version of each requirement is to be bundled: the same one for all, as its .py files are shared."""
    found = wheels / "newest"
    _download(requirements, found, PLATFORMS["linux-x86_64"], OLDEST)
    names = [it.name.split("-")[:2] for it in sorted(found.glob("*.whl"))]
    return [f"{name.replace('_', '-')}=={version}" for name, version in names]


def _bundle_native(versions: Sequence[str], wheels: Path) -> None:
    wanted = f"{versions} {PYTHONS} {PLATFORMS}\n"
    made = _NATIVE / "made-of.txt"
    if made.exists() and made.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(_NATIVE, ignore_errors=True)

    def add(platform: str) -> None:
        _add_platform(platform, versions, wheels / platform)

    # Nearly all of it is waiting.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, PLATFORMS))
    made.write_text(wanted, encoding="utf-8")


def _add_platform(platform: str, versions: Iterable[str], wheels: Path) -> None:
    """Unpack the wheels of one platform, for every Python."""
    for python in PYTHONS:
        _download(versions, wheels / python, PLATFORMS[platform], python)
        # What differs between Pythons has a name of its own for each, so they share a folder.
        for wheel in (wheels / python).glob("*.whl"):
            _unpack(wheel, _NATIVE / platform, ".py", ".so", ".pyd")


def _unpack(wheel: Path, folder: Path, *kinds: str) -> None:
    """Unpack the files of some kinds, and the licenses."""
    with zipfile.ZipFile(wheel) as archive:
        names = [it for it in archive.namelist() if it.endswith(kinds) or ".dist-info/" in it]
        archive.extractall(folder, names)


def _download(requirements: Iterable[str], folder: Path, platforms: Iterable[str], python: str) -> None:
    tags = [f"--platform={it}" for it in platforms]
    options = ("--only-binary=:all:", "--no-deps", "--python-version", python, "--dest", folder)
    _pip("download", *options, *tags, *requirements)


def _pip(command: str, *arguments: str | Path) -> None:
    subprocess.run([*_PIP, command, *map(str, arguments)], check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
