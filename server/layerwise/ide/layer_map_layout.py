"""Where everything of the layer map stands: cards of stages in columns, and arrows between them. All in pixels.

A stage stands in a column left of those that take something from it. Arrows run in the gutters between columns, cross a
column only in the gaps between its cards, and each source stage has a lane of its own there, so none runs through text
or along another. Nothing here knows how it is painted.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from layerwise.ide.explanation import Origin
from layerwise.ide.layer_map_rows import Row, Stack

HEADER: Final = 54
PADDING: Final = 7
_BELOW_ROW: Final = 2
_GAP: Final = 24
_GUTTER: Final = 52
_LANE: Final = 9
_MARGIN: Final = 28
_ASPECT: Final = 1.6
_PITCH: Final = 420
_TALLER: Final = (1.25, 1.5, 2)
_MUCH: Final = 1.5
_FEW_ENDS: Final = 3

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Card:
    """A stage's card; ``tops`` has the upper edge of each row."""

    stack: Stack
    column: int
    x: float
    y: float
    width: float
    height: float
    tops: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow along ``points``, all its lines upright or level, from the card of a stage to a row of a card."""

    origin: Origin
    target: Row
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it, with a margin to the left and the right but none above and below."""

    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float


def lay_out(stacks: Sequence[Stack], least_width: float) -> Drawing:
    """Place the stages, from (0, 0) on."""
    columns = _columns(stacks)
    width = {1: 600, 2: 400}.get(len(columns), 348)
    ends = [*_ends(stacks)]
    plan = _Plan(columns, ends, width)
    arrows = tuple(Arrow(it.origin, it.row, plan.points(it)) for it in ends)
    right = max((it.x + it.width for it in plan.cards.values()), default=0) + _MARGIN
    lowest = (y for it in arrows for _, y in it.points)
    bottom = max([0, *(it.y + it.height for it in plan.cards.values()), *lowest])
    return Drawing(tuple(plan.cards.values()), arrows, max(right, least_width), bottom)


@dataclass(frozen=True, slots=True)
class _End:
    """Where an arrow ends: a row of a stage, which is the ``nth`` of ``of`` arrows that do."""

    origin: Origin
    stage: int
    row: Row
    nth: int
    of: int


def _ends(stacks: Sequence[Stack]) -> Iterator[_End]:
    shown = {it.stage.index for it in stacks}
    for stack in stacks:
        for row in stack.rows:
            # One arrow for each stage and way, however often a row takes from it.
            origins = {(it.stage, it.how): it for it in reversed(row.origins) if it.stage in shown}
            found = sorted(origins.values(), key=lambda it: (it.stage, it.how.value))
            yield from (_End(it, stack.stage.index, row, nth, len(found)) for nth, it in enumerate(found))


def height_of(stack: Stack) -> float:
    """Return the height of a stage's card."""
    return HEADER + sum(it.height + _BELOW_ROW for it in stack.rows[1:]) + (PADDING if stack.rows[1:] else 0)


def _ranks(stacks: Sequence[Stack]) -> dict[int, int]:
    """Return for each stage how many columns it stands from the left: as late as the stages that need it allow."""
    sources = {it.stage.index: {origin.stage for row in it.rows for origin in row.origins} for it in stacks}
    ranks: dict[int, int] = {}
    for index in sorted(sources):
        ranks[index] = max((ranks[it] + 1 for it in sources[index] if it in ranks), default=0)
    users: dict[int, list[int]] = defaultdict(list)
    for index in sorted(sources, reverse=True):
        if users[index]:
            ranks[index] = min(ranks[it] for it in users[index]) - 1
        for it in sources[index]:
            users[it].append(index)
    return ranks


def _columns(stacks: Sequence[Stack]) -> list[list[Stack]]:
    """Deal the stages out to columns so that the picture can be shown as large as possible in a window.

    One rank never shares a column with another, unless the picture would be much wider than high.
    """
    ranks = _ranks(stacks)
    ordered = sorted(stacks, key=lambda it: (ranks[it.stage.index], it.stage.index))
    heights = {it.stage.index: height_of(it) + _GAP for it in stacks}
    by_rank = [list(it) for _, it in groupby(ordered, lambda it: ranks[it.stage.index])]
    even = max([*heights.values(), math.sqrt(sum(heights.values()) * _PITCH / _ASPECT)], default=0)
    choices: list[tuple[float, list[list[Stack]]]] = []
    for most in (even, *(even * it for it in _TALLER)):
        aligned = [column for group in by_rank for column in _flow(group, heights, most)]
        flowing = list(_flow(ordered, heights, most))
        choices += [(_extent(aligned, heights), aligned), (_extent(flowing, heights) * _MUCH, flowing)]
    return min(choices, key=lambda it: it[0])[1]


