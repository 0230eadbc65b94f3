"""Problems after any edits are those of reading the final text anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layerwise.semantics.refused import problems_in, refusals
from layerwise.syntax.tree import parse
from layerwise.syntax.validation import problems_of
from layerwise.text.edit import apply_edits
from strategies import dockerfiles, edits_of


@given(st.data())
def test_incremental_equals_fresh(data: st.DataObject) -> None:
    text = data.draw(dockerfiles())
    tree = parse(text)
    found = refusals(tree)
    for _ in range(data.draw(st.integers(1, 4))):
        edit = data.draw(edits_of(text))
        text = apply_edits(text, [edit])
        tree = tree.edited(edit, text)
        found = refusals(tree, found)
        problems = list(problems_in(tree, found))
        assert [it for _, it in problems] == problems_of(parse(text))
        for block, problem in problems:
            assert block is None or tree.block_at(problem.span.start) == block
