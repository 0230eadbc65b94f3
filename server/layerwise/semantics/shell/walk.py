"""The walk over the tree: commands in source order, with the state of the shell that reaches each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from tree_sitter import Node

from layerwise.semantics.shell.command import Command, Nesting, Word
from layerwise.semantics.shell.effects import (
    NOWHERE,
    UNKNOWN,
    Folders,
    Outcome,
    errexit_after,
    outcome_of,
    sole,
)
from layerwise.semantics.shell.nested import moved, nested_script, quoted_text
from layerwise.semantics.shell.source import Source
from layerwise.semantics.shell.words import assignment_of, substitutions, words_of

_DEEPEST: Final = 48
"""Statements inside statements beyond this are left out: no one nests so deep, and Python's stack is finite."""

_SIMPLE: Final = frozenset(
    {
        "command",
        "declaration_command",
        "test_command",
        "unset_command",
        "variable_assignment",
        "variable_assignments",
    }
)
_BLOCKS: Final = {
    "ERROR": Nesting.BROKEN,
    "c_style_for_statement": Nesting.LOOP,
    "case_statement": Nesting.CONDITIONAL,
    "compound_statement": Nesting.GROUP,
    "do_group": Nesting.TOP,
    "for_statement": Nesting.LOOP,
    "function_definition": Nesting.FUNCTION,
    "if_statement": Nesting.CONDITIONAL,
    "subshell": Nesting.SUBSHELL,
    "while_statement": Nesting.LOOP,
}
_STATEMENTS: Final = _SIMPLE | _BLOCKS.keys() | {"list", "negated_command", "pipeline", "redirected_statement"}
_REDIRECTS: Final = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
_TERMINATORS: Final = frozenset({";", "&", "\n", ";;", ";&", ";;&"})
_GIVES_UP: Final = re.compile(r"\b(?:exit|return)\s+[1-9]|^false\b")
_START: Final[Folders] = frozenset({""})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands."""

    nesting: Nesting = Nesting.TOP
    joined_by: str = ""
    negated: bool = False
    followed: bool = False  # something runs after it even if it says no
    rescued: bool = False  # a later || makes good its failure
    redirects: tuple[Node, ...] = ()  # redirections that the grammar puts outside of it
    depth: int = 0

    def inside(self, nesting: Nesting = Nesting.TOP) -> _Place:
        """Return the place of the first statement in a construct that stands here."""
        return replace(self, nesting=self.nesting | nesting, joined_by="", negated=False, redirects=())


def _links(node: Node) -> list[tuple[str, Node]]:
    """Return the members of an and-or list with the operator before each."""
    spine: list[Node] = []
    while node.type == "list":
        spine.append(node)
        node = node.children[0]
    links = [("", node)]
    for it in reversed(spine):
        operator = "&&"
        for child in it.children[1:]:
            if child.type in {"&&", "||"}:
                operator = child.type
            elif child.type in _STATEMENTS:
                links.append((operator, child))
    return links


def commands_of(text: str, *, errexit: bool) -> tuple[list[Command], bool]:
    """Return the commands of a script, and whether it has syntax errors."""
    walker = _Walker(Source(text), errexit=errexit)
    walker.program(_Place(), _START)
    return sorted(walker.commands, key=lambda it: it.span.start), walker.broken


class _Walker:
    """Collects the commands of one script; ``errexit`` follows the shell along the source."""

    def __init__(self, source: Source, *, errexit: bool) -> None:
        self.source = source
        self.errexit = errexit
        self.commands: list[Command] = []
        self.broken = source.root.has_error
        self.movers: set[str] = set()  # functions that change the folder

    def program(self, place: _Place, folders: Folders) -> None:
        root = self.source.root
        # A text that makes no sense at all has an ERROR for its root.
        self.sequence([root] if root.type == "ERROR" else root.children, place, folders)

    def sequence(self, nodes: Iterable[Node], place: _Place, folders: Folders) -> Outcome:
        """Walk statements parted by ``;``, ``&`` or newlines; other nodes are passed over."""
        items: list[tuple[str, Node, bool]] = []
        operator = place.joined_by
        for node in nodes:
            if node.type in _TERMINATORS:
                operator = node.type[0]
                if items and operator == "&":
                    items[-1] = (*items[-1][:2], True)
            elif node.type in _STATEMENTS:
                items.append((operator if items else place.joined_by, node, False))
                operator = "\n"
        outcome = Outcome(folders)
        for index, (joined_by, node, in_background) in enumerate(items):
            followed = place.followed or index < len(items) - 1
            here = replace(place, joined_by=joined_by, followed=followed)
            if in_background:
                background = replace(here, nesting=here.nesting | Nesting.BACKGROUND)
                self.child_shell([node], background, folders)
                outcome = Outcome(folders)
            else:
                outcome = self.statement(node, here, folders)
                folders = outcome.ok | outcome.refused
        return outcome

    def child_shell(self, nodes: Iterable[Node], place: _Place, folders: Folders) -> Outcome:
        """Walk statements whose ``cd`` and ``set`` do not reach the shell around them."""
        errexit = self.errexit
        outcome = self.sequence(nodes, place, folders)
        self.errexit = errexit
        return outcome.isolated(folders)

    def statement(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        if place.depth > _DEEPEST:
            self.broken = True
            return Outcome(folders)
        place = replace(place, depth=place.depth + 1)
        if node.type in _SIMPLE:
            return self.simple(node, place, folders)
        if node.type in _BLOCKS:
            return self.block(node, place.inside(_BLOCKS[node.type]), folders)
        match node.type:
            case "list":
                return self.chain(node, place, folders)
            case "pipeline":
                return self.pipeline(node, place, folders)
            case "redirected_statement":
                return self.redirected(node, place, folders)
            case _:
                return self.sequence(node.children, replace(place, negated=True), folders).negated()

    def block(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        match node.type:
            case "subshell":
                return self.child_shell(node.children, place, folders)
            case "if_statement":
                return self.branches(node, place, folders)
            case "case_statement":
                return self.cases(node, place, folders)
            case "function_definition":
                return self.function(node, place, folders)
            case "for_statement" | "c_style_for_statement" | "while_statement":
                return self.loop(node, place, folders)
            case _:
                return self.sequence(node.children, place, folders)

    def chain(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        """Walk ``a && b || c``."""
        links = _links(node)
        last_rescue = max(
            (
                index
                for index, (operator, it) in enumerate(links)
                if operator == "||" and not _GIVES_UP.search(self.source.slice(it))
            ),
            default=-1,
        )
        outcome = Outcome(folders)
        for index, (operator, it) in enumerate(links):
            rescued = place.rescued or index < last_rescue
            skippable = operator == "||" or (operator == "&&" and (rescued or bool(outcome.refused and place.followed)))
            here = replace(
                place,
                joined_by=operator or place.joined_by,
                nesting=place.nesting | (Nesting.CONDITIONAL if skippable else Nesting.TOP),
                rescued=rescued,
                redirects=place.redirects if index == len(links) - 1 else (),
            )
            if operator == "||":
                right = self.statement(it, here, outcome.refused | outcome.failed)
                outcome = Outcome(outcome.ok | right.ok, right.refused, right.failed)
            else:
                right = self.statement(it, here, outcome.ok)
                outcome = Outcome(right.ok, outcome.refused | right.refused, outcome.failed | right.failed)
        return outcome

    def pipeline(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        """Walk ``a | b``: every stage is a shell of its own."""
        outcome = Outcome(folders)
        here = replace(place, nesting=place.nesting | Nesting.PIPELINE, redirects=())
        for child in node.children:
            if child.type in {"|", "|&"}:
                here = replace(here, joined_by=child.type)
            elif child.type in _STATEMENTS:
                if child.end_byte == node.end_byte:
                    here = replace(here, redirects=place.redirects)
                outcome = self.child_shell([child], here, folders)
        return outcome.negated() if node.children[0].type == "negated_command" else outcome

    def redirected(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        redirects = (*(it for it in node.named_children if it.type in _REDIRECTS), *place.redirects)
        body = node.child_by_field_name("body")
        if body is not None and body.type not in _BLOCKS:
            # Of "a | b > out" the grammar makes "(a | b) > out".
            return self.statement(body, replace(place, redirects=redirects), folders)
        outcome = self.statement(body, place, folders) if body is not None else Outcome(folders)
        self.inside_words(redirects, place, folders)
        return outcome

    def branches(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        """Walk ``if a; then b; elif c; then d; else e; fi``."""
        flat: list[Node] = []
        for child in node.children:
            flat += child.children if child.type in {"elif_clause", "else_clause"} else [child]
        heads = [index for index, it in enumerate(flat) if it.type in {"if", "then", "elif", "else", "fi"}]
        ends: Folders = NOWHERE
        entered, passed = NOWHERE, folders
        for start, stop in pairwise([*heads, len(flat)]):
            part = flat[start + 1 : stop]
            match flat[start].type:
                case "then":
                    end = self.sequence(part, place, entered)
                    ends |= end.ok | end.refused
                case "else":
                    end = self.sequence(part, place, passed)
                    ends |= end.ok | end.refused
                    passed = NOWHERE
                case _ if part:
                    entered, *others = self.sequence(part, place, passed)
                    passed = NOWHERE.union(*others)
                case _:
                    pass
        return Outcome(ends | passed)

    def cases(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        ends = folders
        for child in node.named_children:
            if child.type == "case_item":
                end = self.sequence(child.children, place, folders)
                ends |= end.ok | end.refused
            else:
                self.inside_words([child], place, folders)
        return Outcome(ends)

    def loop(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        self.inside_words([it for it in node.named_children if it.type not in _STATEMENTS], place, folders)
        place = replace(place, followed=True)
        # In a C-style loop, statements outside the body are its arithmetic.
        body = node.children if node.type != "c_style_for_statement" else node.children_by_field_name("body")
        before = len(self.commands)
        outcome = self.sequence(body, place, folders)
        ends = folders | outcome.ok | outcome.refused
        if ends != folders and None not in folders:
            # The second round starts elsewhere than the first.
            del self.commands[before:]
            self.sequence(body, place, ends | UNKNOWN)
        return Outcome(ends)

    def function(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        before = len(self.commands)
        errexit = self.errexit
        self.sequence(node.children, place, UNKNOWN)
        self.errexit = errexit
        name = node.child_by_field_name("name")
        if name is not None and any(it.program in {"cd", "pushd", "popd"} for it in self.commands[before:]):
            self.movers.add(self.source.slice(name))
        return Outcome(folders)

    def inside_words(self, nodes: Sequence[Node], place: _Place, folders: Folders) -> None:
        """Walk the substitutions in words that are not a command's."""
        for it in substitutions(nodes):
            deeper = replace(place.inside(Nesting.SUBSTITUTION), depth=place.depth + 1)
            if deeper.depth > _DEEPEST:
                self.broken = True
            else:
                self.child_shell(it.children, deeper, folders)

    def simple(self, node: Node, place: _Place, folders: Folders) -> Outcome:
        is_assignment = node.type == "variable_assignment"
        nodes = [node] if is_assignment else node.children
        assignments = tuple(
            assignment_of(self.source, it)
            for it in nodes
            if it.type == "variable_assignment" and node.type != "declaration_command"
        )
        redirects = [*(it for it in nodes if it.type in _REDIRECTS), *place.redirects]
        own = [
            it
            for it in nodes
            if it.type not in _REDIRECTS
            and it.type not in {"ERROR", "comment"}
            and (it.type != "variable_assignment" or node.type == "declaration_command")
        ]
        words = words_of(self.source, own)
        for it in redirects:
            # In "cmd > out more" the grammar takes "more" for a second target.
            words += self.after_target(it)
        words.sort(key=lambda it: it.span)
        if not words and not assignments:
            self.inside_words(redirects, place, folders)
            return Outcome(folders)
        command = Command(
            self.source.span(node, max([node, *redirects], key=lambda it: it.end_byte)),
            tuple(words),
            assignments,
            place.joined_by,
            place.nesting,
            sole(folders),
            self.errexit,
            redirected=bool(redirects),
            negated=place.negated,
        )
        self.commands.append(command)
        self.inside_words([*nodes, *redirects], place, folders)
        self.nested(command, place, folders)
        self.errexit = errexit_after(command)
        if command.program in self.movers:
            return Outcome(UNKNOWN, failed=UNKNOWN)
        return outcome_of(command, folders)

    def after_target(self, redirect: Node) -> list[Word]:
        """Return the command's words that stand after a redirection's target."""
        if redirect.type != "file_redirect":
            return []
        has_target = not any(it.type in {">&-", "<&-"} for it in redirect.children)
        return words_of(self.source, redirect.children_by_field_name("destination"))[has_target:]

    def nested(self, command: Command, place: _Place, folders: Folders) -> None:
        """Walk the script of ``sh -c '…'``."""
        found = nested_script(command)
        quoted = found and quoted_text(found[0])
        if not found or not quoted:
            return
        word, errexit = found
        text, offset = quoted
        walker = _Walker(Source(text), errexit=errexit)
        walker.program(replace(place.inside(Nesting.NESTED_SHELL), depth=place.depth + 1), folders)
        self.broken |= walker.broken
        start = None if offset is None else word.span.start + offset
        self.commands += [moved(it, start, word) for it in walker.commands]
