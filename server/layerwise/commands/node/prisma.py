"""What ``prisma generate`` reads and writes, as far as that can be told without running it.

Source: Prisma's manual (prisma.io/docs/orm: prisma schema location, generators, prisma.config.ts, which may be
.config/prisma.ts as well). Not run here, as it downloads engines: so it is for review, with the files that the manual
names. Up to Prisma 6 the install script of ``@prisma/client`` runs ``prisma generate`` in the folder of the install
(packages/client/scripts/postinstall.js).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final

from layerwise.commands.kit.install import InstallFiles
from layerwise.commands.kit.tables import Table, table
from layerwise.semantics.paths import join

CLIENT: Final = "@prisma/client"
_NAMED: Final = re.compile(r"^\s*schema\s*:\s*(?:path\.join\()?((?:[\"'][^\"'\n]+[\"'][\s,]*)+)", re.MULTILINE)
"""The schema in prisma.config.ts, if it is written out."""

_OUTPUT: Final = re.compile(r"^\s*output\s*=\s*\"([^\"]*)\"", re.MULTILINE)
_SCHEMAS: Final = ("prisma/schema.prisma", "schema.prisma", "prisma/schema")
_SETTINGS: Final = (
    *(
        f"{name}.{it}"
        for it in ("ts", "js", "mjs", "cjs", "mts", "cts")
        for name in ("prisma.config", ".config/prisma")
    ),
    *(".env", "prisma/.env"),
)


@dataclass(frozen=True, slots=True)
class Prisma:
    """``schema`` is a file or, if so, a folder; ``outputs`` are folders that it writes. All are image paths."""

    schema: str
    is_folder: bool
    files: tuple[str, ...]
    outputs: tuple[str, ...]


def read_prisma(named: str, folder: str, manifest: Table, files: InstallFiles) -> Prisma | None:
    """Tell what ``prisma generate`` needs in a folder; ``named`` is its --schema. None if there is no schema."""
    setting = table(manifest, "prisma").get("schema")
    chosen = named or (setting if isinstance(setting, str) else "") or _configured(folder, files)
    candidates = (join(folder, it) for it in ([chosen] if chosen else _SCHEMAS))
    schema = next(filter(files.any_below, candidates), None)
    if schema is None:
        return None
    is_folder = files.files_below(schema) != [schema]
    text = "" if is_folder else files.read(schema)
    outputs = tuple(join(posixpath.dirname(schema), it) for it in _OUTPUT.findall(text or ""))
    return Prisma(schema, is_folder, tuple(join(folder, it) for it in _SETTINGS), outputs)


def _configured(folder: str, files: InstallFiles) -> str:
    configs = (join(folder, it) for it in _SETTINGS if not it.endswith(".env"))
    found = (_NAMED.search(files.read(it) or "") for it in configs if files.exists(it))
    named = next((it[1] for it in found if it), "")
    return "/".join(re.findall(r"[^\"'\s,]+", named))
