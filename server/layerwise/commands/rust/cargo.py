"""Cargo: ``cargo fetch``, ``cargo vendor``, ``cargo chef cook``, and the commands that download as they build.

## What is copied first
`Cargo.toml`, `Cargo.lock`, the `Cargo.toml` of every member of the workspace and of every package that is taken from a
folder inside it, `.cargo/config.toml` and `rust-toolchain.toml`. A `cargo build`, `cargo test` or
`cargo install --path .` gets a `cargo fetch` of its own before the source.

## No fix
Where a package is taken from outside the workspace, or from a folder that the build context lacks; where
`.cargo/config.toml` takes packages from folders or includes other files; for `--locked` without a `Cargo.lock`; for
`cargo chef cook` behind the source, which it would replace by stand-ins of its own. A build whose packages are
vendored, or that has none to download, only reads the source, so nothing is out of order there.

## Review
For a download in front of a build, as it takes the packages of all platforms. Where targets have no path in Cargo.toml:
cargo does not start without their files, so that empty ones stand in for them during the download. For `cargo fetch`
without `--locked`, which may rewrite Cargo.lock, and where there is no Cargo.lock.

## Cache
`/usr/local/cargo/registry` and `/usr/local/cargo/git` in the official images, else the same below `~/.cargo`; `target`
for what is compiled.

## Sources
The Cargo Book (doc.rust-lang.org/cargo): cargo fetch, cargo vendor, cargo install, workspaces, cargo targets,
configuration; the rustup book (overrides); cargo-chef's README. Run with cargo 1.95 and a registry of files, under
strace: ``cargo fetch`` opens Cargo.toml, Cargo.lock, .cargo/config(.toml) and rust-toolchain(.toml), these two also of
the folders above, asks whether the files of targets exist, and fails if those of targets without a path do not; empty
files do, and build.rs, README and files of targets with a path may be missing. CARGO_HOME is the same with only the
manifests there, but for times in it.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import found_upwards, nearest, shown, user_settings
from layerwise.commands.kit.tables import parse_toml
from layerwise.commands.rust.cargo_toml import Config, read_config
from layerwise.commands.rust.project import Closure
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.run import literal
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_FETCHING: Final = names("fetch vendor")
_BUILDING: Final = names("build b check c test t run r clippy doc d rustc bench zigbuild")
_OTHERS: Final = names(
    "add binstall chef clean config fix fmt generate-lockfile help info init install locate-project login logout"
    " metadata new owner package pkgid publish read-manifest remove report search tree uninstall update verify-project"
    " version yank"
)
"""Commands that leave nothing behind for a build, or are no part of the project's own."""

_SYNTAX: Final = syntax(
    "--color --config -Z --manifest-path --lockfile-path -p --package --exclude --bin --example --test --bench -F"
    " --features --target --profile --target-dir --out-dir --artifact-dir --message-format -j --jobs --path --root"
    " --git --branch --tag --rev --version --vers --registry --index -s --sync --recipe-path",
    "-v -vv --verbose -q --quiet --locked --offline --frozen --workspace --all --lib --bins --examples --tests"
    " --benches --all-targets --all-features --no-default-features -r --release --timings --build-plan --unit-graph"
    " --ignore-rust-version --future-incompat-report --keep-going --no-fail-fast --no-run --doc -f --force --no-track"
    " --debug --list -n --dry-run --no-delete --respect-source-config --versioned-dirs --check --clippy --zigbuild"
    " --no-std --no-build --no-deps --open --document-private-items --fix --allow-dirty --allow-staged",
)
_SUBCOMMAND: Final = re.compile(r"[a-z][a-z-]+")
_ADDED: Final = "added"
_SETTINGS: Final = (".cargo/config.toml", ".cargo/config")
_TOOLCHAINS: Final = ("rust-toolchain", "rust-toolchain.toml")
_HOMES: Final = ("/usr/local/cargo", "/root/.cargo")
"""CARGO_HOME of the official images, and of root where it is not set."""


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``cargo fetch``, ``cargo +nightly build``, ``cargo install --path .``."""
    if (subcommand := _subcommand(command, scope)) is not None:
        return subcommand
    line = read_command_line(command, scope, _SYNTAX)
    # What is offline downloads nothing.
    if line is None or line.program != "cargo" or line.has("--offline", "--frozen"):
        return None
    options = line.last_values()
    operands = line.operands
    if operands and (operands[0] or "").startswith("+"):
        options["toolchain"] = operands[0] or ""
        operands = operands[1:]
    is_chef = operands[:1] == ["chef"]
    verb = " ".join(it or "" for it in operands[: 2 if is_chef else 1])
    if verb == "install":
        # Without --path it installs what the registry has.
        if "--path" not in options or "--git" in options or len(operands) > 1:
            return None
        options["--manifest-path"] = posixpath.normpath(f"{options['--path']}/Cargo.toml")
    elif verb not in _FETCHING | _BUILDING | {"chef cook"} or "--dry-run" in options:
        return None
    directory = directory_of(command, scope)
    if directory is None or UNKNOWN in options.get("--manifest-path", ""):
        return None
    kind = verb if verb in _FETCHING or " " in verb else "build"
    return Install("Cargo", f"cargo {verb}", command, directory, options, (kind, *filter(None, operands[1:])))


def _subcommand(command: Command, scope: Scope) -> Install | None:
    """Return a command that others have added to cargo, and that may get what a build needs: ``cargo build-deps``."""
    program, *words = [literal(it, scope) or "" for it in command.program_words] or [""]
    verb = next((it for it in words if it[:1] not in ("+", "-")), "")
    known = _FETCHING | _BUILDING | _OTHERS
    directory = directory_of(command, scope)
    if posixpath.basename(program) != "cargo" or verb in known or not _SUBCOMMAND.fullmatch(verb) or directory is None:
        return None
    return Install("Cargo", f"cargo {verb}", command, directory, {}, (_ADDED,), guessed=True)


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the manifests of its workspace, the lockfile and cargo's own settings."""
    options, directory, kind = install.options, install.directory, install.operands[0]
    if kind == _ADDED:
        manifest = nearest(directory, ("Cargo.toml",), files)
        unknown = f"`{install.title}` is no command of cargo's own, and may read any file"
        return Needs((manifest,) if manifest else (), blocked=(unknown,), prepares=True)
    builds = kind not in _FETCHING and kind != "chef cook"
    package = join(directory, options["--manifest-path"]) if "--manifest-path" in options else None
    package = package or nearest(directory, ("Cargo.toml",), files)
    if package is None or not files.exists(package):
        missing = "the build context has no Cargo.toml for the folder where it runs"
        return Needs(source=True) if builds else Needs(blocked=(missing,))
    closure = Closure(files, directory)
    closure.load(posixpath.dirname(package))
    lock = join(closure.root, "Cargo.lock")
    settings = found_upwards(directory, _SETTINGS, files)
    configs = {it: parse_toml(files.read(it)) for it in settings}
    read = {it: read_config(content) for it, content in configs.items() if content is not None}
    vendored = any(it.vendored for it in read.values())
    if builds and (vendored or not _downloads(lock, files)):
        return Needs(source=True)
    environment = environment_of(install.command, scope)
    manifests = [*closure.manifests, *([lock] if files.exists(lock) else []), *settings]
    manifests += found_upwards(directory, _TOOLCHAINS, files)
    manifests += user_settings((".cargo",), environment, files) + files.files_below("/usr/local/cargo")
    blocked = [*closure.blocked, *_settings(install, files, read)]
    blocked += [f"{shown(it, directory)} can't be read here" for it, content in configs.items() if content is None]
    if kind == "chef cook":
        blocked.append("it lays stand-ins of its own over the source that is copied before it")
    if "--locked" in options and not files.exists(lock):
        blocked.append(f"`{install.title} --locked` needs a Cargo.lock, and the build context has none for it")
    vendor = [join(directory, next(iter(install.operands[1:]), "vendor"))] if kind == "vendor" else []
    return Needs(
        tuple(dict.fromkeys(manifests)),
        blocked=tuple(dict.fromkeys(blocked)),
        check=tuple(_checks(install, closure, files)),
        outputs=(*((home,) if (home := environment.get("CARGO_HOME")) else _HOMES), *vendor),
        fetch=_fetch(install, closure.targets) if builds or closure.targets else None,
    )


