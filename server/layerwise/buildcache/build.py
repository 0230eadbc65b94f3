"""One build, as far as cache keys depend on it: a Dockerfile, its context, and what else is given."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerwise.context.build_context import BuildContext
from layerwise.semantics.dockerfile import Dockerfile, Stage
from layerwise.semantics.frontend import foreign_frontend


class Builder(enum.StrEnum):
    """Whose build cache is meant."""

    BUILDKIT = "buildkit"
    LEGACY = "legacy"
    BUILDAH = "buildah"
    KANIKO = "kaniko"

    @property
    def skips_unused_stages(self) -> bool:
        """Whether stages that the target does not need are left out (buildah and kaniko: by their defaults)."""
        return self in (Builder.BUILDKIT, Builder.BUILDAH)

    @property
    def knows_mounts(self) -> bool:
        """Whether ``RUN --mount`` works."""
        return self in (Builder.BUILDKIT, Builder.BUILDAH)

    @property
    def is_sequential(self) -> bool:
        """Whether every instruction is a link of the cache chain, and nothing is looked up behind the first miss."""
        return self is not Builder.BUILDKIT


@dataclass(frozen=True, slots=True, eq=False)
class Build:
    """What two builds are compared by.

    - ``marks``: the identity of entries of the context, by path, where it is not the usual one. Two entries with equal
      marks are the same to COPY: content, kind, mode and link target; an entry without a mark is what it always was.
      Up to the first blank, a mark is the kind and the mode (octal, if it is known).
    - ``named_marks``: the same for each named context, by its name.
    - ``images``: the same for the references of base images and of images that are copied from.
    - ``edited``: instructions (by index) whose meaning is another than their text says. That is how a change is
      described of which only the place is known.
    - ``unsure``: why the visible files are not certain, "" if they are.
    - ``own_file``: the Dockerfile's own path in the context, None if the builder does not see it there.
    """

    dockerfile: Dockerfile
    context: BuildContext
    target: str | None = None
    builder: Builder = Builder.BUILDKIT
    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    named_marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    edited: Mapping[int, str] = field(default_factory=dict[int, str])
    unsure: str = ""
    own_file: str | None = None

    def files(self, name: str) -> BuildContext | None:
        """Return the build context, or the one of a name, None if that is no folder that is known here."""
        if not name:
            return self.context
        named = self.context.named.get(name)
        return None if named is None else named.files

    def marks_in(self, name: str) -> Mapping[str, str]:
        """Return the marks of the build context, or of the one of a name."""
        return self.named_marks.get(name, {}) if name else self.marks

    def built_stages(self) -> frozenset[int]:
        """Return the stages that are built, by index; none if there is no such target."""
        target = self.dockerfile.target(self.target)
        if target is None:
            return frozenset()
        if self.builder.skips_unused_stages:
            return self.dockerfile.needed_for(target)
        return frozenset(range(target.index + 1))

    @property
    def foreign_frontend(self) -> str | None:
        """The image that reads the Dockerfile by rules of its own, None if there is none."""
        if self.builder is not Builder.BUILDKIT:
            return None
        return foreign_frontend(self.dockerfile.tree, self.dockerfile.arguments.given)

    def is_built(self, stage: Stage) -> bool:
        """Tell whether a stage is built."""
        return stage.index in self.built_stages()
