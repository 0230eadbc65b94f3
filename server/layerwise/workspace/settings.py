"""What a person can set, and how it is read from editors and files: a wrong value costs itself and a message only."""

from __future__ import annotations

import difflib
import enum
import json
import os
import re
import stat
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from typing_extensions import override

from layerwise.buildcache.build import Builder

_MOST_BYTES: Final = 1024 * 1024
_NO_TABLE: Final[Mapping[str, object]] = MappingProxyType({})
_OWN_FILE: Final = "layerwise.toml"
_SHARED_FILE: Final = "pyproject.toml"
# What people write for a value whose name its letters would not find.
_MEANT: Final = {
    **dict.fromkeys(("buildx", "docker"), "buildkit"),
    **dict.fromkeys(("disable", "disabled", "false", "ignore", "none"), "off"),
    "podman": "buildah",
}


class Level(enum.StrEnum):
    """How loud a rule is, quietest first."""

    OFF = "off"
    HINT = "hint"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Trace(enum.StrEnum):
    """How much of the talk between editor and server is logged."""

    OFF = "off"
    MESSAGES = "messages"
    VERBOSE = "verbose"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set for one Dockerfile; the defaults of all settings are the ones here."""

    context: str | None = None
    """Absolute, or relative to the workspace root; None: to be found."""
    builder: Builder = Builder.BUILDKIT
    target: str | None = None
    """None: the last stage."""
    build_args: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    rules: Mapping[str, Level] = field(default_factory=lambda: MappingProxyType[str, Level]({}))
    """Of those rules only that are not at their own level."""
    inlay_hints: bool = False
    code_lens: bool = True
    syntax_problems: bool = True
    trace: Trace = Trace.OFF


class Kind(enum.Enum):
    """What a setting holds; the value is the type in JSON schema."""

    TEXT = "string"
    FLAG = "boolean"
    TABLE = "object"
    """Texts by name; with choices, each is one of them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as users see it."""

    key: str
    kind: Kind
    description: str
    choices: type[enum.StrEnum] | None = None
    """What a text may be; None: anything."""

    @property
    def attribute(self) -> str:
        """Return the name of the field of ``Settings``."""
        return self.key.replace("-", "_")

    @property
    def default(self) -> str | bool | dict[str, str] | None:
        """Return what holds if it is set nowhere, in the form that JSON has for it."""
        value = cast("str | bool | Mapping[str, str] | None", getattr(Settings(), self.attribute))
        if isinstance(value, Mapping):
            return dict(value)
        return str(value) if isinstance(value, str) else value


SETTINGS: Final = (
    Setting("context", Kind.TEXT, "The folder of the build context; found by itself if not set."),
    Setting(
        "builder",
        Kind.TEXT,
        "Whose cache: `buildkit`, `legacy` (docker without BuildKit), `buildah` (and podman), or `kaniko`.",
        Builder,
    ),
    Setting("target", Kind.TEXT, "The stage to build; the last one if not set."),
    Setting("build-args", Kind.TABLE, "The values of build arguments, by name, as `--build-arg` gives them."),
    Setting("rules", Kind.TABLE, "The level of each rule, by name; its own one if not set.", Level),
    Setting("inlay-hints", Kind.FLAG, "Show behind each step which files re-run it."),
    Setting("code-lens", Kind.FLAG, "Show above each stage its steps, and how many of them an edit re-runs."),
    Setting(
        "syntax-problems",
        Kind.FLAG,
        "Show in the editor why BuildKit would refuse the file; off for those whose other server does.",
    ),
    Setting("trace", Kind.TEXT, "How much the server logs of its talk with the editor.", Trace),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings from one place, as they were written; ``origin`` is what messages call that place."""

    origin: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """What is wrong at which place; line and column are 1-based, columns in code points, None where not known.

    ``harmless``: nothing that was set is lost that another file does not say better.
    """

    origin: str
    message: str
    line: int | None = None
    column: int | None = None
    harmless: bool = False

    @override
    def __str__(self) -> str:
        """Return the problem as a line for a person."""
        return ":".join(str(it) for it in (self.origin, self.line, self.column) if it is not None) + f": {self.message}"


def read_settings(
    layers: Sequence[Layer], known_rules: Collection[str]
) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """Return what the layers say together: the later ones win, by setting, by rule and by build argument.

    A key may be nested (``{"rules": {"x": "off"}}``) or dotted (``{"rules.x": "off"}``), with dashes or in camel case.
    Null, and an empty text for ``context`` or ``target``, set nothing: so do editors send what a user left alone. What
    is unknown or wrong sets nothing either, and is reported; ``known_rules`` are the names that a rule can have.
    """
    reader = _Reader(known_rules)
    for layer in layers:
        reader.read(layer)
    return reader.settings, tuple(reader.problems)


