"""A base image with real package managers: node and npm, python and pip, all Debian's packages.

mmdebstrap makes it in the time that debootstrap takes for a minimal system alone: apt resolves and unpacks everything in
one go, without recommended packages (npm needs 400 as it is). Signatures are checked as ever.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

from builder.daemon import Builder

IMAGE = "layerwise-debian"
"""What the Dockerfiles in fixtures/real name."""
PACKAGES = "nodejs,npm,python3,python3-pip"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
TIMEOUT = 900  # seconds; it takes 60 on two idle cores


def missing() -> str | None:
    """Say what this machine lacks to make the image."""
    if shutil.which("mmdebstrap") is None:
        return "mmdebstrap not found (Debian: mmdebstrap)"
    return None if _sources() else "apt knows no package of Debian (apt-get update)"


def make(builder: Builder) -> None:
    """Make the image; raises ``RuntimeError`` with the log if that fails."""
    archive = builder.folder / "debian.tar"
    (builder.folder / "apt.conf").write_text(_output("apt-config", "dump", *_APT))
    command = [
        "mmdebstrap", "--mode=root", "--variant=essential", f"--include={PACKAGES}",
        f"--aptopt={builder.folder}/apt.conf", "--dpkgopt=force-unsafe-io",
        f"--customize-hook=upload {CERTIFICATES} {CERTIFICATES}", "", str(archive), "-",
    ]  # fmt: skip
    result = subprocess.run(command, input=_sources(), capture_output=True, text=True, check=False, timeout=TIMEOUT)
    if result.returncode:
        raise RuntimeError(result.stderr)
    changes = [f'--change=ENV {name}="{value}"' for name, value in _environment().items()]
    imported = builder.run("import", *changes, str(archive), IMAGE)
    archive.unlink()
    if imported.returncode:
        raise RuntimeError(imported.stderr.decode(errors="replace"))


# How this machine reaches its mirror; nothing that has to do with signatures.
_APT = ("Acquire::http", "Acquire::https", "Acquire::Check-Valid-Until", "Acquire::Check-Date")


def _sources() -> str:
    """Return where this machine's apt gets Debian's own packages, as lines of a sources.list."""
    line = "deb $(SITE) $(RELEASE) $(COMPONENT)"
    lines = _output("apt-get", "indextargets", "--format", line, "Created-By: Packages", "Origin: Debian").splitlines()
    return "".join(f"{it}\n" for it in sorted(set(lines)))


def _environment() -> dict[str, str]:
    """Return the variables that have npm and pip in the image get packages as npm and pip here do.

    As variables of the base they hold in each RUN. A build argument would have to be declared, and a file in the
    context would be part of the project that is judged.
    """
    found = {name: value for name, value in os.environ.items() if name.lower() in _PROXIES}
    found |= {"NODE_EXTRA_CA_CERTS": CERTIFICATES, "PIP_CERT": CERTIFICATES}
    if shutil.which("npm"):
        found["npm_config_registry"] = _output("npm", "config", "get", "registry").strip()
    lines = _output(sys.executable, "-m", "pip", "config", "list").splitlines()
    settings = {name: ast.literal_eval(value) for name, _, value in (it.partition("=") for it in lines)}
    for variable, option in (("PIP_INDEX_URL", "index-url"), ("PIP_TRUSTED_HOST", "trusted-host")):
        for section in ("global", "install", ":env:"):  # the last that has it wins
            if value := settings.get(f"{section}.{option}"):
                found[variable] = " ".join(str(value).split())
    return found


_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


def _output(*command: str) -> str:
    # From the root, where no project has settings.
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=Path("/")).stdout
