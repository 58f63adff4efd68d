"""The commands that run something, as processes: every exit code, and that nothing is left behind."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.cli.command import Done, finished, process, run
from tests.cli.targets import dead_address, faulty_target, hanging_server, starlette_target, unstarted_target

pytestmark = pytest.mark.slow
QUICK = ("--max-examples", "2")


def latest(folder: Path) -> Path:
    return (folder / "onesocket-runs" / "latest").resolve()


def servers_of(folder: Path) -> list[str]:
    """Processes that a run below `folder` started and left behind."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.environ().get("ONESOCKET_CHILD") and str(folder) in " ".join(each.environ().values()):
                found.append(" ".join(each.cmdline()))
        except psutil.Error:
            continue
    return found


def whole_report(folder: Path) -> str:
    html = (latest(folder) / "report.html").read_text("utf-8")
    assert html.rstrip().endswith("</html>")
    return html


def test_a_right_target_conforms(tmp_path: Path) -> None:
    done = run(
        "conform", "--target", str(starlette_target(tmp_path)), "--seed", "7", "--report", "junit", *QUICK, cwd=tmp_path
    )
    assert done.code == 0, done.out + done.err
    assert "onesocket conform: tern (Starlette, uvicorn), seed 7" in done.out
    assert "ok   wire  isolation.toml::user_on_two_browsers_gets_both" in done.out
    assert "report: onesocket-runs/" in done.out
    assert (latest(tmp_path) / "junit.xml").is_file()
    meta = json.loads((latest(tmp_path) / "run.json").read_text("utf-8"))
    assert (meta["seed"], meta["interrupted"]) == ("7", False)
    assert meta["command"].startswith("onesocket conform --target")
    whole_report(tmp_path)
    assert not servers_of(tmp_path)


