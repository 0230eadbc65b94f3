"""The commands of the systems' package managers: their options and verbs, and what a command line says.

Sources: the manuals apt-get(8), apk(8), dnf(8), yum(8), microdnf(8), zypper(8), pacman(8); apt's source
(private-cacheset.cc: an operand is a file if it starts with ``/``, ``./`` or ``../``), apk's (app_add.c: if ``.apk`` is
in it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from layerwise.commands.kit.command_line import UNKNOWN, Syntax, read_command_line, syntax, word_value
from layerwise.semantics.scope import Scope
from layerwise.semantics.shell import Command, Word

_APT: Final = syntax(
    "-t --target-release --default-release -o --option -c --config-file -a --host-architecture -P --build-profiles -e"
    " --error-on --solver --comment",
    "-y --yes --assume-yes --assume-no -q -qq -q=1 -q=2 --quiet -f --fix-broken --fix-missing -m --ignore-missing -V"
    " --verbose-versions -u --show-upgraded --no-show-upgraded --install-recommends --no-install-recommends"
    " --install-suggests --no-install-suggests --upgrade --no-upgrade --only-upgrade --with-new-pkgs"
    " --without-new-pkgs --purge --reinstall --auto-remove --autoremove --no-auto-remove --no-remove --ignore-hold"
    " --allow-downgrades --force-yes --allow-unauthenticated --allow-remove-essential --allow-change-held-packages"
    " --allow-insecure-repositories --no-allow-insecure-repositories --allow-weak-repositories"
    " --allow-releaseinfo-change --list-cleanup --no-list-cleanup --trivial-only --show-progress -d --download-only"
    " --no-download --arch-only --indep-only --color --no-color",
)
_APK: Final = syntax(
    "-t --virtual -X --repository --cache-max-age --wait --timeout -p --root --arch --keys-dir --repositories-file"
    " --cache-dir --progress-fd --repository-config",
    "--no-cache -U --update --update-cache -u --upgrade -a --available --prune -q --quiet --progress --no-progress"
    " --purge -l --latest -v -vv --verbose -f --force --force-broken-world --force-missing-repositories"
    " --force-non-repository --force-old-apk --force-overwrite --force-refresh --no-scripts --no-commit-hooks"
    " --no-chown --no-network --no-logfile --no-interactive -i --interactive --allow-untrusted --initdb --ignore"
    " --self-upgrade-only --no-self-upgrade --simulate -s --clean-protected --overlay-from-stdin --cache-predownload"
    " --preserve-env",
)
_DNF: Final = syntax(
    "--enablerepo --disablerepo --enable-repo --disable-repo --repo --repoid --releasever --forcearch --exclude -x"
    " --excludepkgs --disableexcludes --disableexcludepkgs --installroot -c --config --setopt --setvar --repofrompath"
    " --enableplugin --disableplugin --advisory --advisories --bz --cve --sec-severity --debuglevel -d --errorlevel -e"
    " --rpmverbosity --randomwait -R --color --comment --destdir --downloaddir --archlist --arch --add-repo"
    " --set-enabled --set-disabled --enable --disable --spec",
    "-y --assumeyes --assumeno -q --quiet -v --verbose --best --nobest --no-best --allowerasing --skip-broken"
    " --skip-unavailable --refresh -C --cacheonly --nogpgcheck --no-gpgchecks --noplugins --nodocs --no-docs"
    " --obsoletes --noautoremove --no-autoremove --security --bugfix --enhancement --newpackage --downloadonly -b"
    " --allow-downgrade --with-optional -4 -6 --save --no-allow-downgrade --use-host-config",
)
_ZYPPER: Final = syntax(
    "-r --repo --from -t --type --releasever --root --installroot --reposd-dir --cache-dir -p --plus-repo"
    " --plus-content --solver-focus --config -c --download",
    "-n --non-interactive -y --no-confirm -q --quiet -v --verbose -x --xmlout -A --no-abbrev --gpg-auto-import-keys"
    " --no-gpg-checks --no-refresh --no-cd --no-remote --ignore-unknown -i --disable-repositories"
    " --non-interactive-include-reboot-patches --name --capability -f --force --oldpackage -l"
    " --auto-agree-with-licenses --auto-agree-with-product-licenses --recommends --no-recommends --force-resolution"
    " --no-force-resolution --details --download-only -d --download-in-advance --download-in-heaps --replacefiles"
    " --allow-unsigned-rpm --allow-downgrade --no-allow-downgrade --allow-name-change --allow-arch-change"
    " --allow-vendor-change --no-allow-vendor-change --clean-deps -u --no-clean-deps -a --all -m --metadata"
    " --with-update --skip-not-applicable-patches --with-optional",
)
_PACMAN: Final = syntax(
    "--ignore --ignoregroup --overwrite --color --assume-installed --arch --cachedir --config --dbpath -b --root -r"
    " --gpgdir --hookdir --logfile --sysroot --print-format",
    "-S -Sy -Syu -Syyu -Syy -Su -Sc -Scc -Syw --sync -R -Rs -Rns -Rn -Rsn -Rdd --remove -U --upgrade -y -u -c -s -n -d"
    " -w -q -v --refresh --sysupgrade --clean --noconfirm --confirm --needed --asdeps --asexplicit --noprogressbar"
    " --noscriptlet --nodeps --dbonly --quiet --verbose --recursive --nosave --downloadonly --disable-download-timeout"
    " --cascade",
)

_ADDS: Final = "install"
_OTHER: Final = "other"


def _verbs(adds: str, others: str) -> dict[str, str]:
    return {**dict.fromkeys(adds.split(), _ADDS), **dict.fromkeys(others.split(), _OTHER)}


_APT_VERBS: Final = _verbs(
    "install reinstall upgrade dist-upgrade full-upgrade build-dep",
    "update clean autoclean auto-clean distclean autoremove auto-remove remove purge",
)
_DNF_VERBS: Final = _verbs(
    "install reinstall upgrade update localinstall groupinstall distro-sync builddep upgrade-minimal update-minimal"
    " module-install group-install",
    "clean makecache remove erase autoremove check-update module-enable module-disable module-reset config-manager"
    " repolist",
)
_PROGRAMS: Final[Mapping[str, tuple[Syntax, Mapping[str, str]]]] = {
    **dict.fromkeys(("apt-get", "apt", "aptitude"), (_APT, _APT_VERBS)),
    "apk": (_APK, _verbs("add upgrade", "update del cache")),
    **dict.fromkeys(("dnf", "dnf5", "yum", "microdnf", "tdnf"), (_DNF, _DNF_VERBS)),
    "zypper": (
        _ZYPPER,
        _verbs(
            "install in update up dist-upgrade dup patch", "refresh ref clean cc remove rm modifyrepo mr addrepo ar"
        ),
    ),
    "pacman": (_PACMAN, {}),
}
PROGRAMS: Final = frozenset(_PROGRAMS)
_GROUPED: Final = frozenset({"group", "module"})
"""Of dnf: the verb is in the next word."""

_SETTINGS: Final = re.compile(
    r"(Acquire|APT::(Install-|Get::|Acquire|Color|Cache-Limit|AutoRemove)|DPkg::(Options::?=|Use-Pty|Lock|Progress)|Debug"
    r"|quiet|Binary::apt|Apt::Cmd).*|(install_weak_deps|tsflags|keepcache|max_parallel_downloads|fastestmirror|retries"
    r"|timeout|minrate|sslverify|skip_if_unavailable|best|clean_requirements_on_remove|module_platform_id|deltarpm"
    r"|skip_missing_names_on_install|obsoletes|ip_resolve|assumeyes|multilib_policy|metadata_expire|\*\.\w+)=.*",
    re.IGNORECASE,
)
"""Settings on the command line (``-o``, ``--setopt``) that name no file."""
_NAMES_A_FILE: Final = re.compile(r"=\s*\"?(\.{0,2}/|~|file:)")
_HARMLESS_WORD: Final = re.compile(
    r"\"?(\$\{?PHPIZE_DEPS\}?|[a-zA-Z0-9][\w.+:-]*(\$\{?\w+\}?[\w.+:~-]*)+|[a-zA-Z0-9][\w.+:-]*=[\w.+:~*${}-]+)\"?"
)
"""A name with a version that can't be told here (``nginx=${VERSION}``, ``curl=7.*``, ``php${V}-xml``), and what
official images of PHP have in their environment: no paths, whatever they become."""
_REMOTE: Final = re.compile(r"(https?|ftp)://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SystemCommand:
    """What a command says: ``packages`` are its operands, None for one that can't be told.

    ``is_plain``: no option of it names a file.
    """

    program: str
    verb: str
    installs: bool
    options: Mapping[str, str]
    packages: tuple[str | None, ...]
    is_plain: bool

    def unclear(self, command: Command, scope: Scope) -> list[Word]:
        """Return the words that can't be told and may name a file."""
        if None not in self.packages:
            return []
        unknown = (it for it in command.arguments if word_value(it, scope) is None)
        return [it for it in unknown if not _HARMLESS_WORD.fullmatch(it.text)]

    @property
    def package_files(self) -> list[str]:
        """The operands that are files."""
        return [it for it in self.packages if it is not None and _is_file(it, self.program)]


