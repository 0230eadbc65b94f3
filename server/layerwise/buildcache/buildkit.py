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
from layerwise.buildcache.mounts import mount_keys
from layerwise.buildcache.step import Aspect, StepKey, Taken
from layerwise.buildcache.variable_list import Unknown, Value
from layerwise.context.listing import SourceMatch
from layerwise.semantics.copy import Copy, Source
from layerwise.semantics.dockerfile import Placed, Stage, stage_named
from layerwise.semantics.paths import join
from layerwise.semantics.run import is_sole_heredoc
from layerwise.syntax.instruction import Instruction

_GIT: Final = re.compile(r"(git|ssh)://|git@|[^/]+@[\w.-]+:|https?://\S+\.git(#|\?|/?\Z)")
_TARGET_PLATFORM: Final = re.compile(r"\$(TARGETPLATFORM|\{TARGETPLATFORM\})")
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
    own = image, build.images.get(stage.opening.image)
    return StepKey(own, {Aspect.BASE: own}, (Taken(None, wanted, label, platform=True),))


def _full_name(reference: Value) -> Value:
    """Return an image reference with what is left out by default."""
    if not isinstance(reference, str):
        return reference
    name = re.sub(r"^(index\.)?docker\.io/(library/)?", "", reference)
    return name if re.search(r"[:@][^/]*$", name) else f"{name}:latest"


def step_key(build: Build, earlier: Sequence[Stage], placed: Placed, environment: Environment) -> StepKey | None:
    """Return the key of an instruction, ``environment`` being what is in front of it; None if it makes no step."""
    if placed.keyword == "RUN":
        return _run_key(build, earlier, placed, environment)
    if placed.copy is not None:
        return _copy_key(build, earlier, placed, placed.copy, environment)
    return None


def workdir_key(build: Build, environment: Environment) -> StepKey | None:
    """Return the key of a WORKDIR, ``environment`` being what is behind it; None for the root, which always exists."""
    if environment.directory == "/":
        return None
    time = build.dockerfile.arguments.given.get("SOURCE_DATE_EPOCH")
    own = environment.directory, normal_owner(environment.user), time
    return StepKey(("mkdir", own), {Aspect.DIRECTORY: environment.directory, Aspect.USER: environment.user})


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
    user, directory, variables = environment.user, environment.directory, environment.variables
    aspects: dict[Aspect, Hashable] = {
        Aspect.COMMAND: (command, script),
        Aspect.SHELL: shell,
        Aspect.FLAGS: flags,
        Aspect.VARIABLES: variables,
        Aspect.USER: user,
        Aspect.DIRECTORY: directory,
        Aspect.MOUNTS: mounts.keys,
    }
    hostname = build.dockerfile.arguments.given.get("BUILDKIT_SANDBOX_HOSTNAME")
    own = (
        "exec", (*shell, *command), script, flags, variables, user, directory, mounts.keys, hostname,
    )  # fmt: skip
    return StepKey(own, aspects, mounts.taken, mounts.content)


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
    content: Content | None = None
    taken = [Taken(None, (it, flag("checksum"), flag("keep-git-dir")), it) for it in copy.remote]
    if copy.origin is not None:
        taken.append(taken_by_copy(build, earlier, copy, paths))
    elif copy.sources:
        content = copied_content(build, copy)
    aspects: dict[Aspect, Hashable] = {
        Aspect.SOURCES: (names, remote, copy.origin is None, paths),
        Aspect.DESTINATION: destination,
        Aspect.FLAGS: (*flags, copy.is_apart),
        Aspect.INLINE: inline,
    }
    # A path that can't be told is a part of the key by what it is made of.
    unsure = tuple(it for it in paths if isinstance(it, Unknown)) if content is not None else ()
    own = ("copy", names, remote, destination, flags, inline, unsure)
    return StepKey(own, aspects, tuple(taken), content, follows=not copy.is_apart)


def taken_by_copy(build: Build, earlier: Sequence[Stage], copy: Copy, paths: tuple[Value, ...]) -> Taken:
    """Return what a COPY takes from a stage or an image."""
    origin = copy.origin or ""
    selected = paths, copy.exclude, copy.parents
    stage = stage_named(earlier, origin)
    if stage is not None:
        return Taken(stage.index, selected, stage.label, paths)
    return Taken(None, (origin, build.images.get(origin), selected), origin, paths)


def copied_content(build: Build, copy: Copy) -> Content:
    """Return the content of the context that a COPY or ADD selects."""
    matches: list[SourceMatch | None] = []
    unknown = ""
    for source in copy.sources:
        if not source.known:
            unknown = f"only the build knows what `{source.text}` stands for"
            continue
        matches.append(build.context.resolve_source(source.path, exclude=copy.exclude, parents=copy.parents))
    return content_of(build, matches, copy.exclude, unknown)


def source_paths(placed: Placed, copy: Copy, environment: Environment) -> tuple[Value, ...]:
    """Return the sources of a COPY or ADD, from the root of where they are."""
    return tuple(_source(placed, it, environment) for it in copy.sources)


def _source(placed: Placed, source: Source, environment: Environment) -> Value:
    if not source.known:
        return environment.resolve(source.text, placed.scope, placed.instruction.escape)
    return posixpath.normpath(f"/{source.path}").replace("//", "/")


def _name(path: Value) -> Value:
    return path if isinstance(path, Unknown) else posixpath.basename(path)


def _destination(placed: Placed, copy: Copy, environment: Environment) -> Hashable:
    written = copy.destination
    path = written.path
    ending = "/" if path.endswith("/") or path in (".", "") else "/." if path.endswith("/.") else ""
    target = join(placed.scope.directory, path, known=written.known)
    resolved = environment.resolve(written.text, placed.scope, placed.instruction.escape)
    # What the text can't tell is the same only if what it is made of is.
    relative = environment.directory if not path.startswith("/") else ""
    made_of = resolved if isinstance(resolved, Unknown) else "", relative if isinstance(relative, Unknown) else ""
    return (target if target != "/" else "") + ending, made_of


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
