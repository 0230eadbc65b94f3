"""What a trace of strace says of paths."""

from __future__ import annotations

from probes.trace import read_trace, shortened

TRACE = """\
10 newfstatat(AT_FDCWD</w/app>, ".npmrc", 0x7ff, 0) = -1 ENOENT (No such file or directory)
10 openat(AT_FDCWD</w/app>, "../a\\"b", O_RDONLY|O_CLOEXEC) = 3</w/a"b>
10 openat(4</etc>, "npmrc", O_RDONLY <unfinished ...>
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
10 <... openat resumed>) = -1 ENOENT (No such file or directory)
11 chdir("sub") = 0
11 access("x", R_OK) = -1 ENOTDIR (Not a directory)
10 mkdir("node_modules", 0777) = 0
10 readlink("node_modules/a", "target", 9) = 6
10 symlink("to", "link") = 0
10 readlink("link", "to", 9) = 2
10 rename("one", "two") = 0
10 unlink("gone") = -1 ENOENT (No such file or directory)
10 getdents64(5</w/app/src>, 0x55 /* 2 entries */, 32768) = 48
""".splitlines()


def test_each_path_is_noted_by_what_became_of_it() -> None:
    asked = read_trace(TRACE, "/w/app")
    assert list(asked.found) == ['/w/a"b', "/w/app/sub"]
    assert list(asked.missed) == ["/w/app/.npmrc", "/etc/npmrc", "/w/app/sub/x"]
    assert list(asked.written) == [f"/w/app/{it}" for it in ("node_modules", "link", "one", "two")]
    assert list(asked.listed) == ["/w/app/src"]


def test_paths_are_told_from_the_folders_that_have_names() -> None:
    names = {"/w/app": "PROJECT", "/w": "ABOVE"}
    assert shortened(["/w/x", "/w/app", "/w/app/y", "/wide"], names) == ["ABOVE/x", "PROJECT", "PROJECT/y"]
