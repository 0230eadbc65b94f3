"""Names for messages."""

from __future__ import annotations


def listed(names: list[str]) -> str:
    """Return names for a message: ``a, b and c``, ``a, b, c and 4 more``."""
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
