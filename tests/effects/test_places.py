"""Two COPYs that may write to one place by two names, and links that a stage makes."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.context.image_files import Arrival, Arrivals, Arriving, Link
from layerwise.context.listing import FileEntry, FileKind, Listing
from layerwise.effects.places import brings_namesake, clash, links_of, names_of
from layerwise.semantics.dockerfile import read_dockerfile
from layerwise.syntax.tree import parse

FOLDER = FileEntry(kind=FileKind.DIRECTORY)
FILES = {
    **dict.fromkeys(("src", "web", "web/d", "links"), FOLDER),
    **dict.fromkeys(("src/a.js", "web/d/x", "web/package.json"), FileEntry(1)),
    "links/d": FileEntry(kind=FileKind.SYMLINK, link="/data"),
}
CONTEXT = BuildContext(listing=Listing(FILES))


def arrivals(lines: str) -> Arrivals:
    found, arriving = Arrivals(), Arriving(CONTEXT)
    for it in read_dockerfile(parse(f"FROM base\nARG A\nARG B\nWORKDIR /app\n{lines}\n")).instructions[1:]:
        found = arriving.at(it, found.and_links(tuple(links_of(it.run, it.scope))))
    return found


def two(lines: str) -> tuple[Arrival, Arrival, tuple[Link, ...]]:
    found = arrivals(lines)
    *_, moved, staying = found.items
    return moved, staying, found.links


LINKS = [
    ("ln -s /data d", {("/app/d", "/data"), ("/app/d/data", "/data")}),
    ("ln -s /data /app/d/", {("/app/d", "/data"), ("/app/d/data", "/data")}),
    ("ln -sf ../x /srv/d", {("/srv/d", "/x"), ("/srv/d/x", "/srv/x")}),
    ("ln --symbolic /data", {("/app/data", "/data")}),
    ("ln -s /a /b /c", {("/c/a", "/a"), ("/c/b", "/b")}),
    ("ln -s -t /c /a", {("/c/a", "/a")}),
    ("ln -s --target-directory=/c /a", {("/c/a", "/a")}),
    ("cd /srv && /bin/ln -s /data d", {("/srv/d", "/data"), ("/srv/d/data", "/data")}),
    ("ln -s $A /srv/d", {("/srv/d", "?$A"), ("/srv/d/$A", "?$A")}),
    ("ln a b", set[tuple[str, str]]()),
    ("cp -s a b", set[tuple[str, str]]()),
]


@pytest.mark.parametrize(("command", "expected"), LINKS)
def test_links_that_a_command_makes(command: str, expected: set[tuple[str, str]]) -> None:
    assert {tuple(it) for it in arrivals(f"RUN {command}").made} == expected


def test_names_through_links() -> None:
    links = [Link("/app/d", "/data"), Link("/data/x", "/srv"), Link("/loop", "/loop/again")]
    assert names_of("/app/d/x/y", links) == ("/app/d/x/y", "/data/x/y", "/srv/y")
    assert names_of("/app/e", links) == ("/app/e",)
    assert "/loop/again/again" in names_of("/loop/again", links)


CLASHES = [
    ("", "COPY src /var/run/app", "COPY --from=o /x /run/app"),
    ("", "COPY src $A/app", "COPY --from=o /x $B/app"),
    ("", "COPY src $A/app", "COPY --from=o /x /srv/app"),
    ("", "COPY src /srv/$A/app", "COPY --from=o /x /srv/b/app"),
    ("RUN ln -s /data /app/d", "COPY src /app/d", "COPY --from=o /x /data"),
    ("RUN ln -s /data /app/d", "COPY src /data", "COPY --from=o /x /app/d"),
    ("RUN ln -s /data /app/d", "COPY web /app", "COPY --from=o /x /data"),
    ("RUN ln -s /app/d /data", "COPY web /app", "COPY --from=o /x /data"),
    ("RUN ln -s /app/e /app/d", "COPY web /app", "COPY --from=o /x /app/e"),
    ("RUN ln -s /data /app/d", "COPY src /data", "COPY --from=o /x /app"),
    ("COPY links /app/", "COPY src /app/d", "COPY --from=o /x /data"),
    ("RUN ln -s /b /app/d && ln -s /c /b", "COPY src /app/d", "COPY --from=o /x /c"),
]
APART = [
    ("", "COPY src /app/d", "COPY --from=o /x /app/e"),
    ("", "COPY src $A/app", "COPY --from=o /x $A/other"),
    ("RUN ln -s /data /srv/d", "COPY src /app/d", "COPY --from=o /x /data"),
    ("RUN ln -s /data /app/other", "COPY web /app", "COPY --from=o /x /data"),
    ("", "COPY links /app/", "COPY --from=o /x /data"),
    ("RUN ln -s /app/e /data", "COPY web /app", "COPY --from=o /x /data"),
]


@pytest.mark.parametrize(("before", "moved", "staying"), CLASHES)
def test_two_names_of_one_place(before: str, moved: str, staying: str) -> None:
    assert clash(*two(f"{before}\n{moved}\n{staying}"))


@pytest.mark.parametrize(("before", "moved", "staying"), APART)
def test_places_that_are_apart(before: str, moved: str, staying: str) -> None:
    assert not clash(*two(f"{before}\n{moved}\n{staying}"))


def test_the_folder_of_the_base_image_is_none_of_the_system() -> None:
    lines = "FROM base\nCOPY web ./\nCOPY --from=o /x {}\n"
    for target, expected in (("/srv/x", True), ("/usr/local/bin/x", False), ("/etc/x", False)):
        found, arriving = Arrivals(), Arriving(CONTEXT)
        for it in read_dockerfile(parse(lines.format(target))).instructions[1:]:
            found = arriving.at(it, found)
        assert clash(found.items[0], found.items[1], ()) is expected, target


def test_files_of_a_name_in_an_unknown_folder() -> None:
    (moved,) = arrivals("COPY web $A/").items
    assert brings_namesake(moved, "/app/package.json")
    assert brings_namesake(moved, "/app/d")
    assert not brings_namesake(moved, "/app/node_modules")
    (known,) = arrivals("COPY web /srv/").items
    assert not brings_namesake(known, "/app/package.json")
