"""May an install run before the COPYs that it does not need? The plan for it, or why not.

What makes a plan safe: the install reads the same files (``Needs``), the COPYs that move overwrite nothing that it
writes, and every step between commutes with them (``obstacles``). What can't be shown is withheld, or left for review.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from layerwise.commands.judging import started
from layerwise.commands.kit.install import Install, InstallFiles, Needs
from layerwise.context.image_files import Arrival, Arrivals, Link
from layerwise.effects.implicit import reached
from layerwise.effects.places import brings_namesake, names_of
from layerwise.fixes.along import steps_along, steps_behind
from layerwise.fixes.bind_mounts import bind_mounts, unparted, with_mounts
from layerwise.fixes.fix import Applicability, Fix
from layerwise.fixes.moves import Move, Needed, part_copy
from layerwise.fixes.obstacles import first_owned, obstacle
from layerwise.fixes.run_split import Cut, cut_run
from layerwise.fixes.sink import sink_edits
from layerwise.fixes.withheld import Withheld, shown
from layerwise.semantics.dockerfile import Dockerfile, Placed
from layerwise.semantics.frontend import knows_mounts
from layerwise.semantics.paths import relative, upwards
from layerwise.text.wording import code, join_words, reasons, shortened


@dataclass(frozen=True, slots=True)
class Plan:
    """How to let a RUN go before COPYs; ``check`` is what a person has to look at, "" if the plan is safe.

    ``mounted`` is another plan to the same end, with bind mounts, where there is one; ``along`` are the steps that move
    with the COPYs.
    """

    title: str
    cut: Cut
    moves: tuple[Move, ...]
    check: str
    mounted: Plan | None = None
    along: tuple[Placed, ...] = ()

    def fix(self, dockerfile: Dockerfile, run: Placed) -> Fix:
        """Return the plan as edits of this text."""
        applicability = Applicability.REVIEW if self.check else Applicability.SAFE
        edits = sink_edits(dockerfile, run, self.cut, self.moves, self.along)
        return Fix(self.title, applicability, self.check or None, edits)

    def fix_with_mounts(self, dockerfile: Dockerfile, run: Placed) -> Fix | None:
        """Return the other plan as edits, where the Dockerfile's version knows mounts."""
        return self.mounted.fix(dockerfile, run) if self.mounted and knows_mounts(dockerfile.tree) else None


def plan_reorder(
    between: Sequence[Placed],
    run: Placed,
    installs: Sequence[tuple[Install, Needs]],
    files: InstallFiles,
    moved: Sequence[Arrival],
) -> Plan | Withheld:
    """Plan to let ``run`` go before ``moved``, the COPYs that it does not need, in the order of the file.

    ``between`` are the steps from the first of them up to ``run``.
    """
    blocked = [reason for _, needs in installs for reason in needs.blocked]
    if blocked:
        lost = next((it for it, needs in installs if it.directory == "?" and not needs.manifests), None)
        place = f"there is no WORKDIR, and where {code(lost.title)} runs is for the base image to say" if lost else ""
        return Withheld(place or reasons(blocked))
    read = {it.path for _, needs in installs for path in needs.reads(files) if (it := files.landing(path)) is not None}
    bound = _handed_over(run, installs, moved) or _clobbered(installs, moved, files.arrivals.links)
    if bound is not None:
        return bound
    made = files.arrivals.made
    unnamed = [it for install, needs in installs for it in reached(started(install, needs, run), moved, read, made)]
    reaches = next((it.reason for it in unnamed if not it.doubt), None)
    if reaches is not None:
        return Withheld(reaches)
    moves: list[Move] = []
    for arrival in moved:
        move = part_copy(arrival, _needed_from(arrival, installs, files, moved))
        if isinstance(move, Withheld):
            return move
        moves.append(move)
    way = _find_way(between, run, installs, files, moves)
    if not isinstance(way, _Way):
        return way
    moves = way.moves
    cut = cut_run(run, installs, moved)
    if isinstance(cut, Withheld):
        return cut
    checks = [check for _, needs in installs for check in needs.check]
    checks += [cut.check] if cut.check else []
    checks += [it.reason for it in unnamed]
    checks += [f"{it.placed.keyword} --link replaces folders that exist" for it in moved if it.copy.link]
    if way.behind:
        checks.append(f"the download then comes before {_steps(way.behind)}: make sure that it does not need that")
    check = "; ".join(dict.fromkeys(checks))
    plan = Plan(_title(installs, moves, files), cut, tuple(moves), check, along=way.along or way.behind)
    return plan if check else replace(plan, mounted=_mounted(plan, between, run, installs, files, moved))


