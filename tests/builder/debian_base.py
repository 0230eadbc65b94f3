"""A base image with real package managers: Debian's node, npm, python and pip, and with these those of Node and Python.

mmdebstrap makes Debian in the time that debootstrap takes for a minimal system alone: apt resolves and unpacks everything
in one go, without recommended packages (npm needs 400 as it is). Signatures are checked as ever.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from builder.daemon import Builder

IMAGE = "layerwise-debian"
"""What stands in for the images that the Dockerfiles of projects name."""
PACKAGES = "nodejs,npm,python3,python3-pip,python-is-python3"
MANAGERS = """\
FROM debian
# corepack brings yarn and pnpm along, switched off as in the official image, which has yarn 1 of its own.
RUN npm install --global --no-audit --no-fund corepack@0.31.0 bun@1.4.5 deno@2.9.6 \\
 && rm -f /usr/local/bin/pnpm /usr/local/bin/pnpx /usr/local/bin/yarn /usr/local/bin/yarnpkg \\
 && npm install --global --no-audit --no-fund yarn@1.22.22 \\
 && rm -rf /root/.npm
ENV UV_TOOL_DIR=/opt/tools UV_TOOL_BIN_DIR=/usr/local/bin
# The plugin has Poetry ask the index as pip does; PDM 2.29 does not start with a newer hishel.
RUN pip install --no-cache-dir uv==0.13.9 \\
 && uv tool install --no-cache poetry==2.5.1 --with poetry-plugin-pypi-mirror==0.6.5 \\
 && uv tool install --no-cache pdm==2.29.4 --with hishel==1.4.0 \\
 && uv tool install --no-cache pipenv==2026.10.3
"""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
TIMEOUT = 900  # seconds; it takes 60 on two idle cores


def on_debian(dockerfile: str) -> str:
    """Return a Dockerfile with this image in place of every other one, whose managers need not be installed again."""
    dockerfile = re.sub(r"(?im)^#\s*syntax=.*\n", "", dockerfile)
    dockerfile = re.sub(r"(?m)^RUN pip install --no-cache-dir (poetry|pdm|pipenv)\b.*$", "RUN true", dockerfile)
    return re.sub(r"(?m)^(FROM\s+)\S+", rf"\g<1>{IMAGE}", dockerfile)


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
    changes = [f'--change=ENV {name}="{value}"' for name, value in registries().items()]
    imported = builder.run("import", *changes, str(archive), "debian")
    archive.unlink()
    if imported.returncode:
        raise RuntimeError(imported.stderr.decode(errors="replace"))
    nothing = builder.folder / "nothing"
    nothing.mkdir(exist_ok=True)
    builder.build(nothing, MANAGERS, IMAGE)


# How this machine reaches its mirror; nothing that has to do with signatures.
_APT = ("Acquire::http", "Acquire::https", "Acquire::Check-Valid-Until", "Acquire::Check-Date")


def _sources() -> str:
    """Return where this machine's apt gets Debian's own packages, as lines of a sources.list."""
    line = "deb $(SITE) $(RELEASE) $(COMPONENT)"
    lines = _output("apt-get", "indextargets", "--format", line, "Created-By: Packages", "Origin: Debian").splitlines()
    return "".join(f"{it}\n" for it in sorted(set(lines)))


def registries() -> dict[str, str]:
    """Return the variables that have the managers in the image get packages as npm and pip here do.

    As variables of the base they hold in each RUN. A build argument would have to be declared, and a file in the
    context would be part of the project that is judged.
    """
    found = {name: value for name, value in os.environ.items() if name.lower() in _PROXIES}
    found |= dict.fromkeys((*_CERTIFICATES, "PIP_CERT"), CERTIFICATES)
    # As in the official images, where Python is not the system's.
    found["PIP_BREAK_SYSTEM_PACKAGES"] = "1"
    if shutil.which("npm"):
        registry = _output("npm", "config", "get", "registry").strip()
        found |= dict.fromkeys(("npm_config_registry", "YARN_NPM_REGISTRY_SERVER"), registry)
        # Not each registry has the signature of the newest release; what packageManager names has its digest there.
        found |= {"COREPACK_NPM_REGISTRY": registry.rstrip("/"), "COREPACK_DEFAULT_TO_LATEST": "0"}
    lines = _output(sys.executable, "-m", "pip", "config", "list").splitlines()
    settings = {name: ast.literal_eval(value) for name, _, value in (it.partition("=") for it in lines)}
    for variable, option in (("PIP_INDEX_URL", "index-url"), ("PIP_TRUSTED_HOST", "trusted-host")):
        for section in ("global", "install", ":env:"):  # the last that has it wins
            if value := settings.get(f"{section}.{option}"):
                found[variable] = " ".join(str(value).split())
    index = found.get("PIP_INDEX_URL", "https://pypi.org/simple")
    return found | dict.fromkeys(("UV_DEFAULT_INDEX", "POETRY_PYPI_MIRROR_URL", "PDM_PYPI_URL"), index)


_CERTIFICATES = ("NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "DENO_CERT")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


def _output(*command: str) -> str:
    # From the root, where no project has settings.
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=Path("/")).stdout
