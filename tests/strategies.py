"""Dockerfile-like texts and edits for property tests: pieces that matter to a parser, joined at random."""

from __future__ import annotations

from hypothesis import strategies as st

from layerwise.text.edit import Edit
from layerwise.text.span import Span

_FRAGMENTS = [
    "FROM alpine", "FROM --platform=linux/amd64 golang:1.22 AS build", "RUN", "RUN ", "run echo hi", "COPY . .",
    "COPY --from=build --chown=1:1 /a /b", "ADD a b", "ENV A=1 B='x y'", "ENV A b c", "ENV A", "LABEL x=\"a b\" y",
    "ARG V=1", "ONBUILD RUN x", "ONBUILD", "CMD [\"a\", \"b\"]", "CMD [1]", "CMD [\"a\"", "HEALTHCHECK CMD curl x",
    "HEALTHCHECK --interval=1s CMD [\"x\"]", "EXPOSE 80 443", "VOLUME [\"/a\"]", "WORKDIR /a b", "FOO bar",
    "# comment", "# escape=`", "# escape=\\", "# syntax=docker/dockerfile:1", "#", "  # indented", "\\", "`", " \\", " `",
    "\\\\", " && ", "<<EOF", " <<-'A' <<\"B\"", "RUN <<EOF", "COPY <<E /x", "EOF", "A", "B", "E", "\tE", "--flag", "--", "=",
    "'", "\"", " ", "\t", "\u00e9", "\u65e5\u672c", "\U0001f433", "$X", "${X:-y}", "\ufeff", "\x0b", "\x0c", "\u00a0", "\u2028",
    "RUN --mount=type=cache,target=\"/x", "RUN --mount=\\\"type=bind,", "--mount=", "\\\"", "\r", "\0", "\x1c", "ONBUILD ", "= ",
    "ENV A = b", "LABEL =x", "ARG A = 1", "<<\r", "[", "]", "{", "}", "$(", ";", "|", "*", "&", "((", "é",
]  # fmt: skip
_LINE_ENDS = ["\n", "\n", "\n", "\r\n", "\\\n", " \\\n", "`\n", "\n\n", ""]

_REPEATED = [
    "ONBUILD ", "x", "\r", "\\\n", "\\\n# c\n", '"', "[", "{ ", "(", "$(", "&& a ", "${A:-", "<<E ", " -", ",a=b", "é", "\0",
]  # fmt: skip
_BEFORE = ["", "RUN ", "RUN npm ci ", "RUN --mount=", "COPY ", "ENV A=", "WORKDIR ", "FROM ", "ARG ", "CMD ", "LABEL "]
_BEHIND = ["", "RUN x", "\nE\n", "}", '"', " --mount=x"]


def dockerfiles() -> st.SearchStrategy[str]:
    """Return texts that are often nearly a Dockerfile."""
    line = st.lists(st.sampled_from(_FRAGMENTS), min_size=0, max_size=4).map("".join)
    return st.lists(st.tuples(line, st.sampled_from(_LINE_ENDS)).map("".join), max_size=12).map("".join)


def hostile_dockerfiles() -> st.SearchStrategy[str]:
    """Return such texts in which something is very long or very deep."""
    piece = st.sampled_from(_REPEATED)
    repeated = st.builds(str.__mul__, piece, st.sampled_from([300, 1_000, 3_000]))
    long = st.tuples(st.sampled_from(_BEFORE), repeated, st.sampled_from(_BEHIND)).map("".join)
    return st.lists(st.one_of(dockerfiles(), long), min_size=1, max_size=3).map("\n".join)


@st.composite
def edits_of(draw: st.DrawFn, text: str) -> Edit:
    """Draw one edit of ``text``."""
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 12)))
    new_text = draw(st.one_of(st.sampled_from([*_FRAGMENTS, *_LINE_ENDS]), dockerfiles()))
    return Edit(Span(start, end), new_text)
