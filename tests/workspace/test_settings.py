"""What can be set, where, and what a person is told about a value that is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.workspace.settings import (
    SETTINGS,
    Builder,
    Kind,
    Layer,
    Level,
    Settings,
    Trace,
    find_settings_files,
    read_settings,
    read_settings_file,
    top_of,
)

RULES = ("cache-mount-missing", "copy-before-install")

Files = Callable[[dict[str, str]], Path]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    def make(texts: dict[str, str]) -> Path:
        for path, text in texts.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    return make


def read(*layers: dict[str, object]) -> Settings:
    """Return what the layers say, which must be right."""
    settings, problems = read_settings([Layer("here", it) for it in layers], RULES)
    assert not problems
    return settings


def told(values: dict[str, object]) -> str:
    """Return the problems of one layer, all of whose values must be wrong."""
    settings, problems = read_settings([Layer("layerwise.toml", values)], RULES)
    assert settings == Settings()
    return "\n".join(map(str, problems))


def test_nothing_set_is_the_defaults() -> None:
    assert read() == Settings()
    assert {it.key: it.default for it in SETTINGS} == {
        "context": None,
        "builder": "buildkit",
        "target": None,
        "build-args": {},
        "rules": {},
        "inlay-hints": False,
        "code-lens": True,
        "syntax-problems": True,
        "trace": "off",
    }


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda it: it.key)
def test_the_table_fits_the_settings(setting: object) -> None:
    assert setting in SETTINGS
    it = SETTINGS[SETTINGS.index(setting)]
    assert it.description.endswith(".")
    assert isinstance(it.default, {Kind.TEXT: str | None, Kind.FLAG: bool, Kind.TABLE: dict}[it.kind])
    assert it.kind is not Kind.TEXT or it.default is None or it.default in tuple(it.choices or ())


def test_every_setting_has_an_effect() -> None:
    assert read(
        {
            "context": "..",
            "builder": "kaniko",
            "target": "build",
            "build-args": {"NODE": "22"},
            "rules": {"copy-before-install": "off"},
            "inlay-hints": True,
            "code-lens": False,
            "trace": "verbose",
        }
    ) == Settings(
        context="..",
        builder=Builder.KANIKO,
        target="build",
        build_args={"NODE": "22"},
        rules={"copy-before-install": Level.OFF},
        inlay_hints=True,
        code_lens=False,
        trace=Trace.VERBOSE,
    )


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ({"rules.copy-before-install": "off"}, {"rules": {"copy-before-install": "off"}}),
        ({"build-args.A": "1", "buildArgs.B": "2"}, {"build-args": {"A": "1", "B": "2"}}),
        ({"build-args.A.B": "1"}, {"build-args": {"A.B": "1"}}),
        ({"buildArgs": {"fooBar": "1"}}, {"build-args": {"fooBar": "1"}}),
        ({"inlayHints": True, "codeLens": False}, {"inlay-hints": True, "code-lens": False}),
    ],
    ids=str,
)
def test_spellings(written: dict[str, object], means: dict[str, object]) -> None:
    assert read(written) == read(means) != Settings()


def test_later_layers_win_name_by_name() -> None:
    assert read(
        {"builder": "kaniko", "target": "a", "build-args": {"A": "1", "B": "1"}, "rules.copy-before-install": "off"},
        {"target": "b", "build-args": {"B": "2"}, "rules": {"cache-mount-missing": "error"}},
    ) == Settings(
        builder=Builder.KANIKO,
        target="b",
        build_args={"A": "1", "B": "2"},
        rules={"copy-before-install": Level.OFF, "cache-mount-missing": Level.ERROR},
    )


@pytest.mark.parametrize(
    "silent",
    [
        {"context": None, "target": None, "builder": None, "trace": None, "inlay-hints": None, "code-lens": None},
        {"context": "", "target": ""},
        {"rules": None, "build-args": None},
        {"rules": {"copy-before-install": None}},
        {"rules": {}, "build-args": {}},
    ],
    ids=str,
)
def test_what_an_editor_sends_for_a_setting_left_alone_hides_no_file(silent: dict[str, object]) -> None:
    file: dict[str, object] = {
        "context": "/c",
        "target": "t",
        "builder": "legacy",
        "code-lens": False,
        "inlay-hints": True,
        "trace": "messages",
        "rules.copy-before-install": "off",
        "build-args.A": "1",
    }
    assert read(file, silent) == read(file)


def test_build_args_take_the_form_that_docker_gives_them() -> None:
    values: dict[str, object] = {"S": "a b", "E": "", "I": 22, "N": -1, "T": True, "F": False}
    assert read({"build-args": values}).build_args == {
        "S": "a b",
        "E": "",
        "I": "22",
        "N": "-1",
        "T": "true",
        "F": "false",
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bulder": "kaniko"}, "unknown setting `bulder`: did you mean `builder`?"),
        ({"build_args": {}}, "unknown setting `build_args`: did you mean `build-args`?"),
        ({"inlayHint": True}, "unknown setting `inlayHint`: did you mean `inlay-hints`?"),
        ({"builder.name": "kaniko"}, "unknown setting `builder.name`: did you mean `builder`?"),
        (
            {"verbose": True},
            "unknown setting `verbose`: the settings are `context`, `builder`, `target`, `build-args`, `rules`, `inlay-hints`, `code-lens`, `syntax-problems` and `trace`",
        ),
        ({"context": 3}, "`context` is 3: it must be a string"),
        ({"target": ["a"]}, "`target` is a list: it must be a string"),
        (
            {"builder": "kanico"},
            '`builder` is "kanico": it must be `buildkit`, `legacy`, `buildah` or `kaniko`; did you mean `kaniko`?',
        ),
        (
            {"builder": "buildx"},
            '`builder` is "buildx": it must be `buildkit`, `legacy`, `buildah` or `kaniko`; did you mean `buildkit`?',
        ),
        ({"builder": ""}, '`builder` is "": it must be `buildkit`, `legacy`, `buildah` or `kaniko`'),
        ({"builder": {}}, "`builder` is a table: it must be `buildkit`, `legacy`, `buildah` or `kaniko`"),
        ({"inlayHints": "yes"}, '`inlayHints` is "yes": it must be true or false'),
        ({"code-lens": 1}, "`code-lens` is 1: it must be true or false"),
        ({"code-lens": ""}, '`code-lens` is "": it must be true or false'),
        ({"trace": "on"}, '`trace` is "on": it must be `off`, `messages` or `verbose`'),
        (
            {"rules": {"copy-befor-instal": "off"}},
            "unknown rule `copy-befor-instal` in `rules`: did you mean `copy-before-install`?",
        ),
        ({"rules.xyz": "off"}, "unknown rule `xyz` in `rules`: `layerwise rules` lists those there are"),
        (
            {"rules": {"copy-before-install": "warn"}},
            '`rules.copy-before-install` is "warn": it must be `off`, `hint`, `info`, `warning` or `error`; did you mean `warning`?',
        ),
        (
            {"rules.copy-before-install": False},
            "`rules.copy-before-install` is false: it must be `off`, `hint`, `info`, `warning` or `error`; did you mean `off`?",
        ),
        ({"rules": "off"}, '`rules` is "off": it must be a table of levels by rule name'),
        ({"build-args": ["A=1"]}, "`build-args` is a list: it must be a table of values by argument name"),
        (
            {"build-args": {"A": None}},
            "`build-args.A` is null: it must be a string, a whole number, true or false",
        ),
        (
            {"build-args": {"NODE": 3.1}},
            "`build-args.NODE` is 3.1: it must be in quotes, because 3.10 would be read as 3.1",
        ),
        ({"trace": "x" * 99}, f'`trace` is "{"x" * 58}…: it must be `off`, `messages` or `verbose`'),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(values: dict[str, object], message: str) -> None:
    assert told(values) == f"layerwise.toml: {message}"


def test_a_wrong_value_leaves_the_lower_layer_and_the_rest_of_its_own() -> None:
    low = Layer("low", {"builder": "kaniko", "rules": {"copy-before-install": "off"}, "build-args": {"A": "1"}})
    high = Layer(
        "high",
        {
            "builder": "x",
            "rules": {"copy-before-install": "loud", "cache-mount-missing": "info"},
            "build-args": {"A": None, "B": "2"},
            "target": "t",
        },
    )
    settings, problems = read_settings([low, high], RULES)
    assert settings == Settings(
        builder=Builder.KANIKO,
        target="t",
        rules={"copy-before-install": Level.OFF, "cache-mount-missing": Level.INFO},
        build_args={"A": "1", "B": "2"},
    )
    assert [it.origin for it in problems] == ["high"] * 3


# Files


def test_both_kinds_of_file(files: Files) -> None:
    root = files(
        {
            "layerwise.toml": 'builder = "kaniko"\n[rules]\ncopy-before-install = "off"\n',
            "pyproject.toml": '[project]\nname = "x"\n[tool.layerwise]\nbuild-args.NODE = 22\n',
        }
    )
    own, shared = (read_settings_file(root / it, root) for it in ("layerwise.toml", "pyproject.toml"))
    assert own == (
        Layer(str(root / "layerwise.toml"), {"builder": "kaniko", "rules": {"copy-before-install": "off"}}),
        (),
    )
    assert shared == (Layer(str(root / "pyproject.toml"), {"build-args": {"NODE": 22}}), ())


@pytest.mark.parametrize(
    ("written", "context"), [("..", "."), ("sub", "a/sub"), ("", ""), ("/abs/./x", "/abs/x")], ids=repr
)
def test_a_context_in_a_file_starts_at_the_file(files: Files, written: str, context: str) -> None:
    root = files({"a/layerwise.toml": f'context = "{written}"'})
    layer, _ = read_settings_file(root / "a/layerwise.toml", Path("/"))
    assert layer.values["context"] == (os.path.normpath(root / context) if written else "")


@pytest.mark.parametrize(
    "written", ["../..", "..//../.", "/", "/nowhere", "../../other", "link", "link/below", "//host/share"]
)
def test_a_context_in_a_file_does_not_lead_out(files: Files, written: str) -> None:
    root = files({"w/a/layerwise.toml": f'context = "{written}"\ntarget = "t"', "other/x": ""})
    (root / "w/a/link").symlink_to(root / "other")
    layer, (problem,) = read_settings_file(root / "w/a/layerwise.toml", root / "w")
    assert layer.values == {"target": "t"}
    said = f'`context` is "{written}": it leads to a place outside {root}/w; an option or the editor may name it'
    assert problem.message == said


def test_the_top_is_the_root_or_the_repository_or_the_folder(files: Files) -> None:
    root = files({"r/.git/HEAD": "", "r/a/b/x": "", "n/a/x": ""})
    assert top_of(root / "r/a/b", root / "r/a") == root / "r/a"
    assert top_of(root / "r/a/b", None) == root / "r"
    assert top_of(root / "n/a", None) == root / "n/a"


def test_a_byte_order_mark_is_no_error(files: Files) -> None:
    root = files({"layerwise.toml": '\ufefftarget = "t"\r\n'})
    assert read_settings_file(root / "layerwise.toml", root)[0].values == {"target": "t"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("layerwise.toml", b"a = 1\nb = = 2\n", "2:5: is not valid TOML: Invalid value"),
        ("layerwise.toml", b"a = 1\r\nb", "2:2: is not valid TOML: Expected '=' after a key in a key/value pair"),
        ("layerwise.toml", b'a = "\xc3\xa9"\nb = "\xc3\xa9\xff"', "2:7: is not UTF-8"),
        ("layerwise.toml", b"a = " + b"[" * 9999, " is not valid TOML: "),
        ("layerwise.toml", b"a = " + b"1" * 5000, " is not valid TOML: Exceeds the limit"),
        ("layerwise.toml", b"#" * 1_048_577, " cannot be read: it is larger than 1,024 KiB"),
        ("pyproject.toml", b"[tool]\nlayerwise = true", " `tool.layerwise` is true: it must be a table"),
        ("pyproject.toml", b"[[tool.layerwise]]", " `tool.layerwise` is a list: it must be a table"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_empty_layer(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    layer, (problem,) = read_settings_file(tmp_path / name, tmp_path)
    assert layer == Layer(str(tmp_path / name), {})
    assert str(problem).startswith(f"{tmp_path / name}:{message}")


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "layerwise.toml")
    assert [str(it) for it in read_settings_file(tmp_path / "layerwise.toml", tmp_path)[1]] == [
        f"{tmp_path}/layerwise.toml: cannot be read: it is not a regular file"
    ]
    assert [str(it) for it in read_settings_file(tmp_path / "gone.toml", tmp_path)[1]] == [
        f"{tmp_path}/gone.toml: cannot be read: No such file or directory"
    ]


def found(folder: Path, root: Path | None) -> list[str]:
    """Return the files, furthest first, relative to what is the root at most; there must be no problems."""
    paths, problems = find_settings_files(folder, root)
    assert not problems
    return [it.relative_to(root or folder.parents[1]).as_posix() for it in paths]


def test_files_are_found_from_the_dockerfile_up_to_the_root(files: Files) -> None:
    root = files(
        {
            "layerwise.toml": "",
            "w/pyproject.toml": "[tool.layerwise]\ntarget = 't'",
            "w/a/pyproject.toml": "[tool.other]",
            "w/a/b/layerwise.toml": "",
            "w/other/layerwise.toml": "",
        }
    )
    assert found(root / "w/a/b", root) == ["layerwise.toml", "w/pyproject.toml", "w/a/b/layerwise.toml"]
    assert found(root / "w/a/b", root / "w") == ["pyproject.toml", "a/b/layerwise.toml"]
    assert found(root / "w/a/b", root / "w/other") == []


def test_without_a_root_the_repository_is_one(files: Files) -> None:
    root = files({"layerwise.toml": "", "w/layerwise.toml": "", "w/a/layerwise.toml": ""})
    assert found(root / "w/a", None) == ["w/a/layerwise.toml"]
    (root / "w/.git").mkdir()
    assert found(root / "w/a", None) == ["w/layerwise.toml", "w/a/layerwise.toml"]


def test_of_two_files_in_a_folder_our_own_is_read(files: Files) -> None:
    root = files({"layerwise.toml": "", "pyproject.toml": "[tool.layerwise]\ntarget = 't'"})
    paths, problems = find_settings_files(root, root)
    assert paths == (root / "layerwise.toml",)
    assert [str(it) for it in problems] == [
        f"{root}/pyproject.toml: `[tool.layerwise]` is not read, because there is a layerwise.toml beside it"
    ]


def test_a_broken_pyproject_is_ours_only_if_it_names_us(files: Files) -> None:
    root = files({"pyproject.toml": "[project\n", "a/pyproject.toml": "[tool.layerwise]\ntarget = \n"})
    assert found(root / "a", root) == ["a/pyproject.toml"]


def test_nothing_outside_the_root_is_read(files: Files) -> None:
    outside = files({"out/layerwise.toml": "target = 't'", "out/pyproject.toml": "[tool.layerwise]\ntarget = 't'"})
    root = files({"w/a/real.toml": ""}) / "w"
    (root / "layerwise.toml").symlink_to(outside / "out/layerwise.toml")
    (root / "pyproject.toml").symlink_to(outside / "out/pyproject.toml")
    (root / "a/layerwise.toml").symlink_to(root / "a/real.toml")
    paths, problems = find_settings_files(root / "a", root)
    assert paths == (root / "a/layerwise.toml",)
    assert [str(it) for it in problems] == [
        f"{root}/layerwise.toml: not read, because it leads to a place outside {root}"
    ]
