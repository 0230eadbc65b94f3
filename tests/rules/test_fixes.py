"""What depends on single words: which steps steer a download, what frees space, which comments speak of the install."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

LOCK = '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/left-pad": {"version": "1.3.0"}}}'
NPM = {"package.json": "{}", "package-lock.json": LOCK, "src/index.js": ""}
GO = {"go.mod": "module x\n\ngo 1.21\n\nrequire y v1.2.3\n", "go.sum": "y v1.2.3 h1:x\n", "main.go": ""}


def analysed(text: str, files: dict[str, str]) -> Analysis:
    return analyse(LineIndex(text), parse(text), BuildContext.of_texts(files), Options())


@pytest.mark.parametrize(
    "command",
    [
        "tool add x",
        "tool config x",
        "tool --quiet config x",
        "tool env use x",
        "tool lock",
        "tool pin 3.12",
        "npm pkg set x=y",
        "tool remove x",
        "tool set x",
        "tool update",
        "tool use 3.12",
        "tool venv create",
    ],
)
def test_a_step_that_sets_what_is_downloaded_stays_in_front_of_the_download(command: str) -> None:
    text = f"FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN {command}\nRUN go build .\n"
    (found,) = analysed(text, GO).findings
    assert found.withheld == f"`{command}` on line 4 stands in between and may need the copied files"


@pytest.mark.parametrize(
    ("tail", "frees"),
    [
        ("npm run build", False),
        ("ls autoremove.txt", False),
        ("apt-get autoremove -y git", True),
        ("make clean", True),
        ("apk del git", True),
        ("npm prune --omit=dev", True),
        ("apt-get purge -y git", True),
        ("apt-get remove -y git", True),
        ("pip uninstall -y x", True),
        ("rm -rf src", True),
        ("unlink src/index.js", True),
        ("find src -delete", True),
        ("npm run build && rm -rf src", True),
        ("sudo apt-get remove -y git", True),
    ],
)
def test_what_a_run_deletes_behind_the_install_would_stay_in_its_layer(tail: str, *, frees: bool) -> None:
    text = f"FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci && node src/index.js && {tail}\n"
    (found,) = analysed(text, NPM).findings
    size = "what the rest of the RUN deletes stays in the layer of the install, so the image may get larger"
    assert found.withheld == (size if frees else None)


@pytest.mark.parametrize(
    "comment",
    [
        "Install it.",
        "The dependencies.",
        "Get the deps.",
        "The packages.",
        "What it requires.",
        "The modules.",
        "The manifests.",
        "Locked versions.",
        "For npm.",
        "For yarn.",
        "For pip.",
        "With go.mod.",
        "So that the builder has it in its cache.",
    ],
)
def test_a_comment_that_speaks_of_the_install_stays_with_what_it_reads(comment: str) -> None:
    text = f"FROM node:24\nWORKDIR /app\n# {comment}\nCOPY . .\nRUN npm ci\n"
    early = f"# {comment}\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
    assert fix_all(analysed(text, NPM)).text.endswith(early)


@pytest.mark.parametrize(
    "comment",
    [
        "# The program.",
        "# Of all depths.",
        "# check=skip=all for npm",
        "# hadolint ignore=DL3059 (npm)",
        "# layerwise: ignore[unused-ignore] npm",
        "# tally ignore=npm",
        "# nosemgrep: npm",
        "#checkov:skip=npm",
    ],
)
def test_another_comment_and_what_tools_read_go_with_the_source(comment: str) -> None:
    text = f"FROM node:24\nWORKDIR /app\n{comment}\nCOPY . .\nRUN npm ci\n"
    late = f"COPY package.json package-lock.json ./\nRUN npm ci\n{comment}\nCOPY . .\n"
    assert fix_all(analysed(text, NPM)).text.endswith(late)


TITLES = [
    ("COPY . .\nRUN npm ci", "Copy only package.json and package-lock.json before `npm ci`, the rest after it"),
    ("COPY src src\nCOPY package*.json ./\nRUN npm ci", "Run `npm ci` before copying src/index.js"),
    ("COPY src docs ./\nCOPY package*.json ./\nRUN npm ci", "Run `npm ci` before copying the other files"),
    ("COPY src docs ./\nRUN apt-get install -y curl", "Run `apt-get install` before copying the files"),
    ("COPY src src\nRUN apt-get install -y curl", "Run `apt-get install` before copying src/index.js"),
    ("COPY . .\nRUN apt-get install -y curl", "Run `apt-get install` before copying the files"),
    (
        "COPY . .\nRUN npm ci && npm --prefix b ci && npm --prefix b ci",
        "Copy only package.json, package-lock.json, b/package.json and b/package-lock.json before `npm ci`, the rest after it",
    ),
    (
        "COPY . .\nRUN cd b && npm ci",
        "Copy only package.json and package-lock.json before `npm ci`, the rest after it",
    ),
]


@pytest.mark.parametrize(("steps", "title"), TITLES)
def test_the_title_of_a_fix_says_what_runs_first(steps: str, title: str) -> None:
    files = {**NPM, "docs/a.md": "", "b/package.json": "{}", "b/package-lock.json": LOCK}
    analysis = analysed(f"FROM node:24\nWORKDIR /app\n{steps}\n", files)
    assert analysis.fixes_of(analysis.findings[0])[0].title == title
