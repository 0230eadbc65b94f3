"""What a change rebuilds, and why.

Inside a stage the chain is by definition: once a step's key changes, every later step of that stage re-runs, whatever
the step produced. COPY --from and mounts compare content instead, so there a rebuild may end. Metadata is in no key.

Source: BuildKit ``solver/edge.go``, ``solver/llbsolver/ops/exec.go:getMountDeps``, ``file.go:CacheMap``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from layerwise.buildcache.step import StepKind, context_files, kind_of
from layerwise.context.build_context import BuildContext
from layerwise.semantics.dockerfile import Dockerfile, Placed, Stage, stage_named
from layerwise.semantics.scope import arg_names
from layerwise.syntax.expansion import mentioned


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """Files of the build context were edited, added, removed or had their mode changed."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class InstructionEdited:
    """The meaning of one instruction changed (not its comments, its name of a stage or the case of its keyword)."""

    index: int


Change = FilesChanged | InstructionEdited


class Verdict(enum.Enum):
    """What happens to a step in the next build; the value is the one in the JSON of ``explain``."""

    CACHED = False
    IF_CONTENT_CHANGES = "if-content-changes"
    REBUILDS = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one step, with its reason in words ("" for a cached one)."""

    verdict: Verdict
    reason: str = ""


CACHED = Outcome(Verdict.CACHED)


@dataclass(slots=True)
class _Chain:
    """The state of one stage while it is walked: whether its last step re-runs, what leaked into the environment."""

    broken: Outcome = CACHED
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """What RUN, or one of ``user``, ``shell``, ``directory``, sees changed: kind → reason."""
    names: set[str] = field(default_factory=set[str])


def what_rebuilds(dockerfile: Dockerfile, context: BuildContext, change: Change) -> Mapping[int, Outcome]:
    """Return the outcome for each instruction that makes a step, by its index."""
    outcomes: dict[int, Outcome] = {}
    chains: list[_Chain] = []
    global_names = _edited_global_names(dockerfile, change)
    for stage in dockerfile.stages:
        chain = _entry(dockerfile, stage, chains, change, global_names)
        outcomes[stage.first] = chain.broken
        for index in range(stage.first + 1, stage.end):
            placed = dockerfile.instructions[index]
            kind = kind_of(placed)
            if kind is StepKind.LAYER:
                own = _worst(_own(dockerfile, stage, index, context, change, chain, chains))
                if _rank(own) > _rank(chain.broken):
                    chain.broken = own
                    outcomes[index] = own
                else:
                    outcomes[index] = _because_of_previous(chain.broken)
            _leak(dockerfile, index, placed, change, chain, global_names)
        chains.append(chain)
    return outcomes


def _rank(outcome: Outcome) -> int:
    return (Verdict.CACHED, Verdict.IF_CONTENT_CHANGES, Verdict.REBUILDS).index(outcome.verdict)


def _worst(outcomes: Iterator[Outcome]) -> Outcome:
    return max(outcomes, key=_rank, default=CACHED)


def _because_of_previous(broken: Outcome) -> Outcome:
    if broken.verdict is Verdict.CACHED:
        return CACHED
    tail = "re-runs" if broken.verdict is Verdict.REBUILDS else "may re-run"
    return Outcome(broken.verdict, f"the step before it {tail}")


def _entry(
    dockerfile: Dockerfile, stage: Stage, chains: list[_Chain], change: Change, global_names: set[str]
) -> _Chain:
    if isinstance(change, InstructionEdited) and change.index == stage.first:
        return _Chain(Outcome(Verdict.REBUILDS, "it starts from another base"))
    placed = dockerfile.instructions[stage.first]
    words = placed.instruction.words
    platform = placed.instruction.flag("platform")
    text = (words[0].text if words else "") + (platform.value or "" if platform else "")
    changed = global_names & mentioned(text, escape=placed.instruction.escape)
    if changed:
        return _Chain(Outcome(Verdict.REBUILDS, f"its base depends on {', '.join(sorted(changed))}"))
    if stage.base is None:
        return _Chain()
    base, label = chains[stage.base], dockerfile.stages[stage.base].label
    chain = _Chain(environment=dict(base.environment), names=set(base.names))
    if base.broken.verdict is not Verdict.CACHED:
        verb = "re-runs" if base.broken.verdict is Verdict.REBUILDS else "may re-run"
        chain.broken = Outcome(base.broken.verdict, f"its base, {label}, {verb}")
    return chain


def _own(
    dockerfile: Dockerfile,
    stage: Stage,
    index: int,
    context: BuildContext,
    change: Change,
    chain: _Chain,
    chains: list[_Chain],
) -> Iterator[Outcome]:
    """Yield why a step's own key changes, whatever came before it."""
    placed = dockerfile.instructions[index]
    if isinstance(change, InstructionEdited):
        if change.index == index:
            yield Outcome(Verdict.REBUILDS, "it was edited")
    else:
        hit = change.paths & context_files(placed, context).paths
        if hit:
            yield Outcome(Verdict.REBUILDS, _files_reason(placed, hit))
    yield from _environment_reasons(placed, chain)
    for reference, by_index in placed.references:
        source = stage_named(dockerfile.stages[: stage.index], reference, by_index=by_index)
        if source is not None and chains[source.index].broken.verdict is not Verdict.CACHED:
            what = "copies from" if placed.keyword != "RUN" else "mounts"
            reason = f"it {what} {source.label}, which re-runs: only other content makes this step re-run"
            yield Outcome(Verdict.IF_CONTENT_CHANGES, reason)


