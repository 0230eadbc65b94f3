"""What a Dockerfile says of its build context."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse
from layerwise.workspace.session import analyse_now
from layerwise.workspace.surroundings import Evidence, Place, evidence_of


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("COPY . .\nADD a b/\nCOPY --from=x c .", Evidence((".", "a"))),
        ("COPY . .\nRUN npm ci", Evidence((".",), ("package.json",))),
        ("WORKDIR /app\nCOPY . .\nRUN cd web && npm ci", Evidence((".",), ("web/package.json",))),
        ("COPY . .\nRUN pip install -r req/a.txt -c b.txt", Evidence((".",), ("req/a.txt", "b.txt"))),
        ("COPY . .\nRUN go build ./...", Evidence((".",), ("go.mod",))),
    ],
)
def test_evidence(lines: str, expected: Evidence) -> None:
    assert evidence_of(read_dockerfile(parse(f"FROM base\n{lines}\n"))) == expected


def test_where_everything_is_copied_the_manifests_tell_the_context(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    text = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    path = tmp_path / "docker" / "Dockerfile"
    path.write_text(text)
    context = analyse_now(text, Place(path, tmp_path))[1].context
    assert (context.root, context.found_by) == (str(tmp_path), "package.json is there")
    (tmp_path / "docker" / "package.json").write_text("{}")
    assert analyse_now(text, Place(path, tmp_path))[1].context.found_by == "the Dockerfile's folder"