def find_settings_files(folder: Path, root: Path | None) -> tuple[tuple[Path, ...], tuple[SettingsProblem, ...]]:
    """Return the settings files for a Dockerfile in ``folder``, the nearest last, as ``read_settings`` has its layers.

    That is one file of each folder from ``folder`` up to ``root``; without a root, up to the repository's folder, or
    ``folder`` alone. The nearest file wins key by key, so those further up hold where it is silent. A file whose real
    place is not below the root is not read, and none is if ``folder`` is outside.
    """
    folder = Path(os.path.normpath(folder.absolute()))
    above = [folder, *folder.parents]
    top = top_of(folder, root)
    if top not in above:
        return (), ()
    files: list[Path] = []
    problems: list[SettingsProblem] = []
    for it in reversed(above[: above.index(top) + 1]):
        own, shared = it / _OWN_FILE, it / _SHARED_FILE
        table = _table_of(shared) if _is_below(shared, top) else _NO_TABLE
        if not os.path.lexists(own):
            files += [shared] if table != _NO_TABLE else []
        elif not _is_below(own, top):
            problems.append(SettingsProblem(str(own), f"not read, because it leads to a place outside {top}"))
        else:
            files.append(own)
            if table:
                message = f"`[tool.layerwise]` is not read, because there is a {_OWN_FILE} beside it"
                problems.append(SettingsProblem(str(shared), message, harmless=True))
    return tuple(files), tuple(problems)


def top_of(folder: Path, root: Path | None) -> Path:
    """Return how far up settings files and what they name may be: the root, or the repository's folder, or ``folder``.

    A file may come from a stranger, so it must not have what is outside read; editors and options may name any folder.
    """
    if root is not None:
        return Path(os.path.normpath(root.absolute()))
    folder = Path(os.path.normpath(folder.absolute()))
    return next((it for it in (folder, *folder.parents) if os.path.lexists(it / ".git")), folder)


def read_settings_file(path: Path, top: Path) -> tuple[Layer, tuple[SettingsProblem, ...]]:
    """Read the table ``[tool.layerwise]`` of a ``pyproject.toml``, or all of another TOML file. Never raises.

    A relative ``context`` starts at the file's folder, and is made absolute; one that is not in ``top`` sets nothing.
    What cannot be read is an empty layer.
    """
    origin = str(path)
    document = _read_toml(path)
    if isinstance(document, SettingsProblem):
        return Layer(origin, {}), (document,)
    values = _own_table(document) if path.name == _SHARED_FILE else document
    if not isinstance(values, Mapping):
        problem = SettingsProblem(origin, f"`tool.layerwise` is {_shown(values)}: it must be a table")
        return Layer(origin, {}), (problem,)
    table = dict(cast("Mapping[str, object]", values))
    context = table.get("context")
    if not isinstance(context, str) or not context:
        return Layer(origin, table), ()
    folder = Path(os.path.normpath(path.absolute().parent / context))
    # First without a look at the disk: a name may be that of another machine's folder.
    if folder.is_relative_to(top) and _is_below(folder, top):
        return Layer(origin, {**table, "context": str(folder)}), ()
    del table["context"]
    message = f"`context` is {_shown(context)}: it leads to a place outside {top}; an option or the editor may name it"
    return Layer(origin, table), (SettingsProblem(origin, message),)


class _WrongValueError(Exception):
    """What must be there instead."""


@dataclass(slots=True)
class _Reader:
    """What was read so far, and from where the next value is."""

    known_rules: Collection[str]
    settings: Settings = field(default_factory=Settings)
    problems: list[SettingsProblem] = field(default_factory=list[SettingsProblem])
    origin: str = ""

    def read(self, layer: Layer) -> None:
        self.origin = layer.origin
        for key, value in layer.values.items():
            head, dot, name = key.partition(".")
            setting = _BY_KEY.get(_with_dashes(head))
            if setting is None or (dot and setting.kind is not Kind.TABLE):
                hint = _nearest(_with_dashes(head), _BY_KEY) or f"the settings are {_listed(_BY_KEY, 'and')}"
                self._report(f"unknown setting `{key}`: {hint}")
            elif dot:
                self._set_entries(setting, key.removesuffix(name), {name: value})
            elif value is None:
                continue
            elif setting.kind is not Kind.TABLE:
                self._set(setting, key, value)
            elif isinstance(value, Mapping):
                self._set_entries(setting, f"{key}.", cast("Mapping[str, object]", value))
            else:
                what = "levels by rule name" if setting.choices else "values by argument name"
                self._report(f"`{key}` is {_shown(value)}: it must be a table of {what}")

    def _set(self, setting: Setting, key: str, value: object) -> None:
        if setting.kind is Kind.TEXT and not setting.choices and value == "":
            return
        try:
            self._replace(setting, _scalar(setting, value))
        except _WrongValueError as wrong:
            self._report(f"`{key}` is {_shown(value)}: {wrong}")

    def _set_entries(self, setting: Setting, prefix: str, values: Mapping[str, object]) -> None:
        entries = dict(cast("Mapping[str, str]", getattr(self.settings, setting.attribute)))
        for name, value in values.items():
            if setting.key == "rules" and name not in self.known_rules:
                hint = _nearest(name, self.known_rules) or "`layerwise rules` lists those there are"
                self._report(f"unknown rule `{name}` in `{prefix.rstrip('.')}`: {hint}")
            elif setting.key != "rules" or value is not None:
                try:
                    entries[name] = _text(setting, value) if setting.choices else _argument(value)
                except _WrongValueError as wrong:
                    self._report(f"`{prefix}{name}` is {_shown(value)}: {wrong}")
        self._replace(setting, MappingProxyType(entries))

    def _replace(self, setting: Setting, value: object) -> None:
        self.settings = replace(self.settings, **{setting.attribute: value})

    def _report(self, message: str) -> None:
        self.problems.append(SettingsProblem(self.origin, message))


