"""npm: which commands install, and what a project makes an install read besides its manifests."""

from __future__ import annotations

import json

import pytest

from commands.installs import judge, recognised
from layerwise.commands.node.npm import NPM

PACKAGE = '{"name": "app", "dependencies": {"left-pad": "^1.3.0"}}'
LOCK = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app", "dependencies": {"left-pad": "^1.3.0"}},
            "node_modules/left-pad": {
                "version": "1.3.0",
                "resolved": "https://registry.example.org/left-pad/-/left-pad-1.3.0.tgz",
            },
        },
    }
)
PROJECT = {"package.json": PACKAGE, "package-lock.json": LOCK, "server.js": "", "tsconfig.json": "{}", "README.md": ""}


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("npm ci", "npm ci", "/app"),
        ("npm clean-install", "npm clean-install", "/app"),
        ("npm i", "npm i", "/app"),
        ("npm install", "npm install", "/app"),
        ("npm ci --loglevel error", "npm ci", "/app"),
        ("npm ci --loglevel=error --omit=dev", "npm ci", "/app"),
        ("npm --quiet ci -s", "npm ci", "/app"),
        ("npm ci --no-audit --no-fund --prefer-offline", "npm ci", "/app"),
        ("npm ci --registry $REGISTRY", "npm ci", "/app"),
        ("npm ci --registry=${REGISTRY}", "npm ci", "/app"),
        ("npm --prefix web ci", "npm ci", "/app/web"),
        ("npm ci -C web", "npm ci", "/app/web"),
        ("npm --prefix=/srv/api install --production", "npm install", "/srv/api"),
        ("cd web && npm ci", "npm ci", "/app/web"),
        ("NODE_ENV=production npm ci", "npm ci", "/app"),
        ("env CI=1 npm ci", "npm ci", "/app"),
    ],
)
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(NPM, script)
    assert install is not None
    assert (install.title, install.directory) == (title, directory)


