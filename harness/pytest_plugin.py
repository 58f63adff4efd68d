"""The pytest plugin: collects plans from *.toml, gives property tests a laboratory, and turns findings into failures.

The only module that imports pytest. It runs at every pytest start of its environment, so everything else is imported
late.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.trials import Trials
    from harness.worlds.engine import EngineName
    from harness.worlds.laboratory import Laboratory, Trial

PLAN_MARK = "[[plan]]"
DEEP_EXAMPLES, DEEP_STEPS = 10, 2


class FindingsFound(AssertionError):
    """A plan showed findings; its text is the story of the smallest one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--target` and the `--harness-...` options."""
    group = parser.getgroup("onesocket", "onesocket: does the realtime layer keep its promises?")
    group.addoption(
        "--target", metavar="FILE", help="target file of the implementation under test (default: the reference)"
    )
    group.addoption("--harness-run-dir", metavar="DIR", help="run folder to add to, instead of one of its own")
    group.addoption("--harness-seed", metavar="N", type=int, help="seed of everything random (default: new, printed)")
    group.addoption("--harness-max-examples", metavar="N", type=int, help="examples per property test, not its number")
    group.addoption(
        "--harness-known-failing", metavar="FILE", help="list of what is known to fail; a listed one that holds fails"
    )
    group.addoption(
        "--harness-profile", choices=("quick", "deep"), default="quick",
        help="how long to search: quick is for every run, deep draws ten times as many examples, each twice as long",
    )  # fmt: skip
    group.addoption(
        "--harness-fault", metavar="SENTENCE", action="append", default=[],
        help='what the network does to every raw connection: "slice the bytes of every connection"; again for more',
    )  # fmt: skip
    group.addoption("--harness-headed", action="store_true", help="show the browser")
    group.addoption(
        "--harness-engine", choices=("chromium", "firefox", "webkit", "webkitgtk"), default="chromium",
        help="what browsers pages are shown in (default: chromium)",
    )  # fmt: skip
    group.addoption(
        "--harness-slowmo", metavar="MS", type=int, default=0, help="wait so long after each step of a page"
    )
    group.addoption("--harness-only", metavar="NAME", action="append", help="one scenario, by its name; again for more")
    group.addoption("--harness-share", metavar="I/N", default="1/1", help="the share of job I of N of the scenarios")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark that plans carry: where marks are strict, an unknown one is an error."""
    config.addinivalue_line("markers", "slow: takes more than 0.25 s")


def pytest_load_initial_conftests(args: list[str]) -> None:
    """Let `pytest scenarios browser_tests` work where onesocket is installed and no such folder is at hand."""
    for index, argument in enumerate(args):
        if argument in {"scenarios", "browser_tests"} and not Path(argument).exists():
            from harness.suites import suite_dir

            args[index] = str(suite_dir("scenarios" if argument == "scenarios" else "browser_tests"))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario file: a TOML file with at least one `[[plan]]` table."""
    if file_path.suffix == ".toml" and PLAN_MARK in file_path.read_text("utf-8", "replace"):
        file: pytest.Collector = PlanFile.from_parent(parent, path=file_path)
        return file
    return None


class PlanFile(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item a plan."""
        from harness.errors import OnesocketError
        from harness.plan import load_plans

        try:
            plans = load_plans(self.path)
        except OnesocketError as error:
            raise self.CollectError(str(error)) from None
        for plan in plans:
            yield PlanItem.from_parent(self, name=plan.name, plan=plan)


class PlanItem(pytest.Item):
    """One plan, carried out in the first of its worlds."""

    def __init__(self, *, plan: Any, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.plan = plan
        self.add_marker(pytest.mark.slow)

    def runtest(self) -> None:
        """Carry the plan out, write its outcome and fail on findings."""
        session = _session(self.config)
        test = f"{self.path.name}::{self.name}"
        trial = session.run(self.plan, world=self.plan.worlds[0], test=test)
        session.add(trial, test=test)
        session.stop_where_the_target_is_lost(trial)
        _raise(trial, session, test=test)
        if nothing := trial.outcome(test).showed_nothing:
            pytest.skip(nothing)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a finding or an error of the target without a stack trace."""
        from harness.errors import OnesocketError

        if isinstance(excinfo.value, FindingsFound | OnesocketError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the plan in pytest's lines."""
        return self.path, None, f"plan {self.name}"


class _Session:
    """What the tests of one pytest session share: laboratory and run folder, made when the first one asks."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._laboratory: Laboratory | None = None
        self.begun: Trials | None = None
        self.seed = _seed(config)
        self.summary: list[str] = []
        self.whole: tuple[str, ...] = ()
        self.interruption: KeyboardInterrupt | None = None
        self.examples: int | None = config.getoption("--harness-max-examples")
        self.deep = config.getoption("--harness-profile") == "deep"
        self.engine: EngineName = config.getoption("--harness-engine")

    @property
    def trials(self) -> Trials:
        if self.begun is None:
            from harness.trials import Trials, read_known_failing

            listed = self._config.getoption("--harness-known-failing")
            self.begun = Trials.begin(
                target_file=self._config.getoption("--target"),
                run_dir=self._config.getoption("--harness-run-dir"),
                root=self._config.invocation_params.dir / "onesocket-runs",
                seed=str(self.seed),
                known=read_known_failing(listed) if listed else (),
            )
        return self.begun

    @property
    def laboratory(self) -> Laboratory:
        if self._laboratory is None:
            from harness.errors import OnesocketError
            from harness.interruption import end_in_order_when_told_to_stop

            end_in_order_when_told_to_stop()
            try:
                laboratory = self.trials.laboratory(
                    headed=self._config.getoption("--harness-headed"),
                    slow_mo_s=self._config.getoption("--harness-slowmo") / 1000,
                    faults=self._config.getoption("--harness-fault"),
                    engine=self.engine,
                )
                self._laboratory = laboratory.__enter__()
            except OnesocketError as error:
                if self.begun is not None:
                    self.begun.lost(error)
                pytest.exit(str(error), returncode=error.exit_code)
        return self._laboratory

    def run(self, plan: Any, *, world: str, test: str) -> Trial:
        from harness.worlds.trial import TrialInterrupted

        try:
            trial = self.laboratory.run(plan, world=world)
        except TrialInterrupted as interrupted:
            self.add(interrupted.trial, test=test)
            raise
        try:
            return self.explained(trial)
        except KeyboardInterrupt:
            # What was found is told, though nobody waits for the smallest story.
            self.add(trial, test=test)
            raise

    def explained(self, trial: Trial) -> Trial:
        from harness.remark import say_what_was_found

        if not trial.judgement.findings:
            return trial
        say_what_was_found(self._config, trial.judgement.findings)
        return self.trials.explained(trial, laboratory=self.laboratory)

    def stop_where_the_target_is_lost(self, trial: Trial) -> None:
        error = self.trials.given_up(trial)
        if error is not None:
            pytest.exit(str(error), returncode=error.exit_code)

    def add(self, trial: Trial, *, test: str) -> None:
        self.add_all([trial], test=test)

    def add_all(self, trials: Sequence[Trial], *, test: str) -> None:
        from harness.worlds.engine import told_apart

        self.trials.add_all(trials, test=told_apart(test, self.engine) if trials[-1].world == "page" else test)

    def close(self, *, interrupted: bool) -> list[str]:
        if self._laboratory is not None:
            self._laboratory.__exit__(None, None, None)
        return self.begun.end(interrupted=interrupted, whole=self.whole) if self.begun is not None else []


_SESSION = pytest.StashKey[_Session]()
_CHOSEN = pytest.StashKey[bool]()  # whether some of what was collected was left out again


def _session(config: pytest.Config) -> _Session:
    if _SESSION not in config.stash:
        config.stash[_SESSION] = _Session(config)
    return config.stash[_SESSION]


def _seed(config: pytest.Config) -> int:
    given = config.getoption("--harness-seed")
    return given if given is not None else int.from_bytes(os.urandom(4), "big")


def _raise(trial: Trial, session: _Session, *, test: str) -> None:
    from harness.errors import CapabilityMissing

    if session.trials.grave(trial.judgement.findings):
        if session.trials.all_known(trial.judgement.findings, test=test):
            names = dict.fromkeys(each.requirement for each in trial.judgement.findings)
            pytest.xfail(f"known to fail: {', '.join(names)}")
        raise FindingsFound(session.trials.story(trial))
    if isinstance(trial.error, CapabilityMissing):
        pytest.skip(trial.error.what)
    if trial.error is not None:
        raise trial.error


class Conform:
    """What a property test is handed: `conform(plan)` carries a plan out and raises on findings.

    All examples of one test become one outcome; the history kept is that of the last one with a finding.
    """

    def __init__(self, session: _Session, test: str) -> None:
        self._session = session
        self._test = test
        self.trials: list[Trial] = []

    @property
    def laboratory(self) -> Laboratory:
        """The live target."""
        return self._session.laboratory

    def examples(self, number: int) -> int:
        """Return how many examples to draw: `number`, ten times that when deep, or what the option says."""
        return self._session.examples or number * (DEEP_EXAMPLES if self._session.deep else 1)

    def steps(self, number: int) -> int:
        """Return how long an example may be: `number` steps, twice that when deep."""
        return number * (DEEP_STEPS if self._session.deep else 1)

    @property
    def seed(self) -> str:
        """The session's seed, for what draws by itself."""
        return str(self._session.seed)

    def __call__(self, plan: Any, *, world: str = "wire") -> None:
        """Carry `plan` out in a world.

        Raises:
            FindingsFound: the target broke a requirement.
        """
        __tracebackhide__ = True
        self.judge(self.laboratory.run(plan, world=world))

    def judge(self, trial: Trial) -> None:
        """Keep a trial that was carried out elsewhere, and raise on its findings."""
        __tracebackhide__ = True
        self.trials.append(trial)
        _raise(trial, self._session, test=self._test)

    def write(self) -> None:
        """Write the one outcome of this test; the plan that tells it is first made as small as it gets."""
        from harness.worlds.trial import TrialInterrupted

        interruption = self._session.interruption
        if isinstance(interruption, TrialInterrupted):
            self.trials.append(interruption.trial)
        if not self.trials:
            return
        telling = next((each for each in reversed(self.trials) if each.judgement.findings), None)
        try:
            if telling is not None and interruption is None:
                self.trials.append(self._session.explained(telling))
        finally:
            self._session.add_all(self.trials, test=self._test)


@pytest.fixture
def conform(request: pytest.FixtureRequest) -> Iterator[Conform]:
    """Carry plans out on the live target and fail on findings."""
    path = request.node.path.name if request.node.path else ""
    handle = Conform(_session(request.config), f"{path}::{request.node.name}")
    yield handle
    handle.write()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Print the seed and the target where harness tests are asked for by `--target` or by the CLI."""
    if config.getoption("--target") or config.getoption("--harness-run-dir"):
        session = _session(config)
        return [f"onesocket: target {config.getoption('--target') or 'the reference'}, --harness-seed {session.seed}"]
    return []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the scenarios that were named, and of what is left the share of this job."""
    only = config.getoption("--harness-only")
    if only:
        config.stash[_CHOSEN] = True
        items[:] = [item for item in items if {item.name, getattr(item, "originalname", None)} & {*only}]
    number, _, jobs = config.getoption("--harness-share").partition("/")
    if jobs != "1":
        config.stash[_CHOSEN] = True
        items[:] = items[int(number) - 1 :: int(jobs)]


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember that not all was asked for."""
    if items:
        items[0].config.stash[_CHOSEN] = True


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which suites were asked for as a whole, and seed Hypothesis where tests of ours will use it."""
    conforms = any("conform" in getattr(item, "fixturenames", ()) for item in session.items)
    if conforms or any(isinstance(item, PlanItem) for item in session.items):
        from harness.suites import whole_suites

        if not session.config.stash.get(_CHOSEN, False):
            here = session.config.invocation_params.dir
            _session(session.config).whole = whole_suites(here / each for each in session.config.args)
    if conforms:
        from hypothesis import core

        core.global_force_seed = _session(session.config).seed  # type: ignore[assignment] # typed as its default


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Remember what ended the session: it may carry what was recorded until then."""
    try:
        return (yield)
    except KeyboardInterrupt as error:
        if _SESSION in item.config.stash:
            item.config.stash[_SESSION].interruption = error
        raise


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Stop the target, write the report, and do not let a session that verified nothing look green."""
    if _SESSION not in session.config.stash:
        return
    mine = session.config.stash[_SESSION]
    from harness.interruption import Interruption

    with Interruption() as interruption:
        mine.summary = mine.close(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
    if interruption.asked:
        session.exitstatus = pytest.ExitCode.INTERRUPTED
    elif exitstatus == pytest.ExitCode.OK and mine.begun is not None:
        if mine.begun.verified == 0:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        elif mine.begun.stale:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was verified and where the report is."""
    if _SESSION in config.stash:
        lines = config.stash[_SESSION].summary
        if lines:
            terminalreporter.section("onesocket")
        for line in lines:
            terminalreporter.write_line(line)
