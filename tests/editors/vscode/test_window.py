"""What a person does with the extension, and sees."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from editors.vscode.code import Code, Window, until
from editors.vscode.conftest import KEPT, ShowWindow, StartCode, picture_of_readme
from editors.vscode.python_extension import python_extension

if TYPE_CHECKING:
    from playwright.sync_api import Locator

FIX = "Copy only package.json and package-lock.json before `npm ci`, the rest after it"
FIXED = (
    "COPY package.json package-lock.json ./\n\nRUN npm ci\n\n# Copy the application\nCOPY . .\n\nRUN npm run build\n"
)


def saved(file: Path, expected: str) -> None:
    until(f"{file.name} on the disk to hold what is expected", lambda: expected in file.read_text(encoding="utf-8"))


def test_the_first_minute_with_no_settings_at_all(start_code: StartCode, show: ShowWindow, project: Path) -> None:
    """A fresh home, the extension as it is installed, Python as the system has it: see, understand, mend, save."""
    window = show(start_code(None), project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    assert "copy-before-install" in window.hover("COPY . .").inner_text()
    window.cursor_at("COPY . .")
    window.choose(FIX)
    window.squiggle().first.wait_for(state="detached")
    window.save()
    saved(project / "Dockerfile", FIXED)


def test_squiggle_hover_menu_and_fix(code: Code, show: ShowWindow, project: Path) -> None:
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.status().get_by_text("1 finding, 4 steps").wait_for()
    hover = window.hover("COPY . .")
    text = until("the hover to have the finding and the step", lambda: both(hover.inner_text(), "npm ci", "cache key"))
    assert text.count("re-runs `npm ci`") == 1, "one finding, shown once"
    picture_of_readme("vscode-hover", window, window.lens(), hover)
    window.page.keyboard.press("Escape")

    window.cursor_at("COPY . .")
    menu = window.menu()
    assert FIX in menu[0]
    assert any("Ignore copy-before-install here" in it for it in menu)
    picture_of_readme("vscode-menu", window, window.page.locator(".action-widget").first)
    window.choose(FIX, menu)
    window.status().get_by_text("0 findings, 6 steps").wait_for()
    window.save()
    saved(project / "Dockerfile", FIXED)


def both(text: str, *parts: str) -> str | None:
    return text if all(it in text for it in parts) else None


@pytest.mark.parametrize("title", ["Fix All", "layerwise: Optimise Stage"])
def test_everything_at_once(code: Code, show: ShowWindow, project: Path, title: str) -> None:
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.cursor_at("RUN npm ci")
    window.command(title)
    window.squiggle().first.wait_for(state="detached")
    window.save()
    saved(project / "Dockerfile", FIXED)


def test_text_and_names_that_are_not_ascii_and_lines_as_on_windows(code: Code, show: ShowWindow, project: Path) -> None:
    project = project.rename(project.with_name("größer 🐳"))
    file = project / "Dockerfile.grün"
    text = (
        'FROM node:24 AS b\r\nWORKDIR /app\r\n# 🐳\r\nCOPY . .\r\nRUN echo "größer 🐳" && npm ci && npm run build\r\n'
    )
    (project / "Dockerfile").unlink()
    file.write_bytes(text.encode())
    window = show(code, project)
    window.open(file.name)
    window.squiggle().first.wait_for()
    window.cursor_at("COPY . .")
    window.choose(FIX)
    window.squiggle().first.wait_for(state="detached")
    window.save()
    expected = (
        "FROM node:24 AS b\r\nWORKDIR /app\r\nCOPY package.json package-lock.json ./\r\n"
        'RUN echo "größer 🐳" && npm ci\r\n# 🐳\r\nCOPY . .\r\nRUN npm run build\r\n'
    )
    until("the file on the disk", lambda: file.read_bytes() == expected.encode())


def test_what_saving_another_file_rebuilds_and_the_layer_map(code: Code, show: ShowWindow, project: Path) -> None:
    window = show(code, project)
    # No Dockerfile is open.
    window.open("src/build.js")
    window.status().get_by_text("saving rebuilds 2 of 4 steps").wait_for()
    window.status().hover()
    tooltip = window.page.locator(".monaco-hover:visible", has_text="Saving this file re-runs in the next build")
    assert "line 8 RUN npm ci && npm run build" in tooltip.inner_text().replace("\xa0", " ")
    window.status().click()
    drawing = layer_map(window)
    assert re.search(r"src/build\.js rebuilds 2 of 4 steps", drawing.inner_text(), re.IGNORECASE)
    picture_of_readme("vscode-layer-map", window, window.status(), drawing)

    # A step leads to its line; the map stays, and shows what is typed.
    drawing.locator('[data-line="7"]').first.click()
    window.page.locator('.tab.active[aria-label^="Dockerfile"]').wait_for()
    window.page.get_by_text("Ln 8, Col 1").wait_for()
    window.cursor_at("RUN npm ci")
    window.page.keyboard.press("End")
    window.page.keyboard.type(" && npm test")
    layer_map(window).get_by_text("npm test").first.wait_for(state="attached")
    layer_map(window).locator('[data-line="10"]').first.press("Enter")
    window.page.get_by_text("Ln 11, Col 1").wait_for()

    # Another change than that of the file in front.
    for chosen, summary in (
        ("package-lock.json", "An edit of package-lock.json rebuilds 2 of 4 steps"),
        ("A source file", "rebuilds 2 of 4 steps"),
        ("The file in front", "An edit of src/build.js rebuilds 2 of 4 steps"),
    ):
        window.command("layerwise: Choose What Changes in the Layer Map")
        window.pick(chosen)
        layer_map(window).get_by_text(summary).wait_for()


def test_a_step_opens_the_dockerfile_beside_the_layer_map(code: Code, show: ShowWindow, project: Path) -> None:
    """Where no other editor is open, too."""
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.command("layerwise: Show Layer Map")
    layer_map(window)
    window.open("Dockerfile")
    window.command("View: Close All Editors in Group")
    window.squiggle().first.wait_for(state="detached")
    layer_map(window).locator('[data-line="7"]').first.press("Enter")
    window.page.get_by_text("Ln 8, Col 1").wait_for()
    layer_map(window)


def layer_map(window: Window) -> Locator:
    """Return the drawing: it is in a frame within a frame."""
    drawing = window.page.frame_locator("iframe.webview").frame_locator("iframe#active-frame").locator("main")
    drawing.locator("svg").wait_for()
    return drawing


@pytest.fixture
def dark(code: Code) -> Iterator[None]:
    code.set({"workbench.colorTheme": "Default Dark Modern"})
    yield
    code.set({})


@pytest.mark.usefixtures("dark")
def test_the_layer_map_in_the_dark(code: Code, show: ShowWindow, project: Path) -> None:
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.command("layerwise: Show Layer Map")
    drawing = layer_map(window)
    assert drawing.locator("xpath=ancestor::body[contains(@class, 'vscode-dark')]").count() == 1
    picture_of_readme("vscode-layer-map-dark", window, window.status(), drawing)


def test_the_layer_map_is_there_again_when_the_window_is(code: Code, show: ShowWindow, project: Path) -> None:
    window = show(code, project)
    window.open("src/build.js")
    window.status().get_by_text("saving rebuilds 2 of 4 steps").wait_for()
    window.status().dblclick()
    layer_map(window)
    assert window.page.locator('.tab[aria-label^="Layer map"]').count() == 1
    window.command("Developer: Reload Window")
    # The page is another one only some time after that.
    window.page.wait_for_event("load")
    layer_map(window).get_by_text("An edit of src/build.js rebuilds 2 of 4 steps").wait_for()


def test_the_explanation_is_a_page_to_read(code: Code, show: ShowWindow, project: Path) -> None:
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.command("layerwise: Explain this Dockerfile")
    page = window.page.frame_locator("iframe.webview").frame_locator("iframe#active-frame")
    page.get_by_role("heading", name="Stage build").wait_for()
    window.picture(KEPT / "vscode-explanation.png")


def test_a_setting_counts_at_once(code: Code, show: ShowWindow, project: Path) -> None:
    settings = project / ".vscode" / "settings.json"
    settings.parent.mkdir()
    settings.write_text("{}", encoding="utf-8")
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.open(".vscode/settings.json")
    window.cursor_at("{}")
    window.page.keyboard.press("Control+a")
    window.page.keyboard.insert_text('{"layerwise.rules": {"copy-before-install": "off"}}')
    window.line("copy-before-install").wait_for()
    window.save()
    saved(settings, "off")
    window.open("Dockerfile")
    window.status().get_by_text("0 findings, 4 steps").wait_for()
    assert window.squiggle().count() == 0


def test_a_server_that_dies_comes_back(code: Code, show: ShowWindow, project: Path) -> None:
    # Those of windows that were closed are there for a while.
    others = code.servers()
    window = show(code, project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    (first,) = code.servers() - others
    os.kill(first, signal.SIGKILL)
    until("another server", lambda: code.servers() - others - {first})
    # It knows the file as it is in the editor, and finds what is typed.
    window.cursor_at("COPY . .")
    window.choose("Ignore copy-before-install here")
    window.squiggle().first.wait_for(state="detached")


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_folder_that_is_not_trusted_is_read_and_nothing_of_it_is_run(
    start_code: StartCode, show: ShowWindow, project: Path, tmp_path: Path
) -> None:
    """So it is at first, with no settings. Once it is trusted, the server runs with what the Python extension names."""
    ran = tmp_path / "ran"
    one, other = (
        program(project / "venv" / name, f'echo "{name} $*" >> "{ran}"\nexec /usr/bin/python3 "$@"')
        for name in ("one", "other")
    )
    window = show(start_code(None, python_extension(tmp_path, one, other)), project)
    window.open("Dockerfile")
    window.squiggle().first.wait_for()
    window.status().get_by_text("1 finding, 4 steps").wait_for()
    assert not ran.exists()

    def server_runs_with(name: str) -> None:
        until(f"the server to run with {name}", lambda: ran.exists() and re.search(f"{name} .* serve", ran.read_text()))

    window.command("Workspaces: Manage Workspace Trust")
    window.page.get_by_role("button", name="Trust", exact=True).click()
    server_runs_with("one")
    window.command("View: Close Modal Editor")
    window.command("Python: Select Interpreter")
    server_runs_with("other")
    window.open("Dockerfile")
    window.cursor_at("COPY . .")
    window.choose(FIX)
    window.squiggle().first.wait_for(state="detached")


def test_without_a_python_it_says_what_is_missing_and_takes_another(
    start_code: StartCode, show: ShowWindow, project: Path, tmp_path: Path
) -> None:
    old = program(tmp_path / "bin" / "python3", "echo 'this is Python 3.9.2' >&2\nexit 3")
    window = show(start_code({}, programs=str(old.parent)), project)
    window.open("Dockerfile")
    window.status().get_by_text("layerwise is not running").wait_for()
    # It pops up, but not under the driver of the tests.
    window.command("Notifications: Show Notifications")
    message = window.page.locator(".notification-list-item", has_text="layerwise needs Python 3.11 or newer")
    message.wait_for()
    assert "this is Python 3.9.2" in message.inner_text()
    window.picture(KEPT / "vscode-no-python.png")
    message.get_by_role("button", name="Choose Python…").click()
    box = window.page.locator(".quick-input-widget input.input")
    until("the folder in the dialog", lambda: box.input_value().endswith("/web/"))
    box.fill("/usr/bin/python3")

    def is_taken() -> bool:
        # It is looked up first.
        box.press("Enter")
        window.page.wait_for_timeout(1000)
        return not box.is_visible()

    until("the dialog to take it", is_taken)
    window.squiggle().first.wait_for()
