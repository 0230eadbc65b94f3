"""npm: ``npm ci`` and ``npm install`` without package names.

Sources: npm's manual (docs.npmjs.com/cli/v11): npm-ci, npm-install, config, npmrc, package-json, workspaces, scripts.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Final, cast

from layerwise.ecosystems.command_line import directory_of, read_command_line
from layerwise.ecosystems.install import Ecosystem, Install, InstallFiles, Needs
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command

_CI: Final = frozenset({"ci", "clean-install", "ic", "install-clean", "isntall-clean"})
_INSTALL: Final = frozenset(
    {"install", "add", "i", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall"}
)
_VALUED: Final = frozenset(
    {"--prefix", "-C", "--registry", "--loglevel", "--cache", "--omit", "--include", "--only", "-w", "--workspace"}
    | {"--userconfig", "--globalconfig", "--fetch-retries", "--fetch-timeout", "--maxsockets", "--install-strategy"}
    | {"--network-timeout", "--fetch-retry-mintimeout", "--fetch-retry-maxtimeout", "--https-proxy", "--proxy", "--tag"}
    | {"--cafile", "--script-shell", "--node-options", "--cpu", "--os", "--libc", "--before", "--scope"}
)
LIFECYCLE_SCRIPTS: Final = (
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
)
"""What ``npm ci`` and ``npm install`` run of the project's own package.json (npm's manual, scripts)."""

_DEPENDENCIES: Final = ("dependencies", "devDependencies", "optionalDependencies")
_LOCAL: Final = ("file:", "link:", "./", "../", "/", "~/")
_PATH_SETTINGS: Final = frozenset({"cafile", "certfile", "keyfile", "userconfig", "globalconfig", "script-shell"})


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``npm ci``, ``npm --prefix web i``, ``npm install --omit=dev``."""
    line = read_command_line(command, scope, _VALUED)
    if line is None or line.program != "npm" or not line.operands:
        return None
    verb = line.operands[0]
    # With package names it adds to package.json; -g does not read the project.
    if verb not in _CI | _INSTALL or len(line.operands) > 1 or line.has("-g", "--global", "--location"):
        return None
    directory = directory_of(command, scope, line.value("--prefix", "-C"))
    if directory is None:
        return None
    frozen = verb in _CI
    options = {name: values[-1] for name, values in line.options.items()}
    return Install("npm", f"npm {verb}", command, directory, options, ("ci",) if frozen else ())


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from package.json, the lockfile and .npmrc of its folder."""
    here = install.directory
    frozen = "ci" in install.operands

    def at(name: str) -> str:
        return join(here, name)

    # npm prefers the shrinkwrap if both are there.
    lock = next((it for it in ("npm-shrinkwrap.json", "package-lock.json") if files.exists(at(it))), None)
    manifests = tuple(at(it) for it in ("package.json", lock, ".npmrc") if it and files.exists(at(it)))
    blocked = list(_missing(files, at("package.json"), lock, frozen=frozen))
    check: list[str] = []
    if not blocked:
        manifest = _object(files.read(at("package.json")))
        if manifest is None:
            blocked.append("package.json is not valid JSON")
        else:
            blocked += _pulled_in(manifest, runs_scripts=_runs_scripts(install, files, at(".npmrc"), scope))
            blocked += _lock_problems(files, at(lock) if lock else None, lock)
        blocked += _surroundings(here, files, at(".npmrc"))
        if files.exists(at("binding.gyp")):
            blocked.append("binding.gyp makes npm compile the project's own native code")
    if install.options.keys() & {"-w", "--workspace", "--workspaces", "-ws"}:
        blocked.append("it installs workspaces, which need the package.json of every member")
    if not frozen:
        if lock:
            check.append(f"`{install.title}` may rewrite {lock}, and the later COPY would put the old one back")
        else:
            check.append("there is no lockfile, so the versions of the first build stay until package.json changes")
    return Needs(manifests, blocked=tuple(blocked), check=tuple(check), outputs=(at("node_modules"),))


def _missing(files: InstallFiles, package: str, lock: str | None, *, frozen: bool) -> Iterator[str]:
    if not files.exists(package):
        yield "there is no package.json in the folder where it runs, as far as the build context tells"
    elif frozen and lock is None:
        yield "`npm ci` needs a lockfile, and the build context has no package-lock.json there"


def _object(text: str | None) -> Mapping[str, object] | None:
    try:
        value: object = json.loads(text.removeprefix("\ufeff")) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _table(manifest: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = manifest.get(key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _runs_scripts(install: Install, files: InstallFiles, npmrc: str, scope: Scope) -> bool:
    if "--ignore-scripts" in install.options:
        return install.options["--ignore-scripts"] == "false"
    environment = {it.name.lower(): it.value for it in install.command.assignments}
    inherited = scope.variables.get("npm_config_ignore_scripts", scope.variables.get("NPM_CONFIG_IGNORE_SCRIPTS"))
    if environment.get("npm_config_ignore_scripts", inherited) == "true":
        return False
    return dict(_settings(files.read(npmrc))).get("ignore-scripts") != "true"


def _pulled_in(manifest: Mapping[str, object], *, runs_scripts: bool) -> Iterator[str]:
    """Yield what package.json itself makes the install read."""
    if manifest.get("workspaces"):
        yield "package.json has workspaces, and the install reads every member's package.json"
    local = [
        name
        for key in _DEPENDENCIES
        for name, version in _table(manifest, key).items()
        if isinstance(version, str) and version.startswith(_LOCAL)
    ]
    if local:
        yield f"package.json depends on a folder of the project ({', '.join(sorted(set(local)))})"
    scripts = [it for it in LIFECYCLE_SCRIPTS if it in _table(manifest, "scripts")]
    if scripts and runs_scripts:
        names = " and ".join(f'"{it}"' for it in scripts)
        yield f"package.json has the script {names}, which npm runs during the install and which may read any file"
    if any("patch-package" in _table(manifest, key) for key in _DEPENDENCIES):
        yield "it uses patch-package, which reads the patches folder"


def _lock_problems(files: InstallFiles, lock: str | None, name: str | None) -> Iterator[str]:
    text = files.read(lock) if lock else None
    if lock is None:
        return
    content = _object(text)
    if content is None:
        yield f"{name} is not valid JSON, or too large to read"
        return
    linked = [
        path
        for path, entry in _table(content, "packages").items()
        if isinstance(entry, dict) and ("link" in entry or (path and not _is_installed(path)))
    ]
    if linked:
        yield f"{name} links folders of the project ({', '.join(sorted(linked)[:3])})"
    archives = [
        path
        for path, entry in _table(content, "packages").items()
        if isinstance(entry, dict) and str(cast("dict[str, object]", entry).get("resolved", "")).startswith("file:")
    ]
    if archives:
        yield f"{name} installs files of the project ({', '.join(sorted(archives)[:3])})"


def _is_installed(path: str) -> bool:
    return path.startswith("node_modules/") or "/node_modules/" in path


def _surroundings(here: str, files: InstallFiles, npmrc: str) -> Iterator[str]:
    for key, value in _settings(files.read(npmrc)):
        if key.rpartition(":")[2] in _PATH_SETTINGS and not value.startswith(("/", "~", "$")):
            yield f".npmrc names a file of the project ({key}={value})"
        if key in ("prefix", "workspaces", "workspace"):
            yield f".npmrc sets {key}"
    # In a workspace's folder npm installs the whole workspace (npm's manual, workspaces).
    folder = posixpath.dirname(here)
    while here.startswith("/") and folder not in ("", "/"):
        parent = _object(files.read(f"{folder}/package.json"))
        if parent is not None and parent.get("workspaces"):
            yield f"{folder}/package.json has workspaces, so npm installs them from any folder below"
        folder = posixpath.dirname(folder)


def _settings(text: str | None) -> Iterator[tuple[str, str]]:
    """Yield the settings of an .npmrc (an ini file; source: npm's manual, npmrc)."""
    for line in (text or "").splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith((";", "#")):
            yield key.strip(), value.strip().strip("\"'")


NPM: Final = Ecosystem(
    "npm",
    recognise,
    needs,
    ("package.json", "package*.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"),
)
