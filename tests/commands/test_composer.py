"""Composer: which commands install, when that takes two steps, and what else it reads."""

from __future__ import annotations

import json

import pytest

from commands.installs import judge, recognised
from layerwise.commands.php.composer import COMPOSER

DIST = {"type": "zip", "url": "https://api.example.org/a.zip"}


def lock(**package: object) -> str:
    return json.dumps({"packages": [{"name": "a/b", "type": "library", "dist": DIST, **package}], "packages-dev": []})


def project(manifest: object = None, **files: str) -> dict[str, str]:
    plain = {"autoload": {"psr-4": {"App\\": "src/"}, "files": ["lib.php"]}}
    return {
        "composer.json": json.dumps(plain if manifest is None else manifest),
        "composer.lock": lock(),
        "src/A.php": "",
        **files,
    }


SCRIPTS = {"scripts": {"post-autoload-dump": "@php artisan x"}}


@pytest.mark.parametrize(
    ("script", "directory"),
    [
        ("composer install", "/app"),
        ("composer i --no-dev -o -n", "/app"),
        ("composer install --prefer-dist --no-progress --ignore-platform-req=ext-gd -vvv", "/app"),
        ("composer --working-dir=api install", "/app/api"),
        ("composer -d api install", "/app/api"),
        ("cd api && composer install", "/app/api"),
        ("php composer.phar install --no-dev", "/app"),
        ("php -d memory_limit=-1 /usr/local/bin/composer install", "/app"),
        ("php8.3 -dmemory_limit=-1 composer.phar i", "/app"),
        ("./composer.phar install", "/app"),
        ("COMPOSER_ALLOW_SUPERUSER=1 composer install", "/app"),
    ],
)
def test_recognised(script: str, directory: str) -> None:
    install = recognised(COMPOSER, script)
    assert install is not None
    assert (install.title, install.directory) == ("composer install", directory)


