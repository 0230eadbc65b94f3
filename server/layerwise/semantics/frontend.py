"""Which program reads the Dockerfile: ``# syntax=`` can name any image, whose rules then hold.

Source: BuildKit ``frontend/dockerfile/builder/build.go:Build``, ``parser/directives.go:DetectSyntax``; the Dockerfile
reference says since which version a flag is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from layerwise.syntax.tree import Tree

_DOCKERS_OWN: Final = re.compile(r"(?:.+/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?", re.IGNORECASE)

_VERSION: Final = re.compile(r".*?docker/dockerfile(-upstream)?(:(?P<tag>[\w.-]+))?(@.*)?", re.IGNORECASE)
_TAG: Final = re.compile(r"1(?:\.(?P<minor>\d+)(?:\.\d+)?)?(?P<labs>-labs)?")
_NEWEST: Final = 1_000


def knows_parents(tree: Tree) -> bool:
    """Tell whether the ``# syntax=`` line allows ``COPY --parents``: 1.20 or newer, or labs since 1.7.

    Without that line it depends on the builder's version, which is not known.
    """
    minor, labs = _minor_version(tree)
    return minor is not None and minor >= (7 if labs else 20)


def knows_mounts(tree: Tree) -> bool:
    """Tell whether ``RUN --mount`` is known: since 1.2, and to every BuildKit of its own (Docker 20.10 and newer)."""
    minor, _ = _minor_version(tree)
    return tree.directive("syntax") is None or (minor is not None and minor >= 2)


def _minor_version(tree: Tree) -> tuple[int | None, bool]:
    """Return the N of ``docker/dockerfile:1.N``, None if it is not told, and whether it is a labs version."""
    named = _VERSION.fullmatch((tree.directive("syntax") or "").strip())
    if named is None:
        return None, False
    tag = named["tag"] or "latest"
    if tag in ("latest", "labs"):
        return _NEWEST, tag == "labs"
    version = _TAG.fullmatch(tag)
    return (None, False) if version is None else (int(version["minor"] or _NEWEST), bool(version["labs"]))


def foreign_frontend(tree: Tree, build_args: Mapping[str, str]) -> str | None:
    """Return the image that reads the Dockerfile in place of Docker's own frontend; None if that one does."""
    named = build_args.get("BUILDKIT_SYNTAX") or tree.directive("syntax") or ""
    image = named.split(maxsplit=1)[0] if named.strip() else ""
    return None if not image or _DOCKERS_OWN.fullmatch(image) else image
