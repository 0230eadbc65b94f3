"""Small projects and changes to them, at random: what people write and edit, as far as it matters to the cache."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import strategies as st

from builder.daemon import BASE
from project import File, Version

NAMES = ["a.txt", "b.txt", "c.log", "src/x.py", "src/y.py", "src/deep/z.txt", "lib/x.py"]
_IGNORES = ["*.log", "src/deep", "src", "!src/x.py", "**/*.txt", "*.txt", "Dockerfile", ".dockerignore", "lib/"]
_VALUES = ["1", "2", "/d", "x y", ""]
_COMMANDS = [
    "true", "echo made > made", "cat *.txt > all 2>/dev/null || true", "env > env", "ls -R . > list", "pwd > pwd",
    "mkdir -p out && cp -r src out/ 2>/dev/null || true", "echo $A$V > var", "rm -f a.txt", "id > id || true",
    "chmod 600 b.txt 2>/dev/null || true", "date +%N > now || true", "touch src/x.py 2>/dev/null || true",
]  # fmt: skip
_MOUNTS = [
    "type=bind,source=a.txt,target=/m", "type=bind,target=/m", "type=bind,source=src,target=/m,ro", "type=cache,target=/c",
    "type=cache,id=k,target=/c", "type=cache,target=c,sharing=locked", "type=tmpfs,target=/t", "type=secret,id=s",
    "type=secret,id=s,target=/run/other", "type=cache,target=/c,uid=1", "type=bind,source=$A,target=/m",
]  # fmt: skip
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


def _instructions(earlier: list[str]) -> st.SearchStrategy[str]:
    pick = st.sampled_from
    run = st.builds(lambda it: f"RUN {it} || true", pick(_COMMANDS))
    mount = st.builds(
        lambda m, it: f"RUN --mount={m} {it} || true", pick(_MOUNTS), pick(["cat /m > o", "ls /m /c > o", "true"])
    )
    kinds: list[st.SearchStrategy[str]] = [
        run, run, run, mount,
        st.builds(lambda f, s, d: _copy("COPY", f, s, d), pick(_FLAGS), pick(_SOURCES), pick(_DESTINATIONS)),
        st.builds(lambda f, s, d: _copy("COPY", f, s, d), pick(_FLAGS), pick(_SOURCES), pick(_DESTINATIONS)),
        st.builds(lambda s, d: _copy("ADD", "", s, d), pick(_SOURCES), pick(_DESTINATIONS)),
        pick(['RUN ["/bin/sh", "-c", "true"]', "RUN true", "RUN  echo  spaced", "RUN echo a && \\\n    # why\n    echo b"]),
        st.builds(lambda n, v: f"ENV {n}={_quoted(v)}", pick("AB"), pick([*_VALUES, "$V", "${A:-z}", "$B-y"])),
        pick(["ENV A=1 B=2", "ENV B=2 A=1", "ENV A 1", "ENV PATH=$PATH:/x", "ENV PATH=/bin B=$PATH", "ENV V=env"]),
        st.builds(lambda n, v: f"ARG {n}{v}", pick(["V", "U", "A", "HTTP_PROXY", "G"]), pick(["", "=1", "=2", "=$A", "=$G-x"])),
        pick(["USER 1000", "USER node", "USER root", "USER 0:0", "USER $V"]),
        pick(["WORKDIR /w", "WORKDIR sub", "WORKDIR $A", "WORKDIR /w/", "WORKDIR /", "WORKDIR /w/sub", "WORKDIR ${V:-q}"]),
        pick(['SHELL ["/bin/sh", "-c"]', 'SHELL ["/bin/sh", "-ec"]', 'SHELL ["/bin/busybox", "sh", "-c"]']),
        pick(["LABEL a=1", "LABEL a=$A", "CMD true", 'CMD ["x"]', "ENTRYPOINT e", "EXPOSE 80", "STOPSIGNAL 9", "HEALTHCHECK NONE",
              "VOLUME /v", "MAINTAINER me", "ONBUILD RUN echo trigger > t || true", "ONBUILD ENV A=on", "ONBUILD COPY a.txt /on/",
              "ONBUILD WORKDIR /onbuild", "ONBUILD USER 1000"]),
    ]  # fmt: skip
    if earlier:
        kinds += [
            st.builds(
                lambda s, p, d: f"COPY --from={s} {p} {d}", pick(earlier), pick(["/here", "/etc/passwd", "/here/.", "/bin/sh", "/"]),
                pick(["/taken/", "./taken", "./"]),
            ),
            st.builds(
                lambda s, p, c: f"RUN --mount=from={s},source={p},target=/m {c} || true",
                pick(earlier), pick(["/here", "/etc"]), pick(["cat /m/made > o", "true"]),
            ),
        ]  # fmt: skip
    return st.one_of(kinds)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value or not value else value


def _copy(keyword: str, flags: str, sources: str, destination: str) -> str:
    several = " " in sources or "*" in sources
    return f"{keyword} {flags}{sources} {destination if destination.endswith('/') or not several else './'}"


@st.composite
def _dockerfiles(draw: st.DrawFn, salt: str) -> list[str]:
    lines = draw(st.sampled_from([[], [], ["ARG G=1"], ["ARG G"], [f"ARG IMG={BASE}"]]))
    earlier: list[str] = []
    for name in ["one", "two", "three"][: draw(st.integers(1, 3))]:
        bases = [BASE, BASE, *earlier] if not any("IMG" in it for it in lines) else ["$IMG", BASE, *earlier]
        lines = [*lines, f"FROM {draw(st.sampled_from(bases))} AS {name}", f"WORKDIR /{salt}", "WORKDIR /here"]
        lines += draw(st.lists(_instructions(earlier), min_size=1, max_size=6))
        earlier = [*earlier, name]
    return lines


@st.composite
def projects(draw: st.DrawFn, salt: str) -> Version:
    """Draw a project; ``salt`` keeps its steps apart from those of others in the cache."""
    lines = draw(_dockerfiles(salt))
    files = {
        name: File(draw(st.sampled_from(["1\n", "2\n", ""])), draw(st.sampled_from([0o644, 0o644, 0o755])))
        for name in NAMES
    }
    if draw(st.booleans()):
        files[".dockerignore"] = File(
            "".join(f"{it}\n" for it in draw(st.lists(st.sampled_from(_IGNORES), max_size=3)))
        )
    if draw(st.integers(0, 4)) == 0:
        files["link.txt"] = File(link=draw(st.sampled_from(["a.txt", "src"])))
    arguments = draw(
        st.dictionaries(st.sampled_from(["V", "G", "HTTP_PROXY", "OTHER"]), st.sampled_from(["1", "9"]), max_size=2)
    )
    return Version("\n".join(lines) + "\n", files, arguments)


@st.composite
def changed(draw: st.DrawFn, version: Version) -> Version:
    """Draw what may happen to a project between two builds."""
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        version = draw(st.one_of(_file_change(version), _dockerfile_change(version), _outer_change(version)))
    return version


@st.composite
def _file_change(draw: st.DrawFn, version: Version) -> Version:
    files = dict(version.files)
    name = draw(st.sampled_from(sorted(files)))
    kind = draw(
        st.sampled_from(
            ["edit", "edit", "mode", "add", "remove", "rename", "folder", "foldermode", "link", "ignore", "none"]
        )
    )
    file = files[name]
    if kind == "edit" and not file.link:
        files[name] = replace(file, content=f"{file.content}edited\n")
    elif kind == "mode" and not file.link:
        files[name] = replace(file, mode=draw(st.sampled_from([0o600, 0o755, 0o664])))
    elif kind == "add":
        files[draw(st.sampled_from(["new.txt", "src/new.py", "new.log", "src/deep/new", "lib/n/m"]))] = File("new\n")
    elif kind == "remove":
        del files[name]
    elif kind == "rename":
        files[f"{name}.txt"] = files.pop(name)
    elif kind == "folder":
        files[draw(st.sampled_from(["empty", "src/empty", "lib/empty"]))] = File(None, 0o755)
    elif kind == "foldermode":
        files[draw(st.sampled_from(["src", "src/deep", "lib"]))] = File(None, 0o700)
    elif kind == "link" and "link.txt" in files:
        files["link.txt"] = File(link="b.txt")
    elif kind == "ignore":
        lines = draw(st.lists(st.sampled_from(_IGNORES), max_size=3))
        files[".dockerignore"] = File("".join(f"{it}\n" for it in lines))
    return replace(version, files=files)


@st.composite
def _dockerfile_change(draw: st.DrawFn, version: Version) -> Version:
    lines = version.dockerfile.replace("\\\n", "\\\0").splitlines()
    places = [
        at
        for at, it in enumerate(lines)
        if not it.startswith("FROM") and "/here" not in it and not re.match(r"WORKDIR /p\w+$", it)
    ]
    at = draw(st.sampled_from(places))
    stages = [m[1] for it in lines[:at] if (m := re.search(r" AS (\w+)$", it))][:-1]
    new = draw(_instructions(stages))
    kind = draw(
        st.sampled_from(
            [
                "replace",
                "replace",
                "insert",
                "delete",
                "swap",
                "comment",
                "blank",
                "case",
                "space",
                "value",
                "value",
                "stage",
            ]
        )
    )
    if kind == "replace" and stages is not None and at > 0:
        lines[at] = new if at > 0 and any(it.startswith("FROM") for it in lines[:at]) else lines[at]
    elif kind == "insert" and any(it.startswith("FROM") for it in lines[:at]):
        lines.insert(at, new)
    elif kind == "delete":
        del lines[at]
    elif kind == "swap" and at + 1 in places:
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif kind == "comment":
        lines.insert(at, "# a comment")
    elif kind == "blank":
        lines.insert(at, "")
    elif kind == "case":
        keyword, _, rest = lines[at].partition(" ")
        lines[at] = f"{keyword.lower()} {rest}"
    elif kind == "space":
        keyword, _, rest = lines[at].partition(" ")
        lines[at] = f"{keyword}   {rest.replace(' ', '  ', 1)}  "
    elif kind == "value":
        lines[at] = re.sub(r"\d", "7", lines[at], count=1)
    elif kind == "stage":
        lines = [re.sub(r"\bone\b", "eins", it) if re.search(r"(AS |FROM |from=)one\b", it) else it for it in lines]
    text = "\n".join(lines).replace("\\\0", "\\\n") + "\n"
    return replace(version, dockerfile=text)


@st.composite
def _outer_change(draw: st.DrawFn, version: Version) -> Version:
    if draw(st.booleans()):
        return replace(version, secret=draw(st.sampled_from(["s", "t"])))
    arguments = dict(version.build_args)
    arguments[draw(st.sampled_from(["V", "U", "A", "G", "HTTP_PROXY", "OTHER"]))] = draw(
        st.sampled_from(["1", "5", "/d"])
    )
    return replace(version, build_args=arguments)
