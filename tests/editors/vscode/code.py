"""A VS Code of its own, as its users have it: installed extension, fresh home, and a browser as its window."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from editors.vscode.install import NODE, SERVER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

SECONDS: Final = 60
"""For everything that is waited for: the machine may be busy."""
_SIZE: Final = {"width": 1280, "height": 860}
# What is not VS Code itself, or would change files behind the tests.
_QUIET: Final = {
    "chat.disableAIFeatures": True,
    "editor.autoClosingBrackets": "never",
    "editor.autoClosingQuotes": "never",
    "editor.hover.delay": 100,
    "extensions.autoCheckUpdates": False,
    "files.autoSave": "off",
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.commandCenter": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
}
Found = TypeVar("Found")


def until(what: str, find: Callable[[], Found | None], seconds: float = SECONDS) -> Found:
    """Return what ``find`` does once it is something; fails with ``what`` is waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


class Code:
    """A running VS Code with extensions from files. What it keeps, and its home, is below ``folder``."""

    def __init__(
        self,
        folder: Path,
        extensions: Sequence[Path],
        settings: Mapping[str, object] | None = None,
        programs: str = os.defpath,
    ) -> None:
        """Install, then start; ``settings`` come on top of the quiet ones, None: there are none at all.

        ``programs`` is the PATH.
        """
        self._folder = folder
        (folder / "home").mkdir(parents=True)
        if settings is not None:
            self.set(settings)
        # Nothing of this project, as on the machine of somebody who has only Python.
        kept = {key: os.environ[key] for key in ("LANG", "TMPDIR") if key in os.environ}
        self._environment = {**kept, "HOME": str(folder / "home"), "PATH": programs}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._run(*(f"--install-extension={it}" for it in extensions))
        options = (
            "--host=127.0.0.1",
            f"--port={self.port}",
            "--without-connection-token",
            "--enable-smoke-test-driver",
        )
        self._log = (folder / "server.log").open("wb")
        self._process = subprocess.Popen(
            [*self._command(), *options],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        until("VS Code to listen", self._listens)

    def set(self, settings: Mapping[str, object]) -> None:
        """Write the settings of the user."""
        path = self._folder / "user" / "User" / "settings.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_QUIET | dict(settings)), encoding="utf-8")

    def window(self, browser: Browser, opened: Path, **payload: Path) -> Window:
        """Open a folder, or a file that lists several; ``payload`` names folders and modules for the workbench."""
        context = browser.new_context(viewport=_SIZE, device_scale_factor=2)  # pyright: ignore[reportArgumentType]
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.route("**/*", self._only_local)
        page = context.new_page()
        query = {"workspace" if opened.is_file() else "folder": str(opened)}
        if payload:
            remote = f"vscode-remote://127.0.0.1:{self.port}"
            query["payload"] = json.dumps([[key, f"{remote}{path}"] for key, path in payload.items()])
        return Window(context, page, f"http://127.0.0.1:{self.port}/?{urllib.parse.urlencode(query)}")

    def servers(self) -> set[int]:
        """Return the ids of the processes in which our language server runs."""
        found: set[int] = set()
        for it in Path("/proc").glob("[0-9]*"):
            try:
                command = (it / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"serve" in command and any(part.startswith(os.fsencode(self._folder)) for part in command):
                found.add(int(it.name))
        return found

    def stop(self) -> None:
        """End all of it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def _command(self) -> list[str]:
        folders = (
            f"--server-data-dir={self._folder}",
            f"--user-data-dir={self._folder / 'user'}",
            f"--extensions-dir={self._folder / 'extensions'}",
        )
        # What the shell of a user has on the PATH is not asked for.
        flags = ("--accept-server-license-terms", "--disable-telemetry", "--force-disable-user-env")
        return [str(NODE), str(SERVER), *folders, *flags]

    def _run(self, *arguments: str) -> None:
        result = subprocess.run(
            [*self._command(), *arguments], env=self._environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr

    def _listens(self) -> bool:
        assert self._process.poll() is None, (self._folder / "server.log").read_text(encoding="utf-8")
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def _only_local(self, route: Route) -> None:
        """Let nothing out."""
        if urllib.parse.urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            route.abort()


class Window:
    """What a person sees and does."""

    def __init__(self, context: BrowserContext, page: Page, address: str) -> None:
        """Load ``address`` with ``load``, once all is prepared."""
        self._context = context
        self.page = page
        self._address = address
        page.set_default_timeout(SECONDS * 1000)

    def load(self) -> Window:
        """Go there."""
        self.page.goto(self._address, wait_until="domcontentloaded")
        return self

    def close(self) -> None:
        """Close it."""
        self._context.close()

    def open(self, path: str) -> None:
        """Open a file by its path in the folder, with the keys."""
        # The keys are not bound before the workbench is there.
        self.page.wait_for_selector(".monaco-workbench .explorer-folders-view .monaco-list-row")
        self.page.keyboard.press("Control+p")
        box = self.page.locator(".quick-input-widget input.input")
        box.fill(path)
        self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=path.rpartition("/")[2]).wait_for()
        box.press("Enter")
        self.page.locator(f'.tab.active[aria-label^="{path.rpartition("/")[2]}"]').wait_for()
        self.page.locator(".monaco-editor.focused").wait_for()

    def command(self, title: str) -> None:
        """Run a command of the palette."""
        self.page.keyboard.press("F1")
        self.pick(title, f">{title}")

    def pick(self, entry: str, typed: str = "") -> None:
        """Choose an entry of the list that is open, by typing."""
        box = self.page.locator(".quick-input-widget input.input")
        box.fill(typed or entry)
        self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=entry).wait_for()
        box.press("Enter")

    def squiggle(self) -> Locator:
        """Return the line below what is found."""
        return self.page.locator(".squiggly-warning")

    def lens(self) -> Locator:
        """Return the line above the first stage."""
        return self.page.locator(".codelens-decoration", has_text="step").first

    def line(self, text: str) -> Locator:
        """Return the line of the editor that holds a text."""
        # The editor shows blanks as what does not break.
        pattern = re.compile(re.escape(text).replace(r"\ ", r"\s"))
        return self.page.locator(".view-line", has_text=pattern).first

    def cursor_at(self, text: str) -> None:
        """Put the cursor into a line."""
        self.line(text).click()

    def menu(self) -> list[str]:
        """Open the menu of the light bulb at the cursor; return what it offers."""
        rows = self.page.locator(".action-widget .monaco-list-row.action")

        def opened() -> bool:
            # There are no actions as long as the server starts.
            self.page.keyboard.press("Control+.")
            self.page.wait_for_timeout(1000)
            return rows.count() > 0

        until("the menu of the light bulb", opened)
        return rows.all_inner_texts()

    def choose(self, entry: str, menu: list[str] | None = None) -> None:
        """Choose an entry of the menu of the light bulb, which is opened if it isn't."""
        found = menu or self.menu()
        for _ in range(next(at for at, it in enumerate(found) if entry in it)):
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")

    def hover(self, text: str) -> Locator:
        """Point at the start of the line that holds a text; return what appears."""
        self.line(text).hover(position={"x": 12, "y": 8})
        shown = self.page.locator(".monaco-hover:visible", has_text="layerwise").first
        shown.wait_for()
        return shown

    def save(self) -> None:
        """Save with the keys."""
        self.page.keyboard.press("Control+s")

    def status(self) -> Locator:
        """Return our part of the status bar."""
        return self.page.locator('.statusbar-item[id^="layerwise.layerwise"]')

    def picture(self, path: Path) -> None:
        """Keep what is seen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # What fades in is there then.
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=path)
