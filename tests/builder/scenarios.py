"""Small projects and changes to them, at random: what people write and edit, as far as it matters to the cache."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from hypothesis import strategies as st

from builder.daemon import BASE, ONBUILD
from layerwise.syntax.tree import parse
from project import File, Version

SALT = "SALT"
NAMES = ["a.txt", "b.txt", "c.log", "src/x.py", "src/y.py", "src/deep/z.txt", "lib/x.py"]
_IGNORES = ["*.log", "src/deep", "src", "!src/x.py", "**/*.txt", "*.txt", "Dockerfile", ".dockerignore", "lib/"]
_COMMANDS = [
    "true", "echo made > made", "cat *.txt > all 2>/dev/null", "env > env", "ls -R . > list", "pwd > pwd", "rm -f a.txt",
    "mkdir -p out && cp -r src out/ 2>/dev/null", "echo $A$V > var", "id > id", "chmod 600 b.txt 2>/dev/null",
    "date +%N > now", "touch src/x.py 2>/dev/null",
]  # fmt: skip
_MOUNTS = [
    "type=bind,source=a.txt,target=/m", "type=bind,target=/m", "type=bind,source=src,target=/m,ro", "type=cache,target=/c",
    "type=cache,id=k,target=/c", "type=cache,target=c,sharing=locked", "type=tmpfs,target=/t", "type=secret,id=s",
    "type=secret,id=s,target=/run/other", "type=cache,target=/c,uid=1", "type=bind,source=src/$A/deep,target=/m",
]  # fmt: skip
_OTHER_MOUNTS = [
    "type=bind,source=b.txt,target=/n", "type=bind,source=src/deep,target=/n", "type=cache,target=/k",
    "type=secret,id=s,target=/run/third", "type=tmpfs,target=/u", "type=bind,source=lib,target=/n",
]  # fmt: skip
_PARTS = [it for it in _MOUNTS if it != "type=bind,target=/m"]
"""Beside a mount of all of the context versions of the builder look at others or don't, as a fact says."""
_SOURCES = [
    "a.txt",
    "b.txt",
    ".",
    "src",
    "src/",
    "*.txt",
    "src/*",
    "./a.txt",
    "a.txt b.txt",
    "src lib",
    "s*",
    "src/deep",
]
_DESTINATIONS = ["./", ".", "/d/", "/d", "/d/.", "sub/", "$A/x/", "/d//e/", "../up/"]
_FLAGS = ["", "", "", "--chown=1:1 ", "--chown=root ", "--chmod=0755 ", "--chmod=644 ", "--chown=$V "]
_NEWER_FLAGS = [
    "--link ",
    "--link ",
    "--link --chown=1 ",
    "--exclude=*.txt ",
    "--exclude=deep --exclude=*.log ",
]
_LINES = [
    'RUN ["/bin/sh", "-c", "true"]', "RUN true", "RUN  echo  spaced", "RUN echo a && \\\n    # why\n    echo b",
    "ENV A=1 B=2", "ENV B=2 A=1", "ENV A 1", "ENV PATH=$PATH:/x", "ENV PATH=/bin B=$PATH", "ENV V=env", 'ENV A="x y"',
    "USER 1000", "USER node", "USER root", "USER 0:0", "USER $V",
    "WORKDIR /w", "WORKDIR sub", "WORKDIR $A", "WORKDIR /w/", "WORKDIR /", "WORKDIR /w/sub", "WORKDIR ${V:-q}",
    "WORKDIR /w/./sub", "WORKDIR /v/../w", "WORKDIR //w", "WORKDIR ../w", "WORKDIR sub/", "WORKDIR /.", "WORKDIR ../../..",
    "ARG V=1 U=2", "ARG U V=3 G", "ARG A=1 HTTP_PROXY=p",
    'SHELL ["/bin/sh", "-c"]', 'SHELL ["/bin/sh", "-ec"]', 'SHELL ["/bin/busybox", "sh", "-c"]',
    "LABEL a=1", "LABEL a=$A", "CMD true", 'CMD ["x"]', "ENTRYPOINT e", "EXPOSE 80", "STOPSIGNAL 9", "HEALTHCHECK NONE",
    "VOLUME /v", "MAINTAINER me", "ONBUILD RUN echo trigger > t || true", "ONBUILD ENV A=on", "ONBUILD COPY a.txt /on/",
    "ONBUILD WORKDIR /onbuild", "ONBUILD USER 1000",
]  # fmt: skip
_NEWER_LINES = [
    "RUN <<EOF\ntrue\necho 1 > made\nEOF", "RUN <<-EOF\n\ttrue\nEOF", "RUN <<'X'\n#!/bin/sh\necho 2\nX", "RUN cat <<EOF > o\n$A\nEOF",
    "COPY <<EOF /h\n$A ${V:-1}\nEOF", "COPY <<'EOF' /h\n$A\nEOF", "COPY <<one <<two /h/\na\none\nb 3\ntwo", "COPY a.txt <<E ./h/\n1\nE",
    "RUN --network=default true",
]  # fmt: skip


