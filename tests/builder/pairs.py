"""Two versions of a project: what the real builder re-runs for the second one, and what the model says."""

from __future__ import annotations

import re
import shutil
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from builder.daemon import ONBUILD, TRIGGERS, Builder, Tree, steps_of
from layerwise.buildcache.keys import BuildKeys
from layerwise.buildcache.model import Rebuilds, Verdict, record, what_rebuilds
from layerwise.buildcache.reasons import Reasons
from layerwise.buildcache.step import StepKey
from layerwise.semantics.dockerfile import SCRATCH
from project import Version, build_of, marks_of

Step = tuple[str, int]
"""(stage, number in it, FROM being 1); a stage without a name is called stage-N."""


class BuildFailedError(Exception):
    """The builder refuses a version; the message is the end of its log."""


def arguments(version: Version, root: Path) -> list[str]:
    """The arguments of ``docker build`` for a version that was written to ``root``."""
    secret = root.with_name(f"{root.name}.secret")
    secret.write_text(version.secret)
    given = [it for name, value in version.build_args.items() for it in ("--build-arg", f"{name}={value}")]
    target = ["--target", version.target] if version.target else []
    places = {**{it: str(files) for it, files in version.named.items()}, **version.folders(root)}
    named = [f"--build-context={name}={place}" for name, place in places.items()]
    return [*given, *target, *named, "--secret", f"id=s,src={secret}", "-f", str(version.place(root)), str(root)]


def observe(builder: Builder, version: Version, root: Path) -> dict[Step, bool]:
    """Build a version that was written to ``root``; return which steps were cached."""
    result = builder.run("build", "--network=none", *builder.kept, *arguments(version, root))
    log = result.stderr.decode(errors="replace")
    if result.returncode:
        raise BuildFailedError(log[-3000:])
    # Where there is only one stage the builder calls it by no name, or by its number.
    names = re.findall(r"(?im)^from\s+\S+(?:\s+as\s+(\S+))?", version.dockerfile)
    only = (names[0].lower() or "stage-0") if len(names) == 1 else None
    return {(only or label, number): cached for (label, number), cached in steps_of(log).items()}


def rebuild(
    builder: Builder, before: Version, after: Version, folder: Path, *, moved: bool = False
) -> dict[Step, bool]:
    """Build a version, and then another in the same place, where only what is different is written anew.

    Both are kept beside it, in ``before`` and ``after``, for the model to look at. ``moved``: the other is built in a
    place of its own, as on another machine.
    """
    project = folder / "project"
    before.write(folder / "before")
    after.write(folder / "after")
    before.write(project)
    observe(builder, before, project)
    if moved:
        # Of a folder of a name that it knows BuildKit takes over what it has: then modes of folders pass unnoticed.
        elsewhere = folder / f"{folder.name}-elsewhere"
        after.write(elsewhere)
        return observe(builder, after, elsewhere)
    after.write_over(before, project)
    return observe(builder, after, project)


