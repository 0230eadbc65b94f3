"""A comment switches off a rule that finds nothing there.

## What it does
Reports `# layerwise: ignore[…]` and `# layerwise: ignore-file[…]` where they suppress no finding, or name a rule that
does not exist.

## Why it matters
A comment that outlived its reason misleads the next reader, and hides the next real finding.

## Example
```dockerfile
FROM node:24
# layerwise: ignore[copy-before-install] the assets are needed
WORKDIR /app
```

## Use instead
```dockerfile
FROM node:24
WORKDIR /app
```

## Fix safety
There is no fix: the comment may hold more than the name of the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from layerwise.rules.rule import SECTIONS, Finding, Rule, Severity
from layerwise.rules.suppression import Ignore
from layerwise.rules.view import FileView
from layerwise.text.documentation import parse_documentation

NAME: Final = "unused-ignore"


def check(view: FileView) -> Iterator[Finding]:
    """Find the comments that hide nothing; not before all is found, nor those for a rule that is off."""
    for it in view.ignores:
        if it not in view.used and view.rules.get(it.rule, True) and not view.unread:
            yield Finding(NAME, it.span, (_message(it, is_known=it.rule in view.rules),))


def _message(ignore: Ignore, *, is_known: bool) -> str:
    """Say why an ignore is of no use."""
    if not is_known:
        return f"this comment suppresses nothing: there is no rule {ignore.rule}"
    if ignore.misplaced:
        return "this comment suppresses nothing: ignore-file counts only in front of the first instruction"
    return f"this comment suppresses nothing: {ignore.rule} finds nothing here"


RULE: Final = Rule(
    NAME,
    Severity.HINT,
    fixable=False,
    since="0.1.0",
    documentation=parse_documentation(__doc__, SECTIONS),
    check_file=check,
)
