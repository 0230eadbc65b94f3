"""Composer: ``composer install``, as ``php composer.phar install`` too.

## What is copied first
`composer.json` and `composer.lock`, and of what there is: `symfony.lock` where Symfony Flex is installed, `auth.json`,
local patches that composer.json names, `composer.phar` where it is the project's. Where the install also looks at the
source (scripts, a class map, an optimised autoloader, the version from `.git`), `composer install --no-scripts
--no-autoloader` with the other options of the command gets the packages before the source; the command itself stays
below it, finds the packages there, makes the autoloader and runs the scripts.

## No fix
Where composer.lock takes packages from a folder or archive of the project (`path` and `artifact` repositories); where
scripts run for each package; where the source is needed and there is no composer.lock; where `COMPOSER` or other
variables name files of the project; where the context has a `vendor`.

## Review
Where plugins run (`composer-plugin` packages in composer.lock), which may read any file; where scripts run before the
packages come; without a composer.lock.

## Cache
`~/.composer/cache` or `~/.cache/composer`, `/tmp/cache` in the official image.

## Sources
Composer's manual (getcomposer.org/doc): 03-cli, 04-schema, articles/scripts. Run with Composer 2.5.5 under strace:
``composer install`` looks at composer.json, composer.lock, auth.json and .git; without a class map at no source; at no
``path`` repository that composer.lock does not use. Two installs, the first with ``--no-scripts --no-autoloader`` and
only both manifests there, leave the same files as one, but for the autoloader's random suffix, which no two installs
have in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from layerwise.commands.kit.command_line import CommandLine, directory_of, read_command_line, syntax
from layerwise.commands.kit.fetch_command import started_as
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest
from layerwise.commands.kit.tables import Table, parse_object, table
from layerwise.commands.php import composer_json
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "-d --working-dir --prefer-install --ignore-platform-req --apcu-autoloader-prefix --audit-format",
    "--prefer-source --prefer-dist --dev --no-dev --no-autoloader --no-progress --no-suggest --audit --no-audit"
    " --no-security-blocking --source-fallback --no-source-fallback -o --optimize-autoloader -a"
    " --classmap-authoritative --apcu-autoloader --ignore-platform-reqs -q --quiet --silent --ansi --no-ansi -n"
    " --no-interaction --profile --no-plugins --no-scripts --no-cache -v -vv -vvv --verbose --download-only",
)
_FETCH: Final = ("--no-scripts", "--no-autoloader")
_PHAR: Final = re.compile(r"(.*/)?composer(\.phar)?\Z")
_REPOSITORY: Final = (".git/HEAD", ".hg/requires", ".svn/wc.db", ".fslckout")
"""What tells that the project's version can be asked for."""


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``composer install --no-dev``, ``php composer.phar i``."""
    phar = _through_php(command) if re.fullmatch(r"(.*/)?php[\d.]*", command.program or "") else command
    line = read_command_line(phar, scope, _SYNTAX) if phar is not None else None
    if phar is None or line is None or not _PHAR.match(phar.program or "") or line.has("--download-only"):
        return None
    if line.operands not in (["install"], ["i"]):
        return None
    directory = directory_of(command, scope, line.value("-d", "--working-dir"))
    if directory is None:
        return None
    place = phar.program or ""
    own = (join(directory_of(command, scope) or "", place),) if "/" in place or place.endswith(".phar") else ()
    return Install("Composer", "composer install", command, directory, _options(line), own)


def _through_php(command: Command) -> Command | None:
    """Return the command without PHP in front of it: ``php -d memory_limit=-1 composer.phar install``."""
    words = list(command.program_words[1:])
    while words and (option := words[0].value) is not None and option.startswith("-"):
        words.pop(0)
        if option in ("-d", "-c") and words:
            words.pop(0)
    return replace(command, words=tuple(words)) if words else None


def _options(line: CommandLine) -> Mapping[str, str]:
    return {**line.last_values(), **({"dev": ""} if not line.has("--no-dev") else {})}


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from composer.json and composer.lock."""
    environment = environment_of(install.command, scope)
    chosen = environment.get("COMPOSER", "composer.json")
    if chosen is None:
        return Needs(blocked=("COMPOSER names composer.json, and depends on a variable",))
    path = join(install.directory, chosen)
    lock = f"{path.removesuffix('.json')}.lock"
    if not files.exists(path):
        return Needs(blocked=("the build context has no composer.json for the folder where it runs",))
    manifest, locked = parse_object(files.read(path)), parse_object(files.read(lock))
    if manifest is None or (locked is None and files.exists(lock)):
        return Needs(blocked=(f"{'composer.json' if manifest is None else 'composer.lock'} is not valid JSON",))
    lockfile = composer_json.read_lockfile(locked or {})
    found = [path, lock, join(install.directory, "auth.json"), *install.operands]
    found += [join(install.directory, "symfony.lock")] if "symfony/flex" in lockfile.plugins else []
    found += [join(install.directory, it) for it in composer_json.patches_of(manifest)]
    manifests = tuple(it for it in dict.fromkeys(found) if files.exists(it))
    blocked: list[str] = []
    if lockfile.local:
        blocked.append(f"composer.lock takes {listed(lockfile.local)} from a folder or archive of the project")
    if locked is None and (local := composer_json.local_repositories(manifest)):
        blocked.append(f"composer.json looks for packages in a folder of the project ({listed(local)})")
    check: list[str] = []
    if lockfile.plugins and "--no-plugins" not in install.options:
        run = "runs as a plugin" if len(lockfile.plugins) == 1 else "run as plugins"
        check.append(f"{listed(lockfile.plugins)} {run} of Composer: make sure that no other file is needed")
    if locked is None:
        check.append("there is no composer.lock, so the versions of the first build stay until composer.json changes")
    fetch = None
    if any(True for _ in _source(install, manifest, files)):
        fetch = _fetch(install)
        blocked += _split(install, manifest, has_lock=locked is not None)
        check += _before(install, manifest)
    return Needs(
        manifests,
        blocked=tuple(blocked),
        check=tuple(check),
        outputs=tuple(_outputs(install, manifest, environment)),
        fetch=fetch,
    )


