"""Commands that read no copied file and leave none behind: they may run before a COPY that stood before them.

What is not known to be neutral is not: options are read strictly, and every word has to be told from the text. System
folders (/usr, /etc, /var, a user's home) are taken to be out of the COPY's reach; where the working folder overlaps
what a command writes, it is not neutral.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from layerwise.commands.kit.command_line import CommandLine, Syntax, read_command_line, syntax
from layerwise.commands.python.pip_words import SYNTAX as PIP_SYNTAX
from layerwise.commands.python.pip_words import is_local, is_remote
from layerwise.commands.ruby.gem_words import SYNTAX as GEM_SYNTAX
from layerwise.commands.shell.written_paths import ADDS_USERS, fixed_part, written_paths
from layerwise.commands.system.command_lines import read_system_command
from layerwise.effects.environment import is_harmless_variable
from layerwise.semantics.paths import overlap
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.wording import names

_NO_OPTIONS: Final = syntax("", "")
_CACHES: Final = re.compile(
    r"(/root|/home/[\w.-]+)/\.(npm|cache|node-gyp)(/|\Z)|/tmp/.|/var/(cache|lib/apt/lists|tmp|log)/"
    r"|/usr/share/(doc|man|info|locale)(/|\Z)|/var/lib/apt/lists\Z"
)
_CONDA: Final = syntax(
    "", "-a --all -f --force-pkgs-dirs -p --packages -t --tarballs -i --index-cache -y --yes -q --quiet -l"
)
_NPM: Final = syntax(
    "--registry --loglevel --fetch-timeout --fetch-retries",
    "-g --global --force -f --audit --fund --progress --update-notifier --quiet -q --silent -s --unsafe-perm"
    " --prefer-offline",
    negations=True,
)
_NPM_SETTINGS: Final = re.compile(
    r"(@[\w-]+:)?registry|strict-ssl|fund|audit|progress|update-notifier|loglevel|maxsockets|fetch-[\w-]+|unsafe-perm|"
    r"legacy-peer-deps|engine-strict|(https-)?proxy"
)
_NPM_PACKAGE: Final = re.compile(r"(@[\w.-]+/)?\w[\w.-]*(@[\w.^~-]+)?")
_USERADD: Final = syntax(
    "-u --uid -g --gid -G --groups --ingroup -s --shell -c --comment --gecos -d --home-dir --home -h",
    "-m --create-home -M --no-create-home -r --system -N --no-user-group -U --user-group -o -l --no-log-init -S -D -H"
    " --disabled-password --disabled-login --group --quiet",
)
_GROUPADD: Final = syntax("-g --gid", "-r --system -f --force -o --non-unique -S --quiet")
_MKDIR: Final = syntax("-m --mode", "-p --parents -v --verbose")
_HARMLESS_SET: Final = re.compile(r"[-+][eux]+|[-+][eux]*o|errexit|nounset|xtrace|pipefail")


def is_neutral(command: Command, scope: Scope, targets: Sequence[str] = ()) -> bool:
    """Tell whether a command certainly neither reads nor writes what COPY brings to ``targets``."""
    return _is_neutral(command, scope) and not any(
        overlap(path, target) for path in written_paths(command) for target in targets if not target.startswith("?")
    )


def _is_neutral(command: Command, scope: Scope) -> bool:
    if command.redirected or not all(is_harmless_variable(it.name, it.value) for it in command.assignments):
        return False
    if not command.words:
        return True
    program = command.program or ""
    if program in ("export", "set", "rm", "echo", "printf"):
        return _is_neutral_builtin(program, command, scope)
    if (system := read_system_command(command, scope)) is not None:
        return system.is_plain and not system.package_files and not system.unclear(command, scope)
    unversioned = program.rstrip("0123456789.")
    known, judge = _PROGRAMS.get(program) or _PROGRAMS.get(unversioned, (_NO_OPTIONS, None))
    if [it.value for it in command.arguments] in (["--version"], ["-v"], ["-V"]):
        return program in _TELLS_VERSION
    line = read_command_line(command, scope, known) if judge else None
    if line is None or judge is None or None in line.operands:
        return False
    return judge(line, [it for it in line.operands if it is not None], scope)


def _is_neutral_builtin(program: str, command: Command, scope: Scope) -> bool:
    arguments = [it.value for it in command.arguments]
    values = [it for it in arguments if it is not None]
    if len(values) < len(arguments):
        return False
    match program:
        case "export":
            pairs = [it.partition("=") for it in values]
            return all(name.isidentifier() and is_harmless_variable(name, value) for name, _, value in pairs)
        case "set":
            return all(_HARMLESS_SET.fullmatch(it) for it in values)
        case "rm":
            # Globs are welcome here: they can't leave the folder.
            paths = [it for it in values if not it.startswith("-")]
            flags = all(re.fullmatch(r"-[rfRv]+|--recursive|--force", it) for it in values if it.startswith("-"))
            return flags and bool(paths) and all(_is_cache(it, scope) for it in paths)
        case _:
            return not any(it.startswith("-v") for it in values)


def _is_cache(path: str, scope: Scope) -> bool:
    # The base image's own folder is taken to be no cache.
    is_apart = scope.directory.startswith("?") or _is_apart(fixed_part(path), scope)
    return ".." not in path and bool(_CACHES.match(path)) and is_apart


def _is_apart(path: str, scope: Scope) -> bool:
    """Tell whether a path is absolute and has nothing to do with the working folder."""
    return path.startswith("/") and ".." not in path and not overlap(path, scope.directory)


def _is_path(operand: str) -> bool:
    return operand.startswith(("./", "../", "/", "~")) or operand.endswith((".deb", ".rpm", ".apk", ".tgz", ".tar.gz"))


def _tells(_line: CommandLine, _operands: list[str], _scope: Scope) -> bool:
    return True


def _npm(line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    if operands[:2] in (["cache", "clean"], ["cache", "verify"]):
        return True
    if operands[:2] == ["config", "set"] or operands[:1] == ["set"]:
        rest = operands[operands.index("set") + 1 :]
        name, equals, _ = rest[0].partition("=") if rest else ("", "", "")
        return len(rest) == 1 + (not equals) and bool(_NPM_SETTINGS.fullmatch(name))
    # A name with a slash and no scope is a folder or a repository; with -g npm ignores the project's settings.
    are_names = all(_NPM_PACKAGE.fullmatch(it) and not _is_path(it) for it in operands[1:])
    return line.has("-g", "--global") and operands[:1] in (["install"], ["i"]) and len(operands) > 1 and are_names


def _pip(line: CommandLine, operands: list[str], scope: Scope) -> bool:
    if line.program.startswith("python") and line.value("-m") != "pip":
        is_venv = line.value("-m") == "venv" and set(line.options) == {"-m"}
        return is_venv and len(operands) == 1 and _is_apart(operands[0], scope)
    if operands[:2] == ["cache", "purge"]:
        return True
    harmless = {
        "-i",
        "--index-url",
        "--extra-index-url",
        "--trusted-host",
        "--timeout",
        "--retries",
        "--default-timeout",
    }
    harmless |= {"-m", "--root-user-action", "--progress-bar", "--only-binary", "--no-binary"}
    plain = all(it in harmless or it in PIP_SYNTAX.flags for it in line.options)
    packages = operands[1:]
    are_names = not any(is_local(it) or is_remote(it) or "@" in it for it in packages)
    return operands[:1] == ["install"] and bool(packages) and are_names and plain


def _poetry(_line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    # With --local it writes poetry.toml.
    return operands[:1] == ["config"] and len(operands) == 3


def _conda(_line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    return operands == ["clean"]


def _corepack(_line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    if operands[:1] == ["enable"]:
        return True
    # Without a version it looks into package.json.
    return operands[:1] == ["prepare"] and len(operands) > 1 and all("@" in it for it in operands[1:])


def _gem(line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    is_elsewhere = not line.has(
        "-i", "--install-dir", "-n", "--bindir", "--build-root", "-g", "--file", "--config-file"
    )
    if operands[:1] == ["update"]:
        return is_elsewhere and line.has("--system")
    # `gem install tool.gem` and `./tool` are files.
    named = all(re.fullmatch(r"\w[\w-]*(:[\w.~> -]+)?", it) for it in operands[1:])
    return operands[:1] in (["install"], ["i"]) and len(operands) > 1 and named and is_elsewhere


def _mix(_line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    # It evaluates mix.exs and the configuration if they are there, and does the same without them.
    tasks = {it.rstrip(",") for it in operands[1:] if it != "+"} if operands[:1] == ["do"] else {*operands}
    return (bool(tasks) and tasks <= {"local.hex", "local.rebar"}) or operands[:2] == ["archive.install", "hex"]


def _composer(_line: CommandLine, operands: list[str], _scope: Scope) -> bool:
    if operands[:2] == ["global", "require"]:
        # Into the user's own folder.
        return len(operands) > 2 and all(re.fullmatch(r"[\w.-]+/[\w.-]+([:=].*)?", it) for it in operands[2:])
    return operands[:1] in (["clear-cache"], ["clearcache"], ["self-update"])


def _useradd(line: CommandLine, operands: list[str], scope: Scope) -> bool:
    named = line.values("-d", "--home-dir", "--home", "-h")
    homes = named or [f"/home/{it}" for it in operands]
    return bool(operands) and all(_is_apart(it, scope) for it in homes)


def _mkdir(_line: CommandLine, operands: list[str], scope: Scope) -> bool:
    return bool(operands) and all(_is_apart(it, scope) for it in operands)


_TELLS_VERSION: Final = names("node npm python python3 pip pip3 git gcc g++ make php ruby gem composer")
_ENABLES: Final = names("a2enmod a2dismod a2ensite a2dissite a2enconf a2disconf docker-php-ext-install")
_Judge = Callable[[CommandLine, list[str], Scope], bool]
_PROGRAMS: Final[Mapping[str, tuple[Syntax, _Judge]]] = {
    **dict.fromkeys(("true", ":", "sync", "sleep", "whoami", "pwd"), (_NO_OPTIONS, _tells)),
    "uname": (syntax("", "-a -m -r -s"), _tells),
    "ls": (syntax("", "-l -a -A -h -R -la -al -lah -lha -alh -lR"), lambda _line, operands, _scope: not operands),
    "dpkg": (syntax("--add-architecture", "--print-architecture"), lambda _line, operands, _scope: not operands),
    "apt-mark": (_NO_OPTIONS, lambda _line, operands, _scope: operands[:1] in (["auto"], ["hold"], ["manual"])),
    "npm": (_NPM, _npm),
    **dict.fromkeys(("pip", "pip3", "python", "python3"), (PIP_SYNTAX, _pip)),
    "gem": (GEM_SYNTAX, _gem),
    "mix": (syntax("", "--force --force, --if-missing --if-missing,"), _mix),
    "composer": (
        syntax("", "--no-interaction -n --quiet -q --ansi --no-ansi --1 --2 --prefer-dist --no-progress"),
        _composer,
    ),
    "nproc": (syntax("--ignore", "--all"), lambda _line, operands, _scope: not operands),
    **dict.fromkeys(("conda", "mamba", "micromamba"), (_CONDA, _conda)),
    "poetry": (syntax("", "-n --no-interaction -q --no-ansi"), _poetry),
    "corepack": (syntax("", "--activate"), _corepack),
    "yarn": (syntax("", "--force"), lambda _line, operands, _scope: operands == ["cache", "clean"]),
    "pnpm": (_NO_OPTIONS, lambda _line, operands, _scope: operands == ["store", "prune"]),
    "bun": (_NO_OPTIONS, lambda _line, operands, _scope: operands == ["pm", "cache", "rm"]),
    **dict.fromkeys(ADDS_USERS, (_USERADD, _useradd)),
    **dict.fromkeys(("groupadd", "addgroup"), (_GROUPADD, lambda _line, operands, _scope: bool(operands))),
    "mkdir": (_MKDIR, _mkdir),
    **dict.fromkeys(_ENABLES, (syntax("-j", "-q -f"), lambda _line, operands, _scope: bool(operands))),
}
