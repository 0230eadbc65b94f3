"""The layer map: stages as stacks of steps, with what the next build keeps and rebuilds, and arrows between the stages.

A pure function of an explanation to a picture: SVG that stands alone (in a browser, as an image in a page) or inside
the page of an editor, where a step that is clicked has its line in ``data-line``, counted from 0. No scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from layerwise.buildcache.inputs import InputKind
from layerwise.buildcache.model import Verdict
from layerwise.buildcache.step import StepKind
from layerwise.ide.explanation import ExplainedStage, Explanation, How, Origin
from layerwise.ide.layer_map_layout import HEADER, PADDING, Arrow, Card, Drawing, lay_out, rounded
from layerwise.ide.layer_map_rows import Look, Row, Stack, counts, look_of, spread, stacks_of
from layerwise.ide.layer_map_style import SIGNS, STYLE
from layerwise.ide.layer_map_text import cut, element, printable, sans_width, short, text_of, wrap
from layerwise.text.wording import join_words

_MARGIN: Final = 28
_LINE: Final = 15
_CELL: Final = 7.2
_THIN_CELL: Final = 6.3
_TEXT_AT: Final = 30
_NUMBERS: Final = 38
_SMALL: Final = sans_width(11)
_BOLD: Final = sans_width(18.5)
_LEAST_WIDTH: Final = 660
_LONGEST_TITLE: Final = 300
_MOST_INPUTS: Final = 8
_MOST_NAMED: Final = 3
_SAMPLE: Final = element("path", class_="arrow", d="M0 -4h10") + element("path", class_="tip", d="M17 -4l-8,-4v8z")


def layer_map(explanation: Explanation, asked: Sequence[str] = (), remark: str = "") -> str:
    """Return the picture as SVG.

    ``asked`` are the changes that the verdicts are about, each the subject of a sentence ("an edit of src/a.ts"), none
    if there are no verdicts; ``remark`` is a sentence about them.
    """
    stacks, left_out = stacks_of(explanation)
    summary = printable(_summary(explanation, asked))
    notes = [*_details(explanation, asked, left_out), *([remark] if remark else []), *explanation.notes]
    drawing = lay_out(stacks, _LEAST_WIDTH)
    heading, top = _heading(explanation, summary, notes, drawing.width)
    legend, rows = _legend(stacks, drawing)
    width, height = drawing.width, top + drawing.height + 34 + rows * 22
    return element(
        "svg",
        element("style", STYLE),
        element("rect", class_="paper", width=width, height=height, rx=10),
        *heading,
        element(
            "g",
            *(_card(it, drawing, explanation) for it in drawing.cards),
            legend,
            transform=f"translate(0 {top})",
        ),
        xmlns="http://www.w3.org/2000/svg",
        class_="layer-map",
        width=width,
        height=height,
        viewBox=f"0 0 {width:g} {height:g}",
        role="group",
        aria_label=summary,
    )


def changes_in_words(files: Sequence[str], arguments: Sequence[str], since: str = "") -> tuple[str, ...]:
    """Return what the map is asked about: files and build arguments that change, and all since an earlier state."""
    edited = join_words([short(it) for it in files]) if len(files) <= _MOST_NAMED else f"{len(files):,} files"
    given = join_words(arguments) if len(arguments) <= _MOST_NAMED else f"{len(arguments):,} build arguments"
    return (
        *((f"an edit of {edited}",) if files else ()),
        *((f"another value of {given}",) if arguments else ()),
        *((f"what changed since {since}",) if since else ()),
    )


def _summary(explanation: Explanation, asked: Sequence[str]) -> str:
    found = counts(explanation)
    total = sum(found.values())
    steps = "the only step" if total == 1 else f"all {total:,} steps"
    if not total:
        return "There are no steps that a build could keep in its cache"
    if not asked:
        return "1 step" if total == 1 else f"{total:,} steps"
    subject = join_words(asked)
    subject, verb = subject[0].upper() + subject[1:], "rebuilds" if len(asked) == 1 else "rebuild"
    for look, says in (
        (Look.REBUILDS, f"{verb} {{}}"),
        (Look.MAYBE, f"{verb} {{}} only if copied content differs"),
        (Look.UNKNOWN, "may rebuild {}"),
    ):
        if number := found.get(look):
            some = steps if number == total else f"{number:,} of {total:,} steps"
            return f"{subject} {says.format(some)}"
    return f"{subject} {verb} nothing: {steps} {'stays' if total == 1 else 'stay'} cached"


def _details(explanation: Explanation, asked: Sequence[str], left_out: int) -> Iterator[str]:
    """Yield sentences that go with the summary."""
    found = counts(explanation)
    said: list[str] = []
    if asked and Look.REBUILDS in found and Look.MAYBE in found:
        said.append(f"{found[Look.MAYBE]:,} more only if copied content differs")
    if asked and Look.UNKNOWN in found and len(found.keys() & {Look.REBUILDS, Look.MAYBE}):
        said.append(f"of {found[Look.UNKNOWN]:,} it can not be told")
    if said:
        sentence = "; ".join(said)
        yield f"{sentence[0].upper()}{sentence[1:]}."
    if left_out:
        yield f"{left_out:,} more stages are left out of the picture."


def _heading(explanation: Explanation, summary: str, notes: Sequence[str], width: float) -> tuple[list[str], int]:
    """Return the summary, a strip with the share of each look, and the notes; and how high they are."""
    room = width - 2 * _MARGIN
    lines = wrap(summary, room, 2, _BOLD)
    parts = [_text(it, _MARGIN, 40 + 23 * at, "summary") for at, it in enumerate(lines)]
    y = 31 + 23 * len(lines)
    found = counts(explanation)
    x, share = float(_MARGIN), room / max(sum(found.values()), 1)
    for look, number in found.items():
        width = max(number * share - 2, 1.0)
        opacity = 0.55 if look is Look.KEPT else None
        strip = element("rect", class_="bar", x=x, y=y, width=width, height=5, rx=2.5, opacity=opacity)
        parts.append(element("g", element("title", f"{number:,} {look.words}"), strip, class_=look.value))
        x += number * share
    said = [line for it in notes for line in wrap(printable(it), room, 3, sans_width(12))]
    parts += [_text(it, _MARGIN, y + 28 + 17 * at, "quiet note") for at, it in enumerate(said)]
    return parts, y + 30 + 17 * len(said)


def _card(card: Card, drawing: Drawing, explanation: Explanation) -> str:
    stage = card.stack.stage
    sheet = element(
        "rect",
        class_=f"sheet{'' if stage.built else ' unbuilt'}",
        x=card.x,
        y=card.y,
        width=card.width,
        height=card.height,
        rx=9,
    )
    rows = (_row(card, row, top, drawing) for row, top in zip(card.stack.rows[1:], card.tops[1:], strict=True))
    return element("g", sheet, _header(card, drawing, explanation), *rows, class_="card")


def _header(card: Card, drawing: Drawing, explanation: Explanation) -> str:
    stage, row = card.stack.stage, card.stack.rows[0]
    x, y, right = card.x + 14, card.y, card.x + card.width - 14
    looks = [look_of(stage, it) for it in stage.steps if it.is_step]
    tally, look = _tally(stage, looks)
    title = printable(stage.name or stage.label)
    is_target = stage.built and stage.index == max((it.index for it in explanation.stages if it.built), default=-1)
    badge = " · target" if is_target and len(explanation.stages) > 1 else ""
    room = card.width - 44 - _SMALL(tally) - _SMALL(badge)
    name = cut(title, room, sans_width(15.5))
    named = element(
        "text",
        text_of(name),
        *([element("tspan", badge, class_="quiet small")] if badge else []),
        x=x,
        y=y + 23,
        class_="name",
    )
    code = cut(printable(stage.steps[0].instruction), (card.width - 28 - _NUMBERS) / _THIN_CELL)
    return element(
        "g",
        element("title", text_of(_title(stage, row, f"{stage.label}: {tally}"))),
        element("rect", class_="face head", x=card.x + 1, y=y + 1, width=card.width - 2, height=HEADER - 6.0, rx=8),
        named,
        element("g", _text(tally, right, y + 23, "tally"), class_=look.value),
        _code(code, x, y + 41, kind="code thin", cell=_THIN_CELL),
        _text(str(row.step.line), right, y + 41, "number"),
        *_arrows_to(row, drawing),
        **_link(f"stage {row.look.value}", row, f"{stage.label}, {stage.steps[0].instruction}: {tally}"),
    )


def _tally(stage: ExplainedStage, looks: Sequence[Look]) -> tuple[str, Look]:
    """Say in a few words what becomes of a stage, and how that looks."""
    if not stage.built:
        return "not built", Look.UNBUILT
    for look, says in (
        (Look.REBUILDS, "rebuilds {}"),
        (Look.MAYBE, "{} only if content differs"),
        (Look.UNKNOWN, "{} can not be told"),
    ):
        if number := looks.count(look):
            all_of_them = "" if number == 1 else "all "
            some = f"{number:,} of {len(looks):,}" if number < len(looks) else f"{all_of_them}{number:,}"
            return says.format(some), look
    return (f"keeps {'all ' if len(looks) > 1 else ''}{len(looks):,}" if looks else "no steps"), Look.KEPT


def _row(card: Card, row: Row, top: float, drawing: Drawing) -> str:
    x, width = card.x + PADDING, card.width - 2 * PADDING
    middle = top + row.height / 2
    is_quiet = row.look in (Look.PLAIN, Look.UNBUILT)
    bar = [] if is_quiet else [element("rect", class_="bar", x=x, y=top, width=3, height=row.height, rx=1.5)]
    number = _text(str(row.step.line), x + width - 8, middle + 3.5, "number")
    title = _title(card.stack.stage, row, "")
    return element(
        "g",
        element("title", text_of(title)),
        element("rect", class_="face", x=x, y=top, width=width, height=row.height, rx=4),
        *bar,
        _sign(row.look, x + 9, middle - 8),
        *_words(row, x + _TEXT_AT, top, width - _TEXT_AT - _NUMBERS, drawing),
        number,
        *_arrows_to(row, drawing),
        **_link(f"step {row.look.value}", row, title.replace("\n", ", ")),
    )


def _words(row: Row, x: float, top: float, width: float, drawing: Drawing) -> Iterator[str]:
    if row.is_folded:
        first, last = row.steps[0].line, row.steps[-1].line
        kind = "steps" if all(it.is_step for it in row.steps) else "instructions"
        text = cut(f"… {len(row.steps):,} {kind}, lines {first:,} to {last:,}", width, sans_width(12))
        yield _text(text, x, top + row.height / 2 + 4, "quiet note")
        return
    code = printable(row.step.instruction)
    if row.look in (Look.PLAIN, Look.UNBUILT) or row.height <= 20:
        yield _code(
            cut(code, width / _THIN_CELL), x, top + row.height / 2 + 3.6, kind="code thin quiet", cell=_THIN_CELL
        )
        return
    room = (row.height - 8) // _LINE
    note, is_why = _note(row, drawing)
    lines = wrap(code, width / _CELL, max(room - bool(note), 1))
    notes = wrap(note, width, room - len(lines), _SMALL)
    y = top + (row.height - _LINE * (len(lines) + len(notes))) / 2 + 11.2
    for line in lines:
        yield _code(line, x, y, starts=line is lines[0])
        y += _LINE
    for line in notes:
        yield _text(line, x, y, "small why" if is_why else "small quiet")
        y += _LINE


def _note(row: Row, drawing: Drawing) -> tuple[str, bool]:
    """Return what stands below an instruction, and whether it is why the step rebuilds."""
    reason = printable(row.step.reason).removesuffix(": only other content makes it re-run")
    if reason and not reason.startswith("the step before it"):
        return reason, True
    stages = {it.stack.stage.index: it.stack.stage.label for it in drawing.cards}
    origins = dict.fromkeys(stages[it.stage] for it in row.origins if it.stage in stages)
    if origins:
        return printable(f"from {join_words(list(origins))}"), False
    return printable("; ".join(it for it in (row.step.onbuild, row.step.expected.words) if it)), False


def _title(stage: ExplainedStage, row: Row, header: str) -> str:
    """Return what hovering shows: lines of what it is, what becomes of it, what its key holds, and its cost."""
    step = row.step
    if row.is_folded:
        return f"{len(row.steps):,} instructions, lines {step.line:,} to {row.steps[-1].line:,}: " + spread(
            row.steps, stage
        )
    lines = [header] if header else []
    lines.append(printable(step.instruction, _LONGEST_TITLE))
    verdict = row.look.words if row.look is not Look.KEPT or step.kind is not StepKind.SOURCE else ""
    reason = f": {step.reason}" if step.reason else ""
    lines.append(f"line {step.line:,}{f', {verdict}{reason}' if verdict else ''}")
    if step.onbuild:
        lines.append(step.onbuild)
    elif row.look is Look.PLAIN and step.kind is StepKind.ENVIRONMENT:
        lines.append("it is in the keys of later steps")
    elif row.look is Look.PLAIN:
        lines.append("it is in no key")
    inputs = [it.detail for it in step.inputs if it.kind is not InputKind.PREVIOUS or len(step.inputs) > 1]
    if inputs:
        more = [f"and {len(inputs) - _MOST_INPUTS:,} more"] if len(inputs) > _MOST_INPUTS else []
        lines.append(f"its key holds: {'; '.join([*inputs[:_MOST_INPUTS], *more])}")
    if step.expected.words:
        lines.append(step.expected.words)
    return "\n".join(printable(it, 2 * _LONGEST_TITLE) for it in lines)


def _arrows_to(row: Row, drawing: Drawing) -> Iterator[str]:
    stacks = {it.stack.stage.index: it.stack for it in drawing.cards}
    yield from (_arrow(it, stacks[it.origin.stage]) for it in drawing.arrows if it.target is row)


def _arrow(arrow: Arrow, source: Stack) -> str:
    """Return an arrow, in the colour of its goal if the stage that it comes from carries a change there."""
    x, y = arrow.points[-1]
    stage = source.stage
    steps = [it for it in stage.steps if it.is_step] or stage.steps[:1]
    carries = any(it.verdict is not Verdict.CACHED for it in stage.steps) and stage.built
    said = _said(arrow.origin, stage.label, arrow.target.step.line)
    path = element(
        "path",
        class_=f"arrow {arrow.origin.how.value}",
        d=rounded((*arrow.points[:-1], (x - 6, y)), 9),
        data_from=steps[-1].line - 1,
        data_to=arrow.target.step.line - 1,
    )
    tip = element("path", class_="tip", d=f"M{x:g},{round(y, 1):g}l-8,-4v8z")
    return element("g", element("title", text_of(printable(said))), path, tip, class_=None if carries else "still")


def _said(origin: Origin, label: str, line: int) -> str:
    if origin.how is How.FROM:
        return f"line {line:,} starts from {label}"
    what = origin.what or "everything"
    return f"line {line:,} {'copies' if origin.how is How.COPY else 'mounts'} {what} from {label}"


def _link(kind: str, row: Row, label: str) -> dict[str, object]:
    """Return the attributes of what leads to a line."""
    return {
        "class_": kind,
        "tabindex": 0,
        "role": "link",
        "data_line": row.step.line - 1,
        "aria_label": printable(label, _LONGEST_TITLE),
    }


def _sign(look: Look, x: float, y: float) -> str:
    if look not in SIGNS:
        return ""
    return element("path", class_="sign", d=SIGNS[look], transform=f"translate({round(x, 1):g} {round(y, 1):g})")


def _text(text: str, x: float, y: float, kind: str) -> str:
    return element("text", text_of(text), class_=kind, x=float(x), y=float(y))


def _code(text: str, x: float, y: float, *, kind: str = "code", cell: float = _CELL, starts: bool = True) -> str:
    """Return a line of an instruction, its keyword set off where it ``starts``. Fonts that run wide are held back."""
    keyword, blank, rest = text.partition(" ")
    body = f"{element('tspan', text_of(keyword), class_='key')}{text_of(blank + rest)}" if starts else text_of(text)
    width = len(text) * cell if text.isascii() and len(text) > 1 else None
    return element("text", body, class_=kind, x=float(x), y=float(y), textLength=width)


def _legend(stacks: Sequence[Stack], drawing: Drawing) -> tuple[str, int]:
    """Return what the looks and the arrows mean, of those that occur, and in how many lines."""
    looks = {row.look for it in stacks for row in it.rows[1:]}
    items = [(_sign(it, 0, -12), it.words, it.value) for it in reversed(Look) if it in looks and it in SIGNS]
    hows = {it.origin.how for it in drawing.arrows}
    lines = {How.FROM: "FROM a stage", How.COPY: "COPY --from", How.MOUNT: "RUN --mount"}
    if hows - {How.MOUNT}:
        said = " or ".join(lines[it] for it in How if it in hows and it is not How.MOUNT)
        items.append((_SAMPLE, said, "plain"))
    if How.MOUNT in hows:
        items.append((_SAMPLE.replace('"arrow"', '"arrow mount"'), lines[How.MOUNT], "plain"))
    if stacks:
        tall = "".join(
            element("rect", class_="bar", x=x, y=-y, width=4, height=y, rx=1) for x, y in ((0, 4), (6, 8), (12, 12))
        )
        items.append((tall, "the taller, the longer it is expected to take", "plain"))
    parts: list[str] = []
    x, y, line = float(_MARGIN), drawing.height + 38, 0
    for sign, words, kind in items:
        width = 24 + _SMALL(words) + 18
        if x > _MARGIN and x + width > drawing.width - _MARGIN:
            x, line = float(_MARGIN), line + 1
        at = f"translate({round(x, 1):g} {round(y + 22 * line, 1):g})"
        parts.append(element("g", sign, _text(words, 23, 0, "small quiet"), class_=kind, transform=at))
        x += width
    return element("g", *parts, class_="legend"), line + 1