def _is_file(operand: str, program: str) -> bool:
    if _REMOTE.match(operand):
        return False
    if program == "apk":
        return ".apk" in operand
    starts = operand.startswith(("./", "../", "/", "~"))
    return starts or operand.endswith((".deb", ".rpm", ".spec", ".repo", ".pkg.tar.zst", ".pkg.tar.xz"))


def read_system_command(command: Command, scope: Scope) -> SystemCommand | None:
    """Read a command; None if it is none of a package manager, or of one that does something else."""
    folder, _, program = (command.program or "").rpartition("/")
    if program not in PROGRAMS or folder not in ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin"):
        return None
    known, verbs = _PROGRAMS[program]
    line = read_command_line(command, scope, known)
    if line is None:
        return None
    operands = list(line.operands)
    settings = line.values("-o", "--option", "--setopt")
    # What is not known to name no file may.
    is_plain = all(_SETTINGS.fullmatch(it) and not _NAMES_A_FILE.search(it) for it in settings)
    is_plain = is_plain and not line.has("-c", "--config", "--config-file", "--keys-dir", "--repositories-file")
    is_plain = is_plain and all(_REMOTE.match(it) for it in line.values("--add-repo"))
    repositories = line.values("-X", "--repository", "--repofrompath", "--plus-repo")
    is_plain = is_plain and all(it != UNKNOWN and ("/" not in it or _REMOTE.match(it)) for it in repositories)
    options = line.last_values()
    if program == "pacman":
        verb = next((it for it in options if it.startswith(("-S", "-R", "-U", "--sync", "--remove"))), "")
        kind = _of_pacman(frozenset(options), verb, any_named=bool(operands))
    else:
        verb = operands.pop(0) or "" if operands else ""
        if verb in _GROUPED and program in ("dnf", "dnf5", "yum", "microdnf") and operands:
            verb = f"{verb}-{operands.pop(0)}"
        kind = verbs.get(verb, "")
    if not kind:
        return None
    return SystemCommand(program, verb, kind == _ADDS, options, tuple(operands), bool(is_plain))


def _of_pacman(options: frozenset[str], verb: str, *, any_named: bool) -> str:
    letters = "".join(it[1:] for it in options if not it.startswith("--"))
    if verb.startswith(("-U", "-R", "--remove")) or "c" in letters or "--clean" in options:
        return _ADDS if verb.startswith("-U") else _OTHER
    upgrades = "u" in letters or "--sysupgrade" in options
    return (_ADDS if any_named or upgrades else _OTHER) if verb else ""