@pytest.mark.parametrize(
    "script",
    [
        "npm run build",
        "npm install express",
        "npm install .",
        "npm install -g pnpm",
        "npm install --global",
        "npm ci --location=global",
        "npm install --package-lock-only",
        "npm ci --dry-run",
        "npm ci $FLAGS",
        "npm ci --ignore-scripts false",
        "npm ci --what error",
        "npm --prefix $DIR ci",
        "$NPM ci",
        "yarn install",
        "npm cit",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(NPM, script) is None


def test_frozen_install_of_registry_packages_is_safe() -> None:
    verdict = judge(NPM, "npm ci", PROJECT)
    assert verdict.is_safe
    assert verdict.manifests == ["package.json", "package-lock.json"]
    assert verdict.needs.outputs == ("/app/node_modules",)


@pytest.mark.parametrize(
    ("more", "script", "manifests"),
    [
        ({".npmrc": "audit=false"}, "npm ci", ["package.json", "package-lock.json", ".npmrc"]),
        ({"npm-shrinkwrap.json": LOCK}, "npm ci", ["package.json", "npm-shrinkwrap.json", "package-lock.json"]),
        ({"yarn.lock": ""}, "npm ci", ["package.json", "package-lock.json"]),
        ({"binding.gyp": "", "package.json": '{"scripts": {"prepare": "tsc"}}'}, "npm ci --ignore-scripts", ["package.json", "package-lock.json"]),
        ({"binding.gyp": "", "package.json": '{"scripts": {"preinstall": "echo hi"}}'}, "npm ci", ["package.json", "package-lock.json"]),
        ({".npmrc": "cafile=ca.pem", "ca.pem": ""}, "npm ci", ["package.json", "package-lock.json", ".npmrc", "ca.pem"]),
        ({"ca.pem": ""}, "NODE_EXTRA_CA_CERTS=ca.pem npm ci", ["package.json", "package-lock.json", "ca.pem"]),
        ({"ca.pem": ""}, "env NODE_EXTRA_CA_CERTS=/app/ca.pem npm ci", ["package.json", "package-lock.json", "ca.pem"]),
        # --no-save leaves the lockfile alone: run with npm 6 to 11.
        ({}, "npm install --no-save", ["package.json", "package-lock.json"]),
    ],
)  # fmt: skip
def test_safe(more: dict[str, str], script: str, manifests: list[str]) -> None:
    verdict = judge(NPM, script, {**PROJECT, **more})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


def locked(path: str, **entry: object) -> dict[str, str]:
    return {"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {"": {}, path: entry}})}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"package.json": "{"}, "package.json is not valid JSON"),
        ({"package-lock.json": "<<<<<<<"}, "package-lock.json is not valid JSON, or too large to read"),
        ({"package.json": '{"dependencies": {"a": "file:../a"}}'}, "../a, which a is a link to, has no package.json here"),
        ({"package.json": '{"devDependencies": {"a": "vendor/a-1.0.0.tgz"}}'}, "the build context has no vendor/a-1.0.0.tgz, which package.json takes a package from"),
        ({"package.json": '{"peerDependencies": {"a": "link:a"}}'}, "package.json takes a from a place that npm does not know (link:a)"),
        ({"package.json": '{"overrides": {"x": {"a": "file:a"}}}'}, "a, which a is a link to, has no package.json here"),
        ({"package.json": '{"dependencies": {"a": "file:a"}}', "a/package.json": "{}", ".npmrc": "install-links=true"}, "package.json takes a from a folder of the project, which install-links lets npm copy"),
        ({"package.json": '{"scripts": {"postinstall": "node scripts/x.js"}}'}, 'npm runs the script "postinstall" of package.json during the install, which may read any file'),
        ({"package.json": '{"scripts": {"prepare": "tsc", "preinstall": "x"}}'}, 'npm runs the scripts "preinstall" and "prepare" of package.json during the install, which may read any file'),
        # Run with npm 11: npm ci runs it too.
        ({"package.json": '{"scripts": {"dependencies": "x"}}'}, 'npm runs the script "dependencies" of package.json during the install, which may read any file'),
        ({"binding.gyp": "{}"}, "npm compiles the project's own native code during the install, as there is a binding.gyp"),
        ({**locked("node_modules/a", resolved="packages/a", link=True), "packages/a/x.js": ""}, "package-lock.json takes packages/a from a folder that package.json does not name"),
        ({**locked("packages/a", version="1.0.0"), "packages/a/package.json": "{}"}, "package-lock.json takes packages/a from a folder that package.json does not name"),
        (locked("node_modules/@x/a", resolved="file:a.tgz"), "the build context has no a.tgz, which package-lock.json takes a package from"),
        ({"package-lock.json": '{"dependencies": {"a": {"version": "file:a"}}}'}, "package-lock.json takes a from a folder of the project"),
        ({".npmrc": "cafile=${CA}"}, ".npmrc names a file that may be part of the project (cafile=${CA})"),
        ({".npmrc": "//r.example/:certfile=my.crt"}, ".npmrc names a file that may be part of the project (//r.example/:certfile=my.crt)"),
        ({".npmrc": "location=global"}, ".npmrc sets location"),
    ],
)  # fmt: skip
def test_blocked(more: dict[str, str], reason: str) -> None:
    assert reason in judge(NPM, "npm ci", {**PROJECT, **more}).blocked


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        ("npm ci --userconfig .npmrc.docker", {".npmrc.docker": ""}, "--userconfig names a file of the project"),
        ("npm_config_userconfig=ci/npmrc npm ci", {"ci/npmrc": ""}, "npm_config_userconfig names ci/npmrc, which is part of the project"),
        ("NODE_OPTIONS='-r ./hook.js' npm ci", {}, "the Node options load other files (-r ./hook.js)"),
        ("cd web && npm ci", {"package.json": '{"workspaces": ["web"]}', "web/package.json": "{}", "web/package-lock.json": LOCK},
         "/app/package.json has workspaces, which may include the folder where it runs"),
        ("npm --prefix api ci", {}, "the build context has no package.json for the folder where it runs"),
        ("npm --prefix api ci", {"api/package.json": "{}"}, "`npm ci` needs a lockfile, and the build context has no package-lock.json beside this package.json"),
    ],
)  # fmt: skip
def test_blocked_by_options(script: str, more: dict[str, str], reason: str) -> None:
    assert reason in judge(NPM, script, {**PROJECT, **more}).blocked


