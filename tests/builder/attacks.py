"""Projects drawn to make a safe fix fail: what file, how it is reached, by which manager.

The files are those that real managers were recorded to ask for (fixtures/probes), programs by the names that they start,
links where they write, and what variables name. ``asker`` stands in for each manager.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from builder.attacked import ATTACKED, Manager
from probes.probe import CONTENTS, INSIDE
from project import File, Version


@dataclass
class Draft:
    """A project as it is drawn; ``root`` is the folder of the manifests in the context, "" or ``app/``."""

    random: Random
    manager: Manager
    known: list[Manager]
    root: str
    files: dict[str, File]
    lines: list[str] = field(default_factory=list[str])
    copies: list[str] = field(default_factory=list[str])
    prefix: str = ""
    behind: str = ""
    between: list[str] = field(default_factory=list[str])

    @property
    def folder(self) -> str:
        """The folder of the manifests in the image."""
        return f"/w/{self.root}".rstrip("/")

    def put(self, path: str, content: str | None = None, mode: int = 0o644) -> None:
        """Put a file that nobody else has into the context, unless something is in the way."""
        path = posixpath.normpath(path)
        above = [path]
        while above[-1]:
            above.append(posixpath.dirname(above[-1]))
        if path.startswith("..") or any(it in self.files for it in above[:-1] if it):
            return
        if any(it.startswith(f"{path}/") for it in self.files):
            path = f"{path}/drawn"
        self.files[path] = File(content if content is not None else self.content(path), mode)

    def content(self, path: str) -> str:
        """Return a content that is valid for a name, and different each time."""
        token = f"{self.random.random()}"
        name = posixpath.basename(path)
        if name in CONTENTS:
            return CONTENTS[name]
        kinds = {
            ".json": f'{{"x": "{token}"}}',
            ".xml": f"<!-- {token} -->",
            ".js": f"// {token}",
            ".cjs": f"// {token}",
        }
        return kinds.get(posixpath.splitext(name)[1], f"# {token}") + "\n"

    def one(self, *choices: str) -> str:
        """Draw one."""
        return self.random.choice(choices)

    def set(self, name: str, value: str) -> None:
        """Set a variable, in one of the ways that there are."""
        match self.random.randrange(6):
            case 0:
                self.prefix = f"{name}={value} {self.prefix}"
            case 1 if not self.prefix.startswith("env "):
                self.prefix = f"env {name}={value} {self.prefix}"
            case 2 if "=" not in self.prefix:
                self.prefix = f"export {name}={value} && {self.prefix}"
            case 3 if "$" not in value:
                self.lines.append(f"ARG {name}={value}")
            case _:
                self.lines.append(f"ENV {name}={value}")

    def place(self, path: str) -> str:
        """Return a value that names a file of the project: relative or absolute."""
        return self.one(path, f"./{path}", f"{self.folder}/{path}", f"{self.folder}/{path}")


def _asked_file(it: Draft) -> None:
    """A file that the manager asks for, where it asks."""
    _put_asked(it, it.random.choice(it.manager.asked))


def _sibling_file(it: Draft) -> None:
    """A file that another manager asks for."""
    _put_asked(it, it.random.choice(it.random.choice(it.known).asked))


def _put_asked(it: Draft, asked: str) -> None:
    folder, _, path = asked.partition("/")
    inside = {"site-packages": "drawn.pth", **INSIDE}.get(posixpath.basename(path), "")
    path = posixpath.join(path, inside).rstrip("/")
    if folder == "PROJECT":
        it.put(f"{it.root}{path}")
    elif folder == "ABOVE" and it.root:
        it.put(path)
    elif folder == "HOME":
        _put_at_home(it, path)
    elif asked.startswith("/"):
        it.put(f"rootfs{asked}")
        if it.random.random() < 0.5:
            it.copies.append("COPY rootfs /")


def _put_at_home(it: Draft, path: str) -> None:
    match it.random.randrange(6):
        case 0:
            it.put(f"home/{path}")
            it.copies.append(f"COPY {it.one('home', 'home/')} /root{it.one('', '/')}")
        case 1:
            it.put(f"{it.root}conf/{path}")
            it.set("HOME", it.place("conf"))
        case 2 if path.startswith(".config/"):
            it.put(f"{it.root}conf/{path.removeprefix('.config/')}")
            it.set("XDG_CONFIG_HOME", it.place("conf"))
        case _:
            it.put(f"{it.root}{path}")
            it.set("HOME", it.one(it.folder, it.folder, "."))


def _program(it: Draft) -> None:
    """A file named like a program, in a folder of PATH."""
    folder = it.one("bin", "tools/bin", ".", "node_modules/.bin")
    name = it.one(it.manager.program, *it.manager.names, "deploy", "release.sh", "x")
    it.put(f"{it.root}{folder}/{name}", f"#!/bin/sh\necho {it.random.random()} >/hijacked\n", 0o755)
    absolute = posixpath.normpath(f"{it.folder}/{folder}")
    match it.random.randrange(8):
        case 0 | 1:
            it.set("PATH", f"{folder}:$PATH")
        case 2:
            it.set("PATH", f"$PATH:{absolute}")
        case 3:
            it.lines += [f"ENV TOOLS={absolute}", "ENV PATH=${TOOLS}:${PATH}"]
        case 4 if folder == ".":
            it.set("PATH", ":$PATH")
        case 5:
            it.lines.append(f"ENV PATH=/bin:{absolute}")
        case _:
            it.set("PATH", f"{absolute}:$PATH")


def _link_at_output(it: Draft) -> None:
    """Something where the manager writes."""
    output = f"{it.root}{it.manager.into}"
    if it.manager.into.startswith("/"):
        output = f"{it.root}{it.one('node_modules', 'vendor', '.venv', 'target')}"
    kind = it.random.randrange(5)
    if output in it.files or any(name.startswith(f"{output}/") for name in it.files):
        return
    if kind == 0:
        it.put(f"{output}/.keep", "")
    elif kind == 1:
        it.files[output] = File(None, 0o755)
    else:
        it.files[output] = File(link=it.one("other", "/store/elsewhere", "missing/deep", "src"))
        it.put(f"{it.root}other/x")
    if it.random.random() < 0.2:
        it.files[".dockerignore"] = File(f"{output}\n")


def _variable(it: Draft) -> None:
    """A variable that names a file."""
    name = it.one(*it.manager.variables, "APP_CONFIG", "LOG_LEVEL")
    path = it.one("conf/drawn", "drawn.cfg", "certs/ca.pem", "src/drawn")
    it.put(f"{it.root}{path}")
    value = it.place(it.one(path, path, posixpath.dirname(path) or path))
    it.set(name, f"--require={value}" if name == "NODE_OPTIONS" else value)


def _shell(it: Draft) -> None:
    """Another shell for the RUN."""
    plain = ['["/bin/sh", "-ec"]', '["/bin/busybox", "sh", "-c"]', '["sh", "-c"]', '["/bin/sh", "-e", "-u", "-c"]']
    own = [f'["{it.folder}/tools/sh", "-c"]', '["./tools/sh", "-c"]', '["/bin/sh", "-c", ". ./env.sh; eval \\"$0\\""]']
    it.put(f"{it.root}tools/sh", '#!/bin/sh\necho >/hijacked\nexec /bin/sh "$@"\n', 0o755)
    it.put(f"{it.root}env.sh", f"echo {it.random.random()} >/hijacked\n")
    it.lines.append(f"SHELL {it.one(*plain, *own)}")


def _script(it: Draft) -> None:
    """A lifecycle script, for who has them."""
    if it.manager.into != "node_modules":
        return
    script = it.one(
        "test -f src/i.js", "[ src/* = src/i.js ]", "echo src/*", "test src/i.js -ef src/../src/i.js", "cat conf/drawn", "echo hi",
        "mkdir -p made", ". ./env.sh", "true", "ls", "test -e missing || true", "exit 0", "! test a -nt src/i.js", "./tools/run",
        "touch made.txt", "node -v >/dev/null 2>&1 || true", "sh tools/run", "echo $PWD", "cp package.json copied.json",
    )  # fmt: skip
    it.put(f"{it.root}conf/drawn")
    it.put(f"{it.root}env.sh")
    it.put(f"{it.root}tools/run", "#!/bin/sh\necho run\n", 0o755)
    manifest = json.loads(it.files[f"{it.root}package.json"].content or "{}")
    manifest.setdefault("scripts", {})["preinstall"] = script
    it.files[f"{it.root}package.json"] = File(json.dumps(manifest, indent=2) + "\n")


def _shim(it: Draft) -> None:
    """A version manager's shim in front, and its file."""
    it.lines.append("ENV PATH=/shims:$PATH")
    if it.manager.versions and it.random.random() < 0.7:
        it.put(f"{it.one(it.root, it.root, '')}{it.one(*it.manager.versions)}", f"{it.random.random()}\n")


