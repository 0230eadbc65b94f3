"""What a Gemfile reads: a Ruby program, of which only the usual statements are understood; anything else is unknown.

Sources: Bundler's manual, gemfile(5); Bundler's source (2.3, 2.6): ``dsl.rb``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerwise.text.wording import names

_TOKEN: Final = re.compile(
    r"""(?P<comment>\#[^\n]*|^=begin\b.*?^=end\b[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|%[wiqQWI]?(?:\[[^\]]*\]|\([^)]*\)|\{[^}]*\}))
    |(?P<symbol>(?<!:):[A-Za-z_]\w*[?!]?)
    |(?P<label>[A-Za-z_]\w*:(?!:))
    |(?P<name>[A-Za-z_]\w*[?!]?)
    |(?P<number>\d[\w.]*)
    |(?P<other>=~|=>|\S)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_HERE: Final = re.compile(
    r"File\.(?:join|expand_path)\(\s*(?:__dir__\s*,\s*)?(?P<quote>[\"'])(?P<path>[^\"'#]*)(?P=quote)(?:\s*,\s*__dir__)?\s*\)"
)
_INTERPOLATED: Final = re.compile(r"#\{([^}]*)\}")
_HARMLESS: Final = names(
    "source gem group do end if unless elsif else then and or not true false nil platforms platform install_if env git"
    " github gist bitbucket git_source ruby ENV RUBY_VERSION RUBY_PLATFORM RUBY_ENGINE Gem Version Requirement"
    " Bundler VERSION new fetch key? include? to_s to_i to_sym to_f strip chomp split first last match match? each in"
    " start_with? end_with? empty? nil? any? freeze size length puts warn raise gsub sub downcase compact uniq"
    " ruby_version win_platform? Integer String Array satisfied_by? delete when case defined? ruby_27_mode"
)
_READING: Final = names("read exist? exists? file? readlines")
_LOCAL: Final = re.compile(r"(\.{0,2}/|~|file:)")
_LOADED: Final = re.compile(r"[\w/-]+\Z")


@dataclass(slots=True)
class Gemfile:
    """What a Gemfile makes Bundler read, as paths seen from its folder.

    ``reads``: files whose text it takes; ``includes``: further Ruby files; ``local``: folders that gems come from, the
    project's own gemspec among them; ``plugins``: of Bundler; ``unknown``: the first thing that is not understood.
    """

    reads: list[str] = field(default_factory=list[str])
    includes: list[str] = field(default_factory=list[str])
    local: list[str] = field(default_factory=list[str])
    plugins: list[str] = field(default_factory=list[str])
    unknown: str = ""
    own: set[str] = field(default_factory=set[str])


def read_gemfile(text: str) -> Gemfile:
    """Read a Gemfile."""
    gemfile = Gemfile()
    plain = _HERE.sub(lambda match: f'"{match["path"]}"', text.removeprefix("\ufeff").partition("\n__END__")[0])
    _read(list(_tokens(plain)), gemfile)
    return gemfile


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "comment":
            yield kind, match[0]


def _read(tokens: Sequence[tuple[str, str]], gemfile: Gemfile) -> None:
    statement = ""
    for at, (kind, text) in enumerate(tokens):
        if kind == "string":
            for code in _INTERPOLATED.findall(text) if text[0] != "'" else ():
                _read(list(_tokens(code)), gemfile)
        elif kind in ("symbol", "label"):
            key = text.strip(":")
            if kind == "symbol" and tokens[at + 1 : at + 2] != [("other", "=>")]:
                continue
            _option(statement, key, _string(tokens, at + (2 if kind == "symbol" else 1)), gemfile)
        elif kind == "name":
            if tokens[at - 1 : at] != [("other", ".")] or at == 0:
                statement = text
            _name(text, tokens, at, gemfile)
        elif text in ("`", "<") and tokens[at + 1 : at + 2] in ([("other", "<")], []):
            _unknown(text, gemfile)
        elif text == "`":
            _unknown("a command in backticks", gemfile)


def _option(statement: str, key: str, value: str | None, gemfile: Gemfile) -> None:
    if key == "path":
        gemfile.local.append(value if value is not None else "a folder")
    elif key == "git" and (value is None or _LOCAL.match(value)):
        gemfile.local.append(value or "a repository that can't be told here")
    elif key == "file" and statement == "ruby":
        if value is None:
            _unknown("ruby file:", gemfile)
        else:
            gemfile.reads.append(value)


def _name(text: str, tokens: Sequence[tuple[str, str]], at: int, gemfile: Gemfile) -> None:
    argument = _string(tokens, at + 1)
    follows = [it for _, it in tokens[at + 1 : at + 3]]
    if text in ("File", "IO") and follows[:1] == ["."] and follows[1:] and follows[1] in _READING:
        path = _string(tokens, at + 3)
        if path is None:
            _unknown(f"{text}.{follows[1]}", gemfile)
        else:
            gemfile.reads.append(path)
    elif not (_local(text, argument, gemfile) or (argument is not None and _loads(text, argument, gemfile))):
        if follows[:1] == ["="] or _is_parameter(tokens, at):
            gemfile.own.add(text)
        elif text not in gemfile.own | _READING | _HARMLESS:
            _unknown(text, gemfile)


def _local(text: str, argument: str | None, gemfile: Gemfile) -> bool:
    """Take a statement that says where gems come from; False for any other."""
    if text == "gemspec":
        gemfile.local.append("gemspec")
    elif text == "path":
        gemfile.local.append(argument or "a folder")
    elif text in ("source", "git") and argument is not None and _LOCAL.match(argument):
        gemfile.local.append(argument)
    else:
        return False
    return True


def _loads(text: str, argument: str, gemfile: Gemfile) -> bool:
    """Take a statement that loads Ruby code; False for any other."""
    if text == "eval_gemfile":
        gemfile.includes.append(argument)
    elif text == "require_relative":
        gemfile.includes.append(argument if argument.endswith(".rb") else f"{argument}.rb")
    elif text == "plugin":
        gemfile.plugins.append(argument)
    else:
        # A library of Ruby's: the project's own are not where it looks.
        return text == "require" and bool(_LOADED.match(argument))
    return True


def _is_parameter(tokens: Sequence[tuple[str, str]], at: int) -> bool:
    """Tell whether a name stands between bars, as that of what a block is given: ``{ |repo| …``."""
    return tokens[at - 1 : at] == [("other", "|")] and tokens[at + 1 : at + 2] == [("other", "|")]


def _string(tokens: Sequence[tuple[str, str]], at: int) -> str | None:
    """Return the plain string at a place, behind an opening bracket perhaps."""
    if tokens[at : at + 1] == [("other", "(")]:
        at += 1
    if at >= len(tokens) or tokens[at][0] != "string" or tokens[at][1][0] == "%" or "#{" in tokens[at][1]:
        return None
    return tokens[at][1][1:-1]


def _unknown(what: str, gemfile: Gemfile) -> None:
    gemfile.unknown = gemfile.unknown or what