def test_prefix_does_not_look_above() -> None:
    """Run with npm 11 and its source: ``--prefix`` ends the search for a workspace's root."""
    web = {"package.json": '{"workspaces": ["web"]}', "web/package.json": PACKAGE, "web/package-lock.json": LOCK}
    assert judge(NPM, "npm --prefix web ci", web).is_safe


SCRIPTED = '{"scripts": {"postinstall": "node x.js"}}'


@pytest.mark.parametrize(
    ("script", "npmrc", "runs"),
    [
        ("npm ci --ignore-scripts", "", False),
        ("npm ci --ignore-scripts=true", "", False),
        ("npm ci --ignore-scripts=false", "ignore-scripts=true", True),
        ("npm ci --no-ignore-scripts", "ignore-scripts=true", True),
        ("npm ci", "ignore-scripts=true", False),
        ("npm ci", "ignore-scripts", False),
        ("npm ci", "ignore-scripts=true ; in CI", False),
        ("npm ci", ";ignore-scripts=true", True),
        ("npm ci", "ignore-scripts=true\nignore-scripts=false", True),
        ("npm ci", "ignore-scripts=${X}", True),
        ("npm ci", "[section]\nignore-scripts=true", True),
        ("npm_config_ignore_scripts=true npm ci", "", False),
        ("NPM_CONFIG_IGNORE_SCRIPTS=true npm ci", "", False),
        ("npm_config_ignore_scripts=false npm ci", "ignore-scripts=true", True),
        ("npm_config_ignore_scripts=$X npm ci", "ignore-scripts=true", True),
    ],
)
def test_ignore_scripts(script: str, npmrc: str, runs: bool) -> None:  # noqa: FBT001 - a table's column
    verdict = judge(NPM, script, {**PROJECT, "package.json": SCRIPTED, ".npmrc": npmrc})
    assert bool(verdict.blocked) == runs


def test_ignore_scripts_from_env() -> None:
    project = {**PROJECT, "package.json": SCRIPTED}
    assert judge(NPM, "npm ci", project, "ENV NPM_CONFIG_IGNORE_SCRIPTS=true").is_safe
    assert judge(NPM, "npm ci", project, "ARG NPM_CONFIG_IGNORE_SCRIPTS").blocked


@pytest.mark.parametrize(
    ("script", "without", "more", "check"),
    [
        ("npm install", (), {}, "`npm install` may rewrite package-lock.json, and the later COPY would put the old one back"),
        ("npm install", ("package-lock.json",), {}, "there is no lockfile, so the versions of the first build stay until package.json changes"),
        ("npm install --no-package-lock", (), {}, "the lockfile is not used, so the versions of the first build stay until package.json changes"),
        # Run with npm 11: without a lockfile of its own npm takes versions from yarn.lock, and writes it.
        ("npm install", ("package-lock.json",), {"yarn.lock": "# yarn"}, "`npm install` may rewrite yarn.lock, and the later COPY would put the old one back"),
        ("npm ci", (), {"package.json": '{"scripts": {"prepare": "husky"}}', ".git/HEAD": ""}, "husky would no longer find the project when it installs git hooks, which an image seldom needs"),
        ("npm ci", (), {"package-lock.json": '{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}'},
         "package-lock.json is of version 1 and does not tell whose install scripts run; they may read any file"),
        ("npm ci", (), locked("node_modules/prisma", version="6.0.0", hasInstallScript=True),
         "prisma runs its own install script: make sure that it reads no file of the project"),
        ("npm ci", (), locked("node_modules/a", resolved="git+ssh://git@github.com/a/a.git#123"),
         "a runs its own install script: make sure that it reads no file of the project"),
    ],
)  # fmt: skip
def test_review(script: str, without: tuple[str, ...], more: dict[str, str], check: str) -> None:
    files = {path: text for path, text in {**PROJECT, **more}.items() if path not in without}
    verdict = judge(NPM, script, files)
    assert (verdict.blocked, verdict.check) == ([], [check])
    if "yarn.lock" in more:
        assert verdict.manifests == ["package.json", "yarn.lock"]


