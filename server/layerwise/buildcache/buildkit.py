"""The cache keys of BuildKit: what is in the key of each instruction that makes a step.

Source: BuildKit ``dockerfile2llb/convert.go`` (dispatchRun, dispatchWorkdir), ``convert_copy.go``,
``convert_runmount.go``, ``solver/llbsolver/ops/exec.go:CacheMap``, ``file.go:CacheMap``, ``client/llb/fileop.go``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Hashable, Sequence
from typing import Final
from urllib.parse import urlsplit

from layerwise.buildcache.build import Build
from layerwise.buildcache.content import Content, content_of
from layerwise.buildcache.environment import Environment
from layerwise.buildcache.likeness import Told, Versioned
from layerwise.buildcache.mounts import mount_keys
from layerwise.buildcache.step import Aspect, StepKey, Taken
from layerwise.buildcache.variable_list import Unknown, Value
from layerwise.context.listing import Listing, SourceMatch
from layerwise.semantics.copy import Copy, Source
from layerwise.semantics.dockerfile import SCRATCH, Placed, Stage, context_named, familiar_name, stage_named
from layerwise.semantics.paths import join
from layerwise.semantics.run import is_sole_heredoc
from layerwise.syntax.instruction import Instruction

_GIT: Final = re.compile(r"(git|ssh)://|git@|[^/]+@[\w.-]+:|https?://\S+\.git(#|\?|/?\Z)")
_TARGET_PLATFORM: Final = re.compile(r"\$(TARGETPLATFORM|\{TARGETPLATFORM\})")
_ONBUILD: Final = re.compile(r"(?:\A|[^a-z0-9])onbuild(?:\Z|[^a-z0-9])", re.IGNORECASE)
_SAME_AS_NONE: Final = {"network": "default", "security": "sandbox"}


def base_key(build: Build, stage: Stage, environment: Environment) -> StepKey:
    """Return the key of a FROM that names an image."""
    placed = build.dockerfile.instructions[stage.first]
    platform = placed.instruction.flag("platform")
    escape = placed.instruction.escape
    image = _full_name(environment.resolve(stage.opening.reference, placed.scope, escape))
    wanted: Value = environment.resolve(platform.value, placed.scope, escape) if platform and platform.value else ""
    if isinstance(wanted, Unknown) and _TARGET_PLATFORM.fullmatch(wanted.text):
        # What is built for in any case.
        wanted = ""
    label = "the platform that is built for" if not wanted else wanted if isinstance(wanted, str) else wanted.text
    aspects: dict[Aspect, Hashable] = {Aspect.BASE: (image, build.images.get(stage.opening.image))}
    taken = (Taken(None, wanted, label, platform=True),)
    named = context_named((), stage.opening.image, build.context.named, by_index=False)
    if named is not None and build.files(named) is not None:
        # Its key is that of the session (``source/local/source.go:CacheKey``), and only COPY compares content.
        return StepKey("from", aspects, (), always="every build takes the folder that it starts from anew")
    contents: tuple[Content, ...] = ()
    if named is None and leaves_triggers(stage.opening.image):
        contents = (Content((), build.marks, "only the base image knows what its ONBUILD does"),)
        aspects[Aspect.TRIGGERS] = Versioned(tuple(sorted(build.dockerfile.arguments.given.items())))
    return StepKey("from", aspects, taken, contents)


def _full_name(reference: Value) -> Value:
    """Return an image reference with what is left out by default."""
    if not isinstance(reference, str):
        return reference
    name = familiar_name(reference)
    return name if re.search(r"[:@][^/]*$", name) else f"{name}:latest"


def leaves_triggers(image: str) -> bool:
    """Tell whether an image is named as those are that have ONBUILD: ``node:8-onbuild``."""
    return _ONBUILD.search(image) is not None


def may_leave_triggers(image: str) -> bool:
    """Tell whether an image may have ONBUILD: those that Docker looks after have none, but those named like that."""
    return image != SCRATCH and ("/" in familiar_name(image) or "$" in image or leaves_triggers(image))


def step_key(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> StepKey | None:
    """Return the key of an instruction, ``environment`` being what is in front of it; None if it makes no step."""
    if placed.keyword == "RUN":
        return _run_key(build, earlier, placed, environment)
    if placed.copy is not None:
        return _copy_key(build, earlier, placed, placed.copy, environment)
    return None


def workdir_key(build: Build, environment: Environment) -> StepKey | None:
    """Return the key of a WORKDIR, ``environment`` being what is behind it; None for the root, which always exists."""
    directory = environment.directory
    if directory == "/":
        return None
    path = directory if isinstance(directory, Unknown) else join("/", directory)
    time = build.dockerfile.arguments.given.get("SOURCE_DATE_EPOCH")
    aspects = {Aspect.DIRECTORY: path, Aspect.USER: normal_owner(environment.user), Aspect.TIME: time}
    return StepKey("mkdir", aspects)


def _run_key(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> StepKey:
    instruction = placed.instruction
    if instruction.json is not None:
        shell: tuple[str, ...] = ()
        command: tuple[str, ...] = tuple(it.text for it in instruction.json)
    else:
        shell, command = placed.scope.shell, (command_text(instruction),)
    script: str | None = None
    if _is_script(instruction):
        # A file of its own that is mounted; the shell gets its path.
        script, command = command[0], (f"/dev/pipes/{instruction.heredocs[0].name}",)
    flags = tuple(
        sorted(
            (it.name, it.value or "")
            for it in instruction.flags
            if it.name != "mount" and _SAME_AS_NONE.get(it.name) != it.value
        )
    )
    mounts = mount_keys(build, earlier, placed, environment)
    given = build.dockerfile.arguments.given
    aspects: dict[Aspect, Hashable] = {
        Aspect.COMMAND: Told(((*shell, *command), script), shell),
        Aspect.FLAGS: flags,
        Aspect.VARIABLES: environment.variables,
        Aspect.USER: environment.user,
        Aspect.DIRECTORY: environment.directory,
        Aspect.MOUNTS: mounts.keys,
        Aspect.CACHES: mounts.caches,
        Aspect.HOST: given.get("BUILDKIT_SANDBOX_HOSTNAME"),
    }
    return StepKey("exec", aspects, mounts.taken, mounts.contents)


def command_text(instruction: Instruction) -> str:
    """Return what the shell gets: the joined lines, or the body of a sole heredoc, or both."""
    line, heredocs = instruction.arguments.text, instruction.heredocs
    if not heredocs:
        return line
    if is_sole_heredoc(instruction):
        return heredocs[0].content(instruction.text)
    return "".join([line, *(f"\n{it.body.of(instruction.text)}{it.name}" for it in heredocs)])


def _is_script(instruction: Instruction) -> bool:
    return is_sole_heredoc(instruction) and instruction.heredocs[0].content(instruction.text).startswith("#!")


def _copy_key(build: Build, earlier: Sequence[Stage], placed: Placed, copy: Copy, environment: Environment) -> StepKey:
    instruction = placed.instruction

    def flag(name: str) -> Value | None:
        found = instruction.flag(name)
        if found is None:
            return None
        return environment.resolve(found.value or "", placed.scope, instruction.escape)

    paths = source_paths(placed, copy, environment)
    names = tuple(_name(it) for it in paths)
    unpacks = (placed.keyword == "ADD", flag("unpack"))
    flags = normal_owner(flag("chown")), _mode(flag("chmod")), copy.exclude, copy.parents, _unpacking(unpacks)
    destination = _destination(placed, copy, environment)
    inline = tuple(_inline(placed, environment))
    remote = tuple(_remote_name(it) for it in copy.remote)
    contents: tuple[Content, ...] = ()
    taken = [Taken(None, (it, flag("checksum"), flag("keep-git-dir")), it) for it in copy.remote]
    origin = files_copied(build, earlier, copy)
    if origin is not None:
        contents = (copied_content(build, copy, paths, origin),) if copy.sources else ()
    else:
        taken.append(taken_by_copy(build, earlier, copy, paths))
    # A path that can't be told is a part of the key by what it is made of.
    unsure = tuple(it for it in paths if isinstance(it, Unknown)) if contents else ()
    aspects: dict[Aspect, Hashable] = {
        Aspect.SOURCES: Told((names, remote, unsure), (copy.origin, paths)),
        Aspect.DESTINATION: destination,
        Aspect.FLAGS: flags,
        Aspect.INLINE: inline,
    }
    return StepKey("copy", aspects, tuple(taken), contents, follows=not copy.is_apart)


def taken_by_copy(build: Build, earlier: Sequence[Stage], copy: Copy, paths: tuple[Value, ...]) -> Taken:
    """Return what a COPY takes from a stage or an image."""
    origin = copy.origin or ""
    selected = paths, copy.exclude, copy.parents
    stage = stage_named(earlier, origin)
    if stage is not None:
        return Taken(stage.index, selected, stage.label, paths)
    name = context_named(earlier, origin, build.context.named) or origin
    return Taken(None, (name, build.images.get(name), selected), name, paths)


def files_copied(build: Build, earlier: Sequence[Stage], copy: Copy) -> str | None:
    """Return of which context a COPY takes files: "" for the build context, None for a stage or an image."""
    if copy.origin is None:
        return ""
    named = context_named(earlier, copy.origin, build.context.named)
    return named if named is not None and build.files(named) is not None else None


def copied_content(build: Build, copy: Copy, paths: Sequence[Value], origin: str = "") -> Content:
    """Return the content of a context that a COPY or ADD selects."""
    sources = [it.path if it.known else path for it, path in zip(copy.sources, paths, strict=True)]

    def resolve(listing: Listing, path: str) -> SourceMatch:
        return listing.resolve(path, copy.exclude, parents=copy.parents)

    return content_of(build, sources, copy.exclude, origin=origin, resolve=resolve)


def source_paths(placed: Placed, copy: Copy, environment: Environment) -> tuple[Value, ...]:
    """Return the sources of a COPY or ADD, from the root of where they are."""
    return tuple(_source(placed, it, environment) for it in copy.sources)


def _source(placed: Placed, source: Source, environment: Environment) -> Value:
    if not source.known:
        return environment.resolve(source.text, placed.scope, placed.instruction.escape)
    return posixpath.normpath(f"/{source.path}").replace("//", "/")


def _name(path: Value) -> Value:
    return path if isinstance(path, Unknown) else posixpath.basename(path)


def _destination(placed: Placed, copy: Copy, environment: Environment) -> Value:
    written = copy.destination
    path = written.path
    ending = "/" if path.endswith("/") or path in (".", "") else "/." if path.endswith("/.") else ""
    target = join(placed.scope.directory, path, known=written.known)
    resolved = environment.resolve(written.text, placed.scope, placed.instruction.escape)
    relative = environment.directory if not path.startswith("/") else ""
    return environment.made_of((target if target != "/" else "") + ending, resolved, relative)


def _inline(placed: Placed, environment: Environment) -> list[Hashable]:
    instruction = placed.instruction
    found: list[Hashable] = []
    for heredoc in instruction.heredocs:
        text: Value = heredoc.content(instruction.text)
        if heredoc.expand:
            text = environment.resolve_body(text, placed.scope)
        found.append((heredoc.name, text))
    return found


def normal_owner(value: Value | None) -> Hashable:
    """Return an owner as it is in the key: root by its number."""
    if not isinstance(value, str):
        return value
    return tuple("0" if it == "root" else it.lstrip("0") or "0" if it.isdecimal() else it for it in value.split(":", 1))


def _mode(value: Value | None) -> Hashable:
    if isinstance(value, str) and re.fullmatch("[0-7]+", value):
        return int(value, 8)
    return value


def _unpacking(unpacks: tuple[bool, Value | None]) -> Hashable:
    by_default, flag = unpacks
    return by_default if flag is None else flag != "false"


def _remote_name(url: str) -> str:
    if _GIT.match(url):
        return "/"
    return posixpath.basename(urlsplit(url).path) or "__unnamed__"
