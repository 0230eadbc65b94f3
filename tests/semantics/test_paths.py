"""Two image paths: whether one may be the other, or lie in it."""

from __future__ import annotations

import pytest

from layerwise.semantics.paths import overlap

TOGETHER = [
    ("/app", "/app"),
    ("/app", "/app/src"),
    ("/", "/srv"),
    ("/var/run/app", "/run/app"),
    ("/bin", "/usr/bin/tool"),
    ("/sbin/x", "/usr/bin/x"),
    ("/lib/app", "/usr/lib/app"),
    ("/lib64", "/usr/lib"),
    ("/var/lock/a", "/run/lock"),
    ("/var/spool/mail/a", "/var/mail/a"),
    ("/usr/tmp/a", "/var"),
    ("/usr/local/man/a", "/usr/local/share/man"),
    ("/opt/app", "/var/opt/app"),
    ("/root/app", "/var/roothome"),
    ("/usr/local/bin", "/var/usrlocal/bin/x"),
    # What only the build knows may be any folder.
    ("?", "/app"),
    ("?$A/app", "?$B/app"),
    ("?$A", "?"),
    ("?$A/x", "?$A"),
    ("?$A/../b", "?$A/b"),
    ("/srv/$A/x", "/srv/b"),
    ("/srv/$A/x", "/srv/b/x"),
]
APART = [
    ("/app", "/application"),
    ("/app/src", "/app/lib"),
    ("/libexec", "/usr/lib"),
    ("/binary", "/usr/bin"),
    ("/var/running", "/run"),
    ("/usr/tmp/a", "/var/lib"),
    ("/optional", "/var/optional"),
    ("/app/opt/x", "/app/var/opt/x"),
    ("/usr/local/bin", "/usr/bin"),
    ("?$A/app", "?$A/other"),
    ("?/a", "?/b"),
    ("/srv/$A/x", "/opt/x"),
    ("/srv/$A/x", "/srv/$A/y"),
]


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_one_may_be_the_other_or_lie_in_it(one: str, other: str) -> None:
    assert overlap(one, other)
    assert overlap(other, one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_they_are_apart(one: str, other: str) -> None:
    assert not overlap(one, other)
    assert not overlap(other, one)
