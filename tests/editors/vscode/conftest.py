"""What the tests of VS Code need: skipped where it is not there, failed where it has to be."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pytest

from editors.vscode.code import Code, Window, until
from editors.vscode.install import NODE, install
from unavailable import unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

ROOT: Final = Path(__file__).parents[3]
CLIENT: Final = ROOT / "vscode-client"
VSIX: Final = CLIENT / "layerwise.vsix"
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
KEPT: Final = ROOT / "build" / "editors" / "pictures"
_IN_README: Final = ROOT / "docs" / "images"
_NEW_ARE_WANTED: Final = os.environ.get("LAYERWISE_NEW_PICTURES") == "true"


class StartCode(Protocol):
    """Starts a VS Code with settings (None: there are none at all), other extensions beside ours, and a PATH."""

    def __call__(self, settings: Mapping[str, object] | None, *others: Path, programs: str = os.defpath) -> Code: ...


class ShowWindow(Protocol):
    """Opens a folder in a window."""

    def __call__(self, code: Code, folder: Path) -> Window: ...


def picture_of_readme(name: str, window: Window, *parts: Locator) -> None:
    """Make a picture that the README shows; fails if ``parts`` do not say what they did when that one was made.

    Texts are compared, not pictures: those differ with fonts and browsers.
    """
    said = _IN_README / f"{name}.txt"

    def text() -> str:
        lines = [line for it in parts for line in it.inner_text().replace("\xa0", " ").splitlines()]
        return "".join(f"{it.rstrip()}\n" for it in lines)

    if _NEW_ARE_WANTED:
        # Nothing tells that all is there.
        window.page.wait_for_timeout(5000)
        said.write_text(text(), encoding="utf-8")
    expected = said.read_text(encoding="utf-8")
    with contextlib.suppress(AssertionError):
        until("the text of the picture", lambda: text() == expected, seconds=20)
    window.picture((_IN_README if _NEW_ARE_WANTED else KEPT) / f"{name}.png")
    assert text() == expected, "the README shows something else: make pictures"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        unavailable("needs playwright, of the dependency group `editors`")
    if CHROMIUM is None:
        unavailable("needs chromium")
    with sync_playwright() as playwright:
        quiet = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def vsix() -> Path:
    if not VSIX.exists():
        unavailable("needs the extension, which `make vsix` makes")
    return VSIX


@pytest.fixture(scope="session")
def installed() -> None:
    if not NODE.exists():
        unavailable("needs Node, of the dependency group `editors`")
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as error:
        unavailable(f"needs VS Code: {error}")


@pytest.fixture(scope="session")
def start_code(tmp_path_factory: pytest.TempPathFactory, vsix: Path, installed: None) -> Iterator[StartCode]:
    """Return the function that starts a VS Code."""
    del installed
    started: list[Code] = []

    def start(settings: Mapping[str, object] | None, *others: Path, programs: str = os.defpath) -> Code:
        started.append(Code(tmp_path_factory.mktemp("code") / "data", (vsix, *others), settings, programs))
        return started[-1]

    yield start
    for it in started:
        it.stop()


@pytest.fixture(scope="session")
def code(start_code: StartCode) -> Code:
    """Return the VS Code that most tests share."""
    return start_code({})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the project that the README shows."""
    unfixed = shutil.ignore_patterns("Dockerfile.*")
    return shutil.copytree(ROOT / "fixtures" / "projects" / "npm", tmp_path / "web", ignore=unfixed)


@pytest.fixture
def show(browser: Browser) -> Iterator[ShowWindow]:
    """Return the function that opens a folder in a window. What it shows at the end of the test is kept."""
    windows: list[Window] = []

    def open_window(code: Code, folder: Path) -> Window:
        windows.append(code.window(browser, folder).load())
        return windows[-1]

    yield open_window
    # What pytest says of the test that runs: "tests/….py::test_x (teardown)".
    name = os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2].partition(" ")[0]
    for it in windows:
        it.picture(KEPT / f"{name}.png")
        it.close()
