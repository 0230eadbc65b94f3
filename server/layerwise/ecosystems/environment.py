"""Small questions that many managers ask of an install, and names for messages."""

from __future__ import annotations

from layerwise.ecosystems.install import Install
from layerwise.semantics.paths import relative
from layerwise.semantics.scope import Scope


def lacks_folder(install: Install, manifests: tuple[str, ...], scope: Scope) -> bool:
    """Tell whether the folder of an install is there only because COPY brings something that is no manifest."""
    directory = install.directory
    return directory != scope.directory and not any(relative(it, directory) is not None for it in manifests)


def listed(names: list[str]) -> str:
    """Return names for a message: ``a, b and c``, ``a, b, c and 4 more``."""
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
