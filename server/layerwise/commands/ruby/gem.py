"""RubyGems: ``gem install --file Gemfile``.

## What is copied first
The Gemfile that the option names, its lockfile, and the files that the Gemfile reads. A `gem install` of names reads
nothing of the project: it stays where it is, and a `COPY` may move past it.

## No fix
Where the Gemfile takes gems from the project's own folders, or says something that can't be followed here, as for
Bundler.

## Review
Always, as the install writes the lockfile of the Gemfile.

## Cache
`/usr/local/bundle/cache` in the official images, else `cache` in RubyGems' folder.

## Sources
RubyGems' manual (guides.rubygems.org/command-reference): gem install; its source (install_command.rb,
request_set/gem_dependency_api.rb).
"""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, directory_of, read_command_line
from layerwise.commands.kit.install import SECTIONS, Ecosystem, Install, InstallFiles, Needs
from layerwise.commands.ruby.bundle import Bundle
from layerwise.commands.ruby.gem_words import SYNTAX
from layerwise.semantics.paths import join
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command
from layerwise.text.documentation import parse_documentation
from layerwise.text.wording import names


def recognise(command: Command, scope: Scope) -> Install | None:
    """Return the install that a command is: ``gem install --file Gemfile``, ``gem i -g Gemfile``."""
    line = read_command_line(command, scope, SYNTAX)
    if line is None or line.program != "gem" or line.operands not in (["install"], ["i"]):
        return None
    file = line.value("-g", "--file")
    directory = directory_of(command, scope)
    if file is None or directory is None:
        return None
    return Install("RubyGems", f"gem {line.operands[0]} --file", command, directory, line.last_values(), (file,))


def needs(install: Install, files: InstallFiles, _scope: Scope) -> Needs:
    """Judge an install from the Gemfile that it names."""
    gemfile = join(install.directory, install.operands[0] or "Gemfile")
    if UNKNOWN in gemfile or not files.exists(gemfile):
        return Needs(blocked=("the build context has no such Gemfile for the folder where it runs",))
    bundle = Bundle(files, install.directory)
    bundle.add(gemfile)
    bundle.lock(gemfile)
    manifests = tuple(dict.fromkeys(bundle.found))
    written = "there is no lockfile, so the versions of the first build stay until the Gemfile changes"
    if bundle.locked:
        written = f"`{install.title}` may rewrite {bundle.locked}, and the later COPY would put the old one back"
    return Needs(manifests, blocked=tuple(bundle.blocked), check=(written,))


GEM: Final = Ecosystem(
    "RubyGems",
    names("gem"),
    recognise,
    needs,
    ("Gemfile", "Gemfile.lock", "Gemfile*", "gem.deps.rb"),
    lambda install: install.operands,
    parse_documentation(__doc__, SECTIONS),
)