_BY_KEY: Final = {it.key: it for it in SETTINGS}


def _scalar(setting: Setting, value: object) -> str | bool:
    if setting.kind is not Kind.FLAG:
        return _text(setting, value)
    if isinstance(value, bool):
        return value
    raise _WrongValueError("it must be true or false")


def _text(setting: Setting, value: object) -> str:
    if setting.choices is None:
        if isinstance(value, str):
            return value
        raise _WrongValueError("it must be a string")
    try:
        return setting.choices(value)
    except ValueError:
        hint = _nearest(str(value), setting.choices) if isinstance(value, str | bool) else ""
        raise _WrongValueError(f"it must be {_listed(setting.choices, 'or')}" + (hint and f"; {hint}")) from None


def _argument(value: object) -> str:
    """Return the text that ``docker build --build-arg`` and Compose make of a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        raise _WrongValueError("it must be in quotes, because 3.10 would be read as 3.1")
    raise _WrongValueError("it must be a string, a whole number, true or false")


def _with_dashes(key: str) -> str:
    return re.sub(r"(?<=[a-z])[A-Z]", lambda it: f"-{it[0].lower()}", key)


def _nearest(wrong: str, names: Iterable[str]) -> str:
    """Return the question whether another name was meant, or "" if none is near."""
    wrong = wrong.lower().replace("_", "-")
    known = sorted(names)
    near = [_MEANT[wrong]] if _MEANT.get(wrong) in known else difflib.get_close_matches(wrong[:100], known, 1)
    return f"did you mean `{near[0]}`?" if near else ""


def _listed(names: Iterable[str], last: str) -> str:
    quoted = [f"`{it}`" for it in names]
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def _shown(value: object) -> str:
    if isinstance(value, Mapping | list | tuple):
        return "a table" if isinstance(value, Mapping) else "a list"
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def _is_below(file: Path, top: Path) -> bool:
    try:
        return file.resolve().is_relative_to(top.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def _table_of(file: Path) -> object:
    """Return the settings in a pyproject.toml: an empty table if there are none, None if it has some but is broken."""
    document = _read_toml(file) if os.path.lexists(file) else _NO_TABLE
    if not isinstance(document, SettingsProblem):
        return _own_table(document)
    try:
        return None if b"tool.layerwise" in _read_bytes(file) else _NO_TABLE
    except (OSError, ValueError):
        return None


def _own_table(document: Mapping[str, object]) -> object:
    tool = document.get("tool")
    if not isinstance(tool, Mapping):
        return _NO_TABLE
    return cast("Mapping[str, object]", tool).get("layerwise", _NO_TABLE)


def _read_toml(path: Path) -> Mapping[str, object] | SettingsProblem:
    origin = str(path)
    try:
        data = _read_bytes(path)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return SettingsProblem(origin, f"cannot be read: {reason}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _end_of(data[: error.start].decode("utf-8-sig", "replace"))
        return SettingsProblem(origin, "is not UTF-8", line, column)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line, column = _place(str(error), text)
        return SettingsProblem(origin, f"is not valid TOML: {message}", line, column)
    except (ValueError, RecursionError) as error:
        # Numbers of more digits, and nesting of more levels, than Python reads.
        return SettingsProblem(origin, f"is not valid TOML: {error}")


def _place(error: str, text: str) -> tuple[str, int, int]:
    """Return the message of tomllib apart from its place; what it has no line for is at the end of the document."""
    if found := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", error, re.DOTALL):
        return found[1], int(found[2]), int(found[3])
    return error, *_end_of(text)


def _end_of(text: str) -> tuple[int, int]:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _read_bytes(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it is larger than {_MOST_BYTES // 1024:,} KiB")
    return data
