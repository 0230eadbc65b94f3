"""The managers that attacks are drawn for, as their probes recorded them, and the image in which ``asker`` stands for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.daemon import BASE, Builder
from probes.probe import FIXTURES, Probe, harmless, read_probes

ATTACKED: Final = "layerwise-attacked"
"""The base image: managers that are ``asker``, and shims in /shims."""

_ASKERS: Final = Path(__file__).parent / "askers"


@dataclass(frozen=True)
class Manager:
    """A recorded command as it is attacked: ``into`` is where it writes, ``variables`` name files that it reads."""

    program: str
    command: str
    probe: Probe
    into: str
    variables: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def key(self) -> str:
        """What tells the asker which of its recorded commands it is."""
        return "-".join(self.command.split()[:2])

    @property
    def asked(self) -> list[str]:
        """What it asks for, but for what does not matter, and for what it writes itself."""
        outputs = (f"PROJECT/{self.into}", "PROJECT/node_modules", "PROJECT/.venv", "PROJECT/vendor")
        found = [it for it in self.probe.asked if not harmless(self.probe.manager, it) and not it.startswith(outputs)]
        # A folder that others lie in is only passed through.
        return [it for it in found if "/" in it and not any(other.startswith(f"{it}/") for other in self.probe.asked)]

    @property
    def names(self) -> list[str]:
        """The programs that it starts, as far as they were looked for on PATH, and itself."""
        return [*self.probe.programs, "sh"]


_ANY: Final = ("BASH_ENV", "GIT_CONFIG_GLOBAL", "SSL_CERT_FILE", "NETRC", "CURL_HOME")
_NODE: Final = (*_ANY, "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "npm_config_userconfig", "npm_config_globalconfig")
_PYTHON: Final = (*_ANY, "PIP_CONFIG_FILE", "PIP_CONSTRAINT", "PIP_CERT", "REQUESTS_CA_BUNDLE", "PYTHONUSERBASE")
_OF_NODE: Final = (".nvmrc", ".node-version", ".tool-versions")
_OF_PYTHON: Final = (".python-version", ".tool-versions", "mise.toml")
_TABLE: Final = (
    # manager, which of its runs, folder that it writes, variables, version files, another form of the command
    ("npm", 0, "node_modules", _NODE, _OF_NODE, ""),
    ("npm", 2, "node_modules", _NODE, _OF_NODE, ""),
    ("pnpm", 0, "node_modules", _NODE, _OF_NODE, ""),
    (
        "bun",
        0,
        "node_modules",
        (*_ANY, "NODE_EXTRA_CA_CERTS", "BUN_CONFIG_FILE"),
        (".bun-version", ".tool-versions"),
        "",
    ),
    ("yarn-berry", 0, "node_modules", (*_NODE, "YARN_YARN_PATH"), _OF_NODE, ""),
    ("deno", 0, "/store/deno", (*_ANY, "DENO_CERT"), (".tool-versions",), ""),
    ("corepack", 0, "/store/corepack", _NODE, _OF_NODE, ""),
    ("pip", 0, "/store/pip", _PYTHON, _OF_PYTHON, ""),
    ("pip", 1, "/store/pip", _PYTHON, _OF_PYTHON, ""),
    ("uv", 1, ".venv", (*_ANY, "UV_CONFIG_FILE", "UV_CONSTRAINT"), _OF_PYTHON, ""),
    ("uv", 2, "/store/uv", (*_ANY, "UV_CONFIG_FILE", "UV_CONSTRAINT"), _OF_PYTHON, ""),
    ("poetry", 0, "/store/poetry", (*_PYTHON, "POETRY_CONFIG_DIR"), _OF_PYTHON, ""),
    ("poetry", 1, ".venv", (*_PYTHON, "POETRY_CONFIG_DIR"), _OF_PYTHON, ""),
    ("pdm", 0, ".venv", (*_PYTHON, "PDM_CONFIG_FILE"), _OF_PYTHON, ""),
    ("pipenv", 1, "/store/pipenv", (*_PYTHON, "PIPENV_PIPFILE"), _OF_PYTHON, ""),
    ("pip-tools", 0, "/store/pip", _PYTHON, _OF_PYTHON, ""),
    ("composer", 1, "vendor", (*_ANY, "COMPOSER_HOME", "PHP_INI_SCAN_DIR"), (".php-version", ".tool-versions"), ""),
    ("cargo", 0, "/store/cargo", (*_ANY, "CARGO_HOME", "RUSTC"), ("rust-toolchain", "rust-toolchain.toml"), ""),
    ("go", 0, "/store/go", (*_ANY, "GOENV"), (".go-version", ".tool-versions"), ""),
    ("maven", 0, "/store/maven", (*_ANY, "MAVEN_HOME"), (".java-version", ".sdkmanrc"), ""),
    ("yarn-classic", 0, "node_modules", _NODE, _OF_NODE, "yarn --frozen-lockfile --ignore-scripts"),
    ("apt-get", 0, "/store/apt", (*_ANY, "APT_CONFIG"), (), "apt-get install -y --no-install-recommends curl"),
)


def managers() -> list[Manager]:
    """Return all that are attacked."""
    found: list[Manager] = []
    for name, run, into, variables, versions, form in _TABLE:
        probe = read_probes(FIXTURES / "probes" / f"{name}.json")[run]
        command = form or probe.command
        found.append(Manager(command.split()[0], command, probe, into, variables, versions))
    return found


def make_base(builder: Builder, known: list[Manager]) -> None:
    """Make the image with the stand-ins, and what each asks for."""
    root = builder.folder / "attacked"
    for it in ("bin", "shims", "asked", "store"):
        (root / it).mkdir(parents=True, exist_ok=True)
    for it in known:
        for folder, script in (("bin", "asker"), ("shims", "shim")):
            (root / folder / it.program).write_bytes((_ASKERS / script).read_bytes())
            (root / folder / it.program).chmod(0o755)
        alike = [other for other in known if other.key == it.key]
        lists = {
            f"{it.key}": {path for other in alike for path in other.asked},
            f"{it.key}.programs": {name for other in alike for name in other.names},
            f"{it.key}.variables": {name for other in alike for name in other.variables},
            f"{it.key}.into": {it.into},
            f"{it.program}.versions": set(it.versions),
        }
        for name, lines in lists.items():
            (root / "asked" / name).write_text("".join(f"{line}\n" for line in sorted(lines)))
    run = 'RUN ["/bin/sh", "-c", "chmod 1777 /tmp /store"]'
    builder.build(root, f"FROM {BASE}\nCOPY . /\n{run}\n", ATTACKED)
