"""Starts the language server that is bundled beside this file. With ``--check`` it only says whether it could.

``bundled/python`` runs everywhere; ``bundled/native`` has tree-sitter, a folder for each platform, with one module for
each version of Python in it. Where none fits, the one that is installed in this Python is used.
"""

from __future__ import annotations

import importlib
import platform
import site
import sys
import sysconfig
from pathlib import Path

BUNDLED = Path(__file__).resolve().parent / "bundled"
NEEDED = (3, 11)
GRAMMARS = ("tree_sitter_bash", "tree_sitter_hcl")


def main() -> int:
    """Return the exit code: 3 if this Python can't run the server, with the reason as the last line of stderr."""
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < NEEDED:
        return _refuse(f"this is Python {here}")
    native = BUNDLED / "native" / platform_name()
    sys.path[:0] = [str(BUNDLED / "python"), str(native)]
    if not _is_usable():
        sys.path.remove(str(native))
        # The isolated mode leaves it out.
        sys.path.append(site.getusersitepackages())
        if not _is_usable():
            return _refuse(
                f"layerwise comes without tree-sitter for Python {here} on {platform_name()}; "
                f"install it with: {sys.executable} -m pip install tree-sitter tree-sitter-bash tree-sitter-hcl"
            )
    if sys.argv[1:] == ["--check"]:
        return 0
    run = importlib.import_module("layerwise.cli.main").main
    return run() or 0


def platform_name() -> str:
    """Return the name of the folder that has what is compiled for this Python."""
    if sys.platform == "win32":
        return sysconfig.get_platform()
    system = "macosx" if sys.platform == "darwin" else sys.platform
    if "musl" in str(sysconfig.get_config_var("SOABI")):
        system = "musllinux"
    return f"{system}-{platform.machine()}"


def _is_usable() -> bool:
    try:
        read = importlib.import_module("tree_sitter").Language
        for it in GRAMMARS:
            read(importlib.import_module(it).language())
    except (ImportError, TypeError, ValueError):
        # There is none, or those that are there do not fit together.
        return False
    return True


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 3


if __name__ == "__main__":
    sys.exit(main())