def _text(template: str, *choices: list[str]) -> st.SearchStrategy[str]:
    """Fill the ``{}`` of a template."""
    return st.tuples(*map(st.sampled_from, choices)).map(lambda it: template.format(*it))


def _copies(flags: list[str]) -> st.SearchStrategy[str]:
    parts = st.tuples(
        st.sampled_from(["COPY", "COPY", "COPY", "ADD"]), *map(st.sampled_from, (flags, _SOURCES, _DESTINATIONS))
    )
    return parts.map(lambda it: _copy(*it))


def _copy(keyword: str, flags: str, sources: str, destination: str) -> str:
    several = " " in sources or "*" in sources
    flags = "" if keyword == "ADD" else flags
    return f"{keyword} {flags}{sources} {destination if destination.endswith('/') or not several else './'}"


def _instructions(earlier: list[str], *, newer: bool, named: Iterable[str] = ()) -> st.SearchStrategy[str]:
    """Draw an instruction of a stage that can take files from ``earlier`` ones, and from ``named`` contexts."""
    kinds = [
        *[_text("RUN {} || true", _COMMANDS)] * 3,
        _text("RUN --mount={} {} || true", _MOUNTS, ["cat /m > o", "ls /m /c > o", "true"]),
        _text("RUN --mount={} --mount={} {} || true", _PARTS, _OTHER_MOUNTS, ["cat /m /n > o", "ls /n > o"]),
        *[_copies(_FLAGS + _NEWER_FLAGS * newer)] * 3,
        _text("ENV {}={}", ["A", "B"], ["1", "2", "/d", '""', "$V", "${A:-z}", "$B-y"]),
        _text("ARG {}{}", ["V", "U", "A", "HTTP_PROXY", "G"], ["", "=1", "=2", "=$A", "=$G-x"]),
        *[st.sampled_from(_LINES)] * 4,
        *[st.sampled_from(_NEWER_LINES)] * (2 * newer),
    ]
    if earlier:
        link = ["", "--link "] if newer else [""]
        kinds += [
            _text("COPY {}--from={} {} {}", link, earlier, ["/here", "/etc/passwd", "/here/.", "/bin/sh", "/"], ["/taken/", "./taken"]),
            _text("RUN --mount=from={},source={},target=/m {} || true", earlier, ["/here", "/etc"], ["cat /m/made > o", "true"]),
        ]  # fmt: skip
    if "shared" in named:
        sources = ["s.txt", "here", ".", "*.txt", "here/."]
        kinds += [
            *[_text("COPY {}--from=shared {} {}", ["", "--link "], sources, ["/taken/", "./taken/"])] * 2,
            _text("RUN --mount=from=shared,source={},target=/m {} || true", ["s.txt", "here", "."], ["ls /m > o", "true"]),
        ]  # fmt: skip
    return st.one_of(kinds)


def _plain(lines: Iterable[str]) -> list[str]:
    """What does without programs, and so is possible on an empty image."""
    return [it for it in lines if not it.startswith(("RUN", "ONBUILD RUN")) and "node" not in it]


