"""What a finding on an install that comes too late says."""

from __future__ import annotations

from typing import Final

from layerwise.fixes.withheld import Message
from layerwise.rules.chosen import is_noise
from layerwise.rules.late_installs import LateInstall, context_names
from layerwise.semantics.dockerfile import Placed
from layerwise.text.wording import code, join_words, shortened

MOST_NAMED: Final = 3
"""How many COPYs are named by their lines."""


def sentence(late_install: LateInstall, run: Placed, skipped: str | None) -> Message:
    """Say what happens in this build, with its names and numbers, or in one that needs a stage which it skips."""
    early = late_install.early
    lines: list[str | Placed] = ["line " if len(early) == 1 else "lines "]
    rest = len(early) - MOST_NAMED
    for index, it in enumerate(early[:MOST_NAMED]):
        separator = " and " if index == len(early) - 1 else ", "
        lines += [it.placed] if index == 0 else [separator, it.placed]
    if rest > 0:
        lines.append(f" and {rest} more")
    unneeded = late_install.unneeded
    editing = "Editing" if skipped is None else f"When {skipped} is built, editing"
    if unneeded is None:
        start: list[str | Placed] = [f"{editing} any file copied on ", *lines]
    elif len(unneeded) == 1:
        start = [f"{editing} {min(unneeded)}, copied on ", *lines, ","]
    else:
        start = [f"{editing} any of {len(unneeded):,} files copied on ", *lines]
    titles = join_words(list(dict.fromkeys(code(install.title) for install, _ in late_install.installs)))
    return [*start, f" re-runs {titles} on line ", run, _reads(late_install), _advice(late_install)]


def _reads(late_install: LateInstall) -> str:
    names = [name for _, needs in late_install.installs for name in context_names(needs, late_install.files)]
    if late_install.blocked or not names:
        return ""
    listed = join_words(shortened(list(dict.fromkeys(names))))
    if any(needs.fetch for _, needs in late_install.installs):
        return f", which gets its dependencies again; for that it reads only {listed}"
    verb = "reads" if len({install.title for install, _ in late_install.installs}) == 1 else "read"
    return f", which {verb} only {listed}"


def _advice(late_install: LateInstall) -> str:
    """Say what to do about files that no image needs."""
    if not is_noise(late_install.unneeded):
        return ""
    files = late_install.unneeded or frozenset()
    these = "it" if len(files) == 1 else "these files"
    # A build fails where a COPY names a file that is ignored.
    is_named = any(source.path in files for it in late_install.early for source in it.copy.sources)
    return f"; leave {these} out of the COPY" if is_named else f"; add {these} to .dockerignore"