def _owner(it: Draft) -> None:
    """Other owners of the files, or another user."""
    it.copies.append("--chown=node:node")
    if it.random.random() < 0.4:
        it.lines.append("USER node")


def _two_names(it: Draft) -> None:
    """Two COPYs to one folder that has two names."""
    it.put("one/same")
    it.put("two/same")
    first, second = it.one(
        "/var/run/x /run/x", "/bin/../srv/x /srv/x", "/srv/a /srv/b", "$APP_HOME/x /srv/home/x"
    ).split()
    it.lines += ["RUN mkdir -p /run /var && ln -s /run /var/run"] if "run" in first else []
    it.copies += [f"COPY one {first}", f"COPY two {second}"]


def _between(it: Draft) -> None:
    """A step between the COPYs and the install."""
    it.put(f"{it.root}tools/run", "#!/bin/sh\necho run\n", 0o755)
    step = it.one(
        "RUN mkdir -p made", "RUN chmod +x tools/run", "RUN echo 1 >made.txt", "RUN ls", "ENV MODE=a", "LABEL b=2", "VOLUME /data",
        "ARG REVISION", "RUN rm -rf docs", "RUN cp other.txt copied.txt", "RUN ln -s src linked", "RUN touch package.json", "EXPOSE 80",
        "RUN adduser -D -H app", "RUN mkdir -p node_modules", "STOPSIGNAL 9", "RUN --mount=type=bind,source=src,target=/s ls /s",
    )  # fmt: skip
    it.between.append(step)


