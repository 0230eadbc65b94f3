"""Go modules: ``go mod download``, and the commands that download as they build.

Sources: the Go Modules Reference (go.dev/ref/mod: go mod download, go.work files, vendoring, the module cache) and
``go help``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layerwise.ecosystems.command_line import directory_of, read_command_line
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_BUILDING: Final = frozenset({"build", "install", "test", "run", "vet", "list", "generate"})
_VALUED: Final = frozenset(
    {
        "-C",
        "-o",
        "-p",
        "-mod",
        "-modfile",
        "-overlay",
        "-pkgdir",
        "-tags",
        "-toolexec",
        "-ldflags",
        "-gcflags",
        "-asmflags",
    }
    | {"-gccgoflags", "-installsuffix", "-buildmode", "-compiler", "-buildvcs", "-pgo", "-covermode", "-coverpkg"}
    | {"-run", "-bench", "-benchtime", "-count", "-timeout", "-cpu", "-parallel", "-coverprofile", "-exec", "-vet"}
)
_LINE: Final = re.compile(r"(?:(?P<word>[a-z]+)\s+)?(?P<rest>.*)")
_GO_ENVIRONMENT: Final = re.compile(
    r"GO(PROXY|PRIVATE|NOPROXY|NOSUMDB|SUMDB|INSECURE|VCS|AUTH|TOOLCHAIN|PATH|MODCACHE)\Z"
)
CACHE_IMAGES: Final = "/go/pkg/mod"
"""GOMODCACHE of the official images, whose GOPATH is /go."""


@dataclass(frozen=True, slots=True)
class _Module:
    """What go.mod says: required (module, version) pairs, and local replacements."""

    requires: tuple[tuple[str, str], ...]
    local: tuple[str, ...]


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``go mod download``, ``go build ./…``, ``CGO_ENABLED=0 go test``."""
    line = read_command_line(command, scope, _VALUED | {f"-{it}" for it in _VALUED})
    if line is None or line.program != "go" or not line.operands:
        return None
    operands = line.operands
    downloads = operands[:2] == ["mod", "download"]
    if not downloads and (operands[0] not in _BUILDING or any(it is not None and "@" in it for it in operands)):
        return None
    directory = directory_of(command, scope, line.value("-C"))
    if directory is None:
        return None
    title = "go mod download" if downloads else f"go {operands[0]}"
    options = {name.replace("--", "-"): values[-1] for name, values in line.options.items()}
    extra = tuple(str(it) for it in operands[2:] if it != "all") if downloads else ("build",)
    return Install("Go modules", title, command, directory, options, extra)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from go.mod and go.sum of the module that its folder belongs to."""
    builds = install.operands == ("build",)
    root = _module_root(install.directory, files)
    if root is None:
        # Without a module (GOPATH mode, or a folder that only the builder knows) a build reads the source.
        return Needs(source=True) if builds else Needs(
            blocked=("there is no go.mod in the folder where it runs, as far as the build context tells",)
        )  # fmt: skip
    environment = {it.name: it.value for it in install.command.assignments}
    flags = f"{environment.get('GOFLAGS') or scope.variables.get('GOFLAGS') or ''} {_mod_flags(install)}"
    text = files.read(join(root, "go.mod"))
    module = _read_module(text or "")
    vendored = files.exists(join(root, "vendor/modules.txt")) and "-mod=mod" not in flags
    if builds and (vendored or "-mod=vendor" in flags or not module.requires):
        return Needs(source=True)
    manifests = tuple(join(root, it) for it in ("go.mod", "go.sum") if files.exists(join(root, it)))
    blocked = list(_blocked(install, files, root, module, vendored=vendored, flags=flags))
    sums = files.read(join(root, "go.sum"))
    lacking = None if sums is None else _without_sum(module, sums)
    rewritten = f"go.sum lacks {lacking}: Go 1.16 and 1.17 add it during the download, which the later COPY would undo"
    cache = _module_cache(environment, scope)
    return Needs(
        manifests,
        blocked=tuple(blocked),
        check=(rewritten,) if lacking else (),
        outputs=(cache,),
        fetch=_fetch(install) if builds else None,
        extras=(cache,) if builds else (),
    )


def _module_root(directory: str, files: InstallFiles) -> str | None:
    """Return the nearest folder with a go.mod, from ``directory`` up."""
    while True:
        if files.exists(join(directory, "go.mod")):
            return directory
        parent = posixpath.dirname(directory)
        if parent in ("", directory):
            return None
        directory = parent


def _read_module(text: str) -> _Module:
    """Read go.mod (grammar: go.dev/ref/mod#go-mod-file-grammar)."""
    requires: list[tuple[str, str]] = []
    local: list[str] = []
    block = ""
    for line in text.splitlines():
        stripped = line.partition("//")[0].strip()
        if stripped == ")":
            block = ""
            continue
        opening = re.match(r"([a-z]+)\s*\(\s*\Z", stripped)
        if opening:
            block = opening[1]
            continue
        verb, _, rest = (block, "", stripped) if block else stripped.partition(" ")
        words = [it.strip('"`') for it in rest.split()]
        if verb == "require" and len(words) > 1:
            requires.append((words[0], words[1]))
        elif verb == "replace" and "=>" in words:
            target = words[words.index("=>") + 1 :]
            if len(target) == 1:
                local.append(target[0])
            elif target:
                replaced = words[0]
                requires = [it for it in requires if it[0] != replaced]
    return _Module(tuple(requires), tuple(local))


def _mod_flags(install: Install) -> str:
    return " ".join(f"{name}={value}" for name, value in install.options.items() if name in ("-mod", "-modfile"))


def _blocked(
    install: Install, files: InstallFiles, root: str, module: _Module, *, vendored: bool, flags: str
) -> Iterator[str]:
    if module.local:
        yield f"go.mod replaces a module by a folder of the project ({', '.join(module.local)})"
    folder = root
    while True:
        if files.exists(join(folder, "go.work")):
            yield "go.work makes the download read the go.mod of every member"
            break
        parent = posixpath.dirname(folder)
        if parent in ("", folder):
            break
        folder = parent
    if vendored:
        yield "the modules are vendored (vendor/modules.txt), so no download is needed"
    if "-modfile" in flags:
        yield "-modfile names another go.mod"
    if "-mod=mod" in flags:
        yield "-mod=mod lets go rewrite go.mod and go.sum, which the later COPY would put back"
    if "-overlay" in install.options:
        yield "-overlay reads other files"
    if install.operands not in ((), ("build",)):
        yield "it downloads named modules only"


def _without_sum(module: _Module, sums: str) -> str | None:
    known = {tuple(it.split()[:2]) for it in sums.splitlines()}
    return next(
        (f"{name} {version}" for name, version in module.requires if (name, f"{version}/go.mod") not in known), None
    )


def _module_cache(environment: dict[str, str | None], scope: Scope) -> str:
    for name, suffix in (("GOMODCACHE", ""), ("GOPATH", "/pkg/mod")):
        value = environment.get(name) or scope.variables.get(name)
        if value:
            return value.split(":")[0] + suffix
    return CACHE_IMAGES


def _fetch(install: Install) -> str:
    """Return the download alone, with what tells go where to get modules from."""
    command = install.command
    kept = [f"{it.name}={it.value}" for it in command.assignments if _GO_ENVIRONMENT.match(it.name) and it.value]
    program = command.program or "go"
    folder = ["-C", install.options["-C"]] if "-C" in install.options else []
    return " ".join([*kept, program, *folder, "mod", "download"])


GO: Final = Ecosystem("Go modules", recognise, needs, ("go.mod", "go.sum", "go.*", "go.mod*"))
