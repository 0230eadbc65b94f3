"""The options of ``gem install``. Source: RubyGems' manual (guides.rubygems.org/command-reference)."""

from __future__ import annotations

from typing import Final

from layerwise.commands.kit.command_line import syntax

SYNTAX: Final = syntax(
    "-v --version --platform -i --install-dir -n --bindir --document --build-root --trust-policy -P -B"
    " --bulk-threshold -s --source -p --http-proxy --config-file --target-rbconfig -g --file --without -j --build-jobs",
    "-N --no-document --prerelease --no-prerelease -f --force --no-force --user-install --no-user-install -w --wrappers"
    " --no-wrappers -E --env-shebang --no-env-shebang --ignore-dependencies --conservative --minimal-deps"
    " --no-minimal-deps --post-install-message --no-post-install-message --default --explain --lock --no-lock"
    " --suggestions --no-suggestions --development --development-all -l --local -r --remote -b --both --clear-sources"
    " --no-http-proxy -q --quiet --silent -V --verbose --no-verbose --backtrace --debug --norc --system --no-rdoc"
    " --no-ri --rdoc --ri --no-update-sources --update-sources",
)
