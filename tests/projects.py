"""The whole small projects that the demo, the documentation and the tests share: ``fixtures/projects``.

A folder bears the name of its ecosystem's module, with more behind a hyphen where there are several (``yarn-berry``). Its
Dockerfile is as people write it, with the source before the install; ``Dockerfile.fixed`` is what the safe fixes make of
it, ``Dockerfile.review`` what those for review do.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from layerwise.cli.ecosystems import markdown
from layerwise.commands import registry
from layerwise.commands.kit.install import Ecosystem

FOLDER: Final = Path(__file__).parents[1] / "fixtures" / "projects"
PROJECTS: Final = sorted(it.parent for it in FOLDER.glob("*/Dockerfile"))
ECOSYSTEMS: Final[Mapping[str, Ecosystem]] = {
    place.rpartition(".")[2].lower().replace("_", "-"): registry.ecosystem_at(place) for place in registry.MANAGERS
}
"""By what their folders are called."""


def ecosystem_of(project: Path) -> Ecosystem | None:
    """Return the ecosystem that a project is an example of."""
    return ECOSYSTEMS.get(project.name) or ECOSYSTEMS.get(project.name.partition("-")[0])


def page() -> str:
    """Return docs/ecosystems.md: what the command line prints, and each ecosystem's examples."""
    text = markdown(registry.ecosystems())
    for it in registry.ecosystems():
        head = f"## {it.name}\n\n{it.documentation.summary}\n"
        examples = "".join(_example(project) for project in PROJECTS if ecosystem_of(project) is it)
        text = text.replace(head, f"{head}{examples}")
    return text


def _example(project: Path) -> str:
    review = project / "Dockerfile.review"
    after = review if review.exists() else project / "Dockerfile.fixed"
    title = f"\n**Example.** [{project.name}](../fixtures/projects/{project.name}), as it is:"
    then = "After the fix, which is for review:" if review.exists() else "After the fix:"
    return f"{title}\n\n{_fenced(project / 'Dockerfile')}\n{then}\n\n{_fenced(after)}"


def _fenced(dockerfile: Path) -> str:
    return f"```dockerfile\n{dockerfile.read_text()}```\n"


if __name__ == "__main__":
    sys.stdout.write(page())
