"""The variables that a command is started with: what the Dockerfile sets, and what stands in front of the command."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from layerwise.semantics.paths import join
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command, Word

_TOOLS: Final = re.compile(
    # The managers, and the programs that they start.
    r"(APT|ASDF|BUN|BUNDLE|CARGO|CGO|CMAKE|COMPOSER|CONDA|COREPACK|COURSIER|CURL|DART|DEB|DENO|DOTNET|DPKG|ERL|FLUTTER|FNM"
    r"|GCC|GEM|GIT|GO|GRADLE|HEX|IVY|JAVA|JDK|LD|MAMBA|MAVEN|MISE|MIX|MSBUILD|NODE|NODENV|NPM|NUGET|NVM|OPENSSL"
    r"|PDM|PERL|PHP|PIP|PIPENV|PKG|PNPM|POETRY|PRISMA|PUB|PYENV|PYTHON|RBENV|REBAR|REQUESTS|RPM|RUBY|RUST|RUSTC|RUSTUP|SBT"
    r"|SDKMAN|SSH|SSL|SWIFT|SWIFTPM|UV|VIRTUALENV|VOLTA|WORKON|XDG|YARN|ZYPP)(_.*|\d.*|[A-Z]*)"
    r"|BASH_ENV|ENV|HOME|PATH|IFS|CDPATH|VIRTUAL_ENV|TMPDIR|TMP|TEMP|SHELL|ZDOTDIR|INPUTRC|NETRC|(SYSTEM_)?WGETRC|GNUPGHOME"
    r"|M2_HOME|CC|CXX|AR|MAKE(FLAGS|FILES)|(C|CXX|CPP|LD)FLAGS|(C|CPLUS|LIBRARY|C_INCLUDE|CPLUS_INCLUDE)_?PATH"
    r"|ELIXIR_ERL_OPTIONS|TOOLCHAINS|EDITOR|VISUAL|PAGER|LOCPATH|GCONV_PATH|NLSPATH",
    re.IGNORECASE,
)
_HARMLESS: Final = re.compile(
    r"NODE_(ENV|VERSION)|PYTHON(UNBUFFERED|DONTWRITEBYTECODE|HASHSEED|FAULTHANDLER|IOENCODING|UTF8|_VERSION)"
    r"|PIP_(NO_CACHE_DIR|DISABLE_PIP_VERSION_CHECK|ROOT_USER_ACTION|INDEX_URL|DEFAULT_TIMEOUT|VERSION)"
    r"|GO(PROXY|PRIVATE|SUMDB|NOSUMDB|NOPROXY|OS|ARCH|ARM|LANG_VERSION)|CGO_ENABLED|MIX_ENV"
    r"|NPM_CONFIG_(REGISTRY|LOGLEVEL|UPDATE_NOTIFIER|FUND|AUDIT)|BUNDLE_(WITHOUT|WITH|ONLY|JOBS|RETRY|DEPLOYMENT|FROZEN)"
    r"|POETRY_(VERSION|NO_INTERACTION)|UV_(COMPILE_BYTECODE|LINK_MODE)",
    re.IGNORECASE,
)
_ANY: Final = re.compile(r".*", re.DOTALL)
HOME_VARIABLE: Final = re.compile(r"(\$HOME|\$\{HOME\}|~)(?=/|\Z)")
"""The home folder at the start of a value."""

_CHANGES_USER: Final = frozenset({"gosu", "su-exec", "sudo", "-i", "--ignore-environment", "-", "-u", "--unset"})


def is_of_a_tool(name: str) -> bool:
    """Tell whether a package manager or what it starts has a use for a variable of this name, however harmless."""
    return _TOOLS.fullmatch(name) is not None


def steers(name: str) -> bool:
    """Tell whether a package manager, a shell, or what they start, may look at a variable of this name."""
    return is_of_a_tool(name) and _HARMLESS.fullmatch(name) is None


def is_harmless_variable(name: str, value: str | None) -> bool:
    """Tell whether setting a variable certainly steers no manager and no shell."""
    return value is not None and not steers(name)


def environment_of(command: Command, scope: Scope) -> Mapping[str, str | None]:
    """Return the variables set in the Dockerfile, and in front of the command (``A=1 npm ci``, ``env A=1 npm ci``).

    None is a value that only the build knows.
    """
    found: dict[str, str | None] = {it.name: it.value for it in command.assignments}
    for word in _wrapping(command):
        name, equals, _ = word.text.partition("=")
        if equals and name.isidentifier():
            value = literal(word, scope)
            found[name] = None if value is None else value.partition("=")[2]
    return ChainMap(found, *(it.own for it in scope.variables.links))


def texts_of(command: Command, scope: Scope, *patterns: re.Pattern[str]) -> dict[str, list[str]]:
    """Return all that each variable may be set to; what only the build knows is in it as ``$NAME``.

    With patterns, only variables that match one of them.

    A list has more than one text where a value holds another one of its own: ``PATH=/a:$PATH``, twice.
    """
    partial: dict[str, list[str]] = {}
    for name, text in scope.variables.partial:
        partial.setdefault(name, []).append(text)
    known = scope.variables.named_like(patterns or (_ANY,))
    found = {name: partial.get(name, [f"${name}"]) if value is None else [value] for name, value in known.items()}
    assigned = [(it.name, it.text) for it in command.assignments]
    pairs = (it.text.partition("=") for it in _wrapping(command))
    assigned += [(name, value) for name, equals, value in pairs if equals and name.isidentifier()]
    for name, value in assigned:
        if patterns and not any(it.fullmatch(name) for it in patterns):
            continue
        text = scope.expand(value, "\\").text
        found[name] = [text, *found.get(name, [])] if "$" in text else [text]
    return found


def working_folder(command: Command, scope: Scope) -> str | None:
    """Return the image path in which a command works, after ``cd``; None if unknown."""
    if command.directory is None:
        return None
    # After `cd $APP_HOME` the folder is one that the environment tells.
    folder = scope.expand(command.directory, "\\")
    return join(scope.directory, folder.text, known=folder.known) if command.directory else scope.directory


def homes_of(command: Command, scope: Scope) -> tuple[frozenset[str], bool]:
    """Return the home folders that a command may have, and whether those are all.

    Where nobody sets HOME it is the user's, and which folder that is the base image tells (``useradd -d /app``).
    """
    user = scope.user.partition(":")[0]
    homes = {"/root", *({f"/home/{user}"} if user not in ("", "root", "0") else ())}
    home = environment_of(command, scope).get("HOME") or ""
    changes_user = any(it.value in _CHANGES_USER for it in _wrapping(command))
    if home:
        homes.add(join(working_folder(command, scope) or scope.directory, home))
    return frozenset(homes), bool(home) and not changes_user


def _wrapping(command: Command) -> Sequence[Word]:
    """Return the words in front of the real program: ``env A=1``, ``sudo -E``."""
    return command.words[: len(command.words) - len(command.program_words)]


def wrappers(command: Command) -> Iterator[str]:
    """Yield what in front of the real program is given as a path: ``./tools/env A=1 npm ci``."""
    for it in _wrapping(command):
        if it.value is not None and "/" in it.value and "=" not in it.value:
            yield it.value
