"""A Dockerfile with all that is found in it: what the renderers take. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from layerwise.rules.analysis import Analysis, Located
from layerwise.syntax.problem import Problem
from layerwise.syntax.validation import problems_of


@dataclass(frozen=True, slots=True)
class Checked:
    """``shown`` is what results call the file."""

    shown: str
    analysis: Analysis
    findings: tuple[Located, ...]
    problems: tuple[Problem, ...]

    @staticmethod
    def of(shown: str, analysis: Analysis) -> Checked:
        """Find all that there is to find."""
        return Checked(shown, analysis, analysis.findings, tuple(problems_of(analysis.dockerfile.tree)))
