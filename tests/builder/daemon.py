"""A real BuildKit of our own: a dockerd that the tests start, offline, with a base image made on the spot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

DOCKER = "/usr/bin/docker"
STAND_INS = Path(__file__).parent / "stand_ins"
BASE = "layerwise-base"
TIMEOUT = 60  # seconds for one docker command; a build takes 0.3
_STEP = re.compile(rb"^#(\d+) \[(?:([\w.-]+) )?(\d+)/\d+\] ")

Steps = dict[tuple[str, int], bool]
"""(stage, number in it, FROM being 1) → was it cached; the stage is "" if there is only one."""
Tree = dict[str, tuple[str, int, int, int, str]]


def missing() -> str | None:
    """Say what this machine lacks to run a dockerd."""
    if os.geteuid() != 0:
        return "a dockerd has to be started as root"
    lacking = [it for it in ("dockerd", "busybox") if shutil.which(it) is None and not Path(f"/usr/sbin/{it}").exists()]
    return f"{' and '.join(lacking)} not found (Debian: docker.io, busybox-static)" if lacking else None


@dataclass(frozen=True)
class Builder:
    """Talks to the dockerd."""

    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one docker command."""
        return subprocess.run(
            [DOCKER, *arguments], env=self.environment, capture_output=True, check=False, timeout=TIMEOUT
        )

    def build(self, context: Path, dockerfile: str, tag: str) -> Steps:
        """Build; raises ``RuntimeError`` with the log if the build fails."""
        path = self.folder / "Dockerfile"
        path.write_bytes(dockerfile.encode())
        result = self.run("build", "--network=none", "--progress=plain", "-t", tag, "-f", str(path), str(context))
        if result.returncode:
            raise RuntimeError(result.stderr.decode(errors="replace"))
        # Lines of parallel steps are mixed; the number in front tells them apart.
        steps: dict[bytes, tuple[str, int]] = {}
        cached: Steps = {}
        for line in result.stderr.splitlines():
            if step := _STEP.match(line):
                steps[step[1]] = ((step[2] or b"").decode(), int(step[3]))
                cached.setdefault(steps[step[1]], False)
            elif (match := re.match(rb"^#(\d+) CACHED$", line)) and match[1] in steps:
                cached[steps[match[1]]] = True
        return cached

    def tree(self, tag: str) -> Tree:
        """Return the image's files: path → type, mode, uid, gid, content or link target. Times are left out."""
        container = self.run("create", tag, "none").stdout.decode().strip()
        archive = self.folder / "image.tar"
        self.run("export", "-o", str(archive), container)
        self.run("rm", container)
        found: Tree = {}
        with tarfile.open(archive) as tar:
            for it in tar:
                file = tar.extractfile(it) if it.isfile() else None
                content = file.read().decode("latin-1") if file is not None else it.linkname
                found[it.name] = (it.type.decode(), it.mode, it.uid, it.gid, content)
        return found


@contextmanager
def running() -> Generator[Builder]:
    """Start a dockerd, make the base image, and stop it again."""
    with TemporaryDirectory(prefix="lw", dir="/tmp") as name:
        folder = Path(name)
        socket = f"unix://{folder}/s"
        environment = {
            **os.environ, "DOCKER_HOST": socket, "DOCKER_CONFIG": str(folder / "config"), "DOCKER_BUILDKIT": "1",
        }  # fmt: skip
        command = [
            "/usr/sbin/dockerd", "-H", socket, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
            "-p", f"{folder}/pid", "--storage-driver=overlay2", "--bridge=none", "--iptables=false",
            "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        builder = Builder(environment, folder)
        try:
            _wait(builder, process, folder / "log")
            _make_base(builder)
            yield builder
        finally:
            process.terminate()
            process.wait(30)
            subprocess.run(["umount", str(folder / "data")], capture_output=True, check=False)


def _wait(builder: Builder, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        if builder.run("version").returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"dockerd did not start:\n{log.read_text(errors='replace')[-4000:]}")


def _make_base(builder: Builder) -> None:
    root = builder.folder / "base"
    (root / "bin").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "tmp").mkdir()
    shutil.copy(shutil.which("busybox") or "/bin/busybox", root / "bin" / "busybox")
    for it in STAND_INS.iterdir():
        shutil.copy(it, root / "bin" / it.name)
    for name in ("apt-get", "npx"):
        (root / "bin" / name).write_text("#!/bin/sh\n")
        (root / "bin" / name).chmod(0o755)
    (root / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\nnode:x:1000:\n")
    install = 'RUN ["/bin/busybox", "--install", "-s", "/bin"]'
    builder.build(root, f"FROM scratch\nCOPY . /\n{install}\nENV APP_HOME=/srv/home\n", BASE)
