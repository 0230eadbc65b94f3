"""Which context Compose, Bake and devcontainer files give to a Dockerfile: files in, folder and reason out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerwise.workspace.build_files.interpolation import interpolate, read_variables
from layerwise.workspace.build_files.search import BuildFiles, is_build_file
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Place


class Case(NamedTuple):
    """Files by path, and "folder (reason)" for the Dockerfile, or "-" if no file builds it in any folder."""

    files: Mapping[str, str]
    expected: str
    dockerfile: str = "web/Dockerfile"


def service(build: str, name: str = "app") -> str:
    return f"services:\n  {name}:\n    build: {build}\n"


COMPOSE = {
    "a text is the context": Case({"compose.yaml": service("web")}, "web (service app of compose.yaml)"),
    "paths start at the file": Case({"web/compose.yml": service(".")}, "web (service app of web/compose.yml)"),
    "the Dockerfile is in the context": Case(
        {"docker-compose.yml": service("{context: web, dockerfile: ../docker/a.Dockerfile}"), "web/x": ""},
        "web (service app of docker-compose.yml)",
        "docker/a.Dockerfile",
    ),
    "the default context": Case(
        {"docker-compose.yaml": service("{dockerfile: ./web/Dockerfile}")}, ". (service app of docker-compose.yaml)"
    ),
    "the usual mistake": Case({"compose.yaml": service("{context: web, dockerfile: web/Dockerfile}")}, "-"),
    "another Dockerfile": Case({"compose.yaml": service("{context: web, dockerfile: other}")}, "-"),
    "the default name in lower case": Case(
        {"compose.yaml": service("web")}, "web (service app of compose.yaml)", "web/dockerfile"
    ),
    "the default name of podman": Case(
        {"compose.yaml": service("web")}, "web (service app of compose.yaml)", "web/Containerfile"
    ),
    "the default name goes first": Case(
        {"web/Dockerfile": "", "compose.yaml": service("web")}, "-", "web/Containerfile"
    ),
    "an inline Dockerfile": Case({"compose.yaml": service('{context: web, dockerfile_inline: "FROM a"}')}, "-"),
    "a service without build": Case({"compose.yaml": "services: {a: {image: web}, b: null, c: [1]}"}, "-"),
    "git": Case({"compose.yaml": service("https://example.com/web.git")}, "-"),
    "git by ssh": Case({"compose.yaml": service("git@example.com:web")}, "-"),
    "an absolute path elsewhere": Case({"compose.yaml": service("/")}, "-"),
    "above the workspace": Case({"compose.yaml": service("{context: .., dockerfile: w/web/Dockerfile}")}, "-"),
    "no such folder": Case({"compose.yaml": service("{context: gone, dockerfile: ../web/Dockerfile}")}, "-"),
    "tags": Case({"compose.yaml": service("!override {context: !reset web}")}, "web (service app of compose.yaml)"),
    "anchors and merges": Case(
        {
            "compose.yaml": "x-b: &b {context: ., dockerfile: web/Dockerfile}\nservices:\n  a: {build: {<<: *b, target: x}}\n"
        },
        ". (service a of compose.yaml)",
    ),
    "a default": Case({"compose.yaml": service("${DIR:-web}")}, "web (service app of compose.yaml)"),
    "a default with a variable": Case(
        {"compose.yaml": service("${DIR:-${OTHER-web}}")}, "web (service app of compose.yaml)"
    ),
    "a variable of .env": Case(
        {"compose.yaml": service("./$DIR"), ".env": "# x\nDIR='web' # y\n"}, "web (service app of compose.yaml)"
    ),
    "a variable of nowhere": Case({"compose.yaml": service("./${HOME}")}, "-"),
    "a variable elsewhere": Case(
        {"compose.yaml": service("{context: web, args: {A: $HOME}}")}, "web (service app of compose.yaml)"
    ),
    "the override changes it": Case(
        {
            "compose.yaml": service("{dockerfile: web/a}"),
            "compose.override.yaml": service("{dockerfile: web/Dockerfile}"),
        },
        ". (service app of compose.override.yaml)",
    ),
    "files for one environment": Case(
        {
            "docker-compose.yml": service("web"),
            "docker-compose.prod.yml": service("{context: ., dockerfile: web/Dockerfile}"),
        },
        "web (service app of docker-compose.yml; service app of docker-compose.prod.yml has another)",
    ),
    "an override that says little": Case(
        {"compose.yaml": service("{context: ., dockerfile: x}"), "compose.dev.yaml": service("{target: dev}")},
        "-",
        "Dockerfile",
    ),
    "include": Case(
        {
            "compose.yaml": "include: [sub/web.yaml, {path: [sub/x.yaml], project_directory: .}]\n",
            "sub/web.yaml": service("../web"),
        },
        "web (service app of sub/web.yaml)",
    ),
    "include with a project folder and variables": Case(
        {
            "compose.yaml": "include: [{path: sub/x.yaml, project_directory: ., env_file: [vars]}]\n",
            "vars": "WHERE=web\n",
            "sub/x.yaml": service("$WHERE"),
        },
        "web (service app of sub/x.yaml)",
    ),
    "include in a circle": Case(
        {"compose.yaml": "include: [compose.yaml]\n" + service("web")}, "web (service app of compose.yaml)"
    ),
    "extends": Case(
        {"compose.yaml": "services:\n  a: {extends: b, build: {dockerfile: web/Dockerfile}}\n  b: {build: .}\n"},
        ". (service a of compose.yaml)",
    ),
    "extends a file": Case(
        {
            "web/app.yml": "services: {b: {build: .}}",
            "compose.yaml": "services: {a: {extends: {file: web/app.yml, service: b}}}",
        },
        "web (service a of compose.yaml)",
    ),
    "extends in a circle": Case(
        {"compose.yaml": "services: {a: {extends: b}, b: {extends: a, build: web}}"}, "web (service a of compose.yaml)"
    ),
    "not valid": Case({"compose.yaml": "services: ["}, "-"),
    "something else": Case({"compose.yaml": "[services]", "docker-compose.yml": "services: 5"}, "-"),
    "a name that nobody shows": Case({"compose.yaml": service("web", '"[x](y)"')}, "web (a service of compose.yaml)"),
    "a file in a folder of its own": Case(
        {"deploy/docker-compose.yml": service("../web")}, "web (service app of deploy/docker-compose.yml)"
    ),
    "a file of an installed package": Case({"node_modules/a/compose.yaml": service("../../web")}, "-"),
}

BAKE = {
    "a target": Case(
        {"docker-bake.hcl": 'target "app" {\n  context = "./web"\n}\n'}, "web (target app of docker-bake.hcl)"
    ),
    "the Dockerfile is in the context": Case(
        {"docker-bake.hcl": 'target "app" {\n  dockerfile = "web/Dockerfile"\n}\n'}, ". (target app of docker-bake.hcl)"
    ),
    "JSON": Case(
        {"docker-bake.json": '{"target": {"app": {"context": "web"}}}'}, "web (target app of docker-bake.json)"
    ),
    "JSON with variables": Case(
        {"docker-bake.json": '{"variable": {"D": {"default": "web"}}, "target": {"app": {"context": "./${D}"}}}'},
        "web (target app of docker-bake.json)",
    ),
    "inherited": Case(
        {
            "docker-bake.hcl": 'target "_common" {\n  context = "web"\n  dockerfile = "x"\n}\n'
            'target "app" {\n  inherits = ["_common"]\n  dockerfile = "Dockerfile"\n}\n'
        },
        "web (target app of docker-bake.hcl)",
    ),
    "what is only inherited builds nothing": Case(
        {"docker-bake.hcl": 'target "c" {\n  args = {}\n}\ntarget "app" {\n  inherits = ["c"]\n  context = "web"\n}\n'},
        "-",
        "Dockerfile",
    ),
    "variables": Case(
        {
            "docker-bake.hcl": 'variable "DIR" {\n  default = "${NAME}"\n}\nNAME = "web"\n'
            'target "app" {\n  context = NAME == "web" ? "./${DIR}" : "é"\n  args = { x = f("é") }\n}\n'
        },
        "web (target app of docker-bake.hcl)",
    ),
    "a matrix": Case(
        {
            "docker-bake.hcl": 'target "app" {\n  matrix = { it = [{ name = "api" }, { name = "web" }] }\n'
            '  name = "app-${it.name}"\n  context = it.name\n}\n'
        },
        "web (target app-web of docker-bake.hcl)",
    ),
    "a matrix that is not known": Case(
        {
            "docker-bake.hcl": 'variable "jdk" {\n  default = "web"\n}\ntarget "app" {\n  matrix = { jdk = jdks() }\n'
            '  name = "app-${jdk}"\n  dockerfile = "web/Dockerfile"\n}\n'
            'target "other" {\n  matrix = { jdk = jdks() }\n  context = jdk\n}\n'
        },
        ". (target app of docker-bake.hcl)",
    ),
    "escapes": Case(
        {"docker-bake.hcl": 'target "app" {\n  context = "$${x}\\\\\\"é"\n}\n', '${x}\\"é/Dockerfile': ""},
        '${x}\\"é (target app of docker-bake.hcl)',
        '${x}\\"é/Dockerfile',
    ),
    "comments": Case(
        {"docker-bake.hcl": '# x\ntarget "app" { // y\n  context = /* z */ "web"\n  args = { a = /* b */ 1 }\n}\n'},
        "web (target app of docker-bake.hcl)",
    ),
    "a function": Case({"docker-bake.hcl": 'target "app" {\n  context = lower("web")\n}\n'}, "-"),
    "a variable without value": Case({"docker-bake.hcl": 'variable "X" {}\ntarget "app" {\n  context = X\n}\n'}, "-"),
    "variables in a circle": Case(
        {
            "docker-bake.hcl": 'variable "A" {\n default = B\n}\nvariable "B" {\n default = A\n}\ntarget "app" {\n  context = A\n}\n'
        },
        "-",
    ),
    "targets in a circle": Case({"docker-bake.hcl": 'target "a" {\n  context = "web"\n  inherits = ["a"]\n}\n'}, "-"),
    "an inline Dockerfile": Case(
        {"docker-bake.hcl": 'target "a" {\n context = "web"\n dockerfile-inline = "FROM a"\n}\n'}, "-"
    ),
    "git": Case({"docker-bake.hcl": 'target "a" {\n context = "https://example.com/web.git"\n}\n'}, "-"),
    "the override wins": Case(
        {
            "docker-bake.hcl": 'target "a" {\n context = "x"\n}\n',
            "docker-bake.override.json": '{"target": {"a": {"context": "web"}}}',
        },
        "web (target a of docker-bake.override.json)",
    ),
    "called from above": Case(
        {"ci/docker-bake.hcl": 'target "a" {\n context = "web"\n}\n'}, "web (target a of ci/docker-bake.hcl)"
    ),
    "a broken block costs itself": Case(
        {"docker-bake.hcl": 'target "a" {\n context = "web"\n}\ntarget "b" {\n context = \n}\n'},
        "web (target a of docker-bake.hcl)",
    ),
    "not valid": Case({"docker-bake.hcl": '}"${', "docker-bake.json": "{"}, "-"),
    "something else": Case({"docker-bake.json": '{"target": [1, {"a": 2}], "variable": 5}'}, "-"),
    "billion laughs": Case(
        {
            "docker-bake.hcl": 'variable "A0" {\n default = "web"\n}\n'
            + "".join(f'variable "A{i}" {{\n default = "{f"${{A{i - 1}}}" * 9}"\n}}\n' for i in range(1, 19))
            + 'target "a" {\n context = A18\n}\ntarget "b" {\n context = "web"\n}\n'
        },
        "web (target b of docker-bake.hcl)",
    ),
}

DEVCONTAINER = {
    "beside it": Case(
        {".devcontainer/devcontainer.json": '{"build": {"dockerfile": "Dockerfile"}}'},
        ".devcontainer (.devcontainer/devcontainer.json)",
        ".devcontainer/Dockerfile",
    ),
    "comments, trailing commas, a context": Case(
        {
            ".devcontainer/devcontainer.json": '// x\n{"build": {"dockerfile": "../web/Dockerfile", /* y */ "context": "..",},}'
        },
        ". (.devcontainer/devcontainer.json)",
    ),
    "the older names": Case(
        {".devcontainer.json": '{"dockerFile": "web/Dockerfile", "context": "web"}'}, "web (.devcontainer.json)"
    ),
    "one of several": Case(
        {".devcontainer/go/devcontainer.json": '{"build": {"dockerfile": "../../web/Dockerfile", "context": "../.."}}'},
        ". (.devcontainer/go/devcontainer.json)",
    ),
    "Compose": Case(
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../infra.yml", "more.yml"], "service": "app"}',
            "infra.yml": service("{context: ., dockerfile: Dockerfile}"),
            ".devcontainer/more.yml": service("{dockerfile: web/Dockerfile}"),
        },
        ". (service app of .devcontainer/more.yml)",
    ),
    "another service": Case(
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": "x.yml", "service": "b"}',
            ".devcontainer/x.yml": service("../web"),
        },
        "-",
    ),
    "a variable": Case({".devcontainer.json": '{"build": {"dockerfile": "${localEnv:X}web/Dockerfile"}}'}, "-"),
    "an image": Case({".devcontainer.json": '{"image": "a"}'}, "-"),
    "not valid": Case({".devcontainer.json": '{"build": '}, "-"),
    "something else": Case({".devcontainer.json": '{"build": [], "dockerComposeFile": 5, "dockerFile": {}}'}, "-"),
}

SEVERAL = {
    "the same context is one reason": Case(
        {"compose.yaml": service("web") + "  other:\n    build: ./web/\n", "docker-bake.hcl": 'target "a" {\n context = "web"\n}\n'},
        "web (service app of compose.yaml)",
    ),
    "the first in the file": Case(
        {"compose.yaml": service("web") + "  other:\n    build: {dockerfile: web/Dockerfile}\n"},
        "web (service app of compose.yaml; service other of compose.yaml has another)",
    ),
    "Compose before Bake before devcontainer": Case(
        {
            ".devcontainer.json": '{"build": {"dockerfile": "web/Dockerfile", "context": "."}}',
            "docker-bake.hcl": 'target "a" {\n context = "web"\n}\n',
        },
        "web (target a of docker-bake.hcl; .devcontainer.json has another)",
    ),
    "the nearest": Case(
        {"compose.yaml": service("{dockerfile: web/Dockerfile}"), "web/compose.yaml": service(".")},
        "web (service app of web/compose.yaml; service app of compose.yaml has another)",
    ),
    "those above it before those elsewhere": Case(
        {"compose.yaml": service("{dockerfile: web/Dockerfile}"), "a/compose.yaml": service("../web")}, ". (service app of compose.yaml)"
    ),
    "the one that has the sources": Case(
        {"compose.yaml": service("web") + "  other:\n    build: {dockerfile: web/Dockerfile}\n", "package.json": ""},
        ". (service other of compose.yaml; service app of compose.yaml has another)",
    ),
}  # fmt: skip

Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "w"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return root

    return write


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{kind}: {name}") for kind, cases in {
        "compose": COMPOSE, "bake": BAKE, "devcontainer": DEVCONTAINER, "several": SEVERAL,
    }.items() for name, case in cases.items()],
)  # fmt: skip
def test_contexts(case: Case, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "web")
    root = write({case.dockerfile: "FROM a\nCOPY package.json .\n", **case.files})
    text = "FROM a\nCOPY package.json .\n"
    context = analyse_now(text, Place(root / case.dockerfile, root))[1].context
    if case.expected == "-":
        assert BuildFiles().builds(root / case.dockerfile, root) == []
    else:
        assert f"{Path(context.root).relative_to(root)} ({context.found_by})" == case.expected


class Described(NamedTuple):
    """Files by path, and what is taken over for web/Dockerfile: target, arguments, named contexts, and what is said."""

    files: Mapping[str, str]
    target: str | None = None
    arguments: Mapping[str, str] = {}
    named: Mapping[str, str] = {}
    said: str = ""


BAKED = """
variable "TAG" { default = "3" }
target "base" { context = "base" }
target "app" {
  context = "web"
  target = "run"
  args = { VERSION = "1.${TAG}", NONE = null, OTHER = upper("x") }
  contexts = { shared = "./shared", base = "target:base", "docker.io/library/alpine:latest" = "docker-image://alpine:${TAG}" }
}
"""
DESCRIBED = {
    "nothing": Described({"compose.yaml": service("web")}),
    "Compose": Described(
        {
            "compose.yaml": service(
                "{context: web, target: run, args: {A: 1, B: $NOWHERE, C: null, D: true, E: '${X:-e}'}, "
                "additional_contexts: {shared: ./shared, img: docker-image://alpine, other: 'service:other'}}"
            ),
            "shared/s.txt": "",
            "shared/x.log": "",
            "shared/.dockerignore": "*.log",
        },
        "run",
        {"A": "1", "D": "true", "E": "e"},
        {"shared": ".dockerignore s.txt", "img": "docker-image://alpine", "other": "service:other"},
        "From service app of compose.yaml: the target run, values of A, D and E and the contexts called shared, img and other.",
    ),
    "lists": Described(
        {"compose.yaml": service("{context: web, args: [A=1, B], additional_contexts: [shared=shared]}"), "shared/s": ""},
        None,
        {"A": "1"},
        {"shared": "s"},
        "From service app of compose.yaml: values of A and the contexts called shared.",
    ),
    "an override": Described(
        {
            "compose.yaml": "services: {app: {extends: b, build: {args: {A: 2}}}, b: {build: {context: web, target: t, args: {A: 1, B: 1}}}}"
        },
        "t",
        {"A": "2", "B": "1"},
        {},
        "From service app of compose.yaml: the target t and values of A and B.",
    ),
    "a folder outside": Described(
        {"compose.yaml": service("{context: web, additional_contexts: {up: ../up}}")}, None, {}, {"up": "?"},
        "From service app of compose.yaml: the contexts called up.",
    ),
    "Bake": Described(
        {"docker-bake.hcl": BAKED, "shared/s.txt": ""},
        "run",
        {},
        {"shared": "s.txt", "base": "target:base", "alpine": "docker-image://alpine:3"},
        "From target app of docker-bake.hcl: the target run and the contexts called shared, base and alpine.",
    ),
    "devcontainer": Described(
        {
            ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../web/Dockerfile", "target": "dev", '
            '"args": {"A": "1", "B": "${localEnv:B}"}, "options": ["--build-context=img=docker-image://x", "--pull"]}}'
        },
        "dev",
        {"A": "1"},
        {"img": "docker-image://x"},
        "From .devcontainer/devcontainer.json: the target dev, values of A and the contexts called img.",
    ),
    "settings win": Described(
        {
            "compose.yaml": service("{context: web, target: run, args: {A: 1, B: 2}}"),
            "layerwise.toml": 'target = "own"\nbuild-args = {A = "mine"}\n',
        },
        "own",
        {"A": "mine", "B": "2"},
        {},
        "From service app of compose.yaml: values of B.",
    ),
    "not of another context": Described(
        {"compose.yaml": service("{context: web, target: run}"), "layerwise.toml": 'context = "."\n'}
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DESCRIBED.values(), ids=DESCRIBED)
def test_what_is_taken_over(case: Described, write: Write) -> None:
    root = write({"web/Dockerfile": "", **case.files})
    analysis, _ = analyse_now("FROM a\n", Place(root / "web/Dockerfile", root))
    named = {
        name: " ".join(it.files.files_under()) if it.files is not None else it.written if name != "up" else "?"
        for name, it in analysis.context.named.items()
    }
    options = analysis.options
    assert (options.target, options.build_args, named, options.said) == (
        case.target,
        case.arguments,
        case.named,
        case.said,
    )


def test_a_stage_that_any_file_builds_is_not_left_out(write: Write) -> None:
    text = "FROM node AS dev\nCOPY . .\nRUN npm ci\nFROM node AS unused\nCOPY . .\nRUN npm ci\nFROM node AS run\n"
    files = {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3, "packages": {}}', "x.js": ""}
    root = write({"Dockerfile": text, "compose.yaml": service("{context: ., target: run}"), **files})
    (root / "compose.dev.yaml").write_text(service("{target: dev}"))
    analysis, _ = analyse_now(text, Place(root / "Dockerfile", root))
    assert analysis.options.target == "run"
    assert [it.severity.value for it in analysis.findings] == ["warning", "hint"]


def test_a_setting_wins_and_what_no_file_builds_goes_by_its_sources(write: Write) -> None:
    files = {
        "web/Dockerfile": "",
        "compose.yaml": service("web"),
        "package.json": "",
        "layerwise.toml": 'context = "."\n',
    }
    root = write(files)
    text, place = "FROM a\nCOPY package.json .\n", Place(root / "web/Dockerfile", root)
    assert analyse_now(text, place)[1].context.found_by == "the setting"
    (root / "layerwise.toml").unlink()
    assert analyse_now(text, place)[1].context.root == str(root / "web")
    (root / "compose.yaml").unlink()
    assert analyse_now(text, place)[1].context.found_by == "its COPY source exists there"


def test_without_a_workspace_it_is_the_repository(write: Write) -> None:
    root = write({".git/HEAD": "", "web/Dockerfile": "", "compose.yaml": service("web")})
    assert [it.reason for it in BuildFiles().builds(root / "web/Dockerfile", None)] == ["service app of compose.yaml"]
    (root / ".git/HEAD").unlink()
    (root / ".git").rmdir()
    assert BuildFiles().builds(root / "web/Dockerfile", None) == []
    assert BuildFiles().builds(root / "web/Dockerfile", root / "other") == []


def test_links_out_of_the_workspace_are_not_followed(write: Write, tmp_path: Path) -> None:
    root = write({"web/Dockerfile": ""})
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "compose.yaml").write_text(service("web"))
    (root / "compose.yaml").symlink_to(tmp_path / "secret" / "compose.yaml")
    (root / "docker-compose.yml").symlink_to("docker-compose.yml")
    (root / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "secret")
    assert BuildFiles().builds(root / "web/Dockerfile", root) == []
    (root / "web/compose.yaml").write_text(service("{context: ../out, dockerfile: ../web/Dockerfile}"))
    assert BuildFiles().builds(root / "web/Dockerfile", root) == []


def test_each_file_is_read_once_and_what_is_not_there_is_known(write: Write) -> None:
    root = write(
        {"a/Dockerfile": "", "b/Dockerfile": "", "compose.yaml": service("{context: a}") + "include: [more.yaml]\n"}
    )
    files = BuildFiles()
    assert files.builds(root / "a/Dockerfile", root)
    assert files.read(root / "a/Dockerfile", root) == {root / it for it in ("compose.yaml", ".env", "more.yaml")}
    (root / "compose.yaml").write_text(service("{context: b}"))
    assert files.builds(root / "b/Dockerfile", root) == []
    assert BuildFiles().builds(root / "b/Dockerfile", root)


def test_the_search_is_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(
        {"web/Dockerfile": "", **{f"{'d/' * 3}{i}/x": "" for i in range(20)}, "z/compose.yaml": service("../web")}
    )
    assert BuildFiles().builds(root / "web/Dockerfile", root)
    for name, value in {"_MOST_FOLDERS": 2, "_MOST_NAMES": 1}.items():
        with monkeypatch.context() as patched:
            patched.setattr(f"layerwise.workspace.build_files.search.{name}", value)
            assert BuildFiles().builds(root / "web/Dockerfile", root) == []


def test_work_is_bounded_whatever_the_files_say(write: Write) -> None:
    """Each would take for ever, or more levels than Python has, if it was followed to the end."""
    names = [f"i{it}.yaml" for it in range(60)]

    def more(number: int) -> str:
        return f', "t{number}"' * 8

    nested = "".join(f'variable "N{it}" {{\n default = {"(" * 20}N{it - 1}{")" * 20}\n}}\n' for it in range(1, 60))
    parents = "".join(f'target "t{it}" {{\n inherits = ["t{it - 1}"{more(it - 1)}]\n}}\n' for it in range(1, 9))
    root = write(
        {
            "web/Dockerfile": "",
            "compose.yaml": f"include: [{', '.join(names)}]\n" + service("web"),
            **{it: f"include: [{', '.join(names)}]\n" for it in names},
            "docker-bake.hcl": nested
            + parents
            + 'target "t0" {\n context = N59\n}\n'
            + 'target "x" {\n context = "."\n}\n',
        }
    )
    assert [it.by for it in BuildFiles().builds(root / "web/Dockerfile", root)] == ["service app of compose.yaml"]


def test_a_path_into_the_workspace_by_another_way_is_none(write: Write, tmp_path: Path) -> None:
    root = write({"web/Dockerfile": "", "x.yaml": service("web"), "compose.yaml": f"include: [{tmp_path}/w/x.yaml]\n"})
    (tmp_path / "link").symlink_to(root)
    assert BuildFiles().builds(tmp_path / "link/web/Dockerfile", tmp_path / "link") == []
    assert BuildFiles().builds(root / "web/Dockerfile", root)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(
            (it, True)
            for it in ("compose.yaml", "docker-compose.yml", "docker-compose.ci.yml", "docker-compose-dev.yaml")
        ),
        *((it, True) for it in ("dev.compose.yml", "docker-bake.hcl", "docker-bake.override.json", "bake.json")),
        *((it, True) for it in ("devcontainer.json", ".devcontainer.json")),
        *(
            (it, False)
            for it in ("composer.json", "decompose.yml", "compose.txt", "main.hcl", "handbake.json", "package.json")
        ),
    ],
)
def test_names(name: str, expected: bool) -> None:  # noqa: FBT001
    assert is_build_file(name) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"), ("$$A", "$A"), ("$A$B", "1"), ("${A}x", "1x"), ("${B:-2}", "2"), ("${B-2}", ""), ("${C-2}", "2"),
        ("${A:+2}", "2"), ("${B:+2}", ""), ("${C:+2}", None), ("${A:?no}", "1"), ("${B:?no}", None), ("${C?no}", None),
        ("${C:-${D:-${A}}}", "1"), ("$C", None), ("$D", "$A"), ("$E", None), ("${E:-2}", None), ("${A", None), ("$1", None),
        ("${A:-" * 9 + "x" + "}" * 9, None), ("x" * 5000, None), ("$F", None),
    ],
)  # fmt: skip
def test_variables(text: str, expected: str | None) -> None:
    variables = read_variables("A=1\nB=\nexport D = '$A'  # x\nE=$A\nnot one\nF=\"" + "x" * 5000 + '"\n')
    if "$D" not in text:
        variables.pop("D")
    assert interpolate(text, variables) == expected


def test_lines_of_env_files() -> None:
    text = 'A=a b # c\nB=a#b\nC="a b"\nD=\'it"s\'\nE=\nF=\'open\n G = x \n# H=1\nI="a\\n"\n\n=x\n'
    expected = {"A": "a b", "B": "a#b", "C": "a b", "D": 'it"s', "E": "", "F": None, "G": "x", "I": None}
    assert read_variables(text) == expected
    assert read_variables(None) == {}


FILES = ("compose.yaml", "compose.override.yaml", "docker-bake.hcl", "docker-bake.json", ".devcontainer.json", ".env")
PIECES = (
    *(
        "services:",
        "include:",
        "extends:",
        "build:",
        "context:",
        "  ",
        "\n",
        "- ",
        "a",
        ".",
        "web",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
    ),
    *(
        '"',
        "'",
        "${",
        "$",
        "&a ",
        "*a",
        "!reset ",
        "<<: ",
        "target",
        "variable",
        "matrix",
        "inherits",
        "=",
        " ",
        "null",
        "1",
        "é",
    ),
    *(
        '"build": {',
        '"dockerfile": ',
        '"dockerComposeFile": ',
        '"target": {',
        "/*",
        "//",
        "\ud800",
        "\0",
        "%{",
        "?",
        "==",
        "..",
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(FILES), st.lists(st.sampled_from(PIECES), max_size=25).map("".join), min_size=1))
def test_whatever_is_in_the_files_nothing_raises(tmp_path: Path, files: Mapping[str, str]) -> None:
    root = tmp_path / "w"
    root.mkdir(exist_ok=True)
    for name in FILES:
        (root / name).write_text(files.get(name, ""), encoding="utf-8", errors="surrogatepass")
    assert isinstance(BuildFiles().builds(root / "Dockerfile", root), list)
