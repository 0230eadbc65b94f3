"""Which files differ between two builds, for steps of which only the build knows what files they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Final

from layerwise.buildcache.build import Build, Builder
from layerwise.buildcache.content import Content
from layerwise.context.build_context import BuildContext
from layerwise.context.listing import FileKind

_IGNORE_FILE: Final = ".dockerignore"


class Differing:
    """The files that differ between a build and the next one."""

    def __init__(self, before: Build, after: Build) -> None:
        """Compare nothing yet: most steps say which files they take."""
        self._before = before
        self._after = after

    def may_be_in(self, content: Content) -> bool:
        """Tell whether a content that is not known may be another one."""
        if not content.unknown:
            return False
        if not content.origin and self._after.unsure and self._after.unsure != self._before.unsure:
            return True
        paths = self._paths.get(content.origin, frozenset[str]())
        if not paths:
            return False
        return self._has_links(content.origin) or any(map(content.may_select, paths))

    @cached_property
    def _paths(self) -> Mapping[str, frozenset[str]]:
        names = {"", *self._before.context.named, *self._after.context.named}
        return {it: frozenset(_differing(self._before, self._after, it)) for it in names}

    def _has_links(self, name: str) -> bool:
        """Tell whether a link may lead to a file from anywhere."""
        contexts = (self._before.files(name), self._after.files(name))
        return any(it.kind is FileKind.SYMLINK for at in contexts if at is not None for it in at.entries.values())


def _differing(before: Build, after: Build, name: str) -> Iterator[str]:
    then, now = (it.files(name) or BuildContext.unknown() for it in (before, after))
    if then is not now:
        yield from then.entries.keys() ^ now.entries.keys()
    marks, marks_now = before.marks_in(name), after.marks_in(name)
    if marks is not marks_now:
        yield from (it for it in marks.keys() | marks_now.keys() if marks.get(it) != marks_now.get(it))


def is_the_same(before: Build, after: Build) -> bool:
    """Tell whether two builds are alike in all that they are made of."""
    if before is after:
        return True
    one, other = (
        (
            it.dockerfile.tree.text,
            it.dockerfile.arguments.given,
            it.target,
            it.builder,
            it.images,
            it.edited,
            it.unsure,
            it.context.named.keys(),
        )
        for it in (before, after)
    )
    names = ("", *after.context.named)
    return one == other and not any(path for it in names for path in _differing(before, after, it))


def as_the_client_sends(build: Build) -> Build:
    """Return a build with what the client changes in its context.

    That of docker's legacy builder adds a Dockerfile from elsewhere under a name of its own, and that name to the
    ignore file (``docker/cli`` ``build/context.go:AddDockerfileToBuildContext``).
    """
    if build.builder is not Builder.LEGACY or not build.context.outside or _IGNORE_FILE not in build.context.entries:
        return build
    return replace(build, marks={**build.marks, _IGNORE_FILE: "with the name of this build's Dockerfile"})
