"""The parts of a run, as the child processes that carry them out: pytest for conformance and tabs, locust for load.

Decides commands and environments, cut off from the configuration of the user's own project; starts nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.cli.options import QUICK, Drawing
from harness.cli.target_choice import TargetChoice
from harness.errors import UsageError, did_you_mean
from harness.suites import SuiteName, suite_dir

Runner = Literal["pytest", "locust"]
_PLUGINS = ("anyio.pytest_plugin", "_hypothesis_pytestplugin", "harness.pytest_plugin")
SILENCE_S = 300.0
"""How long a child may neither print nor finish anything before it counts as hung; a step may take 60 s."""


@dataclass(frozen=True, slots=True)
class Part:
    """One child process of a run. `name` is for people, `silence_s` how long it may be silent."""

    name: str
    world: str
    runner: Runner
    command: tuple[str, ...]
    environment: dict[str, str]
    cwd: Path
    silence_s: float = SILENCE_S


@dataclass(frozen=True, slots=True)
class LoadShape:
    """How much load: connections, messages a second (None: the scenario's own), for how long."""

    users: int = 50
    rate: float | None = None
    duration_s: float = 20.0
    processes: int = 1
    budgets: tuple[str, ...] = ()
    max_lag_ms: float | None = None


def pytest_part(
    choice: TargetChoice,
    *,
    world: Literal["wire", "page"],
    run_dir: Path,
    seed: int,
    select: str | None = None,
    headed: bool = False,
    drawing: Drawing = QUICK,
    collect_only: bool = False,
) -> Part:
    """Return the part that puts `choice` to the scenarios of one world."""
    suite: SuiteName = "scenarios" if world == "wire" else "browser_tests"
    folder = suite_dir(suite)
    command = [sys.executable, "-m", "pytest", str(folder), "-c", str(Path(__file__).with_name("isolated.ini"))]
    command += [f"--rootdir={folder}", f"--confcutdir={folder}", "-p", "no:cacheprovider", "--color=no"]
    for plugin in _PLUGINS:
        command += ["-p", plugin]
    command += ["--target", str(choice.path), f"--harness-seed={seed}"]
    if collect_only:
        command += ["--collect-only", "-q"]
    else:
        # With -v the log says which test is running, for those who wait.
        command += ["-v", "--harness-run-dir", str(run_dir)]
    if select:
        command += ["-k", select]
    if headed:
        command.append("--harness-headed")
    if drawing.max_examples is not None:
        command.append(f"--harness-max-examples={drawing.max_examples}")
    if drawing.deep:
        command.append("--harness-profile=deep")
    command += [f"--harness-fault={fault}" for fault in drawing.faults]
    environment = {
        **_without(os.environ, "PYTEST_"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        # Where Hypothesis keeps what it found; otherwise a folder appears where the user stands.
        "HYPOTHESIS_STORAGE_DIRECTORY": str(run_dir.parent / ".hypothesis"),
    }
    name = "conformance" if world == "wire" else "tabs"
    return Part(name, world, "pytest", tuple(command), environment, Path.cwd())


def load_part(choice: TargetChoice, scenario: str, *, run_dir: Path, shape: LoadShape) -> Part:
    """Return the part that puts `choice` under the load of one scenario.

    Raises:
        UsageError: there is no such scenario.
    """
    names = load_scenarios()
    if scenario not in names:
        raise UsageError("there is no such load scenario", where=scenario, todo=did_you_mean(scenario, names))
    command = [sys.executable, "-m", "locust", "-f", str(suite_dir("load") / f"{scenario}.py"), "--headless"]
    command += ["--only-summary", "--users", str(shape.users), "--spawn-rate", f"{max(1.0, shape.users / 2):g}"]
    command += ["--run-time", f"{max(1, round(shape.duration_s))}s", "--stop-timeout", "10"]
    command += ["--target", str(choice.path), "--harness-run-dir", str(run_dir)]
    if shape.rate is not None:
        command += ["--harness-rate", f"{shape.rate:g}"]
    if shape.max_lag_ms is not None:
        command += ["--harness-max-lag-ms", f"{shape.max_lag_ms:g}"]
    if shape.processes > 1:
        command += ["--processes", str(shape.processes)]
    for budget in shape.budgets:
        command += ["--harness-budget", budget]
    # Locust reads locust.conf and pyproject.toml of the folder it is started in, which here is the run's own.
    environment = {**_without(os.environ, "LOCUST_"), "PYTHONPATH": _python_path(Path.cwd())}
    silence_s = SILENCE_S + shape.duration_s
    return Part(f"load/{scenario}", "load", "locust", tuple(command), environment, run_dir, silence_s)


def load_scenarios() -> list[str]:
    """Return the names of the load scenarios, in alphabetical order."""
    return sorted(path.stem for path in suite_dir("load").glob("*.py") if not path.stem.startswith("_"))


def _without(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(prefix)}


def _python_path(cwd: Path) -> str:
    return os.pathsep.join([str(cwd), *filter(None, [os.environ.get("PYTHONPATH")])])