def _source(install: Install, manifest: Table, files: InstallFiles) -> Iterator[str]:
    """Yield what makes the install look at the source."""
    options = install.options
    events = composer_json.AROUND + composer_json.BEFORE + composer_json.AFTER
    if "--no-scripts" not in options and composer_json.scripts_of(manifest, events):
        yield "scripts"
    optimised = bool(options.keys() & {"-o", "--optimize-autoloader", "-a", "--classmap-authoritative"})
    dumps = "--no-autoloader" not in options
    if dumps and composer_json.scans_folders(manifest, dev="dev" in options, optimised=optimised):
        yield "autoloader"
    # vendor/composer/installed.php tells the commit that the project is at.
    if nearest(install.directory, _REPOSITORY, files) is not None:
        yield "version"


def _split(install: Install, manifest: Table, *, has_lock: bool) -> Iterator[str]:
    """Yield why two installs are not the same as one."""
    if not has_lock:
        yield "the install reads the source too, and there is no composer.lock that makes a second install the same"
    around = composer_json.scripts_of(manifest, composer_json.AROUND)
    if around and "--no-scripts" not in install.options:
        yield f"the script {around[0]} of composer.json runs for the packages as they come, and may read any file"
    if any(it.value is None for it in install.command.assignments):
        yield "the variables set in front of it depend on the build"


def _before(install: Install, manifest: Table) -> Iterator[str]:
    before = composer_json.scripts_of(manifest, composer_json.BEFORE)
    if before and "--no-scripts" not in install.options:
        yield f"the script {before[0]} of composer.json would run when the packages are there already"


def _fetch(install: Install) -> str:
    """Return the command that only gets the packages."""
    words = [*started_as(install.command), *(it.text for it in install.command.arguments)]
    return " ".join([*words, *(it for it in _FETCH if it not in install.options)])


def _outputs(install: Install, manifest: Table, environment: Mapping[str, str | None]) -> Iterator[str]:
    config = table(manifest, "config")
    named = [environment.get("COMPOSER_VENDOR_DIR") or config.get("vendor-dir") or "vendor"]
    named += [environment.get("COMPOSER_BIN_DIR") or config.get("bin-dir")]
    named += table(table(manifest, "extra"), "installer-paths")
    for it in named:
        if isinstance(it, str):
            # `wp-content/plugins/{$name}/` is one folder for each package.
            yield join(install.directory, it.partition("{")[0].rstrip("/") or ".")


COMPOSER: Final = Ecosystem(
    "Composer",
    names("composer composer.phar php"),
    recognise,
    needs,
    ("composer.json", "composer.lock", "composer.*", "symfony.lock", "auth.json", "composer.phar"),
    lambda _: ("composer.json",),
    parse_documentation(__doc__, SECTIONS),
)
