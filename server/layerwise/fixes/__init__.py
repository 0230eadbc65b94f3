"""Fixes as data: edits with an applicability. Knows nothing of rules."""
