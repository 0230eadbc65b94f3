"""An extension in the place of the Python extension: of its interface only what says which Python a project has."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Final

_MANIFEST: Final = {
    "name": "python",
    "publisher": "ms-python",
    "version": "2026.1.0",
    "engines": {"vscode": "^1.91.0"},
    "main": "./main.js",
    "contributes": {"commands": [{"command": "python.setInterpreter", "title": "Python: Select Interpreter"}]},
}
# As in its documentation: https://github.com/microsoft/vscode-python/wiki/Python-Environment-APIs
_MAIN: Final = """\
const { commands, EventEmitter, Uri } = require("vscode");
const changed = new EventEmitter();
commands.registerCommand("python.setInterpreter", () => {
  PYTHONS.shift();
  changed.fire({ path: PYTHONS[0] });
});
exports.activate = () => ({
  environments: {
    getActiveEnvironmentPath: () => ({ id: PYTHONS[0], path: PYTHONS[0] }),
    resolveEnvironment: async ({ path }) => ({ executable: { uri: Uri.file(path) } }),
    onDidChangeActiveEnvironmentPath: changed.event,
  },
});
"""
_PACKAGE: Final = """\
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata><Identity Id="python" Publisher="ms-python" Version="2026.1.0" Language="en-US"/></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
</PackageManifest>
"""


def python_extension(folder: Path, *pythons: Path) -> Path:
    """Write a vsix into a folder and return its path; every project has the first Python, the next if that is chosen."""
    path = folder / "python.vsix"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("extension.vsixmanifest", _PACKAGE)
        archive.writestr("extension/package.json", json.dumps(_MANIFEST))
        archive.writestr("extension/main.js", f"const PYTHONS = {json.dumps([*map(str, pythons)])};\n{_MAIN}")
    return path