@dataclass(frozen=True, slots=True)
class _Way:
    """How the COPYs get below the install: steps ``along`` move with them, steps ``behind`` too, if a person agrees."""

    moves: list[Move]
    along: tuple[Placed, ...] = ()
    behind: tuple[Placed, ...] = ()


def _find_way(
    between: Sequence[Placed],
    run: Placed,
    installs: Sequence[tuple[Install, Needs]],
    files: InstallFiles,
    moves: list[Move],
) -> _Way | Withheld:
    """Return how the COPYs get past the steps in between, or the step that is in the way."""
    way = _Way([it.absolute() for it in moves] if any(it.keyword == "WORKDIR" for it in between) else moves)
    blocking = _blocking(between, way.moves, files.arrivals)
    if blocking is not None and all(needs.anywhere for _, needs in installs):
        along = steps_along(between, run, [it.arrival for it in moves])
        way = _Way(moves, along) if along else way
        blocking = _blocking([it for it in between if it not in along], way.moves, files.arrivals)
    if all(needs.fetch and (blocking or needs.check) for _, needs in installs):
        behind = steps_behind(between, way.moves, [needs for _, needs in installs], files)
        way = replace(way, behind=behind)
        blocking = _blocking([it for it in between if it not in behind], way.moves, files.arrivals)
    return blocking or _makes_folder(installs, moves, files.arrivals) or way


def _makes_folder(
    installs: Sequence[tuple[Install, Needs]], moves: Sequence[Move], arrivals: Arrivals
) -> Withheld | None:
    """Say what folder an install would make, to which a COPY gives an owner or a mode of its own."""
    staying = [it for it in arrivals.items if all(it is not move.arrival for move in moves)]
    for move, (install, needs) in product(moves, installs):
        owned = first_owned(move, staying)
        if owned is not None and any(relative(it, owned) is not None for it in needs.outputs):
            return Withheld(
                f"{code(install.title)} would make the folder {owned}, to which the COPY gives its own owner"
            )
    return None


def _mounted(
    plan: Plan,
    between: Sequence[Placed],
    run: Placed,
    installs: Sequence[tuple[Install, Needs]],
    files: InstallFiles,
    moved: Sequence[Arrival],
) -> Plan | None:
    """Return the plan with bind mounts; only where nothing is written back, as mounted files are read-only."""
    flags = bind_mounts(run, installs, files, moved)
    moves = unparted(plan.moves) if flags else None
    if moves is None or _blocking(between, moves, files.arrivals) is not None:
        return None
    title = f"Mount {_manifests(installs, files)} for {_titles(installs)} instead of copying first"
    return Plan(title, with_mounts(plan.cut, run, flags), moves, "")


def _blocking(between: Sequence[Placed], moves: Sequence[Move], arrivals: Arrivals) -> Withheld | None:
    """Return the first step that the COPYs can't move past, with the reason."""
    for index, step in enumerate(between, 1):
        moved = any(step is it.arrival.placed for it in moves)
        earlier = [it for it in arrivals.items if all(it.placed is not later for later in between[index:])]
        crossing = [it for it in moves if it.arrival in earlier]
        if not moved and (reason := obstacle(step, crossing, earlier, arrivals.links)) is not None:
            return Withheld(reason, step)
    return None


def _needed_from(
    arrival: Arrival, installs: Sequence[tuple[Install, Needs]], files: InstallFiles, moved: Sequence[Arrival]
) -> list[Needed]:
    """Return what this COPY has to bring early: not what a COPY that stays brings already."""
    needed: list[Needed] = []
    for path in dict.fromkeys(path for _, needs in installs for path in needs.manifests):
        landing = files.landing(path)
        if landing is None or landing.arrival is not arrival or landing.path is None:
            continue
        earlier = Arrivals(tuple(it for it in files.arrivals.before(arrival).items if it not in moved))
        brought = earlier.find(path)
        if brought is None or brought.path != landing.path:
            needed.append(Needed(path, landing.path, landing.source))
    for folder in dict.fromkeys(path for _, needs in installs for path in needs.folders):
        for path, file in islice(arrival.landings_below(folder), 1):
            inside, landing = arrival.find_here(path), arrival.find_here(folder)
            # By its own name, which may be that of a link.
            origin = (landing and landing.path) or file.removesuffix(f"/{relative(path, folder)}")
            needed.append(Needed(folder, origin, inside.source if inside is not None else 0, folder=True))
    inside = [it.path for it in needed if it.folder]
    return [it for it in needed if it.folder or all(relative(it.path, folder) is None for folder in inside)]


