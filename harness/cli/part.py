"""The parts of a run, as the child processes that carry them out: pytest for conformance and tabs, locust for load.

Decides commands and environments, cut off from the configuration of the user's own project; starts nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.cli.load_scenario import describe, load_file
from harness.cli.options import QUICK, Drawing
from harness.cli.target_choice import TargetChoice
from harness.errors import TargetFileError
from harness.loading.knobs import load_tables
from harness.suites import SuiteName, suite_dir
from harness.targets.child import free_port
from harness.wire.template import Json
from harness.worlds.engine import EngineName

Runner = Literal["pytest", "locust"]
_PLUGINS = ("anyio.pytest_plugin", "_hypothesis_pytestplugin", "harness.pytest_plugin")
SILENCE_S = 300.0
"""How long a child may neither print nor finish anything before it counts as hung; a step may take 60 s."""
MOST_SPAWNED_A_SECOND = 400.0
SPAWN_MARGIN = 1.5


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

    @property
    def what(self) -> str:
        """What it is part of, where several share it."""
        return self.name.partition("-")[0]


@dataclass(frozen=True, slots=True)
class LoadShape:
    """How much load, as the command line has it; None and nothing leave it to the target file and the scenario.

    `rate` is messages a second, `knobs` are further NAME=VALUE.
    """

    users: int | None = None
    rate: float | None = None
    duration_s: float | None = None
    processes: int | None = None
    budgets: tuple[str, ...] = ()
    max_lag_ms: float | None = None
    knobs: tuple[str, ...] = ()
    compress: bool = False


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
    engine: EngineName = "chromium",
    only: Sequence[str] = (),
    slow_mo_ms: int = 0,
    share: tuple[int, int] = (1, 1),
) -> Part:
    """Return the part that puts `choice` to the scenarios of one world.

    `only` names scenarios, `share` is which of how many jobs this is, from 1.
    """
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
    command += [f"--harness-only={name}" for name in only]
    if headed:
        command.append("--harness-headed")
    if engine != "chromium":
        command.append(f"--harness-engine={engine}")
    if slow_mo_ms:
        command.append(f"--harness-slowmo={slow_mo_ms}")
    if share[1] > 1:
        command.append(f"--harness-share={share[0]}/{share[1]}")
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
    name = "conformance" if world == "wire" else "tabs" if engine == "chromium" else f"tabs/{engine}"
    name += f"-{share[0]}" if share[1] > 1 else ""
    return Part(name, world, "pytest", tuple(command), environment, Path.cwd())


def load_part(choice: TargetChoice, scenario: str, *, run_dir: Path, shape: LoadShape) -> Part:
    """Return the part that puts `choice` under the load of one scenario.

    Raises:
        UsageError: there is no such scenario.
    """
    file, said = load_file(scenario), describe(scenario)
    table = _load_table(choice, scenario)
    users = shape.users or _number(table, "users", choice) or said.users
    lasts_s = shape.duration_s or _number(table, "duration_s", choice) or said.duration_s
    processes = shape.processes or _number(table, "processes", choice) or 1
    command = [sys.executable, "-m", "locust", "-f", str(file), "--headless"]
    spawned_a_second = max(1.0, min(users / 2, MOST_SPAWNED_A_SECOND))
    if spawned_a_second < users / 2:
        # Locust's time begins with the first of them; the duration is from about when all are there.
        lasts_s += SPAWN_MARGIN * users / spawned_a_second
    command += ["--only-summary", "--users", f"{users:g}", "--spawn-rate", f"{spawned_a_second:g}"]
    command += ["--run-time", f"{max(1, round(lasts_s))}s", "--stop-timeout", "10"]
    command += ["--target", str(choice.path), "--harness-run-dir", str(run_dir)]
    if shape.rate is not None:
        command += ["--harness-rate", f"{shape.rate:g}"]
    if shape.max_lag_ms is not None:
        command += ["--harness-max-lag-ms", f"{shape.max_lag_ms:g}"]
    if shape.compress:
        command.append("--harness-compress")
    if processes > 1:
        command += ["--processes", f"{processes:g}"]
    for knob in shape.knobs:
        command += ["--harness-set", knob]
    for budget in shape.budgets:
        command += ["--harness-budget", budget]
    if processes > 1:
        # Another run on this machine may have Locust's own port; nobody from elsewhere is to join this one.
        port = str(free_port())
        command += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
    # Locust reads locust.conf and pyproject.toml of the folder it is started in, which here is the run's own.
    environment = {**_without(os.environ, "LOCUST_"), "PYTHONPATH": _python_path(Path.cwd())}
    return Part(f"load/{scenario}", "load", "locust", tuple(command), environment, run_dir, SILENCE_S + lasts_s)


def _load_table(choice: TargetChoice, scenario: str) -> dict[str, Json]:
    return {key: value for table, _ in load_tables(choice.target.load, name=scenario) for key, value in table.items()}


def _number(table: Mapping[str, Json], key: str, choice: TargetChoice) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value < float("inf"):
        raise TargetFileError(
            f"{key} is no number of one or more", where=f"{choice.path}: [load] {key} = {value!r}", todo="give a number"
        )
    return value


def _without(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(prefix)}


def _python_path(cwd: Path) -> str:
    return os.pathsep.join([str(cwd), *filter(None, [os.environ.get("PYTHONPATH")])])
