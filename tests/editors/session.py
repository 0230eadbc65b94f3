"""An editor from start to end, in a fresh home, with the configuration that a page tells to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from editors.scenarios import TITLE, Scenario, Step

SECONDS: Final = 180
"""For all of it: the machine may be busy."""
_SERVER: Final = Path(sys.executable).parent
"""Where ``layerwise`` is, by that name as the pages call it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at each step."""

    at: Sequence[object]

    def list(self, index: int) -> Sequence[Mapping[str, object]]:
        """Return the findings, or other things with a line, that were seen at a step."""
        return cast("Sequence[Mapping[str, object]]", self.at[index])


def run_editor(command: Sequence[str], home: Path, path: Path, steps: Sequence[Step]) -> Seen:
    """Run an editor, with its driver, on the file at ``path``."""
    wanted, told = home / "steps.json", home / "seen.json"
    wanted.write_text(json.dumps(steps), encoding="utf-8")
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "PATH": os.pathsep.join((str(_SERVER), os.environ.get("PATH", os.defpath))),
        "LAYERWISE_FILE": str(path),
        "LAYERWISE_STEPS": str(wanted),
        "LAYERWISE_SEEN": str(told),
    }
    result = subprocess.run(
        command,
        cwd=path.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    seen = told.read_text(encoding="utf-8") if told.exists() else ""
    assert result.returncode == 0, seen or result.stdout.decode(errors="replace")
    return Seen(cast("Sequence[object]", json.loads(seen)))


def check(seen: Seen, path: Path, scenario: Scenario) -> None:
    """Fail unless a person who does the steps of a scenario sees, and has on the disk, what it says."""
    for index in (0, 5):
        (finding,) = seen.list(index)
        message = finding["message"]
        assert {**finding, "message": ...} == {**scenario.finding, "message": ...}
        assert isinstance(message, str)
        assert scenario.message in message
    hover = seen.at[1]
    assert isinstance(hover, str)
    assert "In its cache key:" in hover
    assert "the names, content and modes of 4 files" in hover
    assert TITLE in cast("Sequence[str]", seen.at[6])[0]
    assert path.read_bytes().decode() == scenario.after