def _clobbered(
    installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival], links: Sequence[Link]
) -> Withheld | None:
    """Say what a COPY brings that must not come later than it does."""
    for arrival in moved:
        if not arrival.is_complete:
            return Withheld(
                "the COPY names sources that the build context does not have, so what it brings is not known"
            )
        if arrival.unpacks:
            return Withheld("the ADD unpacks an archive whose content is not known")
        for install, needs in installs:
            outputs = [name for it in needs.outputs for name in names_of(it, links)]
            laid_over = next((it for output in outputs for it in arrival.entries_at(output)), None)
            if laid_over is not None:
                return Withheld(
                    f"the build context holds {laid_over}, which the later COPY would lay over what "
                    f"{code(install.title)} installs; add its folder to .dockerignore first"
                )
            read = (*needs.manifests, *needs.folders)
            bare = next((it for it in outputs if arrival.brings_folder(it) and not _is_around(it, read)), None)
            if bare is not None:
                # pnpm 11 and Poetry 2.5 make it anew, npm, yarn, bun, deno, uv and PDM keep it (run with each).
                name = bare.rpartition("/")[2]
                return Withheld(
                    f"the build context holds the folder {name}, which {code(install.title)} may make anew, "
                    "and the later COPY would give it its owner and mode; add it to .dockerignore first"
                )
            crossed = next((it for output in outputs if (it := arrival.link_above(output))), None)
            if crossed is not None:
                return Withheld(f"the COPY brings {crossed}, a link on the way to what {code(install.title)} installs")
            hidden = next((it for it in (*needs.manifests, *outputs) if brings_namesake(arrival, it)), None)
            if hidden is not None:
                return Withheld(
                    f"only the build knows where the COPY leads, and it may bring {hidden.rpartition('/')[2]} to where "
                    f"{code(install.title)} runs"
                )
    return None


def _handed_over(run: Placed, installs: Sequence[tuple[Install, Needs]], moved: Sequence[Arrival]) -> Withheld | None:
    """Say where the user of the RUN, who is not root, may write to a folder for the install only behind a COPY.

    COPY changes the owner of folders that it finds, but not that of its destination (BuildKit, run).
    """
    if run.scope.user.partition(":")[0] in ("", "0", "root"):
        return None
    for arrival in moved:
        for install, needs in installs:
            is_inside = bool(relative(install.directory, arrival.copy.target))
            is_there = relative(arrival.placed.scope.directory, install.directory) is not None
            if is_inside and is_there and any(it.name == "chown" for it in arrival.placed.instruction.flags):
                return Withheld(
                    f"the COPY gives {install.directory} another owner, without which the user may not write"
                )
            for folder in (above for output in needs.outputs for above in upwards(output)):
                if not _is_around(folder, needs.manifests) and arrival.brings_folder(folder):
                    return Withheld(f"the COPY brings the folder {folder}, to which the user may not write without it")
    return None


def _is_around(folder: str, paths: Iterable[str]) -> bool:
    """Tell whether one of the paths, which are copied early, is in a folder, so that this is made early as well."""
    return any(relative(it, folder) is not None for it in paths)


def _steps(steps: Sequence[Placed]) -> str:
    return join_words([shown(it) for it in steps])


def _title(installs: Sequence[tuple[Install, Needs]], moves: Sequence[Move], inputs: InstallFiles) -> str:
    if any(it.early for it in moves):
        return f"Copy only {_manifests(installs, inputs)} before {_titles(installs)}, the rest after it"
    files = frozenset[str]().union(*(it.arrival.files for it in moves))
    if len(files) == 1 or not any(needs.manifests for _, needs in installs):
        return f"Run {_titles(installs)} before copying {min(files) if len(files) == 1 else 'the files'}"
    return f"Run {_titles(installs)} before copying the other files"


def _titles(installs: Sequence[tuple[Install, Needs]]) -> str:
    return join_words(list(dict.fromkeys(code(_download(needs) or install.title, 60) for install, needs in installs)))


def _download(needs: Needs) -> str:
    """Return the command that gets the dependencies, without what has to be made for it."""
    return (needs.fetch or "").rpartition(" && ")[2]


def _manifests(installs: Sequence[tuple[Install, Needs]], files: InstallFiles) -> str:
    """Name what has to be there first: as many names as the finding has."""
    found = [(path, _shown(path, install)) for install, needs in installs for path in needs.manifests]
    named = {it.path: name for path, name in found if (it := files.landing(path)) is not None and it.path is not None}
    folders = [f"{_shown(path, install)}/" for install, needs in installs for path in needs.folders]
    # Two of one name, in the folders of two installs, are told apart by their places in the context.
    is_clear = len(set(named.values())) == len(named)
    return join_words(shortened([*(named.values() if is_clear else named), *dict.fromkeys(folders)]))


def _shown(path: str, install: Install) -> str:
    """Return a manifest's name as seen from the folder of the install."""
    return relative(path, install.directory) or path.rpartition("/")[2]