@pytest.mark.parametrize(
    ("name", "entry", "safe"),
    [
        ("esbuild", {"version": "0.25.0"}, True),
        ("sharp", {"version": "0.34.1"}, True),
        ("sharp", {"version": "0.32.6"}, False),
        ("fsevents", {"version": "2.3.3", "os": ["darwin"]}, True),
        ("x", {"version": "1.0.0", "os": ["!win32"]}, False),
        ("puppeteer", {"version": "24.0.0"}, False),
    ],
)
def test_install_scripts_of_packages(name: str, entry: dict[str, object], safe: bool) -> None:  # noqa: FBT001
    lock = locked(f"node_modules/y/node_modules/{name}", hasInstallScript=True, **entry)
    assert judge(NPM, "npm ci", {**PROJECT, **lock}).is_safe == safe
    assert judge(NPM, "npm ci --ignore-scripts", {**PROJECT, **lock}).is_safe


def workspace(**member: object) -> dict[str, str]:
    """A workspace with the members packages/a, as given, and packages/b."""
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"workspaces": ["packages/*"]},
            "node_modules/a": {"resolved": "packages/a", "link": True},
            "packages/a": {"version": "1.0.0"},
        },
    }
    return {
        "package.json": '{"workspaces": ["packages/*"]}',
        "package-lock.json": json.dumps(lock),
        "packages/a/package.json": json.dumps({"name": "a", **member}),
        "packages/a/cli.js": "",
        "packages/b/package.json": '{"name": "b"}',
        "packages/a/test/fixture/package.json": "{",
        "packages/node_modules/c/package.json": "{",
        "README.md": "",
    }


@pytest.mark.parametrize("script", ["npm ci", "npm ci -w packages/b", "npm ci --workspaces --include-workspace-root"])
def test_workspaces_are_closed_by_the_manifests_of_their_members(script: str) -> None:
    verdict = judge(NPM, script, workspace())
    assert verdict.is_safe
    assert verdict.manifests == [
        *("package.json", "package-lock.json", "packages/a/package.json", "packages/b/package.json")
    ]
    assert verdict.needs.outputs == (
        "/app/node_modules",
        "/app/packages/a/node_modules",
        "/app/packages/b/node_modules",
    )


@pytest.mark.parametrize(
    ("member", "more", "reason"),
    [
        # Run with npm 8 to 11: the link is made, and the file executable, only if the file is there.
        ({"bin": "cli.js"}, {}, "packages/a/package.json has a command (bin), which npm links and makes executable"),
        ({"bin": {"a": "./cli.js"}}, {}, "packages/a/package.json has a command (bin), which npm links and makes executable"),
        ({"directories": {"bin": "bin"}}, {"packages/a/bin/x": ""}, "packages/a/package.json has a command (bin), which npm links and makes executable"),
        ({"scripts": {"prepare": "tsc"}}, {}, 'npm runs the script "prepare" of packages/a/package.json during the install, which may read any file'),
        ({}, {"packages/a/binding.gyp": ""}, "npm compiles the project's own native code during the install, as there is a binding.gyp in packages/a"),
        ({}, {"packages/b/package.json": "{"}, "packages/b/package.json is not valid JSON"),
        ({"dependencies": {"x": "file:x.tgz"}}, {}, "the build context has no packages/a/x.tgz, which packages/a/package.json takes a package from"),
        ({"dependencies": {"b": "workspace:*"}}, {}, "packages/a/package.json takes b from a place that npm does not know (workspace:*)"),
    ],
)  # fmt: skip
def test_members_that_read_the_source(member: dict[str, object], more: dict[str, str], reason: str) -> None:
    verdict = judge(NPM, "npm ci", {**workspace(**member), **more})
    assert verdict.blocked == [reason]


