"""Whatever somebody has typed, nothing raises: not the analysis, and nothing that is asked of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerwise.cli.checked import Checked
from layerwise.cli.render_json import json_of
from layerwise.cli.render_text import Look, render_file
from layerwise.context.build_context import BuildContext
from layerwise.ide.code_actions import code_actions, rewrite_action
from layerwise.ide.code_lens import code_lenses
from layerwise.ide.explanation import explain, to_json
from layerwise.ide.hover import hover
from layerwise.ide.inlay_hints import inlay_hints
from layerwise.ide.layer_map import layer_map
from layerwise.ide.typical_edit import typical_edit
from layerwise.rules.analysis import Options, analyse
from layerwise.rules.fixpoint import fix_all
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex
from layerwise.text.span import Span
from layerwise.workspace.surroundings import evidence_of
from strategies import dockerfiles, hostile_dockerfiles

CONTEXT = BuildContext.of_texts(
    {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3, "packages": {}}', "requirements.txt": "-r x\n", "go.mod": "module x\n", "a": "", "é/\0": ""}
)  # fmt: skip

HEADS = (
    "",
    "FROM node\n",
    "FROM node\nCOPY . .\nRUN npm ci\n",
    "FROM a\nONBUILD RUN npm ci\nONBUILD COPY . .\nFROM a\n",
)


def ask_everything(text: str) -> None:
    analysis = analyse(LineIndex(text), parse(text), CONTEXT, Options())
    checked = Checked.of("Dockerfile", analysis)
    render_file(checked, Look())
    json.dumps(json_of([checked]))
    fix_all(analysis, review=True)
    evidence_of(analysis.dockerfile)
    whole = Span(0, len(text))
    for asked in (code_actions(analysis, whole), code_lenses(analysis), inlay_hints(analysis, whole)):
        list(asked)
    rewrite_action(analysis, whole)
    for start in analysis.dockerfile.tree.starts:
        hover(analysis, start)
    explanation = explain(analysis, typical_edit(analysis).rebuilds)
    json.dumps(to_json(explanation, "Dockerfile"))
    layer_map(explanation)


def behind_a_head(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Nothing is asked of instructions in front of the first FROM, so most texts get one."""
    return st.builds(str.__add__, st.sampled_from(HEADS), texts)


@given(behind_a_head(dockerfiles()))
def test_no_text_is_too_broken(text: str) -> None:
    ask_everything(text)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(behind_a_head(hostile_dockerfiles()))
def test_no_text_is_too_long_or_too_deep(text: str) -> None:
    ask_everything(text)


@pytest.mark.parametrize(
    "text",
    [
        'FROM node:20\nRUN --mount=type=cache,target="/x\\\n\r b npm ci\n',
        f"FROM a\nRUN --mount=type=cache,target=/{'x' * 140_000} npm ci\n",
        f"FROM a\n{'ONBUILD ' * 500}RUN x\n",
    ],
    ids=["a bare CR in a mount", "a mount of 140,000 characters", "500 times ONBUILD"],
)
def test_texts_that_were_too_much_once(text: str) -> None:
    ask_everything(text)
