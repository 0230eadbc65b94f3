"""Writes into ``package.json`` what the server knows best: the version, and the settings with their descriptions.

With ``--check`` it only tells, by its exit code, whether they are in step.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from layerwise.rules.registry import RULES
from layerwise.workspace.settings import SETTINGS, Kind, Setting

CLIENT: Final = Path(__file__).parents[1]
MANIFEST: Final = CLIENT / "package.json"
# What is for the extension only; package.json says that a project can name a program to run only if it is trusted.
_OWN: Final = {
    "layerwise.interpreter": {
        "type": "string",
        "default": "",
        "scope": "machine-overridable",
        "markdownDescription": "The Python (3.11 or newer) that runs the server: a path, which may begin with `~` or "
        "`${workspaceFolder}`, or a name on `PATH`. Found by itself if not set: the one of the Python extension, if "
        "that is there, or one on `PATH`.",
    }
}


def main() -> int:
    """Return the exit code."""
    before = MANIFEST.read_text(encoding="utf-8")
    manifest = json.loads(before)
    project = tomllib.loads((CLIENT.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    manifest["version"] = project["version"]
    properties = {f"layerwise.{it.key}": _schema(it) for it in SETTINGS}
    manifest.setdefault("contributes", {})["configuration"] = {"title": "layerwise", "properties": properties | _OWN}
    after = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    if sys.argv[1:] != ["--check"]:
        MANIFEST.write_text(after, encoding="utf-8", newline="\n")
    elif before != after:
        sys.stderr.write("package.json is not in step with the server: python vscode-client/scripts/manifest.py\n")
        return 1
    return 0


def _schema(setting: Setting) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": setting.kind.value,
        # An empty text sets nothing, as the server reads it.
        "default": "" if setting.default is None else setting.default,
        "scope": "resource",
        "markdownDescription": setting.description,
    }
    choices = None if setting.choices is None else [it.value for it in setting.choices]
    if setting.kind is not Kind.TABLE:
        return schema if choices is None else schema | {"enum": choices}
    if setting.key != "rules":
        return schema | {"additionalProperties": {"type": "string"}}
    rules = {
        it.name: {"type": "string", "enum": choices, "description": f"{it.documentation.summary} ({it.severity.value})"}
        for it in RULES
    }
    return schema | {"properties": rules, "additionalProperties": False}


if __name__ == "__main__":
    sys.exit(main())
