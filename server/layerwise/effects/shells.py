"""The shell that a RUN starts: whether it is one of the system's, with nothing but flags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from layerwise.semantics.dockerfile import Placed

_SHELL: Final = re.compile(r"((/usr(/local)?)?/s?bin/|/busybox/)?(sh|bash|ash|dash|ksh|zsh)")
_STARTS_SHELL: Final = re.compile(r"((/usr(/local)?)?/s?bin/)?(env|busybox)")
_NAMES: Final = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh"})
_FLAGS: Final = re.compile(r"[-+][ceuxliop]+|--(login|norc|noprofile|posix)|pipefail|errexit|nounset|xtrace")


def odd_shell(placed: Placed) -> str | None:
    """Return what of a RUN's shell may be, or read, a file of the project, None if nothing is: ``/app/tools/sh``.

    A name without a folder is looked for on PATH, as any program.
    """
    for words in _shells(placed):
        rest = list(words)
        if rest and _STARTS_SHELL.fullmatch(rest[0]):
            del rest[0]
        if not rest or not _SHELL.fullmatch(rest[0]):
            return rest[0] if rest else " ".join(words)
        odd = next((it for it in rest[1:] if not _FLAGS.fullmatch(it)), None)
        if odd is not None:
            return odd
    return None


def _shells(placed: Placed) -> Iterator[Sequence[str]]:
    """Yield the words that start a shell: SHELL, what is in front of an exec form's script, a heredoc's first line."""
    instruction, run = placed.instruction, placed.run
    if instruction.json is not None:
        words = [it.text for it in instruction.json]
        script = next((at for at, it in enumerate(words) if re.fullmatch(r"-\w*c\w*", it)), None)
        if script is not None and words[0].rpartition("/")[2] in _NAMES:
            yield words[: script + 1]
        return
    yield placed.scope.shell
    if run is not None and run.heredoc and run.source is not None and run.source.text.startswith("#!"):
        yield run.source.text.partition("\n")[0][2:].split()
