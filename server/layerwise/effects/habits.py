"""What each package manager looks for by habit: settings in a home folder, files of version managers, variables.

Sources: the managers' manuals, and what real ones asked for under ``strace`` (fixtures/probes). A manager that is not
listed is one of the system's (apt, apk, dnf).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Habits:
    """``variables`` name files or folders that steer it; ``home`` are names in a home folder.

    ``versions`` are files with which the shim of a version manager (pyenv, nodenv, asdf, mise) chooses what it starts.
    It looks for them in the folder where it is started, and in those above.
    """

    variables: re.Pattern[str]
    home: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def _habits(variables: str, home: str = "", versions: str = "") -> Habits:
    # Node.js gives the variables of npm in lower case to what it starts.
    return Habits(re.compile(variables, re.IGNORECASE), tuple(home.split()), tuple(versions.split()))


CERTIFICATES: Final = re.compile(r"NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(REQUESTS|CURL)_CA_BUNDLE|GIT_SSL_CAINFO")
"""Variables that name one file which an install reads as it is."""

STARTUP: Final = re.compile(
    r"BASH_ENV|ZDOTDIR|LD_(PRELOAD|AUDIT)|GIT_CONFIG(_GLOBAL|_SYSTEM)?|GIT_ASKPASS|GIT_SSH(_COMMAND)?|SSL_CERT_DIR|CURL_HOME"
    r"|NETRC|(SYSTEM_)?WGETRC|XDG_(CONFIG_HOME|CONFIG_DIRS|DATA_HOME|CACHE_HOME|STATE_HOME)|OPENSSL_CONF"
    r"|(NPM_CONFIG|npm_config)_(user|global|USER|GLOBAL)(config|CONFIG)"
)
"""Variables that name settings or code for any program."""

ASKS_GIT: Final = frozenset({"npm", "pnpm", "yarn", "bun"})
"""Managers that start ``git ls-remote`` where they run, which reads ``.git/config``.

