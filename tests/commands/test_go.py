"""Go modules: which commands download, and what a module makes a download read or rewrite."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.go.go import GO

MOD = "module m\n\ngo 1.22\n\nrequire (\n\texample.com/a v1.0.0 // indirect\n)\n"
SUM = "example.com/a v1.0.0 h1:x=\nexample.com/a v1.0.0/go.mod h1:y=\n"
PROJECT = {"go.mod": MOD, "go.sum": SUM, "main.go": "package main", "cmd/x/main.go": ""}


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("go mod download", "go mod download", "/app"),
        ("go mod download -x all", "go mod download", "/app"),
        ("go -C api mod download", "go mod download", "/app/api"),
        ("go build -o /bin/x ./cmd/x", "go build", "/app"),
        ("CGO_ENABLED=0 go build -ldflags=\"-s -w -X main.v=$V\" -tags netgo .", "go build", "/app"),
        ("go install ./...", "go install", "/app"),
        ("/usr/local/go/bin/go test -v ./...", "go test", "/app"),
    ],
)  # fmt: skip
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(GO, script)
    assert install is not None
    assert (install.title, install.directory) == (title, directory)


@pytest.mark.parametrize(
    "script",
    [
        "go install example.com/x@v1.0.0",
        "go run example.com/x@latest",
        "go version",
        "go build -unknown x .",
        "go -C $DIR mod download",
        "go",
    ],
)
def test_not_recognised(script: str) -> None:
    assert recognised(GO, script) is None


@pytest.mark.parametrize(
    ("script", "files", "manifests"),
    [
        ("go mod download", {}, ["go.mod", "go.sum"]),
        ("cd cmd/x && go mod download", {"cmd/x/go.mod": MOD}, ["cmd/x/go.mod"]),
        ("GOWORK=off go mod download", {"go.work": ""}, ["go.mod", "go.sum"]),
        ("go mod download", {"go.mod": "module m\n\ngo 1.22\n"}, ["go.mod", "go.sum"]),
        # Run with Go 1.19 under strace: of a folder that replaces a module only go.mod is read.
        ("go mod download", {"go.mod": MOD + "replace example.com/a => ./a\n", "a/go.mod": "module example.com/a\n", "a/a.go": ""},
         ["go.mod", "go.sum", "a/go.mod"]),
        ("go mod download", {"go.mod": MOD + "replace (\n example.com/a v1.0.0 => ./a\n)\n", "a/go.mod": "module a\nreplace x => ../y\n"},
         ["go.mod", "go.sum", "a/go.mod"]),
        # In a workspace: go.work and what belongs to its members, wherever it runs.
        ("go mod download", {"go.work": "go 1.22\nuse .\n"}, ["go.work", "go.mod", "go.sum"]),
        ("cd cmd && go mod download", {"go.work": "go 1.22\nuse (\n\t./cmd\n\t./lib\n)\nreplace x => ./x\n", "go.work.sum": "", "x/go.mod": "",
          "cmd/go.mod": MOD, "cmd/go.sum": SUM, "lib/go.mod": "module lib\n\ngo 1.22\n", "lib/l.go": ""},
         ["go.work", "go.work.sum", "cmd/go.mod", "cmd/go.sum", "lib/go.mod", "x/go.mod"]),
        ("GOWORK=/app/ci.work go mod download", {"ci.work": "go 1.22\nuse .\n"}, ["ci.work", "go.mod", "go.sum"]),
        ("go mod download", {"go.mod": MOD + "replace example.com/a => example.com/b v1.2.0\n",
                             "go.sum": "example.com/b v1.2.0/go.mod h1:z="}, ["go.mod", "go.sum"]),
    ],
)  # fmt: skip
def test_safe(script: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(GO, script, {**PROJECT, **files})
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


def test_without_go_sum() -> None:
    """Run with Go 1.19: the download writes one, and no later COPY overwrites it."""
    verdict = judge(GO, "go mod download", {"go.mod": MOD})
    assert verdict.is_safe
    assert verdict.manifests == ["go.mod"]


@pytest.mark.parametrize(
    ("script", "files", "reason"),
    [
        ("go mod download", {"go.mod": MOD + "replace example.com/a => ../a\n"}, "it reads ../a/go.mod, which the build context does not bring there"),
        ("go mod download", {"go.work": "use (\n.\n./b\n)"}, "it reads b/go.mod, which the build context does not bring there"),
        ("GOWORK=/app/ci.work go mod download", {}, "ci.work can't be read here"),
        ("GOWORK=$W go mod download", {}, "GOWORK depends on a variable, and names a go.work"),
        ("go mod download", {"vendor/modules.txt": ""}, "the modules are vendored (vendor/modules.txt), so that no download is needed"),
        ("go mod download -modfile=ci.mod", {}, "it reads another go.mod (-modfile=ci.mod)"),
        ("GOFLAGS=-mod=mod go mod download", {}, "-mod=mod lets go rewrite go.mod and go.sum, and the later COPY would put the old ones back"),
        ("go build -mod mod ./...", {}, "-mod=mod lets go rewrite go.mod and go.sum, and the later COPY would put the old ones back"),
        ("go mod download example.com/a", {}, "it downloads only some modules, and may add them to go.sum, which the later COPY would put back"),
        ("cd cmd/x && go mod download", {}, "the folder where it runs, /app/cmd/x, is not there before the COPY"),
        ("GO111MODULE=off go mod download", {}, "GO111MODULE is off"),
        ("go -C /elsewhere mod download", {}, "the build context has no go.mod for the folder where it runs"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], reason: str) -> None:
    assert judge(GO, script, {**PROJECT, **files}).blocked == [reason]


@pytest.mark.parametrize(
    ("files", "check"),
    [
        # Run with Go 1.19.
        ({"go.mod": "module m\n\nrequire example.com/a v1.0.0\n"}, "go.mod has no go line, so the download adds one, which the later COPY would undo"),
        ({"go.sum": "example.com/a v1.0.0 h1:x=\n"}, "go.sum lacks example.com/a v1.0.0, so the download adds it, which the later COPY would undo"),
        ({"go.work": "use (\n.\n./b\n)", "b/go.mod": "module b\ngo 1.22\nrequire (\n m v0.0.0\n x v1.0.0\n)\n"}, "go.sum lacks x v1.0.0, so the download adds it, which the later COPY would undo"),
        ({"go.mod": MOD.replace("1.22", "1.17")}, "Go 1.16 and 1.17 may add lines to go.sum during the download, which the later COPY would undo"),
    ],
)  # fmt: skip
def test_review(files: dict[str, str], check: str) -> None:
    verdict = judge(GO, "go mod download", {**PROJECT, **files})
    assert verdict.blocked == []
    assert check in verdict.check


@pytest.mark.parametrize(
    ("script", "fetch"),
    [
        ("go build -o /x .", "go mod download"),
        ("CGO_ENABLED=0 GOPROXY=https://p.example go build .", "GOPROXY=https://p.example go mod download"),
        ("/usr/local/go/bin/go test ./...", "/usr/local/go/bin/go mod download"),
        ("go mod vendor", "go mod download"),
    ],
)
def test_a_build_downloads_first(script: str, fetch: str) -> None:
    needs = judge(GO, script, PROJECT).needs
    assert needs.fetch == fetch


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("go build .", {"vendor/modules.txt": ""}),
        ("go build -mod=vendor .", {}),
        ("go build .", {"go.mod": "module m\n\ngo 1.22\n"}),
        ("GO111MODULE=off go build .", {}),
        ("go -C /elsewhere build .", {}),
    ],
)
def test_a_build_that_only_reads_source(script: str, files: dict[str, str]) -> None:
    assert judge(GO, script, {**PROJECT, **files}).needs.source


@pytest.mark.parametrize(
    ("before", "outputs"),
    [
        ("", ("/go/pkg/mod", "/root/go/pkg/mod")),
        ("ENV GOPATH=/app/gopath", ("/app/gopath/pkg/mod",)),
        ("ENV GOPATH=/a:/b GOMODCACHE=/cache", ("/cache",)),
    ],
)
def test_module_cache(before: str, outputs: tuple[str, ...]) -> None:
    assert judge(GO, "go mod download", PROJECT, before).needs.outputs == outputs


@pytest.mark.parametrize("command", ["go mod tidy", "go mod tidy -diff", "go get ./...", "go get -d -v ./..."])
def test_commands_that_download_and_read_the_source(command: str) -> None:
    needs = judge(GO, command, PROJECT).needs
    assert needs.fetch == "go mod download"
    assert any("may add modules that go.mod does not list yet" in it for it in needs.check)
    assert judge(GO, command, {"go.mod": "module x\n"}).needs.source


@pytest.mark.parametrize("command", ["go get example.com/x@v1.0.0", "go get -u $X@latest", "go get example.com/x"])
def test_modules_that_are_added(command: str) -> None:
    assert judge(GO, command, PROJECT).needs.source
