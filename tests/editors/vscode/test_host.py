"""The tests that run inside the extension host: ``host/extension.test.ts``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from editors.vscode.code import Code, until
from editors.vscode.conftest import CLIENT

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_in_the_extension_host(code: Code, browser: Browser, project: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "tests.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": project.name}]}), encoding="utf-8")
    # An extension that is nothing: what is tested is the installed one.
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    manifest = {"name": "nothing", "publisher": "tests", "version": "0.0.0", "engines": {"vscode": "*"}}
    (nothing / "package.json").write_text(json.dumps(manifest), encoding="utf-8")

    output: list[str] = []
    ends: list[int] = []
    window = code.window(
        browser, workspace, extensionDevelopmentPath=nothing, extensionTestsPath=CLIENT / "dist" / "host" / "index"
    )

    def log(_kind: str, parts: list[object]) -> None:
        output.extend(str(it) for it in parts if str(it).startswith("mocha: "))

    def end(code: int, _logs: object = None) -> None:
        ends.append(code)

    window.page.expose_function("codeAutomationLog", log)  # pyright: ignore[reportUnknownMemberType] - its callback is open
    window.page.expose_function("codeAutomationExit", end)  # pyright: ignore[reportUnknownMemberType] - its callback is open
    window.load()

    def is_over() -> bool:
        # The callbacks are called while the page is waited for.
        window.page.wait_for_timeout(200)
        return bool(ends)

    until("the end of the tests", is_over, seconds=240)
    window.close()
    assert ends == [0], "\n".join(output)
    assert any("passing" in it for it in output), "\n".join(output)
