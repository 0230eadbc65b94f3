"""Places where any program of the system looks: folders of programs, libraries and settings, and home folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from layerwise.context.image_files import Arrival, Link
from layerwise.effects.habits import ALL_HOME
from layerwise.semantics.paths import relative
from layerwise.text.wording import names

_FOLDERS: Final = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/run", "/sbin", "/var/cache", "/var/lib"),
    *(f"/usr/{it}" for it in ("bin", "etc", "include", "lib", "lib32", "lib64", "libexec", "sbin", "share")),
    *(
        f"/usr/local/{it}"
        for it in ("bin", "etc", "include", "lib", "lib64", "libexec", "pip.conf", "sbin", "share", "ssl")
    ),
)
_SETTINGS_OF_THE_BASE: Final = ("?$PHP_INI_DIR",)
"""Folders that official images name, whose files programs read as settings."""

_OF_A_PROJECT: Final = ".config/dotnet-tools.json"
"""What only looks like settings of a user: nothing but ``dotnet tool`` reads it, in the folder of a project."""


def system_files(
    arrival: Arrival, names: Sequence[str], homes: Iterable[str], links: Sequence[Link] = ()
) -> frozenset[str]:
    """Return the files that land where any program may look: in system folders, or by one of ``names`` in ``homes``.

    ``links`` lead from there to other places.
    """
    target = arrival.copy.target
    # Without a WORKDIR the folder is the base image's own, which is often the root.
    roots = ("", target) if target.startswith("?") else ("",)
    places = [f"{root}{folder}" for root in roots for folder in _FOLDERS]
    places += [f"{home.rstrip('/')}/{name}" for home in homes for name in names]
    places += _SETTINGS_OF_THE_BASE
    places += [it.target for it in links if any(relative(it.path, place) is not None for place in places)]
    # Elsewhere it can't bring anything.
    places = [it for it in places if relative(it, target) is not None or relative(target, it) is not None]
    found = {file for place in places for file in arrival.entries_at(place)}
    found |= {it for place in places if (it := arrival.link_above(place)) is not None}
    return frozenset(it for it in found if not it.endswith(_OF_A_PROJECT))


def settings_of(arrival: Arrival) -> frozenset[str]:
    """Return the files that may be settings of the system or of a user, whatever program reads them; kept."""
    target, kept = arrival.copy.target, arrival.selected.settings
    home = arrival.placed.scope.variables.get("HOME") or "/root"
    if home not in kept:
        homes = {"/root", target, home}
        homes |= {f"/home/{it}" for it in target.split("/")[2:3] if target.startswith("/home/")}
        kept[home] = system_files(arrival, ALL_HOME, homes)
    return kept[home]


_OF_THE_HIERARCHY: Final = names("/ /home /media /mnt /opt /root /srv /tmp /usr /usr/local /var")
"""Folders that systems have, and into which packages put files or folders (FHS 3.0)."""


def is_of_the_hierarchy(path: str) -> bool:
    """Tell whether an image path is a folder that a system has, whatever is installed."""
    return path in _OF_THE_HIERARCHY or path in _FOLDERS


def is_of_system(path: str) -> bool:
    """Tell whether an image path is one of the system's folders, or lies in one."""
    return any(relative(path, it) is not None for it in _FOLDERS)


def may_be_settings(arrival: Arrival) -> bool:
    """Tell whether a COPY may bring settings of the system or a user, as far as that can be told without a context."""
    return _may_be_settings(arrival.copy.target, tuple(it.path for it in arrival.copy.sources))


@lru_cache(maxsize=4096)
def _may_be_settings(target: str, sources: tuple[str, ...]) -> bool:
    if target == "/" and not any(it in ("", ".") or "." in it.strip("./") for it in sources):
        # `COPY rootfs /` lays a folder over the system.
        return True
    is_system = is_of_system(target) or any(relative(target, it) is not None for it in _SETTINGS_OF_THE_BASE)
    return is_system or not frozenset(ALL_HOME).isdisjoint(target.split("/"))
