"""The words of a pip command: its options, and which operands name something of the project.

Source: pip's manual, ``pip install`` and "Requirements File Format".
"""

from __future__ import annotations

import re
from typing import Final

from layerwise.commands.kit.command_line import syntax

_REMOTE: Final = re.compile(r"(?!([a-z]+\+)?file:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCP: Final = re.compile(r"(git|hg|bzr|svn)\+", re.IGNORECASE)
ARCHIVE: Final = re.compile(r"\.(zip|whl|tar|tgz|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma))\Z", re.IGNORECASE)
"""Names of archives that pip can install."""

SYNTAX: Final = syntax(
    "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -t --target"
    " --prefix --root --src --cache-dir --trusted-host --timeout --retries --proxy --cert --client-cert --platform"
    " --abi -d --dest --python-version --implementation --only-binary --no-binary --upgrade-strategy"
    " --progress-bar --log --exists-action --config-settings -C --global-option --build-option --install-option"
    " --report --use-feature --use-deprecated --keyring-provider --root-user-action -w --wheel-dir -m -W -X"
    " --resume-retries --default-timeout --group --build-constraint --python --uploaded-prior-to --all-releases"
    " --only-final --refresh-package",
    "-U --upgrade -q --quiet -qq -qqq -v --verbose -vv -vvv --user --no-deps --pre --no-cache-dir --no-cache"
    " --force-reinstall -I --ignore-installed --no-index --require-hashes --no-build-isolation --use-pep517"
    " --no-use-pep517 --prefer-binary --disable-pip-version-check --no-warn-script-location --no-warn-conflicts"
    " --no-input --no-color --isolated --debug --break-system-packages --no-compile --compile"
    " --ignore-requires-python --require-virtualenv --dry-run --no-clean --no-python-version-warning"
    " --check-build-dependencies --no-verify --process-dependency-links --no-proxy-env --no-require-hashes -u"
    " -E -s -B -O",
)


def is_remote(place: str) -> bool:
    """Tell whether pip gets something from the network: a URL or a version control system."""
    return bool(_REMOTE.match(place) or (_SCP.match(place) and "file:" not in place))


def is_local(requirement: str) -> bool:
    """Tell whether a requirement names a file or folder: a path (it has a slash or starts with a dot) or an archive."""
    name, at, place = requirement.partition("@")
    if at and re.fullmatch(r"\s*[A-Za-z0-9._-]+\s*(\[[^]]*\])?\s*", name):
        return not is_remote(place.strip())
    if is_remote(requirement):
        return False
    bare = re.split(r"\s*(?:[\s;\[<>=!~]|$)", requirement, maxsplit=1)[0]
    return bare.startswith((".", "file:", "~")) or "/" in bare or bool(ARCHIVE.search(bare))
