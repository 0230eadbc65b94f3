"""Makes a folder with a newer Docker than this machine's: ``python tests/builder/newer_root.py FOLDER``.

The packages come from wherever this machine's apt has its own from, checked with the distribution's key: those of Debian's
next release, or this one's own of another distribution. They are unpacked, not installed: nothing of them is run here.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = ("testing", "unstable")  # the second for when a bug keeps Docker out of the first
DEBIAN = ("docker.io", "docker-cli", "docker-buildx")
OTHERS = ("docker.io", "docker-buildx")  # the client is in the first


class NoRootError(Exception):
    """The packages cannot be had; the message says why."""


def make(folder: Path) -> None:
    """Make the folder, or leave it alone if it is complete."""
    if _is_complete(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as name:
        root = Path(name) / "root"
        for it in ("bin", "lib", "lib64", "sbin"):
            (root / "usr" / it).mkdir(parents=True)
            (root / it).symlink_to(f"usr/{it}")
        for package in _download(Path(name) / "apt"):
            _run("dpkg-deb", "--extract", str(package), str(root))
        if not _is_complete(folder):  # else another run was faster
            root.rename(folder)


def _is_complete(folder: Path) -> bool:
    return (folder / "usr/sbin/dockerd").exists()


def _download(folder: Path) -> list[Path]:
    """Fetch Docker and all it needs; the machine's own packages and lists are neither used nor touched."""
    sources, reasons = folder / "sources.list", list[str]()
    for line, packages in _choices():
        shutil.rmtree(folder, ignore_errors=True)
        for it in ("lists/partial", "cache/archives/partial", "none"):
            (folder / it).mkdir(parents=True)
        (folder / "status").touch()
        sources.write_text(line)
        own = [f"Dir::Etc::SourceList={sources}", f"Dir::Etc::SourceParts={folder}/none"] if line else []
        options = [
            "-qq", "-o", f"Dir::State={folder}", "-o", f"Dir::State::Status={folder}/status",
            "-o", f"Dir::Cache={folder}/cache", "-o", f"Dir::Etc::PreferencesParts={folder}/none",
            "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
            *(part for it in own for part in ("-o", it)),
        ]  # fmt: skip
        try:
            _run("apt-get", *options, "update")
            _run("apt-get", *options, "install", "--yes", "--download-only", "--no-install-recommends", *packages)
            return sorted(folder.glob("cache/archives/*.deb"))
        except NoRootError as error:
            reasons.append(f"{line.strip() or 'the sources of this machine'}: {error}")
    raise NoRootError("\n".join(reasons) or "apt has no sources on this machine")


def _choices() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines for a list of sources, "" for this machine's own, and the packages to take from there."""
    if platform.freedesktop_os_release()["ID"] != "debian":
        yield "", OTHERS
        return
    sites = _run("apt-get", "indextargets", "--no-release-info", "--format", "$(SITE)").splitlines()
    for site, suite in product(dict.fromkeys(sites), SUITES):
        yield f"deb [signed-by={KEYS}] {site} {suite} main\n", DEBIAN


def _run(*command: str) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        result = subprocess.run(command, env=environment, capture_output=True, check=False, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRootError(str(error)) from error
    if result.returncode:
        raise NoRootError(f"{' '.join(command[:1])}: {result.stderr.strip()[-1000:]}")
    return result.stdout


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
