"""An install as the rules see it: the last RUN of a Dockerfile, with the files of a build context in the image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from layerwise.commands.judging import needs_of
from layerwise.commands.kit.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrivals, Arriving
from layerwise.semantics.dockerfile import Placed, read_dockerfile
from layerwise.semantics.shell import Command
from layerwise.syntax.tree import parse


def last_run(script: str, before: str = "") -> tuple[Placed, tuple[Command, ...]]:
    """Place ``RUN script`` in /app, behind the lines ``before``."""
    dockerfile = read_dockerfile(parse(f"FROM base\nWORKDIR /app\n{before}\nRUN {script}\n"))
    placed = dockerfile.instructions[-1]
    assert placed.run is not None
    return placed, placed.run.commands


def recognised(ecosystem: Ecosystem, script: str, before: str = "") -> Install | None:
    placed, commands = last_run(script, before)
    return ecosystem.recognise(commands[-1], placed.scope)


class Verdict(NamedTuple):
    """What is judged, with the manifests and outputs in /app as relative paths."""

    manifests: list[str]
    blocked: list[str]
    check: list[str]
    needs: Needs

    @property
    def is_safe(self) -> bool:
        return not self.needs.source and not self.blocked and not self.check


def judge(
    ecosystem: Ecosystem, script: str, texts: Mapping[str, str], before: str = "", copy: str = "COPY . ."
) -> Verdict:
    """Judge the last command of ``RUN script`` behind ``COPY . .``."""
    text = f"FROM base\nWORKDIR /app\n{before}\n{copy}\nRUN {script}\n"
    placed = read_dockerfile(parse(text)).instructions
    arrivals = Arrivals()
    arriving = Arriving(BuildContext.of_texts(texts))
    for it in placed:
        arrivals = arriving.at(it, arrivals)
    run = placed[-1].run
    assert run is not None
    install = ecosystem.recognise(run.commands[-1], placed[-1].scope)
    assert install is not None, script
    caches = tuple(it.target for it in run.mounts if it.kind == "cache")
    needs = needs_of(ecosystem, install, InstallFiles(arrivals, caches), placed[-1])
    return Verdict([it.removeprefix("/app/") for it in needs.manifests], [*needs.blocked], [*needs.check], needs)
