"""The list of rules. Explicit, sorted by name, checked by tests/rules/test_registry.py."""

from __future__ import annotations

from typing import Final

from layerwise.rules import copy_before_install, unused_ignore
from layerwise.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (copy_before_install.RULE, unused_ignore.RULE)
NAMES: Final = frozenset(it.name for it in RULES)


def rule_named(name: str) -> Rule:
    """Return the rule; raises ``KeyError`` if there is none of that name."""
    return next((it for it in RULES if it.name == name), None) or _unknown(name)


def _unknown(name: str) -> Rule:
    raise KeyError(name)
