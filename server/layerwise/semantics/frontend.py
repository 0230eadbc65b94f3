"""Which program reads the Dockerfile: ``# syntax=`` can name any image, whose rules then hold.

Source: BuildKit ``frontend/dockerfile/builder/build.go:Build``, ``parser/directives.go:DetectSyntax``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from layerwise.syntax.tree import Tree

_DOCKERS_OWN: Final = re.compile(r"(?:.+/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?", re.IGNORECASE)


def foreign_frontend(tree: Tree, build_args: Mapping[str, str]) -> str | None:
    """Return the image that reads the Dockerfile in place of Docker's own frontend; None if that one does."""
    named = build_args.get("BUILDKIT_SYNTAX") or tree.directive("syntax") or ""
    image = named.split(maxsplit=1)[0] if named.strip() else ""
    return None if not image or _DOCKERS_OWN.fullmatch(image) else image
