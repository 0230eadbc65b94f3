"""Swift: ``swift package resolve``, and the commands that resolve as they build.

## What is copied first
`Package.swift` and its variants for versions of Swift, `Package.resolved`, the same of packages that are taken from
folders of the project, `.swift-version` and the settings in `.swiftpm/configuration`. A `swift build` or `swift test`
gets a `swift package resolve` of its own before the source.

## No fix
Where a package comes from a folder that the build context lacks, or whose name is put together in code; where the
context has a `.build` folder.

## Review
For a resolve in front of a build. Where a manifest imports modules that may look at files (`Foundation`). Where there
is no `Package.resolved`, or resolving may rewrite it, as `--force-resolved-versions` is not given.

## Cache
`/root/.cache/org.swift.swiftpm`, or `~/.cache/org.swift.swiftpm` of the user; the packages themselves are in `.build`
of the project.

## Sources
The Swift Package Manager's documentation (docs.swift.org: "swift package resolve", "Resolving and updating
dependencies"); its source (Options.swift, Resolve.swift, SwiftCommandState.swift: resolving loads manifests and no
targets). Not run here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import kept_options, started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import files_named, found_upwards, shown, user_settings
from layerwise.commands.swift.package_swift import read_swift_manifest
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "--package-path --cache-path --config-path --security-path --scratch-path --build-path --multiroot-data-file"
    " --destination --swift-sdks-path --toolset --pkg-config-path --manifest-cache --netrc-file"
    " --resolver-fingerprint-checking --resolver-signing-entity-checking --default-registry-url -c --configuration -Xcc"
    " -Xswiftc -Xlinker -Xcxx --triple --sdk --toolchain --arch --swift-sdk --sanitize -j --jobs --build-system"
    " -debug-info-format --traits --product --target --filter --skip --num-workers --version --branch --revision"
    " --explicit-target-dependency-import-check",
    "--enable-dependency-cache --disable-dependency-cache --enable-build-manifest-caching"
    " --disable-build-manifest-caching -v --verbose --very-verbose --vv -q --quiet --color-diagnostics"
    " --no-color-diagnostics --disable-sandbox --netrc --enable-netrc --disable-netrc --enable-keychain"
    " --disable-keychain --enable-signature-validation --disable-signature-validation --enable-prefetching"
    " --disable-prefetching --force-resolved-versions --disable-automatic-resolution"
    " --only-use-versions-from-resolved-file --skip-update --disable-scm-to-registry-transformation"
    " --use-registry-identity-for-scm --replace-scm-with-registry --auto-index-store --enable-index-store"
    " --disable-index-store --enable-parseable-module-interfaces --use-integrated-swift-driver --enable-test-discovery"
    " --static-swift-stdlib --no-static-swift-stdlib --enable-dead-strip --disable-dead-strip --disable-local-rpath"
    " --enable-xctest --disable-xctest --enable-swift-testing --disable-swift-testing --enable-all-traits"
    " --disable-default-traits --build-tests --show-bin-path --print-manifest-job-graph --parallel --no-parallel"
    " --enable-code-coverage --disable-code-coverage --skip-build --ignore-lock --experimental-prebuilts",
)
_FROZEN: Final = names(
    "--force-resolved-versions --disable-automatic-resolution --only-use-versions-from-resolved-file"
)
_FOR_RESOLVE: Final = _FROZEN | names(
    "--package-path --cache-path --config-path --security-path --scratch-path --build-path --netrc-file --traits"
    " --default-registry-url --enable-all-traits --disable-default-traits --disable-sandbox --replace-scm-with-registry"
    " --use-registry-identity-for-scm --disable-netrc --enable-netrc"
)
_VARIANT: Final = re.compile(r"Package(@swift-[\d.]+)?\.swift")


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``swift package resolve``, ``swift build -c release``, ``swift test``."""
    line = read_command_line(command, scope, _SYNTAX)
    if line is None or line.program != "swift" or line.has("--show-bin-path", "--skip-build"):
        return None
    operands = line.operands
    kind = "resolve" if operands[:2] in (["package", "resolve"], ["package", "fetch"]) else "build"
    if kind == "build" and operands[:1] not in (["build"], ["test"], ["run"]):
        return None
    directory = directory_of(command, scope, line.value("--package-path"))
    if directory is None:
        return None
    title = "swift package resolve" if kind == "resolve" else f"swift {operands[0]}"
    # Vapor's own Dockerfile has `$([ -f Package.resolved ] && echo "--force-resolved-versions")`.
    more = [it or UNKNOWN for it in operands[2:]] if kind == "resolve" else []
    return Install("Swift", title, command, directory, line.last_values(), (kind, *more))


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from Package.swift, and those of packages in folders."""
    kind, directory, options = install.operands[0], install.directory, install.options
    if not files.exists(join(directory, "Package.swift")):
        missing = "the build context has no Package.swift for the folder where it runs"
        return Needs(source=True) if kind == "build" else Needs(blocked=(missing,))
    packages = _Packages(files, directory)
    packages.load()
    if kind == "build" and not packages.remote and not packages.blocked:
        return Needs(source=True)
    environment = environment_of(install.command, scope)
    lock = join(directory, "Package.resolved")
    settings = [join(directory, options["--netrc-file"])] if "--netrc-file" in options else []
    manifests = [*packages.manifests, *(it for it in (lock, *settings) if files.exists(it))]
    manifests += found_upwards(directory, (".swift-version",), files)
    manifests += user_settings((".swiftpm",), environment, files)
    configuration = join(directory, ".swiftpm/configuration")
    blocked = [*packages.blocked]
    if len(install.operands) > 1:
        blocked.append("which versions it resolves depends on its arguments")
    scratch = options.get("--scratch-path") or options.get("--build-path") or ".build"
    return Needs(
        tuple(dict.fromkeys(manifests)),
        (configuration,) if files.any_below(configuration) is not None else (),
        blocked=tuple(blocked),
        check=tuple(_checks(install, packages, has_lock=files.exists(lock))),
        outputs=(join(directory, scratch), "/root/.cache/org.swift.swiftpm"),
        fetch=_fetch(install, scope) if kind == "build" else None,
    )


class _Packages:
    """The package and those that it takes from folders, which may take others themselves."""

    def __init__(self, files: InstallFiles, here: str) -> None:
        self.files, self.here = files, here
        self.manifests: list[str] = []
        self.blocked: list[str] = []
        self.looking: list[str] = []
        self.remote = False

    def load(self) -> None:
        waiting = [self.here]
        while waiting:
            folder = waiting.pop(0)
            beside = [it for it in files_named(folder, (".swift",), self.files) if posixpath.dirname(it) == folder]
            for path in (it for it in beside if _VARIANT.fullmatch(posixpath.basename(it))):
                if path not in self.manifests:
                    self.manifests.append(path)
                    waiting += self._read(path, folder)

    def _read(self, path: str, folder: str) -> Iterator[str]:
        name = shown(path, self.here)
        manifest = read_swift_manifest(self.files.read(path) or "")
        self.remote |= manifest.remote
        if manifest.modules or manifest.looks:
            self.looking.append(f"{name} imports {listed(list(manifest.modules))}" if manifest.modules else name)
        for written in manifest.local:
            if written is None:
                self.blocked.append(f"{name} takes a package from a folder whose name is put together in code")
            elif not self.files.exists(join(folder, f"{written}/Package.swift")):
                self.blocked.append(f"{name} takes a package from {written}, which the build context lacks")
            else:
                yield join(folder, written)


def _checks(install: Install, packages: _Packages, *, has_lock: bool) -> Iterator[str]:
    if install.operands[0] == "build":
        yield f"`{install.title}` may resolve once more, as it also looks at the targets"
    for it in packages.looking:
        yield f"{it}, so that it may look at files: make sure that it reads no other file of the project"
    if not has_lock:
        yield "there is no Package.resolved, so the versions of the first build stay until Package.swift changes"
    elif install.operands[0] == "resolve" and not install.options.keys() & _FROZEN:
        yield f"`{install.title}` may rewrite Package.resolved, and the later COPY would put the old one back"


def _fetch(install: Install, scope: Scope) -> str:
    kept = kept_options(install.command, scope, _SYNTAX, _FOR_RESOLVE)
    return " ".join([*started_as(install.command), "package", "resolve", *kept])


SWIFT: Final = Ecosystem(
    "Swift",
    names("swift"),
    recognise,
    needs,
    ("Package.swift", "Package.resolved", "Package.*", "Package@*.swift", ".swift-version"),
    lambda _: ("Package.swift",),
    parse_documentation(__doc__, SECTIONS),
    downloads=("/.build",),
)
