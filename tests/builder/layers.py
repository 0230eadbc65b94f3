"""What an image has on top of the base: as ``Builder.tree`` does, without reading the base again.

The layers of overlay2 are folders. They are mounted over each other, and looked at where one above the base has something.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from builder.daemon import Builder, Tree

_KINDS = {stat.S_IFREG: "0", stat.S_IFLNK: "2", stat.S_IFCHR: "3", stat.S_IFBLK: "4", stat.S_IFDIR: "5"}


def tree_above(builder: Builder, tag: str, base: str) -> Tree:
    """Return the files of an image's own layers, and of the base what these hide: path → as in ``Builder.tree``."""
    layers = _layers(builder, tag)
    below = set(_layers(builder, base))
    own = [it for it in layers if it not in below]
    paths = sorted({path for it in own for path in _paths(it, [it for it in layers if it in below])})
    found: Tree = {}
    with _merged(layers, builder.folder / "merged") as root:
        for path in paths:
            file = root / path
            if not os.path.lexists(file):
                found[path] = ("-", 0, 0, 0, "")
                continue
            status = file.lstat()
            kind = _KINDS[stat.S_IFMT(status.st_mode)]
            found[path] = (kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, _content(file, kind))
    return {path: it for path, it in found.items() if it[0] != "-" or _is_in(below, path)}


def _content(file: Path, kind: str) -> str:
    match kind:
        case "0":
            return file.read_bytes().decode("latin-1")
        case "2":
            return str(file.readlink())
        case _:
            return ""


def _layers(builder: Builder, tag: str) -> list[Path]:
    """Return the folders of an image's layers, topmost first."""
    result = builder.run("image", "inspect", "--format", "{{json .GraphDriver.Data}}", tag)
    if result.returncode:
        raise RuntimeError(result.stderr.decode(errors="replace"))
    data = cast("dict[str, str]", json.loads(result.stdout))
    return [Path(it) for it in (data["UpperDir"], *data.get("LowerDir", "").split(":")) if it]


def _paths(layer: Path, below: list[Path]) -> Iterator[str]:
    for name, folders, files in os.walk(layer):
        here = Path(name).relative_to(layer)
        yield from (str(here / it) for it in (*folders, *files))
        if name != str(layer) and _is_opaque(name):
            for it in below:
                yield from (str(path.relative_to(it)) for path in (it / here).rglob("*"))


def _is_opaque(folder: str) -> bool:
    return "trusted.overlay.opaque" in os.listxattr(folder)


def _is_in(layers: set[Path], path: str) -> bool:
    return any(os.path.lexists(it / path) for it in layers)


@contextmanager
def _merged(layers: list[Path], folder: Path) -> Generator[Path]:
    folder.mkdir(exist_ok=True)
    option = f"lowerdir={':'.join(map(str, layers))}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"ro,{option}", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