def _files_reason(placed: Placed, hit: frozenset[str]) -> str:
    verb = "mounts" if placed.keyword == "RUN" else "copies"
    name = min(hit)
    return f"it {verb} {name}" if len(hit) == 1 else f"it {verb} {name} and {len(hit) - 1:,} more of the changed files"


def _environment_reasons(placed: Placed, chain: _Chain) -> Iterator[Outcome]:
    if not chain.environment and not chain.names:
        return
    wanted = {"RUN": ("variables", "user", "directory"), "WORKDIR": ("user", "directory")}.get(placed.keyword, ())
    reasons = [chain.environment[it] for it in wanted if it in chain.environment]
    if placed.keyword == "RUN" and "shell" in chain.environment and placed.instruction.json is None:
        reasons.append(chain.environment["shell"])
    if placed.keyword != "RUN" and chain.names:
        text = placed.instruction.text
        used = chain.names & mentioned(text, escape=placed.instruction.escape)
        reasons += [f"it uses {', '.join(sorted(used))}"] if used else []
    if (
        placed.copy is not None
        and "directory" in chain.environment
        and not placed.copy.destination.path.startswith("/")
    ):
        reasons.append(chain.environment["directory"])
    yield from (Outcome(Verdict.REBUILDS, it) for it in reasons)


def _leak(
    dockerfile: Dockerfile, index: int, placed: Placed, change: Change, chain: _Chain, global_names: set[str]
) -> None:
    """Note what an edited instruction, or one that passes on a changed value, changes for later steps."""
    if kind_of(placed) is not StepKind.ENVIRONMENT and placed.keyword != "WORKDIR":
        return
    keyword = placed.keyword
    edited = isinstance(change, InstructionEdited) and change.index == index
    passed_on = (chain.names & mentioned(placed.instruction.text, escape=placed.instruction.escape)) or (
        global_names & arg_names(placed.instruction) if keyword == "ARG" else set[str]()
    )
    if not edited and not passed_on:
        return
    line = dockerfile.tree.text.count("\n", 0, dockerfile.start(index)) + 1
    reason = f"{keyword} on line {line}, which is in its environment, was edited"
    if not edited:
        reason = f"{keyword} on line {line} takes on the changed {', '.join(sorted(passed_on))}"
    if keyword in ("ENV", "ARG"):
        pairs = {it.name for it in placed.instruction.pairs}
        chain.names |= pairs if keyword == "ENV" else arg_names(placed.instruction)
        chain.environment["variables"] = reason
    else:
        chain.environment[{"USER": "user", "SHELL": "shell", "WORKDIR": "directory"}[keyword]] = reason


def _edited_global_names(dockerfile: Dockerfile, change: Change) -> set[str]:
    """Return the global ARGs that an edit in front of the first FROM changes."""
    first = dockerfile.stages[0].first if dockerfile.stages else 0
    if not isinstance(change, InstructionEdited) or change.index >= first:
        return set()
    names: set[str] = set()
    for placed in dockerfile.instructions[change.index : first]:
        text = placed.instruction.text
        if placed is dockerfile.instructions[change.index] or names & mentioned(text, escape=placed.instruction.escape):
            names |= arg_names(placed.instruction)
    return names
