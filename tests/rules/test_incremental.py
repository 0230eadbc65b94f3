"""Findings and fixes after any edits are those of analysing the final text anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrival
from layerwise.rules.analysis import Analysis, Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from layerwise.text.edit import Edit, apply_edits
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span

CONTEXT = BuildContext.of_texts(
    {
        "package.json": '{"dependencies": {"a": "1"}}',
        "package-lock.json": '{"packages": {}}',
        "requirements.txt": "flask\n",
        "go.mod": "module x\nrequire y v1.0.0\n",
        "go.sum": "y v1.0.0/go.mod h1:x\n",
        "api/package.json": "{}",
        "api/package-lock.json": '{"lockfileVersion": 3, "packages": {}}',
        "src/main.py": "",
        "server.js": "",
    }
)
LINES = [
    "FROM node AS build", "FROM build", "FROM golang", "WORKDIR /app", "WORKDIR api", "USER node", "ENV A=1", "ARG S=src",
    "COPY . .", "COPY . /app", "COPY src ./src", "COPY $S /app/src", "COPY package*.json ./", "COPY --from=build /app /app",
    "ADD --chown=1 server.js package.json /app/", "RUN npm ci", "RUN npm ci && npm run build", "RUN cd api && npm install",
    "RUN pip install -r requirements.txt", "RUN go mod download", "RUN go build ./...", "RUN apt-get update", "RUN make",
    "RUN set -e; \\\n    npm ci; \\\n    # comment\n    npm test", "RUN <<EOF\nnpm ci\nEOF", '# layerwise: ignore[copy-before-install]',
    "# install", "", "LABEL a=b", 'RUN ["npm", "ci"]', "VOLUME /app",
]  # fmt: skip


def files() -> st.SearchStrategy[str]:
    """Dockerfiles made of lines that the rules look at."""
    return st.lists(st.sampled_from(LINES), max_size=14).map(lambda it: "FROM node\n" + "\n".join(it))


def fresh(text: str) -> Analysis:
    return analyse(LineIndex(text), parse(text), CONTEXT, Options())


def dump(analysis: Analysis) -> list[object]:
    return [
        (it.span, it.message, it.severity, it.related, it.withheld, analysis.fix_of(it)) for it in analysis.findings
    ]


@st.composite
def line_edits(draw: st.DrawFn, text: str) -> Edit:
    """Replace some characters or lines by a line, or by a few characters."""
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 5, 30])))
    return Edit(Span(start, end), draw(st.sampled_from([*(f"{it}\n" for it in LINES), "x", "\n", " ", "", "&&"])))


@given(st.data())
def test_incremental_equals_fresh(data: st.DataObject) -> None:
    text = data.draw(files())
    analysis = fresh(text)
    for _ in range(data.draw(st.integers(1, 4))):
        edit = data.draw(line_edits(text))
        text = apply_edits(text, [edit])
        lines = analysis.lines.edited(edit)
        analysis = analyse(lines, analysis.dockerfile.tree.edited(edit, text), CONTEXT, Options(), analysis)
        assert dump(analysis) == dump(fresh(text))


HEADS = [
    "FROM node",
    "ENV A=1",
    "ARG S=src",
    "WORKDIR /app",
    "USER node",
    "ENV HOME=/app",
    "ENV NODE_ENV=production",
    "COPY . .",
]
"""What stands in front of a long stage, and is edited there."""
BODY = [
    "COPY src ./src", "COPY src ./src", "COPY $S /app/src", "COPY . .", "COPY package*.json ./", "ENV B=$A", "WORKDIR $A/b", "RUN make",
    "RUN npm ci", "RUN npm ci", "RUN pip install -r requirements.txt", "RUN apt-get install -y x", "RUN go mod download",
    "RUN A=2 npm ci --omit=dev", "ENV npm_config_userconfig=/app/src/rc", "ENV PIP_CONFIG_FILE=$A/x",
]  # fmt: skip


@st.composite
def edits_at_the_top(draw: st.DrawFn, head: list[str]) -> list[str]:
    """Change, add or remove one of the lines in front of the stage's body; its FROM stays one."""
    at = draw(st.integers(0, len(head) - 1))
    change = draw(st.sampled_from(["type", "replace", "add", "remove"]))
    new = {"type": [f"{head[at]}x"], "add": [head[at], draw(st.sampled_from(HEADS))], "remove": []}
    line = new.get(change, [draw(st.sampled_from(HEADS[1:]))]) if at or change in ("type", "add") else ["FROM golang"]
    return [*head[:at], *line, *head[at + 1 :]]


