"""Devcontainer files: the one build that they describe, or the service of the Compose files that they name.

https://containers.dev/implementors/json_reference/ (``dockerFile`` and ``context`` are the older names).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from layerwise.semantics.dockerfile import familiar_name
from layerwise.workspace.build_files.compose import compose_builds
from layerwise.workspace.build_files.files import Definition, Files, folder_at, mapping, named, strings, texts
from layerwise.workspace.disk import normal_path


def devcontainer_builds(path: Path, files: Files) -> Iterator[Definition]:
    """Yield the build of a devcontainer.json, if it has one; paths start at its folder."""
    document = mapping(files.json(path))
    composed = [normal_path(path.parent / it) for it in strings(document.get("dockerComposeFile"))]
    if composed:
        service = document.get("service")
        wanted = named("service", service) if isinstance(service, str) else None
        yield from (it for it in compose_builds(composed, files) if it.name == wanted)
        return
    build = mapping(document.get("build"))
    dockerfile = build.get("dockerfile", document.get("dockerFile"))
    context = build.get("context", document.get("context", "."))
    # `${localEnv:X}` and the like are known where the container is made only.
    if isinstance(dockerfile, str) and isinstance(context, str) and "${" not in dockerfile + context:
        folder = folder_at(path.parent, context)
        if folder is not None:
            target = build.get("target")
            known = {name: it for name, it in texts(mapping(build.get("args"))).items() if "${" not in it}
            yield Definition(
                path,
                "",
                folder,
                normal_path(path.parent / dockerfile),
                target if isinstance(target, str) and "${" not in target else None,
                known,
                dict(_named(strings(build.get("options")))),
            )


def _named(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the named contexts among the options of ``docker build``; where their paths start is not said."""
    for option, value in pairwise([*options, ""]):
        flag, equals, rest = option.partition("=")
        if flag == "--build-context":
            name, _, written = (rest if equals else value).partition("=")
            yield familiar_name(name), written
