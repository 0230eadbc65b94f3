"""Bundler: ``bundle install``, ``bundle`` alone, ``bundle check`` and the ``bundle config`` in front of them.

## What is copied first
`Gemfile` and `Gemfile.lock` (`gems.rb` and `gems.locked`), `.bundle/config`, `vendor/cache`, and the files that the
Gemfile reads: `.ruby-version` or `.tool-versions` (`ruby file:`, `File.read`), `eval_gemfile`, `require_relative`.

## No fix
Where the Gemfile takes gems from the project's own folders (`gemspec`, `path:`, a local `git:`) or says something that
can't be followed here, being a Ruby program; where Gemfile.lock names such folders; for a frozen install without a
lockfile; where variables load Ruby code of the project (`RUBYOPT`, `RUBYLIB`); where the context has a
`vendor/bundle`.

## Review
Where the install may rewrite Gemfile.lock: without `--deployment`, `--frozen`, `BUNDLE_DEPLOYMENT`, `BUNDLE_FROZEN` or
a `.bundle/config` that says so; where the Gemfile uses plugins of Bundler.

## Cache
`~/.bundle/cache`, and the gems themselves: `/usr/local/bundle` in the official images, `vendor/bundle` with
`deployment`.

## Sources
Bundler's manual: bundle-install(1), bundle-config(1), gemfile(5). Run with Bundler 2.3.15 under strace: of the project
``bundle install`` looks at the Gemfile and what that reads, gems.rb, Gemfile.lock, .bundle/config, .bundle/plugin and
vendor/cache. Bundler's source (2.3, cli/install.rb): an install that is not frozen updates vendor/cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line, syntax
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.kit.names import listed
from layerwise.commands.kit.places import nearest
from layerwise.commands.ruby.bundle import Bundle
from layerwise.effects.environment import environment_of
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names

_SYNTAX: Final = syntax(
    "--gemfile --jobs -j --path --retry --shebang --trust-policy --with --without --target-rbconfig",
    "--clean --deployment --frozen --force --full-index --local --no-cache --no-prune --quiet --redownload --system"
    " --prefer-local --verbose -V --no-color --binstubs --standalone --no-clean --dry-run",
)
_REMEMBERED: Final = names("--clean --deployment --frozen --no-prune --path --shebang --system --without --with")
"""Options that an install writes to .bundle/config (bundle-install(1), "Remembered options")."""
_CONFIG: Final = ("config",)
_CHOSEN_VERSION: Final = re.compile(r"_[\w.]+_\Z")
_PROJECT_SETTING: Final = re.compile(r"local\..*|gemfile|plugins.*|cache_path|ssl_.*")
_LOADS_CODE: Final = re.compile(r"(^|\s)(-r|--require|-I)")
_YES: Final = frozenset({"1", "true", "yes"})


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``bundle``, ``bundle install --jobs 4``, ``bundle config set …``."""
    words = [it.value for it in command.arguments]
    while words and words[0] is not None and _CHOSEN_VERSION.match(words[0]):
        words.pop(0)
    directory = directory_of(command, scope)
    if directory is None:
        return None
    if words[:1] == ["config"]:
        options = {"--global": ""} if "--global" in words else {}
        rest = tuple(it or UNKNOWN for it in words[1:] if it not in ("set", "--local", "--global"))
        return Install("Bundler", "bundle config", command, directory, options, _CONFIG + rest)
    line = read_command_line(command, scope, _SYNTAX)
    if line is None:
        return None
    operands = [it for it in line.operands if it is None or not _CHOSEN_VERSION.match(it)]
    # `--without development test` takes more than one word.
    more = 0 if line.has("--without", "--with") else 1
    if operands[:1] not in ([], ["install"], ["check"]) or (len(operands) > 1 and more):
        return None
    title = "bundle check" if operands[:1] == ["check"] else "bundle install"
    return Install("Bundler", title, command, directory, line.last_values())


