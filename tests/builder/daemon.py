"""A real BuildKit of our own: a dockerd that the tests start, offline, with a base image made on the spot."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

DOCKER = "/usr/bin/docker"
STAND_INS = Path(__file__).parent / "stand_ins"
BASE = "layerwise-base"
ONBUILD = "layerwise-onbuild"
"""An image whose ONBUILD makes as many steps as TRIGGERS."""
TRIGGERS = 2
TIMEOUT = 60  # seconds for one docker command; a build takes 0.3
_LINE = re.compile(r"#(\d+) (.*)")
_STEP = re.compile(r"\[(?:([\w.-]+) )?(\d+)/\d+\] (?!LINK )")

Steps = dict[tuple[str, int], bool]
"""(stage, number in it, FROM being 1) → was it cached; the stage is "" if there is only one."""
Tree = dict[str, tuple[str, int, int, int, str]]


def missing(*, newer: bool = False) -> str | None:
    """Say what this machine lacks to run its dockerd, or a newer one from a root."""
    if os.geteuid() != 0:
        return "a dockerd has to be started as root"
    needed = ("apt-get", "dpkg-deb", "unshare", "busybox") if newer else ("dockerd", "busybox")
    lacking = [it for it in needed if shutil.which(it) is None and not Path(f"/usr/sbin/{it}").exists()]
    return f"{' and '.join(lacking)} not found (Debian: docker.io, busybox-static)" if lacking else None


def steps_of(log: str) -> Steps:
    """Read a build's progress, plain or as JSON, whichever ``Builder.progress`` asked for."""
    cached: Steps = {}
    for name, is_cached in _progress(log):
        if step := _STEP.match(name):
            key = (step[1] or "", int(step[2]))
            cached[key] = cached.get(key, False) or is_cached
    return cached


def _progress(log: str) -> Iterator[tuple[str, bool]]:
    names: dict[str, str] = {}
    for line in log.splitlines():
        if line.startswith('{"vertexes":'):
            # COPY --link is two: the copy, and then "LINK …", which plain progress shows as one.
            yield from ((it["name"], it.get("cached", False)) for it in json.loads(line)["vertexes"])
        elif match := _LINE.fullmatch(line):
            # Lines of parallel steps are mixed; the number in front tells them apart.
            if _STEP.match(match[2]):
                names[match[1]] = match[2]
            yield names.get(match[1], ""), match[2] == "CACHED"


def _inside(root: Path | None, *command: str) -> list[str]:
    """Put the root's programs and libraries in place of ours, for this command only; all other paths stay the same."""
    enter = 'mount --bind "$0/usr" /usr && exec "$@"'
    return [*(() if root is None else ("unshare", "--mount", "sh", "-c", enter, str(root))), *command]


@dataclass(frozen=True)
class Builder:
    """Talks to the dockerd."""

    environment: dict[str, str]
    folder: Path
    network: str = "none"
    timeout: float = TIMEOUT
    root: Path | None = None

    @property
    def progress(self) -> str:
        """The kind of progress to ask for: only the newer Docker tells each part of a step by itself."""
        return "plain" if self.root is None else "rawjson"

    @property
    def kept(self) -> tuple[str, ...]:
        """Options for a build whose steps are to be read, and whose layers are to be kept."""
        # An image that has no tag, or whose tag moves on, is collected, and takes along what a build is about to use.
        tags = () if self.root is None else ("-t", f"kept:{uuid4().hex}")
        return (f"--progress={self.progress}", *tags)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one docker command."""
        command = _inside(self.root, DOCKER, *arguments)
        return subprocess.run(command, env=self.environment, capture_output=True, check=False, timeout=self.timeout)

    def build(self, context: Path, dockerfile: str, tag: str, *options: str) -> Steps:
        """Build; raises ``RuntimeError`` with the log if the build fails."""
        path = self.folder / "Dockerfile"
        path.write_bytes(dockerfile.encode())
        options += (f"--network={self.network}", *self.kept, "-t", tag, "-f", str(path))
        result = self.run("build", *options, str(context))
        log = result.stderr.decode(errors="replace")
        if result.returncode:
            raise RuntimeError("\n".join(it for it in log.splitlines() if not it.startswith("{")))
        return steps_of(log)

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
def running(root: Path | None = None) -> Generator[Builder]:
    """Start a dockerd, ours or that of a root of ``newer_root``, make the base image, and stop it again."""
    with TemporaryDirectory(prefix="lw", dir="/tmp") as name:
        folder = Path(name)
        socket = f"unix://{folder}/s"
        environment = {
            **os.environ, "DOCKER_HOST": socket, "DOCKER_CONFIG": str(folder / "config"), "DOCKER_BUILDKIT": "1",
            "BUILDX_BUILDER": "default", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
        }  # fmt: skip
        # With containerd's store, the default since 29, BuildKit can merge layers, which COPY --link needs.
        store = "--storage-driver=overlay2" if root is None else "--feature=containerd-snapshotter=true"
        command = _inside(
            root, "/usr/sbin/dockerd", "-H", socket, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
            "-p", f"{folder}/pid", store, "--bridge=none", "--iptables=false", "--ip6tables=false",
            "--ip-forward=false", "--ip-masq=false",
        )  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        builder = Builder(environment, folder, root=root)
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
    (root / "bin" / "npx").write_text("#!/bin/sh\n")
    (root / "bin" / "npx").chmod(0o755)
    # What Debian's images have besides, and those of node.
    (root / "srv").mkdir()
    (root / "bin" / "bash").write_text('#!/bin/sh\nexec /bin/sh "$@"\n')
    (root / "bin" / "bash").chmod(0o755)
    users = {"root": 0, "www-data": 33, "node": 1000}
    (root / "etc" / "passwd").write_text("".join(f"{it}:x:{at}:{at}::/:/bin/sh\n" for it, at in users.items()))
    (root / "etc" / "group").write_text("".join(f"{it}:x:{at}:\n" for it, at in users.items()))
    install = 'RUN ["/bin/busybox", "--install", "-s", "/bin"]'
    builder.build(root, f"FROM scratch\nCOPY . /\n{install}\nENV APP_HOME=/srv/home\n", BASE)
    triggers = "ONBUILD ARG V\nONBUILD COPY a.tx[t] /onbuild/\nONBUILD RUN true\n"
    builder.build(root, f"FROM {BASE}\nWORKDIR /made\n{triggers}", ONBUILD)