def _more_commands(it: Draft) -> None:
    """Something else in the RUN of the install."""
    more = it.one(
        "ls", "true", "echo done", "rm -rf /tmp/*", "cat src/i.js", "cp src/i.js /made.js", "mkdir -p made", "chmod -R a+r .", "test -d src"
    )  # fmt: skip
    if it.random.random() < 0.5:
        it.behind = f" {it.one('&&', ';')} {more}"
    elif not it.prefix:
        it.prefix = f"{more} {it.one('&&', ';')} "


def _linked_manifest(it: Draft) -> None:
    """A manifest, or a folder on the way, that is a link."""
    own = sorted(name for name, file in it.files.items() if name.startswith(it.root) and not file.link and file.content)
    name = it.random.choice(own)
    moved = f"{it.one('', it.root)}elsewhere/{posixpath.basename(name)}"
    it.files[moved] = it.files[name]
    it.files[name] = File(link=posixpath.relpath(moved, posixpath.dirname(name) or "."))


def _harmless(it: Draft) -> None:
    """What many projects have."""
    match it.random.randrange(6):
        case 0:
            it.lines.append("ENV NODE_ENV=production PYTHONUNBUFFERED=1")
        case 1:
            it.lines.append("LABEL a=1")
        case 2:
            it.put("docs/x.md")
        case 3:
            it.lines.append("ENV APP_PORT=80")
        case 4:
            it.put(f"{it.root}.env")
        case _:
            it.prefix += "echo start && " if it.prefix == "" else ""


_KINDS: Final[tuple[tuple[int, Callable[[Draft], None]], ...]] = (
    (6, _asked_file), (4, _sibling_file), (4, _program), (3, _link_at_output), (3, _variable), (2, _shell), (3, _script),
    (2, _shim), (3, _between), (2, _more_commands), (2, _linked_manifest), (1, _owner), (1, _two_names), (5, _harmless),
)  # fmt: skip


def draw(seed: int, number: int, known: list[Manager]) -> tuple[Version, str]:
    """Draw one project; also say what is in it."""
    random = Random(f"{seed} {number}")
    manager = random.choice(known)
    root = random.choice(["", "app/"])
    files = {f"{root}{name.removeprefix('app/')}": File(text) for name, text in manager.probe.context.items()}
    files |= {f"{root}src/i.js": File("1\n"), "other.txt": File(f"{random.random()}\n")}
    it = Draft(random, manager, known, root, files)
    weights, kinds = zip(*_KINDS, strict=True)
    chosen = random.choices(kinds, weights, k=random.choice([0, 1, 1, 1, 2, 2, 3]))
    for kind in chosen:
        kind(it)
    return Version(_dockerfile(it), it.files), f"{manager.command}: {', '.join(kind.__name__[1:] for kind in chosen)}"


def _dockerfile(it: Draft) -> str:
    flags = [f"{flag} " for flag in it.copies if flag.startswith("--")][:1]
    copy = f"COPY {''.join(flags)}{it.one('. /w', './ /w/', '. /w/')}"
    if not it.root:
        copy = f"COPY {''.join(flags)}{it.one('. .', '. .', '. /w', './ ./')}"
    copies = [*dict.fromkeys(line for line in it.copies if not line.startswith("--"))]
    it.random.shuffle(copies)
    at = it.random.randint(0, len(copies))
    copies.insert(at, copy)
    folder, run = it.folder, f"{it.prefix}{it.manager.command}{it.behind}"
    if it.root and it.random.random() < 0.25:
        folder, run = "/w", f"cd {it.one('app', './app', '/w/app')} && {run}"
    head = [f"FROM {ATTACKED}", *it.lines, f"WORKDIR {folder}"]
    if it.random.random() < 0.3:
        head = [f"FROM {ATTACKED}", f"WORKDIR {folder}", *it.lines]
    return "\n".join([*head, *copies, *it.between, f"RUN {run}"]) + "\n"
