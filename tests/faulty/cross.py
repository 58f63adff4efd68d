"""Put a faulty implementation to everything: a server to the whole suite in a child, judged by its report, as its user
would; a page to every written plan, in this process, as its user's run would first make each finding small.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.checks.finding import Outcome
from harness.checks.verdict import classify
from harness.targets.file import Target
from harness.worlds.laboratory import Laboratory
from tests.faulty.fault import Fault
from tests.faulty.proof import ROOT, faulty_target, named_plans
from tests.implementations.suite_child import exit_code_of


@dataclass(frozen=True, slots=True)
class Catch:
    """What a suite said of a faulty implementation: the tests that found each broken requirement, and how it ended."""

    fault: Fault
    found: Mapping[str, tuple[str, ...]]
    exit_code: int | None
    duration_s: float
    lost: tuple[str, ...] = ()
    """The tests that came to no verdict."""

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
        wrong += [f"no verdict of {', '.join(self.lost[:3])}"] if self.lost else []
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


def put_to_every_plan(fault: Fault, target: Target, *, out: Path, stop: threading.Event) -> Catch:
    """Carry out every written plan of pages on `target`; what is found stays in `out` where it is not as it should be.

    `stop` ends it early, after the plan that is under way.
    """
    started_s = time.monotonic()
    outcomes: list[Outcome] = []
    with Laboratory(target, ROOT) as laboratory:
        for test, plan in named_plans("page").items():
            trial = laboratory.run(plan, world="page")
            if stop.is_set():
                break  # what was under way may have been stopped in the middle
            outcomes.append(trial.outcome(test))
    outcomes = classify(outcomes)
    found = by_requirement((each.requirement, each.level, one.test) for one in outcomes for each in one.findings)
    lost = tuple(each.test for each in outcomes if each.status in {"target", "harness"})
    catch = Catch(fault, found, 1 if found else 0, time.monotonic() - started_s, lost)
    if catch.problems:
        out.mkdir(parents=True, exist_ok=True)
        lines = [msgspec.json.encode(each) for each in outcomes if each.findings or each.status != "judged"]
        (out / f"{fault.name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    return catch


def put_to_everything(fault: Fault, *, out: Path, max_examples: int, timeout_s: float, stop: threading.Event) -> Catch:
    """Run the whole wire suite on a faulty server; what it wrote stays in `out` where it is not as it should be.

    `stop` ends it early: asked to finish, so that nothing that it started is left.
    """
    folder = out / fault.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "target.toml").write_text(target_text(fault), "utf-8")
    command = ["conform", "--target", str(folder / "target.toml"), "--seed", "1", "--max-examples", str(max_examples)]
    started_s = time.monotonic()
    exit_code = exit_code_of(
        [*command, "--out", str(folder)], log=folder / "output.log", timeout_s=timeout_s, stop=stop
    )
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
    findings = (each for each in told if each["type"] == "finding")
    return by_requirement((each["requirement"], each["level"], each["test"]) for each in findings)


def by_requirement(findings: Iterable[tuple[str, str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the broken requirements of (requirement, level, test), each with the tests that found it."""
    found: dict[str, tuple[str, ...]] = {}
    for name, level, test in findings:
        if level != "late":
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), test)))
    return found
