"""The ignore file of a build context, and what it hides.

Reading follows moby/patternmatcher ``ignorefile/ignorefile.go:ReadAll``. Matching follows the walk that sends the
context, BuildKit ``vendor/github.com/tonistiigi/fsutil/filter.go:filterFS.Walk`` over patternmatcher's
``MatchesUsingParentResults``: patterns are tried in order, the last match wins, a match of a directory holds for all
below it. In two ways this differs from ``MatchesOrParentMatches``:

- a pattern that was not needed for a directory says nothing about what is below. Nothing had ignored ``a`` when ``!a``
  was looked at: ``a/b`` and ``!a`` hide ``a/b``. ``a`` was ignored anyway: ``*``, ``!**/*.md``, ``a`` show ``a/x.md``;
- the walk does not enter an ignored directory that no ``!`` pattern seems to lead into, and what a pattern leads into
  is decided after cutting ``/**`` and then ``/*`` off its end: ``!a/*/**`` brings nothing back below ``a/b``.

Contents are sent by ``filterFS.Open``, which does ask ``MatchesOrParentMatches``: that ``a/x.md`` may arrive empty.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from layerwise.context.glob import BadPatternError
from layerwise.context.ignore_pattern import ignore_test

# What Go's unicode.IsSpace knows; str.strip() would also take the separators U+001C to U+001F.
_BLANKS: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


@dataclass(frozen=True, slots=True)
class IgnorePattern:
    """One effective line: the cleaned ``text`` without ``!``, and the 0-based line of the file that it stands on."""

    text: str
    negated: bool
    line: int


@dataclass(frozen=True, slots=True)
class IgnoreProblem:
    """Something for which the builder refuses the whole ignore file; ``line`` is 0-based."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns in effect, in order. Patterns with a problem are left out: with one, the build fails anyway."""

    patterns: tuple[IgnorePattern, ...] = ()
    problems: tuple[IgnoreProblem, ...] = ()
    _matcher: _Matcher = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the patterns; raises ``BadPatternError`` for one that ``parse_ignore`` would not have let through."""
        object.__setattr__(self, "_matcher", _Matcher(self.patterns))

    def ignores(self, path: str) -> bool:
        """Tell whether ``path`` (posix, relative to the context, clean) is ignored; the root never is.

        An ignored directory is still sent if something below it is not ignored.
        """
        decision = self.decided_by(path)
        return decision is not None and not decision.negated

    def decided_by(self, path: str) -> IgnorePattern | None:
        """Return the pattern that has the last word on ``path``, negated or not, or None if no pattern matches."""
        if not self.patterns or path in ("", "."):
            return None
        return self._matcher.last(self._matcher.evaluate(path))

    def may_reinclude_below(self, directory: str) -> bool:
        """Tell whether something below an ignored ``directory`` might not be ignored; if not, a walk may skip it.

        May say yes where nothing is there, never no where something is.
        """
        return self._matcher.may_reinclude_below(directory)


class _Matcher:
    """Evaluates patterns on paths; a bit set says which of them hold for a path, and each directory's is remembered."""

    __slots__ = ("_directories", "_ignoring", "_leads", "_patterns", "_skipped", "_tests")

    def __init__(self, patterns: tuple[IgnorePattern, ...]) -> None:
        self._patterns = patterns
        self._tests = tuple((1 << at, it.negated, ignore_test(it.text)) for at, it in enumerate(patterns))
        self._ignoring = sum(bit for bit, negated, _ in self._tests if not negated)
        self._leads = _leads(patterns)
        # One bit above those of the patterns marks a directory that the walk does not enter.
        self._skipped = 1 << len(patterns)
        self._directories = {"": 0, "/": 0}

    def evaluate(self, path: str) -> int:
        return self._apply(path, self._directory(posixpath.dirname(path)))

    def _apply(self, path: str, parent: int) -> int:
        if parent & self._skipped:
            return parent
        ignored = False
        holds = 0
        for bit, negated, test in self._tests:
            if parent & bit or (negated == ignored and test(path)):
                holds |= bit
                ignored = not negated
        return holds

    def last(self, holds: int) -> IgnorePattern | None:
        last = (holds & ~self._skipped).bit_length()
        return self._patterns[last - 1] if last else None

    def may_reinclude_below(self, directory: str) -> bool:
        holds = self._directory(directory)
        if holds & self._skipped:
            return False
        # What a pattern ignores for the directory it ignores for all below: only those behind it have a say.
        first = (holds & self._ignoring).bit_length()
        return any(it.negated and _may_match_below(it.text, directory) for it in self._patterns[first:])

    def _directory(self, path: str) -> int:
        # From the nearest known directory down, not by recursion: a path may have thousands of components.
        ahead: list[str] = []
        while (holds := self._directories.get(path)) is None:
            ahead.append(path)
            path = posixpath.dirname(path)
        for directory in reversed(ahead):
            holds = self._apply(directory, holds)
            decision = self.last(holds)
            if decision and not decision.negated and not self._enters(directory):
                holds |= self._skipped
            self._directories[directory] = holds
        return holds

    def _enters(self, directory: str) -> bool:
        return self._leads is None or any(it.startswith(f"{directory}/") for it in self._leads)


