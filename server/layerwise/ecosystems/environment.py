"""The environment variables that a command is started with, and the files that they make it read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from layerwise.ecosystems.install import Install, InstallFiles
from layerwise.semantics.paths import join, relative
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

CERTIFICATES: Final = re.compile(r"NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(REQUESTS|CURL)_CA_BUNDLE|GIT_SSL_CAINFO")
"""Variables that name one file which an install reads as it is."""

_STARTUP: Final = re.compile(
    r"BASH_ENV|LD_PRELOAD|GIT_CONFIG(_GLOBAL|_SYSTEM)?|GIT_ASKPASS|GIT_SSH(_COMMAND)?|SSL_CERT_DIR"
    r"|(NPM_CONFIG|npm_config)_(user|global|USER|GLOBAL)(config|CONFIG)"
)
_STEERING_NAME: Final = re.compile(
    r"(NPM|NODE|PIP|PYTHON|GO|GIT|LD|SSL|REQUESTS|CURL|UV|YARN|COREPACK)(_.*|\d.*|[A-Z]*)|BASH_ENV|ENV|HOME|PATH|IFS|CDPATH"
    r"|VIRTUAL_ENV|TMPDIR|SHELL",
    re.IGNORECASE,
)
_HARMLESS_NAME: Final = re.compile(
    r"NODE_ENV|PYTHON(UNBUFFERED|DONTWRITEBYTECODE)|PIP_(NO_CACHE_DIR|DISABLE_PIP_VERSION_CHECK|ROOT_USER_ACTION|INDEX_URL)"
    r"|GO(PROXY|PRIVATE|SUMDB|NOSUMDB|NOPROXY|OS|ARCH|ARM)|NPM_CONFIG_(REGISTRY|LOGLEVEL|UPDATE_NOTIFIER|FUND|AUDIT)",
    re.IGNORECASE,
)


def is_harmless_variable(name: str, value: str | None) -> bool:
    """Tell whether setting a variable certainly steers no manager and no shell."""
    return value is not None and (not _STEERING_NAME.fullmatch(name) or bool(_HARMLESS_NAME.fullmatch(name)))


@lru_cache(maxsize=20_000)
def _is_one_of(name: str, names: re.Pattern[str]) -> bool:
    """Tell whether a variable is one of those; kept, since each install asks it of each variable in scope."""
    return names.fullmatch(name) is not None


def environment_of(command: Command, scope: Scope) -> dict[str, str | None]:
    """Return the variables set in the Dockerfile, and in front of the command (``A=1 npm ci``, ``env A=1 npm ci``).

    None is a value that only the build knows.
    """
    found = scope.variables.defined_names()
    found.update((it.name, it.value) for it in command.assignments)
    for word in command.words[: len(command.words) - len(command.program_words)]:
        name, equals, _ = word.text.partition("=")
        if equals and name.isidentifier():
            value = literal(word, scope)
            found[name] = None if value is None else value.partition("=")[2]
    return found


def certificates(environment: Mapping[str, str | None], directory: str, files: InstallFiles) -> list[str]:
    """Return the certificates of the context that variables name, as image paths."""
    paths = [join(directory, value) for it, value in environment.items() if value and _is_one_of(it, CERTIFICATES)]
    return [it for it in paths if files.exists(it)]


def startup_files(
    environment: Mapping[str, str | None], directory: str, files: InstallFiles, names: re.Pattern[str] = _STARTUP
) -> Iterator[str]:
    """Yield a clause for each variable whose file or folder, of the context, steers the install."""
    for name, value in environment.items():
        if not (_is_one_of(name, names) or _is_one_of(name, _STARTUP)):
            continue
        if value is None:
            yield f"{name} depends on a variable, and may name a file of the project"
        elif value and files.any_below(join(directory, value)):
            yield f"{name} names {value}, which is part of the project"


def lacks_folder(install: Install, manifests: tuple[str, ...], scope: Scope) -> bool:
    """Tell whether the folder of an install is there only because COPY brings something that is no manifest."""
    directory = install.directory
    return directory != scope.directory and not any(relative(it, directory) is not None for it in manifests)


def listed(names: list[str]) -> str:
    """Return names for a message: ``a, b and c``, ``a, b, c and 4 more``."""
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