def test_archives() -> None:
    """Run with npm 8.19, 9.3, 10.9 and 11.19: nothing else is read for them."""
    lock = locked("node_modules/x", resolved="file:vendor/x.tgz")
    project = {**PROJECT, **lock, "package.json": '{"dependencies": {"x": "file:vendor/x.tgz"}}', "vendor/x.tgz": ""}
    verdict = judge(NPM, "npm ci", project)
    assert verdict.is_safe
    assert verdict.manifests == ["package.json", "package-lock.json", "vendor/x.tgz"]


def test_members_that_do_not() -> None:
    assert judge(NPM, "npm ci", workspace(bin="dist/cli.js", main="cli.js")).is_safe
    assert judge(NPM, "npm ci --ignore-scripts", workspace(scripts={"prepare": "tsc"})).is_safe
    assert judge(NPM, "npm ci", workspace(dependencies={"b": "file:../b"})).is_safe


def test_too_many_members() -> None:
    many = {f"packages/m{it}/package.json": "{}" for it in range(400)}
    assert "the workspace has more than 300 members" in judge(NPM, "npm ci", {**workspace(), **many}).blocked


LINKED = {
    "package.json": '{"dependencies": {"lib": "file:lib"}}',
    "package-lock.json": json.dumps({"packages": {"": {}, "lib": {}, "node_modules/lib": {"resolved": "lib", "link": True}}}),
    "lib/package.json": '{"dependencies": {"deep": "file:../deep"}}',
    "deep/package.json": "{}",
    "lib/index.js": "",
}  # fmt: skip


def test_folders_that_packages_are_taken_from() -> None:
    """Run with npm 8.19, 9.3, 10.9 and 11.19: all link to the folder but 9.3, which copies it."""
    verdict = judge(NPM, "npm ci", LINKED)
    assert verdict.manifests == ["package.json", "package-lock.json", "lib/package.json", "deep/package.json"]
    assert (verdict.blocked, verdict.check) == (
        [],
        [f"npm 9.0 to 9.4 copies the folder of {it} in place of a link to it" for it in ("lib", "deep")],
    )
    assert judge(NPM, "npm ci --no-install-links", LINKED).is_safe
    assert judge(NPM, "npm ci", {**LINKED, ".npmrc": "install-links=false"}).is_safe


def scripts(**named: str) -> dict[str, str]:
    return {**PROJECT, "package.json": json.dumps({"scripts": named})}


@pytest.mark.parametrize(
    ("named", "more", "folders"),
    [
        ({"postinstall": "patch-package"}, {"patches/a+1.0.0.patch": ""}, ("/app/patches",)),
        ({"postinstall": "patch-package"}, {}, ()),
        ({"postinstall": "patch-package --patch-dir fixes/npm --error-on-fail"}, {"fixes/npm/a+1.0.0.patch": ""}, ("/app/fixes/npm",)),
        ({"postinstall": "npm run patch", "prepatch": "echo on", "patch": "npx patch-package"}, {"patches/a": ""}, ("/app/patches",)),
        ({"preinstall": "npx only-allow npm"}, {}, ()),
        ({"postinstall": "yarn patch-package"}, {"patches/a": ""}, ("/app/patches",)),
        ({"postinstall": "npm exec -- patch-package@8"}, {"patches/a": ""}, ("/app/patches",)),
        ({"prepare": "bun husky || true", "postinstall": "pnpm exec husky install"}, {}, ()),
        ({"prepare": "pnpm husky", "husky": "echo"}, {}, ()),
        ({"prepare": "husky install || true"}, {}, ()),
        ({"prepare": "is-ci || husky"}, {}, ()),
        ({"postinstall": "[ -n \"$CI\" ] || echo hello"}, {}, ()),
        ({"postinstall": "[ -z $CI ] || test \"$CI\" = 'a*' -a 1 -eq 1"}, {}, ()),
        ({"postinstall": "HUSKY=0 NODE_ENV=production husky install; exit 0"}, {}, ()),
        ({"postinstall": "node -e \"console.log('thanks')\""}, {}, ()),
        ({"test": "node x.js"}, {"x.js": ""}, ()),
    ],
)  # fmt: skip
def test_scripts_that_are_known(named: dict[str, str], more: dict[str, str], folders: tuple[str, ...]) -> None:
    verdict = judge(NPM, "npm ci", {**scripts(**named), **more})
    assert verdict.is_safe
    assert verdict.needs.folders == folders


