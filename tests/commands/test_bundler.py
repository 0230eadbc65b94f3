"""Bundler: which commands install, what a Gemfile makes them read, and what a lockfile and settings say."""

from __future__ import annotations

import pytest

from commands.installs import judge, recognised
from layerwise.commands.ruby.bundler import BUNDLER
from layerwise.commands.ruby.gemfile import read_gemfile

GEMFILE = 'source "https://rubygems.org"\ngem "rack"\n'
LOCK = "GEM\n  remote: https://rubygems.org/\n  specs:\n    rack (3.1.7)\n\nDEPENDENCIES\n  rack\n"
PROJECT = {"Gemfile": GEMFILE, "Gemfile.lock": LOCK, "app.rb": ""}
FROZEN = "ENV BUNDLE_DEPLOYMENT=1"


@pytest.mark.parametrize(
    ("script", "title", "directory"),
    [
        ("bundle", "bundle install", "/app"),
        ("bundle install --jobs 4 --retry=3 -j4", "bundle install", "/app"),
        ("bundle install --without development test", "bundle install", "/app"),
        ("bundle _2.5.16_ install --quiet", "bundle install", "/app"),
        ("cd api && bundle install --deployment", "bundle install", "/app/api"),
        ("BUNDLE_JOBS=4 /usr/local/bin/bundle install", "bundle install", "/app"),
        ("bundler install --path=vendor/bundle", "bundle install", "/app"),
        ("bundle check", "bundle check", "/app"),
        ("bundle config set --local without 'development test'", "bundle config", "/app"),
        ("bundle config --global frozen 1", "bundle config", "/app"),
    ],
)
def test_recognised(script: str, title: str, directory: str) -> None:
    install = recognised(BUNDLER, script)
    assert install is not None
    assert (install.title, install.directory) == (title, directory)


@pytest.mark.parametrize(
    "script",
    ["bundle exec rake", "bundle update", "bundle add rack", "bundle install --what", "bundle install rack", "gem install rack"],
)  # fmt: skip
def test_not_recognised(script: str) -> None:
    assert recognised(BUNDLER, script) is None


@pytest.mark.parametrize(
    ("gemfile", "files", "manifests"),
    [
        (GEMFILE, {}, ["Gemfile", "Gemfile.lock"]),
        (GEMFILE + 'ruby file: ".ruby-version"\n', {".ruby-version": "3.3.5"}, ["Gemfile", "Gemfile.lock", ".ruby-version"]),
        (GEMFILE + 'ruby File.read(".ruby-version").strip\n', {".ruby-version": "3.3.5"}, ["Gemfile", "Gemfile.lock", ".ruby-version"]),
        (GEMFILE + 'ruby File.read(File.join(__dir__, ".tool-versions"))[/ruby (\\S+)/, 1]\n'.replace("[/ruby (\\S+)/, 1]", ".strip"),
         {".tool-versions": ""}, ["Gemfile", "Gemfile.lock", ".tool-versions"]),
        (GEMFILE + 'eval_gemfile "gems/Gemfile.common"\n', {"gems/Gemfile.common": 'gem "puma"\n'}, ["Gemfile", "Gemfile.lock", "gems/Gemfile.common"]),
        (GEMFILE + 'eval_gemfile File.expand_path("Gemfile.local", __dir__) if File.exist?("Gemfile.local")\n', {"Gemfile.local": ""},
         ["Gemfile", "Gemfile.lock", "Gemfile.local"]),
        (GEMFILE, {".bundle/config": '---\nBUNDLE_WITHOUT: "test"\n'}, [".bundle/config", "Gemfile", "Gemfile.lock"]),
    ],
)  # fmt: skip
def test_manifests(gemfile: str, files: dict[str, str], manifests: list[str]) -> None:
    verdict = judge(BUNDLER, "bundle install", {**PROJECT, "Gemfile": gemfile, **files}, FROZEN)
    assert (verdict.blocked, verdict.check, verdict.manifests) == ([], [], manifests)


def test_gems_rb() -> None:
    verdict = judge(BUNDLER, "bundle", {"gems.rb": GEMFILE, "gems.locked": LOCK, "app.rb": ""}, FROZEN)
    assert verdict.is_safe
    assert verdict.manifests == ["gems.rb", "gems.locked"]


@pytest.mark.parametrize("said", ["", ".bundle/config"])
def test_frozen_by_settings(said: str) -> None:
    files = {said: "---\nBUNDLE_FROZEN: true\n"} if said else {}
    verdict = judge(BUNDLER, "bundle install", {**PROJECT, **files})
    assert verdict.is_safe is bool(said)