def _downloads(lock: str, files: InstallFiles) -> bool:
    text = files.read(lock)
    return text is None or "\nsource = " in text


def _settings(install: Install, files: InstallFiles, read: dict[str, Config]) -> Iterator[str]:
    for path, config in read.items():
        if config.vendored:
            yield f"{shown(path, install.directory)} takes packages from a folder ({listed(list(config.vendored))})"
        if config.unclear:
            yield f"{shown(path, install.directory)} leads to other files ({listed(list(config.unclear))})"
    config = install.options.get("--config", "")
    if config and (config == UNKNOWN or files.any_below(join(install.directory, config))):
        yield "--config names a file of the project"


def _checks(install: Install, closure: Closure, files: InstallFiles) -> Iterator[str]:
    options, kind = install.options, install.operands[0]
    builds = kind == "build"
    if builds:
        yield "the download takes the packages of all platforms, also those that the build does not use"
    if closure.targets:
        names_of = listed([shown(it, install.directory) for it in closure.targets])
        yield f"cargo does not start without {names_of}, so that empty files stand in during the download"
    if not files.exists(join(closure.root, "Cargo.lock")):
        yield "there is no Cargo.lock, so the versions of the first build stay until Cargo.toml changes"
    elif not builds and "--locked" not in options:
        yield f"`{install.title}` may rewrite Cargo.lock, and the later COPY would put the old one back"
    elif install.title == "cargo install" and "--locked" not in options:
        yield "without --locked `cargo install` does not use Cargo.lock, and may download other versions once more"


def _fetch(install: Install, targets: list[str]) -> str:
    """Return the download alone, with empty files where cargo wants to see the files of targets."""
    options = install.options
    words = [*started_as(install.command), *([options["toolchain"]] if "toolchain" in options else [])]
    words += ["fetch", *(["--locked"] if "--locked" in options else [])]
    manifest = options.get("--manifest-path", "Cargo.toml")
    words += ["--manifest-path", shlex.quote(manifest)] if manifest != "Cargo.toml" else []
    stubs = [shown(it, install.directory) for it in targets]
    folders = list(dict.fromkeys(posixpath.dirname(it) for it in stubs))
    made = [f"mkdir -p {shlex.join(folders)}", f"touch {shlex.join(stubs)}"] if stubs else []
    return " && ".join([*made, " ".join(words)])


CARGO: Final = Ecosystem(
    "Cargo",
    names("cargo"),
    recognise,
    needs,
    ("Cargo.toml", "Cargo.lock", "Cargo.*", "rust-toolchain", "rust-toolchain.toml", "recipe.json"),
    lambda _: ("Cargo.toml",),
    parse_documentation(__doc__, SECTIONS),
    downloads=("/registry", "/registry/cache", "/cargo", "/.cargo"),
    homes=names("CARGO_HOME"),
)