@st.composite
def _dockerfiles(draw: st.DrawFn, *, newer: bool, named: Iterable[str]) -> list[str]:
    lines = draw(st.sampled_from([[], [], ["ARG G=1"], ["ARG G"], [f"ARG IMG={BASE}"]]))
    images = ["$IMG", BASE] if any("IMG" in it for it in lines) else [BASE, BASE]
    earlier: list[str] = []
    for name in ["one", "two", "three"][: draw(st.integers(1, 3))]:
        bases = [*images * 20, *earlier * 20, *["img"] * (8 * ("img" in named)), *["scratch"] * 8]
        # Rare, as no more can be told of it.
        is_triggered = 500 <= draw(st.integers(0, 999)) < 504
        base = ONBUILD if is_triggered else draw(st.sampled_from(bases))
        # A folder that is there for certain, so that there is something to take.
        lines = [*lines, f"FROM {base} AS {name}", f"WORKDIR /here/{SALT}", "WORKDIR /here"]
        own = draw(st.lists(_instructions(earlier, newer=newer, named=named), min_size=1, max_size=6))
        lines += own if base != "scratch" else _plain(own) or ["COPY a.txt /"]
        earlier = [*earlier, name]
    return lines


@st.composite
def _projects(draw: st.DrawFn, *, newer: bool) -> Version:
    named: dict[str, dict[str, File] | str] = draw(_named()) if newer else {}
    lines = draw(_dockerfiles(newer=newer, named=named))
    contents, modes = st.sampled_from(["1\n", "2\n", ""]), st.sampled_from([0o644, 0o644, 0o755])
    files = {name: File(draw(contents), draw(modes)) for name in NAMES}
    if draw(st.booleans()):
        files[".dockerignore"] = draw(_ignore_files())
    if draw(st.integers(0, 4)) == 0:
        files["link.txt"] = File(link=draw(st.sampled_from(["a.txt", "src"])))
    given = st.dictionaries(st.sampled_from(["V", "G", "HTTP_PROXY", "OTHER"]), st.sampled_from(["1", "9"]), max_size=2)
    outside = draw(st.integers(0, 3)) == 0
    return Version("\n".join(lines) + "\n", files, draw(given), named=named, outside=outside)


@st.composite
def _named(draw: st.DrawFn) -> dict[str, dict[str, File] | str]:
    """Draw contexts: a folder, an image, and now and then what replaces a stage."""
    folder = {
        "s.txt": File("s\n"),
        "t.txt": File("t\n"),
        "here/made": File("m\n"),
        "etc/passwd": File(""),
        "bin/sh": File(""),
    }
    kinds = draw(st.sampled_from([[], [], [], ["shared"], ["shared"], ["shared", "img"], ["one"], ["shared", "two"]]))
    return {it: f"docker-image://{BASE}" if it == "img" else dict(folder) for it in kinds}


def _ignore_files() -> st.SearchStrategy[File]:
    return st.lists(st.sampled_from(_IGNORES), max_size=3).map(lambda it: File("".join(f"{line}\n" for line in it)))


@st.composite
def pairs(draw: st.DrawFn, *, newer: bool) -> tuple[Version, Version, bool]:
    """Draw a project, the same after something has happened to it, and whether that is built in a folder of its own.

    ``newer``: with what only newer builders know.

    Each stage begins in a folder called SALT; with another name there (``salted``) its steps are in no other's cache.
    """
    before = draw(_projects(newer=newer))
    after = before
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        kinds = [*[_file_change(after)] * 3, *[_text_change(after, newer=newer)] * 4, _outer_change(after)]
        kinds += [_named_change(after)] * (2 * any(not isinstance(it, str) for it in after.named.values()))
        after = draw(draw(st.sampled_from(kinds)))
    return before, after, draw(st.integers(0, 3)) == 0


def salted(version: Version, salt: str) -> Version:
    """Return a project with a name of its own for the folder that its stages begin in, and files of its own.

    What ``COPY --link`` copies is in the cache whatever stands in front of it: so the folder lies in what is taken from a
    stage.
    """
    named = {it: files if isinstance(files, str) else _salted(files, salt) for it, files in version.named.items()}
    dockerfile = version.dockerfile.replace(SALT, salt)
    return replace(version, dockerfile=dockerfile, files=_salted(version.files, salt), named=named)


def _salted(files: Mapping[str, File], salt: str) -> dict[str, File]:
    return {
        name: it if it.content is None or it.link or name == ".dockerignore" else replace(it, content=it.content + salt)
        for name, it in files.items()
    }


@st.composite
def _named_change(draw: st.DrawFn, version: Version) -> Version:
    name = draw(st.sampled_from(sorted(it for it, files in version.named.items() if not isinstance(files, str))))
    was = version.named[name]
    files: dict[str, File] = {} if isinstance(was, str) else dict(was)
    path = draw(st.sampled_from([*sorted(files), "new.txt", "here/new"]))
    kind = draw(st.sampled_from(["edit", "edit", "mode", "remove"]))
    if kind == "remove":
        files.pop(path, None)
    elif kind == "mode":
        files[path] = replace(files.get(path, File()), mode=0o600)
    else:
        files[path] = File("edited\n")
    return replace(version, named={**version.named, name: files})