def _extent(columns: Sequence[Sequence[Stack]], heights: Mapping[int, float]) -> float:
    """Return how high a window of the usual shape has to be for a picture with these columns."""
    height = max((sum(heights[it.stage.index] for it in column) for column in columns), default=0)
    return max(len(columns) * _PITCH / _ASPECT, height)


def _flow(stacks: Sequence[Stack], heights: Mapping[int, float], most: float) -> Iterator[list[Stack]]:
    column: list[Stack] = []
    used = 0.0
    for stack in stacks:
        height = heights[stack.stage.index]
        if column and used + height > most:
            yield column
            column, used = [], 0.0
        column.append(stack)
        used += height
    if column:
        yield column


class _Plan:
    """The places of the cards, and the lanes of the arrows.

    A gutter has the number of the column to its right. A gap is (column, how many cards are above it). ``_gaps`` has
    the gaps that the way of each end leads through, from left to right.
    """

    def __init__(self, columns: Sequence[Sequence[Stack]], ends: Sequence[_End], width: float) -> None:
        self._columns = columns
        self._width = width
        self._of_gap: dict[tuple[int, int], list[int]] = {}
        self._of_gutter: dict[int, dict[int, int]] = {}
        # First without lanes, to see which gaps are used; then with room for these, which says how high everything is;
        # then with room for the lanes of the gutters.
        self.cards = self._place()
        self._gaps = {id(it): self._route(it) for it in ends}
        used: dict[tuple[int, int], set[int]] = defaultdict(set)
        for end in ends:
            for gap in self._gaps[id(end)]:
                used[gap].add(end.origin.stage)
        self._of_gap = {gap: sorted(it) for gap, it in used.items()}
        self.cards = self._place()
        self._of_gutter = {it: self._lanes(it, ends) for it in range(len(columns))}
        self.cards = self._place()

    def _place(self) -> dict[int, Card]:
        cards: dict[int, Card] = {}
        x = float(_MARGIN)
        first = max((self._gap_height(column, 0) for column in range(len(self._columns))), default=0)
        for column, stacks in enumerate(self._columns):
            x += self._gutter_width(column)
            y = first
            for at, stack in enumerate(stacks):
                y += self._gap_height(column, at) if at else 0
                height = height_of(stack)
                cards[stack.stage.index] = Card(stack, column, x, y, self._width, height, tuple(_tops(stack, y)))
                y += height
            x += self._width
        return cards

    def _gap_height(self, column: int, gap: int) -> float:
        lanes = len(self._of_gap.get((column, gap), ()))
        room = lanes * _LANE + 10 if lanes else 0
        return max(_GAP, room) if gap else room

    def _gutter_width(self, gutter: int) -> float:
        lanes = self._of_gutter.get(gutter)
        room = _LANE * max(lanes.values()) + 40 if lanes else 0
        return max(_GUTTER, room) if gutter else room

    def _gutters(self, end: _End) -> range:
        source, target = self.cards[end.origin.stage].column, self.cards[end.stage].column
        return range(min(source + 1, target), target + 1)

    def _route(self, end: _End) -> list[tuple[int, int]]:
        """Choose the gaps that an arrow goes through: each the one that is least out of the way."""
        y, (_, goal) = self._start(end)[1], self._goal(end)
        gaps: list[tuple[int, int]] = []
        for column in self._gutters(end)[:-1]:
            levels = [self._gap_middle(column, it) for it in range(len(self._columns[column]) + 1)]
            detours = [abs(it - y) + abs(it - goal) for it in levels]
            best = detours.index(min(detours))
            gaps.append((column, best))
            y = levels[best]
        return gaps

    def _gap_middle(self, column: int, gap: int) -> float:
        stacks = self._columns[column]
        if gap == 0:
            return self.cards[stacks[0].stage.index].y - self._gap_height(column, 0) / 2
        above = self.cards[stacks[gap - 1].stage.index]
        return above.y + above.height + self._gap_height(column, gap) / 2

    def _level(self, gap: tuple[int, int], stage: int) -> float:
        lanes = self._of_gap[gap]
        return self._gap_middle(*gap) + _LANE * (lanes.index(stage) - (len(lanes) - 1) / 2)

    def _lane(self, gutter: int, stage: int) -> float:
        lanes = self._of_gutter[gutter]
        right = self.cards[self._columns[gutter][0].stage.index].x
        middle = right - self._gutter_width(gutter) / 2 - 4
        return middle + _LANE * (lanes[stage] - max(lanes.values()) / 2)

    def _start(self, end: _End) -> Point:
        """Return where an arrow starts: at the last step of the stage, below its middle, where none ends."""
        card = self.cards[end.origin.stage]
        at = max((at for at, it in enumerate(card.stack.rows) if it.is_step), default=0)
        height = card.stack.rows[at].height if at else HEADER
        y = card.tops[at] + height * 0.7
        inset = PADDING if at else 0
        if card.column == self.cards[end.stage].column:
            return card.x + inset, y
        return card.x + card.width - inset, y

    def _goal(self, end: _End) -> Point:
        card = self.cards[end.stage]
        at = next(at for at, it in enumerate(card.stack.rows) if it is end.row)
        height = end.row.height if at else HEADER
        # More than a few would not be told apart, so they meet.
        share = (end.nth + 1) / (end.of + 1) if end.of <= _FEW_ENDS else 0.5
        return card.x + (PADDING if at else 0), card.tops[at] + height * share

    def points(self, end: _End) -> tuple[Point, ...]:
        """Return the corners of an arrow."""
        stage = end.origin.stage
        points = [self._start(end)]
        for gutter, gap in zip(self._gutters(end), [*self._gaps[id(end)], None], strict=True):
            x = self._lane(gutter, stage)
            y = self._goal(end)[1] if gap is None else self._level(gap, stage)
            points += [(x, points[-1][1]), (x, y)]
        return (*points, self._goal(end))

    def _lanes(self, gutter: int, ends: Sequence[_End]) -> dict[int, int]:
        """Deal the lanes of a gutter out to stages, 0 the left one: one for several where none is beside another.

        Few cross if of those that go down, the lowest is the first. Those that go round to a card of their own column
        come last.
        """
        ways: dict[int, list[tuple[float, float]]] = defaultdict(list)
        home: set[int] = set()
        for end in ends:
            gutters = self._gutters(end)
            if gutter not in gutters:
                continue
            at, gaps, stage = gutter - gutters.start, self._gaps[id(end)], end.origin.stage
            y = self._level(gaps[at - 1], stage) if at else self._start(end)[1]
            ways[stage].append((y, self._level(gaps[at], stage) if at < len(gaps) else self._goal(end)[1]))
            if self.cards[stage].column == gutter:
                home.add(stage)
        spans = {stage: (min(map(min, it)), max(map(max, it))) for stage, it in ways.items()}

        def place(stage: int) -> tuple[float, int]:
            start = ways[stage][0][0]
            return (-start if sum(to - y for y, to in ways[stage]) > 0 else start), stage

        passing = _dealt({it: spans[it] for it in sorted(ways.keys() - home, key=place)})
        round_about = _dealt({it: spans[it] for it in sorted(home, key=lambda it: (spans[it][1] - spans[it][0], it))})
        last = max(passing.values(), default=-1) + 1 + max(round_about.values(), default=0)
        return {**passing, **{stage: last - lane for stage, lane in round_about.items()}}