@pytest.mark.parametrize(
    "script",
    [
        "node scripts/x.js",
        "patch-package && tsc",
        "patch-package --reverse",
        "npm run build",
        "echo $(cat VERSION)",
        "echo done > .installed",
        "[ -f .env ] || cp .env.example .env",
        "[ src/* = src/i.js ]",
        "test src/i?js = src/i.js",
        "test src/i.js -ef src/../src/i.js",
        "[ src/i.js -nt package.json ]",
        "[ src/i.js -ot package.json ]",
        "[ src -O x ]",
        'test "$(<VERSION)" = 1',
        "echo src/*",
        "for f in src/*; do exit 1; done",
        "PATH=./bin:$PATH only-allow npm",
        "node -e \"require('./x')\"",
        "node -e \"process.exit(fs.existsSync('src') ? 0 : 1)\"",
        "cd web && npm ci",
        "if [ x",
        "npm run postinstall",
        "npm patch-package",
        "pnpm dlx husky-init",
        "yarn exec tsc",
    ],
)
def test_scripts_that_are_not(script: str) -> None:
    named = {"postinstall": script, "build": "tsc"}
    assert judge(NPM, "npm ci", scripts(**named)).blocked == [
        'npm runs the script "postinstall" of package.json during the install, which may read any file'
    ]


SCHEMA = 'generator client {\n  provider = "prisma-client-js"\n  output = "../src/generated"\n}\n'
PRISMA_CHECK = "`prisma generate` runs during the install: make sure that it reads nothing but "


def test_prisma() -> None:
    project = {**scripts(postinstall="prisma generate"), "prisma/schema.prisma": SCHEMA, "prisma.config.ts": ""}
    verdict = judge(NPM, "npm ci", project)
    assert verdict.manifests == ["package.json", "package-lock.json", "prisma.config.ts", "prisma/schema.prisma"]
    assert (verdict.blocked, verdict.check) == ([], [f"{PRISMA_CHECK}prisma/schema.prisma"])
    assert "/app/src/generated" in verdict.needs.outputs
    other = {**project, **scripts(postinstall="pnpm dlx prisma@6.5.0 generate --schema ./prisma/schema.prisma")}
    assert judge(NPM, "npm ci", other).manifests == verdict.manifests
    hidden = {**project, ".config/prisma.ts": ""}
    assert ".config/prisma.ts" in judge(NPM, "npm ci", hidden).manifests
    verdict = judge(NPM, "npm ci", {**scripts(postinstall="prisma generate --schema db"), "db/a.prisma": ""})
    assert (verdict.needs.folders, verdict.check) == (("/app/db",), [f"{PRISMA_CHECK}db"])
    assert judge(NPM, "npm ci", scripts(postinstall="prisma generate")).blocked == [
        "`prisma generate` runs during the install, and its schema is not where it is usual"
    ]


@pytest.mark.parametrize("script", ["corepack npm ci", "npx npm@10 ci", "npx -y npm ci"])
def test_started_by_another_name(script: str) -> None:
    install = recognised(NPM, script)
    assert install is not None
    assert install.title == "npm ci"
    assert recognised(NPM, "npx pnpm i") is None
