"""A rule that fails costs its own finding only: it is logged, and raised in tests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

_log: Final = logging.getLogger(__name__)
_T = TypeVar("_T")

raise_rule_errors = False
"""Set by the tests: a failing rule then fails the test."""


def guarded(rule: str, subject: str, work: Callable[[], _T]) -> _T | None:
    """Return what a part of a rule makes of ``subject``, None if it fails."""
    try:
        return work()
    except Exception:
        if raise_rule_errors:
            raise
        _log.exception("the rule %s failed on %s", rule, subject[:200])
        return None