@pytest.mark.parametrize(
    ("script", "files", "before", "reason"),
    [
        ("bundle", {"Gemfile": "gemspec\n"}, "", "Gemfile reads the project's gemspec, a Ruby program that may read any file"),
        ("bundle", {"Gemfile": GEMFILE + 'gem "a", path: "a"\n'}, "", "Gemfile takes gems from a folder of the project (a)"),
        ("bundle", {"Gemfile": GEMFILE + 'gem "a", :path => "a"\n'}, "", "Gemfile takes gems from a folder of the project (a)"),
        ("bundle", {"Gemfile": GEMFILE + 'path "a" do\n  gem "a"\nend\n'}, "", "Gemfile takes gems from a folder of the project (a)"),
        ("bundle", {"Gemfile": GEMFILE + 'gem "a", git: "../a"\n'}, "", "Gemfile takes gems from a folder of the project (../a)"),
        ("bundle", {"Gemfile": GEMFILE + 'Dir["gems/*"].each { |it| gem it }\n'}, "", "Gemfile uses Dir, and may read any file"),
        ("bundle", {"Gemfile": GEMFILE + "gem `cat name`\n"}, "", "Gemfile uses a command in backticks, and may read any file"),
        ("bundle", {"Gemfile": GEMFILE + 'gem "a", "#{IO.popen(1)}"\n'}, "", "Gemfile uses IO, and may read any file"),
        ("bundle", {"Gemfile": GEMFILE + "eval_gemfile name\n"}, "", "Gemfile uses eval_gemfile, and may read any file"),
        ("bundle", {"Gemfile": GEMFILE + 'eval_gemfile "x"\n'}, "", "Gemfile reads x, which is not in that folder, as far as the build context tells"),
        ("bundle", {"Gemfile.lock": "PATH\n  remote: .\n  specs:\n"}, "", "Gemfile.lock takes gems from a folder of the project (.)"),
        ("bundle", {".bundle/config": "---\nBUNDLE_LOCAL__A: ../a\n"}, "", ".bundle/config sets BUNDLE_LOCAL__A, which may name files of the project"),
        ("bundle", {".bundle/plugin/index": ""}, "", "the project has plugins of Bundler of its own (.bundle/plugin)"),
        ("bundle", {}, 'ENV RUBYOPT="-r./boot"', "RUBYOPT loads other files (-r./boot)"),
        ("bundle", {"lib/x.rb": ""}, "ENV RUBYLIB=lib", "RUBYLIB names lib, which is part of the project"),
        ("bundle --gemfile $G", {}, "", "the name of the Gemfile depends on a variable"),
        ("cd /elsewhere && bundle", {}, "", "the build context has no Gemfile for the folder where it runs"),
        ("bundle config set --local local.a ../a", {}, "", "the setting local.a may name a file of the project"),
    ],
)  # fmt: skip
def test_blocked(script: str, files: dict[str, str], before: str, reason: str) -> None:
    assert judge(BUNDLER, script, {**PROJECT, **files}, before).blocked == [reason]


def test_frozen_without_a_lockfile() -> None:
    verdict = judge(BUNDLER, "bundle install --frozen", {"Gemfile": GEMFILE})
    assert verdict.blocked == ["a frozen install needs a lockfile, and the build context has none"]


@pytest.mark.parametrize(
    ("files", "checks"),
    [
        (PROJECT, ["`bundle install` may rewrite Gemfile.lock, and the later COPY would put the old one back"]),
        (
            {"Gemfile": GEMFILE},
            ["there is no lockfile, so the versions of the first build stay until the Gemfile changes"],
        ),
        (
            {**PROJECT, "vendor/cache/a.gem": ""},
            [
                "`bundle install` may rewrite Gemfile.lock, and the later COPY would put the old one back",
                "`bundle install` may update vendor/cache, and the later COPY would put old files back",
            ],
        ),
    ],
)
def test_review(files: dict[str, str], checks: list[str]) -> None:
    verdict = judge(BUNDLER, "bundle install", files)
    assert (verdict.blocked, verdict.check) == ([], checks)


def test_plugins() -> None:
    verdict = judge(BUNDLER, "bundle", {**PROJECT, "Gemfile": GEMFILE + 'plugin "a"\n'}, FROZEN)
    assert verdict.check == ["the Gemfile uses a as plugins of Bundler: make sure that they need no other file"]


@pytest.mark.parametrize(
    ("script", "before", "outputs"),
    [
        ("bundle install", "", ("/app/vendor/bundle",)),
        ("bundle install --path gems", "", ("/app/gems", "/app/vendor/bundle", "/app/.bundle")),
        ("bundle install", "ENV BUNDLE_PATH=/gems", ("/gems", "/app/vendor/bundle")),
        ("bundle install --binstubs", "", ("/app/vendor/bundle", "/app/bin")),
        ("bundle config set --local path gems", "", ("/app/.bundle",)),
        ("bundle config --global jobs 4", "", ()),
        ("bundle config jobs 4", "ENV BUNDLE_APP_CONFIG=/usr/local/bundle", ("/usr/local/bundle",)),
    ],
)
def test_outputs(script: str, before: str, outputs: tuple[str, ...]) -> None:
    assert judge(BUNDLER, script, PROJECT, before).needs.outputs == outputs


def test_committed_gems_are_read_as_a_folder() -> None:
    needs = judge(BUNDLER, "bundle install", {**PROJECT, "vendor/cache/a.gem": ""}, FROZEN).needs
    assert needs.folders == ("/app/vendor/cache",)


@pytest.mark.parametrize(
    "text",
    [
        'git_source(:github) { |repo| "https://github.com/#{repo}.git" }\ngem "a", github: "b/a"',
        'group :development, :test do\n  gem "byebug", platforms: %i[mri windows]\nend',
        'gem "rails", ENV.fetch("RAILS_VERSION", "~> 7.1")  # File.read("x")',
        'rails = ENV["RAILS"] || "7.1"\nif rails == "edge"\n  gem "rails", github: "rails/rails"\nelse\n  gem "rails", rails\nend',
        'source "https://gems.example.org" do\n  gem "a", require: false, group: :test\nend',
        'install_if -> { RUBY_PLATFORM =~ /darwin/ } do\n  gem "a"\nend'.replace(" =~ /darwin/", '.include?("darwin")'),
        'gem "a" if Gem::Version.new(RUBY_VERSION) >= Gem::Version.new("3.0")',
        'require "json"\ngem "tzinfo-data", platforms: [:windows, :jruby]',
        "=begin\nDir.glob\n=end\ngem 'a'\n__END__\nDir.glob",
    ],
)
def test_usual_gemfiles(text: str) -> None:
    gemfile = read_gemfile(text)
    assert (gemfile.unknown, gemfile.local, gemfile.reads, gemfile.includes) == ("", [], [], [])