@given(st.data())
def test_an_edit_at_the_top_of_a_long_stage(data: st.DataObject) -> None:
    head = ["FROM node", *data.draw(st.lists(st.sampled_from(HEADS[1:]), max_size=4))]
    body = "\n".join(data.draw(st.lists(st.sampled_from(BODY), min_size=8, max_size=40)))
    text = "\n".join([*head, body])
    analysis = fresh(text)
    for _ in range(3):
        after = data.draw(edits_at_the_top(head))
        edit = Edit(Span(0, len("\n".join(head))), "\n".join(after))
        head, text = after, apply_edits(text, [edit])
        lines = analysis.lines.edited(edit)
        analysis = analyse(lines, analysis.dockerfile.tree.edited(edit, text), CONTEXT, Options(), analysis)
        assert dump(analysis) == dump(fresh(text))


def test_the_work_grows_with_the_number_of_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    find_here = Arrival.find_here

    def counted(arrival: Arrival, path: str) -> object:
        nonlocal asked
        asked += 1
        return find_here(arrival, path)

    monkeypatch.setattr(Arrival, "find_here", counted)
    work: list[int] = []
    for number in (10, 20):
        asked = 0
        fresh("FROM node\n" + "".join(f"COPY . /x{it}\nWORKDIR /x{it}\nRUN npm ci\n" for it in range(number)))
        work.append(asked)
    assert work[1] < 2.5 * work[0]


STAGES = """\
FROM node AS base
WORKDIR /app
COPY src/main.py .
FROM base AS web
COPY . .
RUN npm ci
FROM golang AS tools
WORKDIR /tools
COPY go.mod .
FROM node
WORKDIR /app
COPY --from=tools /tools/out /tools
COPY . .
ENV A=1
RUN npm ci
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("src/main.py", ".", id="what a base stage copies"),
        pytest.param("COPY go.mod", "COPY src", id="what is in the files of another stage"),
        pytest.param("ENV A=1", "RUN make", id="a step between COPY and install"),
        pytest.param("tools /tools/out", "web /app/out", id="which stages are built"),
        pytest.param("FROM golang AS tools", "FROM golang AS tool", id="a name that others used"),
        pytest.param("WORKDIR /tools\n", "", id="a line less"),
    ],
)
def test_a_change_elsewhere_may_change_what_is_said(old: str, new: str) -> None:
    before = fresh(STAGES)
    text = STAGES.replace(old, new, 1)
    start = STAGES.index(old)
    edit = Edit(Span(start, start + len(old)), new)
    assert dump(before) != dump(fresh(text))
    tree = before.dockerfile.tree.edited(edit, text)
    assert dump(analyse(before.lines.edited(edit), tree, CONTEXT, Options(), before)) == dump(fresh(text))


def test_after_a_change_of_files_all_is_judged_anew() -> None:
    text = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    less = BuildContext.of_texts({"package.json": "{}", "package-lock.json": '{"packages": {}}'})
    before = fresh(text)
    assert before.findings
    assert not analyse(before.lines, before.dockerfile.tree, less, Options(), before).findings


@given(files(), st.booleans())
def test_fixes_converge_and_are_stable(text: str, review: bool) -> None:  # noqa: FBT001
    analysis = fresh(text)
    fixed = fix_all(analysis, review=review)
    again = fix_all(fresh(fixed.text), review=review)
    assert again.text == fixed.text
    assert len(problems_of(parse(fixed.text))) <= len(problems_of(parse(text)))


@given(files())
def test_fixes_lose_no_instruction_and_no_comment(text: str) -> None:
    fixed = fix_all(fresh(text), review=True).text
    comments = [it for it in text.splitlines() if it.strip().startswith("#")]
    kept = [it.strip() for it in fixed.splitlines()]
    assert all(it.strip() in kept for it in comments)
    before = [it.keyword for _, it in parse(text).instructions()]
    after = [it.keyword for _, it in parse(fixed).instructions()]
    for keyword in set(before):
        assert after.count(keyword) >= before.count(keyword)