@pytest.mark.parametrize(
    "script",
    [
        "composer update",
        "composer require a/b",
        "composer install a/b",
        "composer install --what",
        "composer dump-autoload -o",
        "composer install --download-only",
        "composer -d $DIR install",
        "php artisan install",
        "php",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(COMPOSER, script) is None


@pytest.mark.parametrize(
    ("script", "manifest", "files"),
    [
        ("composer install", None, {}),
        ("composer install --no-dev", {"autoload-dev": {"classmap": ["tests/"]}}, {}),
        ("composer install --no-scripts", SCRIPTS, {}),
        ("composer install --no-autoloader", {"autoload": {"classmap": ["database/"]}}, {}),
        ("composer install", {"scripts": {"test": "phpunit", "post-update-cmd": "x"}}, {}),
        # Run with Composer 2.5.5: a repository that composer.lock does not use is not looked at.
        ("composer install", {"repositories": [{"type": "path", "url": "./packages/*"}]}, {}),
    ],
)
def test_it_needs_no_source(script: str, manifest: object, files: dict[str, str]) -> None:
    verdict = judge(COMPOSER, script, project(manifest, **files))
    assert verdict.is_safe
    assert verdict.needs.fetch is None
    assert verdict.manifests == ["composer.json", "composer.lock"]
    assert verdict.needs.outputs == ("/app/vendor",)


@pytest.mark.parametrize(
    ("script", "manifest", "files", "fetch"),
    [
        ("composer install", SCRIPTS, {}, "composer install --no-scripts --no-autoloader"),
        ("composer install -o --no-dev", None, {}, "composer install -o --no-dev --no-scripts --no-autoloader"),
        ("composer install", {"config": {"optimize-autoloader": True}, "autoload": {"psr-0": {"": "src"}}}, {}, "composer install --no-scripts --no-autoloader"),
        ("composer install --no-scripts", {"autoload": {"classmap": ["database/"]}}, {}, "composer install --no-scripts --no-autoloader"),
        ("composer install", {"autoload-dev": {"classmap": ["tests/"]}}, {}, "composer install --no-scripts --no-autoloader"),
        ("composer install", None, {".git/HEAD": "ref: refs/heads/main"}, "composer install --no-scripts --no-autoloader"),
        ("COMPOSER_ALLOW_SUPERUSER=1 php -d memory_limit=-1 composer.phar install --no-dev", SCRIPTS, {},
         "COMPOSER_ALLOW_SUPERUSER=1 php -d memory_limit=-1 composer.phar install --no-dev --no-scripts --no-autoloader"),
    ],
)  # fmt: skip
def test_packages_first(script: str, manifest: object, files: dict[str, str], fetch: str) -> None:
    verdict = judge(COMPOSER, script, project(manifest, **files))
    assert verdict.is_safe
    assert verdict.needs.fetch == fetch


@pytest.mark.parametrize(
    ("script", "files", "manifests"),
    [
        ("composer install", {"auth.json": "{}"}, ["composer.json", "composer.lock", "auth.json"]),
        ("php composer.phar install", {"composer.phar": ""}, ["composer.json", "composer.lock", "composer.phar"]),
        ("composer install", {"composer.json": '{"extra": {"patches": {"a/b": {"Why": "patches/b.patch"}}}}', "patches/b.patch": ""},
         ["composer.json", "composer.lock", "patches/b.patch"]),
        ("COMPOSER=ci.json composer install", {"ci.json": "{}", "ci.lock": lock()}, ["ci.json", "ci.lock"]),
    ],
)  # fmt: skip
def test_more_files(script: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(COMPOSER, script, {**project(), **files})
    assert (verdict.blocked, verdict.manifests) == ([], manifests)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"composer.lock": lock(dist={"type": "path", "url": "packages/b"})}, "composer.lock takes a/b from a folder or archive of the project"),
        ({"composer.lock": lock(dist={"type": "zip", "url": "artifacts/b.zip"})}, "composer.lock takes a/b from a folder or archive of the project"),
        ({"composer.lock": "{"}, "composer.lock is not valid JSON"),
        ({"composer.json": "{"}, "composer.json is not valid JSON"),
        ({"composer.json": json.dumps({"scripts": {"post-package-install": "x"}})}, "the script post-package-install of composer.json runs for the packages as they come, and may read any file"),
    ],
)  # fmt: skip
def test_blocked(files: dict[str, str], reason: str) -> None:
    assert judge(COMPOSER, "composer install", {**project(), **files}).blocked == [reason]


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (SCRIPTS, "the install reads the source too, and there is no composer.lock that makes a second install the same"),
        ({"repositories": [{"type": "path", "url": "../x"}]}, "composer.json looks for packages in a folder of the project (../x)"),
    ],
)  # fmt: skip
def test_blocked_without_a_lockfile(manifest: object, reason: str) -> None:
    assert judge(COMPOSER, "composer install", {"composer.json": json.dumps(manifest), "a.php": ""}).blocked == [reason]


def test_review() -> None:
    plugin = project(**{"composer.lock": lock(type="composer-plugin")})
    reason = "a/b runs as a plugin of Composer: make sure that no other file is needed"
    assert judge(COMPOSER, "composer install", plugin).check == [reason]
    assert judge(COMPOSER, "composer install --no-plugins", plugin).is_safe
    before = judge(COMPOSER, "composer install", project({"scripts": {"pre-install-cmd": "x"}}))
    assert before.check == ["the script pre-install-cmd of composer.json would run when the packages are there already"]
    unlocked = judge(COMPOSER, "composer install", {"composer.json": "{}", "a.php": ""})
    assert unlocked.check == [
        "there is no composer.lock, so the versions of the first build stay until composer.json changes"
    ]


def test_outputs() -> None:
    manifest = {
        "config": {"vendor-dir": "lib/vendor", "bin-dir": "tools"},
        "extra": {"installer-paths": {"web/modules/{$name}/": ["type:drupal-module"]}},
    }
    needs = judge(COMPOSER, "composer install", project(manifest)).needs
    assert needs.outputs == ("/app/lib/vendor", "/app/tools", "/app/web/modules")
