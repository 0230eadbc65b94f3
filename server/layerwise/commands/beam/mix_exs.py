"""mix.exs and the files of config/: Elixir programs, of which what they read is told if they do nothing unusual.

Sources: Mix's manual (hexdocs.pm/mix): Mix.Project, Mix.Tasks.Deps; Elixir's, Config.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerwise.text.wording import names

_TOKEN: Final = re.compile(
    r'''(?P<comment>\#[^\n]*)
    |(?P<string>~?[a-zA-Z]?""".*?"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<sigil>~[a-zA-Z](?:\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|<[^>]*>|/(?:\\.|[^/\\])*/|\|[^|]*\|))
    |(?P<erlang>:[a-z]\w*\.[a-z]\w*)
    |(?P<atom>(?<![:\w]):[A-Za-z_]\w*[?!]?)
    |(?P<keyword>[A-Za-z_]\w*[?!]?:(?!:))
    |(?P<remote>[A-Z]\w*(?:\.[A-Z]\w*)*\.[a-z_]\w*[?!]?)
    |(?P<alias>[A-Z]\w*(?:\.[A-Z]\w*)*)
    |(?P<name>[a-z_]\w*[?!]?)
    |(?P<other>\S)''',
    re.VERBOSE | re.DOTALL,
)
_INTERPOLATED: Final = re.compile(r"#\{([^}]*)\}")
_ENVIRONMENT: Final = re.compile(r"#\{\s*(config_env\(\)|Mix\.env(\(\))?)\s*\}")
_PURE: Final = names(
    "Mix String Enum Keyword List Map MapSet Version Regex Integer Float Atom Kernel Date DateTime Calendar Tuple"
    " Logger Duration Access Config Config.Provider Macro URI Base IO System Path Application Mix.Project Mix.Config"
)
_IMPURE: Final = re.compile(
    r"System\.(cmd|shell|find_executable|cwd!?|halt|stop|user_home!?|tmp_dir!?|put_env)|Path\.wildcard"
    r"|IO\.(read|stream|gets|binread)|Mix\.(install|Task.*|load_.*|Shell.*)|Config\.(read_config|Reader.*)"
    r"|Application\.(app_dir|ensure.*|load.*|start)"
)
_READING: Final = names("File.read! File.read File.exists? File.regular? File.stream!")
_HARMLESS: Final = names("File.cwd File.cwd! File.mkdir_p File.mkdir_p!")
_ERLANG: Final = names(":os.type :erlang.system_info :os.getenv :timer.seconds :timer.minutes :timer.hours :timer.hms")
_CODE: Final = names("File Code Port Path System")
_UNUSUAL: Final = names("apply spawn spawn_link send receive import_file eval_string unquote")
_SETTINGS: Final = names("apps_path deps_path lockfile build_path config_path")


@dataclass(slots=True)
class Script:
    """What an Elixir script reads, as written: ``reads`` seen from the working folder, ``imports`` of configuration.

    ``local``: folders of the project that dependencies come from; ``umbrella``: other apps of the umbrella are among
    them; ``settings``: where Mix looks for things; ``unknown``: the first thing that may read any file.
    """

    reads: list[str] = field(default_factory=list[str])
    imports: list[str] = field(default_factory=list[str])
    local: list[str] = field(default_factory=list[str])
    settings: dict[str, str] = field(default_factory=dict[str, str])
    umbrella: bool = False
    unknown: str = ""


def read_script(text: str, environment: str | None) -> Script:
    """Read mix.exs or a file of configuration; ``environment`` is that of Mix, None if it can't be told."""
    script = Script()
    if environment is not None:
        text = _ENVIRONMENT.sub(environment, text)
    _read(list(_tokens(text)), script)
    return script


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "comment":
            yield kind, match[0]


def _read(tokens: Sequence[tuple[str, str]], script: Script) -> None:
    for at, (kind, text) in enumerate(tokens):
        if kind in ("string", "sigil"):
            for code in _INTERPOLATED.findall(text):
                _read(list(_tokens(code)), script)
        elif kind == "keyword":
            _keyword(text[:-1], _string(tokens, at + 1), script)
            script.umbrella |= text == "in_umbrella:"
        elif kind == "remote":
            is_captured = tokens[at - 1 : at] == [("other", "&")]
            _remote(text, _string(tokens, at + 1), script, is_captured=is_captured)
        elif (
            (kind == "alias" and text in _CODE)
            or (kind == "erlang" and text not in _ERLANG)
            or (kind == "name" and text in _UNUSUAL)
        ):
            _unknown(text, script)
        elif kind == "name" and text == "import_config":
            path = _string(tokens, at + 1)
            if path is None or "*" in path:
                _unknown(text, script)
            else:
                script.imports.append(path)


def _keyword(name: str, value: str | None, script: Script) -> None:
    is_local_git = name == "git" and value is not None and re.match(r"\.{0,2}/|file:|~", value)
    if value is not None and (name == "path" or is_local_git):
        script.local.append(value)
    elif name in _SETTINGS:
        if value is None:
            _unknown(f"{name}:", script)
        else:
            script.settings[name] = value


def _remote(text: str, argument: str | None, script: Script, *, is_captured: bool) -> None:
    module = text.rpartition(".")[0]
    if text in _READING and argument is not None:
        script.reads.append(argument)
    elif text in _HARMLESS:
        return
    elif _IMPURE.fullmatch(text) or (module not in _PURE and not (is_captured and module not in _CODE)):
        _unknown(text, script)


def _string(tokens: Sequence[tuple[str, str]], at: int) -> str | None:
    """Return the plain string at a place, behind an opening bracket perhaps."""
    if tokens[at : at + 1] == [("other", "(")]:
        at += 1
    if at >= len(tokens) or tokens[at][0] != "string" or tokens[at][1][:1] != '"' or "#{" in tokens[at][1]:
        return None
    return tokens[at][1].strip('"')


def _unknown(what: str, script: Script) -> None:
    script.unknown = script.unknown or what
