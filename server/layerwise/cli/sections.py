"""Documentation on a terminal: sections with their titles, code set in."""

from __future__ import annotations

from layerwise.cli.paint import Paint
from layerwise.text.documentation import Documentation


def section_lines(documentation: Documentation, paint: Paint) -> list[str]:
    """Return the sections of a documentation, one line of the terminal each."""
    lines: list[str] = []
    for title, text in documentation.sections.items():
        lines += ["", paint("note", title)]
        is_code = False
        for line in text.split("\n"):
            if line.startswith("```"):
                is_code = not is_code
            else:
                lines.append(f"{'    ' if is_code else '  '}{line}".rstrip())
    return lines
