"""Locust against a server that lies an exact number of times: the report must tell exactly that many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checks.finding import LoadOutcome
from tests.loading.children import Server, ended, free_port, interrupted, liar, locust, outcome_in

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.load]

MESSAGES = 45
# The machine that runs the tests is busy with them; how late it is has tests of its own.
LENIENT = ("--harness-max-lag-ms", "20000", "--harness-rate", "20", "--harness-set", "come_share=0")


async def run(scenario: str, server: Server, folder: Path, *options: str, workers: int = 0) -> tuple[LoadOutcome, int]:
    """Have six users listen to some messages; return the outcome and Locust's exit code."""
    port = str(free_port())
    distributed = ["--processes", str(workers), "--master-port", port, "--master-bind-port", port] if workers else []
    async with locust(scenario, *leading(server, folder), "-u", "6", "-r", "50", *distributed, *options) as process:
        await server.has_published(MESSAGES)
        code = await interrupted(process)
    return outcome_in(folder), code


def leading(server: Server, folder: Path) -> tuple[str, ...]:
    where = ("--target", str(server.target_file), "--harness-run-dir", str(folder))
    return ("--headless", *where, *LENIENT)


@pytest.mark.parametrize("workers", [0, 2])
async def test_every_lie_about_broadcasts_is_told_exactly(tmp_path: Path, workers: int) -> None:
    async with liar(tmp_path, "lose", "double", "reorder", "corrupt") as server:
        outcome, code = await run("fanout", server, tmp_path, workers=workers)
        told = await server.tally()
    counts = outcome.counts
    seen = {"lose": counts.lost, "double": counts.duplicate, "reorder": counts.reordered, "corrupt": counts.corrupt}
    assert seen == {name: told[name] for name in seen}
    # On a machine that is busy enough no two messages have an order.
    assert min(many for name, many in seen.items() if name != "reorder") > 0
    assert counts.expected == 6 * counts.published == 6 * told["published"]
    assert counts.delivered == counts.expected - counts.lost
    assert (outcome.status, code, outcome.workers, counts.connections) == ("valid", 1, max(1, workers), 6)
    broken = {"ORD-2", "ORD-3", "BC-1"} | ({"ORD-1"} if told["reorder"] else set())
    assert {each.requirement for each in outcome.findings} == broken


async def test_every_leak_is_told_exactly_by_two_workers(tmp_path: Path) -> None:
    async with liar(tmp_path, "leak", "lose", "stray", every=3) as server:
        outcome, code = await run("private_messages", server, tmp_path, workers=2)
        told = await server.tally()
    findings = {each.requirement: each.seen for each in outcome.findings}
    assert outcome.counts.misdelivered == told["leak"] > 0
    assert outcome.counts.lost == told["lose"] > 0
    # The last echo of each of the six connections ends the run, so what went astray of those may come too late.
    assert told["stray"] - 6 <= int(findings["RT-7"].split()[0]) <= told["stray"]
    assert set(findings) == {"ISO-5", "ISO-7", "ORD-3", "RT-7"}
    assert (code, outcome.workers) == (1, 2)


async def test_an_honest_server_has_all_zeros_and_locusts_statistics_show_each_delivery(tmp_path: Path) -> None:
    async with liar(tmp_path) as server:
        outcome, code = await run("private_messages", server, tmp_path, "--json-file", str(tmp_path / "stats"))
    counts = outcome.counts
    assert (counts.lost, counts.duplicate, counts.reordered, counts.misdelivered, counts.corrupt) == (0, 0, 0, 0, 0)
    assert (outcome.status, outcome.findings, code) == ("valid", (), 0)
    # Six connections, two guests, ada twice and bob twice: each message is for two and kept from four.
    assert counts.expected == counts.delivered == 2 * counts.published
    assert (outcome.held["ISO-2"], outcome.held["ISO-5"]) == (2 * counts.published, 2 * counts.published)
    rows = {row["name"]: row for row in json.loads((tmp_path / "stats.json").read_text("utf-8"))}
    assert rows["private → receiver"]["num_requests"] == counts.delivered


async def test_a_run_in_which_every_message_is_refused_is_invalid(tmp_path: Path) -> None:
    async with (
        liar(tmp_path, "refuse") as server,
        locust("fanout", *leading(server, tmp_path), "-u", "2", "-r", "50", "-t", "3") as process,
    ):
        code = await ended(process)
    outcome = outcome_in(tmp_path)
    assert (outcome.status, code) == ("invalid", 5)
    assert "nothing was verified" in outcome.reason


async def test_a_target_that_dies_makes_the_run_invalid_with_a_whole_report(tmp_path: Path) -> None:
    async with (
        liar(tmp_path) as server,
        locust("fanout", *leading(server, tmp_path), "-u", "4", "-r", "50") as process,
    ):
        await server.has_published(20)
        server.process.kill()
        code = await interrupted(process)
    outcome = outcome_in(tmp_path)
    assert (outcome.status, code) == ("invalid", 5)
    assert "the target stopped answering" in outcome.reason
    assert (outcome.counts.disconnected, outcome.counts.lost) == (4, 0)
    assert outcome.counts.delivered > 0


async def test_ctrl_c_before_the_time_is_over_leaves_a_report_and_says_interrupted(tmp_path: Path) -> None:
    async with (
        liar(tmp_path) as server,
        locust("fanout", *leading(server, tmp_path), "-u", "4", "-r", "50", "-t", "300") as process,
    ):
        await server.has_published(15)
        code = await interrupted(process)
    outcome = outcome_in(tmp_path)
    assert (outcome.status, code, outcome.counts.lost) == ("valid", 130, 0)
    assert "interrupted" in outcome.reason
    assert outcome.counts.delivered == outcome.counts.expected >= 4 * 15


async def test_a_killed_worker_makes_the_run_invalid_with_a_whole_report(tmp_path: Path) -> None:
    port = str(free_port())
    worker = ("--worker", "--master-port", port)
    async with (
        liar(tmp_path) as server,
        locust(
            "fanout", *leading(server, tmp_path), "--master", "--expect-workers", "2", "--master-bind-port", port,
            "-u", "4", "-r", "50",
        ) as master,
        locust("fanout", *worker) as victim,
        locust("fanout", *worker),
    ):  # fmt: skip
        await server.has_published(10)
        victim.kill()
        code = await interrupted(master)
    outcome = outcome_in(tmp_path)
    assert (outcome.status, code) == ("invalid", 5)
    assert "went missing" in outcome.reason
    assert outcome.findings == ()
    assert outcome.counts.delivered == outcome.counts.expected > 0


async def test_a_ramp_ends_by_itself_and_shows_in_locusts_csv_too(tmp_path: Path) -> None:
    csv = ("--csv", str(tmp_path / "stats"), "-t", "4s", "--harness-set", "steps=2")
    async with (
        liar(tmp_path) as server,
        locust("ramp", *leading(server, tmp_path), "-u", "4", "-r", "50", *csv) as process,
    ):
        code = await ended(process)
    outcome = outcome_in(tmp_path)
    assert (outcome.status, outcome.findings, code, outcome.users) == ("valid", (), 0, 4)
    assert max(many for _, many in outcome.series["connections"]) == 4
    # Locust writes that file once a second, and not at the end.
    assert "WS,broadcast → receiver," in (tmp_path / "stats_stats.csv").read_text("utf-8")
