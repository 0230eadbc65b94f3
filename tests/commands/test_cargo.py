"""Cargo: which commands download, which manifests belong together, and which files of targets cargo wants to see."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.rust.cargo import CARGO

MANIFEST = '[package]\nname = "app"\nedition = "2021"\n[dependencies]\nserde = "1"\n'
DECLARED = MANIFEST + '[[bin]]\nname = "app"\npath = "src/main.rs"\n'
LOCK = 'version = 4\n\n[[package]]\nname = "serde"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n'
PROJECT = {"Cargo.toml": MANIFEST, "Cargo.lock": LOCK, "src/main.rs": "fn main() {}"}
WITH_PATH = {**PROJECT, "Cargo.toml": DECLARED}
ALL_PLATFORMS = "the download takes the packages of all platforms, also those that the build does not use"
STUB = "cargo does not start without src/main.rs, so that empty files stand in during the download"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("cargo fetch --locked", "cargo fetch", "/app"),
        ("cargo build --release --target x86_64-unknown-linux-musl", "cargo build", "/app"),
        ("cargo b -r", "cargo b", "/app"),
        ("cd api && cargo +nightly test -- --nocapture", "cargo test", "/app/api"),
        ("cargo install --path . --root /out", "cargo install", "/app"),
        ("cargo build --features \"$FEATURES\" -p api", "cargo build", "/app"),
        ("RUSTFLAGS='-C target-cpu=native' cargo build", "cargo build", "/app"),
        ("cargo vendor", "cargo vendor", "/app"),
        ("cargo chef cook --release --recipe-path recipe.json", "cargo chef cook", "/app"),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(CARGO, script)
    assert install is not None
    assert (install.manager, install.title, install.directory) == ("Cargo", title, directory)


@pytest.mark.parametrize(
    "script",
    [
        "cargo install ripgrep",
        "cargo install --git https://example.org/x",
        "cargo install --path $DIR",
        "cargo chef prepare --recipe-path recipe.json",
        "cargo fmt --check",
        "cargo --version",
        "cargo build --what",
        "cargo build --offline",
        "cargo build --frozen",
        "rustup target add x",
        "cargo",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(CARGO, script) is None


def test_a_locked_fetch_is_safe_where_every_target_has_a_path() -> None:
    """Run with cargo 1.95: files of targets with a path are not looked for."""
    verdict = judge(CARGO, "cargo fetch --locked", WITH_PATH)
    assert verdict.is_safe
    assert verdict.manifests == ["Cargo.toml", "Cargo.lock"]
    assert verdict.needs.outputs == ("/usr/local/cargo", "/root/.cargo")


WORKSPACE = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*", "cli"]\nexclude = ["crates/old"]\n',
    "Cargo.lock": LOCK,
    "crates/core/Cargo.toml": '[package]\nname = "core"\n[lib]\npath = "src/lib.rs"\n',
    "crates/web/Cargo.toml": '[package]\nname = "web"\n[[bin]]\nname = "w"\npath = "m.rs"\n[dependencies]\ncore = { path = "../core" }\n',
    "crates/old/Cargo.toml": "[package]\n",
    "crates/notes.md": "",
    "cli/Cargo.toml": '[package]\nname = "cli"\n[lib]\npath = "x.rs"\n[target."cfg(unix)".dev-dependencies]\nlib = { path = "lib" }\n',
    "cli/lib/Cargo.toml": '[package]\nname = "lib"\n[lib]\npath = "x.rs"\n',
}


@pytest.mark.parametrize("script", ["cargo fetch --locked", "cd crates/web && cargo fetch --locked"])
def test_members_and_path_dependencies(script: str) -> None:
    verdict = judge(CARGO, script, WORKSPACE)
    assert (verdict.blocked, verdict.check) == ([], [])
    members = ["cli/Cargo.toml", "cli/lib/Cargo.toml", "crates/core/Cargo.toml", "crates/web/Cargo.toml"]
    assert sorted(verdict.manifests) == ["Cargo.lock", "Cargo.toml", *members]


@pytest.mark.parametrize(
    ("more", "manifests"),
    [
        ({".cargo/config.toml": "[net]\ngit-fetch-with-cli = true\n"}, [".cargo/config.toml"]),
        ({".cargo/config": ""}, [".cargo/config"]),
        ({"rust-toolchain.toml": ""}, ["rust-toolchain.toml"]),
        ({"rust-toolchain": "1.80"}, ["rust-toolchain"]),
    ],
)
def test_settings_are_copied_too(more: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(CARGO, "cargo fetch --locked", {**WITH_PATH, **more})
    assert verdict.is_safe
    assert verdict.manifests == ["Cargo.toml", "Cargo.lock", *manifests]


def test_settings_of_the_user() -> None:
    copy = "COPY docker/config.toml /root/.cargo/config.toml\nCOPY . ."
    verdict = judge(CARGO, "cargo fetch --locked", {**WITH_PATH, "docker/config.toml": ""}, copy=copy)
    assert verdict.manifests == ["Cargo.toml", "Cargo.lock", "/root/.cargo/config.toml"]


@pytest.mark.parametrize(
    ("more", "fetch"),
    [
        ({}, "mkdir -p src && touch src/main.rs && cargo fetch --locked"),
        ({"src/lib.rs": ""}, "mkdir -p src && touch src/lib.rs && cargo fetch --locked"),
        ({"Cargo.toml": DECLARED + '[lib]\nname = "x"\n', "src/lib.rs": ""}, "mkdir -p src && touch src/lib.rs && cargo fetch --locked"),
        ({"Cargo.toml": DECLARED + '[[bench]]\nname = "b"\n', "benches/b.rs": ""}, "mkdir -p benches && touch benches/b.rs && cargo fetch --locked"),
        ({"Cargo.toml": MANIFEST + '[[bin]]\nname = "x"\n', "src/bin/x/main.rs": ""}, "mkdir -p src/bin/x && touch src/bin/x/main.rs && cargo fetch --locked"),
        ({"Cargo.toml": MANIFEST + '[workspace]\nmembers = ["a"]\n', "a/Cargo.toml": "[package]\n", "a/src/lib.rs": ""},
         "mkdir -p src a/src && touch src/main.rs a/src/lib.rs && cargo fetch --locked"),
    ],
)  # fmt: skip
def test_empty_files_stand_in_for_targets(more: dict[str, str], fetch: str) -> None:
    """Run with cargo 1.95: without a file of each target it fails, and an empty one is enough."""
    for script in ("cargo fetch --locked", "cargo build --locked --release"):
        verdict = judge(CARGO, script, {**PROJECT, **more})
        assert verdict.blocked == []
        assert verdict.needs.fetch == fetch
        assert any("stand in" in it for it in verdict.check)


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("cargo build --release", "cargo fetch"),
        ("cargo +nightly build --locked", "cargo +nightly fetch --locked"),
        ("CARGO_NET_RETRY=9 cargo build --locked", "CARGO_NET_RETRY=9 cargo fetch --locked"),
        ("cargo install --locked --path .", "cargo fetch --locked"),
        ("cargo build --locked --manifest-path ./Cargo.toml", "cargo fetch --locked --manifest-path ./Cargo.toml"),
    ],
)
def test_a_build_downloads_first(script: str, fetch: str) -> None:
    verdict = judge(CARGO, script, WITH_PATH)
    assert verdict.needs.fetch == fetch
    assert verdict.check == [ALL_PLATFORMS]


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("cargo build", {**PROJECT, "Cargo.lock": 'version = 4\n[[package]]\nname = "app"\n'}),
        ("cargo build", {**PROJECT, ".cargo/config.toml": '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "vendor"\n'}),
        ("cargo build", {"README.md": ""}),
    ],
)  # fmt: skip
def test_a_build_that_only_reads_source(script: str, files: dict[str, str]) -> None:
    assert judge(CARGO, script, files).needs.source


@pytest.mark.parametrize(
    ("script", "more", "reason"),
    [
        ("cargo fetch", {"Cargo.toml": DECLARED + 'lib = {}\n[dependencies.x]\npath = "../lib"\n'}, "Cargo.toml takes x from outside its workspace (../lib)"),
        ("cargo fetch", {"Cargo.toml": DECLARED + '[patch.crates-io]\nx = { path = "lib" }\n'}, "Cargo.toml takes x from lib, which the build context lacks"),
        ("cargo fetch", {"Cargo.toml": DECLARED + '[workspace]\nmembers = ["a"]\n'}, "Cargo.toml has the member a, which the build context lacks"),
        ("cargo fetch", {"Cargo.toml": DECLARED + '[workspace]\nmembers = ["**/x"]\n'}, "Cargo.toml names its members by a pattern that is not read here (**/x)"),
        ("cargo fetch", {"Cargo.toml": DECLARED + '[workspace]\nmembers = ["a"]\n', "a/Cargo.toml": "["}, "a/Cargo.toml can't be read, or is one of very many"),
        ("cargo fetch", {"Cargo.toml": "["}, "Cargo.toml is not valid TOML, or too large to read"),
        ("cargo fetch", {"Cargo.toml": DECLARED + '[[test]]\nname = "t"\n'}, "Cargo.toml has a target whose file was not found (tests/t.rs)"),
        ("cargo fetch", {".cargo/config.toml": '[source.v]\ndirectory = "vendor"\n'}, ".cargo/config.toml takes packages from a folder (vendor)"),
        ("cargo fetch", {".cargo/config.toml": 'paths = ["lib"]\n'}, ".cargo/config.toml leads to other files (paths)"),
        ("cargo fetch", {".cargo/config.toml": '[build]\nrustc-wrapper = "./wrap.sh"\n'}, ".cargo/config.toml leads to other files (build.rustc-wrapper)"),
        ("cargo fetch", {".cargo/config.toml": '[http]\ncainfo = "ca.pem"\n'}, ".cargo/config.toml leads to other files (http.cainfo)"),
        ("cargo fetch", {".cargo/config.toml": '[registries.x]\ncredential-provider = ["./token.sh"]\n'}, ".cargo/config.toml leads to other files (credential-provider)"),
        ("cargo fetch", {".cargo/config.toml": "["}, ".cargo/config.toml can't be read here"),
        ("cargo fetch --config ci/cargo.toml", {"ci/cargo.toml": ""}, "--config names a file of the project"),
        ("CARGO_HOME=/app/.home cargo fetch", {".home/config.toml": ""}, "CARGO_HOME names /app/.home, which is part of the project"),
        ("RUSTC_WRAPPER=/app/wrap cargo build", {"wrap": ""}, "RUSTC_WRAPPER names /app/wrap, which is part of the project"),
        ("cd src && cargo fetch", {}, "the folder where it runs, /app/src, is not there before the COPY"),
        ("cargo chef cook --release", {"recipe.json": "{}"}, "it lays stand-ins of its own over the source that is copied before it"),
    ],
)  # fmt: skip
def test_blocked(script: str, more: dict[str, str], reason: str) -> None:
    verdict = judge(CARGO, script, {**WITH_PATH, **more})
    assert not verdict.needs.source
    assert verdict.blocked == [reason]


def test_a_fetch_without_a_manifest() -> None:
    assert judge(CARGO, "cargo fetch", {"a": ""}).blocked == [
        "the build context has no Cargo.toml for the folder where it runs"
    ]


def test_locked_without_a_lockfile() -> None:
    files = {it: text for it, text in WITH_PATH.items() if it != "Cargo.lock"}
    reason = "`cargo build --locked` needs a Cargo.lock, and the build context has none for it"
    assert judge(CARGO, "cargo build --locked", files).blocked == [reason]


@pytest.mark.parametrize(
    ("script", "files", "checks"),
    [
        ("cargo fetch", WITH_PATH, ["`cargo fetch` may rewrite Cargo.lock, and the later COPY would put the old one back"]),
        ("cargo fetch", {"Cargo.toml": DECLARED}, ["there is no Cargo.lock, so the versions of the first build stay until Cargo.toml changes"]),
        ("cargo fetch --locked", PROJECT, [STUB]),
        ("cargo build", PROJECT, [ALL_PLATFORMS, STUB]),
        ("cargo install --path .", WITH_PATH,
         [ALL_PLATFORMS, "without --locked `cargo install` does not use Cargo.lock, and may download other versions once more"]),
    ],
)  # fmt: skip
def test_review(script: str, files: dict[str, str], checks: list[str]) -> None:
    verdict = judge(CARGO, script, files)
    assert (verdict.blocked, verdict.check) == ([], checks)


def test_vendored_packages_are_written_into_the_project() -> None:
    assert "/app/vendor" in judge(CARGO, "cargo vendor --locked", WITH_PATH).needs.outputs
    assert "/app/third" in judge(CARGO, "cargo vendor third", WITH_PATH).needs.outputs
