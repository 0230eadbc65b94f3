"""What ``pip`` and ``uv pip`` have in common: what an install from requirements files is asked, and what it reads."""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, CommandLine, depends
from layerwise.commands.kit.install import Install, InstallFiles
from layerwise.commands.python.pip_words import is_local, is_remote
from layerwise.commands.python.project import LINKS, PROJECT
from layerwise.commands.python.requirements import Requirements
from layerwise.semantics.paths import join
from layerwise.semantics.shell import Command

TOGETHER: Final = (
    "the requirements by themselves may get other versions than together with the project: pip replaces these later,"
    " but leaves what only they needed"
)


def options_of(line: CommandLine, command: Command) -> dict[str, str]:
    """Return the options with what else of the command counts, under names that are no options."""
    options = line.last_values()
    options["program"] = command.program or ""
    editable = line.values("-e", "--editable")
    local = [it for it in line.operands[1:] if it is None or is_local(it)]
    if any(it is None for it in local):
        options["source"] = ""
    elif local or any(map(is_local, editable)):
        options[PROJECT] = "\n".join([*filter(None, local), *(f"-e {it}" for it in editable if is_local(it))])
    links = [it for it in line.values("-f", "--find-links") if not is_remote(it)]
    options |= {LINKS: "\n".join(links)} if links else {}
    if any(map(is_remote, editable)):
        options.setdefault("--src", "src")
    return options


def read_requirements(install: Install, files: InstallFiles) -> Requirements:
    """Read the requirements files of an install, and the folders of archives that it names."""
    read = Requirements(files, install.directory)
    for operand in install.operands:
        if UNKNOWN in operand:
            read.blocked.append(f"the name of a requirements file {depends(operand)}")
        elif not is_remote(operand):
            read.add(join(install.directory, operand), f"`{install.title}`")
    for place in install.options.get(LINKS, "").split("\n"):
        if place:
            read.add_links(place, f"`{install.title}`")
    return read
