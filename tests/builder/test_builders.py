"""docker's legacy builder and buildah do what tests/facts_of_builders.py says, and so what the model says.

They also do what it says of changes at random, as in test_generated.py. Left out there: what the legacy builder does not
know, bind mounts in buildah (Debian 12 has 1.28, which does not look at what is mounted), triggers of a base (neither says
what it does with them), and files of another owner, which buildah's digest tells from those of who builds.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from builder.buildah import Buildah, LegacyBuilder, Outcomes
from builder.conftest import Say
from builder.daemon import BASE, ONBUILD
from builder.daemon import Builder as Daemon
from builder.pairs import BuildFailedError
from builder.scenarios import salted
from builder.test_generated import PAIRS as PAIRS_OF_BUILDKIT
from builder.test_generated import SEED, generated
from facts import Fact
from facts_of_builders import BUILDERS_FACTS, MOVING
from layerwise.buildcache.build import Builder
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from project import Version, build_of, identities

# What it needs takes long to make, so one worker makes it.
pytestmark = pytest.mark.xdist_group("builders")

CACHED = {"=": ".", "!": "R"}
AT_ONCE = 3
OTHER = "layerwise-other"
PAIRS = PAIRS_OF_BUILDKIT // 5
MOST_LINES = 9
"""Of a generated Dockerfile: these builders take their time."""

LEFT_OUT = {
    Builder.LEGACY: re.compile(r"RUN --|--chmod"),
    Builder.BUILDAH: re.compile(r"--mount=(type=bind|from)"),
}
TRIGGERED = re.compile(r"ONBUILD.*^FROM (one|two|eins)\b", re.IGNORECASE | re.DOTALL | re.MULTILINE)


class Sequential(Protocol):
    """A builder that prints its instructions one by one."""

    def build(self, version: Version, root: Path, *flags: str) -> Outcomes: ...
    def tag(self, image: str, name: str) -> None: ...


Seen = Mapping[str, Future[str]]
"""What a builder did of each fact, by its name."""


def asked(builder: Builder) -> list[Fact]:
    return [fact for it in BUILDERS_FACTS if not it.newer and (fact := it.of(builder)) is not None]


def letters(seen: Outcomes, salt: str = "") -> str:
    return "".join(".R"[not cached] for text, cached in seen if text != salt)


def observe(builder: Sequential, fact: Fact, folder: Path) -> str:
    """Build both versions of a fact; return a letter for each instruction."""
    # As in Fact.salted, but with what costs least.
    salt = f"LABEL salt={fact.salt}"
    before, after = (
        replace(it, dockerfile=re.sub(r"(?m)^(FROM (?:layerwise-|\$).*)$", rf"\1\n{salt}", it.dockerfile))
        for it in (fact.before, fact.after)
    )
    before.write(folder / "before")
    after.write(folder / "after")
    builder.build(before, folder / "before")
    if MOVING in before.dockerfile:
        builder.tag(OTHER, MOVING)
    return letters(builder.build(after, folder / "after"), salt)


@contextmanager
def all_observed(builders: Sequence[Sequential], facts: list[Fact], folder: Path) -> Generator[Seen]:
    """Ask for several at once: builds wait for the disk more than for a core."""
    other = Version(f"FROM {BASE}\nLABEL other=1\n", {})
    other.write(folder / "other")
    for it in builders:
        it.tag(BASE, MOVING)
        it.build(other, folder / "other", "-t", OTHER)
    asking = zip(itertools.cycle(builders), facts, strict=False)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {fact.name: pool.submit(observe, builder, fact, folder / fact.salt) for builder, fact in asking}
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def legacy(builder: Daemon) -> Sequence[LegacyBuilder]:
    return [LegacyBuilder(builder)]


@pytest.fixture(scope="module")
def seen_of_legacy(legacy: Sequence[LegacyBuilder], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with all_observed(legacy, asked(Builder.LEGACY), tmp_path_factory.mktemp("legacy")) as seen:
        yield seen


@pytest.fixture(scope="module")
def seen_of_buildah(buildah: Sequence[Buildah], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with all_observed(buildah, asked(Builder.BUILDAH), tmp_path_factory.mktemp("buildah")) as seen:
        yield seen


# In turns, so that both are busy from the first test on.
@pytest.mark.parametrize(
    ("builder_name", "fact"),
    [
        pytest.param(builder.value, fact, id=f"{builder.value}: {fact.name}")
        for it in BUILDERS_FACTS
        for builder in (Builder.LEGACY, Builder.BUILDAH)
        if not it.newer and (fact := it.of(builder)) is not None
    ],
)
def test_a_real_builder_agrees(builder_name: str, fact: Fact, request: pytest.FixtureRequest) -> None:
    seen: Seen = request.getfixturevalue(f"seen_of_{builder_name}")
    assert seen[fact.name].result() == "".join(CACHED.get(it, it) for it in fact.steps)


@functools.cache
def drawn() -> list[tuple[Version, Version]]:
    """More than enough, as few fit."""
    return [(before, after) for before, after, _ in generated(6 * PAIRS, newer=False)]


def fitting(builder: Builder) -> Iterator[tuple[Version, Version]]:
    """Pairs that a builder knows all of, and that are small."""

    def fits(version: Version) -> bool:
        text = version.dockerfile
        return (
            len(text.splitlines()) <= MOST_LINES
            and not LEFT_OUT[builder].search(text)
            and not TRIGGERED.search(text)
            and not version.outside
            and ONBUILD not in text
        )

    def owned(version: Version) -> Version:
        return replace(version, files={name: replace(it, owner=None) for name, it in version.files.items()})

    for before, after in drawn():
        if fits(before) and fits(after):
            yield owned(before), owned(after)


def predict(builder: Builder, versions: tuple[Version, Version], folder: Path, seen: str) -> str:
    """What the model says; where it depends on what comes out, what has been seen tells."""
    (folder / "nothing").mkdir()
    builds = [
        build_of(version, root, {"": identities(root, folder_modes=True)}, builder)
        for version, root in zip(versions, (folder / "before", folder / "after"), strict=True)
    ]
    known = record(builds[0])
    settled: dict[int, bool] = {}
    while True:
        rebuilds = what_rebuilds(known, builds[1], settled)
        steps = [index for it in rebuilds.after.stages for index in range(it.first + 1, it.end)]
        verdicts = [rebuilds.verdicts[it] for it in steps]
        at = next(
            (at for at, it in enumerate(verdicts) if it is Verdict.IF_CONTENT_CHANGES and steps[at] not in settled),
            None,
        )
        if at is None or at >= len(seen):
            return _letters(rebuilds, steps)
        settled[steps[at]] = seen[at] == "."


def _letters(rebuilds: Rebuilds, steps: list[int]) -> str:
    """A letter for each instruction; what one stage has made the next one with the same beginning finds."""
    whole = record(rebuilds.after.build).steps
    made: set[int] = set()
    found = ""
    for it in steps:
        found += ".R"[rebuilds.verdicts[it] is Verdict.REBUILDS and whole[it] not in made]
        made.add(whole[it])
    return found


def disagreement(name: Builder, builder: Sequential, versions: tuple[Version, Version], folder: Path) -> str:
    """Build two versions; return what the model says otherwise, "" if nothing."""
    before, after = versions
    before.write(folder / "before")
    after.write(folder / "after")
    builder.build(before, folder / "before")
    outcomes = builder.build(after, folder / "after")
    seen = letters(outcomes)
    predicted = predict(name, versions, folder, seen)
    if predicted == seen:
        return ""
    return (
        f"{name.value}: {seen}, predicted {predicted}\n{before.dockerfile}\n--- then\n{after.dockerfile}\n{outcomes}\n"
        f"--- files {before.files}\n--- then {after.files}\n{before.build_args} → {after.build_args}"
    )


def prove(name: Builder, builders: Sequence[Sequential], folder: Path, say: Say) -> None:
    found: list[str] = []
    tried = refused = 0

    def attempt(pair: tuple[int, tuple[Version, Version]]) -> str | None:
        number, (before, after) = pair
        salt = f"s{number}x{SEED}"
        versions = salted(before, salt), salted(after, salt)
        try:
            return disagreement(name, builders[number % len(builders)], versions, folder / str(number))
        except BuildFailedError:
            return None

    numbered = enumerate(fitting(name))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while tried < PAIRS and (batch := list(itertools.islice(numbered, AT_ONCE * 2))):
            for outcome in pool.map(attempt, batch):
                refused += outcome is None
                tried += outcome is not None
                found.extend([outcome] if outcome else [])
    say(f"{name.value}, seed {SEED}: {tried} pairs, {len(found)} disagreements ({refused} more do not build)")
    assert not found, "\n=====\n".join(found)
    assert tried >= PAIRS, "too few of the generated projects can be built"


def test_the_legacy_builder_does_what_the_model_says(legacy: Sequence[LegacyBuilder], tmp_path: Path, say: Say) -> None:
    prove(Builder.LEGACY, legacy, tmp_path, say)


def test_buildah_does_what_the_model_says(buildah: Sequence[Buildah], tmp_path: Path, say: Say) -> None:
    prove(Builder.BUILDAH, buildah, tmp_path, say)