@dataclass(frozen=True)
class Predicted:
    """What the model says of the second version: which steps re-run, and why."""

    rebuilds: Rebuilds
    steps: Mapping[Step, tuple[int, int]]
    """Of each step the instruction, and which of its steps it is."""

    @property
    def rerun(self) -> set[Step]:
        """The steps that re-run."""
        parts = self.rebuilds.parts
        return {step for step, (index, part) in self.steps.items() if parts[index][part] is Verdict.REBUILDS}

    @property
    def unknown(self) -> set[Step]:
        """The steps of which the model does not say, nor what stages make of it."""
        parts = self.rebuilds.parts
        known = (Verdict.CACHED, Verdict.REBUILDS)
        return {step for step, (index, part) in self.steps.items() if parts[index][part] not in known}

    def shown_for_nothing(self, seen: Mapping[Step, bool]) -> set[Step]:
        """The steps that were found in the cache, though they are not shown so, as one further on was found.

        Each is the first one of an empty image, which has nothing to be looked up by.
        """
        stages = self.rebuilds.after.build.dockerfile.stages
        empty = {it.name or f"stage-{it.index}" for it in stages if it.base is None and it.opening.image == SCRATCH}
        found = {stage for (stage, _), cached in seen.items() if cached}
        return {(it, 1) for it in empty & found}

    def may_be_merged(self, step: Step, seen: Mapping[Step, bool]) -> bool:
        """Tell whether a step can be one with another, which is then the only one that is shown."""
        index, _ = self.steps[step]
        twins = record(self.rebuilds.after.build).twins()[index]
        shown = {self.steps[it][0] for it in seen if it in self.steps}
        stage = self.rebuilds.after.build.dockerfile.stage_of(index)
        # Content that comes from elsewhere may be the same as well.
        takes = stage is not None and any(
            not taken.platform
            for at in range(stage.first, index + 1)
            for it in self.rebuilds.after.steps.get(at, ())
            for taken in it.taken
        )
        return takes or not shown.isdisjoint(twins) or any(self._is_the_same_copy(index, it) for it in shown - {index})

    def _is_the_same_copy(self, index: int, other: int) -> bool:
        """Tell whether two instructions are ``COPY --link`` of the same: that is one step, wherever they stand."""
        steps = self.rebuilds.after.steps
        one, two = steps.get(index, ()), steps.get(other, ())

        def of(step: StepKey) -> tuple[object, ...]:
            return step.own, *(it.key() for it in step.contents)

        return bool(one) and all(not a.follows and of(a) == of(b) for a, b in zip(one, two, strict=False))

    @property
    def unsettled(self) -> list[int]:
        """The instructions that re-run only if what they take comes out different."""
        return [
            index
            for index, it in self.rebuilds.verdicts.items()
            if it is Verdict.IF_CONTENT_CHANGES and any(step.taken for step in self.rebuilds.after.steps.get(index, ()))
        ]

    def explain(self) -> str:
        """For the message of a failed test."""
        reasons = Reasons(self.rebuilds)
        return "\n".join(
            f"{step}: {self.rebuilds.parts[index][part].name} {reasons.reason(index)}"
            for step, (index, part) in self.steps.items()
        )


def numbered_steps(keys: BuildKeys, named: Collection[str]) -> dict[Step, tuple[int, int]]:
    """How the builder numbers the steps: a FROM of an image counts, one of a named context does not.

    Nor does WORKDIR /, as it makes nothing.
    """
    found: dict[Step, tuple[int, int]] = {}
    for stage in keys.stages:
        label = stage.name or f"stage-{stage.index}"
        parts = [
            (index, part) for index in range(stage.first, stage.end) for part, _ in enumerate(keys.steps.get(index, ()))
        ]
        is_image = stage.base is None and stage.opening.image not in (SCRATCH, *named)
        skipped, first = int(stage.base is None), int(is_image)
        # The triggers of an image are steps as well, of which the model knows nothing.
        first += TRIGGERS * (is_image and stage.opening.image == ONBUILD)
        found |= {(label, number): it for number, it in enumerate(parts[skipped:], first + 1)}
    return found


def predict(builder: Builder, versions: tuple[Version, Version], folder: Path, *, moved: bool = False) -> Predicted:
    """What the model says; where it depends on what a stage makes, the real files of before and after tell."""
    roots = folder / "before", folder / "after"
    old_marks, new_marks = marks_of(versions, roots, folder_modes=moved)
    before = build_of(versions[0], roots[0], old_marks)
    after = build_of(versions[1], roots[1], new_marks)
    known = record(before)
    settled: dict[int, bool] = {}
    while True:
        rebuilds = what_rebuilds(known, after, settled)
        found = Predicted(rebuilds, numbered_steps(rebuilds.after, versions[1].named))
        open_ones = [it for it in found.unsettled if it not in settled]
        if not open_ones:
            return found
        index = open_ones[0]
        settled[index] = _came_out_the_same(builder, versions, roots, rebuilds, index)


