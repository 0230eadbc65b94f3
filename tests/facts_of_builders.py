"""What the caches of docker's legacy builder, of buildah and of kaniko do, where they differ from BuildKit or each other.

As in tests/facts.py, but there every instruction is a step: each string has one letter for each instruction of the stages
that are built, a FROM and global ARGs not counted. ``-`` is no step (kaniko forgets MAINTAINER); None: the builder
refuses it. kaniko's letters say whether the key of an instruction is the same, of which it looks up only RUNs; they are
what was observed with 1.20 and the keys of 1.24, once: only the model is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from facts import FILES, Change, Fact, add, argument, edit, mode, project, rename, text
from layerwise.buildcache.build import Builder
from project import File, Version

MOVING = "layerwise-moving"
"""A reference that another image has the second time."""


@dataclass(frozen=True)
class BuildersFact:
    """``newer``: the builder of Debian 12 does otherwise."""

    name: str
    before: Version
    after: Version
    steps: Mapping[Builder, str | None]
    newer: bool = False

    def of(self, builder: Builder) -> Fact | None:
        """What one builder does, None if it refuses."""
        steps = self.steps[builder]
        return None if steps is None else Fact(self.name, self.before, self.after, steps)


@dataclass
class _Facts:
    facts: list[BuildersFact] = field(default_factory=list[BuildersFact])

    def __call__(self, name: str, before: Version, change: Change, *steps: str | None, newer: bool = False) -> None:
        """Add a row: ``steps`` of legacy, buildah and kaniko, or one for all."""
        by_builder = zip(
            (Builder.LEGACY, Builder.BUILDAH, Builder.KANIKO), steps if len(steps) > 1 else steps * 3, strict=True
        )
        self.facts.append(BuildersFact(name, before, change(before), dict(by_builder), newer))


def later(path: str) -> Change:
    """Give a file another time. Its owner is left alone: buildah knows whether the files are those of who builds."""
    return lambda it: add(path, replace(it.files[path], time=1_000_000_000))(it)


def both(*changes: Change) -> Change:
    def change(version: Version) -> Version:
        for it in changes:
            version = it(version)
        return version

    return change


def unchanged(version: Version) -> Version:
    return version


_fact = _Facts()
BUILDERS_FACTS = _fact.facts
F = "FROM base\n"
ONE = "FROM base AS one\n"
END = "LABEL end=1\n"
"""Tells cheaply whether what follows a step re-runs."""
RUN = project(F + "RUN true\n")

# Every instruction is a link.
_fact("metadata is edited", project(F + "LABEL a=1\nCOPY a.txt /\nRUN true\n"), text("a=1", "a=2"), "RRR")
_fact("metadata moves", project(F + "LABEL a=1\nRUN true\n"), text("LABEL a=1\nRUN true", "RUN true\nLABEL a=1"), "RR")
_fact("metadata is inserted", project(F + "ENV A=1\nWORKDIR /w\n"), text("WORKDIR", "CMD x\nWORKDIR"), ".RR")
_fact("MAINTAINER", project(F + "MAINTAINER me\n" + END), text("me", "you"), "RR", "RR", "-.")
_fact("a step is removed", project(F + "ENV A=1\nRUN true\n" + END), text("RUN true\n", ""), ".R")

# Variables.
_fact("ENV before COPY", project(F + "ENV A=1\nCOPY a.txt /\n"), text("A=1", "A=2"), "RR")
_fact("ENVs in another order", project(F + "ENV A=1 B=1\n"), text("A=1 B=1", "B=1 A=1"), "R")
_fact("ENVs are merged", project(F + "ENV A=1\nENV B=1\n"), text("A=1\nENV B", "A=1 B"), "R")
_fact("quotes of ENV", project(F + "ENV A=1\n"), text("A=1", 'A="1"'), ".", "R", "R")
_fact("the old form of ENV", project(F + "ENV A 1\n"), text("A 1", "A=1"), ".", "R", "R")
ARG = project(F + "ARG V\nCOPY a.txt /\nRUN true\n", V="1")
_fact("an unused ARG has another value", ARG, argument(V="9"), "..R")
_fact("an unused ARG gets a value", replace(ARG, build_args={}), argument(V="1"), "..R", "RRR", "..R")
DEFAULT = project(F + "ARG V=1\n" + END + "RUN true\n")
_fact("an unused ARG's default", DEFAULT, text("V=1", "V=2"), "RRR", "..R", "RRR")
PASSED = replace(DEFAULT, build_args={"V": "9"})
_fact("an ARG's default that is not used is removed", PASSED, text("V=1", "V"), "RRR", "...", "RRR")
_fact("an ARG without a value is renamed", project(F + "ARG V\n"), text("ARG V", "ARG W"), "R", ".", "R")
_fact(
    "an ARG is declared again, without its default",
    project("ARG G=1\n" + F + "ARG V=1\nARG V\nRUN true\n"),
    text("V=1", "V=2"),
    "RRR",
    "..R",
    "RRR",
)
_fact("a global ARG that the stage declares", project("ARG V=1\n" + F + "ARG V\nRUN true\n"), text("V=1", "V=2"), ".R")
PROXIES = argument(HTTP_PROXY="http://other")
_fact("a first proxy", RUN, PROXIES, "R", ".", "R")
_fact("another proxy", project(F + "RUN true\n" + END, HTTP_PROXY="http://one"), PROXIES, "..", "..", "RR")
_fact(
    "another proxy, declared",
    project(F + "RUN true\nARG HTTP_PROXY\nRUN true\n", HTTP_PROXY="http://one"),
    PROXIES,
    "..R",
    "..R",
    "RRR",
)
# containers/buildah#5501: the value is wrong until the next RUN.
_fact(
    "ENV takes on ARG",
    project(F + "ARG V\nENV X=$V\n" + END + "RUN true\n", V="1"),
    argument(V="9"),
    ".RRR",
    "...R",
    "...R",
)
_fact(
    "WORKDIR and USER take on ARG",
    project(F + "ARG V\nWORKDIR /$V\nUSER $V\n", V="1"),
    argument(V="9"),
    ".RR",
    "...",
    "...",
)
_fact("ENV hides ARG", project(F + "ARG V\nENV V=e\nRUN true\n", V="1"), argument(V="9"), "...")
_fact("ARG does not hide ENV", project(F + "ENV V=e\nARG V\nENV W=$V\nRUN true\n", V="1"), argument(V="9"), "....")
_fact(
    "an ENV of the base hides ARG",
    project(ONE + "ENV V=e\nFROM one\nARG V\nRUN true\n", V="1"),
    argument(V="9"),
    "...",
    "..R",
    "...",
)
_fact(
    "an ARG of the base",
    project(ONE + "ARG V\nFROM one\nENV X=$V\nRUN true\n", V="1"),
    argument(V="9"),
    "...",
    "...",
    "..R",
)
_fact(
    "an ARG of another stage",
    project(ONE + "ARG V\nCOPY a.txt /a\n" + F + "COPY --from=one /a /a\nRUN true\n", V="1"),
    argument(V="9"),
    "....",
    "....",
    "...R",
)

# Settings.
_fact("USER before COPY", project(F + "USER node\nCOPY a.txt /\n"), text("node", "root"), "RR")
_fact(
    "SHELL before RUN in exec form", project(F + 'SHELL ["/bin/sh", "-ec"]\nRUN ["true"]\n'), text("-ec", "-xc"), "RR"
)
_fact(
    "WORKDIR, absolute now",
    project(F + "WORKDIR /w\nWORKDIR x\n"),
    text("WORKDIR x", "WORKDIR /w/x"),
    "..",
    ".R",
    ".R",
)
_fact(
    "WORKDIR takes on ENV, spelled out",
    project(F + "ENV D=/w\nWORKDIR $D\n"),
    text("$D", "/w"),
    "..",
    ".R",
    ".R",
)
_fact("EXPOSE in another order", project(F + "EXPOSE 80 81\n"), text("80 81", "81 80"), ".", "R", "R")

# Text.
_fact("RUN in exec form", RUN, text("RUN true", 'RUN ["/bin/sh", "-c", "true"]'), ".", "R", "R")
_fact("blanks behind RUN", RUN, text("RUN true", "RUN   true"), ".", "R", "R")
_fact("blanks at the end of a RUN", RUN, text("true\n", "true  \n"), ".", "R", ".")
_fact(
    "blanks in a COPY",
    project(F + "COPY a.txt /a\n"),
    text("COPY a.txt /a", "COPY  a.txt  /a "),
    ".",
    ".",
    "R",
)
_fact("blanks in JSON", project(F + 'CMD ["x"]\n'), text('["x"]', '[ "x" ]'), ".", "R", "R")
_fact(
    "the case of ARG, COPY and RUN",
    project(F + "ARG V\nCOPY a.txt /\nRUN true\n"),
    text("ARG V\nCOPY a.txt /\nRUN", "arg V\ncopy a.txt /\nrun"),
    "...",
    "...",
    "RRR",
)
_fact("the case of ENV", project(F + "ENV A=1\n"), text("ENV", "env"), ".", "R", "R")
_fact(
    "comments, blank lines, indentation",
    project(F + "RUN true && \\\n  true\n"),
    text("RUN true && \\\n", "# c\n\n  RUN true && \\\n# c\n"),
    ".",
)

# Files.
IN = project(F + "COPY a.txt /a.txt\n")
ALL = project(F + "COPY . /all\n")
FOLDER = project(F + "COPY src /src\n")
_fact("a copied file is edited", IN, edit("a.txt"), "R")
_fact("the mode of a copied file", FOLDER, mode("src/x.py", 0o755), "R")
_fact("the time of a file, and what is not copied", IN, both(later("a.txt"), edit("b.txt")), ".")
_fact(
    "a file for a file is renamed",
    IN,
    both(rename("a.txt", "c.txt"), text("COPY a.txt", "COPY c.txt")),
    "R",
    ".",
    "R",
)
_fact(
    "a file for a folder is renamed",
    project(F + "COPY a.txt /x/\n"),
    both(rename("a.txt", "c.txt"), text("a.txt", "c.txt")),
    "R",
)
_fact(
    "a copied folder is renamed",
    project(F + "COPY src/deep /x/\n"),
    both(rename("src/deep/z.py", "d/z.py"), text("src/deep", "d")),
    "R",
    ".",
    "R",
)
_fact("a file below is renamed, but not its place among others", FOLDER, rename("src/x.py", "src/y.py"), "R", "R", ".")
_fact("a match of a wildcard is renamed", project(F + "COPY *.txt /t/\n"), rename("b.txt", "c.txt"), "R", "R", ".")
_fact("the mode of the copied folder", FOLDER, mode("src", 0o711, folder=True), "R", ".", "R")
_fact("the mode of a folder below", FOLDER, mode("src/deep", 0o711, folder=True), "R")
_fact("an empty folder is added", ALL, add("empty", File(None, 0o755)), "R")
HIDDEN = edit(".dockerignore", "# c\n*.log\n.dockerignore\nDockerfile\n")
_fact("ignored files, and the ignore file that hides itself", ALL, both(edit("big.log"), HIDDEN), ".")
SEEN = replace(ALL, files={**FILES, ".dockerignore": File("*.log\n")})
_fact("a comment in a Dockerfile that is copied", SEEN, text("COPY", "# c\nCOPY"), "R")

# COPY.
COPY = project(F + "WORKDIR /w\nCOPY a.txt ./\n")
_fact("the destination without its slash", COPY, text("./", "."), ".R")
_fact("the destination, absolute now", COPY, text("./", "/w/"), ".R")
_fact("COPY in JSON, and the source spelled otherwise", COPY, text("a.txt ./", '["./a.txt", "./"]'), "..", "..", ".R")
_fact("COPY becomes ADD", IN, text("COPY", "ADD"), "R")
_fact(
    "the destination takes on ENV, spelled out",
    project(F + "ENV D=/d\nCOPY a.txt $D/\n"),
    text("$D", "/d"),
    "..",
    ".R",
    ".R",
)
_fact(
    "a folder of the destination is an ARG",
    project(F + "ARG V\nCOPY a.txt /$V/x\nRUN true\n", V="1"),
    argument(V="9"),
    ".RR",
    "..R",
    "..R",
)
_fact(
    "the name of the destination is an ARG",
    project(F + "ARG V\nCOPY a.txt /$V\nRUN true\n", V="1"),
    argument(V="9"),
    ".RR",
    ".RR",
    "..R",
)
OWNED = project(F + "COPY --chown=node a.txt /a\n")
_fact("an owner by number", OWNED, text("node", "1000:1000"), "R", "=", "R")
_fact("another owner", OWNED, text("node", "root"), "R", "!", "R")
_fact("root is named", IN, text("COPY", "COPY --chown=root"), "R", ".", "R")
MODE = project(F + "COPY --chmod=755 a.txt /a\n")
_fact("a mode with a zero", MODE, text("755", "0755"), None, ".", "R")
_fact("the mode that the file has", IN, text("COPY", "COPY --chmod=644"), None, "=", "R")

# Mounts.
CACHE = project(F + "RUN --mount=type=cache,target=/c true\n")
_fact("a cache mount gets an id", CACHE, text("type=cache", "type=cache,id=k"), None, "R", "R")
BIND = project(F + "RUN --mount=type=bind,source=a.txt,target=/m true\n")
_fact("the mounted file", BIND, edit("a.txt"), None, "R", ".", newer=True)

# Stages.
TAKES = project(ONE + "RUN echo > /o\n" + F + "COPY --from=one /o /o\n" + END)
_fact("a stage comes out the same", TAKES, text("RUN echo", "RUN echo "), "R==")
_fact("a stage comes out different", TAKES, text("RUN echo", "RUN echo 2"), "R!!")
_fact("a stage by number", TAKES, text("from=one", "from=0"), "...", "...", ".RR")
_fact("a stage is renamed", TAKES, text("one", "two"), "...", "...", ".RR")
_fact("a stage starts from one that re-runs", project(ONE + "LABEL a=1\nFROM one\n" + END), text("a=1", "a=2"), "RR")
_fact("a stage that nothing needs", project(ONE + "COPY a.txt /\n" + F + END), edit("a.txt"), "R.", ".", "R.")
TARGET = project(ONE + "COPY a.txt /\nFROM base AS two\n" + END + "FROM base\nENV A=1\n")
_fact("a target", TARGET, lambda it: replace(it, target="two"), "..", "R", "..")
_fact("the base is another", project("ARG I=layerwise-base\nFROM $I\n" + END), argument(I="layerwise-other"), "R")
_fact("the base has moved", project(f"FROM {MOVING}\n" + END), unchanged, "R")