def test_the_reference_conforms_and_some_scenarios_can_be_chosen(tmp_path: Path) -> None:
    done = run("conform", "-k", "broadcast_reaches_everybody", cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    assert "seed " in done.out
    assert "private_stream_in_order" not in done.out


def test_a_configuration_of_the_user_s_project_has_no_say(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    (tmp_path / "locust.conf").write_text("users = nonsense\n")
    done = run("conform", "-k", "broadcast_reaches_everybody", cwd=tmp_path)
    assert done.code == 0, done.out + done.err


def test_a_leak_ends_in_exit_code_1_and_can_be_replayed(tmp_path: Path) -> None:
    target = faulty_target(tmp_path, "leaks_to_guests")
    done = run("conform", "-k", "user_on_two_browsers", "--target", str(target), cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    assert "FAIL wire  isolation.toml::user_on_two_browsers_gets_both  ISO-5" in done.out
    assert "onesocket replay onesocket-runs/" in done.out
    assert "ISO-5" in whole_report(tmp_path)
    logs = [log.read_text("utf-8") for log in (latest(tmp_path) / "logs").glob("conform*.log")]
    assert any(
        "user_on_two_browsers_gets_both (found ISO-5, looking for the smallest story) FAILED" in log for log in logs
    )

    repro = next((latest(tmp_path) / "repros").glob("*.json"))
    again = run("replay", str(repro), "--target", str(target), cwd=tmp_path)
    assert again.code == 1, again.out + again.err
    assert "still failing" in again.out
    assert "send_to_user ada" in again.out

    mended = run("replay", str(repro), cwd=tmp_path)
    assert mended.code == 0, mended.out + mended.err
    assert mended.out.splitlines()[1].startswith("fixed: ")


def test_a_replay_that_cannot_be_carried_out_tells_nothing(tmp_path: Path) -> None:
    repro = tmp_path / "repro.json"
    repro.write_text(json.dumps({"plan": {"name": "p", "steps": ["open a"]}, "world": "page", "requirement": "TAB-1"}))
    done = run("replay", str(repro), "--target", str(starlette_target(tmp_path)), cwd=tmp_path)
    assert done.code == 5, done.out + done.err
    assert "cannot tell" in done.out


@pytest.mark.parametrize("command", ["conform", "load"])
def test_a_dead_target_ends_in_exit_code_3(tmp_path: Path, command: str) -> None:
    done = run(command, "--target", str(unstarted_target(tmp_path, url=dead_address())), cwd=tmp_path)
    assert_unusable(done, tmp_path)
    assert "does not answer" in done.out


def test_a_target_that_hangs_ends_in_exit_code_3(tmp_path: Path) -> None:
    with hanging_server() as url:
        done = run("conform", "--target", str(unstarted_target(tmp_path, url=url)), cwd=tmp_path)
    assert_unusable(done, tmp_path)


def test_a_target_that_ends_by_itself_ends_in_exit_code_3_with_its_last_words(tmp_path: Path) -> None:
    target = starlette_target(tmp_path, ('"--port", "{port}"', '"--port", "{port}", "--nonsense"'))
    done = run("run", "--target", str(target), cwd=tmp_path)
    assert_unusable(done, tmp_path)
    assert "  | server.py: error: unrecognized arguments: --nonsense" in done.out
    assert "Nothing was verified: " in done.out
    assert "not tried, for want of" not in done.out
    assert "load/fanout" not in done.out, "the rest was tried although the target cannot be used"


def test_a_crash_is_told_with_the_message_that_did_it_and_the_last_that_was_printed(tmp_path: Path) -> None:
    target = faulty_target(tmp_path, "dies_on_null")
    text = target.read_text("utf-8")
    start = next(line for line in text.splitlines() if line.startswith("start"))
    serve = "$0 -m tests.faulty.serve --fault dies_on_null --port {port}"
    wrapped = f'start = ["sh", "-c", "{serve}; echo one; echo FATAL: no object >&2; exit 9", "{{python}}"]'
    target.write_text(text.replace(start, wrapped), "utf-8")
    done = run("conform", "-k", "every_malformed_message", "--target", str(target), cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    assert "sends null (malformed)" in done.out
    assert "  crash     its process ended by itself, with code 9; the last that it printed:" in done.out
    assert "            | one\n            | FATAL: no object\n" in done.out
    assert "| FATAL: no object" in whole_report(tmp_path)
    lines = (latest(tmp_path) / "report.jsonl").read_text("utf-8").splitlines()
    found = next(each for each in map(json.loads, lines) if each["type"] == "finding")
    assert found["requirement"] == "EN-5"
    assert found["crash"][-1] == "FATAL: no object"


def assert_unusable(done: Done, folder: Path) -> None:
    assert done.code == 3, done.out + done.err
    assert "to do:" in done.out
    assert "Traceback" not in done.out + done.err
    whole_report(folder)


def test_an_interrupted_run_leaves_a_whole_report_and_no_process(tmp_path: Path) -> None:
    started = process("conform", "--target", str(starlette_target(tmp_path)), cwd=tmp_path)
    assert started.stdout is not None
    heard = ""
    while "  ok" not in heard:
        line = started.stdout.readline()
        assert line, heard
        heard += line
    started.send_signal(signal.SIGINT)
    done = finished(started)
    assert done.code == 130, heard + done.out + done.err
    assert "Interrupted" in done.out
    assert "broadcast_reaches_everybody" in whole_report(tmp_path)
    assert json.loads((latest(tmp_path) / "run.json").read_text("utf-8"))["interrupted"] is True
    assert not servers_of(tmp_path)


def test_a_child_that_is_killed_is_told_apart_from_a_finding(tmp_path: Path) -> None:
    started = process("conform", "--target", str(starlette_target(tmp_path)), cwd=tmp_path)
    assert started.stdout is not None
    while "  ok" not in started.stdout.readline():
        pass
    for child in psutil.Process(started.pid).children():
        child.kill()
    done = finished(started)
    assert done.code == 4, done.out + done.err
    assert "was ended by SIGKILL" in done.out
    whole_report(tmp_path)
    assert not servers_of(tmp_path)


@pytest.mark.load
def test_a_short_load_run_is_valid_and_a_budget_can_break_it(tmp_path: Path) -> None:
    target = str(starlette_target(tmp_path))
    # The time of the arrivals counts, and on a machine with much else to do six users take seconds to arrive.
    shape = ("--users", "6", "--duration", "8s", "--rate", "5", "--max-lag-ms", "20000")
    done = run("load", "--target", target, *shape, cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    assert "deliveries" in done.out
    over = run("load", "--target", target, *shape, "--budget", "p99_ms=0.001", cwd=tmp_path)
    assert over.code == 1, over.out + over.err
    assert "budget broken: p99_ms" in over.out


def test_the_reference_can_be_served_and_looked_at(tmp_path: Path) -> None:
    started = process("serve", "--port", "0", cwd=tmp_path)
    assert started.stdout is not None
    line = started.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    target = unstarted_target(tmp_path, url=line.split()[-1])
    text = target.read_text("utf-8").replace('"/healthz"', '"/health"')
    target.write_text(text, encoding="utf-8")
    looked = run("doctor", "--target", str(target), cwd=tmp_path)
    started.send_signal(signal.SIGINT)
    done = finished(started)
    assert done.code == 0, done.err
    # Reached, though the rest of this file describes another server.
    assert looked.code == 1
    assert "ok    answers" in looked.out
