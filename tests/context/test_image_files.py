"""Where files of the context land in the image: one COPY (or several), an image path, and the file that is there."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import MOST_ARRIVALS, Arrival, Arrivals, Arriving, mounted
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse

CONTEXT = BuildContext.of_texts(
    {"package.json": "", "src/main.py": "", "src/api/app.py": "", "docs/a.md": "", "docs/b.txt": "", "lib.tar.gz": "", "big.log": "",
     ".dockerignore": "*.log\n"}
)  # fmt: skip


def arrivals(lines: str, context: BuildContext = CONTEXT) -> Arrivals:
    found = Arrivals()
    arriving = Arriving(context)
    for placed in read_dockerfile(parse(f"FROM base\nWORKDIR /w\n{lines}\n")).instructions:
        found = arriving.at(placed, found)
        if placed.run is not None:
            found = mounted(context, placed, placed.run.mounts, found)
    return found


def arrival(lines: str, context: BuildContext = CONTEXT) -> Arrival:
    (it,) = arrivals(lines, context).items
    return it


LANDINGS = [
    ("COPY . .", "/w/package.json", "package.json"),
    ("COPY . .", "/w/src/api/app.py", "src/api/app.py"),
    ("COPY . .", "/w/absent", None),
    ("COPY . .", "/elsewhere/package.json", None),
    ("COPY . .", "/w/big.log", None),
    ("COPY . /a", "/a/package.json", "package.json"),
    ("COPY src /a", "/a/main.py", "src/main.py"),
    ("COPY src /a", "/a/src/main.py", None),
    ("COPY src/api/ ./api", "/w/api/app.py", "src/api/app.py"),
    ("COPY package.json /a/", "/a/package.json", "package.json"),
    ("COPY package.json /a/other.json", "/a/other.json", "package.json"),
    # Without a slash the destination may be a folder that is there already.
    ("COPY package.json /a", "/a", "package.json"),
    ("COPY package.json /a", "/a/package.json", "package.json"),
    ("COPY package.json docs/a.md /a", "/a/a.md", "docs/a.md"),
    ("COPY docs/*.md /a/", "/a/a.md", "docs/a.md"),
    ("COPY docs/*.md /a/", "/a/b.txt", None),
    ("COPY d*cs /a/", "/a/b.txt", "docs/b.txt"),
    ("COPY --exclude=*.txt docs /a/", "/a/b.txt", None),
    ("COPY --parents docs/a.md /a/", "/a/docs/a.md", "docs/a.md"),
    ("COPY --parents src /a/", "/a/src/api/app.py", "src/api/app.py"),
    ("ADD . .", "/w/package.json", "package.json"),
    ("RUN --mount=type=bind,source=src,target=/m x", "/m/main.py", "src/main.py"),
    ("RUN --mount=type=bind,target=. x", "/w/package.json", "package.json"),
    # The last one counts.
    ("COPY package.json ./x\nCOPY docs/a.md ./x", "/w/x", "docs/a.md"),
    ("COPY docs/a.md ./package.json\nCOPY . .", "/w/package.json", "package.json"),
]


@pytest.mark.parametrize(("lines", "path", "expected"), LANDINGS, ids=[f"{it[0]} → {it[1]}" for it in LANDINGS])
def test_landing(lines: str, path: str, expected: str | None) -> None:
    landing = arrivals(lines).find(path)
    assert (landing.path if landing else None) == expected


ELSEWHERE = [
    ("COPY --from=x /out /w", "/w/package.json", True),
    ("COPY --from=x /out/tool.py /w/", "/w/package.json", False),
    ("COPY --from=x /out/tool.py /w/", "/w/tool.py", True),
    ("ADD https://example.org/a.json /w/package.json", "/w/package.json", True),
    ("ADD lib.tar.gz /w/", "/w/package.json", True),
    ("COPY <<EOF /w/package.json\n{}\nEOF", "/w/package.json", True),
]


@pytest.mark.parametrize(("lines", "path", "expected"), ELSEWHERE, ids=[f"{it[0][:40]} → {it[1]}" for it in ELSEWHERE])
def test_what_is_not_of_the_context_may_be_there(lines: str, path: str, expected: bool) -> None:  # noqa: FBT001
    landing = arrivals(lines).find(path)
    assert (landing is not None and landing.path is None) == expected


@pytest.mark.parametrize(
    ("lines", "directory", "expected"),
    [
        ("COPY . .", "/w/src", ["src/api/app.py", "src/main.py"]),
        ("COPY . .", "/w/node_modules", []),
        ("COPY src /w/src/deep", "/w/src", ["src/api/app.py", "src/main.py"]),
        ("COPY docs/a.md /etc/motd", "/etc", ["docs/a.md"]),
        ("COPY . /srv", "/w", []),
    ],
)
def test_files_at_a_folder(lines: str, directory: str, expected: list[str]) -> None:
    assert arrival(lines).files_at(directory) == expected


def test_the_files_in_the_key() -> None:
    assert arrival("COPY docs package.json /a/").files == {"docs/a.md", "docs/b.txt", "package.json"}
    assert arrival("COPY docs /a/").is_complete
    assert not arrival("COPY absent /a/").is_complete
    assert not arrival("COPY $UNKNOWN /a/").is_complete
    assert not arrival("COPY docs /a/", BuildContext.unknown()).is_complete


def test_an_instruction_arrives_as_the_same_object_again() -> None:
    placed = read_dockerfile(parse("FROM base\nCOPY . .\n")).instructions[1]
    arriving = Arriving(CONTEXT)
    assert arriving.at(placed, Arrivals()) == arriving.at(placed, Arrivals())


def test_only_the_last_arrivals_are_looked_at() -> None:
    many = arrivals("COPY package.json /first/\n" + "COPY docs /d/\n" * MOST_ARRIVALS)
    assert len(many.items) == MOST_ARRIVALS
    assert many.find("/first/package.json") is None
