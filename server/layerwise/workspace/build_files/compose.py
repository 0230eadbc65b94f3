"""Compose files: the builds of their services.

https://docs.docker.com/reference/compose-file/build/ says what ``build`` is, and the pages beside it what ``include``,
``extends`` and merging are. Where files are relative to is as in compose-go (``loader/include.go``, ``extends.go``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from layerwise.semantics.dockerfile import familiar_name
from layerwise.workspace.build_files.files import (
    Definition,
    Files,
    folder_at,
    items,
    mapping,
    named,
    named_context,
    pairs,
    strings,
    texts,
)
from layerwise.workspace.build_files.interpolation import interpolate, read_variables
from layerwise.workspace.disk import normal_path

_MOST_LEVELS: Final = 8
_MOST_INCLUDED: Final = 50


class _Build(TypedDict, total=False):
    """What is said of a build, at last in ``file``; a value that is None is not known, or nothing on this disk."""

    file: Path
    context: Path | None
    dockerfile: str | None
    inline: bool
    target: str | None
    args: dict[str, str]
    named: dict[str, Path | str]


def compose_builds(paths: Sequence[Path], files: Files) -> Iterator[Definition]:
    """Yield the builds of one project, whose files add to those before them; it lives in the folder of the first."""
    folder = paths[0].parent
    project = _Project(files, folder, read_variables(files.text(folder / ".env")), {*paths})
    for service, build in project.merged(paths).items():
        context, dockerfile = build.get("context", folder), build.get("dockerfile", "")
        if context is not None and dockerfile is not None and not build.get("inline"):
            path = normal_path(context / dockerfile) if dockerfile else None
            file, name = build.get("file", paths[0]), named("service", service)
            target, arguments = build.get("target"), build.get("args", {})
            yield Definition(file, name, context, path, target, arguments, build.get("named", {}))


@dataclass(frozen=True, slots=True)
class _Project:
    """The folder that paths start at, and the variables; ``included`` are the files up to now, of all projects."""

    files: Files
    folder: Path
    variables: Mapping[str, str | None]
    included: set[Path]

    def merged(self, paths: Sequence[Path]) -> dict[str, _Build]:
        """Return by service what all the files together say."""
        builds: dict[str, _Build] = {}
        for path in paths:
            for name, build in self._builds(path).items():
                builds[name] = _over(build, builds.get(name))
        return builds

    def _builds(self, path: Path) -> dict[str, _Build]:
        document = mapping(self.files.yaml(path))
        builds = dict(self._included(document.get("include")))
        for name in mapping(document.get("services")):
            if (build := self._service(path, name, ())) is not None:
                builds[name] = _Build({**build, "file": path})
        return builds

    def _included(self, include: object) -> Iterator[tuple[str, _Build]]:
        for entry in items(include):
            table = mapping(entry) or {"path": entry}
            paths = [it for it in map(self._path, strings(table.get("path"))) if it is not None]
            # One that includes itself says nothing new, and one that is included twice does not either.
            if not paths or paths[0] in self.included or len(self.included) > _MOST_INCLUDED:
                continue
            self.included.add(paths[0])
            folder = paths[0].parent
            if isinstance(written := table.get("project_directory"), str):
                folder = self._path(written) or folder
            written = strings(table.get("env_file"))
            named_files = [it for it in map(self._path, written) if it is not None] if written else [folder / ".env"]
            variables = {k: v for it in named_files for k, v in read_variables(self.files.text(it)).items()}
            project = _Project(self.files, folder, {**variables, **self.variables}, self.included)
            yield from project.merged(paths).items()

    def _service(self, path: Path, name: str, seen: tuple[tuple[Path, str], ...]) -> _Build | None:
        """Return the build of a service with what it extends; None if it has none."""
        if (path, name) in seen or len(seen) == _MOST_LEVELS:
            return None
        service = mapping(mapping(mapping(self.files.yaml(path)).get("services")).get(name))
        # The paths of a file that is extended start at its own folder.
        folder = path.parent if seen and path != seen[0][0] else self.folder
        own = self._own(service.get("build"), folder)
        extends = service.get("extends")
        other = extends if isinstance(extends, str) else mapping(extends).get("service")
        if not isinstance(other, str):
            return own
        file = mapping(extends).get("file")
        at = normal_path(path.parent / file) if isinstance(file, str) and "$" not in file else path
        base = self._service(at, other, (*seen, (path, name)))
        return base if own is None else _over(own, base)

    def _own(self, written: object, folder: Path) -> _Build | None:
        if isinstance(written, str):
            return _Build(context=self._context(written, folder))
        table = mapping(written)
        if not isinstance(written, dict):
            return None
        build = _Build()
        if table.get("context") is not None:
            build["context"] = self._context(table["context"], folder)
        if table.get("dockerfile") is not None:
            build["dockerfile"] = self._filled(table["dockerfile"])
        if table.get("dockerfile_inline") is not None:
            build["inline"] = True
        if table.get("target") is not None:
            build["target"] = self._filled(table["target"])
        build["args"] = self._all_filled(texts(pairs(table.get("args"))))
        contexts = self._all_filled(texts(pairs(table.get("additional_contexts"))))
        build["named"] = {familiar_name(name): named_context(folder, it) for name, it in contexts.items()}
        return build

    def _all_filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the values with variables filled in, without those that are not known."""
        filled = {name: self._filled(it) for name, it in values.items()}
        return {name: it for name, it in filled.items() if it is not None}

    def _context(self, written: object, folder: Path) -> Path | None:
        text = self._filled(written)
        return None if text is None else folder_at(folder, text)

    def _path(self, written: str) -> Path | None:
        text = self._filled(written)
        return None if text is None else folder_at(self.folder, text)

    def _filled(self, written: object) -> str | None:
        return interpolate(written, self.variables) if isinstance(written, str) else None


def _over(build: _Build, base: _Build | None) -> _Build:
    if base is None:
        return build
    args = {**base.get("args", {}), **build.get("args", {})}
    named = {**base.get("named", {}), **build.get("named", {})}
    return _Build({**base, **build, "args": args, "named": named})
