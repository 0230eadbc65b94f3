"""Go modules: ``go mod download``, and the commands that download as they build.

## What is copied first
`go.mod`, and `go.sum` if there is one; of the folders that go.mod replaces modules by, their `go.mod`; in a workspace
`go.work` and `go.work.sum`, and the `go.mod` and `go.sum` of every member. A `go build`, `go install`, `go test`,
`go get`, `go mod tidy` or `go mod vendor` gets a `go mod download` of its own before the source.

## No fix
Where a member of the workspace or a folder that replaces a module has no go.mod in the context; where `-modfile`,
`-overlay` or `-mod=mod` are given; for the download of only some modules. Modules that are vendored are not downloaded
at all.

## Review
For a download in front of a build, as it takes all modules of go.mod, also those that the build does not import; where
the download would change go.mod or go.sum.

## Cache
`/go/pkg/mod` in the official images, else `~/go/pkg/mod`, and `~/.cache/go-build` for what is compiled.

## Sources
The Go Modules Reference (go.dev/ref/mod: go mod download, workspaces, vendoring, the module cache); the source
of Go 1.19 (cmd/go/internal/modcmd/download.go, modload/init.go). Run with Go 1.19 and a module proxy of files: ``go mod
download`` adds the go.mod sums that go.sum lacks, adds a ``go`` line to a go.mod without one, and leaves both as they
are otherwise. Under strace: of a folder that replaces a module it opens only go.mod, in a workspace also go.work.sum
and the go.mod and go.sum of all members, wherever it runs; it fails if one of these go.mod is missing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.go.project import project_of
from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_BUILDING: Final = frozenset({"build", "install", "test", "get"})
_READING_SOURCE: Final = (["mod", "vendor"], ["mod", "tidy"])
_SOURCE: Final = ("source",)
"""Operands of a `go get` that adds modules: it leaves what a later build need not download."""

_TAKES_ALL: Final = "the download takes all modules of go.mod, also those that the build does not import"
_SYNTAX: Final = syntax(
    "-C -o -p -mod -modfile -overlay -pkgdir -tags -toolexec -ldflags -gcflags -asmflags -gccgoflags -installsuffix"
    " -buildmode -compiler -pgo -covermode -coverpkg -run -skip -bench -benchtime -count -timeout -cpu -parallel"
    " -coverprofile -exec -vet -vettool -f -shuffle -fuzz -fuzztime -outputdir -cpuprofile -memprofile",
    "-a -n -v -x -race -msan -asan -work -trimpath -modcacherw -linkshared -i -json -cover -short -failfast -c -e"
    " -m -deps -test -buildvcs -d -u -t -diff",
    one_dash=True,
)
_WHERE_FROM: Final = re.compile(
    r"GO(PROXY|PRIVATE|NOPROXY|NOSUMDB|SUMDB|INSECURE|VCS|AUTH|TOOLCHAIN|PATH|MODCACHE)|GIT_\w+|\w+_PROXY|SSL_CERT_FILE"
)
_CACHES: Final = ("/go/pkg/mod", "/root/go/pkg/mod")
"""GOMODCACHE of the official images, whose GOPATH is /go, and of root where GOPATH is not set."""


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``go mod download``, ``go build ./…``, ``CGO_ENABLED=0 go test``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program != "go" or not line.operands:
        return None
    operands = line.operands
    if operands[0] == "get" and any(not (it or "").startswith(".") for it in operands[1:]):
        return Install("Go modules", "go get", command, scope.directory, line.last_values(), _SOURCE)
    downloads = operands[:2] == ["mod", "download"]
    # `go install x@v` and `go run x@v` do not look at the module they run in.
    builds = operands[0] in _BUILDING or operands[:2] in _READING_SOURCE
    if not downloads and (not builds or any(it is not None and "@" in it for it in operands)):
        return None
    options = line.last_values()
    directory = directory_of(command, scope, options.get("-C"))
    if directory is None:
        return None
    title = f"go {' '.join(filter(None, operands[: 2 if operands[0] == 'mod' else 1]))}"
    extra = tuple(it or UNKNOWN for it in operands[2:] if it != "all") if downloads else ("build",)
    return Install("Go modules", title, command, directory, options, extra)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from go.mod and go.sum of the module that its folder belongs to."""
    if install.operands == _SOURCE:
        return Needs(source=True)
    builds = install.operands == ("build",)
    environment = environment_of(install.command, scope)
    project = project_of(install.directory, files, environment)
    if project is None or environment.get("GO111MODULE") == "off":
        # Without a module (GOPATH mode, or a folder that only the builder knows) a build reads the source.
        missing = "the build context has no go.mod for the folder where it runs"
        reason = missing if project is None else "GO111MODULE is off"
        return Needs(source=True) if builds else Needs(blocked=(reason,))
    flags = _flags(install, environment)
    vendored = files.exists(join(project.folder, "vendor/modules.txt")) and "-mod=mod" not in flags
    if builds and (vendored or "-mod=vendor" in flags or not project.requires):
        return Needs(source=True)
    manifests = tuple(project.found)
    blocked = [*project.blocked, *_blocked(install, flags)]
    if vendored:
        blocked.append("the modules are vendored (vendor/modules.txt), so that no download is needed")
    return Needs(
        manifests,
        blocked=tuple(blocked),
        check=(*project.rewritten(), *(_checks(install) if builds else ())),
        outputs=_module_caches(environment),
        fetch=_fetch(install) if builds else None,
    )


def _checks(install: Install) -> Iterator[str]:
    yield _TAKES_ALL
    if install.title in ("go mod tidy", "go get"):
        yield f"`{install.title}` may add modules that go.mod does not list yet, and downloads those itself"


def _flags(install: Install, environment: Mapping[str, str | None]) -> list[str]:
    """Return the flags of GOFLAGS and of the command, ``-mod mod`` as ``-mod=mod``."""
    own = [f"{name}={value}" for name, value in install.options.items()]
    return [it.replace("--", "-", 1) for it in (environment.get("GOFLAGS") or "").split()] + own


def _blocked(install: Install, flags: list[str]) -> Iterator[str]:
    for it in flags:
        if it.startswith("-modfile="):
            yield f"it reads another go.mod ({it})"
        elif it.startswith("-overlay="):
            yield f"it reads other files in place of the project's ({it})"
        elif it == "-mod=mod":
            yield "-mod=mod lets go rewrite go.mod and go.sum, and the later COPY would put the old ones back"
    if install.operands not in ((), ("build",)):
        yield "it downloads only some modules, and may add them to go.sum, which the later COPY would put back"


def _module_caches(environment: Mapping[str, str | None]) -> tuple[str, ...]:
    if cache := environment.get("GOMODCACHE"):
        return (cache,)
    path = environment.get("GOPATH")
    return (posixpath.join(path.split(":")[0], "pkg/mod"),) if path else _CACHES


def _fetch(install: Install) -> str:
    """Return the download alone, with what tells go where to get modules from."""
    command = install.command
    kept = [f"{it.name}={it.value}" for it in command.assignments if _WHERE_FROM.fullmatch(it.name) and it.value]
    folder = ["-C", install.options["-C"]] if "-C" in install.options else []
    return " ".join([*kept, command.program or "go", *folder, "mod", "download"])


GO: Final = Ecosystem(
    "Go modules",
    names("go"),
    recognise,
    needs,
    ("go.mod", "go.sum", "go.*", "go.mod*"),
    lambda _: ("go.mod",),
    parse_documentation(__doc__, SECTIONS),
    downloads=("/pkg/mod", "/pkg", "/go"),
    homes=names("GOPATH GOMODCACHE"),
)
