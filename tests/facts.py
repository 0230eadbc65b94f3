"""What the build cache does: the facts that the model, its words and the fixes rest on.

Each is a project, what happens to it, and what the next build does. tests/buildcache says that the model agrees;
tests/builder, that a real builder does. ``steps`` has one letter for each step of the stages that are built, a FROM not
counted: ``.`` cached, ``R`` re-runs; and for a step that takes files from another stage ``=`` it depends on them and they
come out the same, ``!`` it depends on them and they come out different. Where only the build knows, so that the model can't
say: ``o`` cached, ``O`` re-runs.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from project import File, Version

FILES: Mapping[str, File] = {
    "a.txt": File("a\n"),
    "b.txt": File("b\n"),
    "package.json": File("{}\n"),
    "src/x.py": File("x\n"),
    "src/deep/z.py": File("z\n"),
    "big.log": File("log\n"),
    ".dockerignore": File("*.log\n.dockerignore\nDockerfile\n"),
}

Change = Callable[[Version], Version]


class Asked(enum.Enum):
    """Which real builders can be asked."""

    ALL = "BuildKit of 2020 and of today"
    NEWER = "BuildKit of today"
    NONE = "none that runs here, where there is no network and no labs frontend"


@dataclass(frozen=True)
class Fact:
    """``asked`` tells which real builders know what it needs.

    ``older``: the steps with the BuildKit of 2020, "" if it does the same. ``moved``: the second build is made in another
    folder, as on another machine.
    """

    name: str
    before: Version
    after: Version
    steps: str
    asked: Asked = field(default_factory=lambda: Asked.ALL)
    older: str = ""
    moved: bool = False

    @property
    def salt(self) -> str:
        """A name for a folder that no other fact has."""
        return "".join(it if it.isalnum() else "-" for it in self.name)

    def salted(self) -> Fact:
        """The same with a step of its own in front of each stage, so that the cache of other facts does not serve it."""

        def salt(version: Version) -> Version:
            lines = version.dockerfile.splitlines(keepends=True)
            own = f"WORKDIR /{self.salt}\n"
            is_image = re.compile(r"FROM (docker|layerwise-|\$)").match
            return replace(version, dockerfile="".join(it + own if is_image(it) else it for it in lines))

        return replace(self, before=salt(self.before), after=salt(self.after))


def project(dockerfile: str, **build_args: str) -> Version:
    """A project with the usual files."""
    return Version(dockerfile.replace("FROM base", "FROM layerwise-base"), FILES, build_args)


def edit(path: str, content: str = "other\n") -> Change:
    """Edit or add a file."""
    return lambda it: replace(it, files={**it.files, path: replace(it.files.get(path, File()), content=content)})


def mode(path: str, bits: int, *, folder: bool = False) -> Change:
    """Change the permissions of a file, or of a folder."""
    was = File(None, bits) if folder else None
    return lambda it: replace(it, files={**it.files, path: was or replace(it.files[path], mode=bits)})


def add(path: str, file: File) -> Change:
    """Add an entry."""
    return lambda it: replace(it, files={**it.files, path: file})


def remove(path: str) -> Change:
    """Remove a file."""
    return lambda it: replace(it, files={name: file for name, file in it.files.items() if name != path})


def rename(path: str, new: str) -> Change:
    """Rename a file."""
    return lambda it: add(new, it.files[path])(remove(path)(it))


def touch(path: str) -> Change:
    """Give a file another time and owner."""
    return lambda it: replace(it, files={**it.files, path: replace(it.files[path], time=1_000_000_000, owner=1234)})


def text(old: str, new: str) -> Change:
    """Edit the Dockerfile."""

    def change(version: Version) -> Version:
        assert old in version.dockerfile, f"{old!r} is not in the Dockerfile"
        return replace(version, dockerfile=version.dockerfile.replace(old, new))

    return change


def argument(**values: str) -> Change:
    """Give other build arguments."""
    return lambda it: replace(it, build_args=values)


def secret(value: str) -> Change:
    """Change the secret."""
    return lambda it: replace(it, secret=value)


@dataclass
class _Facts:
    facts: list[Fact] = field(default_factory=list[Fact])

    def __call__(
        self,
        name: str,
        before: Version,
        change: Change,
        steps: str,
        *,
        asked: Asked = Asked.ALL,
        older: str = "",
        moved: bool = False,
    ) -> None:
        self.facts.append(Fact(name, before, change(before), steps, asked, older, moved))


_fact = _Facts()
FACTS = _fact.facts
F = "FROM base\n"
IN = project(F + "COPY a.txt /a.txt\nRUN true\n")
ALL = project(F + "COPY . /all/\nRUN true\n")
FOLDER = project(F + "COPY src /src\nRUN true\n")
GLOB = project(F + "COPY *.txt /t/\nRUN true\n")

# Files of the context.
_fact("a copied file is edited", IN, edit("a.txt"), "RR")
_fact("a file that is not copied is edited", IN, edit("b.txt"), "..")
_fact("what stands before the COPY stays", project(F + "RUN true\nCOPY a.txt /\nRUN echo\n"), edit("a.txt"), ".RR")
_fact("the time and owner of a file", ALL, touch("a.txt"), "..")
_fact("the mode of a copied file", ALL, mode("a.txt", 0o755), "RR")
_fact("the mode by umask", ALL, mode("a.txt", 0o664), "RR")
_fact("a file is added below the copied folder", ALL, add("new.txt", File("n")), "RR")
_fact("a file is added elsewhere", IN, add("new.txt", File("n")), "..")
_fact("a file is removed", ALL, remove("b.txt"), "RR")
_fact("a file is renamed", ALL, rename("b.txt", "c.txt"), "RR")
_fact("an empty folder is added", ALL, add("empty", File(None, 0o755)), "RR")
_fact("the mode of a folder below the copied one", FOLDER, mode("src/deep", 0o700, folder=True), "..")
_fact("the mode of the copied folder", FOLDER, mode("src", 0o700, folder=True), "..")
_fact("the mode of a folder, elsewhere", FOLDER, mode("src", 0o700, folder=True), "RR", moved=True)
_fact("the mode of a folder below, elsewhere", FOLDER, mode("src/deep", 0o700, folder=True), "RR", moved=True)
_fact(
    "the mode of a folder whose files are copied, elsewhere",
    project(F + "COPY src/* /s/\n"),
    mode("src", 0o700, folder=True),
    ".",
    moved=True,
)
_fact("the mode of the whole context, elsewhere", ALL, mode(".", 0o700, folder=True), "..", moved=True)
_fact("all the same, elsewhere", ALL, lambda it: it, "..", moved=True)
_fact("an ignored file is edited", ALL, edit("big.log"), "..")
_fact("an ignored file is added", ALL, add("new.log", File("n")), "..")
_fact(
    "the ignore file hides one more that is copied",
    ALL,
    edit(".dockerignore", "*.log\n.dockerignore\nDockerfile\nb.txt\n"),
    "RR",
)
_fact(
    "the ignore file hides one more that is not copied",
    IN,
    edit(".dockerignore", "*.log\n.dockerignore\nDockerfile\nb.txt\n"),
    "..",
)
_fact(
    "a comment in an ignore file that hides itself",
    ALL,
    edit(".dockerignore", "# c\n*.log\n.dockerignore\nDockerfile\n"),
    "..",
)
SEEN = replace(ALL, files={**FILES, ".dockerignore": File("*.log\n")})
_fact("a comment in an ignore file that is copied", SEEN, edit(".dockerignore", "# c\n*.log\n"), "RR")
_fact("a comment in a Dockerfile that is copied", SEEN, text("RUN true", "# c\nRUN true"), "RR")
_fact("a comment in a Dockerfile that is ignored", ALL, text("RUN true", "# c\nRUN true"), "..")
_fact("a wildcard, a new file that does not match", GLOB, add("c.md", File("n")), "..")
_fact("a wildcard, a new file that matches", GLOB, add("c.txt", File("n")), "RR")
_fact("a wildcard, a match is renamed", GLOB, rename("b.txt", "c.txt"), "RR")
_fact(
    "a symbolic link points elsewhere",
    replace(ALL, files={**FILES, "l": File(link="a.txt")}),
    add("l", File(link="b.txt")),
    "RR",
)
_fact(
    "the copied file behind a link is edited",
    replace(project(F + "COPY l /l\n"), files={**FILES, "l": File(link="a.txt")}),
    edit("a.txt"),
    "R",
)
_fact("a source is renamed", IN, lambda it: text("COPY a.txt", "COPY b.txt")(edit("b.txt", "a\n")(it)), "RR")

# Variables.
ENV = project(F + "ENV A=1\nRUN true\nCOPY a.txt /\nWORKDIR /w\n")
_fact("ENV before RUN", ENV, text("A=1", "A=2"), "RRR")
_fact("ENV before COPY and WORKDIR only", project(F + "ENV A=1\nCOPY a.txt /\nWORKDIR /w\n"), text("A=1", "A=2"), "..")
_fact("ENV that a COPY uses", project(F + "ENV A=/w\nCOPY a.txt $A/\nRUN true\n"), text("A=/w", "A=/v"), "RR")
_fact("ENV that a WORKDIR uses", project(F + "ENV A=/w\nWORKDIR $A\nRUN true\n"), text("A=/w", "A=/v"), "RR")
_fact("two ENVs merged in order", project(F + "ENV A=1\nENV B=2\nRUN true\n"), text("A=1\nENV ", "A=1 "), ".")
_fact("two ENVs swapped", project(F + "ENV A=1\nENV B=2\nRUN true\n"), text("A=1\nENV B=2", "B=2\nENV A=1"), "R")
_fact("ENV set twice", project(F + "ENV A=1\nENV A=2\nRUN true\n"), text("ENV A=1\n", ""), ".")
ARG = project(F + "ARG V=1\nRUN true\n")
_fact("an unused ARG has another value, before RUN", ARG, argument(V="9"), "R")
_fact("an ARG's default, before RUN", ARG, text("V=1", "V=2"), "R")
_fact("an ARG's default that is not used", project(F + "ARG V=1\nRUN true\n", V="9"), text("V=1", "V=2"), ".")
_fact("an ARG after RUN", project(F + "RUN true\nARG V=1\n"), argument(V="9"), ".")
_fact("an ARG before COPY only", project(F + "ARG V=1\nCOPY a.txt /\n"), argument(V="9"), ".")
_fact("an ARG that a COPY uses", project(F + "ARG V=/d\nCOPY a.txt $V/\n"), argument(V="/e"), "R")
_fact("an ARG without a value is removed", project(F + "ARG V\nRUN true\n"), text("ARG V\n", ""), ".")
_fact("an ARG with an empty value is added", project(F + "RUN true\n"), text("RUN", "ARG V=\nRUN"), "R")
_fact("a global ARG that the stage does not declare", project("ARG V=1\n" + F + "RUN true\n"), argument(V="9"), ".")
_fact("a global ARG that the stage declares", project("ARG V=1\n" + F + "ARG V\nRUN true\n"), argument(V="9"), "R")
_fact("an argument that nothing declares", project(F + "RUN true\n"), argument(V="9"), ".")
_fact("the proxy", project(F + "RUN true\n"), argument(HTTP_PROXY="http://other"), ".")
_fact(
    "the proxy, declared",
    project(F + "ARG HTTP_PROXY\nRUN true\n", HTTP_PROXY="http://one"),
    argument(HTTP_PROXY="http://other"),
    "R",
)
_fact("ENV hides ARG", project(F + "ARG V=1\nENV V=2\nRUN true\n"), argument(V="9"), ".")
_fact("ENV takes on ARG", project(F + "ARG V=1\nENV W=$V\nRUN true\n"), argument(V="9"), "R")
_fact(
    "an ARG of a stage reaches the stage that starts from it",
    project(F[:-1] + " AS one\nARG V=1\nFROM one\nRUN true\n"),
    argument(V="9"),
    "R",
)
_fact(
    "an ARG of a stage does not travel with files",
    project(F[:-1] + " AS one\nARG V=1\nCOPY a.txt /\n" + F + "COPY --from=one /a.txt /\nRUN true\n"),
    argument(V="9"),
    "...",
)
_fact(
    "a stage starts with the ENV that an ARG hid",
    project(F[:-1] + " AS one\nENV V=1\nARG V=2\nFROM one\nRUN true\n"),
    argument(V="9"),
    ".",
)

# Settings.
_fact("USER, then RUN", project(F + "USER node\nRUN true\n"), text("node", "1000"), "R")
_fact("USER, then COPY", project(F + "USER node\nCOPY a.txt /\n"), text("node", "1000"), ".")
_fact("USER, then WORKDIR", project(F + "USER node\nWORKDIR /w\n"), text("node", "1000"), "R")
_fact("WORKDIR", project(F + "WORKDIR /w\nCOPY a.txt /\nRUN true\n"), text("/w", "/v"), "RRR")
_fact(
    "WORKDIR, spelled otherwise",
    project(F + "WORKDIR /w\nWORKDIR x\nRUN true\n"),
    text("WORKDIR x", "WORKDIR /w/x"),
    "...",
)
UNCLEAN = project(F + "WORKDIR /w\nCOPY a.txt ./\nRUN true\n")
_fact("WORKDIR with a slash at its end", UNCLEAN, text("WORKDIR /w", "WORKDIR /w/"), "..R")
_fact("WORKDIR with a dot in it", UNCLEAN, text("WORKDIR /w", "WORKDIR /./w"), "..R")
_fact("WORKDIR that goes up again", UNCLEAN, text("WORKDIR /w", "WORKDIR /v/../w"), "..R")
_fact("WORKDIR with two slashes", UNCLEAN, text("WORKDIR /w", "WORKDIR //w"), "..R")
_fact(
    "a relative WORKDIR behind one with a slash at its end",
    project(F + "WORKDIR /w\nWORKDIR x/\nRUN true\n"),
    text("WORKDIR /w\nWORKDIR x/", "WORKDIR /w/\nWORKDIR ../w/./x"),
    "...",
)
_fact(
    "the root, spelled otherwise",
    project(F + "RUN true\nWORKDIR /\nRUN echo\n"),
    text("WORKDIR /\n", "WORKDIR /.\n"),
    ".RR",
)
_fact(
    "the root from below",
    project(F + "WORKDIR /w\nRUN true\nWORKDIR /\nRUN echo\n"),
    text("WORKDIR /\n", "WORKDIR ..\n"),
    "...",
)
_fact(
    "WORKDIR, then a COPY to a relative destination", project(F + "WORKDIR /w\nCOPY a.txt ./\n"), text("/w", "/v"), "RR"
)
SHELL = 'SHELL ["/bin/sh", "-ec"]\n'
_fact("SHELL, then RUN in shell form", project(F + SHELL + "RUN true\n"), text("-ec", "-xc"), "R")
_fact("SHELL, then RUN in exec form", project(F + SHELL + 'RUN ["/bin/true"]\n'), text("-ec", "-xc"), ".")
_fact("SHELL, then COPY", project(F + SHELL + "COPY a.txt /\n"), text("-ec", "-xc"), ".")
META = "LABEL a=1\nCMD one\nENTRYPOINT one\nEXPOSE 81\nHEALTHCHECK CMD one\nSTOPSIGNAL 9\nVOLUME /v1\nMAINTAINER one\nONBUILD RUN one\n"
META_2 = "MAINTAINER two\nLABEL a=2\nCMD two\nENTRYPOINT two\nEXPOSE 82\nHEALTHCHECK CMD two\nSTOPSIGNAL 8\nVOLUME /v2\nONBUILD RUN two\n"
_fact("metadata is edited and moved", project(F + META + "RUN true\nCOPY a.txt /\n"), text(META, META_2), "..")
_fact(
    "metadata moves behind the last step",
    project(F + META + "RUN true\n"),
    lambda it: text("RUN true\n", "RUN true\n" + META)(text(META, "")(it)),
    ".",
)

# Text.
_fact(
    "a comment, a blank line, the case of a keyword",
    project(F + "RUN true\nCOPY a.txt /\n"),
    text("RUN true\nCOPY", "# c\n\nrun true\ncopy"),
    "..",
)
_fact(
    "a comment inside a continuation",
    project(F + "RUN true && \\\n  true\n"),
    text("\\\n  true", "\\\n# c\n  true"),
    ".",
)
_fact("a double space in a RUN", project(F + "RUN echo a b\n"), text("a b", "a  b"), "R")
_fact(
    "a continuation is indented otherwise", project(F + "RUN true && \\\n  true\n"), text("\n  true", "\n    true"), "R"
)
_fact("blanks behind the keyword and at the end", project(F + "RUN true\n"), text("RUN true", "RUN   true  "), ".")
_fact(
    "a stage is renamed",
    project(F[:-1] + " AS one\nRUN echo > /o\n" + F + "COPY --from=one /o /\n"),
    text("one", "eins"),
    "..",
)
_fact(
    "an exec form that equals the shell form",
    project(F + "RUN true\n"),
    text("RUN true", 'RUN ["/bin/sh", "-c", "true"]'),
    ".",
)
_fact(
    "a COPY in JSON, to an absolute destination",
    project(F + "WORKDIR /w\nCOPY a.txt ./\n"),
    text("a.txt ./", '["a.txt", "/w/"]'),
    "..",
)
_fact("the destination is . or ./", project(F + "COPY . .\n"), text("COPY . .", "COPY . ./"), ".")
_fact("the destination loses its slash", project(F + "COPY src /d/\n"), text("/d/", "/d"), "R")
_fact("COPY becomes ADD", IN, text("COPY", "ADD"), "RR")
_fact(
    "two COPYs are swapped",
    project(F + "COPY a.txt /\nCOPY b.txt /\nRUN true\n"),
    text("a.txt /\nCOPY b.txt", "b.txt /\nCOPY a.txt"),
    "RRR",
)
_fact(
    "two COPYs are merged",
    project(F + "COPY a.txt /\nCOPY b.txt /\nRUN true\n"),
    text("a.txt /\nCOPY b.txt", "a.txt b.txt"),
    "RR",
)
_fact(
    "two RUNs are swapped",
    project(F + "RUN true\nRUN echo\nCOPY a.txt /\n"),
    text("true\nRUN echo", "echo\nRUN true"),
    "RRR",
)
_fact(
    "two RUNs are merged",
    project(F + "RUN true\nRUN echo\nCOPY a.txt /\n"),
    text("true\nRUN echo", "true && echo"),
    "RR",
)
_fact("a step is removed", project(F + "RUN true\nRUN echo\nCOPY a.txt /\n"), text("RUN echo\n", ""), ".R")
_fact(
    "a RUN re-runs and makes the same",
    project(F + "RUN echo > /o\nRUN true\nCOPY a.txt /\n"),
    text("RUN echo >", "RUN echo  >"),
    "RRR",
)
_fact("the flags of a COPY", project(F + "COPY --chown=1 a.txt /\nRUN true\n"), text("--chown=1", "--chown=2"), "RR")
_fact("a mode is added to a COPY", project(F + "COPY a.txt /\n"), text("COPY", "COPY --chmod=600"), "R")
_fact("root by name or by number", project(F + "COPY --chown=root a.txt /\n"), text("root", "0"), ".")

# Stages.
ONE = F[:-1] + " AS one\n"
_fact("a stage that nothing needs", project(ONE + "COPY a.txt /\n" + F + "RUN true\n"), edit("a.txt"), ".")
_fact(
    "a stage comes out the same",
    project(ONE + "COPY a.txt /\nRUN echo > /o\n" + F + "COPY --from=one /o /\nRUN true\n"),
    edit("a.txt"),
    "RR==",
)
_fact(
    "a stage comes out different",
    project(ONE + "COPY a.txt /\nRUN cp /a.txt /o\n" + F + "COPY --from=one /o /\nRUN true\n"),
    edit("a.txt"),
    "RR!!",
)
_fact(
    "another part of a stage is copied",
    project(ONE + "COPY a.txt /\nCOPY b.txt /\n" + F + "COPY --from=one /a.txt /taken\n"),
    edit("b.txt"),
    ".R=",
)
_fact("a stage starts from one that re-runs", project(ONE + "COPY a.txt /\nFROM one\nRUN true\n"), edit("a.txt"), "RR")
_fact(
    "the base of a stage is another",
    project("ARG I=layerwise-base\nFROM $I\nRUN true\n"),
    argument(I="layerwise-other"),
    "R",
)
_fact(
    "a trigger of a base is edited",
    project(ONE + "ONBUILD RUN true\nFROM one\nRUN echo\n"),
    text("ONBUILD RUN true", "ONBUILD RUN false || true"),
    "RR",
)
_fact(
    "a trigger of a base copies a file",
    project(ONE + "ONBUILD COPY a.txt /\nFROM one\nRUN echo\n"),
    edit("a.txt"),
    "RR",
)
_fact(
    "a trigger of a base sets a variable",
    project(ONE + "ONBUILD ENV A=1\nONBUILD COPY a.txt /\nFROM one\nRUN echo\n"),
    text("A=1", "A=2"),
    ".R",
)
_fact(
    "USER of a base, then a trigger",
    project(ONE + "USER node\nONBUILD RUN true\nFROM one\nRUN echo\n"),
    text("node", "1000"),
    "RR",
)

# Mounts.
BIND = project(F + "RUN --mount=type=bind,source=package.json,target=/m true\nRUN echo\n")
_fact("a file beside the mounted one", BIND, edit("a.txt"), "..")
_fact("the mounted file", BIND, edit("package.json"), "RR")
_fact(
    "the mounted file under another name",
    BIND,
    lambda it: text("package.json", "p.json")(rename("package.json", "p.json")(it)),
    "..",
)
_fact("a mount of the whole context", project(F + "RUN --mount=type=bind,target=/m true\n"), edit("a.txt"), "R")
_fact(
    "a mounted stage comes out the same",
    project(ONE + "COPY a.txt /\nRUN echo > /o\n" + F + "RUN --mount=from=one,source=/o,target=/m true\n"),
    edit("a.txt"),
    "RR=",
)
_fact(
    "a mounted stage comes out different",
    project(ONE + "COPY a.txt /\n" + F + "RUN --mount=from=one,source=/a.txt,target=/m true\n"),
    edit("a.txt"),
    "R!",
)
_fact("a secret has another value", project(F + "RUN --mount=type=secret,id=s true\n"), secret("other"), ".")
_fact(
    "a secret at another place", project(F + "RUN --mount=type=secret,id=s true\n"), text("id=s", "id=s,target=/s"), "R"
)
CACHE = project(F + "RUN --mount=type=cache,target=/c echo >> /c/x\nRUN true\n")
_fact("the content of a cache mount", CACHE, text("RUN true", "RUN echo"), ".R")
_fact("a cache mount is added", project(F + "RUN true\n"), text("RUN", "RUN --mount=type=cache,target=/c"), "R")
_fact("a cache mount gets an id of its own", CACHE, text("target=/c", "target=/c,id=k"), "RR")
_fact(
    "the id of a cache mount",
    project(F + "RUN --mount=type=cache,id=k,target=/c true\n"),
    text("id=k", "id=l"),
    "o",
    older="O",
)
_fact(
    "the sharing of a cache mount",
    project(F + "RUN --mount=type=cache,target=/c,sharing=locked true\nRUN echo\n"),
    text("locked", "private"),
    "oo",
    older="OO",
)
BOTH = project(F + "RUN --mount=source=a.txt,target=/m --mount=target=/n true\n")
_fact("a file and all of the context mounted, another file", BOTH, edit("b.txt"), "O", older="o")
_fact("a file and all of the context mounted, the file", BOTH, edit("a.txt"), "R")
_fact(
    "two files mounted, one of them",
    project(F + "RUN --mount=source=a.txt,target=/m --mount=source=b.txt,target=/n true\n"),
    edit("b.txt"),
    "R",
)
_fact("a tmpfs is added", project(F + "RUN true\n"), text("RUN", "RUN --mount=type=tmpfs,target=/t"), "R")

# What only newer builders know.
_fact(
    "a heredoc of a RUN",
    project(F + "RUN <<EOF\ntrue\nEOF\nRUN true\n"),
    text("\ntrue\nEOF", "\ntrue 2\nEOF"),
    "RR",
    asked=Asked.NEWER,
)
_fact(
    "the name of a heredoc of a RUN", project(F + "RUN <<EOF\ntrue\nEOF\n"), text("EOF", "END"), ".", asked=Asked.NEWER
)
_fact(
    "a heredoc that is the same as a line",
    project(F + "RUN <<EOF\ntrue\nEOF\n"),
    text("RUN <<EOF", "RUN <<-EOF"),
    ".",
    asked=Asked.NEWER,
)
_fact(
    "a heredoc of a COPY",
    project(F + "COPY <<EOF /f\none\nEOF\nRUN true\n"),
    text("one", "two"),
    "RR",
    asked=Asked.NEWER,
)
_fact(
    "ENV in a heredoc of a COPY",
    project(F + "ENV A=1\nCOPY <<EOF /f\n$A\nEOF\n"),
    text("A=1", "A=2"),
    "R",
    asked=Asked.NEWER,
)
_fact(
    "ENV in a quoted heredoc of a COPY",
    project(F + "ENV A=1\nCOPY <<'EOF' /f\n$A\nEOF\n"),
    text("A=1", "A=2"),
    ".",
    asked=Asked.NEWER,
)
_fact(
    "an earlier step of COPY --link",
    project(F + "COPY a.txt /\nCOPY --link b.txt /l/\nRUN true\n"),
    edit("a.txt"),
    "R.R",
    asked=Asked.NEWER,
)
_fact(
    "the file of COPY --link",
    project(F + "COPY a.txt /\nCOPY --link b.txt /l/\nRUN true\n"),
    edit("b.txt"),
    ".RR",
    asked=Asked.NEWER,
)
_fact("an excluded file", project(F + "COPY --exclude=*.txt . /all/\n"), edit("a.txt"), ".", asked=Asked.NEWER)
_fact(
    "a file beside the excluded ones",
    project(F + "COPY --exclude=*.txt . /all/\n"),
    edit("src/x.py"),
    "R",
    asked=Asked.NEWER,
)
_fact("the network of a RUN", project(F + "RUN true\n"), text("RUN", "RUN --network=none"), "R", asked=Asked.NONE)
_fact(
    "the default network of a RUN",
    project(F + "RUN true\n"),
    text("RUN", "RUN --network=default"),
    ".",
    asked=Asked.NEWER,
)
_fact(
    "--parents, another file",
    project(F + "COPY --parents src/x.py /all/\n"),
    edit("src/deep/z.py"),
    ".",
    asked=Asked.NONE,
)
_fact("--parents, the file", project(F + "COPY --parents src/x.py /all/\n"), edit("src/x.py"), "R", asked=Asked.NONE)
_fact(
    "--parents, a pattern at any depth",
    project(F + "COPY --parents **/z.py /all/\n"),
    edit("src/deep/z.py"),
    "R",
    asked=Asked.NONE,
)
_fact("a destination at the end is another", project(F + "RUN true\nCOPY a.txt /x\n"), text("/x", "/y"), ".R")
_fact("a stage without a base", project("FROM scratch\nWORKDIR /scratch\nCOPY a.txt /\n"), edit("a.txt"), ".R")

# What only the base image knows.
# Not "layerwise-", so that there is no folder of its own in front.
OWN = project("FROM index.docker.io/library/layerwise-base\nRUN echo where it begins\n")
_fact("the root as the base's own working directory", OWN, text("RUN", "WORKDIR /\nRUN"), "o")
_fact(
    "the root as the working directory without a base",
    project(F[:-1] + ' AS tools\nFROM scratch\nRUN --mount=from=tools,target=/m ["/m/bin/busybox", "true"]\n'),
    text("RUN", "WORKDIR /\nRUN"),
    ".",
)
_fact("the base's user", project(F + "RUN true\n"), text("RUN", "USER root\nRUN"), "O")
_fact("PATH is set to itself", project(F + "RUN true\n"), text("RUN", "ENV PATH=$PATH\nRUN"), "O")
_fact("PATH is made longer", project(F + "RUN true\n"), text("RUN", "ENV PATH=$PATH:/x\nRUN"), "R")
HOME = project(F + "ENV A=$APP_HOME\nRUN true\n")
_fact("a value of the base is spelled out", HOME, text("$APP_HOME", "/srv/home"), "o")
_fact("a value of the base with another ending", HOME, text("$APP_HOME", "$APP_HOME/x"), "O")
_fact(
    "a value that begins as before, and ends otherwise",
    project(F + "ENV A=$APP_HOME/x\nRUN true\n"),
    text("$APP_HOME/x", "$APP_HOME/y"),
    "R",
)
_fact(
    "a variable that was empty is the base's",
    project(F + "ARG D=\nCOPY a.txt ${D:-/dd}/\n"),
    text("ARG D=\n", ""),
    "o",
)
MEANT = project(F + "ARG D\nCOPY src$D/x.py /d/\nRUN true\n")
_fact("a source with a variable, nothing happens", MEANT, lambda it: it, "..")
_fact("a source with a variable, a file of another name", MEANT, edit("a.txt"), "..")
_fact("a source with a variable, a file that it may be", MEANT, edit("src/x.py"), "OO")
_fact("a source with a variable, a file that it may be and is not", MEANT, add("lib/x.py", File("n")), "oo")

TRIGGERED = project("FROM layerwise-onbuild\nRUN true\n")
_fact("an image with ONBUILD, a file that it copies", TRIGGERED, edit("a.txt"), "O")
_fact("an image with ONBUILD, another file", TRIGGERED, edit("b.txt"), "o")
_fact("an image with ONBUILD, nothing happens", TRIGGERED, lambda it: it, ".")

# Named contexts.
SHARED = {"s.txt": File("s\n"), "t.txt": File("t\n"), "a.txt": FILES["a.txt"]}


def shared(dockerfile: str, name: str = "shared") -> Version:
    """A project with a folder that has a name of its own for the build."""
    return replace(project(dockerfile), named={name: SHARED})


def edit_named(path: str, name: str = "shared") -> Change:
    """Edit a file of a named context."""
    return lambda it: replace(it, named={name: {**SHARED, path: File("other\n")}})


NAMED = shared(F + "COPY --from=shared s.txt /s\nRUN true\n")
_fact("a file of a named context is edited", NAMED, edit_named("s.txt"), "RR", asked=Asked.NEWER)
_fact("another file of a named context is edited", NAMED, edit_named("t.txt"), "..", asked=Asked.NEWER)
_fact("the ignore file of a named context", NAMED, edit_named(".dockerignore"), "..", asked=Asked.NEWER)
NAMED_MOUNT = shared(F + "RUN --mount=from=shared,source=s.txt,target=/m true\n")
_fact("a mounted file of a named context", NAMED_MOUNT, edit_named("s.txt"), "R", asked=Asked.NEWER)
_fact("a file beside that", NAMED_MOUNT, edit_named("t.txt"), ".", asked=Asked.NEWER)
REPLACED = F[:-1] + " AS one\nCOPY a.txt /s.txt\n" + F
_fact(
    "a named context in place of a stage",
    shared(REPLACED + "COPY --from=one s.txt /s\n", "one"),
    edit_named("s.txt", "one"),
    "R",
    asked=Asked.NEWER,
)
_fact(
    "the stage that a named context replaces",
    shared(REPLACED + "COPY --from=0 s.txt /s\n", "one"),
    edit("a.txt"),
    ".",
    asked=Asked.NEWER,
)
_fact(
    "a file of a named context that is the same in the build context",
    shared(F + "COPY a.txt /s\nRUN true\n"),
    text("COPY a.txt", "COPY --from=shared a.txt"),
    "==",
    asked=Asked.NEWER,
)
_fact(
    "a stage that starts from a folder, nothing happens",
    shared("FROM shared\nWORKDIR /a-folder-of-files\nCOPY a.txt /\n"),
    lambda it: it,
    "RR",
    asked=Asked.NEWER,
)

# What only a closer look finds.
SCRIPT = project(F + SHELL + "RUN <<EOF\n#!/bin/sh\necho 1\nEOF\n")
_fact("SHELL, then a RUN that is a script", SCRIPT, text("-ec", "-xc"), "R", asked=Asked.NEWER)
_fact(
    "a blank in front of a heredoc's name",
    project(F + "RUN <<EOF\ntrue\nEOF\n"),
    text("<<EOF", "<< EOF"),
    ".",
    asked=Asked.NEWER,
)
ONE_LINE = project("FROM scratch\nARG V=/d W=$V/x\nCOPY a.txt $W/\n")
_fact("two ARGs in one line", ONE_LINE, argument(V="/e"), "R", asked=Asked.NEWER)
_fact(
    "two global ARGs in one line",
    project("ARG A=layerwise-base I=$A\nFROM $I\nRUN true\n"),
    argument(A="layerwise-other"),
    "R",
)
SECRET = project(F + "RUN --mount=type=secret,source=s true\n")
_fact("a secret by another source", SECRET, text("source=s", "source=t"), "R")
TWO = project(F + "RUN --mount=type=secret,id=s --mount=type=secret,id=t true\n")
_fact("two secrets are swapped", TWO, text("id=s --mount=type=secret,id=t", "id=t --mount=type=secret,id=s"), "R")
_fact("a mount's target gets a slash", BIND, text("target=/m", "target=/m/"), "RR")
_fact(
    "the id of a cache mount that is its place",
    project(F + "RUN --mount=type=cache,id=c,target=/c true\n"),
    text("id=c", "id=foo"),
    "R",
)
_fact(
    "a name of the builder's for the cache",
    project(F + "RUN --mount=type=cache,target=/c true\n"),
    argument(BUILDKIT_CACHE_MOUNT_NS="x"),
    "R",
    asked=Asked.NEWER,
)
_fact("the host name", project(F + "RUN true\n"), argument(BUILDKIT_SANDBOX_HOSTNAME="x"), "R", asked=Asked.NEWER)
STAGE = project(ONE + "ARG TARGETSTAGE\nRUN true\n")
_fact("the name of the target, declared", STAGE, text("AS one", "AS two"), "R", asked=Asked.NEWER)
_fact(
    "the reference of the base is spelled out",
    project(F + "RUN true\n"),
    text("layerwise-base", "docker.io/library/layerwise-base:latest"),
    ".",
)
_fact(
    "two sources of one name are swapped",
    project(F + "COPY src/x.py src/deep/../deep/z.py /d/\n"),
    text("deep/../deep", "deep"),
    ".",
)
_fact(
    "the root as working directory",
    project(F + "WORKDIR /\nRUN true\nWORKDIR /w\nRUN true\n"),
    text("WORKDIR /\n", "WORKDIR /bin\n"),
    "RRRR",
)