def parse_ignore(text: str) -> IgnoreRules:
    """Read an ignore file (``.dockerignore``, ``<dockerfile>.dockerignore``). Never raises: see ``problems``."""
    found: list[tuple[int, str]] = []
    for line, raw in enumerate(text.removeprefix("\ufeff").split("\n")):
        if raw.startswith("#"):
            continue
        pattern = raw.strip(_BLANKS)
        if not pattern:
            continue
        negated = pattern.startswith("!")
        path = pattern[1:].strip(_BLANKS) if negated else pattern
        if path:
            path = _clean(path)
            path = path[1:] if path.startswith("/") and path != "/" else path
        found.append((line, f"!{path}" if negated else path))
    return _rules(found)


@lru_cache(maxsize=256)
def exclude_rules(patterns: tuple[str, ...]) -> IgnoreRules:
    """Return the rules of ``COPY --exclude=…``, in order, for paths relative to the source directory.

    The same matcher, but not read as a file: a leading ``/`` stays, and then matches nothing. The ``line`` of a problem
    is the index of its pattern.
    """
    return _rules((line, it.strip(_BLANKS)) for line, it in enumerate(patterns))


def _rules(lines: Iterable[tuple[int, str]]) -> IgnoreRules:
    patterns: list[IgnorePattern] = []
    problems: list[IgnoreProblem] = []
    for line, text in lines:
        if not text:
            continue
        # Cleaned with its `!`, as `PatternMatcher.New` does: `!/` becomes a lone `!`, which is refused.
        cleaned = _clean(text)
        negated = cleaned.startswith("!")
        pattern = cleaned.removeprefix("!")
        if not pattern:
            problems.append(IgnoreProblem(line, f"The builder refuses `{text}`: there is no pattern after `!`"))
            continue
        try:
            ignore_test(pattern)
        except BadPatternError as error:
            problems.append(IgnoreProblem(line, f"The builder refuses `{text}`: {error}"))
        else:
            patterns.append(IgnorePattern(pattern, negated, line))
    return IgnoreRules(tuple(patterns), tuple(problems))


def _clean(path: str) -> str:
    """Go's ``filepath.Clean``: ``normpath``, but never with two slashes in front."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _leads(patterns: Iterable[IgnorePattern]) -> tuple[str, ...] | None:
    """Return where the ``!`` patterns lead, with a slash behind, or None if only a look everywhere can tell."""
    ends = [it.text.removesuffix("/**").removesuffix("/*") for it in patterns if it.negated]
    if any(character in end for end in ends for character in "*[]?^\\"):
        return None
    return tuple(f"{it}/" for it in ends)


def _may_match_below(pattern: str, directory: str) -> bool:
    below = f"{directory}/" if directory else ""
    plain = re.match(r"[^*?\[\]\\|{}^]*", pattern)
    literal = plain[0] if plain else ""
    if literal == pattern:
        return pattern.startswith(below)
    if re.search(r"[|{}^]", pattern):
        return True
    if not literal.startswith(below) and not below.startswith(literal):
        return False
    crosses = "**" in pattern or "[" in pattern or "\\" in pattern
    return crosses or pattern.count("/") >= below.count("/")