So does npm 11 under strace; pip asks in the folder of its clone."""

HOME: Final = (
    *(".bash_profile", ".bash_login", ".bashrc", ".profile", ".zshenv", ".zprofile", ".zshrc", ".terminfo"),
    *(".config", ".local", ".cache", ".curlrc", ".wgetrc", ".netrc", "_netrc", ".gitconfig", ".git-credentials"),
    *(".gnupg", ".ssh", ".pki", ".asdfrc", ".asdf", ".mise"),
)
"""What shells, git, curl and version managers look for in a home folder."""

_VERSIONS: Final = (
    ".tool-versions mise.toml .mise.toml mise.local.toml .mise.local.toml .config/mise.toml .mise/config.toml"
)
_PIP_VARIABLES: Final = (
    r"PIP_(CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CONSTRAINT|BUILD_CONSTRAINT|REQUIREMENT|EDITABLE|CERT"
    r"|CLIENT_CERT)|PYTHON(HOME|STARTUP|USERBASE)"
)
_PYTHON_HOME: Final = ".pip .pydistutils.cfg .pypirc .pyenv .cargo .rustup"
_PYTHON_VERSIONS: Final = f".python-version {_VERSIONS}"
_NODE_HOME: Final = ".npmrc .npm .node_modules .node_libraries .node-gyp .nvm .nodenv .volta .pydistutils.cfg .pyenv"
_NODE_VERSIONS: Final = f".nvmrc .node-version {_VERSIONS}"
_JAVA_VERSIONS: Final = f".java-version .sdkmanrc {_VERSIONS}"
_RUBY_VERSIONS: Final = f".ruby-version .ruby-gemset {_VERSIONS}"
_ERLANG_VERSIONS: Final = f".exenv-version {_VERSIONS}"
_SYSTEM: Final = _habits(
    r"APT_CONFIG|DPKG_ADMINDIR|DPKG_ROOT|DPKG_FORCE|PERL5LIB|PERL5OPT|LD_LIBRARY_PATH|ZYPP_CONF",
    ".dpkg.cfg .rpmmacros .rpmrc",
)
_OF: Final[Mapping[str, Habits]] = {
    "npm": _habits(
        r"npm_config_(userconfig|globalconfig|script_shell|git|node_gyp|prefix)", _NODE_HOME, _NODE_VERSIONS
    ),
    "pnpm": _habits(
        r"(npm|pnpm)_config_(userconfig|globalconfig|pnpmfile|script_shell)",
        f"{_NODE_HOME} .pnpm-store",
        _NODE_VERSIONS,
    ),
    "yarn": _habits(
        r"(npm|yarn)_config_(userconfig|globalconfig|yarn_path|script_shell)"
        r"|YARN_(RC_FILENAME|YARN_PATH|PLUGINS|LOCKFILE_FILENAME|GLOBAL_FOLDER|VIRTUAL_FOLDER|CONSTRAINTS_PATH)",
        f"{_NODE_HOME} .yarnrc .yarnrc.yml .yarn/berry .yarn/config",
        _NODE_VERSIONS,
    ),
    "bun": _habits(
        r"BUN_CONFIG_(CA|CAFILE|FILE|CACHE_DIR)|BUN_INSTALL(_\w+)?",
        f"{_NODE_HOME} .bunfig.toml .bun",
        f".bun-version {_NODE_VERSIONS}",
    ),
    "corepack": _habits(r"COREPACK_(HOME|ENV_FILE)", _NODE_HOME, _NODE_VERSIONS),
    "deno": _habits(
        r"DENO_(DIR|CERT|TLS_CA_STORE|CONFIG|NO_PACKAGE_JSON)|NPM_CONFIG_USERCONFIG",
        ".npmrc .deno",
        f".dvmrc {_VERSIONS}",
    ),
    "pip": _habits(_PIP_VARIABLES, _PYTHON_HOME, _PYTHON_VERSIONS),
    "uv": _habits(
        r"UV_((DEFAULT_|EXTRA_)?INDEX(_URL)?|CONFIG_FILE|FIND_LINKS|(BUILD_)?CONSTRAINT|OVERRIDE|EXCLUDE|PROJECT"
        r"|WORKING_DIR(ECTORY)?|ENV_FILE|PYTHON)",
        f"{_PYTHON_HOME} .uv",
        _PYTHON_VERSIONS,
    ),
    "Poetry": _habits(
        rf"POETRY_(CONFIG_DIR|REPOSITORIES_\w+|CERTIFICATES_\w+)|{_PIP_VARIABLES}",
        f"{_PYTHON_HOME} .poetry",
        _PYTHON_VERSIONS,
    ),
    "PDM": _habits(
        rf"PDM_(CONFIG_FILE|PROJECT|OVERRIDE|LOCKFILE|PYTHON|PYPI_URL)|{_PIP_VARIABLES}",
        f"{_PYTHON_HOME} .pdm",
        _PYTHON_VERSIONS,
    ),
    "Pipenv": _habits(
        rf"PIPENV_(PIPFILE|PYPI_MIRROR|DOTENV_LOCATION|CUSTOM_VENV_NAME)|{_PIP_VARIABLES}",
        f"{_PYTHON_HOME} .virtualenvs",
        _PYTHON_VERSIONS,
    ),
    "Conda": _habits(
        rf"CONDARC|MAMBARC|CONDA_(CHANNELS|CHANNEL_ALIAS|DEFAULT_CHANNELS|ENV_SPEC|ROOT)|{_PIP_VARIABLES}",
        f"{_PYTHON_HOME} .condarc .mambarc .conda .mamba .continuum",
    ),
    "Bundler": _habits(
        r"RUBYLIB|GEMRC|BUNDLE_USER_(CONFIG|HOME)|BUNDLE_APP_CONFIG|BUNDLE_LOCAL__\w+",
        ".gemrc .gem .bundle .rbenv .rvmrc",
        _RUBY_VERSIONS,
    ),
    "RubyGems": _habits(r"RUBYLIB|GEMRC", ".gemrc .gem .rbenv .rvmrc", _RUBY_VERSIONS),
    "Composer": _habits(
        r"COMPOSER_(HOME|CACHE_DIR|RUNTIME_ENV|SELF)|PHP_INI_SCAN_DIR|PHPRC",
        ".composer .phpenv .svn .subversion .hgrc",
        f".php-version {_VERSIONS}",
    ),
    "Cargo": _habits(
        r"(CARGO_BUILD_)?RUSTC(_WORKSPACE)?(_WRAPPER)?|CARGO_HOME|RUSTUP_HOME",
        ".cargo .rustup",
        f"rust-toolchain rust-toolchain.toml {_VERSIONS}",
    ),
    "Go modules": _habits(r"GOENV|GOROOT|GOTOOLDIR", "go/bin go/pkg .goenv", f".go-version {_VERSIONS}"),
    "Maven": _habits(r"M2_HOME|MAVEN_HOME|MAVEN_CONFIG|MAVEN_USER_HOME", ".m2 .mavenrc .sdkman", _JAVA_VERSIONS),
    "Gradle": _habits(r"GRADLE_USER_HOME|GRADLE_HOME", ".gradle .m2 .sdkman .konan", _JAVA_VERSIONS),
    "sbt": _habits(
        r"SBT_HOME|COURSIER_(CACHE|CONFIG_DIR|CREDENTIALS|REPOSITORIES)|IVY_HOME|SBT_CREDENTIALS",
        ".sbt .sbtrc .sbtopts .ivy2 .sdkman .coursier .m2",
        _JAVA_VERSIONS,
    ),
    "dotnet": _habits(
        r"NUGET_(PACKAGES|FALLBACK_PACKAGES|HTTP_CACHE_PATH)|DOTNET_ROOT|MSBUILDSDKSPATH|MSBuild\w+Path|Directory\w+Path",
        ".nuget .dotnet .microsoft .templateengine",
        f"global.json {_VERSIONS}",
    ),
    "Mix": _habits(
        r"MIX_(EXS|HOME|ARCHIVES)|ERL_LIBS|ERL_INETRC|HEX_(HOME|CACERTS_PATH)|HEX_CONFIG",
        ".mix .hex .erlang .asdf",
        _ERLANG_VERSIONS,
    ),
    "Rebar": _habits(
        r"REBAR_(CONFIG|BASE_DIR|CHECKOUTS_DIR|GLOBAL_CONFIG_DIR|CACHE_DIR)|ERL_LIBS|ERL_FLAGS",
        ".erlang .hex .rebar3",
        _ERLANG_VERSIONS,
    ),
    "pub": _habits(
        r"PUB_(CACHE|ENVIRONMENT)|FLUTTER_ROOT", ".pub-cache .dart .flutter .flutter_settings", f".fvmrc {_VERSIONS}"
    ),
    "Swift": _habits(r"SWIFTPM_\w+|SWIFT_EXEC\w*|TOOLCHAINS", ".swiftpm .swiftenv", f".swift-version {_VERSIONS}"),
}


def habits_of(manager: str) -> Habits:
    """Return the habits of a manager, by the name that its installs have."""
    return _OF.get(manager) or _OF.get(manager.partition(" ")[0]) or _SYSTEM


ALL_HOME: Final = tuple(dict.fromkeys((*HOME, *(name for it in (*_OF.values(), _SYSTEM) for name in it.home))))
ALL_VERSIONS: Final = frozenset(name for it in _OF.values() for name in it.versions)
