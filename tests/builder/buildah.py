"""buildah, and docker's legacy builder: what each instruction of a build was, cached or not. Offline, in storage of our own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.daemon import BASE, DOCKER, TIMEOUT, Builder
from builder.pairs import BuildFailedError
from project import Version

BUILDAH = "/usr/bin/buildah"
_STEP = re.compile(r"^(?:\[\d+/\d+\] )?(?:STEP|Step) \d+/\d+ ?: (.*)$")
_CACHED = re.compile(r"^(?:-->| --->) Using cache\b")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"

Outcomes = list[tuple[str, bool]]
"""(instruction as the builder prints it, was it cached) of each but FROM and what stands before it, in order."""


def missing_buildah() -> str | None:
    """Say what this machine lacks to run buildah."""
    if os.geteuid() != 0:
        return "buildah is tested as root"
    lacking = [it for it in ("buildah", "runc", "busybox") if shutil.which(it, path=_PATH) is None]
    return f"{' and '.join(lacking)} not found (Debian: buildah, runc, busybox-static)" if lacking else None


@dataclass(frozen=True)
class Buildah:
    """buildah with storage of its own; the base image is BASE."""

    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one buildah command."""
        storage = [f"--root={self.folder}/root", f"--runroot={self.folder}/run", "--storage-driver=overlay"]
        # A copy of the environment: pytest writes to it while other threads start programs.
        return subprocess.run(
            [BUILDAH, *storage, *arguments], env=dict(os.environ), capture_output=True, check=False, timeout=TIMEOUT
        )

    def build(self, version: Version, root: Path, *more: str) -> Outcomes:
        """Build what was written to ``root``."""
        secret = root.with_name(f"{root.name}.secret")
        secret.write_text(version.secret)
        flags = ["--layers", "--isolation=oci", "--network=none", "--pull-never", f"--secret=id=s,src={secret}"]
        return _outcomes(self.run("build", *flags, *more, *_arguments(version, root)))

    def tag(self, image: str, name: str) -> None:
        """Let a name lead to an image."""
        self.run("tag", image, name)


@dataclass(frozen=True)
class LegacyBuilder:
    """The builder that a dockerd has beside BuildKit."""

    daemon: Builder

    def build(self, version: Version, root: Path, *more: str) -> Outcomes:
        """Build what was written to ``root``."""
        result = subprocess.run(
            [DOCKER, "build", "--network=none", *more, *_arguments(version, root)],
            env={**self.daemon.environment, "DOCKER_BUILDKIT": "0"}, capture_output=True, check=False, timeout=TIMEOUT,
        )  # fmt: skip
        return _outcomes(result)

    def tag(self, image: str, name: str) -> None:
        """Let a name lead to an image."""
        self.daemon.run("tag", image, name)


@contextmanager
def running_buildah() -> Generator[Buildah]:
    """Make the base image, and remove the storage again."""
    with TemporaryDirectory(prefix="lw", dir="/tmp") as name:
        buildah = Buildah(Path(name))
        try:
            _make_base(buildah)
            yield buildah
        finally:
            buildah.run("umount", "--all")
            buildah.run("rm", "--all")
            subprocess.run(["umount", f"{name}/root/overlay"], capture_output=True, check=False)


def _arguments(version: Version, root: Path) -> list[str]:
    given = [it for name, value in version.build_args.items() for it in ("--build-arg", f"{name}={value}")]
    target = ["--target", version.target] if version.target else []
    return [*given, *target, "-f", str(root / "Dockerfile"), str(root)]


def _outcomes(result: subprocess.CompletedProcess[bytes]) -> Outcomes:
    log = result.stdout.decode(errors="replace")
    if result.returncode:
        raise BuildFailedError((log + result.stderr.decode(errors="replace"))[-3000:])
    found: Outcomes = []
    inside = False
    for line in log.splitlines():
        if step := _STEP.match(line):
            is_from = step[1].upper().startswith("FROM ")
            inside = inside or is_from
            is_counted = inside and not is_from
            found += [(step[1], False)] if is_counted else []
        elif _CACHED.match(line) and found:
            found[-1] = (found[-1][0], True)
    return found


def _make_base(buildah: Buildah) -> None:
    root = buildah.folder / "base"
    for name in ("bin", "etc", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(shutil.which("busybox", path=_PATH) or "/bin/busybox", root / "bin" / "busybox")
    (root / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\nnode:x:1000:\n")
    (root / "Dockerfile").write_text('FROM scratch\nCOPY . /\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n')
    result = buildah.run("build", "--layers", "--isolation=oci", "--network=none", "-t", BASE, str(root))
    if result.returncode:
        raise RuntimeError(result.stderr.decode(errors="replace"))
