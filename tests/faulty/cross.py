"""Put a faulty implementation to everything, as its user would: a whole suite in a child, judged by its report.

Knows the command line, target files and report.jsonl; nothing of plans or checks.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.faulty.fault import Fault
from tests.faulty.proof import ROOT, faulty_target

END_S = 30.0
POLL_S = 0.2
SUITE = {"wire": "conform", "page": "tabs"}


@dataclass(frozen=True, slots=True)
class Catch:
    """What a suite said of a faulty implementation: the tests that found each broken requirement, and how it ended."""

    fault: Fault
    found: Mapping[str, tuple[str, ...]]
    exit_code: int | None
    duration_s: float

    @property
    def problems(self) -> list[str]:
        """Return what is wrong with that; nothing where the fault was caught for what it breaks and nothing else."""
        wrong = []
        if self.exit_code != 1:
            wrong.append("ran too long" if self.exit_code is None else f"the run ended with {self.exit_code}, not 1")
        if self.fault.breaks not in self.found:
            wrong.append(f"nothing finds that it breaks {self.fault.breaks}")
        strayed = {name: tests for name, tests in self.found.items() if name != self.fault.breaks}
        wrong += [f"caught for {name} too, by {', '.join(tests[:3])}" for name, tests in strayed.items()]
        return wrong


def target_text(fault: Fault) -> str:
    """Return the target file of the quick proof as text, for a file in a folder of its own."""
    target = msgspec.structs.replace(faulty_target(fault), env={"PYTHONPATH": str(ROOT)})
    tables: dict[str, object] = msgspec.to_builtins(target)
    return "".join(f"{key} = {_toml(value)}\n" for key, value in tables.items() if value is not None)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        pairs = [f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items() if each is not None]
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return json.dumps(value)  # strings, numbers and truth are written alike


def put_to_everything(fault: Fault, *, out: Path, max_examples: int, timeout_s: float, stop: threading.Event) -> Catch:
    """Run the whole suite of the fault's world; what it wrote stays in `out` where it is not as it should be.

    `stop` ends it early: asked to finish, so that nothing that it started is left.
    """
    folder = out / fault.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "target.toml").write_text(target_text(fault), "utf-8")
    examples = ("--max-examples", str(max_examples)) if fault.world == "wire" else ()
    command = [sys.executable, "-m", "harness.cli", SUITE[fault.world], "--target", str(folder / "target.toml")]
    started_s = time.monotonic()
    with (folder / "output.log").open("wb") as log:
        child = subprocess.Popen(
            [*command, "--seed", "1", *examples, "--out", str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while child.poll() is None and not stop.wait(POLL_S) and time.monotonic() - started_s < timeout_s:
            pass
        exit_code = child.poll()
        _end(child)
    catch = Catch(fault, found_in(folder / "latest" / "report.jsonl"), exit_code, time.monotonic() - started_s)
    if not catch.problems:
        shutil.rmtree(folder, ignore_errors=True)
    return catch


def found_in(report: Path) -> dict[str, tuple[str, ...]]:
    """Return the broken requirements that a report names, each with the tests that found it."""
    try:
        told = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    except OSError:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for each in told:
        if each["type"] == "finding" and each["level"] != "late":
            name = each["requirement"]
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), each["test"])))
    return found


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    try:
        child.wait(END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(END_S)