def _dealt(spans: Mapping[int, tuple[float, float]]) -> dict[int, int]:
    """Give each span, in order, the first lane in which it touches no other."""
    lanes: list[list[tuple[float, float]]] = []
    found: dict[int, int] = {}
    for key, (start, end) in spans.items():
        free = (
            at for at, it in enumerate(lanes) if all(end + _LANE < one or other + _LANE < start for one, other in it)
        )
        lane = next(free, len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((start, end))
        found[key] = lane
    return found


def _tops(stack: Stack, y: float) -> Iterator[float]:
    yield y
    y += HEADER
    for row in stack.rows[1:]:
        yield y
        y += row.height + _BELOW_ROW


def rounded(points: Sequence[Point], radius: float) -> str:
    """Return the data of a path along points, with round corners."""
    clean = [points[0], *(b for a, b in pairwise(points) if a != b)]
    parts = [f"M{_pair(clean[0])}"]
    for before, corner, behind in zip(clean, clean[1:], clean[2:], strict=False):
        near = min(radius, math.dist(before, corner) / 2, math.dist(corner, behind) / 2)
        parts.append(
            f"L{_pair(_towards(corner, before, near))}Q{_pair(corner)} {_pair(_towards(corner, behind, near))}"
        )
    return "".join([*parts, f"L{_pair(clean[-1])}"])


def _towards(start: Point, end: Point, distance: float) -> Point:
    length = math.dist(start, end) or 1.0
    return (
        start[0] + (end[0] - start[0]) * distance / length,
        start[1] + (end[1] - start[1]) * distance / length,
    )


def _pair(point: Point) -> str:
    return f"{round(point[0], 1):g},{round(point[1], 1):g}"
