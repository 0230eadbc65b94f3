"""``make mutants``: how many small faults in the code the tests notice, for a sample that a seed draws.

All is loaded and collected once. Each fault is planted in a fork of that process, which then runs the tests that ran the
faulty lines before, quickest first, up to the first that fails. There are libraries for this, but mutmut leaves alone
what stands outside of functions (most of what we know of managers are tables), and cosmic-ray starts pytest anew for each.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeAlias

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

from mutants.changes import Fault, faults_of
from mutants.loaded import plant

SERVER: Final = Path(__file__).parents[2] / "server"
TESTS: Final = SERVER.parent / "tests"
FOLDERS: Final = ("rules", "commands", "context", "effects", "buildcache", "semantics", "ide")
ROOMS: Final = ("fixes", "rules", "context", "effects", "buildcache", "commands")
JOBS: Final = os.cpu_count() or 1
KILLED, SURVIVED, FAILED = range(3)
_MOST_MEMORY: Final = 4 << 30
Line: TypeAlias = tuple[str, int]


class Mutants:
    """The run, as a plugin of pytest: it takes the place of running the tests."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.files = frozenset(str(it.path) for it in faults)
        self.items: list[pytest.Item] = []
        self.seconds: dict[int, float] = {}
        self.tests: dict[Line, set[int]] = defaultdict(set)
        self.caches: list[Any] = []
        self.survived: list[tuple[Fault, int]] = []
        self.report = os.fdopen(os.dup(2), "w")

    def pytest_collection_finish(self) -> None:
        settings.register_profile("mutants", deadline=None, database=None, derandomize=True, max_examples=50)
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        # What was asked for before the fault is answered anew.
        self.caches = [it for it in gc.get_objects() if type(it).__name__ == "_lru_cache_wrapper"]
        gc.freeze()
        self.record()
        self.told(f"{len(self.items)} tests take {sum(self.seconds.values()):.0f} s\n")
        forked(len(self.faults), lambda at: self.tried(self.faults[at]), self.judged)
        return True

    def forget(self) -> None:
        for it in self.caches:
            it.cache_clear()

    def told(self, text: str) -> None:
        self.report.write(text)
        self.report.flush()

    def record(self) -> None:
        """Note which lines each test runs, in as many processes as there are processors."""
        with tempfile.TemporaryDirectory() as folder:
            forked(JOBS, lambda at: self.recorded(at, Path(folder, str(at))), lambda at, code, _: ended(at, code))
            for path in Path(folder).iterdir():
                for test, seconds, lines in json.loads(path.read_bytes()):
                    self.seconds[test] = seconds
                    for file, line in lines:
                        self.tests[file, line].add(test)

    def recorded(self, part: int, to: Path) -> int:
        found: list[tuple[int, float, list[Line]]] = []
        lines: set[Line] = set()

        def trace(frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
            if frame.f_code.co_filename not in self.files:
                return None
            if event == "line":
                lines.add((frame.f_code.co_filename, frame.f_lineno))
            return trace

        mine = range(part, len(self.items), JOBS)
        for test, after in zip(mine, [*mine[1:], None], strict=True):
            self.forget()
            lines = set[Line]()
            sys.settrace(trace)
            start = time.process_time()
            is_good = passes(self.items[test], None if after is None else self.items[after])
            seconds = time.process_time() - start
            sys.settrace(None)
            if not is_good:
                self.told(f"{self.items[test].nodeid} fails without any fault\n")
                return FAILED
            found.append((test, seconds, [*lines]))
        to.write_text(json.dumps(found))
        return SURVIVED

    def killers(self, fault: Fault) -> list[int]:
        """Return the tests that may notice a fault, quickest first; for a value, those that run any line near it."""
        path = str(fault.path)
        inside = [self.tests[path, it] for it in fault.lines if (path, it) in self.tests]
        if not inside and fault.is_value:
            inside = [tests for (file, _), tests in self.tests.items() if file == path]
        return sorted(set[int]().union(*inside), key=lambda it: self.seconds[it])

    def tried(self, fault: Fault) -> int:
        tests = self.killers(fault)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        # By the processor's time: on a busy machine each fault would end by the clock.
        signal.setitimer(signal.ITIMER_PROF, 20 + 5 * sum(self.seconds[it] for it in tests))
        try:
            plant(fault)
        except Exception:
            if not fault.is_value:
                raise
            # With it the module can't be imported.
            return KILLED
        self.forget()
        for test, after in zip(tests, [*tests[1:], None], strict=False):
            if not passes(self.items[test], None if after is None else self.items[after]):
                return KILLED
        return SURVIVED

    def judged(self, at: int, code: int, done: int) -> None:
        # Any other end, by the clock or for lack of memory, is noticed as well.
        if code in (SURVIVED, FAILED):
            self.survived.append((self.faults[at], len(self.killers(self.faults[at]))))
        if code == FAILED:
            self.told(f"can't be planted: {self.faults[at]}\n")
        if done % 50 == 0:
            self.told(f"{done} of {len(self.faults)} tried, {len(self.survived)} survive\n")


def forked(many: int, work: Callable[[int], int], end: Callable[[int, int, int], None]) -> None:
    """Do each piece of work in a process of its own, ``JOBS`` at a time; ``end`` gets its number, code and rank."""
    waiting, running, done = list(range(many)), dict[int, int](), 0
    while waiting or running:
        while waiting and len(running) < JOBS:
            at = waiting.pop(0)
            child = os.fork()
            if child == 0:
                code = FAILED
                try:
                    code = work(at)
                except Exception:  # noqa: BLE001
                    traceback.print_exc()
                finally:
                    os._exit(code)
            running[child] = at
        child, status = os.wait()
        done += 1
        end(running.pop(child), os.waitstatus_to_exitcode(status), done)


def ended(at: int, code: int) -> None:
    if code != SURVIVED:
        pytest.exit(f"part {at} of the tests can't be run")


def passes(item: pytest.Item, after: pytest.Item | None) -> bool:
    return not any(it.failed for it in runtestprotocol(item, log=False, nextitem=after))


def sample(rooms: Sequence[str], size: int, seed: int) -> list[Fault]:
    """Draw as many faults from each room; a second one of a line comes after the first ones of all lines."""
    drawn: list[Fault] = []
    for room in rooms:
        paths = sorted((SERVER / "layerwise" / room).rglob("*.py"))
        names = [".".join(it.relative_to(SERVER).with_suffix("").parts) for it in paths]
        found = [fault for name, path in zip(names, paths, strict=True) for fault in faults_of(name, path)]
        random.Random(seed).shuffle(found)
        rank = Counter[tuple[str, int]]()
        ranked: list[tuple[int, Fault]] = []
        for it in found:
            rank[it.module, it.line] += 1
            ranked.append((rank[it.module, it.line], it))
        ranked.sort(key=lambda it: it[0])
        drawn += [it for _, it in ranked[: size // len(rooms)]]
    return drawn


def main() -> None:
    options = argparse.ArgumentParser(prog="mutants")
    options.add_argument("-n", type=int, default=300, help="how many faults in all")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--tests", nargs="+", default=FOLDERS, help="folders of tests/")
    options.add_argument("rooms", nargs="*", default=ROOMS)
    given = options.parse_args()
    rooms = [it for it in given.rooms if (SERVER / "layerwise" / it).is_dir()]
    mutants = Mutants(sample(rooms, given.n, given.seed))
    folders = [str(it) for name in given.tests if (it := TESTS / name).is_dir()]
    pytest.main(
        ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore:Module already", *folders], plugins=[mutants]
    )
    for fault, tests in sorted(mutants.survived, key=lambda it: (it[0].module, it[0].line)):
        where = f"{fault.path.relative_to(SERVER.parent)}:{fault.line}"
        sys.stdout.write(f"{where}: {fault.text}{'' if tests else '  (no test runs it)'}\n")
    for room in rooms:
        all_of = sum(it.room == room for it in mutants.faults)
        killed = all_of - sum(it.room == room for it, _ in mutants.survived)
        sys.stdout.write(f"{room}: {killed} of {all_of} are noticed, {killed / (all_of or 1):.0%}\n")


if __name__ == "__main__":
    main()