def _came_out_the_same(
    builder: Builder, versions: tuple[Version, Version], roots: tuple[Path, Path], rebuilds: Rebuilds, index: int
) -> bool:
    same = True
    for step in rebuilds.after.steps[index]:
        for taken in step.taken:
            if taken.stage is not None:
                name = rebuilds.after.build.dockerfile.stages[taken.stage].name or ""
                trees = [_tree(builder, version, root, name) for version, root in zip(versions, roots, strict=True)]
                same = same and all(_part(trees[0], it) == _part(trees[1], it) for it in taken.paths)
    return same


def _part(tree: Tree, path: object) -> Tree:
    prefix = str(path).strip("/")
    if not prefix:
        return tree
    return {name: it for name, it in tree.items() if name.rstrip("/") != prefix and name.startswith(f"{prefix}/")} or {
        name: it for name, it in tree.items() if name.rstrip("/") == prefix
    }


def _tree(builder: Builder, version: Version, root: Path, stage: str) -> Tree:
    """What is in a stage; from the cache, as the stage was built."""
    out = root.with_name(f"{root.name}.{stage}.tar")
    of_stage = replace(version, target=stage)
    result = builder.run("build", "-q", "--network=none", "-o", f"type=tar,dest={out}", *arguments(of_stage, root))
    if result.returncode:
        raise BuildFailedError(result.stderr.decode(errors="replace")[-3000:])
    found: Tree = {}
    with tarfile.open(out) as tar:
        for it in tar:
            file = tar.extractfile(it) if it.isfile() else None
            content = file.read().decode("latin-1") if file is not None else it.linkname
            found[it.name] = (it.type.decode(), it.mode, it.uid, it.gid, content)
    out.unlink()
    return found


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of two builds: what the model says otherwise, "" if nothing; of how many steps, and of how many not."""

    disagreement: str
    steps: int
    unknown: int


def compare(builder: Builder, before: Version, after: Version, folder: Path, *, moved: bool = False) -> Compared:
    """Build two versions, and compare each step with what the model says."""
    try:
        seen = rebuild(builder, before, after, folder, moved=moved)
        predicted = predict(builder, (before, after), folder, moved=moved)
        triggers = ONBUILD in after.dockerfile
        odd = {it for it in seen.keys() - predicted.steps.keys() if it[1] > 1 + TRIGGERS * triggers}
        hidden = {it for it in predicted.steps.keys() - seen.keys() if predicted.may_be_merged(it, seen)}
        open_ones = predicted.steps.keys() - hidden - predicted.unknown
        observed = {
            it for it in open_ones if not seen.get(it, True) and it not in predicted.shown_for_nothing(seen)
        } | odd
        expected = predicted.rerun - hidden
        # What is not shown at all was not run, as of a `COPY --link` whose layer is not needed any more.
        said = ""
        if observed != expected:
            said = (
                f"moved: {moved}\n{before.dockerfile}\n--- then\n{after.dockerfile}\n--- files {before.files}\n--- then {after.files}\n"
                f"{before.build_args} → {after.build_args}\n{before.named} → {after.named}\n"
                f"only observed: {sorted(observed - expected)}, only predicted: {sorted(expected - observed)}\n"
                f"seen {seen}\n{predicted.explain()}"
            )
        return Compared(said, len(predicted.steps), len(predicted.unknown))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_told_to_stay(version: Version, folder: Path) -> bool:
    """Tell whether the model says of the same project in two places that all stays cached, or what never does."""
    roots = folder / "one", folder / "other"
    try:
        for it in roots:
            version.write(it)
        rebuilds = what_rebuilds(record(build_of(version, roots[0])), build_of(version, roots[1]))
        never = any(step.always for steps in rebuilds.after.steps.values() for step in steps)
        return set(rebuilds.verdicts.values()) <= {Verdict.CACHED} or (
            never and Verdict.UNKNOWN not in rebuilds.verdicts.values()
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