def needs(install: Install, files: InstallFiles, scope: Scope) -> Needs:
    """Judge an install from the Gemfile and what it reads."""
    environment = environment_of(install.command, scope)
    if install.operands[:1] == _CONFIG:
        return _config(install, environment)
    options = install.options
    bundle = Bundle(files, install.directory)
    settings = bundle.settings()
    chosen = options.get("--gemfile") or environment.get("BUNDLE_GEMFILE", settings.get("BUNDLE_GEMFILE", ""))
    if chosen is None or chosen == UNKNOWN:
        return Needs(blocked=("the name of the Gemfile depends on a variable",))
    gemfile = join(install.directory, chosen) if chosen else nearest(install.directory, ("gems.rb", "Gemfile"), files)
    if gemfile is None or not files.exists(gemfile):
        return Needs(blocked=("the build context has no Gemfile for the folder where it runs",))
    bundle.add(gemfile)
    frozen = _is_frozen(options, environment, settings)
    bundle.lock(gemfile)
    if frozen and not bundle.locked:
        bundle.blocked.append("a frozen install needs a lockfile, and the build context has none")
    manifests = (*dict.fromkeys([*bundle.found]),)
    if _LOADS_CODE.search(environment.get("RUBYOPT") or ""):
        bundle.blocked.append(f"RUBYOPT loads other files ({environment.get('RUBYOPT')})")
    return Needs(
        manifests,
        bundle.folders(),
        blocked=tuple(bundle.blocked),
        check=tuple(_checks(bundle, frozen=frozen)),
        outputs=tuple(_outputs(install, environment, settings)),
    )


def _config(install: Install, environment: Mapping[str, str | None]) -> Needs:
    """Judge ``bundle config``: it writes .bundle/config, and reads nothing of the project."""
    blocked = [
        f"the setting {it} may name a file of the project" for it in install.operands[1:2] if _PROJECT_SETTING.match(it)
    ]
    if UNKNOWN in install.operands[1:2]:
        blocked.append("which setting it changes depends on a variable")
    folder = environment.get("BUNDLE_APP_CONFIG") or ".bundle"
    outputs = () if "--global" in install.options else (join(install.directory, folder),)
    return Needs(blocked=tuple(blocked), outputs=outputs, prepares=True)


def _is_frozen(options: Mapping[str, str], environment: Mapping[str, str | None], settings: Mapping[str, str]) -> bool:
    if "--deployment" in options or "--frozen" in options:
        return True
    given = [settings.get(it, environment.get(it)) for it in ("BUNDLE_DEPLOYMENT", "BUNDLE_FROZEN")]
    return any((it or "").lower() in _YES for it in given)


def _checks(bundle: Bundle, *, frozen: bool) -> Iterator[str]:
    if bundle.plugins:
        yield f"the Gemfile uses {listed(bundle.plugins)} as plugins of Bundler: make sure that they need no other file"
    if frozen:
        return
    if not bundle.locked:
        yield "there is no lockfile, so the versions of the first build stay until the Gemfile changes"
    else:
        yield f"`bundle install` may rewrite {bundle.locked}, and the later COPY would put the old one back"
    if bundle.folders():
        yield "`bundle install` may update vendor/cache, and the later COPY would put old files back"


def _outputs(install: Install, environment: Mapping[str, str | None], settings: Mapping[str, str]) -> Iterator[str]:
    options = install.options
    named = [options.get("--path"), environment.get("BUNDLE_PATH"), settings.get("BUNDLE_PATH"), "vendor/bundle"]
    named += [environment.get("BUNDLE_BIN"), settings.get("BUNDLE_BIN")]
    named += [options.get("--binstubs") or "bin"] if "--binstubs" in options else []
    named += [options.get("--standalone") and "bundle", "bundle"] if "--standalone" in options else []
    named += [".bundle"] if options.keys() & _REMEMBERED else []
    yield from dict.fromkeys(join(install.directory, it) for it in named if it)


BUNDLER: Final = Ecosystem(
    "Bundler",
    names("bundle bundler"),
    recognise,
    needs,
    ("Gemfile", "Gemfile.lock", "Gemfile*", "gems.rb", "gems.locked", "*.gemspec", ".ruby-version", ".tool-versions"),
    lambda _: ("Gemfile",),
    parse_documentation(__doc__, SECTIONS),
    homes=names("BUNDLE_PATH GEM_HOME"),
)
