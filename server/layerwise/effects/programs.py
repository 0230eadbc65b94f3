"""The programs that installs start, by name: a file of one of these names on PATH may run in place of the real one."""

from __future__ import annotations

import re
from typing import Final

from layerwise.text.wording import names

_NAMES: Final = names(
    # Shells, and what their scripts start.
    "sh bash dash ash zsh ksh busybox env awk gawk mawk basename cat chmod chown cmp cp cut date dd diff dirname "
    "echo egrep expr false fgrep find getconf getent getopt grep gzip gunzip head hostname id install ldconfig ldd "
    "less ln locale ls mkdir mkfifo mktemp more mv nproc objdump od paste printf ps pwd readlink realpath rm rmdir "
    "sed seq sha256sum sleep sort stat strip stty tail tar tee test timeout touch tput tr true tty uname uniq unzip "
    "wc which whoami xargs xz yes zip bzip2 7z 7zz lsmod sudo su gosu su-exec file strings patch lsb_release sysctl "
    "arch dircolors nice nohup "
    # What fetches.
    "git git-remote-https git-lfs ssh ssh-agent ssh-keygen curl wget hg svn fossil bzr gpg gpg2 gpgv gpgconf "
    "openssl aria2c "
    # What compiles.
    "cc gcc gccgo g++ c++ cpp clang clang++ ld ar as nm gnm gstrip ranlib gold lld mold make gmake cmake ninja meson "
    "autoconf automake libtool m4 bison flex pkg-config pkgconf swig gfortran rustc cargo rustup rustfmt ccache "
    "sccache strace protoc "
    # What runs code, and its managers.
    "node nodejs npm npx yarn yarnpkg pnpm pnpx bun bunx corepack deno node-gyp python pypy pip pip-sync uv uvx "
    "poetry pdm pipenv virtualenv pyenv conda mamba micromamba keyring ruby gem bundle bundler rake irb erb rbenv php "
    "hhvm composer phar perl cpan lua go gofmt java javac jar mvn gradle sbt scala kotlin kotlinc dotnet msbuild nuget "
    "erl erlc escript elixir mix rebar rebar3 iex dart flutter pub swift swiftc swiftly xcrun asdf mise rtx nodenv "
    "volta fnm nvm jenv goenv swift-package husky patch-package prisma only-allow is-ci "
    # What packages of the system start.
    "apt apt-get apt-key apt-cache dpkg dpkg-deb dpkg-query dpkg-divert dpkg-split dpkg-trigger dpkg-preconfigure "
    "debconf update-alternatives update-rc.d deb-systemd-helper invoke-rc.d start-stop-daemon useradd adduser "
    "groupadd addgroup usermod rpm yum dnf microdnf zypper apk pacman systemctl service ucf tzselect "
    "update-ca-certificates fc-cache gtk-update-icon-cache "
)
_TRIPLET: Final = re.compile(r"\w+-(\w+-)?linux-(gnu|musl)\w*-")
_VERSION: Final = re.compile(r"-?\d+(\.\d+)*\Z")
_CONFIG: Final = re.compile(r"[\w.+-]+[-_]config\Z")
"""``pg_config``, ``freetype-config``: what tells compilers where a library is."""


def is_started(name: str) -> bool:
    """Tell whether an install may start a program of this name: ``npm``, ``python3.12``, ``x86_64-linux-gnu-gcc``."""
    plain = _TRIPLET.sub("", name, count=1)
    return plain in _NAMES or _VERSION.sub("", plain) in _NAMES or _CONFIG.match(name) is not None
