"""The files that cargo reads of a project, as data: Cargo.toml and .cargo/config.toml.

Sources: The Cargo Book (doc.rust-lang.org/cargo): manifest, workspaces, cargo-targets, overriding-dependencies, config.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.commands.kit.tables import Table, table, tables, texts

_DEPENDENCIES: Final = (
    *("dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies"),
)
_FOLDERS: Final = {"bench": "benches", "example": "examples", "test": "tests"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a Cargo.toml names, paths as written.

    ``local`` are (name, folder) of what it takes from folders. ``targets`` has, for each file that cargo looks for
    before it does anything, the places where that may be; one that ends in a slash stands for any file below.
    """

    root: str | None
    is_workspace: bool
    members: tuple[str, ...]
    exclude: tuple[str, ...]
    local: tuple[tuple[str, str], ...]
    targets: tuple[tuple[str, ...], ...]


def read_manifest(content: Table) -> Manifest:
    """Read a Cargo.toml."""
    package, workspace = table(content, "package"), table(content, "workspace")
    root = package.get("workspace")
    return Manifest(
        root if isinstance(root, str) else None,
        "workspace" in content,
        tuple(texts(workspace.get("members"))),
        tuple(texts(workspace.get("exclude"))),
        tuple(dict.fromkeys(_local(content))),
        tuple(_targets(content, package)) if "package" in content else (),
    )


def _local(content: Table) -> Iterator[tuple[str, str]]:
    """Yield (name, folder) of dependencies and of what takes the place of dependencies."""
    targets = table(content, "target")
    patches = table(content, "patch")
    holders = [content, table(content, "workspace"), *(table(targets, it) for it in targets)]
    groups = [table(it, key) for it in holders for key in _DEPENDENCIES]
    groups += [table(patches, it) for it in patches]
    groups.append(table(content, "replace"))
    for group in groups:
        for name in group:
            folder = table(group, name).get("path")
            if isinstance(folder, str):
                yield name, folder


def _targets(content: Table, package: Table) -> Iterator[tuple[str, ...]]:
    """Yield where the files of targets may be that have no path: cargo fails without them (run with cargo 1.95)."""
    bins = tables(content.get("bin"))
    if "lib" in content and "path" not in table(content, "lib"):
        yield ("src/lib.rs",)
    if "lib" not in content and not bins:
        yield ("src/lib.rs", "src/main.rs", "src/bin/")
    for it in bins:
        name = it.get("name")
        if "path" not in it and isinstance(name, str):
            # Up to edition 2018 src/main.rs is taken for any name.
            is_main = name == package.get("name") or package.get("edition", "2015") == "2015"
            yield (*(("src/main.rs",) if is_main else ()), f"src/bin/{name}.rs", f"src/bin/{name}/main.rs")
    for kind, folder in _FOLDERS.items():
        for it in tables(content.get(kind)):
            if "path" not in it:
                yield (f"{folder}/{it.get('name')}.rs", f"{folder}/{it.get('name')}/main.rs")


@dataclass(frozen=True, slots=True)
class Config:
    """What .cargo/config.toml names: folders that packages come from, and settings that may lead to files."""

    vendored: tuple[str, ...]
    unclear: tuple[str, ...]
    target_folder: str | None


def read_config(content: Table) -> Config:
    """Read a .cargo/config.toml."""
    sources = table(content, "source")
    named = [table(sources, it) for it in sources]
    vendored = [str(it[key]) for it in named for key in ("directory", "local-registry") if key in it]
    unclear = [it for it in ("paths", "include", "patch") if it in content]
    build = table(content, "build")
    programs = ("rustc", "rustc-wrapper", "rustc-workspace-wrapper")
    unclear += [f"build.{it}" for it in programs if str(build.get(it, "")).startswith((".", "/"))]
    unclear += [f"source.{it}" for it in sources if _is_file(table(sources, it).get("registry"))]
    unclear += ["http.cainfo"] if "cainfo" in table(content, "http") else []
    registries = table(content, "registries")
    asking = [table(content, "registry"), *(table(registries, it) for it in registries)]
    unclear += ["credential-provider" for it in asking if any("provider" in key and "/" in str(it[key]) for key in it)]
    folder = build.get("target-dir")
    return Config(tuple(vendored), tuple(unclear), folder if isinstance(folder, str) else None)


def _is_file(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("file:", "sparse+file:"))
