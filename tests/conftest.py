"""What all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from layerwise.rules import guard

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, max_examples=300, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def _rules_may_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """In production a failing rule costs its own findings; here it fails the test."""
    monkeypatch.setattr(guard, "raise_rule_errors", True)
