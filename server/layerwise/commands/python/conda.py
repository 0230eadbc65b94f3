"""Conda, Mamba and Micromamba: what an environment.yml or ``--file`` lists.

## What is copied first
The files of `conda env create -f environment.yml`, `conda env update`, `conda create --file`, `conda install --file`,
the same of `mamba` and `micromamba`; `environment.yml` where none is named; the requirements files that its `pip:`
section includes; `.condarc` and `.mambarc` that a COPY brings into the home folder.

## No fix
Where a file lists folders or archives of the project (`-e .` in the `pip:` section, `file:`), or a channel is a folder;
where a file is missing or can't be read; where variables name other files of the project.

## Review
Never: these commands rewrite no file of the project.

## Cache
`/opt/conda/pkgs` in the official images of Conda, `/opt/conda/pkgs` or `/root/micromamba/pkgs` with Micromamba.

## Sources
Conda's manual (docs.conda.io): "Managing environments", "conda env create", "conda install", and its source
(conda/env/installers/pip.py: pip runs in the folder of environment.yml, where its list is written to); Mamba's manual
(mamba.readthedocs.io): "Micromamba User Guide". Not run: neither is in a registry that these tests can use.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

from layerwise.commands.kit.command_line import UNKNOWN, depends, directory_of, read_command_line, syntax, written
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.places import user_settings
from layerwise.commands.python.pip_words import is_remote
from layerwise.commands.python.pyproject import items, tables, texts
from layerwise.commands.python.requirements import Requirements
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names
from layerwise.text.yaml import load_yaml

_SYNTAX: Final = syntax(
    "-f --file -n --name -p --prefix -c --channel --solver --experimental-solver -r --root-prefix --rc-file --platform"
    " --subdir --repodata-fn --console --retry-clean-cache --safety-checks --extra-safety-checks --category"
    " --repodata-ttl --log-level --default-channel --environment-specifier --env-spec --trusted-host",
    "-y --yes -q --quiet -v -vv -vvv --verbose --json --override-channels --use-local -k --insecure --offline --force"
    " --prune --no-deps --only-deps --no-pin --copy --freeze-installed --no-update-deps --update-deps -S"
    " --satisfied-skip-solve --update-all --all --no-channel-priority --strict-channel-priority --channel-priority -C"
    " --use-index-cache --no-default-packages --force-reinstall --no-rc --no-env --shortcuts --no-shortcuts --pyc"
    " --no-pyc --always-softlink --always-copy --no-lock --fresh --no-py-pin --clobber --yes-to-all",
)
_PROGRAMS: Final = names("conda mamba micromamba")
_PREFIXES: Final = ("/opt/conda", "/opt/mamba", "/opt/micromamba", "/root/.conda", "/root/micromamba", "/root/.local")
_LOCAL: Final = re.compile(r"file:|\.{0,2}/|~|(?!\w+://)\S*\.(conda|tar\.bz2)(#|\s|\Z)")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``conda env create -f x``, ``mamba install --file x``, ``micromamba …``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program not in _PROGRAMS or None in line.operands:
        return None
    listed = line.values("-f", "--file")
    verb = [it for it in line.operands if it is not None]
    of_environment = verb[:1] == ["env"]
    plain = verb[:1] in (["create"], ["install"], ["update"]) and bool(listed)
    if not (verb[:2] in (["env", "create"], ["env", "update"]) and len(verb) == 2) and not plain:
        return None
    directory = directory_of(command, scope)
    if directory is None:
        return None
    operands = tuple(listed) or ("environment.yml",)
    words = [line.program, *verb[: 2 if of_environment else 1]]
    title = " ".join([*words, *(f"{'-f' if of_environment else '--file'} {written(it)}" for it in listed)])
    options = line.last_values() | {"program": line.program}
    channels = line.values("-c", "--channel")
    options |= {"channels": "\n".join(channels)} if channels else {}
    return Install("Conda", title, command, directory, options, operands)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the files that it lists."""
    environment = environment_of(install.command, scope)
    blocked: list[str] = []
    manifests: list[str] = []
    folders: list[str] = []
    for operand in install.operands:
        if UNKNOWN in operand:
            blocked.append(f"the name of a file {depends(operand)}")
        elif not is_remote(operand):
            path = join(install.directory, operand)
            text = files.read(path)
            if text is None:
                blocked.append(f"`{install.title}` reads {operand}, which the build context does not have there")
                continue
            manifests.append(path)
            pip = Requirements(files, posixpath.dirname(path))
            blocked += _listed_in(path, text, pip, install)
            manifests += pip.found
            folders += pip.folders
            blocked += pip.blocked
    if not manifests and not blocked:
        return Needs(source=True)
    manifests += user_settings((".condarc", ".mambarc"), environment, files)
    blocked += [f"a channel is a folder ({it})" for it in _channels(install) if _LOCAL.match(it)]
    rc_file = install.options.get("--rc-file")
    if rc_file is not None and (rc_file == UNKNOWN or files.any_below(join(install.directory, rc_file))):
        blocked.append("--rc-file names a file of the project")
    return Needs(
        tuple(dict.fromkeys(manifests)),
        tuple(dict.fromkeys(folders)),
        blocked=tuple(dict.fromkeys(blocked)),
        outputs=tuple(dict.fromkeys(_outputs(install, environment))),
    )


def _channels(install: Install) -> list[str]:
    return [it for it in install.options.get("channels", "").split("\n") if it]


def _listed_in(path: str, text: str, pip: Requirements, install: Install) -> Iterator[str]:
    """Yield what stands in the way in one file; what its ``pip:`` section includes goes to ``pip``."""
    name = posixpath.basename(path)
    if not name.endswith((".yml", ".yaml")):
        for line in text.splitlines():
            if _LOCAL.match(line.strip()):
                yield f"{name} lists a file or folder of the project ({line.strip()})"
        return
    content = load_yaml(text)
    if not isinstance(content, dict):
        yield f"{name} can't be read here"
        return
    table = cast("dict[str, object]", content)
    yield from (
        f"{name} has a channel that is a folder ({it})" for it in texts(table.get("channels")) if _LOCAL.match(it)
    )
    for it in items(table.get("dependencies")):
        if isinstance(it, str) and _LOCAL.match(it):
            yield f"{name} lists a file or folder of the project ({it})"
    for section in tables(table.get("dependencies")):
        for line in texts(section.get("pip")):
            pip.add_line(line.partition(" #")[0].strip(), path)
    # Mamba's own programs run pip elsewhere than Conda does.
    if pip.found and install.options["program"] != "conda" and posixpath.dirname(path) != install.directory:
        yield f"where {install.options['program']} looks for what the pip section of {name} includes is not known"


def _outputs(install: Install, environment: Mapping[str, str | None]) -> Iterator[str]:
    chosen = [install.options.get(it) for it in ("-p", "--prefix", "-r", "--root-prefix")]
    chosen += [
        environment.get(it) for it in ("CONDA_PREFIX", "MAMBA_ROOT_PREFIX", "CONDA_ENVS_PATH", "CONDA_PKGS_DIRS")
    ]
    yield from (join(install.directory, it) for it in chosen if it and it != UNKNOWN)
    # `-e git+https://…` of the pip section is cloned there.
    yield join(install.directory, "src")
    yield from _PREFIXES


CONDA: Final = Ecosystem(
    "Conda",
    _PROGRAMS,
    recognise,
    needs,
    ("environment.yml", "environment.yaml", "environment*.y*ml", "conda*.lock", "requirements*.txt"),
    lambda install: install.operands,
    parse_documentation(__doc__, SECTIONS),
)