@st.composite
def _file_change(draw: st.DrawFn, version: Version) -> Version:
    files = dict(version.files)
    name = draw(st.sampled_from(sorted(files)))
    file = files[name]
    kind = draw(
        st.sampled_from(
            ["edit", "edit", "mode", "add", "remove", "rename", "folder", "foldermode", "link", "ignore", "time"]
        )
    )
    if kind == "edit" and not file.link:
        files[name] = replace(file, content=f"{file.content}edited\n")
    elif kind == "mode" and not file.link:
        files[name] = replace(file, mode=draw(st.sampled_from([0o600, 0o755, 0o664])))
    elif kind == "time" and not file.link:
        files[name] = replace(file, time=1_000_000_000, owner=1234)
    elif kind == "remove":
        del files[name]
    elif kind == "rename":
        files[f"{name}.txt"] = files.pop(name)
    else:
        files |= draw(_more_files(kind))
    return replace(version, files=files)


def _more_files(kind: str) -> st.SearchStrategy[dict[str, File]]:
    names, file = {
        "add": (["new.txt", "src/new.py", "new.log", "src/deep/new", "lib/n/m"], st.just(File("new\n"))),
        "folder": (["empty", "src/empty", "lib/empty"], st.just(File(None, 0o755))),
        "foldermode": (["src", "src/deep", "lib"], st.just(File(None, 0o700))),
        "link": (["link.txt"], st.just(File(link="b.txt"))),
        "ignore": ([".dockerignore"], _ignore_files()),
    }.get(kind, (["a.txt"], st.just(File("other\n"))))
    return st.dictionaries(st.sampled_from(names), file, min_size=1, max_size=1)


_EDITS: dict[str, Callable[[str], str]] = {
    "comment": lambda it: f"# a comment\n{it}",
    "blank": lambda it: f"\n{it}",
    "case": lambda it: re.sub(r"^\w+", lambda keyword: keyword.group().lower(), it),
    "space": lambda it: re.sub(r"^(\w+) +(.*? )?(?=\S)", r"\1   \2 ", it, count=1),
    "value": lambda it: re.sub(r"\d", "7", it, count=1),
    "unclean": lambda it: re.sub(r"^(WORKDIR .*?)/?$", r"\1/", it),
    "dotted": lambda it: re.sub(r"^(WORKDIR .*)$", r"\1/.", it),
    "delete": lambda _: "",
}


@st.composite
def _text_change(draw: st.DrawFn, version: Version, *, newer: bool) -> Version:
    lines = [it.text.rstrip("\n") for it in parse(version.dockerfile).blocks]
    is_own = [not it.startswith("FROM") and not it.endswith(("/here", f"/{SALT}")) for it in lines]
    at = draw(st.sampled_from([index for index, own in enumerate(is_own) if own]))
    stages = [found[1] for it in lines[:at] if (found := re.search(r"^FROM .* AS (\w+)$", it))]
    kind = draw(st.sampled_from([*_EDITS, "value", "replace", "replace", "insert", "swap", "stage"]))
    if kind in _EDITS:
        lines[at] = _EDITS[kind](lines[at])
    elif kind == "swap" and at + 1 < len(lines) and is_own[at + 1]:
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif kind == "stage":
        lines = [re.sub(r"\bone\b", "eins", it) if re.search(r"(AS |FROM |from=)one\b", it) else it for it in lines]
    elif stages:
        lines[at : at + (kind == "replace")] = [draw(_instructions(stages[:-1], newer=newer, named=version.named))]
    return replace(version, dockerfile="\n".join(lines) + "\n")


@st.composite
def _outer_change(draw: st.DrawFn, version: Version) -> Version:
    if draw(st.integers(0, 3)) == 0:
        return replace(version, secret=draw(st.sampled_from(["s", "t"])))
    name = draw(st.sampled_from(["V", "U", "A", "G", "HTTP_PROXY", "OTHER"]))
    return replace(version, build_args={**version.build_args, name: draw(st.sampled_from(["1", "5", "/d"]))})
