"""Each scenario against a server that lies or does not, without Locust: what it must find, and no more than that."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from importlib.resources import files
from pathlib import Path

import pytest

from harness.cli.load_scenario import describe
from harness.errors import CapabilityMissing
from harness.loading.scenario import Kind, Scenario
from harness.targets.trust import trusted
from tests.loading.crew import Crew, crew
from tests.loading.targets import liar_text, started_liar

pytestmark = [pytest.mark.slow, pytest.mark.load]

QUICK = ("rate=100", "stay_s=0.05", "echo_s=0.05")


def told(running: Crew) -> dict[str, int]:
    with urllib.request.urlopen(f"{running.conductor.url}/tally", timeout=10) as answer:
        found: dict[str, int] = json.load(answer)
    return found


def scenario(name: str, kind: Kind, *, returns: bool = False) -> Scenario:
    said = describe(name)
    return Scenario(name=name, kind=kind, knobs={**said.knobs, "kills": 0}, returns=returns, budgets=said.budgets)


@pytest.mark.parametrize("workers", [1, 3])
def test_every_lie_about_broadcasts_is_told_exactly(tmp_path: Path, workers: int) -> None:
    target = started_liar(tmp_path, "lose", "double", "reorder", "corrupt", every=5)
    with crew(scenario("fanout", "broadcast"), target, users=6, workers=workers, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=40)
        outcome, lies = running.conclude(), told(running)
    counts = outcome.counts
    seen = {"lose": counts.lost, "double": counts.duplicate, "reorder": counts.reordered, "corrupt": counts.corrupt}
    assert seen == {name: lies[name] for name in seen}
    # On a machine that is busy enough no two messages have an order.
    assert min(many for name, many in seen.items() if name != "reorder") > 0
    assert (outcome.status, outcome.workers, [each.worker for each in outcome.loads][-1]) == (
        "valid", workers, f"worker {workers - 1}",
    )  # fmt: skip


@pytest.mark.parametrize("workers", [1, 3])
def test_one_single_leak_is_told(tmp_path: Path, workers: int) -> None:
    target = started_liar(tmp_path, "leak", every=25)
    with crew(scenario("fanout", "private"), target, users=6, workers=workers, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=25)
        outcome, lies = running.conclude(), told(running)
    assert outcome.counts.misdelivered == lies["leak"] > 0
    assert {each.requirement for each in outcome.findings} <= {"ISO-5", "ISO-7"}
    assert any("private to" in each for each in outcome.examples)


def test_visitors_that_come_and_go_make_no_loss(tmp_path: Path) -> None:
    with crew(scenario("private_messages", "private"), started_liar(tmp_path), users=8, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=60)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings, running.errors) == ("valid", (), [])
    assert outcome.counts.connections > 8
    assert outcome.counts.delivered == outcome.counts.expected > 0


def test_echoes_that_are_answered_make_no_finding_and_those_that_went_astray_do(tmp_path: Path) -> None:
    with crew(scenario("echo", "echo"), started_liar(tmp_path), users=5, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=0)
        running.wait_until(lambda: sum(each.sockets.report(whole=False).counters.echoed for each in running.nodes) > 50)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings) == ("valid", ())
    assert outcome.counts.delivered == outcome.counts.expected > 50
    assert outcome.percentiles["99"] == outcome.more["echo"]["99"] > 0


def test_an_echo_that_is_never_answered_is_told(tmp_path: Path) -> None:
    with crew(scenario("echo", "echo"), started_liar(tmp_path, "mute"), users=4, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=0)
        running.wait_until(lambda: told(running)["mute"] > 3)
        outcome, lies = running.conclude(), told(running)
    assert {each.requirement for each in outcome.findings} == {"RT-7"}
    assert outcome.counts.lost == lies["mute"]


def test_browsers_that_sign_in_and_out_make_no_finding(tmp_path: Path) -> None:
    target = started_liar(tmp_path, text="sign_out_s = 0.2\n")
    with crew(scenario("sign_churn", "private"), target, users=6, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=60)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings, running.errors) == ("valid", (), [])
    assert min(outcome.asides["signed in"], outcome.asides["signed out"]) > 3


def test_a_server_that_writes_to_who_signed_out_is_found(tmp_path: Path) -> None:
    target = started_liar(tmp_path, "remember", text="sign_out_s = 0.01\n")
    # A message counts that was due after the sign-out: the queue must be shorter than the stay, on a busy machine too.
    knobs = ("rate=20", "stay_s=1.0", "sign_share=1.0")
    with crew(scenario("sign_churn", "private"), target, users=3, knobs=knobs) as running:
        running.spawn()
        running.publish(until=1)
        running.wait_until(lambda: any(n.sockets.report(whole=False).counters.leaked_to_former for n in running.nodes))
        outcome = running.conclude()
    assert {each.requirement for each in outcome.findings} == {"ID-3"}
    assert "who had signed out" in outcome.examples[0]


def test_everybody_comes_back_after_a_kill_and_nothing_counts_as_lost(tmp_path: Path) -> None:
    made = scenario("reconnect_storm", "broadcast", returns=True)
    with crew(made, started_liar(tmp_path), users=6, workers=2, knobs=QUICK) as running:
        running.spawn()
        running.publish(until=15)
        running.restart()
        running.wait_until(lambda: sum(each.sockets.report(whole=False).counters.ready for each in running.nodes) == 12)
        already = running.published
        running.wait_until(lambda: running.published > already + 10)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings) == ("valid", ())
    assert (outcome.asides["cut off by a restart"], outcome.asides["back after a restart"]) == (6, 6)
    assert outcome.counts.disconnected == 0
    assert "return" in outcome.more


def test_a_storm_needs_a_target_that_is_ours_to_kill(tmp_path: Path) -> None:
    target = tmp_path / "there.toml"
    target.write_text(liar_text("http://127.0.0.1:1"), "utf-8")
    made = Scenario(name="reconnect storm", kind="broadcast", knobs={"kills": 1})
    with (
        pytest.raises(CapabilityMissing, match="cannot be killed"),
        crew(made, target, users=1),
    ):
        pass


def test_instances_that_do_not_know_of_each_other_are_told(tmp_path: Path) -> None:
    target = started_liar(tmp_path, text="[capabilities]\ninstances = 2\n")
    with crew(scenario("fanout", "broadcast"), target, users=8, workers=2, knobs=("rate=50", "spread=true")) as running:
        assert len(set(running.conductor.urls)) == 2
        running.spawn()
        running.publish(until=15)
        outcome = running.conclude()
    counts = outcome.counts
    assert counts.lost == counts.delivered == counts.expected / 2 == 4 * counts.published
    assert {each.requirement for each in outcome.findings} == {"ORD-3"}


@pytest.mark.redis
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs a redis-server")
def test_instances_that_share_a_broker_lose_nothing() -> None:
    target = Path(str(files("harness.reference").joinpath("target.toml")))
    made = scenario("private_messages", "mixed")
    with crew(made, target, users=10, workers=2, knobs=(*QUICK, "spread=true")) as running:
        running.spawn()
        running.publish(until=60)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings, running.errors) == ("valid", (), [])
    assert outcome.counts.delivered == outcome.counts.expected > 0


def test_several_instances_are_not_killed_as_one(tmp_path: Path) -> None:
    target = started_liar(tmp_path, text="[capabilities]\ninstances = 2\nrestart = true\n")
    made = Scenario(name="reconnect storm", kind="broadcast", knobs={"kills": 1, "spread": True})
    with pytest.raises(CapabilityMissing, match="not killed as a whole"), crew(made, target, users=1):
        pass


def test_slow_readers_are_owed_nothing_and_the_others_everything(tmp_path: Path) -> None:
    knobs = ("rate=50", "slow_share=0.34", "size_chars=2000")
    with crew(scenario("slow_readers", "broadcast"), started_liar(tmp_path), users=6, knobs=knobs) as running:
        running.spawn()
        running.publish(until=25)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings, outcome.asides["stopped reading"]) == ("valid", (), 2)
    assert outcome.counts.expected == outcome.counts.delivered == 4 * outcome.counts.published


def test_a_day_of_everything_makes_no_finding(tmp_path: Path) -> None:
    target = started_liar(tmp_path, text="sign_out_s = 0.2\n")
    knobs = (*QUICK, "slow_share=0.1")
    with crew(scenario("mixed_day", "mixed"), target, users=12, workers=2, knobs=knobs) as running:
        running.spawn()
        running.publish(until=60)
        outcome = running.conclude()
    assert (outcome.status, outcome.findings) == ("valid", ())
    assert {"broadcast", "private", "connect"} <= set(outcome.more)
    assert outcome.counts.delivered == outcome.counts.expected > 0


def test_compression_is_offered_and_read(tmp_path: Path) -> None:
    knobs = (*QUICK, "compress=true", "size_chars=500")
    with crew(scenario("fanout", "broadcast"), started_liar(tmp_path), users=3, knobs=knobs) as running:
        running.spawn()
        running.publish(until=15)
        outcome, lies = running.conclude(), told(running)
    assert (outcome.status, outcome.findings) == ("valid", ())
    assert outcome.counts.delivered == outcome.counts.expected > 0
    assert lies["compressed"] == 3


def test_a_target_over_tls_with_a_certificate_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with openssl")
    certificate = tmp_path / "liar.pem"
    made = ["-subj", "/CN=liar", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [openssl, "req", "-x509", *key, *made, "-keyout", certificate, "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True, timeout=20,
    )  # fmt: skip
    certificate.write_text(certificate.read_text() + (tmp_path / "cert.pem").read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    trusted.cache_clear()
    target = started_liar(tmp_path, "lose", every=10, certificate=certificate)
    try:
        with crew(scenario("fanout", "broadcast"), target, users=4, knobs=QUICK) as running:
            assert running.conductor.url.startswith("https://")
            running.spawn()
            running.publish(until=20)
            outcome = running.conclude()
    finally:
        trusted.cache_clear()
    assert (outcome.status, {each.requirement for each in outcome.findings}) == ("valid", {"ORD-3"})
    assert outcome.counts.delivered == outcome.counts.expected - outcome.counts.lost > 20
    assert running.errors == []
