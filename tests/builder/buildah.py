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

BUILDAH = "/usr/bin/buildah"
_STEP = re.compile(r"^(?:\[\d+/\d+\] )?(?:STEP|Step) \d+/\d+ ?: (.*)$")
_CACHED = re.compile(r"^(?:-->| --->) Using cache\b")

Outcomes = list[tuple[str, bool]]
"""(instruction as the builder prints it, was it cached), in the order of the build; FROM and ARGs before it never are."""


def missing_buildah() -> str | None:
    """Say what this machine lacks to run buildah."""
    if os.geteuid() != 0:
        return "buildah is tested as root"
    lacking = [it for it in ("buildah", "runc", "busybox") if shutil.which(it, path=_PATH) is None]
    return f"{' and '.join(lacking)} not found (Debian: buildah, runc, busybox-static)" if lacking else None


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


@dataclass(frozen=True)
class Buildah:
    """buildah with storage of its own; the base image is BASE."""

    folder: Path

    def run(self, *arguments: str, where: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run one buildah command."""
        storage = [f"--root={self.folder}/root", f"--runroot={self.folder}/run", "--storage-driver=overlay"]
        return subprocess.run(
            [BUILDAH, *storage, *arguments], capture_output=True, check=False, timeout=TIMEOUT, cwd=where
        )

    def build(self, context: Path, dockerfile: str, tag: str, *flags: str) -> Outcomes:
        """Build; raises ``RuntimeError`` with the log if the build fails."""
        path = self.folder / "Dockerfile"
        path.write_bytes(dockerfile.encode())
        result = self.run(
            "build", "--layers", "--isolation=oci", "--network=none", "--pull-never", "-t", tag, "-f", str(path), *flags,
            str(context), where=context,
        )  # fmt: skip
        return _outcomes(result)


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


def legacy_build(builder: Builder, context: Path, dockerfile: str, tag: str, *flags: str) -> Outcomes:
    """Build with the legacy builder of a dockerd; raises ``RuntimeError`` with the log if the build fails."""
    path = builder.folder / "Dockerfile"
    path.write_bytes(dockerfile.encode())
    result = subprocess.run(
        [DOCKER, "build", "--network=none", "-t", tag, "-f", str(path), *flags, str(context)],
        env={**builder.environment, "DOCKER_BUILDKIT": "0"}, capture_output=True, check=False, timeout=TIMEOUT,
    )  # fmt: skip
    return _outcomes(result)


def _outcomes(result: subprocess.CompletedProcess[bytes]) -> Outcomes:
    log = result.stdout.decode(errors="replace")
    if result.returncode:
        raise RuntimeError(log + result.stderr.decode(errors="replace"))
    found: Outcomes = []
    for line in log.splitlines():
        if step := _STEP.match(line):
            found.append((step[1], False))
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
    install = 'RUN ["/bin/busybox", "--install", "-s", "/bin"]'
    buildah.build(root, f"FROM scratch\nCOPY . /\n{install}\n", BASE)
